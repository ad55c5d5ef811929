//! Explains why a task is not being worked on: the chain of causes.

use super::super::Fleet;
use crate::agent::Takes;
use crate::barred::Barred;
use crate::ids::{AgentId, PlanId, TaskId};
use crate::task::{Held, Stage, Task, Work};
use crate::time::{Span, Time};
use crate::view::{Config, Pause, State};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// The most agents that an explanation names. Beyond it, further agents are omitted; `qd ps` has all.
const AGENTS_NAMED_MAX: usize = 16;

/// Why a task is in its current stage. The first link is the task that was asked about; each further link is what the
/// link before waits for. The chain is empty for a task that is not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskExplanation {
    /// The links from the task to the root cause.
    pub chain: Vec<TaskLink>,
}

/// One task in the chain of causes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskLink {
    /// The task that this link is about.
    pub task: TaskId,
    /// How long the task has been in this stage.
    pub age: Span,
    /// Why the task is in this stage.
    pub reason: TaskReason,
}

/// The reason why a task is in its current stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TaskReason {
    /// Some dependencies of the task have not ended; the next link is one of them.
    Needs {
        /// The number of dependencies that have not ended.
        open: u32,
    },
    /// Some parts of the task have not ended; the next link is one of them.
    Parts {
        /// The number of parts that have not ended.
        open: u32,
    },
    /// No agent has all required capabilities; no agent at all has the `missing` ones.
    Nobody {
        /// The capabilities that no agent has.
        missing: Vec<String>,
    },
    /// The only agent that may do the task is not in the fleet.
    NoAgent {
        /// The name of that agent.
        name: String,
    },
    /// The task waits in the line for its locks.
    Locks,
    /// An attempt failed, and the next one begins after a wait.
    Backoff {
        /// The time until the next attempt.
        left: Span,
    },
    /// The plan of the task does not assign tasks now.
    PlanStandsStill(PlanId),
    /// None of the capable agents takes the task now.
    NobodyIdle {
        /// The capable agents, each with what keeps it from the task. Not all are listed if there are many.
        able: Vec<(AgentId, Obstacle)>,
    },
    /// The task is in this agent's own queue.
    LinedUp {
        /// The agent that has the queue.
        agent: AgentId,
        /// The obstacle that keeps that agent from the task.
        obstacle: Obstacle,
        /// The number of tasks in that queue.
        length: u32,
    },
    /// The task is on its way to its agent.
    OnItsWay(AgentId),
    /// The agent works on the task.
    Running(AgentId),
    /// The run of the task is being stopped.
    Stopping(AgentId),
    /// The verification of the task runs.
    Verifying,
    /// The task has ended.
    Ended,
}

/// The reason why a capable agent does not take a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Obstacle {
    /// The agent works on this other task.
    WorksOn(TaskId),
    /// The agent has no live run.
    NotRunning,
    /// The agent's run is not ready yet, or is ending.
    NotReady,
    /// The agent's process tree is frozen.
    Paused,
    /// The agent runs but does not ask for tasks with `qd task claim`.
    DoesNotAsk,
    /// A person stopped the agent; `qd start` lets it take tasks again.
    Resting,
    /// The agent's program is barred: it takes tasks again when the quota is renewed, or when a person has logged in.
    Barred(Barred),
    /// No run can begin, because there is no free place or because another agent is not ready.
    CannotBegin,
    /// The configuration no longer names the agent.
    Leaving,
    /// Nothing keeps the agent itself from the task: it will take another task first, or the task's locks are not free.
    Nothing,
}

impl Fleet {
    /// Explains why `task` is in its stage at `now`, and what it waits for, down to the root cause.
    pub fn explain_task(&self, task: TaskId, now: Time) -> TaskExplanation {
        let board = &self.view.tasks;
        let mut chain: Vec<TaskLink> = Vec::new();
        let mut next = Some(task);
        while let Some(task) = next.filter(|task| chain.iter().all(|link| link.task != *task)) {
            let Some(known) = board.get(task) else { break };
            let reason = self.reason_of(known, now);
            next = match reason {
                TaskReason::Needs { .. } => board.needs_of(task).find(|(_, need)| !need.has_ended()).map(|(id, _)| id),
                TaskReason::Parts { .. } => known.parts.iter().copied().find(|part| board.is_open(*part)),
                _ => None,
            };
            chain.push(TaskLink { task, age: now - known.since, reason });
        }
        TaskExplanation { chain }
    }

