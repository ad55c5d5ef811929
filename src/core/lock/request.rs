//! What is asked of the locks, and what comes of it.

use super::lease::{Blocker, CycleStep, Deadline, Evidence, Grant, LeaseEnd, Process};
use crate::ids::{LeaseId, RequestId, RunId};
use crate::party::Party;
use crate::scope::{BadScope, Mode, Resources, Scope, Want, WrittenWant};
use crate::time::{Span, Time};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// The longest key and the longest purpose that a request may have, bytes. Beyond it, the request is refused.
pub const WORDS_BYTES_MAX: usize = 200;

/// Of those that are in the way, as many are named. Beyond it, `qd lock list` has all.
pub const BLOCKERS_MAX: usize = 16;

/// What a client asks of the locks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockCommand {
    /// All of these scopes, or none.
    Acquire(Acquire),
    /// Give back.
    Release {
        /// Who gives back.
        party: Party,
        /// What.
        which: Which,
    },
    /// Lengthen a lease that has a time to live.
    Renew {
        /// Who asks.
        party: Party,
        /// The lease that this is about.
        lease: LeaseId,
        /// From now until it ends; none: as long as before.
        ttl: Option<Span>,
    },
    /// The client that asked is gone. What waits is given up, and what was granted to nobody is given back.
    Withdraw {
        /// What was asked.
        request: RequestId,
        /// For the how manieth time it was asked, as the answer said: a client that asked again stays.
        asking: u32,
    },
    /// Take leases from their holders.
    Force {
        /// Which: a lease, or every lease on exactly this scope.
        which: Which,
        /// Why. The holders are told.
        reason: String,
        /// Who takes them.
        #[serde(default)]
        by: Option<Party>,
    },
}

/// Ask for scopes: all of them, or none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acquire {
    /// Who asks.
    pub party: Party,
    /// What for, as written.
    pub scopes: Vec<WrittenWant>,
    /// How long to wait for it; zero: not at all, none: as long as configured, which is also the longest.
    pub wait: Option<Span>,
    /// The lease ends unless it is renewed within this. None: with its run, or as configured for those outside.
    pub ttl: Option<Span>,
    /// Asking again with this word does not ask twice.
    pub key: Option<String>,
    /// What for, in a few words.
    pub purpose: Option<String>,
    /// The lease ends with this process, whatever else it ends with.
    #[serde(default)]
    pub process: Option<Process>,
}

/// Which leases are meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// This one.
    Lease(LeaseId),
    /// To give back: the caller's own on this scope, as written, and on nothing else. To take: every one that has it.
    Scope(String),
    /// All of the caller's.
    All,
}

/// What it gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockAnswer {
    /// It has the lease, or has it still.
    Granted(Grant),
    /// It must wait; the end comes later as [`LockSettled`].
    Waits {
        /// Its request.
        request: RequestId,
        /// For the how manieth time it was asked: 1 unless a key was used again.
        asking: u32,
        /// Whom for, nearest first: holders, then those before it in the line.
        behind: Vec<Blocker>,
        /// How many requests before it want something that it wants.
        ahead: u32,
        /// When it is given up.
        until: Option<Deadline>,
    },
    /// These leases have ended.
    Released {
        /// The leases that this is about.
        leases: Vec<LeaseId>,
        /// How many requests were granted by it.
        granted: u32,
    },
    /// Nobody waits for it any more.
    Withdrawn,
}

