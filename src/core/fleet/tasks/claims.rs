//! Claims, as far as they concern the whole fleet: a claim may get its task at once, and then that is the answer.

use super::super::Step;
use crate::command::{Settled, WaitId};
use crate::effect::Effect;
use crate::ids::{ClaimId, RunId, TaskId};
use crate::task::machine::Reply;
use crate::task::machine::assign::{How, Worker};
use crate::task::{ClaimSettled, TaskAnswer};
use crate::time::Span;

impl Step<'_> {
    /// Gives a run a task, or lets it wait for one.
    pub(super) fn claim(&mut self, run: RunId, wanted: Option<TaskId>, wait: Span) -> Reply {
        let agent = self.with_tasks(|tasks| tasks.claimant(run, wanted))?;
        let claim = self.fleet.view.tasks.next_claim();
        // The tasks that earlier parts of this step released go to others first.
        self.assign_tasks();
        let worker = Worker { agent, how: How::Claim { claim, run, wanted } };
        if wait == Span(0) && self.fleet.pick(worker).is_none() {
            return Ok(TaskAnswer::Nothing);
        }
        self.with_tasks(|tasks| tasks.begin_claim(agent, run, wanted, wait));
        self.assign_tasks();
        if wait == Span(0) {
            self.with_tasks(|tasks| tasks.claim_over(claim));
        }
        Ok(self.answer_for(claim))
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
}
