//! The requests that the locks accept, and their answers, refusals, events and effects.

use super::lease::{Blocker, CycleStep, Deadline, Evidence, Grant, LeaseEnd, Process};
use crate::ids::{LeaseId, RequestId, RunId};
use crate::party::Party;
use crate::scope::{BadScope, Mode, Resources, Scope, Want, WrittenWant};
use crate::time::{Span, Time};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// The longest key or purpose of a request, in bytes. Beyond it, the request is refused.
pub const WORDS_BYTES_MAX: usize = 200;

/// The most blocking parties that an answer names. Beyond it, `qd lock list` has all.
pub const BLOCKERS_MAX: usize = 16;

/// A command from a client to the locks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockCommand {
    /// Acquire all of these scopes, or none.
    Acquire(Acquire),
    /// Release leases that the party holds.
    Release {
        /// The party that releases the leases.
        party: Party,
        /// The leases to release.
        which: Which,
    },
    /// Renew a lease that has a time to live.
    Renew {
        /// The party that renews the lease.
        party: Party,
        /// The lease to renew.
        lease: LeaseId,
        /// The time from now until the lease ends; if none, the same time to live as before.
        ttl: Option<Span>,
    },
    /// Withdraw a request whose client is gone. A waiting request leaves the queue, and a lease that was granted to
    /// nobody is released.
    Withdraw {
        /// The request to withdraw.
        request: RequestId,
        /// The count of askings that the answer to the client contained. If another client has repeated the request
        /// since then, its request stays.
        asking: u32,
    },
    /// Take leases from their holders by force.
    Force {
        /// The leases to take: one lease, or every lease on exactly this scope.
        which: Which,
        /// The reason, which the holders are told.
        reason: String,
        /// The party that takes the leases.
        #[serde(default)]
        by: Option<Party>,
    },
}

/// A request for scopes: all of them are granted, or none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acquire {
    /// The party that makes the request.
    pub party: Party,
    /// The scopes that are requested, as the client wrote them.
    pub scopes: Vec<WrittenWant>,
    /// How long the request may wait; zero: it does not wait; none: as long as configured, which is also the maximum.
    pub wait: Option<Span>,
    /// The lease ends unless it is renewed within this time. None: it ends with its run, or, for holders outside the
    /// fleet, after the configured time.
    pub ttl: Option<Span>,
    /// The key that makes a request repeatable: a second request with the same key counts as the same request.
    pub key: Option<String>,
    /// The purpose of the request, in a few words.
    pub purpose: Option<String>,
    /// The process with which the lease ends, in addition to its other ends.
    #[serde(default)]
    pub process: Option<Process>,
}

/// The selection of leases that a command applies to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// The lease with this number.
    Lease(LeaseId),
    /// The leases on this scope, as the client wrote it. On release: the caller's own lease on this scope and nothing
    /// else. By force: every lease that contains this scope.
    Scope(String),
    /// All leases of the caller.
    All,
}

/// The answer to a command about locks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockAnswer {
    /// The party has the lease, either newly or still.
    Granted(Grant),
    /// The request must wait; its end follows later as [`LockSettled`].
    Waits {
        /// The request that waits.
        request: RequestId,
        /// How many times this request has been made: 1 unless a key was used again.
        asking: u32,
        /// The parties that block the request: first the holders, then the earlier requests in the queue.
        behind: Vec<Blocker>,
        /// How many earlier requests want a scope that this request wants.
        ahead: u32,
        /// When the request is given up.
        until: Option<Deadline>,
    },
    /// Leases were released and have ended.
    Released {
        /// The leases that have ended.
        leases: Vec<LeaseId>,
        /// How many requests were granted because of the release.
        granted: u32,
    },
    /// The request is withdrawn; nobody waits for it any more.
    Withdrawn,
}

impl LockAnswer {
    /// Returns the lease that was granted or renewed.
    pub fn granted(self) -> Option<Grant> {
        match self {
            LockAnswer::Granted(grant) => Some(grant),
            LockAnswer::Waits { .. } | LockAnswer::Released { .. } | LockAnswer::Withdrawn => None,
        }
    }

    /// Returns the leases that have ended, and how many requests were granted because of that.
    pub fn released(self) -> Option<(Vec<LeaseId>, u32)> {
        match self {
            LockAnswer::Released { leases, granted } => Some((leases, granted)),
            LockAnswer::Granted(_) | LockAnswer::Waits { .. } | LockAnswer::Withdrawn => None,
        }
    }
}

