//! Decides when the data of a tab are fetched: when the tab is shown, and again when a fact says that they changed;
//! never otherwise, and not faster than the limits below.
//!
//! ```text
//!            fact, new connection                    shown, and its pause is over
//!  fresh ───────────────────────► stale ──────────────────────────────────────► asked
//!    ▲                              ▲                                              │ answer
//!    └──────────── no fact since ───┴──────────── a fact since ────────────────────┘
//! ```

use crate::api::facts::{Kind, Subject};
use crate::tui::link::Topic;
use std::collections::BTreeMap;

/// The shortest time between an answer and the next request for the same topic, in milliseconds.
pub const PAUSE_MS: u64 = 100;
/// After an answer, this many times its duration must pass before the same topic is requested again.
const PAUSE_TIMES: u64 = 8;

/// The topics that were fetched, and those that are to be fetched again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wants {
    topics: BTreeMap<Topic, Want>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Want {
    /// Whether something happened since the last request.
    stale: bool,
    /// When the request was sent, while its answer is not here.
    asked_ms: Option<u64>,
    /// The earliest instant of the next request.
    next_ms: u64,
    /// Whether an answer for the topic was received.
    heard: bool,
    /// Whether the last answer was a refusal.
    failed: bool,
}

impl Want {
    const NEW: Want = Want { stale: true, asked_ms: None, next_ms: 0, heard: false, failed: false };

    fn is_due(&self) -> bool {
        self.stale && self.asked_ms.is_none()
    }
}

/// Whether a fact of this type says that the topic's data changed.
fn concerns(kind: &str, topic: &Topic) -> bool {
    let about = Subject::of(kind);
    match topic {
        Topic::Tasks | Topic::Task(_) => about == Subject::Task,
        Topic::Why(_) => matches!(about, Subject::Task | Subject::Lock | Subject::Plan),
        Topic::Plans | Topic::Plan(_) => matches!(about, Subject::Task | Subject::Plan),
        Topic::Locks => {
            about == Subject::Lock || [Kind::AgentPaused, Kind::AgentResumed].map(Kind::text).contains(&kind)
        }
        Topic::Conflicts | Topic::Conflict(_) => {
            [Kind::LockConflictKept, Kind::LockConflictTaken].map(Kind::text).contains(&kind)
        }
        Topic::Messages(_) => about == Subject::Message,
    }
}

impl Wants {
    /// Records that a fact of this type happened.
    pub fn happened(&mut self, kind: &str) {
        let concerned = self.topics.iter_mut().filter(|(topic, _)| concerns(kind, topic));
        concerned.for_each(|(_, want)| want.stale = true);
    }

    /// Forgets all requests, because the connection is lost or new: nothing will be answered, and everything may have
    /// changed.
    pub fn start_anew(&mut self) {
        for want in self.topics.values_mut() {
            *want = Want { heard: want.heard, ..Want::NEW };
        }
    }

    /// Allows refused topics to be requested again, because a tab is shown.
    pub fn try_again(&mut self) {
        self.topics.values_mut().for_each(|want| want.stale |= want.failed);
    }

    /// Returns the wanted topics that are to be requested now, and records that they were requested.
    pub fn ask(&mut self, wanted: &[Topic], now_ms: u64) -> Vec<Topic> {
        let is_list = |topic: &Topic| matches!(topic, Topic::Tasks | Topic::Plans | Topic::Locks | Topic::Conflicts);
        let kept = |topic: &Topic| wanted.contains(topic) || is_list(topic);
        self.topics.retain(|topic, want| kept(topic) || want.asked_ms.is_some());
        for topic in wanted {
            self.topics.entry(topic.clone()).or_insert(Want::NEW);
        }
        let mut asked = Vec::new();
        for (topic, want) in self.topics.iter_mut().filter(|(topic, _)| wanted.contains(topic)) {
            if want.is_due() && want.next_ms <= now_ms {
                (want.stale, want.asked_ms) = (false, Some(now_ms));
                asked.push(topic.clone());
            }
        }
        asked
    }

    /// Records that the answer for a topic came.
    pub fn answered(&mut self, topic: &Topic, failed: bool, now_ms: u64) {
        let Some(want) = self.topics.get_mut(topic) else { return };
        let took_ms = want.asked_ms.take().map_or(0, |asked_ms| now_ms.saturating_sub(asked_ms));
        want.next_ms = now_ms.saturating_add((took_ms.saturating_mul(PAUSE_TIMES)).max(PAUSE_MS));
        (want.heard, want.failed) = (true, failed);
    }

    /// Returns the instant at which [`Wants::ask`] would next return one of the wanted topics.
    pub fn due_ms(&self, wanted: &[Topic]) -> Option<u64> {
        let due = wanted.iter().filter_map(|topic| self.topics.get(topic)).filter(|want| want.is_due());
        due.map(|want| want.next_ms).min()
    }

    /// Whether data that were received have changed since.
    pub fn is_behind(&self, of: impl Fn(&Topic) -> bool) -> bool {
        self.topics.iter().any(|(topic, want)| of(topic) && want.heard && want.stale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_asked_for_twice_and_nothing_without_a_fact() {
        let mut wants = Wants::default();
        let wanted = [Topic::Tasks];
        assert_eq!(wants.ask(&wanted, 1_000), wanted);
        wants.happened("task.queued");
        assert_eq!(wants.ask(&wanted, 1_010), [], "the answer is still to come");
        wants.answered(&Topic::Tasks, false, 1_020);
        assert_eq!(wants.due_ms(&wanted), Some(1_180), "eight times the twenty milliseconds it took");
        assert_eq!(wants.ask(&wanted, 1_179), []);
        assert_eq!(wants.ask(&wanted, 1_180), wanted);
        wants.answered(&Topic::Tasks, false, 1_181);
        wants.happened("lock.granted");
        assert_eq!((wants.due_ms(&wanted), wants.ask(&wanted, 9_000)), (None, vec![]), "no fact of its kind came");
    }

    #[test]
    fn facts_make_ten_questions_a_second_at_most() {
        let mut wants = Wants::default();
        let mut asked = 0;
        for now_ms in 0..1_000 {
            wants.happened("lock.granted");
            if !wants.ask(&[Topic::Locks], now_ms).is_empty() {
                asked += 1;
                wants.answered(&Topic::Locks, false, now_ms);
            }
        }
        assert_eq!(asked, 10);
    }

    #[test]
    fn what_was_refused_is_tried_again_when_it_is_looked_at_again() {
        let mut wants = Wants::default();
        let wanted = [Topic::Plans];
        wants.ask(&wanted, 0);
        wants.answered(&Topic::Plans, true, 0);
        assert_eq!(wants.ask(&wanted, 5_000), []);
        wants.try_again();
        assert_eq!(wants.ask(&wanted, 5_000), wanted);
    }
}
