//! The invariants of the tasks, which must hold after every step.
//!
//! On a large board, only [`WINDOW_TASKS`] tasks are checked after each step, in turn, and all tasks that are in hand.
//! So a step stays short in tests with ten thousand tasks.

use super::super::Fleet;
use crate::ids::{AgentId, TaskId};
use crate::task::machine::stand::Stand;
use crate::task::{Clock, Held, Locked, Stage, Task, Work};
use crate::view::Pause;
use crate::violation::TaskViolation;

/// The number of tasks that are checked after one step, if the board has more.
const WINDOW_TASKS: u64 = 256;

impl Fleet {
    /// Checks all invariants of the tasks, and returns the first violation found.
    pub(in crate::fleet) fn check_tasks(&self) -> Result<(), TaskViolation> {
        let board = &self.view.tasks;
        for (agent, desk) in board.desks() {
            if let Some(task) = desk.current {
                let known = board.get(task).filter(|task| task.is_in_hand() && task.agent == Some(agent));
                self.check_task(task, known.ok_or(TaskViolation::NotOneAgent(task))?)?;
            }
        }
        for (task, known) in board.window(self.view.seq, WINDOW_TASKS) {
            self.check_task(task, known)?;
        }
        ensure(board.len() as u64 > WINDOW_TASKS || board.standing() == board.len(), TaskViolation::StandTwice)?;
        self.check_claims()?;
        self.check_nobody_idles()
    }

    fn check_task(&self, id: TaskId, task: &Task) -> Result<(), TaskViolation> {
        let board = &self.view.tasks;
        let open = board.needs_of(id).filter(|(_, need)| !need.has_ended()).count();
        ensure(open == task.unmet as usize, TaskViolation::MiscountedNeeds(id))?;
        ensure(task.attempts_spent() <= task.attempts_max, TaskViolation::TooManyAttempts(id))?;
        ensure(board.stands(id, task), TaskViolation::StandsWrongly(id))?;
        let timed = !matches!(task.clock, Clock::Off);
        ensure(!timed || task.stage == Stage::Running, TaskViolation::ClockWrong(id))?;
        if task.has_ended() {
            return ensure(task.locked == Locked::No && task.ended.is_some(), TaskViolation::LeftoversAfterEnd(id));
        }
        match task.is_in_hand() {
            true => self.check_in_hand(id, task),
            false => self.check_stand(id, task),
        }
    }

    fn check_in_hand(&self, id: TaskId, task: &Task) -> Result<(), TaskViolation> {
        let board = &self.view.tasks;
        let (agent, run) = task.agent.zip(task.run).ok_or(TaskViolation::NotOneAgent(id))?;
        ensure(board.current(agent) == Some(id) && board.of_run(run) == Some(id), TaskViolation::NotOneAgent(id))?;
        let reopened = board.needs_of(id).all(|(_, need)| need.has_ended() || need.reopened > 0);
        ensure(reopened && board.unmeetable_need(id).is_none(), TaskViolation::NeedUnmet(id))?;
        let lives = self.live.get(&run) == Some(&agent);
        ensure(lives || task.stage == Stage::Verifying, TaskViolation::DeadRun(id))?;
        let frozen = self.view.agents.get(&agent).is_some_and(|agent| agent.pause != Pause::Running);
        let flows = match task.clock {
            Clock::Off => true,
            Clock::Due(_) => !frozen,
            Clock::Left(_) => frozen,
        };
        ensure(flows, TaskViolation::ClockWrong(id))?;
        ensure(task.stopping.is_none() || task.work == Work::OneShot, TaskViolation::StandsWrongly(id))
    }

    /// Checks that a task that nobody works on is in the stage where it belongs, unless it waits for something else
    /// first.
    fn check_stand(&self, id: TaskId, task: &Task) -> Result<(), TaskViolation> {
        if self.view.shutdown.is_some() {
            return Ok(());
        }
        let right = match (&task.stage, Stand::of(task, &self.view.tasks, self.crew())) {
            (Stage::Held(Held::Backoff { .. }), _) => true,
            (Stage::Held(Held::Locks), Stand::Queued | Stand::LinedUp(_)) => true,
            (Stage::Held(Held::Nobody { .. }), Stand::Held(Held::Nobody { .. })) => true,
            (Stage::Held(why), Stand::Held(other)) => *why == other,
            // The agent that the task prefers may have been added after the task.
            (Stage::Queued, Stand::Queued | Stand::LinedUp(_)) => true,
            (Stage::LinedUp, Stand::LinedUp(agent)) => task.agent == Some(agent),
            _ => false,
        };
        ensure(right, TaskViolation::StandsWrongly(id))
    }

    fn check_claims(&self) -> Result<(), TaskViolation> {
        for (_, claim) in self.view.tasks.claims() {
            let agent = self.live.get(&claim.run).copied().ok_or(TaskViolation::ClaimAstray(AgentId(0)))?;
            let works = self.view.tasks.of_run(claim.run);
            let verifying =
                works.and_then(|task| self.view.tasks.get(task)).is_some_and(|t| t.stage == Stage::Verifying);
            ensure(works == claim.got || verifying, TaskViolation::ClaimAstray(agent))?;
        }
        Ok(())
    }

    fn check_nobody_idles(&self) -> Result<(), TaskViolation> {
        if self.view.shutdown.is_some() {
            return Ok(());
        }
        let beside_work = self.idle_workers().into_iter().find(|worker| self.pick(*worker).is_some());
        beside_work.map_or(Ok(()), |worker| Err(TaskViolation::IdleBesideWork(worker.agent)))
    }
}

fn ensure(holds: bool, violation: TaskViolation) -> Result<(), TaskViolation> {
    if holds { Ok(()) } else { Err(violation) }
}
