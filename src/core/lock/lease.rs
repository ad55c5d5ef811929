//! Leases: their scopes, holders, deadlines and ends; and the parties that block another request.

use crate::ids::{LeaseId, RequestId, RunId, Token};
use crate::party::Party;
use crate::scope::{Held, Scope};
use crate::time::{Span, Time};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use serde::{Deserialize, Serialize};

/// A lease: one request that was granted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Lease {
    /// The number of the lease.
    pub id: LeaseId,
    /// The fencing token of the lease, larger than that of any earlier lease.
    pub token: Token,
    /// The party that holds the lease.
    pub holder: Party,
    /// The scopes that the lease covers.
    pub scopes: Vec<Held>,
    /// When the lease was granted.
    pub since: Time,
    /// When the lease ends unless it is renewed. If none, it ends with its holder.
    pub expires: Option<Deadline>,
    /// How long the lease lasts from each renewal.
    pub ttl: Option<Span>,
    /// The request that led to the lease, and how many times that request had been made. None if the request did not
    /// wait.
    pub request: Option<(RequestId, u32)>,
    /// The key with which the lease was requested.
    pub key: Option<String>,
    /// The purpose of the lease, in a few words.
    pub purpose: Option<String>,
    /// The process with which the lease ends.
    #[serde(default)]
    pub process: Option<Process>,
    /// The runs that wrote into the lease without holding it, and when each write was last recorded. Only the newest
    /// are kept.
    #[serde(default)]
    pub writers: Vec<(Vec<RunId>, Time)>,
}

/// A process, identified so that a later process with the same number is not mistaken for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Process {
    /// The number of the process (PID).
    pub pid: u32,
    /// When the process started, in clock ticks since the system started (proc_pid_stat(5), `starttime`).
    pub start_time_ticks: u64,
}

/// A lease as it is shown to its holder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The number of the lease.
    pub lease: LeaseId,
    /// The fencing token of the lease.
    pub token: Token,
    /// The scopes that the lease covers.
    pub scopes: Vec<Held>,
    /// When the lease ends unless it is renewed. If none, it ends with its holder.
    pub expires: Option<Deadline>,
    /// How long the request waited for the lease.
    pub waited: Span,
}

/// A party that blocks a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Blocker {
    /// The party that blocks the request.
    pub who: Party,
    /// The scope that the party holds or waits for.
    pub scope: Scope,
    /// Whether the party holds the scope or waits for it.
    pub holding: Holding,
    /// When the party got the scope or began to wait for it.
    pub since: Time,
}

/// How a party blocks a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holding {
    /// The party holds the scope.
    Holds,
    /// The party waits for the scope and asked for it earlier.
    WaitsBefore,
}

/// One step of a cycle: `who` waits for `scope`, and `blocker` blocks it. The `blocker` is the `who` of the next step.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CycleStep {
    /// The party that waits.
    pub who: Party,
    /// The scope that the party waits for.
    pub scope: Scope,
    /// The party that blocks the waiting party.
    pub blocker: Party,
    /// Whether the blocker holds the scope or waits for it.
    pub holding: Holding,
}

impl Lease {
    /// Returns the lease as it is shown to its holder.
    pub fn grant(&self, waited: Span) -> Grant {
        Grant { lease: self.id, token: self.token, scopes: self.scopes.clone(), expires: self.expires, waited }
    }
}

/// A lease that has ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EndedLease {
    /// The number of the lease.
    pub lease: LeaseId,
    /// The fencing token of the lease.
    pub token: Token,
    /// The party that held the lease.
    pub holder: Party,
    /// How the lease ended.
    pub why: LeaseEnd,
    /// When the lease ended.
    pub at: Time,
}

/// A deadline: an instant, or the time that remains while the clock of a frozen run is suspended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deadline {
    /// The deadline is this instant.
    At(Time),
    /// The deadline is this long after the run continues.
    Left(Span),
}

impl Deadline {
    /// Returns the deadline `span` after `now`. If `still` is set, its clock is suspended.
    pub(crate) fn after(span: Span, now: Time, still: bool) -> Deadline {
        if still { Deadline::Left(span) } else { Deadline::At(now + span) }
    }

    pub(super) fn hold(&mut self, now: Time) {
        if let Deadline::At(due) = *self {
            *self = Deadline::Left(due - now);
        }
    }

    pub(super) fn release(&mut self, now: Time) {
        if let Deadline::Left(span) = *self {
            *self = Deadline::At(now + span);
        }
    }

    /// Returns the instant of the deadline, or none while its clock is suspended.
    pub fn due(self) -> Option<Time> {
        match self {
            Deadline::At(due) => Some(due),
            Deadline::Left(_) => None,
        }
    }

    /// Returns the time that remains until the deadline at `now`.
    pub fn left(self, now: Time) -> Span {
        match self {
            Deadline::At(due) => due - now,
            Deadline::Left(span) => span,
        }
    }
}

/// The evidence for which run wrote a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// The file was seen open for writing.
    Seen,
    /// The run was inferred from which runs have written at all. The writer may also have been outside the fleet.
    Inferred,
}

/// How a lease ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeaseEnd {
    /// The holder released the lease.
    Released,
    /// Someone outside the fleet other than the holder released the lease. Only journals of older versions contain
    /// this; current versions require force.
    ReleasedBy {
        /// The party that released the lease.
        by: Party,
    },
    /// The run that held the lease ended, or its task has ended.
    HolderEnded,
    /// The process that held the lease ended without releasing it.
    ProcessEnded,
    /// The client that had asked for the lease was gone when it was granted.
    Unclaimed,
    /// The lease was not renewed in time.
    Expired,
    /// The lease was taken by force.
    Forced {
        /// Why the lease was taken by force.
        reason: String,
        /// The party that took the lease; none if the fleet itself did.
        #[serde(default)]
        by: Option<Party>,
    },
}

impl fmt::Display for LeaseEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LeaseEnd::Released => f.write_str("was released"),
            LeaseEnd::HolderEnded => f.write_str("ended with its holder"),
            LeaseEnd::ProcessEnded => f.write_str("ended with the command that it was held for"),
            LeaseEnd::Unclaimed => f.write_str("was released, because the client that requested it disconnected"),
            LeaseEnd::Expired => f.write_str("was not renewed in time"),
            LeaseEnd::ReleasedBy { by } => write!(f, "was released by {by}"),
            LeaseEnd::Forced { reason, by: Some(by) } => write!(f, "was taken by force by {by}: {reason}"),
            LeaseEnd::Forced { reason, by: None } => write!(f, "was taken by force: {reason}"),
        }
    }
}

impl LeaseEnd {
    /// Whether the holder lost the lease without releasing it.
    pub fn is_loss(&self) -> bool {
        matches!(self, LeaseEnd::Expired | LeaseEnd::ReleasedBy { .. } | LeaseEnd::Forced { .. })
    }
}
