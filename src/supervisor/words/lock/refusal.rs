//! Why a command about locks was refused, and how a request that waited ended without a grant.

use super::scopes::{cycle, in_the_way};
use crate::amounts::span;
use crate::supervisor::words::common::{Refusal, party_name};
use quarterdeck_core::ids::LeaseId;
use quarterdeck_core::lock::{Checked, LockDenied, LockSettled};
use quarterdeck_core::view::View;

/// Describes why a command about locks was refused.
pub(in crate::supervisor) fn refusal(denied: &LockDenied, view: &View) -> Refusal {
    let (code, why, hint): (_, String, Option<&str>) = match denied {
        LockDenied::BadScope { text, why } => ("bad_scope", format!("`{text}`: {why}"), None),
        LockDenied::NothingAsked => ("nothing_asked", "no scope was named".into(), None),
        LockDenied::TooManyScopes { scopes_max } => {
            ("too_many_scopes", format!("a request has at most {scopes_max} scopes"), Some("lock a directory"))
        }
        LockDenied::TooManyUnits { resource, capacity } => {
            ("too_many_units", format!("`{resource}` has {capacity}"), Some("raise it in [resources]"))
        }
        LockDenied::TooManyWords { bytes_max } => {
            ("too_many_words", format!("a key or a purpose has at most {bytes_max} bytes"), None)
        }
        LockDenied::HolderEnded => return Refusal::run_ended(),
        LockDenied::Held { behind } => {
            ("busy", in_the_way(behind, view), Some("ask again with `--wait`, which waits until it is free"))
        }
        LockDenied::Cycle { cycle: steps } => {
            ("cycle", cycle(steps, view), Some("release what others wait for, then ask for all at once"))
        }
        LockDenied::TooManyLeases { leases_max } => (
            "too_many_leases",
            format!("{leases_max} leases are held, which is the maximum"),
            Some("release some of them"),
        ),
        LockDenied::TooManyWaiting { waiting_max } => {
            ("too_many_waiting", format!("{waiting_max} requests wait, which is the maximum"), None)
        }
        LockDenied::UnknownLease { lease } => {
            ("unknown_lease", format!("no lease {lease} is held"), Some("`qd lock list`"))
        }
        LockDenied::LeaseEnded { lease, why, .. } => ("lease_ended", format!("{lease} {why}"), None),
        LockDenied::NothingHeld => ("nothing_held", "no such lease is held".into(), Some("`qd lock list`")),
        LockDenied::HoldsMore { lease } => {
            ("holds_more", format!("{lease} covers other scopes too"), Some("release the lease"))
        }
        LockDenied::NotYours { lease, holder } => (
            "not_yours",
            format!("{lease} is held by {}", party_name(holder, view)),
            Some("a person takes it with `qd lock force`"),
        ),
        LockDenied::KeyTaken => ("key_taken", "the key is already used for another request".into(), None),
    };
    Refusal { code, why, hint: hint.map(str::to_owned) }
}

/// Describes why a token does not allow access to a scope; none if it does.
pub(in crate::supervisor) fn checked(checked: &Checked, view: &View) -> Option<String> {
    let held = |lease: &Option<LeaseId>| {
        let lease = lease.and_then(|lease| view.locks.lease(lease));
        lease.map(|lease| format!("; {} holds it now, with token {}", party_name(&lease.holder, view), lease.token.0))
    };
    let (why, held_now) = match checked {
        Checked::Valid { .. } => return None,
        Checked::ElsewhereOnly { lease } => (format!("{lease} does not cover it"), None),
        Checked::Ended { ended: lease, held_now } => (format!("{} {}", lease.lease, lease.why), held(held_now)),
        Checked::Forgotten { held_now } => ("its lease ended long ago".to_owned(), held(held_now)),
        Checked::NeverGranted { held_now } => ("it was never granted".to_owned(), held(held_now)),
    };
    Some(format!("{why}{}", held_now.unwrap_or_default()))
}

/// Describes how a request that waited ended without being granted.
pub(in crate::supervisor) fn settled(settled: &LockSettled, view: &View) -> Refusal {
    match settled {
        LockSettled::Granted(_) => Refusal::new("granted", "it was granted"),
        LockSettled::TimedOut { behind, waited } => Refusal {
            code: "timed_out",
            why: format!("waited {}, and {}", span(waited.0), in_the_way(behind, view)),
            hint: Some("`qd lock list` shows who holds what; `--wait` says how long to wait".into()),
        },
        LockSettled::Withdrawn => Refusal::new("withdrawn", "it was asked again by another client, or withdrawn"),
        LockSettled::HolderEnded => Refusal::run_ended(),
        LockSettled::Refused(denied) => refusal(denied, view),
    }
}
