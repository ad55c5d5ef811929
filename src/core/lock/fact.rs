//! What happens to the locks.

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

/// What happened to the locks. Each fact carries all that is to be known of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockFact {
    /// A lease was granted.
    Granted {
        /// The lease.
        lease: Box<Lease>,
        /// How long it was waited for.
        waited: Span,
    },
    /// A request must wait.
    Waiting {
        /// The request.
        request: Box<Request>,
        /// Who is in the way.
        behind: Vec<Blocker>,
    },
    /// The same was asked again, with its key, by a client that had lost its connection.
    AskedAgain {
        /// What was asked.
        request: RequestId,
    },
    /// A lease ended.
    Ended {
        /// The lease that this is about.
        lease: LeaseId,
        /// Its token, which allows nothing any more.
        token: Token,
        /// Whose it was.
        holder: Party,
        /// What it was of.
        scopes: Vec<Held>,
        /// How it ended.
        why: LeaseEnd,
    },
    /// A request that waited is given up.
    GivenUp {
        /// The request that this is about.
        request: RequestId,
        /// Whose it was.
        holder: Party,
        /// What was wanted.
        wants: Vec<Want>,
        /// Why.
        why: WaitEnd,
    },
    /// A request was refused because waiting for it would close a cycle of waiters.
    RefusedCycle {
        /// The request, if it waited already.
        request: Option<RequestId>,
        /// Who asked.
        holder: Party,
        /// For what.
        wants: Vec<Want>,
        /// The cycle, from whoever asked back to itself.
        cycle: Vec<CycleStep>,
    },
    /// A lease lasts longer.
    Renewed {
        /// The lease that this is about.
        lease: LeaseId,
        /// Whose.
        holder: Party,
        /// When it ends now.
        expires: Deadline,
        /// How long it lasts from a renewal on.
        ttl: Span,
    },
    /// A run is frozen: its leases and requests stand still.
    StoodStill {
        /// The run that this is about.
        run: RunId,
    },
    /// They go on, with what was left.
    WentOn {
        /// The run that this is about.
        run: RunId,
    },
    /// A run works on a task: the two are one party.
    Allied {
        /// The run.
        run: RunId,
        /// The task.
        task: TaskId,
    },
    /// They no longer are.
    Parted {
        /// The run.
        run: RunId,
        /// The task.
        task: TaskId,
    },
    /// A write was seen into a scope that another holds.
    Violated {
        /// The lease.
        lease: LeaseId,
        /// Who holds it.
        holder: Party,
        /// The scope that is held.
        scope: Scope,
        /// The file.
        path: RepositoryPath,
        /// Who may have written: the runs that share the workspace.
        by: Vec<RunId>,
        /// How that is known.
        evidence: Evidence,
    },
    /// There are other resources, or the same with another capacity.
    ResourcesChanged {
        /// All of them.
        resources: Resources,
    },
}

/// Why a request that waited is given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitEnd {
    /// It waited as long as it may.
    TimedOut {
        /// Who was in the way to the end.
        behind: Vec<Blocker>,
        /// How long it waited.
        waited: Span,
    },
    /// Whoever asked does not wait any more.
    Withdrawn,
    /// The run that asked has ended, or the task is over.
    HolderEnded,
    /// A supervisor took over, and the client that asked is not there any more.
    NobodyWaits,
    /// It can't be granted any more.
    Refused(LockDenied),
}

impl LockFact {
    /// The dotted type by which facts are filtered.
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

    /// How much it matters.
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
