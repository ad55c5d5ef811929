//! Claims: runs that ask for a task. Each claim has exactly one end, and each task has at most one claim that got it.
//!
//! ```text
//!  asked ──► waits ──► got one, being prepared ────► task
//!    │         │  ▲            └── failed ────┐
//!    │         │  └──────────────────────────-┘
//!    │         └──► nothing (its time has passed) · busy (by another claim) · ended (the task asked for) · over (the run)
//!    └──► nothing (there is none, and it does not wait)
//! ```

use super::{Reply, Tasks};
use crate::command::{Settled, WaitId};
use crate::effect::Effect;
use crate::event::TimerId;
use crate::ids::{AgentId, ClaimId, RunId, TaskId};
use crate::task::limits::CLAIMS_PER_RUN_MAX;
use crate::task::{
    ClaimSettled, Counted, Placement, Stage, TaskAnswer, TaskDenied, TaskEffect, TaskFact, TaskTimer, Trouble,
};
use crate::time::Span;
use crate::view::State;
use alloc::vec::Vec;

impl Tasks<'_> {
    /// Lets a run wait for a task: for this one, or for any that it can do.
    pub(crate) fn begin_claim(&mut self, agent: AgentId, run: RunId, wanted: Option<TaskId>, wait: Span) {
        let claim = self.board.next_claim();
        let until = (wait != Span(u64::MAX)).then(|| self.out.now() + wait);
        self.record((Some(agent), Some(run)), TaskFact::ClaimWaits { claim, run, task: wanted, until });
        if until.is_some() && wait > Span(0) {
            self.out.ask(Effect::Arm { timer: TimerId::Task(TaskTimer::Claim(claim)), span: wait });
        }
        self.look_again();
    }

    /// Returns the agent of a run that may ask for a task: for this one, or for any that it can do.
    pub(crate) fn claimant(&self, run: RunId, wanted: Option<TaskId>) -> Result<AgentId, TaskDenied> {
        let agent = self.may_claim(run)?;
        match wanted {
            Some(task) => self.may_want(agent, task).map(|()| agent),
            None => Ok(agent),
        }
    }

    fn may_claim(&self, run: RunId) -> Result<AgentId, TaskDenied> {
        if self.shutdown.is_some() {
            return Err(TaskDenied::ShuttingDown);
        }
        let goes_on = |agent: &AgentId| matches!(self.parties.state_of(*agent), Some(State::Starting | State::Ready));
        let agent = self.parties.agent_of(run).filter(goes_on).ok_or(TaskDenied::NoSuchRun { run })?;
        let board = &*self.board;
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
        let known = self.board.get(task).ok_or(TaskDenied::UnknownTask { task })?;
        let missing = self.crew.missing(agent, &known.spec.required_capabilities);
        match (&known.spec.placement, known.agent) {
            _ if known.has_ended() => Err(TaskDenied::Ended { task }),
            (_, Some(agent)) if known.is_in_hand() => Err(TaskDenied::Taken { task, agent }),
            (Placement::Parts(_), _) => Err(TaskDenied::HasParts { task }),
            _ if !known.parts.is_empty() => Err(TaskDenied::HasParts { task }),
            _ if !missing.is_empty() => Err(TaskDenied::NotCapable { agent, missing }),
            (Placement::Only(name), _) if self.crew.find(name) != Some(agent) => {
                Err(TaskDenied::BoundTo { task, name: name.clone() })
            }
            _ => Ok(()),
        }
    }

    /// Withdraws a claim whose client is gone. A task that the claim got in the meantime, and that no client knows of,
    /// goes back.
    pub(crate) fn withdraw(&mut self, claim: ClaimId) -> Reply {
        let unheard = self.board.desks().filter_map(|(_, desk)| desk.current).find(|task| {
            let known = self.board.get(*task);
            known
                .is_some_and(|task| task.claim == Some(claim) && matches!(task.stage, Stage::Assigned | Stage::Running))
        });
        if let Some(task) = unheard {
            self.abandon(task);
            self.requeue(task, Trouble::ClaimWithdrawn, Counted::No);
        }
        if let Some(run) = self.board.claim(claim).map(|claim| claim.run) {
            self.record((self.parties.agent_of(run), Some(run)), TaskFact::ClaimEnded { claim });
            self.out.ask(Effect::Disarm { timer: TimerId::Task(TaskTimer::Claim(claim)) });
        }
        Ok(TaskAnswer::Nothing)
    }

    /// Ends a claim that has waited as long as it wanted. A claim whose task is being prepared still gets that task.
    pub(crate) fn claim_over(&mut self, claim: ClaimId) {
        if self.board.claim(claim).is_some_and(|claim| claim.got.is_none()) {
            self.settle_claim(claim, ClaimSettled::Nothing);
        }
    }

    /// Takes a task that was being prepared from its claim. The claim waits for another task, if its time is not over.
    pub(super) fn drop_claim_of(&mut self, task: TaskId) {
        let Some(known) = self.board.get(task).filter(|task| task.stage == Stage::Assigned) else { return };
        let Some(claim) = known.claim.filter(|claim| self.board.claim(*claim).is_some()) else { return };
        let until = self.board.claim(claim).and_then(|claim| claim.until);
        match until {
            Some(until) if until <= self.out.now() => self.settle_claim(claim, ClaimSettled::Nothing),
            Some(until) => {
                let span = until - self.out.now();
                self.out.ask(Effect::Arm { timer: TimerId::Task(TaskTimer::Claim(claim)), span });
            }
            None => {}
        }
    }

    /// Ends all claims of a run.
    pub(super) fn end_claims_of(&mut self, run: RunId) {
        let claims = self.board.claims().filter(|(_, claim)| claim.run == run);
        let claims: Vec<ClaimId> = claims.map(|(claim, _)| claim).collect();
        for claim in claims {
            self.settle_claim(claim, ClaimSettled::Over);
        }
    }

    /// Ends the claims of all runs.
    pub(crate) fn end_all_claims(&mut self) {
        let claims: Vec<ClaimId> = self.board.claims().map(|(claim, _)| claim).collect();
        for claim in claims {
            self.settle_claim(claim, ClaimSettled::Over);
        }
    }

    /// Drops all claims after a supervisor took over, because no client that waited is connected any more. Nobody is
    /// told.
    pub(super) fn drop_all_claims(&mut self) {
        let claims: Vec<ClaimId> = self.board.claims().map(|(claim, _)| claim).collect();
        for claim in claims {
            self.record((None, None), TaskFact::ClaimEnded { claim });
        }
    }

    /// Ends the other claims of a run that has got a task.
    pub(crate) fn end_other_claims(&mut self, run: RunId, but: Option<ClaimId>, task: TaskId) {
        let others = self.board.claims().filter(|(claim, known)| known.run == run && Some(*claim) != but);
        let others: Vec<ClaimId> = others.map(|(claim, _)| claim).collect();
        for claim in others {
            self.settle_claim(claim, ClaimSettled::Busy { task });
        }
    }

    /// Ends a claim and tells the client that waits for it.
    pub(super) fn settle_claim(&mut self, claim: ClaimId, settled: ClaimSettled) {
        let Some(known) = self.board.claim(claim) else { return };
        let (run, timed) = (known.run, known.until.is_some() && known.got.is_none());
        self.record((self.parties.agent_of(run), Some(run)), TaskFact::ClaimEnded { claim });
        if timed {
            self.out.ask(Effect::Disarm { timer: TimerId::Task(TaskTimer::Claim(claim)) });
        }
        let settled = Settled::Claim(settled);
        self.out.ask(Effect::Settle { wait: WaitId::Claim(claim), settled });
    }

    /// Stops the effects that are in progress for a task.
    pub(super) fn abandon(&mut self, task: TaskId) {
        let Some(known) = self.board.get(task).filter(|task| task.is_in_hand()) else { return };
        let attempt = known.attempt;
        self.out.ask(Effect::Task(TaskEffect::Abandon { task, attempt }));
    }
}
