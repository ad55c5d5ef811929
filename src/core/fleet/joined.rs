//! Agents that were started outside the fleet and joined it. Each has a run, by which all other parts know it, but no
//! keeper. The fleet never starts, stops or freezes their processes, and they take no place among the live runs.
//!
//! ```text
//!  join ─► a run that is ready ─► it leaves · its process ends · the fleet ends ─► removed
//! ```
//!
//! Everything that such an agent holds and waits for ends with its run, as for any other agent.
//!
//! **Invariant:** a process belongs to at most one agent, and the fleet never stops, restarts or freezes an agent that
//! joined (`tests/brain/joined.rs`).

use super::Step;
use crate::command::Denied;
use crate::effect::Effect;
use crate::ending::{Outcome, TreeReport};
use crate::fact::{FactKind, Origin};
use crate::ids::{AgentId, RunId};
use crate::lock::Process;
use crate::policy::AgentPolicy;
use crate::run::{Run, RunEnd};
use alloc::string::String;
use alloc::vec::Vec;

impl Step<'_> {
    /// Adds an agent whose process tree begins with this process.
    pub(super) fn join_asked(
        &mut self,
        name: String,
        capabilities: Vec<String>,
        process: Process,
    ) -> Result<AgentId, Denied> {
        let taken = self.fleet.view.joined.iter().find(|(_, known)| **known == process).map(|(run, _)| *run);
        if let Some(agent) = taken.and_then(|run| self.fleet.agent_of(run)) {
            return Err(Denied::JoinedAlready { agent });
        }
        self.may_add(&name)?;
        let agent = self.add_agent(AgentPolicy { capabilities, ..AgentPolicy::of_name(name) }, Origin::Joined);
        self.fleet.runs_begun += 1;
        let run = RunId(self.fleet.runs_begun);
        if let Some(known) = self.fleet.agents.get_mut(&agent) {
            known.run = Some(Run::joined(run, agent));
            self.fleet.live.insert(run, agent);
        }
        self.record(Some(agent), Some(run), FactKind::Joined { process });
        self.effects.push(Effect::Follow { run, process });
        self.release_those_behind(agent);
        self.tasks_look_again();
        Ok(agent)
    }

    /// Lets an agent that joined leave the fleet.
    pub(super) fn leave_asked(&mut self, agent: AgentId) -> Result<(), Denied> {
        self.fleet.view.agents.get(&agent).ok_or(Denied::UnknownAgent)?;
        let run = self.joined_run(agent).ok_or(Denied::NotJoined)?;
        self.leave(run, "it left");
        Ok(())
    }

    /// Ends the run of a joined agent whose first process has ended.
    pub(super) fn joined_process_ended(&mut self, run: RunId) {
        self.leave(run, "its process ended");
    }

    /// Ends the run of an agent that joined, and removes the agent. Does nothing for any other run.
    pub(super) fn leave(&mut self, run: RunId, why: &str) {
        let joined = self.fleet.view.joined.contains_key(&run);
        let Some(agent) = self.fleet.agent_of(run).filter(|_| joined) else { return };
        let report = TreeReport::default();
        let end = RunEnd { outcome: Outcome::Completed, exit: None, report, reason: Some(why.into()), barred: None };
        self.run_ended(agent, run, end);
        self.remove_agent(agent);
    }

    /// Refuses a command that is only possible for an agent that the fleet itself started.
    pub(super) fn is_ours(&self, agent: AgentId) -> Result<(), Denied> {
        match self.joined_run(agent) {
            Some(_) => Err(Denied::Joined),
            None => Ok(()),
        }
    }

    /// Returns the run of an agent that joined.
    pub(super) fn joined_run(&self, agent: AgentId) -> Option<RunId> {
        let run = self.fleet.view.agents.get(&agent)?.run?;
        self.fleet.view.joined.contains_key(&run).then_some(run)
    }

    /// Waits again for the ends of joined processes, after a supervisor took over.
    pub(super) fn joined_took_over(&mut self) {
        let follow = |(run, process): (&RunId, &Process)| Effect::Follow { run: *run, process: *process };
        self.effects.extend(self.fleet.view.joined.iter().map(follow));
    }
}

impl super::Fleet {
    /// Returns the number of live runs that take a place.
    pub(super) fn places_taken(&self) -> usize {
        self.live.len() - self.view.joined.len()
    }
}
