//! What happens to the locks.

use super::request::{Blocker, CycleStep, LockDenied};
use super::table::{Deadline, Lease, Request};
use crate::ids::{LeaseId, RequestId, RunId, TaskId, Token};
use crate::party::Party;
use crate::scope::{Held, RepositoryPath, Resources, Scope, Want};
use crate::severity::Severity;
use crate::time::Span;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
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

/// How it is known who wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// The file was open for writing when it was looked at.
    Seen,
    /// From who has written anything at all. It may have been someone outside the fleet as well.
    Inferred,
}

/// How a lease ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeaseEnd {
    /// Its holder gave it back.
    Released,
    /// Someone else outside the fleet gave it back. Journals of older programs tell of it; by now that takes force.
    ReleasedBy {
        /// Who.
        by: Party,
    },
    /// Its holder's run ended, or its task is over.
    HolderEnded,
    /// The process that held it has ended without giving it back.
    ProcessEnded,
    /// Whoever had asked for it was gone when it was granted.
    Unclaimed,
    /// It was not renewed in time.
    Expired,
    /// It was taken by force.
    Forced {
        /// Why.
        reason: String,
        /// Who took it; none: the fleet itself.
        #[serde(default)]
        by: Option<Party>,
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

impl fmt::Display for LeaseEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LeaseEnd::Released => f.write_str("was given back"),
            LeaseEnd::HolderEnded => f.write_str("ended with its holder"),
            LeaseEnd::ProcessEnded => f.write_str("ended with the command that it was held for"),
            LeaseEnd::Unclaimed => f.write_str("was given back, because whoever had asked was gone"),
            LeaseEnd::Expired => f.write_str("was not renewed in time"),
            LeaseEnd::ReleasedBy { by } => write!(f, "was given back by {by}"),
            LeaseEnd::Forced { reason, by: Some(by) } => write!(f, "was taken by force by {by}: {reason}"),
            LeaseEnd::Forced { reason, by: None } => write!(f, "was taken by force: {reason}"),
        }
    }
}

impl LeaseEnd {
    /// Whether the holder lost it without having given it back.
    pub fn is_loss(&self) -> bool {
        matches!(self, LeaseEnd::Expired | LeaseEnd::ReleasedBy { .. } | LeaseEnd::Forced { .. })
    }
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
