//! The violations of invariants that a check of the fleet can find, with their texts and their numbers. The checks are
//! in `src/core/fleet/invariants/mod.rs`.

use crate::ids::{AgentId, LeaseId, PlanId, RequestId, RunId, TaskId};
use alloc::string::String;
use core::fmt;
use serde::{Deserialize, Serialize};

/// A violation of an invariant, as a check of the fleet finds it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Violation {
    /// Invariant 1: the holder of a lease is neither a live run, nor an unfinished task, nor an outsider with a
    /// deadline.
    HolderGone(LeaseId),
    /// Invariant 2: two leases conflict with each other.
    LeasesConflict(LeaseId, LeaseId),
    /// Invariant 2: a unit of a resource is held twice, does not exist, or more units are held than there are.
    UnitsDisagree(LeaseId),
    /// Invariant 3: the token of a lease is not larger than the token of every earlier lease.
    TokenNotNew(LeaseId),
    /// Invariant 4: a request waits in a cycle of requests.
    WaitsInACircle(RequestId),
    /// Invariant 5: a request waits for a scope that is free.
    WaitsForNothing(RequestId),
    /// Invariant 10: a dead run, or a finished task, waits in the queue for a lock.
    WaiterGone(RequestId),
    /// Invariant 10: a dead run works on a task.
    AllyGone(TaskId),
    /// Invariant 6: the index of live runs does not agree with the agents.
    LiveRunsDiffer,
    /// Invariant 7: a live run already has an ending on record.
    EndedTwice(RunId),
    /// Invariant 8: more runs live than allowed.
    TooManyLive,
    /// Invariant 12: more restarts are remembered than the budget allows.
    BudgetExceeded(AgentId),
    /// Invariant 14: a timer belongs to no state that needs it, or a state lacks the timer that ends it.
    TimersDisagree(RunId),
    /// Invariant 14: the time of a lease passes although its holder is paused, or the reverse.
    LeaseTimeDisagrees(LeaseId),
    /// Invariant 14: the time of a request passes although its party is paused, or the reverse.
    RequestTimeDisagrees(RequestId),
    /// Invariant 15: the view of an agent does not agree with its run.
    ViewDiffers(AgentId),
    /// A run is frozen in a phase in which it cannot be.
    FrozenInPhase(RunId),
    /// The queue of starts does not agree with the view, or an agent waits for a condition that is met.
    QueueDiffers(AgentId),
    /// A place among the live runs is free while an agent waits for one.
    PlaceLeftFree,
    /// A start is planned although the fleet is shutting down.
    PlannedInShutdown(AgentId),
    /// A violation of an invariant about tasks.
    Task(TaskViolation),
    /// A shutdown is complete although a run is live.
    LiveAfterShutdown,
    /// The counts of a plan do not agree with its tasks, or the plan runs although all its tasks have ended.
    PlanDiffers(PlanId),
    /// Invariants 11 and 10: this scope is syncing or completed before a scope that it needs, or waits for nothing, or
    /// for a dead run.
    SyncOutOfOrder(String),
}

