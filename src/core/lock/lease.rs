//! What a lease is: what it is of, who holds it, until when, how it ended; and who is in the way of another.

use crate::ids::{LeaseId, RequestId, RunId, Token};
use crate::party::Party;
use crate::scope::{Held, Scope};
use crate::time::{Span, Time};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use serde::{Deserialize, Serialize};

/// A lease: one granted request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Lease {
    /// Its number.
    pub id: LeaseId,
    /// Its fencing token: larger than that of any lease before it.
    pub token: Token,
    /// Who holds it.
    pub holder: Party,
    /// What it is of.
    pub scopes: Vec<Held>,
    /// Since when.
    pub since: Time,
    /// When it ends unless renewed; none: with its holder.
    pub expires: Option<Deadline>,
    /// How long it lasts from a renewal on.
    pub ttl: Option<Span>,
    /// The request that it was granted to, and for the how manieth time that was asked; none if it did not wait.
    pub request: Option<(RequestId, u32)>,
    /// The word under which it was asked for.
    pub key: Option<String>,
    /// What for.
    pub purpose: Option<String>,
    /// The process that it ends with.
    #[serde(default)]
    pub process: Option<Process>,
    /// Who wrote into it without holding it, and when that was recorded last. The newest.
    #[serde(default)]
    pub writers: Vec<(Vec<RunId>, Time)>,
}

/// A process, told from another that gets its number later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// When it started, in clock ticks since the system did (proc_pid_stat(5), `starttime`).
    pub start_time_ticks: u64,
}

/// A lease as its holder gets it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The lease.
    pub lease: LeaseId,
    /// Its fencing token.
    pub token: Token,
    /// What it is of.
    pub scopes: Vec<Held>,
    /// When it ends unless renewed; none: with its holder.
    pub expires: Option<Deadline>,
    /// How long it was waited for.
    pub waited: Span,
}

/// Who is in the way.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Blocker {
    /// The party.
    pub who: Party,
    /// What it holds, or waits for.
    pub scope: Scope,
    /// Which of the two.
    pub holding: Holding,
    /// Since when.
    pub since: Time,
}

/// How a party is in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holding {
    /// It holds it.
    Holds,
    /// It waits for it, and asked earlier.
    WaitsBefore,
}

/// One link of a cycle: `who` waits for `scope`, and `blocker` is in its way. The next link's `who` is the `blocker`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CycleStep {
    /// Who waits.
    pub who: Party,
    /// For what.
    pub scope: Scope,
    /// Who is in the way.
    pub blocker: Party,
    /// How.
    pub holding: Holding,
}

impl Lease {
    /// As its holder gets it.
    pub fn grant(&self, waited: Span) -> Grant {
        Grant { lease: self.id, token: self.token, scopes: self.scopes.clone(), expires: self.expires, waited }
    }
}

/// A lease that has ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EndedLease {
    /// Its number.
    pub lease: LeaseId,
    /// Its token.
    pub token: Token,
    /// Whose it was.
    pub holder: Party,
    /// How it ended.
    pub why: LeaseEnd,
    /// When.
    pub at: Time,
}

/// An instant, or what was left until it when time began to stand still.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deadline {
    /// At this instant.
    At(Time),
    /// This long after time passes again.
    Left(Span),
}

impl Deadline {
    /// The deadline `span` from now, standing still or not.
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

    /// The instant, while time passes.
    pub fn due(self) -> Option<Time> {
        match self {
            Deadline::At(due) => Some(due),
            Deadline::Left(_) => None,
        }
    }

    /// What is left of it at `now`.
    pub fn left(self, now: Time) -> Span {
        match self {
            Deadline::At(due) => due - now,
            Deadline::Left(span) => span,
        }
    }
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
