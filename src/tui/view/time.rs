//! Instants as people read them, in the zone of the dashboard.

use super::super::model::Model;
use jiff::civil::Date;
use jiff::{Timestamp, Zoned};

/// Returns a time of day such as `15:09:26`.
pub(super) fn time_of_day(model: &Model, at_ms: u64) -> String {
    zoned(model, at_ms).map_or("--:--:--".to_owned(), |instant| instant.strftime("%H:%M:%S").to_string())
}

/// Returns the day of an instant; none for an instant that no calendar has.
pub(super) fn day(model: &Model, at_ms: u64) -> Option<Date> {
    zoned(model, at_ms).map(|instant| instant.date())
}

fn zoned(model: &Model, at_ms: u64) -> Option<Zoned> {
    let instant = i64::try_from(at_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    instant.map(|instant| instant.to_zoned(model.zone.clone()))
}
