//! The wall clock, as the program's rooms write it down.

use std::time::{SystemTime, UNIX_EPOCH};

/// Returns the current time in milliseconds since the Unix epoch; 0 if the clock is set before that.
pub fn now_ms() -> u64 {
    unix_ms(SystemTime::now())
}

/// Returns an instant in milliseconds since the Unix epoch; 0 if it is before that.
pub fn unix_ms(at: SystemTime) -> u64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
