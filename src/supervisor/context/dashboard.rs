//! What a dashboard shows besides facts: banners, which agents a person has looked at, and that a list has changed.

use super::guard::lock;
use crate::clock;
use quarterdeck_core::ids::AgentId;
use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use tokio::sync::watch;

/// What is shown to people besides facts.
pub(in crate::supervisor) struct Dashboard {
    pub(in crate::supervisor) banners: Banners,
    pub(in crate::supervisor) seen: Seen,
    /// Wakes those who show a list of agents: something about a run changed that is not a fact.
    pub(in crate::supervisor) pulse: watch::Sender<()>,
}

impl Default for Dashboard {
    fn default() -> Dashboard {
        Dashboard { banners: Banners::default(), seen: Seen::default(), pulse: watch::Sender::new(()) }
    }
}

impl Dashboard {
    /// Records that a person looks at this agent now: everything it has done so far is seen.
    pub(in crate::supervisor) fn mark_seen(&self, agent: AgentId) {
        self.mark_seen_at(agent, clock::now_ms());
    }

    /// Records that a person is about to type into this agent. Its reaction counts as unseen, even within the same
    /// millisecond.
    pub(in crate::supervisor) fn mark_typed(&self, agent: AgentId) {
        self.mark_seen_at(agent, clock::now_ms().saturating_sub(1));
    }

    fn mark_seen_at(&self, agent: AgentId, at_ms: u64) {
        self.seen.mark(agent, at_ms);
        self.pulse.send_replace(());
    }
}

/// The subject of the banner about a journal that can't be written.
pub(in crate::supervisor) const JOURNAL_BANNER: &str = "journal";

/// The banners about troubles of the fleet as a whole, by their subjects.
#[derive(Default)]
pub(in crate::supervisor) struct Banners {
    by_subject: Mutex<BTreeMap<String, String>>,
}

impl Banners {
    /// Shows a banner, in place of an earlier one with the same subject.
    pub(in crate::supervisor) fn raise(&self, subject: &str, text: String) {
        lock(&self.by_subject).insert(subject.to_owned(), text);
    }

    /// Removes a banner. Returns whether it was shown.
    pub(in crate::supervisor) fn lower(&self, subject: &str) -> bool {
        lock(&self.by_subject).remove(subject).is_some()
    }

    /// Whether a banner with this subject is shown.
    pub(in crate::supervisor) fn is_raised(&self, subject: &str) -> bool {
        lock(&self.by_subject).contains_key(subject)
    }

    /// Whether no banner says that the journal can't be written.
    pub(in crate::supervisor) fn journal_is_written(&self) -> bool {
        !self.is_raised(JOURNAL_BANNER)
    }

    /// Returns the texts of all banners that are shown.
    pub(in crate::supervisor) fn all(&self) -> Vec<String> {
        lock(&self.by_subject).values().cloned().collect()
    }
}

/// Returns the subject of the banner about an agent's keeper that can't be communicated with.
pub(in crate::supervisor) fn keeper_subject(agent: &str) -> String {
    format!("keeper of {agent}")
}

/// When a person last looked at each agent, in milliseconds since the Unix epoch.
#[derive(Default)]
pub(in crate::supervisor) struct Seen {
    by_agent: Mutex<HashMap<AgentId, u64>>,
}

impl Seen {
    /// Records that a person looks at the agent now.
    pub(in crate::supervisor) fn mark(&self, agent: AgentId, now_ms: u64) {
        lock(&self.by_agent).insert(agent, now_ms);
    }

    /// Returns when a person last looked at the agent; 0 if nobody has.
    pub(in crate::supervisor) fn at(&self, agent: AgentId) -> u64 {
        lock(&self.by_agent).get(&agent).copied().unwrap_or(0)
    }
}
