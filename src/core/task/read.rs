//! The functions that read the board of tasks.

use super::board::{Claim, Desk, Stage, Task, TaskBoard};
use super::line::Line;
use super::spec::{Need, Placement};
use crate::graph::shortest_way;
use crate::ids::{AgentId, ClaimId, RunId, TaskId};
use crate::time::Time;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Bound;

impl TaskBoard {
    /// Returns the task with this number, if it is kept.
    pub fn get(&self, task: TaskId) -> Option<&Task> {
        self.tasks.get(&task)
    }

    /// Returns the task with this name.
    pub fn find(&self, name: &str) -> Option<TaskId> {
        self.names.get(name).copied()
    }

    /// Returns the task with this name or number (`t12`).
    pub fn resolve(&self, text: &str) -> Option<TaskId> {
        let number = || text.strip_prefix('t')?.parse().ok().map(TaskId).filter(|task| self.tasks.contains_key(task));
        self.find(text).or_else(number)
    }

    /// Returns all tasks that are kept, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = (TaskId, &Task)> {
        self.tasks.iter().map(|(id, task)| (*id, task))
    }

    /// Returns the kept tasks that were added after this one, in the order in which they were added; without one, all.
    pub fn after(&self, last: Option<TaskId>) -> impl Iterator<Item = (TaskId, &Task)> {
        let from = last.map_or(Bound::Unbounded, Bound::Excluded);
        self.tasks.range((from, Bound::Unbounded)).map(|(id, task)| (*id, task))
    }

    /// Returns how many tasks are kept.
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether no task is kept.
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Returns how many tasks have not ended.
    pub fn open(&self) -> usize {
        self.tasks.len() - self.ended.len()
    }

    /// Returns the task that a run works on.
    pub fn of_run(&self, run: RunId) -> Option<TaskId> {
        self.runs.get(&run).copied()
    }

    /// Returns the task that a run works on, with its number.
    pub(crate) fn task_of(&self, run: RunId) -> Option<(TaskId, &Task)> {
        let task = self.of_run(run)?;
        self.get(task).map(|found| (task, found))
    }

    /// Returns the current task and the own queue of an agent.
    pub fn desk(&self, agent: AgentId) -> Option<&Desk> {
        self.desks.get(&agent)
    }

    /// Returns the desks of all agents that ever had a task.
    pub fn desks(&self) -> impl Iterator<Item = (AgentId, &Desk)> {
        self.desks.iter().map(|(agent, desk)| (*agent, desk))
    }

    /// Returns the task that an agent works on.
    pub fn current(&self, agent: AgentId) -> Option<TaskId> {
        self.desks.get(&agent).and_then(|desk| desk.current)
    }

    /// Returns the tasks that any capable agent may take.
    pub fn queued(&self) -> &Line {
        &self.queued
    }

    /// Returns the claims that wait, or whose task is being prepared.
    pub fn claims(&self) -> impl Iterator<Item = (ClaimId, &Claim)> {
        self.claims.iter().map(|(id, claim)| (*id, claim))
    }

    /// Returns the claim with this number, if it waits or its task is being prepared.
    pub fn claim(&self, claim: ClaimId) -> Option<&Claim> {
        self.claims.get(&claim)
    }

    /// Returns the ended tasks that are kept, oldest end first.
    pub fn ended(&self) -> impl Iterator<Item = TaskId> {
        self.ended.iter().map(|(_, task)| *task)
    }

    /// Returns the tasks that ended after this instant, oldest end first.
    pub fn ended_after(&self, at: Time) -> impl Iterator<Item = TaskId> {
        self.ended.range((Bound::Excluded((at, TaskId(u64::MAX))), Bound::Unbounded)).map(|(_, task)| *task)
    }

    /// Returns how many ended tasks are kept.
    pub fn ended_count(&self) -> usize {
        self.ended.len()
    }

    /// Returns the number that the next task gets.
    pub fn next(&self) -> TaskId {
        TaskId(self.newest_task + 1)
    }

    /// Returns the number that the next claim gets.
    pub fn next_claim(&self) -> ClaimId {
        ClaimId(self.newest_claim + 1)
    }

    /// Returns the tasks that are held because no agent can do them.
    pub fn unplaceable(&self) -> &Line {
        &self.unplaceable
    }

    /// Returns the tasks that are held because the only agent that may do them is absent or not capable, by its name.
    pub fn unplaceable_for(&self) -> impl Iterator<Item = (&String, &BTreeSet<TaskId>)> {
        self.unplaceable_for.iter()
    }

    /// Returns how many tasks wait in the line for their locks.
    pub fn waiting_for_locks(&self) -> usize {
        self.waiting_for_locks.len()
    }

    /// Returns the tasks that wait in the line for their locks.
    pub fn in_line_for_locks(&self) -> impl Iterator<Item = TaskId> {
        self.waiting_for_locks.iter().copied()
    }

    /// Returns the tasks that wait for their next attempt.
    pub fn backing_off(&self) -> impl Iterator<Item = TaskId> {
        self.backing_off.iter().copied()
    }

    /// Whether a task is kept and has not ended.
    pub fn is_open(&self, task: TaskId) -> bool {
        self.tasks.get(&task).is_some_and(|task| !task.has_ended())
    }

    /// Whether a task has parts that have not ended.
    pub fn has_open_parts(&self, task: &Task) -> bool {
        let awaited = matches!(task.spec.placement, Placement::Parts(count) if task.parts.len() < count as usize);
        awaited || task.parts.iter().any(|part| self.is_open(*part))
    }

    /// Returns a path along dependencies and parts from one of `needs` to `goal`. If `goal` depended on these needs,
    /// the tasks on the path would wait for each other.
    pub fn way_to(&self, needs: &[Need], goal: TaskId) -> Option<Vec<TaskId>> {
        let behind = |at: Option<TaskId>| -> Vec<TaskId> {
            match at.map(|at| self.tasks.get(&at).filter(|task| !task.has_ended())) {
                None => needs.iter().map(|need| need.task).collect(),
                Some(None) => Vec::new(),
                Some(Some(task)) => {
                    task.spec.needs.iter().map(|need| need.task).chain(task.parts.iter().copied()).collect()
                }
            }
        };
        let way = shortest_way(None, Some(goal), |at| behind(at).into_iter().map(|task| (Some(task), ())))?;
        Some(way.into_iter().filter_map(|(task, ())| task).collect())
    }

    /// Returns at most `tasks` tasks of the board, a different window on each `turn`. A small board fits into one
    /// window.
    pub(crate) fn window(&self, turn: u64, tasks: u64) -> impl Iterator<Item = (TaskId, &Task)> {
        let windows = (self.tasks.len() as u64).div_ceil(tasks).max(1);
        let at = (turn % windows) * tasks;
        self.iter().skip(at as usize).take(tasks as usize)
    }

    /// Returns the dependencies of a task that are kept, in the order in which the task names them.
    pub fn needs_of(&self, task: TaskId) -> impl Iterator<Item = (TaskId, &Task)> {
        let needs = self.tasks.get(&task).map(|task| task.spec.needs.as_slice()).unwrap_or_default();
        needs.iter().filter_map(|need| self.tasks.get(&need.task).map(|task| (need.task, task)))
    }

    /// Returns how many parts of a task are done, and how many parts it has; none if it has no parts.
    pub fn parts_done(&self, task: &Task) -> Option<(u32, u32)> {
        let done = task.parts.iter().filter(|part| self.tasks.get(part).is_some_and(|part| part.stage == Stage::Done));
        (!task.parts.is_empty()).then(|| (done.count() as u32, task.parts.len() as u32))
    }
}
