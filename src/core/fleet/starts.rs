//! The start of agents: what an agent must wait for, the line for a place, and which agents start when something
//! changes.
//!
//! A start waits until each agent named in `after` is ready or completed, and then for a place among the live runs. A
//! name that the fleet does not know is not waited for: the configuration refuses such a name, so it belonged to an
//! agent that was removed. An agent does not wait for itself.
//!
//! **Invariant 8:** live runs never exceed `max_concurrent`; where that was lowered, those that lived then may
//! end in peace and none is added (`tests/brain/sim`).

use super::Step;
use crate::agent::Takes;
use crate::effect::Effect;
use crate::event::TimerId;
use crate::fact::FactKind;
use crate::ids::{AgentId, RunId};
use crate::restart::{Forgotten, Restarts};
use crate::run::Run;
use crate::start_order::Waiting;
use crate::task::Work;
use crate::time::Span;
use crate::view::{AgentView, Config, State};
use alloc::vec::Vec;

impl Step<'_> {
    /// Starts an agent without a live run, or lets it wait for what blocks it. An agent whose runs begin with its tasks
    /// takes tasks from now on.
    pub(super) fn start(&mut self, agent: AgentId) {
        if matches!(self.state(agent), Some(State::Backoff { .. })) {
            self.effects.push(Effect::Disarm { timer: TimerId::Backoff(agent) });
        }
        self.go_on(agent);
    }

    fn go_on(&mut self, agent: AgentId) {
        self.tasks_look_again();
        match self.fleet.agents.get_mut(&agent).filter(|known| known.policy.work == Work::OneShot) {
            Some(known) => {
                known.takes = Takes::Tasks;
                self.record(Some(agent), None, FactKind::TakesTasks);
            }
            None => self.look_again(agent),
        }
    }

    /// Takes an agent out of the queue, or out of its backoff.
    pub(super) fn dequeue(&mut self, agent: AgentId) {
        if matches!(self.state(agent), Some(State::Backoff { .. })) {
            self.effects.push(Effect::Disarm { timer: TimerId::Backoff(agent) });
        }
        self.fleet.order.leave(agent);
        self.record(Some(agent), None, FactKind::Dequeued);
    }

    /// Handles the end of a backoff. A timer that fires early is armed again; an outdated one is ignored.
    pub(super) fn backoff_over(&mut self, agent: AgentId) {
        let Some(State::Backoff { until }) = self.state(agent) else { return };
        let left = *until - self.now;
        if left > Span(0) {
            self.effects.push(Effect::Arm { timer: TimerId::Backoff(agent), span: left });
        } else {
            self.go_on(agent);
        }
    }

    /// Checks again the agents that wait for `other`, which became ready, completed, or was removed.
    pub(super) fn release_those_behind(&mut self, other: AgentId) {
        for agent in self.fleet.order.waiting_for(other) {
            self.look_again(agent);
        }
    }

    /// Begins a run if nothing blocks it, and otherwise lets the agent wait.
    pub(super) fn look_again(&mut self, agent: AgentId) {
        match self.fleet.in_the_way_of(agent) {
            Some(why) => self.wait(agent, why),
            None => self.begin_run(agent),
        }
    }

    /// Gives free places to the first agents in the queue. An agent goes back to waiting if an agent that it waited for
    /// is no longer ready when its turn comes.
    pub(super) fn fill_places(&mut self) {
        while self.fleet.has_place() {
            let Some(agent) = self.fleet.order.first_for_slot() else { return };
            self.look_again(agent);
        }
    }

    /// Forgets failures by calling `forgetting`, and records it if there were any.
    pub(super) fn forget_failures(&mut self, agent: AgentId, forgetting: fn(&mut Restarts) -> Forgotten) {
        let restarts = self.fleet.agents.get_mut(&agent).map(|agent| &mut agent.restarts);
        if restarts.map(forgetting) == Some(Forgotten::Failures) {
            self.record(Some(agent), None, FactKind::FailuresForgotten);
        }
    }

    fn wait(&mut self, agent: AgentId, why: Waiting) {
        self.fleet.order.wait(agent, &why);
        let state = State::Queued { why };
        if self.state(agent) != Some(&state)
            && let State::Queued { why } = state
        {
            self.record(Some(agent), None, FactKind::Queued { why });
        }
    }

    pub(super) fn begin_run(&mut self, agent: AgentId) {
        self.fleet.order.leave(agent);
        self.fleet.runs_begun += 1;
        let id = RunId(self.fleet.runs_begun);
        let mut acts = Vec::new();
        let run = Run::begin(id, agent, &mut acts);
        if let Some(known) = self.fleet.agents.get_mut(&agent) {
            known.run = Some(run);
            self.fleet.live.insert(id, agent);
            self.carry_out(agent, id, acts);
        }
    }

    pub(super) fn state(&self, agent: AgentId) -> Option<&State> {
        self.fleet.view.agents.get(&agent).map(|view| &view.state)
    }

    pub(super) fn config(&self, agent: AgentId) -> Option<Config> {
        self.fleet.view.agents.get(&agent).map(|view| view.config)
    }
}

impl super::Fleet {
    /// Returns what a start of `agent` must wait for first.
    pub(super) fn in_the_way_of(&self, agent: AgentId) -> Option<Waiting> {
        let after = self.agents.get(&agent).map(|known| known.policy.after.as_slice()).unwrap_or_default();
        let unready = after
            .iter()
            .filter_map(|name| self.names.get(name).copied())
            .find(|other| *other != agent && !self.view.agents.get(other).is_some_and(AgentView::satisfies_after));
        match unready {
            Some(other) => Some(Waiting::After { agent: other }),
            None if self.has_place() => None,
            None => Some(Waiting::Slot { max_concurrent: self.policy.max_concurrent }),
        }
    }

    fn has_place(&self) -> bool {
        self.places_taken() < self.policy.max_concurrent as usize
    }
}
