//! What does not hold of a fleet, in words and with the number that it has in the design's list. It is checked in
//! `fleet/invariants`.

use crate::ids::{AgentId, LeaseId, PlanId, RequestId, RunId, TaskId};
use alloc::string::String;
use core::fmt;
use serde::{Deserialize, Serialize};

/// What does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Violation {
    /// 1: a lease's holder is no live run, no unfinished task, and no outsider with a deadline.
    HolderGone(LeaseId),
    /// 2: two leases conflict.
    LeasesConflict(LeaseId, LeaseId),
    /// 2: a unit of a resource is held twice, is none that there is, or more are held than there may be.
    UnitsDisagree(LeaseId),
    /// 3: a lease's token is not larger than that of each lease before it.
    TokenNotNew(LeaseId),
    /// 4: a request waits in a circle.
    WaitsInACircle(RequestId),
    /// 5: a request waits for what is free.
    WaitsForNothing(RequestId),
    /// 10: a dead run, or a finished task, waits in the line.
    WaiterGone(RequestId),
    /// 10: a dead run works on a task.
    AllyGone(TaskId),
    /// 6: the index of live runs and the agents do not say the same.
    LiveRunsDiffer,
    /// 7: a live run has an ending on record.
    EndedTwice(RunId),
    /// 8: more runs live than may.
    TooManyLive,
    /// 12: more restarts are remembered than the budget allows.
    BudgetExceeded(AgentId),
    /// 14: a timer belongs to no state that wants it, or a state lacks the timer that moves it on.
    TimersDisagree(RunId),
    /// 14: the time of a lease passes although its holder is paused, or the reverse.
    LeaseTimeDisagrees(LeaseId),
    /// 14: the time of a request passes although whoever asks is paused, or the reverse.
    RequestTimeDisagrees(RequestId),
    /// 15: the view says something else than the run.
    ViewDiffers(AgentId),
    /// A run is frozen in a phase in which it cannot be.
    FrozenInPhase(RunId),
    /// The lines of those that wait do not agree with the view, or someone waits for what is there.
    QueueDiffers(AgentId),
    /// There is a free place and someone waits for one.
    PlaceLeftFree,
    /// Something is planned although the fleet is ending.
    PlannedInShutdown(AgentId),
    /// Something of the tasks.
    Task(TaskViolation),
    /// A shutdown is done and runs live.
    LiveAfterShutdown,
    /// A plan counts otherwise than its tasks ended, or runs although nothing is left of it.
    PlanDiffers(PlanId),
    /// 11 and 10: this scope is syncing or completed before what it needs is, or waits for nothing, or for a dead run.
    SyncOutOfOrder(String),
}

impl Violation {
    /// The number of the invariant that does not hold; none for one that is not in the list.
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
            Violation::HolderGone(lease) => write!(f, "the holder of {lease} is no more, or may hold it for ever"),
            Violation::LeasesConflict(one, other) => write!(f, "{one} and {other} conflict"),
            Violation::UnitsDisagree(lease) => write!(f, "{lease} holds a unit that is not its own"),
            Violation::TokenNotNew(lease) => write!(f, "the token of {lease} is not new"),
            Violation::WaitsInACircle(request) => write!(f, "{request} waits in a circle"),
            Violation::WaitsForNothing(request) => write!(f, "{request} waits for what is free"),
            Violation::WaiterGone(request) => write!(f, "whoever asked {request} is no more"),
            Violation::AllyGone(task) => write!(f, "the run that worked on {task} is no more"),
            Violation::Task(violation) => violation.fmt(f),
            Violation::LiveRunsDiffer => f.write_str("the index of live runs differs from the agents"),
            Violation::EndedTwice(run) => write!(f, "{run} lives and has its ending"),
            Violation::TooManyLive => f.write_str("more runs live than may"),
            Violation::BudgetExceeded(agent) => write!(f, "{agent} was restarted more often than its budget allows"),
            Violation::TimersDisagree(run) => write!(f, "the timers of {run} do not fit its state"),
            Violation::LeaseTimeDisagrees(lease) => write!(f, "the time of {lease} does not go with its holder's"),
            Violation::RequestTimeDisagrees(request) => {
                write!(f, "the time of {request} does not go with that of whoever asked")
            }
            Violation::ViewDiffers(agent) => write!(f, "the view shows {agent} other than it is"),
            Violation::FrozenInPhase(run) => write!(f, "{run} is frozen where it can't be"),
            Violation::QueueDiffers(agent) => write!(f, "{agent} stands in a line that the view does not show"),
            Violation::PlaceLeftFree => f.write_str("a place is free and someone waits for one"),
            Violation::PlannedInShutdown(agent) => write!(f, "{agent} is to start while the fleet ends"),
            Violation::PlanDiffers(plan) => write!(f, "{plan} is counted other than its tasks stand"),
            Violation::SyncOutOfOrder(scope) => write!(f, "{scope} is synchronised before what it depends on"),
            Violation::LiveAfterShutdown => f.write_str("a run lives after the shutdown"),
        }
    }
}

/// What does not hold of the tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TaskViolation {
    /// 9: it is in hand though a need of it is not met.
    NeedUnmet(TaskId),
    /// 9: two have it in hand, or none, or an agent has two.
    NotOneAgent(TaskId),
    /// It counts its open needs wrongly.
    MiscountedNeeds(TaskId),
    /// More attempts were begun than are allowed.
    TooManyAttempts(TaskId),
    /// It stands in another line than the one its stage says, or in none, or in two.
    StandsWrongly(TaskId),
    /// Some task stands in two lines, or a line holds one that is none.
    StandTwice,
    /// It is over and holds locks, or its time runs.
    LeftoversAfterEnd(TaskId),
    /// Its time passes while it does not run, or while its run is frozen.
    ClockWrong(TaskId),
    /// 10: a dead run works on it.
    DeadRun(TaskId),
    /// A claim belongs to a run that is dead, or that works on something.
    ClaimAstray(AgentId),
    /// This agent is idle, and there is a task that it could take.
    IdleBesideWork(AgentId),
}

impl TaskViolation {
    /// The number of the invariant that does not hold; none for one that is not in the design's list.
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
            TaskViolation::NeedUnmet(task) => write!(f, "{task} is in hand though a need of it is not met"),
            TaskViolation::NotOneAgent(task) => write!(f, "{task} is not in the hand of exactly one agent"),
            TaskViolation::MiscountedNeeds(task) => write!(f, "{task} counts its open needs wrongly"),
            TaskViolation::TooManyAttempts(task) => write!(f, "{task} was tried more often than it may be"),
            TaskViolation::StandsWrongly(task) => write!(f, "{task} stands where it does not belong"),
            TaskViolation::StandTwice => f.write_str("a task stands in two lines"),
            TaskViolation::LeftoversAfterEnd(task) => write!(f, "{task} is over and holds something"),
            TaskViolation::ClockWrong(task) => write!(f, "the time of {task} does not go with that of its run"),
            TaskViolation::DeadRun(task) => write!(f, "the run that works on {task} is no more"),
            TaskViolation::ClaimAstray(agent) => write!(f, "a claim of {agent} is that of a dead or a busy run"),
            TaskViolation::IdleBesideWork(agent) => write!(f, "{agent} is idle and could take a task"),
        }
    }
}
