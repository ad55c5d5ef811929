//! Takes in runs that are alive but unknown to the fleet, because its journal was lost, could not be read, or is of an
//! earlier moment. The records of their keepers tell that they are alive and to which agents they belong. No run is
//! ended because the fleet has lost its record, and none is started a second time.
//!
//! | the agent with that name            | what happens to the run                                                    |
//! |-------------------------------------|----------------------------------------------------------------------------|
//! | is unknown                          | the agent is added, as in the file, or as one that a person must end       |
//! | has no live run                     | the run becomes its run                                                    |
//! | has an earlier run in the journal   | the earlier run ended unseen, and this one becomes its run                 |
//! | has a later run, or one that lives  | the run becomes the run of another agent, `NAME-rN`                        |
//!
//! A run that the fleet knows as ended is not taken in: its keeper only missed its dismissal. While the fleet is being
//! shut down, a run that is taken in is asked to end like all others.

use super::Step;
use crate::effect::Effect;
use crate::ending::{Outcome, TreeReport};
use crate::event::TimerId;
use crate::fact::{FactKind, Origin};
use crate::ids::{AgentId, RunId};
use crate::policy::AgentPolicy;
use crate::run::Run;
use crate::view::State;
use alloc::format;
use alloc::vec::Vec;

impl Step<'_> {
    /// Takes in a run that is not a live run of the fleet although its keeper is alive. `Adopted` and the keeper's
    /// other events follow.
    pub(super) fn run_found(&mut self, run: RunId, policy: AgentPolicy, held: &[RunId]) {
        self.fleet.runs_begun = self.fleet.runs_begun.max(run.0);
        if self.fleet.live.contains_key(&run) {
            return;
        }
        if self.fleet.view.agents.values().any(|agent| agent.last.as_ref().is_some_and(|last| last.run == run)) {
            return self.effects.push(Effect::Dismiss { run });
        }
        let agent = match self.fleet.names.get(&policy.name).copied() {
            None => self.add_agent(policy, Origin::File),
            Some(agent) => match self.fleet.agents.get(&agent).and_then(|known| Some(known.run.as_ref()?.id())) {
                Some(other) if other > run || held.contains(&other) => {
                    let name = format!("{}-{run}", policy.name);
                    if self.fleet.names.contains_key(&name) {
                        return;
                    }
                    self.add_agent(AgentPolicy { name, ..policy }, Origin::Spawned)
                }
                Some(earlier) => {
                    self.ended_unseen(agent, earlier);
                    agent
                }
                None => agent,
            },
        };
        self.take_in(agent, run);
        if self.shutting_down() {
            self.continue_shutdown();
        }
    }

    /// Records the end of a run that nobody saw end. It is not started again, because a later run of its agent is
    /// alive.
    fn ended_unseen(&mut self, agent: AgentId, run: RunId) {
        let (outcome, reason) = (Outcome::Terminated, Some("the end of the run was not observed".into()));
        let report = TreeReport::default();
        self.record(Some(agent), Some(run), FactKind::Ended { outcome, exit: None, report, reason, barred: None });
        self.effects.push(Effect::Dismiss { run });
        let _why = self.free_place(agent, run, outcome);
        self.coordination_run_ended(agent, run, outcome);
    }

    fn take_in(&mut self, agent: AgentId, run: RunId) {
        match self.state(agent) {
            Some(State::Backoff { .. }) => self.effects.push(Effect::Disarm { timer: TimerId::Backoff(agent) }),
            Some(state) if state.is_live() => return,
            _ => {}
        }
        self.fleet.order.leave(agent);
        let Some(known) = self.fleet.agents.get_mut(&agent) else { return };
        let mut acts = Vec::new();
        known.run = Some(Run::found(run, agent, known.policy.revision, &mut acts));
        self.fleet.live.insert(run, agent);
        self.fleet.live_max = self.fleet.places_taken().max(self.fleet.live_max);
        self.carry_out(agent, run, acts);
    }
}