/// Why it is refused.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockDenied {
    /// A text is no scope.
    BadScope {
        /// The text.
        text: String,
        /// Why not.
        why: BadScope,
    },
    /// No scope was named.
    NothingAsked,
    /// Too many scopes in one request.
    TooManyScopes {
        /// As many may be.
        scopes_max: u32,
    },
    /// More units of a resource than there are.
    TooManyUnits {
        /// The resource.
        resource: String,
        /// How many it has.
        capacity: u32,
    },
    /// A key or a purpose is too long.
    TooManyWords {
        /// The longest, in bytes.
        bytes_max: u32,
    },
    /// The run that asks is no more.
    HolderEnded,
    /// It is not free, and the request does not wait.
    Held {
        /// Who is in the way.
        behind: Vec<Blocker>,
    },
    /// Waiting for it would close a cycle of waiters.
    Cycle {
        /// From whoever asks back to itself.
        cycle: Vec<CycleStep>,
    },
    /// The party holds as many leases as it may.
    TooManyLeases {
        /// As many.
        leases_max: u32,
    },
    /// As many requests wait as may.
    TooManyWaiting {
        /// As many.
        waiting_max: u32,
    },
    /// No such lease is known any more, or ever was.
    UnknownLease {
        /// The lease that this is about.
        lease: LeaseId,
    },
    /// The lease has ended.
    LeaseEnded {
        /// The lease that this is about.
        lease: LeaseId,
        /// How.
        why: LeaseEnd,
        /// When.
        at: Time,
    },
    /// Nobody, or not this party, holds it.
    NothingHeld,
    /// The lease is of other scopes, too; a lease is given back as a whole.
    HoldsMore {
        /// The lease that this is about.
        lease: LeaseId,
    },
    /// It is another's.
    NotYours {
        /// The lease that this is about.
        lease: LeaseId,
        /// Whose.
        holder: Party,
    },
    /// The key was used for something else that is still held or waited for.
    KeyTaken,
}

/// How a request that waited came to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockSettled {
    /// Granted.
    Granted(Grant),
    /// It waited as long as it may.
    TimedOut {
        /// Who was in the way to the end.
        behind: Vec<Blocker>,
        /// How long it waited.
        waited: Span,
    },
    /// It was asked again by another client, who waits now, or was withdrawn.
    Withdrawn,
    /// The run that asked has ended.
    HolderEnded,
    /// It can't be granted any more: a resource is gone or smaller, or it became part of a cycle.
    Refused(LockDenied),
}

/// What happens to locks from outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockEvent {
    /// A file was written in a workspace.
    Written {
        /// The runs that share the workspace: one of them wrote.
        by: Vec<RunId>,
        /// The file, relative to the root of the repository.
        path: String,
        /// How it is known who wrote.
        evidence: Evidence,
    },
    /// The process is gone with which this lease ends.
    ProcessEnded {
        /// The lease that this is about.
        lease: LeaseId,
    },
}

/// What the locks ask of the world.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockEffect {
    /// Wait for the end of this process: [`ProcessEnded`](LockEvent::ProcessEnded) follows, unless the lease ends first.
    Watch {
        /// The lease that ends with it.
        lease: LeaseId,
        /// The process.
        process: Process,
    },
}

/// What a timer of the locks is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockTimer {
    /// A lease ends unless it was renewed.
    Expiry(LeaseId),
    /// A request has waited as long as it may.
    Limit(RequestId),
}

/// How it stands with the locks that a task names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskLocks {
    /// It holds them all.
    Held,
    /// Its request waits in the line; the task is told when that comes to its end.
    Waiting,
    /// They can't be asked for as they are.
    Refused(LockDenied),
}

/// Reads what a client wrote. A path that is named twice is wanted once, exclusively if either is; a resource that is
/// named twice is wanted twice.
pub(crate) fn read_wants(written: &[WrittenWant], resources: &Resources) -> Result<Vec<Want>, LockDenied> {
    let mut wants: Vec<Want> = Vec::with_capacity(written.len());
    for WrittenWant { scope, mode } in written {
        let want =
            Want::parse(scope, *mode, resources).map_err(|why| LockDenied::BadScope { text: scope.clone(), why })?;
        add_want(&mut wants, want);
    }
    Ok(wants)
}

/// The same for texts that say the mode themselves.
pub(crate) fn read_texts(texts: &[String], resources: &Resources) -> Result<Vec<Want>, LockDenied> {
    let mut wants: Vec<Want> = Vec::with_capacity(texts.len());
    for text in texts {
        let want =
            Want::parse_with_mode(text, resources).map_err(|why| LockDenied::BadScope { text: text.clone(), why })?;
        add_want(&mut wants, want);
    }
    Ok(wants)
}

fn add_want(wants: &mut Vec<Want>, want: Want) {
    let same = wants.iter_mut().find(|other| matches!(want.scope, Scope::Path(_)) && other.scope == want.scope);
    match same {
        Some(other) if want.mode == Mode::Exclusive => other.mode = Mode::Exclusive,
        Some(_) => {}
        None => wants.push(want),
    }
}
