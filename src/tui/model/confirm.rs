//! What the key bar asks before one letter ends what runs: the same key once more does it, anything else does not.

use super::is_live;
use crate::api::agents::{Action, Agent, AgentState};
use crate::tui::keymap::Does;

/// How long it is asked. Then it is over, and nothing happened.
pub const CONFIRM_MS: u64 = 3_000;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirm {
    /// Whom it is about.
    pub agent: String,
    /// The action whose key asked, and answers.
    pub does: Does,
    /// What is done with the agent then.
    pub action: Action,
    /// What that is, for people.
    pub what: &'static str,
    /// When it is over.
    pub until_ms: u64,
    run: Option<String>,
}

impl Confirm {
    /// What is asked before an action ends an agent as it is now; none when there is nothing to end.
    pub fn of(agent: &Agent, does: Does, action: Action, now_ms: u64) -> Option<Confirm> {
        let until_ms = now_ms.saturating_add(CONFIRM_MS);
        let (name, run) = (agent.name.clone(), agent.run.clone());
        word(action, agent.state).map(|what| Confirm { agent: name, does, action, what, until_ms, run })
    }

    /// Whether what was asked is still what would be done.
    pub fn holds(&self, agent: &Agent, now_ms: u64) -> bool {
        let same = (&agent.name, &agent.run) == (&self.agent, &self.run);
        same && now_ms < self.until_ms && word(self.action, agent.state) == Some(self.what)
    }
}

/// What an action would do that is worth asking about.
fn word(action: Action, state: AgentState) -> Option<&'static str> {
    match (action, state) {
        (Action::Stop, AgentState::Stopping) => Some("stop without grace"),
        (Action::Stop, AgentState::Queued) => Some("unqueue"),
        (Action::Stop, state) if is_live(state) => Some("stop"),
        (Action::Restart, state) if is_live(state) => Some("restart"),
        _ => None,
    }
}
