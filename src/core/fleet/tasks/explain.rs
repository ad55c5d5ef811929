//! Why a task is not being worked on: the chain of what is in the way.

use super::super::{Fleet, Takes};
use crate::barred::Barred;
use crate::ids::{AgentId, PlanId, TaskId};
use crate::task::{Held, Stage, Task, Work};
use crate::time::{Span, Time};
use crate::view::{Config, Pause, State};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Agents named in an explanation. Beyond it, they are left out; `qd ps` has all.
const AGENTS_NAMED_MAX: usize = 16;

/// Why a task stands where it stands. The first link is the task that was asked about, each further one is what the
/// link before waits for. Empty for a task that is not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskExplanation {
    /// From the task to the root of it.
    pub chain: Vec<TaskLink>,
}

/// One task in the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskLink {
    /// The task that this is about.
    pub task: TaskId,
    /// How long it has been so.
    pub age: Span,
    /// Why.
    pub reason: TaskReason,
}

/// Why a task stands where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TaskReason {
    /// So many of its needs have not ended; the next link is one of them.
    Needs {
        /// How many.
        open: u32,
    },
    /// So many of its parts have not ended; the next link is one of them.
    Parts {
        /// How many.
        open: u32,
    },
    /// No agent can do all it asks for; these none can do at all.
    Nobody {
        /// The capabilities that no agent has.
        missing: Vec<String>,
    },
    /// The only agent that may do it is not in the fleet.
    NoAgent {
        /// Its name.
        name: String,
    },
    /// It waits in the line for its locks.
    Locks,
    /// An attempt failed, and the next comes after this span.
    Backoff {
        /// From now.
        left: Span,
    },
    /// Its plan assigns nothing now.
    PlanStandsStill(PlanId),
    /// None of those that can do it takes it now.
    NobodyIdle {
        /// The agents that can do it, and what is in the way of each. Not all, if there are many.
        able: Vec<(AgentId, Obstacle)>,
    },
    /// It stands in this agent's own queue.
    LinedUp {
        /// Whose.
        agent: AgentId,
        /// What is in that agent's way.
        obstacle: Obstacle,
        /// How many stand in that queue.
        length: u32,
    },
    /// It is on its way to its agent.
    OnItsWay(AgentId),
    /// Its agent works on it.
    Running(AgentId),
    /// Its run is being stopped.
    Stopping(AgentId),
    /// Its verification runs.
    Verifying,
    /// It has ended.
    Ended,
}

/// Why an agent that could do a task does not take it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Obstacle {
    /// It works on this one.
    WorksOn(TaskId),
    /// It has no live run.
    NotRunning,
    /// Its run is not ready yet, or is ending.
    NotReady,
    /// Its tree is frozen.
    Paused,
    /// It runs and does not ask: `qd task claim`.
    DoesNotAsk,
    /// A person stopped it; `qd start` lets it take tasks again.
    Resting,
    /// Its program is barred: it takes tasks again when the quota is renewed, or when a person has logged in.
    Barred(Barred),
    /// No run can begin: a place, or another agent, is in the way.
    CannotBegin,
    /// The configuration no longer names it.
    Leaving,
    /// Nothing: it is to take another task first, or that one's locks are waited for.
    Nothing,
}

impl Fleet {
    /// Why `task` stands where it stands at `now`, and what it waits for, down to the root.
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
        let standing = task.spec.plan.filter(|plan| !self.plan_assigns(*plan));
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
                let able = self.agents.keys().filter(|agent| self.is_able(**agent, &task.spec.required_capabilities));
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
