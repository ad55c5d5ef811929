//! Sets how long a case waits, and waits for things that nothing announces.

use std::time::{Duration, Instant};

/// The longest that a case waits for one thing. Generous: several cases share few cores, in a debug build.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// The pause before looking again at something that nothing announces.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Looks until there is a result, at most for [`DEADLINE`]; panics with the name of what was awaited.
#[track_caller]
pub(crate) fn eventually<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    within(DEADLINE, look).unwrap_or_else(|| panic!("still waiting after {DEADLINE:?}: {what}"))
}

/// Looks until there is a result, at most for `span`.
pub(crate) fn within<T>(span: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + span;
    loop {
        if let Some(found) = look() {
            return Some(found);
        }
        if Instant::now() >= end {
            return None;
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}