/// The reason why a command about locks was refused.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockDenied {
    /// A text does not name a scope.
    BadScope {
        /// The text that names no scope.
        text: String,
        /// Why the text names no scope.
        why: BadScope,
    },
    /// The request names no scope.
    NothingAsked,
    /// The request names too many scopes.
    TooManyScopes {
        /// The most scopes that one request may name.
        scopes_max: u32,
    },
    /// The request wants more units of a resource than exist.
    TooManyUnits {
        /// The name of the resource.
        resource: String,
        /// How many units the resource has.
        capacity: u32,
    },
    /// The key or the purpose is too long.
    TooManyWords {
        /// The longest allowed text, in bytes.
        bytes_max: u32,
    },
    /// The run that asks has ended.
    HolderEnded,
    /// A scope is not free, and the request does not wait.
    Held {
        /// The parties that block the request.
        behind: Vec<Blocker>,
    },
    /// Waiting would close a cycle of waiting requests.
    Cycle {
        /// The cycle, from the asking party back to itself.
        cycle: Vec<CycleStep>,
    },
    /// The number of leases is at its limit, for the party or in all.
    TooManyLeases {
        /// The most leases that may be held.
        leases_max: u32,
    },
    /// The number of waiting requests is at its limit.
    TooManyWaiting {
        /// The most requests that may wait.
        waiting_max: u32,
    },
    /// A lease with this number never existed, or is no longer remembered.
    UnknownLease {
        /// The number of the unknown lease.
        lease: LeaseId,
    },
    /// The lease has already ended.
    LeaseEnded {
        /// The lease that has ended.
        lease: LeaseId,
        /// How the lease ended.
        why: LeaseEnd,
        /// When the lease ended.
        at: Time,
    },
    /// The scope is held by nobody, or not by this party.
    NothingHeld,
    /// The lease also covers other scopes; a lease can only be released as a whole.
    HoldsMore {
        /// The lease that covers more scopes.
        lease: LeaseId,
    },
    /// The lease belongs to another party.
    NotYours {
        /// The lease that belongs to another party.
        lease: LeaseId,
        /// The party that holds the lease.
        holder: Party,
    },
    /// The key was already used for a different request that is still held or waiting.
    KeyTaken,
}

/// How a request that waited came to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockSettled {
    /// The request was granted.
    Granted(Grant),
    /// The request waited as long as it may.
    TimedOut {
        /// The parties that blocked the request when it was given up.
        behind: Vec<Blocker>,
        /// How long the request waited.
        waited: Span,
    },
    /// The request was withdrawn, or was made again by another client, which waits now.
    Withdrawn,
    /// The run that made the request has ended.
    HolderEnded,
    /// The request can no longer be granted: a resource was removed or has fewer units, or the request became part of a
    /// cycle.
    Refused(LockDenied),
}

/// An event from outside that concerns the locks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockEvent {
    /// A file was written in a workspace.
    Written {
        /// The runs that share the workspace: one of them wrote the file.
        by: Vec<RunId>,
        /// The file, relative to the root of the repository.
        path: String,
        /// The evidence for which run wrote the file.
        evidence: Evidence,
    },
    /// The process with which this lease ends is gone.
    ProcessEnded {
        /// The lease that ends with the process.
        lease: LeaseId,
    },
}

/// An effect that the locks ask the shell to carry out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockEffect {
    /// Wait for the end of this process. [`ProcessEnded`](LockEvent::ProcessEnded) follows, unless the lease ends
    /// first.
    Watch {
        /// The lease that ends with the process.
        lease: LeaseId,
        /// The process to wait for.
        process: Process,
    },
}

/// The purpose of a timer of the locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockTimer {
    /// The lease ends unless it is renewed before.
    Expiry(LeaseId),
    /// The request has waited as long as it may.
    Limit(RequestId),
}

/// Whether a task holds the locks that it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskLocks {
    /// The task holds all its locks.
    Held,
    /// The request of the task waits in the queue; the task is told when the request comes to its end.
    Waiting,
    /// The locks of the task cannot be requested as they are.
    Refused(LockDenied),
}

/// Reads the scopes that a client wrote. A path that is named twice is wanted once, exclusively if one of the two is
/// exclusive; a resource that is named twice is wanted twice.
pub(crate) fn read_wants(written: &[WrittenWant], resources: &Resources) -> Result<Vec<Want>, LockDenied> {
    let mut wants: Vec<Want> = Vec::with_capacity(written.len());
    for WrittenWant { scope, mode } in written {
        let want =
            Want::parse(scope, *mode, resources).map_err(|why| LockDenied::BadScope { text: scope.clone(), why })?;
        add_want(&mut wants, want);
    }
    Ok(wants)
}

/// Reads scopes from texts that contain the mode. Doubles are joined as in [`read_wants`].
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
