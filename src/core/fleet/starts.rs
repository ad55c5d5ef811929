//! Starting: what an agent must wait for, the line for a place, and who is let go when something changed.
//!
//! A start waits for the agents named in `after`, each ready or completed, and then for a place among the live runs.
//! A name that the fleet does not know is not waited for: the configuration refuses such a name, so it belonged to
//! an agent that was removed. Nor does an agent wait for itself.
//!
//! **Invariant 8:** live runs never exceed `max_concurrent`; where that was lowered, those that lived then may
//! end in peace and none is added (`tests/brain/sim.rs`).

use super::{Agent, Step, Takes};
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

impl Agent {
    pub(super) fn new(policy: crate::policy::AgentPolicy) -> Agent {
        Agent { policy, pending: None, run: None, restarts: Restarts::default(), paused: Span(0), takes: Takes::Tasks }
    }
}

impl Step<'_> {
    /// Starts an agent without a live run, or lets it wait for what is in the way. One whose runs begin with its tasks
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

    /// Takes an agent out of the line, or out of its backoff.
    pub(super) fn dequeue(&mut self, agent: AgentId) {
        if matches!(self.state(agent), Some(State::Backoff { .. })) {
            self.effects.push(Effect::Disarm { timer: TimerId::Backoff(agent) });
        }
        self.fleet.order.leave(agent);
        self.record(Some(agent), None, FactKind::Dequeued);
    }

    /// The end of a backoff. One that comes early is armed again, a stale one is nothing.
    pub(super) fn backoff_over(&mut self, agent: AgentId) {
        let Some(State::Backoff { until }) = self.state(agent) else { return };
        let left = *until - self.now;
        if left > Span(0) {
            self.effects.push(Effect::Arm { timer: TimerId::Backoff(agent), span: left });
        } else {
            self.go_on(agent);
        }
    }

    /// Looks again at those that wait for `other`: it became ready, completed, or is known no more.
    pub(super) fn release_those_behind(&mut self, other: AgentId) {
        for agent in self.fleet.order.waiting_for(other) {
            self.look_again(agent);
        }
    }

    /// Begins a run if nothing is in the way, and lets the agent wait for it otherwise.
    pub(super) fn look_again(&mut self, agent: AgentId) {
        match self.fleet.in_the_way_of(agent) {
            Some(why) => self.wait(agent, why),
            None => self.begin_run(agent),
        }
    }

    /// Gives free places to those first in line. One whose turn comes when what it waited for is no longer ready
    /// goes back to waiting for that.
    pub(super) fn fill_places(&mut self) {
        while self.fleet.has_place() {
            let Some(agent) = self.fleet.order.first_for_slot() else { return };
            self.look_again(agent);
        }
    }

    /// Forgets failures by `forgetting` them, and says so where there were any.
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
    /// What a start of `agent` has to wait for first.
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
