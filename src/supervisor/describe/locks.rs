//! Facts and refusals of `quarterdeck_core::lock` in words.

use super::Refusal;
use quarterdeck_core::lock::{LockDenied, LockFact};
use quarterdeck_core::view::View;

/// The fact in one line for people.
pub(super) fn message(fact: &LockFact, view: &View) -> String {
    let _ = view;
    match *fact {}
}

/// Why it was refused, in words.
pub(in crate::supervisor) fn refusal(denied: &LockDenied, view: &View) -> Refusal {
    let _ = view;
    match *denied {}
}
