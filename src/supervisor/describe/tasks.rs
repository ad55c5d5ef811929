//! Facts and refusals of `quarterdeck_core::task` in words.

use super::Refusal;
use quarterdeck_core::task::{TaskDenied, TaskFact};
use quarterdeck_core::view::View;

/// The fact in one line for people.
pub(super) fn message(fact: &TaskFact, view: &View) -> String {
    let _ = view;
    match *fact {}
}

/// Why it was refused, in words.
pub(in crate::supervisor) fn refusal(denied: &TaskDenied, view: &View) -> Refusal {
    let _ = view;
    match *denied {}
}
