//! Decides when the data of a tab are fetched: when the tab is shown, and again when a fact says that they changed;
//! never otherwise, and not faster than the limits below.
//!
//! ```text
//!            fact, new connection                    shown, and its pause has ended
//!  fresh ───────────────────────► stale ──────────────────────────────────────► asked
//!    ▲                              ▲                                              │ answer
//!    └──────────── no fact since ───┴──────────── a fact since ────────────────────┘
//! ```
//!
//! The list of tasks may be long, and a fact tells which task it is about. So only the tasks with a fact are fetched
//! again, and the whole list at long intervals, because a task may also show something of another one.

use crate::api::events::EventRecord;
use crate::api::facts::{Kind, Subject};
use crate::api::tasks::TASK_IDS_MAX;
use crate::tui::topic::Topic;
use std::collections::{BTreeMap, BTreeSet};

/// The shortest time between an answer and the next request for the same topic, in milliseconds.
pub const PAUSE_MS: u64 = 100;
/// After an answer, this many times its duration must pass before the same topic is requested again.
const PAUSE_TIMES: u64 = 8;
/// The same pause for the whole list of tasks while its changed tasks are fetched one by one.
const REFRESH_PAUSE_TIMES: u64 = 400;
/// The number of changed tasks that are fetched one by one. Beyond it, the whole list is fetched.
const CHANGED_TASKS_MAX: usize = TASK_IDS_MAX;

/// The topics that were fetched, and those that must be fetched again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wants {
    topics: BTreeMap<Topic, Want>,
    changed: ChangedTasks,
}

/// The tasks of a known list that changed since they were requested.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct ChangedTasks {
    ids: BTreeSet<String>,
    /// When the last ones were requested, while their answer is not here.
    asked_ms: Option<u64>,
    /// The earliest instant of the next request.
    next_ms: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Want {
    known: Known,
    /// When the request was sent, while its answer is not here.
    asked_ms: Option<u64>,
    /// The earliest instant of the next request.
    next_ms: u64,
    /// The earliest instant of the next request while the changed parts are fetched one by one.
    refresh_ms: u64,
    /// Whether an answer for the topic was received.
    heard: bool,
    /// Whether the last answer was a refusal.
    failed: bool,
}

/// How well a topic is known since its last request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Known {
    /// Nothing happened since its last request.
    Fresh,
    /// Parts of it changed, which are fetched one by one.
    InParts,
    /// Something happened since, or it was never requested.
    Stale,
}

impl Want {
    const NEW: Want =
        Want { known: Known::Stale, asked_ms: None, next_ms: 0, refresh_ms: 0, heard: false, failed: false };

    /// Returns the earliest instant at which the topic is requested again; none if it is not.
    fn due_ms(&self) -> Option<u64> {
        match self.known {
            _ if self.asked_ms.is_some() => None,
            Known::Fresh => None,
            Known::InParts => Some(self.refresh_ms),
            Known::Stale => Some(self.next_ms),
        }
    }
}

/// Whether a fact of this type says that the topic's data changed.
fn concerns(kind: &str, topic: &Topic) -> bool {
    let about = Subject::of(kind);
    match topic {
        Topic::Tasks | Topic::SomeTasks(_) | Topic::Task(_) => about == Subject::Task,
        Topic::Why(_) => matches!(about, Subject::Task | Subject::Lock | Subject::Plan),
        Topic::Plans | Topic::Plan(_) => matches!(about, Subject::Task | Subject::Plan),
        Topic::Locks => {
            about == Subject::Lock || [Kind::AgentPaused, Kind::AgentResumed].map(Kind::text).contains(&kind)
        }
        Topic::Conflicts | Topic::Conflict(_) => {
            [Kind::LockConflictKept, Kind::LockConflictTaken].map(Kind::text).contains(&kind)
        }
        Topic::Messages(_) => about == Subject::Message,
        // A text that is being read, or a form that is being written, does not change by itself.
        Topic::Explanation(_) | Topic::Work(_) => false,
    }
}

impl Wants {
    /// Records that a fact happened.
    pub fn happened(&mut self, fact: &EventRecord) {
        for (topic, want) in self.topics.iter_mut().filter(|(topic, _)| concerns(&fact.kind, topic)) {
            let known = match fact.task() {
                Some(task) if *topic == Topic::Tasks && want.heard && !want.failed => self.changed.add(task),
                _ => Known::Stale,
            };
            want.known = want.known.max(known);
        }
    }

    /// Forgets all requests, because the connection is lost or new: nothing will be answered, and everything may have
    /// changed.
    pub fn start_anew(&mut self) {
        for want in self.topics.values_mut() {
            *want = Want { heard: want.heard, ..Want::NEW };
        }
        self.changed = ChangedTasks::default();
    }

