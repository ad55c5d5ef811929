//! Replaces the specification of a task that nobody works on, for example because its file was changed.

use super::add::attempts_of;
use super::{Reply, Tasks};
use crate::ids::TaskId;
use crate::party::Party;
use crate::task::line::rank;
use crate::task::{Stage, TaskAnswer, TaskDenied, TaskFact, TaskSpec};
use alloc::boxed::Box;

impl Tasks<'_> {
    /// Replaces the specification of a task. The task enters the stage where it now belongs, behind the tasks of equal
    /// rank. A task that has ended stays ended; a client must ask separately to try it again.
    pub(crate) fn revise(&mut self, task: TaskId, spec: TaskSpec, by: &Party) -> Reply {
        let known = self.board.get(task).ok_or(TaskDenied::UnknownTask { task })?;
        if let Some(agent) = known.agent.filter(|_| known.is_in_hand()) {
            return Err(TaskDenied::Taken { task, agent });
        }
        if known.stage == Stage::Done {
            return Err(TaskDenied::Ended { task });
        }
        let (ended, spent) = (known.has_ended(), known.attempts_spent());
        let (name, parent, plan) = (known.spec.name.clone(), known.spec.parent, known.spec.plan);
        // The parent may have ended together with the task; then what the task inherits from it no longer matters.
        let asked = TaskSpec { name, plan, parent: parent.filter(|_| !ended), ..spec };
        let spec = TaskSpec { parent, ..self.checked(asked, task)? };
        if let Some(tasks) = self.board.way_to(&spec.needs, task) {
            return Err(TaskDenied::Circle { tasks });
        }
        let policy = self.policy;
        let rank = rank(self.out.now(), spec.priority, policy.ageing);
        let attempts_max = spent + attempts_of(&spec, policy);
        if !ended {
            self.disarm_backoff(task);
            self.unlock(task);
        }
        self.record_by(by, TaskFact::Revised { task, spec: Box::new(spec), rank, attempts_max });
        if !ended {
            match self.board.unmeetable_need(task) {
                Some(need) => self.skip(task, need),
                None => self.release(task),
            }
        }
        self.look_again();
        Ok(TaskAnswer::Accepted { task })
    }
}
