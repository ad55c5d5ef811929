//! Decides which of a program's bells and notifications become facts, at a limited rate. Whether they mean that the
//! program asks a person does not depend on rates, and is decided elsewhere ([`crate::status`]). Commands that the
//! program's marks name are recorded as tool calls.

use crate::term::TermSignal;
use quarterdeck_core::event::Signal;
use std::time::Duration;
use tokio::time::Instant;

/// The shortest time between two bells that become facts, and between two notifications that do.
const CALL_INTERVAL: Duration = Duration::from_secs(1);

/// When the last bell and the last notification became a fact.
#[derive(Debug, Default)]
pub(super) struct Calls {
    bell_at: Option<Instant>,
    notification_at: Option<Instant>,
    /// The command that the last mark named, until a mark ends it.
    pub(super) command: Option<String>,
}

impl Calls {
    /// Returns the fact for this signal, if it notifies a person and no signal of its kind was recorded just before.
    pub(super) fn fact(&mut self, signal: TermSignal, now: Instant) -> Option<Signal> {
        match signal {
            TermSignal::Bell => passes(&mut self.bell_at, now).then_some(Signal::Bell),
            TermSignal::Notification(text) => {
                passes(&mut self.notification_at, now).then_some(Signal::Notification(text))
            }
            _ => None,
        }
    }
}

/// Whether the last signal is long enough ago; if so, remembers this one as the last.
fn passes(last: &mut Option<Instant>, now: Instant) -> bool {
    let passes = last.is_none_or(|at| now >= at + CALL_INTERVAL);
    if passes {
        *last = Some(now);
    }
    passes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_calls_is_a_few_facts() {
        let (mut calls, start) = (Calls::default(), Instant::now());
        let at = |tenth: u64| start + Duration::from_millis(tenth * 100);
        let bells = (0..20).filter_map(|tenth| calls.fact(TermSignal::Bell, at(tenth))).count();
        let note = || TermSignal::Notification("done".to_owned());
        let notifications = (0..20).filter_map(|tenth| calls.fact(note(), at(tenth))).count();
        assert_eq!((bells, notifications), (2, 2));
    }
}
