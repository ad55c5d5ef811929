//! The stored form of the fleet: a number ([`Fleet::FORM`]), and the fleet as JSON. Form 1 was the fleet alone, without a
//! number.
//!
//! A newer program reads every older form: what was added since has a default. `tests/fixtures/stored` holds what each
//! form looks like; a test refuses a change of the form without a fixture of its own (`tests/brain/stored.rs`).

use quarterdeck_core::fleet::Fleet;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

#[derive(Serialize)]
struct Written<'a> {
    form: u32,
    fleet: &'a Fleet,
}

/// The number is read before what depends on it.
#[derive(Deserialize)]
struct Found<'a> {
    form: u32,
    #[serde(borrow)]
    fleet: &'a RawValue,
}

/// A fleet that was read.
pub(super) struct Known {
    pub(super) fleet: Fleet,
    /// Why more was written than is known here: it was a newer program.
    pub(super) newer: Option<String>,
}

/// The text of a fleet.
pub(super) fn write_fleet(fleet: &Fleet) -> serde_json::Result<String> {
    serde_json::to_string(&Written { form: Fleet::FORM, fleet })
}

/// Reads a fleet of any form. The error is a sentence that says what is wrong.
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

/// What is said of what a newer program wrote.
pub(super) fn newer(what: &str, found: i64, known: i64) -> String {
    format!("a newer qd wrote it, in {what} {found}; this qd is older and knows {what} {known}: use the newer one")
}
