//! Claims: runs that ask for a task. Each claim has exactly one end, and each task has at most one claim that got it.
//!
//! ```text
//!  asked ──► waits ──► got one, being prepared ────► task
//!    │         │  ▲            └── failed ────┐
//!    │         │  └──────────────────────────-┘
//!    │         └──► nothing (its time is over) · busy (by another claim) · ended (the task asked for) · over (the run)
//!    └──► nothing (there is none, and it does not wait)
//! ```

use super::super::Step;
use super::Reply;
use super::assign::{How, Worker};
use crate::command::{Settled, WaitId};
use crate::effect::Effect;
use crate::event::TimerId;
use crate::fact::FactKind;
use crate::ids::{AgentId, ClaimId, RunId, TaskId};
use crate::task::limits::CLAIMS_PER_RUN_MAX;
use crate::task::{
    ClaimSettled, Counted, Placement, Stage, TaskAnswer, TaskDenied, TaskEffect, TaskFact, TaskTimer, Trouble,
};
use crate::time::Span;
use crate::view::State;
use alloc::vec::Vec;

impl Step<'_> {
    /// Gives a run a task, or lets it wait for one.
    pub(super) fn claim(&mut self, run: RunId, wanted: Option<TaskId>, wait: Span) -> Reply {
        let agent = self.claimant(run)?;
        if let Some(task) = wanted {
            self.may_want(agent, task)?;
        }
        let claim = self.tasks().next_claim();
        self.release_what_changed();
        let worker = Worker { agent, how: How::Claim { claim, run, wanted } };
        if wait == Span(0) && self.fleet.pick(worker).is_none() {
            return Ok(TaskAnswer::Nothing);
        }
        let until = (wait != Span(u64::MAX)).then(|| self.now + wait);
        self.record(Some(agent), Some(run), FactKind::Task(TaskFact::ClaimWaits { claim, run, task: wanted, until }));
        if until.is_some() && wait > Span(0) {
            self.effects.push(Effect::Arm { timer: TimerId::Task(TaskTimer::Claim(claim)), span: wait });
        }
        self.tasks_look_again();
        self.assign_tasks();
        if wait == Span(0) && self.tasks().claim(claim).is_some_and(|claim| claim.got.is_none()) {
            self.settle_claim(claim, ClaimSettled::Nothing);
        }
        Ok(self.answer_for(claim))
    }

    /// Assigns the tasks that earlier parts of this step released, before a new claim is considered.
    fn release_what_changed(&mut self) {
        if self.tasks_changed {
            self.assign_tasks();
        }
    }

    /// Returns the answer to a claim. If the claim was settled in the same step, its end is the answer.
    fn answer_for(&mut self, claim: ClaimId) -> TaskAnswer {
        let wait = WaitId::Claim(claim);
        let of_claim = |effect: &Effect| matches!(effect, Effect::Settle { wait: other, .. } if *other == wait);
        let Some(at) = self.effects.iter().position(of_claim) else { return TaskAnswer::Waits { claim } };
        match self.effects.remove(at) {
            Effect::Settle { settled: Settled::Claim(ClaimSettled::Task { task }), .. } => TaskAnswer::Claimed { task },
            _ => TaskAnswer::Nothing,
        }
    }

    fn claimant(&self, run: RunId) -> Result<AgentId, TaskDenied> {
        if self.shutting_down() {
            return Err(TaskDenied::ShuttingDown);
        }
        let goes_on = |agent: &AgentId| matches!(self.state(*agent), Some(State::Starting | State::Ready));
        let agent = self.fleet.agent_of(run).filter(goes_on).ok_or(TaskDenied::NoSuchRun { run })?;
        let board = self.tasks();
        if let Some(task) = board.of_run(run).filter(|task| !self.is_at(*task, &Stage::Verifying)) {
            return Err(TaskDenied::Busy { task });
        }
        match board.claims().filter(|(_, claim)| claim.run == run).count() >= CLAIMS_PER_RUN_MAX {
            true => Err(TaskDenied::TooManyClaims { count_max: CLAIMS_PER_RUN_MAX as u32 }),
            false => Ok(agent),
        }
    }

    /// Whether this agent can ever get this very task.
    fn may_want(&self, agent: AgentId, task: TaskId) -> Result<(), TaskDenied> {
        let known = self.tasks().get(task).ok_or(TaskDenied::UnknownTask { task })?;
        let missing = self.fleet.missing(agent, &known.spec.required_capabilities);
        match (&known.spec.placement, known.agent) {
            _ if known.has_ended() => Err(TaskDenied::Ended { task }),
            (_, Some(agent)) if known.is_in_hand() => Err(TaskDenied::Taken { task, agent }),
            (Placement::Parts(_), _) => Err(TaskDenied::HasParts { task }),
            _ if !known.parts.is_empty() => Err(TaskDenied::HasParts { task }),
            _ if !missing.is_empty() => Err(TaskDenied::NotCapable { agent, missing }),
            (Placement::Only(name), _) if self.fleet.find(name) != Some(agent) => {
                Err(TaskDenied::BoundTo { task, name: name.clone() })
            }
            _ => Ok(()),
        }
    }

    /// Withdraws a claim whose client is gone. A task that the claim got in the meantime, and that no client knows of,
    /// goes back.
    pub(super) fn withdraw(&mut self, claim: ClaimId) -> Reply {
        let unheard = self.tasks().desks().filter_map(|(_, desk)| desk.current).find(|task| {
            let known = self.tasks().get(*task);
            known
                .is_some_and(|task| task.claim == Some(claim) && matches!(task.stage, Stage::Assigned | Stage::Running))
        });
        if let Some(task) = unheard {
            self.abandon(task);
            self.requeue(task, Trouble::ClaimWithdrawn, Counted::No);
        }
        if let Some(run) = self.tasks().claim(claim).map(|claim| claim.run) {
            let agent = self.fleet.agent_of(run);
            self.record(agent, Some(run), FactKind::Task(TaskFact::ClaimEnded { claim }));
            self.effects.push(Effect::Disarm { timer: TimerId::Task(TaskTimer::Claim(claim)) });
        }
        Ok(TaskAnswer::Nothing)
    }

    /// Ends a claim that has waited as long as it wanted. A claim whose task is being prepared still gets that task.
    pub(super) fn claim_over(&mut self, claim: ClaimId) {
        if self.tasks().claim(claim).is_some_and(|claim| claim.got.is_none()) {
            self.settle_claim(claim, ClaimSettled::Nothing);
        }
    }

    /// Takes a task that was being prepared from its claim. The claim waits for another task, if its time is not over.
    pub(super) fn drop_claim_of(&mut self, task: TaskId) {
        let Some(known) = self.tasks().get(task).filter(|task| task.stage == Stage::Assigned) else { return };
        let Some(claim) = known.claim.filter(|claim| self.tasks().claim(*claim).is_some()) else { return };
        let until = self.tasks().claim(claim).and_then(|claim| claim.until);
        match until {
            Some(until) if until <= self.now => self.settle_claim(claim, ClaimSettled::Nothing),
            Some(until) => {
                let span = until - self.now;
                self.effects.push(Effect::Arm { timer: TimerId::Task(TaskTimer::Claim(claim)), span });
            }
            None => {}
        }
    }

    /// Ends all claims of a run.
    pub(super) fn end_claims_of(&mut self, run: RunId) {
        let claims = self.tasks().claims().filter(|(_, claim)| claim.run == run);
        let claims: Vec<ClaimId> = claims.map(|(claim, _)| claim).collect();
        for claim in claims {
            self.settle_claim(claim, ClaimSettled::Over);
        }
    }

    /// Ends the claims of all runs.
    pub(super) fn end_all_claims(&mut self) {
        let claims: Vec<ClaimId> = self.tasks().claims().map(|(claim, _)| claim).collect();
        for claim in claims {
            self.settle_claim(claim, ClaimSettled::Over);
        }
    }

    /// Drops all claims after a supervisor took over, because no client that waited is connected any more. Nobody is
    /// told.
    pub(super) fn drop_all_claims(&mut self) {
        let claims: Vec<ClaimId> = self.tasks().claims().map(|(claim, _)| claim).collect();
        for claim in claims {
            self.record(None, None, FactKind::Task(TaskFact::ClaimEnded { claim }));
        }
    }

    /// Stops the effects that are in progress for a task.
    pub(super) fn abandon(&mut self, task: TaskId) {
        let Some(known) = self.tasks().get(task).filter(|task| task.is_in_hand()) else { return };
        let attempt = known.attempt;
        self.effects.push(Effect::Task(TaskEffect::Abandon { task, attempt }));
    }
}
