//! Facts and refusals of `quarterdeck_core::sync` in words.

use super::Refusal;
use quarterdeck_core::sync::{SyncDenied, SyncFact};
use quarterdeck_core::view::View;

/// The fact in one line for people.
pub(super) fn message(fact: &SyncFact, view: &View) -> String {
    let _ = view;
    match *fact {}
}

/// Why it was refused, in words.
pub(in crate::supervisor) fn refusal(denied: &SyncDenied, view: &View) -> Refusal {
    let _ = view;
    match *denied {}
}
