//! Which of a terminal's calls for a person become facts: bells and notifications, at a bounded rate.

use crate::term::TermSignal;
use quarterdeck_core::event::Signal;
use std::time::Duration;
use tokio::time::Instant;

/// The least time between two bells that become facts.
const BELL_INTERVAL: Duration = Duration::from_secs(10);
/// A bell that follows a key this closely answers the person who pressed it, and calls nobody.
const BELL_AFTER_KEY: Duration = Duration::from_secs(2);
/// The least time between two notifications that become facts.
const NOTIFICATION_INTERVAL: Duration = Duration::from_secs(1);

/// When a terminal last called, and when it was last typed into.
#[derive(Default)]
pub(super) struct Calls {
    bell_at: Option<Instant>,
    notification_at: Option<Instant>,
    typed_at: Option<Instant>,
}

impl Calls {
    /// Someone typed.
    pub(super) fn typed(&mut self, now: Instant) {
        self.typed_at = Some(now);
    }

    /// What is to be told of a signal; none when it is no call, or comes too soon after the last.
    pub(super) fn heed(&mut self, signal: TermSignal, now: Instant) -> Option<Signal> {
        let (last, interval, signal) = match signal {
            TermSignal::Bell if self.typed_at.is_some_and(|at| now < at + BELL_AFTER_KEY) => return None,
            TermSignal::Bell => (&mut self.bell_at, BELL_INTERVAL, Signal::Bell),
            TermSignal::Notification(text) => {
                (&mut self.notification_at, NOTIFICATION_INTERVAL, Signal::Notification(text))
            }
            _ => return None,
        };
        if last.is_some_and(|at| now < at + interval) {
            return None;
        }
        *last = Some(now);
        Some(signal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_storm_is_one_call_and_an_answer_to_a_key_is_none() {
        let began = Instant::now();
        let mut calls = Calls::default();
        assert_eq!(calls.heed(TermSignal::Bell, began), Some(Signal::Bell));
        assert_eq!(calls.heed(TermSignal::Bell, began + BELL_INTERVAL / 2), None);
        let note = || TermSignal::Notification("look".into());
        assert!(calls.heed(note(), began + BELL_INTERVAL / 2).is_some(), "a notification is no bell");
        calls.typed(began + BELL_INTERVAL);
        assert_eq!(calls.heed(TermSignal::Bell, began + BELL_INTERVAL), None);
        assert_eq!(calls.heed(TermSignal::Bell, began + BELL_INTERVAL + BELL_AFTER_KEY), Some(Signal::Bell));
    }
}