    /// Allows refused topics to be requested again, because a tab is shown.
    pub fn try_again(&mut self) {
        let failed = self.topics.values_mut().filter(|want| want.failed);
        failed.for_each(|want| want.known = Known::Stale);
    }

    /// Returns the wanted topics that must be requested now, and records that they were requested.
    pub fn ask(&mut self, wanted: &[Topic], now_ms: u64) -> Vec<Topic> {
        let is_list = |topic: &Topic| matches!(topic, Topic::Tasks | Topic::Plans | Topic::Locks | Topic::Conflicts);
        let kept = |topic: &Topic| wanted.contains(topic) || is_list(topic);
        self.topics.retain(|topic, want| kept(topic) || want.asked_ms.is_some());
        for topic in wanted {
            self.topics.entry(topic.clone()).or_insert(Want::NEW);
        }
        let mut asked = Vec::new();
        for (topic, want) in self.topics.iter_mut().filter(|(topic, _)| wanted.contains(topic)) {
            if *topic == Topic::Tasks && self.changed.asked_ms.is_some() {
                continue;
            }
            if want.due_ms().is_some_and(|due_ms| due_ms <= now_ms) {
                (want.known, want.asked_ms) = (Known::Fresh, Some(now_ms));
                if *topic == Topic::Tasks {
                    self.changed.ids.clear();
                }
                asked.push(topic.clone());
            }
        }
        if self.changed_due_ms(wanted).is_some_and(|due_ms| due_ms <= now_ms) {
            self.changed.asked_ms = Some(now_ms);
            asked.push(Topic::SomeTasks(std::mem::take(&mut self.changed.ids)));
        }
        asked
    }

    /// Records that the answer for a topic came.
    pub fn answered(&mut self, topic: &Topic, failed: bool, now_ms: u64) {
        let pause_ms = |asked_ms: Option<u64>, times: u64| {
            let took_ms = asked_ms.map_or(0, |asked_ms| now_ms.saturating_sub(asked_ms));
            now_ms.saturating_add(took_ms.saturating_mul(times).max(PAUSE_MS))
        };
        if matches!(topic, Topic::SomeTasks(_)) {
            self.changed.next_ms = pause_ms(self.changed.asked_ms.take(), PAUSE_TIMES);
            let whole = self.topics.get_mut(&Topic::Tasks).filter(|_| failed);
            return whole.into_iter().for_each(|want| want.known = Known::Stale);
        }
        let Some(want) = self.topics.get_mut(topic) else { return };
        let asked_ms = want.asked_ms.take();
        want.next_ms = pause_ms(asked_ms, PAUSE_TIMES);
        want.refresh_ms = pause_ms(asked_ms, REFRESH_PAUSE_TIMES);
        (want.heard, want.failed) = (true, failed);
    }

    /// Returns the instant at which [`Wants::ask`] would next return one of the wanted topics.
    pub fn due_ms(&self, wanted: &[Topic]) -> Option<u64> {
        let free = |topic: &&Topic| **topic != Topic::Tasks || self.changed.asked_ms.is_none();
        let wants = wanted.iter().filter(free).filter_map(|topic| self.topics.get(topic));
        wants.filter_map(Want::due_ms).chain(self.changed_due_ms(wanted)).min()
    }

    /// Returns the earliest instant at which the changed tasks are requested; none while the whole list is requested or
    /// not shown.
    fn changed_due_ms(&self, wanted: &[Topic]) -> Option<u64> {
        let list = self.topics.get(&Topic::Tasks).filter(|_| wanted.contains(&Topic::Tasks))?;
        let waits = !self.changed.ids.is_empty() && self.changed.asked_ms.is_none();
        (waits && list.asked_ms.is_none() && list.known != Known::Stale).then_some(self.changed.next_ms)
    }

    /// Whether data that were received have changed since.
    pub fn is_behind(&self, of: impl Fn(&Topic) -> bool) -> bool {
        let behind = |topic: &Topic, want: &Want| match want.known {
            Known::Fresh => false,
            Known::InParts => *topic == Topic::Tasks && !self.changed.ids.is_empty(),
            Known::Stale => true,
        };
        self.topics.iter().any(|(topic, want)| of(topic) && want.heard && behind(topic, want))
    }
}

