//! The functions that read the fleet from outside.

use super::{Course, Fleet};
use crate::event::{Armed, TimerId};
use crate::ids::{AgentId, RunId};
use crate::policy::AgentPolicy;
use crate::view::{State, View};

impl Fleet {
    /// Returns the fleet as its clients see it; equal to the fold of all facts recorded so far.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// Lets the next fact have a number after this one, so that the facts of a past that is only partly known keep
    /// theirs.
    pub fn number_facts_after(&mut self, seq: u64) {
        self.view.seq = self.view.seq.max(seq);
    }

    /// Returns the timers that the shell must have armed, for example after a restore. A timer whose time has passed
    /// fires at once.
    pub fn armed(&self) -> impl Iterator<Item = Armed> {
        let backoffs = self.view.agents.iter().filter_map(|(agent, view)| match view.state {
            State::Backoff { until } => Some(Armed { timer: TimerId::Backoff(*agent), due: until }),
            _ => None,
        });
        let snoozes = self.view.agents.iter().filter_map(|(agent, view)| {
            let due = view.standing.as_ref()?.snoozed_until?;
            Some(Armed { timer: TimerId::Snooze(*agent), due })
        });
        let runs = self.agents.values().filter_map(|agent| agent.run.as_ref());
        backoffs.chain(snoozes).chain(runs.flat_map(|run| run.timers().armed())).chain(self.coordination_armed())
    }

    /// Returns the agent of a live run.
    pub fn agent_of(&self, run: RunId) -> Option<AgentId> {
        self.live.get(&run).copied()
    }

    /// Returns the policy with which an agent's live run was started, or its next run will be.
    pub fn policy(&self, agent: AgentId) -> Option<&AgentPolicy> {
        self.agents.get(&agent).map(|known| &known.policy)
    }

    /// Returns the agent with this name.
    pub fn find(&self, name: &str) -> Option<AgentId> {
        self.names.get(name).copied()
    }

    /// Returns every live run that has a keeper or is to have one; a supervisor that takes over must look for these.
    pub fn live_runs(&self) -> impl Iterator<Item = (RunId, AgentId)> {
        let kept = self.live.iter().filter(|(run, _)| !self.view.joined.contains_key(run));
        kept.map(|(run, agent)| (*run, *agent))
    }

    /// Whether a shutdown is done.
    pub fn is_shut_down(&self) -> bool {
        self.course == Course::ShutDown
    }

    /// Whether nothing more will happen by itself: no run of the fleet is alive or planned, and no task is being
    /// verified or tried again. An agent that waits for one that will not start by itself does not count: without a
    /// person, it waits forever.
    pub fn quiescent(&self) -> bool {
        let planned = |state: &State| matches!(state, State::Backoff { .. });
        self.places_taken() == 0
            && self.order.first_for_slot().is_none()
            && !self.view.agents.values().any(|view| planned(&view.state))
            && self.tasks_quiescent()
    }
}
