//! The stored form of the fleet: a version number ([`Fleet::FORM`]), and the fleet as JSON. Form 1 was the fleet alone,
//! without a number.
//!
//! A newer program reads every older form: each field that was added since has a default. `tests/fixtures/stored`
//! contains an example of each form; a test refuses a change of the form without a new fixture
//! (`src/core/tests/brain/stored.rs`).

use quarterdeck_core::fleet::Fleet;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

#[derive(Serialize)]
struct Written<'a> {
    form: u32,
    fleet: &'a Fleet,
}

/// The stored form with the fleet unparsed, because the number must be read first.
#[derive(Deserialize)]
struct Found<'a> {
    form: u32,
    #[serde(borrow)]
    fleet: &'a RawValue,
}

/// A fleet that was read from its stored form.
pub(super) struct Known {
    pub(super) fleet: Fleet,
    /// Why the stored form may contain more than this program knows: a newer program wrote it.
    pub(super) newer: Option<String>,
}

/// Returns the stored form of a fleet as text.
pub(super) fn write_fleet(fleet: &Fleet) -> serde_json::Result<String> {
    serde_json::to_string(&Written { form: Fleet::FORM, fleet })
}

/// Reads a fleet of any stored form. The error is a sentence that says what is wrong.
pub(super) fn read_fleet(text: &str) -> Result<Known, String> {
    let (form, fleet) = match serde_json::from_str::<Found<'_>>(text) {
        Ok(found) => (found.form, found.fleet.get()),
        Err(_) => (1, text),
    };
    let newer = (form > Fleet::FORM).then(|| newer("form", i64::from(form), i64::from(Fleet::FORM)));
    match serde_json::from_str(fleet) {
        Ok(fleet) => Ok(Known { fleet, newer }),
        Err(error) => Err(newer.unwrap_or_else(|| format!("its snapshot of the fleet can't be read: {error}"))),
    }
}

/// Returns the sentence about content that a newer program wrote.
pub(super) fn newer(what: &str, found: i64, known: i64) -> String {
    format!("a newer qd wrote it, in {what} {found}; this qd is older and knows {what} {known}: use the newer one")
}
