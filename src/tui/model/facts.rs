//! The newest facts of the fleet, oldest first. One that repeats a fact of a moment ago takes its place and is counted, so
//! that one agent in a loop does not push out what happened to all others.

use crate::api::events::{EventRecord, Severity};
use std::collections::VecDeque;

/// Facts kept for the panel. Beyond it, the oldest go; `qd events` has all.
pub const FACTS_MAX: usize = 500;
/// A fact is a repetition if the same was told among so many of the newest.
const REPEATED_WITHIN: usize = 12;

/// Facts that are said elsewhere: a banner says what is wrong with the configuration and what to do, for as long as it is
/// so; and one fact says how many agents a supervisor found when it came back. `qd events` has them.
const SAID_ELSEWHERE: [&str; 2] = ["system.config_rejected", "agent.adopted"];

/// A fact, and how often it was told.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The newest of them.
    pub fact: EventRecord,
    /// How many they are.
    pub times: u32,
}

/// What the panel shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    told: VecDeque<Told>,
    /// How many lines the panel is scrolled back.
    back: usize,
    least: Severity,
}

impl Default for Facts {
    fn default() -> Facts {
        Facts { told: VecDeque::new(), back: 0, least: Severity::Info }
    }
}

impl Facts {
    /// Takes a fact in. Returns whether it is new, and said here: after a reconnect some come again.
    pub fn push(&mut self, fact: EventRecord) -> bool {
        if self.told.back().is_some_and(|newest| newest.fact.seq >= fact.seq) || fact.severity == Severity::Debug {
            return false;
        }
        if SAID_ELSEWHERE.contains(&fact.kind.as_str()) {
            return false;
        }
        let shown = fact.severity >= self.least;
        let times = self.take_repeated(&fact).map_or(1, |earlier| earlier.times.saturating_add(1));
        if self.told.len() == FACTS_MAX {
            self.told.pop_front();
        }
        self.told.push_back(Told { fact, times });
        // Whoever looks back goes on seeing the same lines.
        if self.back > 0 && times == 1 && shown {
            self.back += 1;
        }
        self.back = self.back.min(self.back_max());
        true
    }

    fn take_repeated(&mut self, fact: &EventRecord) -> Option<Told> {
        let first = self.told.len().saturating_sub(REPEATED_WITHIN);
        let same = |told: &Told| {
            let known = &told.fact;
            (&known.kind, &known.agent, &known.message) == (&fact.kind, &fact.agent, &fact.message)
        };
        let place = (first..self.told.len()).find(|place| same(&self.told[*place]))?;
        self.told.remove(place)
    }

    /// Those that are shown, oldest first.
    pub fn shown(&self) -> impl DoubleEndedIterator<Item = &Told> {
        self.told.iter().filter(|told| told.fact.severity >= self.least)
    }

    /// Those in sight of a panel of so many lines, oldest first.
    pub fn in_sight(&self, lines: usize) -> impl Iterator<Item = &Told> {
        let end = self.shown().count().saturating_sub(self.back);
        self.shown().skip(end.saturating_sub(lines)).take(end.min(lines))
    }

    /// How many lines the panel is scrolled back.
    pub fn back(&self) -> usize {
        self.back
    }

    /// Scrolls so many lines back, or on when negative.
    pub fn scroll(&mut self, back: isize) {
        self.back = self.back.saturating_add_signed(back).min(self.back_max());
    }

    fn back_max(&self) -> usize {
        self.shown().count().saturating_sub(1)
    }

    /// Back to the newest.
    pub fn follow(&mut self) {
        self.back = 0;
    }

    /// The least severity that is shown.
    pub fn least(&self) -> Severity {
        self.least
    }

    /// Shows only warnings and worse; then only errors and worse; then all again.
    pub fn next_severity(&mut self) {
        self.least = match self.least {
            Severity::Debug | Severity::Info => Severity::Warning,
            Severity::Warning => Severity::Error,
            Severity::Error | Severity::Critical => Severity::Info,
        };
        self.back = 0;
    }

    /// Whether all is within its bounds.
    pub fn is_sound(&self) -> bool {
        self.told.len() <= FACTS_MAX && self.back <= self.back_max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(seq: u64, agent: &str, message: &str, severity: Severity) -> EventRecord {
        EventRecord {
            seq,
            at_ms: seq,
            kind: "x".to_owned(),
            severity,
            agent: Some(agent.to_owned()),
            run: None,
            message: message.to_owned(),
            data: serde_json::Value::Null,
        }
    }

    fn lines(facts: &Facts, lines: usize) -> Vec<(String, u32)> {
        facts.in_sight(lines).map(|told| (told.fact.message.clone(), told.times)).collect()
    }

    #[test]
    fn a_loop_takes_a_line_for_each_of_its_facts() {
        let mut facts = Facts::default();
        facts.push(fact(1, "docs", "ready", Severity::Info));
        for turn in 0..30 {
            facts.push(fact(2 + 2 * turn, "crash", "started", Severity::Info));
            facts.push(fact(3 + 2 * turn, "crash", "exit 1", Severity::Warning));
        }
        let told = |message: &str, times| (message.to_owned(), times);
        assert_eq!(lines(&facts, 9), [told("ready", 1), told("started", 30), told("exit 1", 30)]);
        assert!(!facts.push(fact(61, "crash", "exit 1", Severity::Warning)), "it is known already");
        facts.next_severity();
        assert_eq!(lines(&facts, 9), [told("exit 1", 30)]);
        facts.next_severity();
        assert_eq!((lines(&facts, 9), facts.least()), (vec![], Severity::Error));
        facts.next_severity();
        assert_eq!(lines(&facts, 1), [told("exit 1", 30)]);
    }

    #[test]
    fn what_a_banner_or_another_fact_says_is_not_said_again() {
        let mut facts = Facts::default();
        for (seq, kind) in SAID_ELSEWHERE.into_iter().enumerate() {
            let said = EventRecord { kind: kind.to_owned(), ..fact(1 + seq as u64, "a", kind, Severity::Error) };
            assert!(!facts.push(said), "{kind}");
        }
        assert!(facts.push(fact(9, "a", "ready", Severity::Info)));
        assert_eq!(lines(&facts, 9), [("ready".to_owned(), 1)]);
    }

    #[test]
    fn whoever_looks_back_keeps_their_lines_and_nothing_grows_for_ever() {
        let mut facts = Facts::default();
        (1..=5).for_each(|seq| assert!(facts.push(fact(seq, "a", &format!("fact {seq}"), Severity::Info))));
        facts.scroll(2);
        let before = lines(&facts, 2);
        facts.push(fact(6, "a", "fact 6", Severity::Info));
        assert_eq!((lines(&facts, 2), facts.back()), (before, 3));
        (7..2_000).for_each(|seq| assert!(facts.push(fact(seq, "a", &format!("fact {seq}"), Severity::Info))));
        facts.scroll(isize::MAX);
        assert!(facts.is_sound());
        facts.follow();
        assert_eq!(lines(&facts, 1), [("fact 1999".to_owned(), 1)]);
    }
}
