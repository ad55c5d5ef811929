//! Changes the board when the specification of a task is replaced.

use super::board::{Held, Locked, Stage, TaskBoard};
use super::spec::TaskSpec;
use crate::ids::TaskId;
use crate::time::Time;

impl TaskBoard {
    /// Replaces the specification of a task. Unless the task has ended, the next fact tells which stage it enters.
    pub(super) fn revise(&mut self, id: TaskId, spec: TaskSpec, rank: i64, attempts_max: u32, at: Time) {
        let Some(task) = self.tasks.get(&id) else { return };
        let (ended, before, mut unmet) = (task.has_ended(), task.spec.needs.clone(), 0);
        for need in &before {
            self.change(need.task, |needed| needed.needed_by.retain(|other| *other != id));
        }
        for need in &spec.needs {
            let Some(needed) = self.tasks.get_mut(&need.task) else { continue };
            needed.needed_by.push(id);
            unmet += u32::from(!needed.has_ended());
        }
        if !ended {
            self.enter(id, Stage::Held(Held::Needs), at, |task| (task.locked, task.agent) = (Locked::No, None));
        }
        self.change(id, |task| {
            (task.spec, task.rank, task.attempts_max, task.unmet) = (spec, rank, attempts_max, unmet)
        });
    }
}
