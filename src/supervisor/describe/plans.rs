//! Facts and refusals of `quarterdeck_core::plan` in words.

use super::Refusal;
use quarterdeck_core::plan::{PlanDenied, PlanFact};
use quarterdeck_core::view::View;

/// The fact in one line for people.
pub(super) fn message(fact: &PlanFact, view: &View) -> String {
    let _ = view;
    match *fact {}
}

/// Why it was refused, in words.
pub(in crate::supervisor) fn refusal(denied: &PlanDenied, view: &View) -> Refusal {
    let _ = view;
    match *denied {}
}