impl ChangedTasks {
    /// Adds a changed task, unless there are too many to be fetched one by one.
    fn add(&mut self, task: String) -> Known {
        if self.ids.len() >= CHANGED_TASKS_MAX && !self.ids.contains(&task) {
            return Known::Stale;
        }
        self.ids.insert(task);
        Known::InParts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::events::Severity;
    use serde_json::json;

    fn fact(kind: &str, task: Option<u64>) -> EventRecord {
        let data = task.map_or(json!(null), |task| json!({ "task": task }));
        let (agent, run, message) = (None, None, String::new());
        EventRecord { seq: 1, at_ms: 0, kind: kind.to_owned(), severity: Severity::Info, agent, run, message, data }
    }

    fn some(ids: &[&str]) -> Topic {
        Topic::SomeTasks(ids.iter().map(|id| (*id).to_owned()).collect())
    }

    #[test]
    fn of_a_long_list_only_the_changed_tasks_are_fetched_again() {
        let mut wants = Wants::default();
        let wanted = [Topic::Tasks];
        wants.ask(&wanted, 1_000);
        wants.happened(&fact("task.queued", Some(3)));
        wants.answered(&Topic::Tasks, false, 1_050);
        wants.happened(&fact("task.queued", Some(4)));
        wants.happened(&fact("task.assigned", Some(4)));
        let tasks = |topic: &Topic| *topic == Topic::Tasks;
        assert_eq!(wants.due_ms(&wanted), Some(1_450), "the first list may lack the fact that came before it");
        assert_eq!(wants.ask(&wanted, 1_450), wanted);
        wants.answered(&Topic::Tasks, false, 1_500);
        wants.happened(&fact("task.queued", Some(4)));
        wants.happened(&fact("task.assigned", Some(5)));
        assert!(wants.is_behind(tasks));
        assert_eq!(wants.ask(&wanted, 1_501), [some(&["t4", "t5"])]);
        assert!(!wants.is_behind(tasks));
        wants.happened(&fact("task.done", Some(5)));
        assert_eq!((wants.ask(&wanted, 1_510), wants.due_ms(&wanted)), (vec![], None), "one request at a time");
        wants.answered(&some(&["t4", "t5"]), false, 1_511);
        assert_eq!(wants.ask(&wanted, 1_611), [some(&["t5"])]);
        wants.answered(&some(&["t5"]), false, 1_612);
        assert_eq!(wants.due_ms(&wanted), Some(21_500), "400 times the 50 milliseconds that the list took");
        assert_eq!(wants.ask(&wanted, 21_500), wanted);
    }

    #[test]
    fn too_many_changed_tasks_or_a_refusal_make_the_whole_list_due() {
        let mut wants = Wants::default();
        let wanted = [Topic::Tasks];
        let hear = |wants: &mut Wants, now_ms| {
            assert_eq!(wants.ask(&wanted, now_ms), wanted);
            wants.answered(&Topic::Tasks, false, now_ms);
        };
        hear(&mut wants, 1_000);
        for task in 0..=CHANGED_TASKS_MAX as u64 {
            wants.happened(&fact("task.queued", Some(task)));
        }
        hear(&mut wants, 1_100);
        wants.happened(&fact("task.queued", Some(1)));
        assert_eq!(wants.ask(&wanted, 1_101), [some(&["t1"])]);
        wants.answered(&some(&["t1"]), true, 1_102);
        hear(&mut wants, 1_200);
        wants.happened(&fact("task.of_no_task", None));
        hear(&mut wants, 1_300);
    }

    #[test]
    fn after_a_list_that_was_refused_the_whole_list_is_fetched() {
        let mut wants = Wants::default();
        let wanted = [Topic::Tasks];
        assert_eq!(wants.ask(&wanted, 1_000), wanted);
        wants.answered(&Topic::Tasks, true, 1_050);
        wants.happened(&fact("task.queued", Some(3)));
        assert_eq!(wants.ask(&wanted, 1_449), []);
        assert_eq!(wants.ask(&wanted, 1_450), wanted, "a single task is no list");
    }

    #[test]
    fn nothing_is_asked_for_twice_and_nothing_without_a_fact() {
        let mut wants = Wants::default();
        let wanted = [Topic::Tasks];
        assert_eq!(wants.ask(&wanted, 1_000), wanted);
        wants.happened(&fact("task.of_no_task", None));
        assert_eq!(wants.ask(&wanted, 1_010), [], "the answer is still to come");
        wants.answered(&Topic::Tasks, false, 1_020);
        assert_eq!(wants.due_ms(&wanted), Some(1_180), "eight times the twenty milliseconds it took");
        assert_eq!(wants.ask(&wanted, 1_179), []);
        assert_eq!(wants.ask(&wanted, 1_180), wanted);
        wants.answered(&Topic::Tasks, false, 1_181);
        wants.happened(&fact("lock.granted", None));
        assert_eq!((wants.due_ms(&wanted), wants.ask(&wanted, 9_000)), (None, vec![]), "no fact of its kind came");
    }

    #[test]
    fn facts_make_ten_questions_a_second_at_most() {
        let mut wants = Wants::default();
        let mut asked = 0;
        for now_ms in 0..1_000 {
            wants.happened(&fact("lock.granted", None));
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