    fn reason_of(&self, task: &Task, now: Time) -> TaskReason {
        let board = &self.view.tasks;
        let standing = task.spec.plan.filter(|plan| !self.view.plans.assigns(*plan));
        match (&task.stage, task.agent) {
            (Stage::Held(Held::Needs), _) => TaskReason::Needs { open: task.unmet },
            (Stage::Held(Held::Parts), _) => {
                TaskReason::Parts { open: task.parts.iter().filter(|part| board.is_open(**part)).count() as u32 }
            }
            (Stage::Held(Held::Nobody { missing }), _) => TaskReason::Nobody { missing: missing.clone() },
            (Stage::Held(Held::NoAgent { name }), _) => TaskReason::NoAgent { name: name.clone() },
            (Stage::Held(Held::Locks), _) => TaskReason::Locks,
            (Stage::Held(Held::Backoff { until }), _) => TaskReason::Backoff { left: *until - now },
            (Stage::Queued | Stage::LinedUp, _) if let Some(plan) = standing => TaskReason::PlanStandsStill(plan),
            (Stage::LinedUp, Some(agent)) => {
                let length = board.desk(agent).map_or(0, |desk| desk.line.len()) as u32;
                TaskReason::LinedUp { agent, obstacle: self.obstacle(agent), length }
            }
            (Stage::Assigned | Stage::Running, Some(agent)) if task.stopping.is_some() => TaskReason::Stopping(agent),
            (Stage::Assigned, Some(agent)) => TaskReason::OnItsWay(agent),
            (Stage::Running, Some(agent)) => TaskReason::Running(agent),
            (Stage::Verifying, _) => TaskReason::Verifying,
            (Stage::Done | Stage::Failed | Stage::Cancelled, _) => TaskReason::Ended,
            (Stage::Queued | Stage::LinedUp | Stage::Assigned | Stage::Running, _) => {
                let able =
                    self.agents.keys().filter(|agent| self.crew().is_able(**agent, &task.spec.required_capabilities));
                let named = able.take(AGENTS_NAMED_MAX).map(|agent| (*agent, self.obstacle(*agent)));
                TaskReason::NobodyIdle { able: named.collect() }
            }
        }
    }

    fn obstacle(&self, agent: AgentId) -> Obstacle {
        let known = self.agents.get(&agent).zip(self.view.agents.get(&agent));
        let Some((known, view)) = known else { return Obstacle::NotRunning };
        let asks = || self.view.tasks.claims().any(|(_, claim)| self.live.get(&claim.run) == Some(&agent));
        if let Some(task) = self.view.tasks.current(agent) {
            return Obstacle::WorksOn(task);
        }
        match (known.policy.work, &view.state) {
            _ if view.config == Config::Removed => Obstacle::Leaving,
            (Work::OneShot, _) if known.takes == Takes::Nothing => Obstacle::Resting,
            (_, state) if let Some(barred) = view.barred().filter(|_| state.is_put_off()) => Obstacle::Barred(barred),
            (_, state) if let Some(barred) = self.barred_alive(agent).filter(|_| state.is_live()) => {
                Obstacle::Barred(barred)
            }
            (Work::OneShot, state) if state.is_live() => Obstacle::NotReady,
            (Work::OneShot, _) if self.in_the_way_of(agent).is_some() => Obstacle::CannotBegin,
            (Work::OneShot, _) => Obstacle::Nothing,
            (_, state) if !state.is_live() => Obstacle::NotRunning,
            _ if view.pause != Pause::Running => Obstacle::Paused,
            (Work::Pulled, State::Starting | State::Ready) if asks() => Obstacle::Nothing,
            (Work::Pulled, State::Starting | State::Ready) => Obstacle::DoesNotAsk,
            (Work::Typed, State::Ready) => Obstacle::Nothing,
            _ => Obstacle::NotReady,
        }
    }
}
