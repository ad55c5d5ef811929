//! The shutdown of the fleet: nothing starts any more, and runs end in reverse start order.
//!
//! A run is asked to end only when no live run remains whose agent names it in `after`. If agents name each other in a
//! cycle (the configuration refuses this, but a spawn can do it), they are all asked at once when nothing else remains.

use super::{Course, Step};
use crate::command::ShutdownMode;
use crate::ending::StopCause;
use crate::event::Event;
use crate::fact::FactKind;
use crate::ids::AgentId;
use crate::run::{Haste, Phase};
use crate::view::State;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

impl Step<'_> {
    pub(super) fn shutting_down(&self) -> bool {
        self.fleet.view.shutdown.is_some()
    }

    /// Whether a shutdown has just been completed.
    pub(super) fn shutdown_done(&self) -> bool {
        self.shutting_down() && self.fleet.live.is_empty() && self.fleet.course != Course::ShutDown
    }

    pub(super) fn begin_shutdown(&mut self, mode: ShutdownMode) {
        if self.fleet.course == Course::ShutDown {
            return;
        }
        self.record(None, None, FactKind::ShutdownBegun { mode });
        self.coordination_shutting_down();
        let planned: Vec<AgentId> = self
            .fleet
            .view
            .agents
            .iter()
            .filter(|(_, view)| matches!(view.state, State::Queued { .. } | State::Backoff { .. }))
            .map(|(agent, _)| *agent)
            .collect();
        for agent in planned {
            self.dequeue(agent);
        }
        match mode {
            ShutdownMode::Graceful => self.continue_shutdown(),
            ShutdownMode::Kill => {
                let live = self.fleet.live.values().copied().collect();
                self.stop_all(live, Haste::AtOnce);
            }
        }
    }

    /// Asks the runs to end on which no other live run depends.
    pub(super) fn continue_shutdown(&mut self) {
        let fleet = &*self.fleet;
        let needed: BTreeSet<AgentId> = fleet.live.values().flat_map(|agent| fleet.needed_by(*agent)).collect();
        let going_on: Vec<AgentId> = fleet.live.values().copied().filter(|agent| fleet.goes_on(*agent)).collect();
        let free: Vec<AgentId> = going_on.iter().copied().filter(|agent| !needed.contains(agent)).collect();
        let someone_is_ending = going_on.len() < fleet.live.len();
        let next = if free.is_empty() && !someone_is_ending { going_on } else { free };
        self.stop_all(next, Haste::InOrder);
    }

    fn stop_all(&mut self, agents: Vec<AgentId>, haste: Haste) {
        for agent in agents {
            match self.joined_run(agent) {
                Some(run) => self.leave(run, "the fleet is shutting down"),
                None => drop(self.with_run(agent, |run, moment| run.stop(StopCause::Shutdown, haste, moment))),
            }
        }
    }

    /// Handles that a supervisor took over: effects that are still awaited and do not come from a keeper are requested
    /// again, and a fleet that was shut down may begin again.
    pub(super) fn take_over(&mut self) {
        self.record(None, None, FactKind::TookOver);
        if self.fleet.course == Course::ShutDown {
            self.fleet.course = Course::BeginsAnew;
        }
        let live: Vec<AgentId> = self.fleet.live.values().copied().collect();
        for agent in live {
            self.with_run(agent, |run, moment| run.hear(Event::TookOver, moment));
        }
        self.joined_took_over();
        self.coordination_took_over();
    }
}

impl super::Fleet {
    /// Returns the agents that `agent` names in `after`.
    fn needed_by(&self, agent: AgentId) -> impl Iterator<Item = AgentId> {
        let after = self.agents.get(&agent).map(|known| known.policy.after.as_slice()).unwrap_or_default();
        after.iter().filter_map(|name| self.names.get(name).copied()).filter(move |other| *other != agent)
    }

    fn goes_on(&self, agent: AgentId) -> bool {
        let run = self.agents.get(&agent).and_then(|known| known.run.as_ref());
        run.is_some_and(|run| !matches!(run.phase(), Phase::Stopping(_) | Phase::Lost))
    }
}
