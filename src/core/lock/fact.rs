//! The facts about locks.

use super::lease::{Blocker, CycleStep, Deadline, Evidence, Lease, LeaseEnd};
use super::request::LockDenied;
use super::table::Request;
use crate::ids::{LeaseId, RequestId, RunId, TaskId, Token};
use crate::party::Party;
use crate::scope::{Held, RepositoryPath, Resources, Scope, Want};
use crate::severity::Severity;
use crate::time::Span;
use alloc::boxed::Box;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// A fact about the locks. Each fact carries everything that a reader must know of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockFact {
    /// A lease was granted to a party.
    Granted {
        /// The lease that was granted.
        lease: Box<Lease>,
        /// How long the request waited for the lease.
        waited: Span,
    },
    /// A request must wait in the queue.
    Waiting {
        /// The request that must wait.
        request: Box<Request>,
        /// The parties that block the request.
        behind: Vec<Blocker>,
    },
    /// A client that had lost its connection made the same request again, with its key.
    AskedAgain {
        /// The request that was repeated.
        request: RequestId,
    },
    /// A lease ended; `why` says how.
    Ended {
        /// The lease that ended.
        lease: LeaseId,
        /// The token of the lease, which allows nothing any more.
        token: Token,
        /// The party that held the lease.
        holder: Party,
        /// The scopes that the lease covered.
        scopes: Vec<Held>,
        /// How the lease ended.
        why: LeaseEnd,
    },
    /// A waiting request left the queue without a lease.
    GivenUp {
        /// The request that left the queue.
        request: RequestId,
        /// The party that made the request.
        holder: Party,
        /// The scopes that the request wanted.
        wants: Vec<Want>,
        /// Why the request left the queue.
        why: WaitEnd,
    },
    /// A request was refused because waiting for it would close a cycle of waiters.
    RefusedCycle {
        /// The request, if it was already waiting.
        request: Option<RequestId>,
        /// The party that made the request.
        holder: Party,
        /// The scopes that the request wanted.
        wants: Vec<Want>,
        /// The cycle, from the asking party back to itself.
        cycle: Vec<CycleStep>,
    },
    /// A lease was renewed and lasts longer.
    Renewed {
        /// The lease that was renewed.
        lease: LeaseId,
        /// The party that holds the lease.
        holder: Party,
        /// When the lease ends now.
        expires: Deadline,
        /// How long the lease lasts from each renewal.
        ttl: Span,
    },
    /// A run is frozen: the deadlines of its leases and requests are suspended.
    StoodStill {
        /// The run that is frozen.
        run: RunId,
    },
    /// A run is no longer frozen: the deadlines of its leases and requests continue with the time that remained.
    WentOn {
        /// The run that continues.
        run: RunId,
    },
    /// A run works on a task: from now on, the two are one party.
    Allied {
        /// The run that works on the task.
        run: RunId,
        /// The task that the run works on.
        task: TaskId,
    },
    /// A run no longer works on a task: the two are separate parties again.
    Parted {
        /// The run that worked on the task.
        run: RunId,
        /// The task that the run worked on.
        task: TaskId,
    },
    /// A party wrote into a scope that another party holds.
    Violated {
        /// The lease that the write violated.
        lease: LeaseId,
        /// The party that holds the lease.
        holder: Party,
        /// The scope of the lease that covers the file.
        scope: Scope,
        /// The file that was written.
        path: RepositoryPath,
        /// The runs that may have written the file: those that share the workspace.
        by: Vec<RunId>,
        /// The evidence for who wrote the file.
        evidence: Evidence,
    },
    /// The named resources or their capacities have changed.
    ResourcesChanged {
        /// All named resources, as they are now.
        resources: Resources,
    },
}

/// The reason why a waiting request left the queue without a lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitEnd {
    /// The request waited as long as it may.
    TimedOut {
        /// The parties that blocked the request when it was given up.
        behind: Vec<Blocker>,
        /// How long the request waited.
        waited: Span,
    },
    /// The client that made the request does not wait any more.
    Withdrawn,
    /// The run that made the request has ended, or its task has ended.
    HolderEnded,
    /// A supervisor took over, and the client that made the request is no longer connected.
    NobodyWaits,
    /// The request can no longer be granted.
    Refused(LockDenied),
}

impl LockFact {
    /// Returns the dotted type name by which facts are filtered.
    pub fn type_name(&self) -> &'static str {
        match self {
            LockFact::Granted { .. } => "lock.granted",
            LockFact::Waiting { .. } => "lock.waiting",
            LockFact::AskedAgain { .. } => "lock.asked_again",
            LockFact::Ended { why, .. } => match why {
                LeaseEnd::Released
                | LeaseEnd::ReleasedBy { .. }
                | LeaseEnd::HolderEnded
                | LeaseEnd::ProcessEnded
                | LeaseEnd::Unclaimed => "lock.released",
                LeaseEnd::Expired => "lock.expired",
                LeaseEnd::Forced { .. } => "lock.forced",
            },
            LockFact::GivenUp { why, .. } => match why {
                WaitEnd::TimedOut { .. } => "lock.timed_out",
                WaitEnd::Withdrawn | WaitEnd::HolderEnded | WaitEnd::NobodyWaits => "lock.withdrawn",
                WaitEnd::Refused(_) => "lock.refused",
            },
            LockFact::RefusedCycle { .. } => "lock.refused_cycle",
            LockFact::Renewed { .. } => "lock.renewed",
            LockFact::StoodStill { .. } => "lock.stood_still",
            LockFact::WentOn { .. } => "lock.went_on",
            LockFact::Allied { .. } => "lock.allied",
            LockFact::Parted { .. } => "lock.parted",
            LockFact::Violated { .. } => "lock.violated",
            LockFact::ResourcesChanged { .. } => "lock.resources_changed",
        }
    }

    /// Returns the severity of the fact.
    pub fn severity(&self) -> Severity {
        match self {
            LockFact::Granted { .. } | LockFact::Waiting { .. } => Severity::Info,
            LockFact::Ended { why, .. } if why.is_loss() => Severity::Warning,
            LockFact::Ended { .. } => Severity::Info,
            LockFact::GivenUp { why: WaitEnd::TimedOut { .. } | WaitEnd::Refused(_), .. } => Severity::Warning,
            LockFact::GivenUp { .. } => Severity::Info,
            LockFact::RefusedCycle { .. } | LockFact::Violated { .. } => Severity::Warning,
            LockFact::ResourcesChanged { .. } => Severity::Info,
            LockFact::AskedAgain { .. }
            | LockFact::Renewed { .. }
            | LockFact::StoodStill { .. }
            | LockFact::WentOn { .. }
            | LockFact::Allied { .. }
            | LockFact::Parted { .. } => Severity::Debug,
        }
    }
}
