//! The question in the key bar before a single letter ends a run: the same key again confirms it, any other key cancels
//! it.

use super::roster::is_live;
use crate::api::agents::{Action, Agent, AgentState};
use crate::tui::keymap::Does;

/// How long the question is shown. After that it is cancelled, and nothing happens.
pub const CONFIRM_MS: u64 = 3_000;

/// A question that the key bar asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirm {
    /// Name of the agent that the question is about.
    pub agent: String,
    /// Action whose key asked the question, and confirms it.
    pub does: Does,
    /// Action on the agent that follows a confirmation.
    pub action: Action,
    /// Description of the action that follows a confirmation, for people.
    pub what: &'static str,
    /// Instant at which the question is cancelled, in milliseconds since the epoch.
    pub until_ms: u64,
    run: Option<String>,
}

impl Confirm {
    /// Returns the question to ask before an action ends an agent in its present state; none when there is nothing to
    /// end.
    pub fn of(agent: &Agent, does: Does, action: Action, now_ms: u64) -> Option<Confirm> {
        let until_ms = now_ms.saturating_add(CONFIRM_MS);
        let (name, run) = (agent.name.clone(), agent.run.clone());
        word(action, agent.state).map(|what| Confirm { agent: name, does, action, what, until_ms, run })
    }

    /// Whether the action would still do what the question asked.
    pub fn holds(&self, agent: &Agent, now_ms: u64) -> bool {
        let same = (&agent.name, &agent.run) == (&self.agent, &self.run);
        same && now_ms < self.until_ms && word(self.action, agent.state) == Some(self.what)
    }
}

/// Returns the text for an action that ends something; none if the action need not be confirmed.
fn word(action: Action, state: AgentState) -> Option<&'static str> {
    match (action, state) {
        (Action::Stop, AgentState::Stopping) => Some("stop without grace"),
        (Action::Stop, AgentState::Queued) => Some("unqueue"),
        (Action::Stop, state) if is_live(state) => Some("stop"),
        (Action::Restart, state) if is_live(state) => Some("restart"),
        _ => None,
    }
}
