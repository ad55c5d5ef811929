//! Facts and refusals of `quarterdeck_core::shared` in words.

use super::Refusal;
use quarterdeck_core::shared::{SharedDenied, SharedFact};
use quarterdeck_core::view::View;

/// The fact in one line for people.
pub(super) fn message(fact: &SharedFact, view: &View) -> String {
    let _ = view;
    match *fact {}
}

/// Why it was refused, in words.
pub(in crate::supervisor) fn refusal(denied: &SharedDenied, view: &View) -> Refusal {
    let _ = view;
    match *denied {}
}