impl Violation {
    /// Returns the number of the broken invariant; none if it has no number.
    pub fn number(&self) -> Option<u8> {
        match self {
            Violation::HolderGone(_) => Some(1),
            Violation::LeasesConflict(..) | Violation::UnitsDisagree(_) => Some(2),
            Violation::TokenNotNew(_) => Some(3),
            Violation::WaitsInACircle(_) => Some(4),
            Violation::WaitsForNothing(_) => Some(5),
            Violation::LiveRunsDiffer => Some(6),
            Violation::EndedTwice(_) => Some(7),
            Violation::TooManyLive => Some(8),
            Violation::WaiterGone(_) | Violation::AllyGone(_) => Some(10),
            Violation::SyncOutOfOrder(_) => Some(11),
            Violation::BudgetExceeded(_) => Some(12),
            Violation::TimersDisagree(_) | Violation::LeaseTimeDisagrees(_) | Violation::RequestTimeDisagrees(_) => {
                Some(14)
            }
            Violation::ViewDiffers(_) => Some(15),
            Violation::Task(violation) => violation.number(),
            Violation::FrozenInPhase(_)
            | Violation::QueueDiffers(_)
            | Violation::PlaceLeftFree
            | Violation::PlannedInShutdown(_)
            | Violation::PlanDiffers(_)
            | Violation::LiveAfterShutdown => None,
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(number) = self.number() {
            write!(f, "invariant {number}: ")?;
        }
        match self {
            Violation::HolderGone(lease) => write!(f, "the holder of {lease} has ended, or its lease never ends"),
            Violation::LeasesConflict(one, other) => write!(f, "the leases {one} and {other} conflict"),
            Violation::UnitsDisagree(lease) => {
                write!(f, "{lease} holds a unit that does not exist or belongs to another lease")
            }
            Violation::TokenNotNew(lease) => write!(f, "the token of {lease} is not larger than all earlier tokens"),
            Violation::WaitsInACircle(request) => write!(f, "the request {request} waits in a cycle"),
            Violation::WaitsForNothing(request) => write!(f, "the request {request} waits for a scope that is free"),
            Violation::WaiterGone(request) => write!(f, "the party of the request {request} has ended"),
            Violation::AllyGone(task) => write!(f, "the run that worked on {task} has ended"),
            Violation::Task(violation) => violation.fmt(f),
            Violation::LiveRunsDiffer => f.write_str("the index of live runs differs from the agents"),
            Violation::EndedTwice(run) => write!(f, "{run} is live although its ending is recorded"),
            Violation::TooManyLive => f.write_str("more runs are live than allowed"),
            Violation::BudgetExceeded(agent) => write!(f, "{agent} was restarted more often than its budget allows"),
            Violation::TimersDisagree(run) => write!(f, "the timers of {run} do not fit its state"),
            Violation::LeaseTimeDisagrees(lease) => {
                write!(f, "the clock of {lease} runs although its holder is paused, or the reverse")
            }
            Violation::RequestTimeDisagrees(request) => {
                write!(f, "the clock of {request} runs although its party is paused, or the reverse")
            }
            Violation::ViewDiffers(agent) => write!(f, "the view of {agent} differs from its real state"),
            Violation::FrozenInPhase(run) => write!(f, "{run} is frozen in a phase in which it cannot be"),
            Violation::QueueDiffers(agent) => write!(f, "the queue of starts and the view disagree about {agent}"),
            Violation::PlaceLeftFree => f.write_str("a place for a run is free while an agent waits for one"),
            Violation::PlannedInShutdown(agent) => {
                write!(f, "a start of {agent} is planned while the fleet shuts down")
            }
            Violation::PlanDiffers(plan) => write!(f, "the counts of {plan} do not match its tasks"),
            Violation::SyncOutOfOrder(scope) => write!(f, "{scope} is synchronised before what it depends on"),
            Violation::LiveAfterShutdown => f.write_str("a run is live after the shutdown"),
        }
    }
}

/// A violation of an invariant about tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TaskViolation {
    /// Invariant 9: a task is being worked on although a dependency of it is not met.
    NeedUnmet(TaskId),
    /// Invariant 9: a task is worked on by two agents or by none, or an agent works on two.
    NotOneAgent(TaskId),
    /// The count of a task's unmet dependencies is wrong.
    MiscountedNeeds(TaskId),
    /// More attempts of a task were begun than allowed.
    TooManyAttempts(TaskId),
    /// A task is in another queue than its stage says, or in none, or in two.
    StandsWrongly(TaskId),
    /// A task is in two queues, or a queue contains something that is not a task.
    StandTwice,
    /// A task has ended, but still holds locks or has a running timer.
    LeftoversAfterEnd(TaskId),
    /// Invariant 14: the time of a task passes while it does not run, or while its run is frozen.
    ClockWrong(TaskId),
    /// Invariant 10: a dead run works on this task.
    DeadRun(TaskId),
    /// A claim belongs to a run that is dead, or that already works on a task.
    ClaimAstray(AgentId),
    /// This agent is idle although there is a task that it could take.
    IdleBesideWork(AgentId),
}

impl TaskViolation {
    /// Returns the number of the broken invariant; none if it has no number.
    pub fn number(self) -> Option<u8> {
        match self {
            TaskViolation::NeedUnmet(_) | TaskViolation::NotOneAgent(_) => Some(9),
            TaskViolation::LeftoversAfterEnd(_) | TaskViolation::DeadRun(_) => Some(10),
            TaskViolation::ClaimAstray(_) => Some(10),
            TaskViolation::ClockWrong(_) => Some(14),
            TaskViolation::MiscountedNeeds(_) | TaskViolation::StandsWrongly(_) | TaskViolation::StandTwice => Some(15),
            TaskViolation::TooManyAttempts(_) | TaskViolation::IdleBesideWork(_) => None,
        }
    }
}

impl fmt::Display for TaskViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TaskViolation::NeedUnmet(task) => write!(f, "{task} is being worked on although a dependency is not met"),
            TaskViolation::NotOneAgent(task) => write!(f, "{task} is not worked on by exactly one agent"),
            TaskViolation::MiscountedNeeds(task) => write!(f, "{task} has a wrong count of unmet dependencies"),
            TaskViolation::TooManyAttempts(task) => write!(f, "{task} was tried more often than allowed"),
            TaskViolation::StandsWrongly(task) => write!(f, "{task} is in the wrong queue"),
            TaskViolation::StandTwice => f.write_str("a task is in two queues"),
            TaskViolation::LeftoversAfterEnd(task) => write!(f, "{task} has ended but still holds locks or a timer"),
            TaskViolation::ClockWrong(task) => write!(f, "the clock of {task} does not match the state of its run"),
            TaskViolation::DeadRun(task) => write!(f, "the run that works on {task} has ended"),
            TaskViolation::ClaimAstray(agent) => {
                write!(f, "a claim of {agent} belongs to a run that has ended or already has a task")
            }
            TaskViolation::IdleBesideWork(agent) => write!(f, "{agent} is idle although there is a task it could take"),
        }
    }
}
