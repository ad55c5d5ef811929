//! Facts and refusals of `quarterdeck_core::mail` in words.

use super::Refusal;
use quarterdeck_core::mail::{MailDenied, MailFact};
use quarterdeck_core::view::View;

/// The fact in one line for people.
pub(super) fn message(fact: &MailFact, view: &View) -> String {
    let _ = view;
    match *fact {}
}

/// Why it was refused, in words.
pub(in crate::supervisor) fn refusal(denied: &MailDenied, view: &View) -> Refusal {
    let _ = view;
    match *denied {}
}
