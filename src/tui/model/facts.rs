//! The newest facts of the fleet, oldest first. A fact that repeats a recent one replaces it and is counted, so that
//! one agent in a loop does not push out the facts of all others.

use crate::api::events::{EventRecord, Severity};
use crate::api::facts::Kind;
use std::collections::VecDeque;

/// The most facts that are kept for the panel. Beyond it, the oldest are dropped; `qd events` has all.
pub const FACTS_MAX: usize = 500;
/// A fact is a repetition if the same fact is among this many of the newest.
const REPEATED_WITHIN: usize = 12;

/// Types of facts that the panel omits, because they are shown elsewhere. A banner shows what is wrong with the
/// configuration and what to do, for as long as it lasts. One fact says how many agents a supervisor adopted. `qd
/// events` has all of them.
const SAID_ELSEWHERE: [&str; 2] = [Kind::ConfigRejected.text(), Kind::AgentAdopted.text()];

/// A fact, and how often it was told.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The newest of the repeated facts.
    pub fact: EventRecord,
    /// Number of times the fact was told.
    pub times: u32,
}

/// The facts that the panel of facts shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    told: VecDeque<Told>,
    /// Number of lines that the panel is scrolled back.
    back: usize,
    least: Severity,
}

impl Default for Facts {
    fn default() -> Facts {
        Facts { told: VecDeque::new(), back: 0, least: Severity::Info }
    }
}

impl Facts {
    /// Adds a fact. Returns whether it is new and shown in this panel: after a reconnect some facts come again.
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
        // A panel that is scrolled back keeps showing the same lines.
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

    /// Returns the facts that are shown, oldest first.
    pub fn shown(&self) -> impl DoubleEndedIterator<Item = &Told> {
        self.told.iter().filter(|told| told.fact.severity >= self.least)
    }

    /// Returns the facts that are visible in a panel of `lines` lines, oldest first.
    pub fn in_sight(&self, lines: usize) -> impl Iterator<Item = &Told> {
        let end = self.shown().count().saturating_sub(self.back);
        self.shown().skip(end.saturating_sub(lines)).take(end.min(lines))
    }

    /// Returns how many lines the panel is scrolled back.
    pub fn back(&self) -> usize {
        self.back
    }

    /// Scrolls `back` lines back, or forwards when negative.
    pub fn scroll(&mut self, back: isize) {
        self.back = self.back.saturating_add_signed(back).min(self.back_max());
    }

    fn back_max(&self) -> usize {
        self.shown().count().saturating_sub(1)
    }

    /// Scrolls to the newest fact.
    pub fn follow(&mut self) {
        self.back = 0;
    }

    /// Returns the lowest severity that is shown.
    pub fn least(&self) -> Severity {
        self.least
    }

    /// Raises the lowest severity that is shown: to warnings, then to errors, then back to all facts.
    pub fn next_severity(&mut self) {
        self.least = match self.least {
            Severity::Debug | Severity::Info => Severity::Warning,
            Severity::Warning => Severity::Error,
            Severity::Error | Severity::Critical => Severity::Info,
        };
        self.back = 0;
    }

    /// Whether the number of facts and the scrolling are within their limits.
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
