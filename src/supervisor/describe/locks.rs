//! Describes facts and refusals of `quarterdeck_core::lock` in words.

use super::words::{Refusal, party_name, run_name, seconds};
use quarterdeck_core::ids::LeaseId;
use quarterdeck_core::lock::{
    Blocker, Checked, CycleStep, Evidence, Holding, LockDenied, LockFact, LockSettled, WaitEnd,
};
use quarterdeck_core::party::Party;
use quarterdeck_core::scope::{Held, Want};
use quarterdeck_core::view::View;

/// Describes a fact about locks in one line for people.
pub(super) fn message(fact: &LockFact, view: &View) -> String {
    match fact {
        LockFact::Granted { lease, waited } if waited.0 > 0 => {
            let after = seconds(waited.0);
            format!("{}{} granted on {} after {after}", outsider(&lease.holder, view), lease.id, held(&lease.scopes))
        }
        LockFact::Granted { lease, .. } => {
            format!("{}{} granted on {}", outsider(&lease.holder, view), lease.id, held(&lease.scopes))
        }
        LockFact::Waiting { request, behind } => {
            let wants = wanted(&request.wants);
            format!("{}{} waits for {wants}: {}", outsider(&request.holder, view), request.id, in_the_way(behind, view))
        }
        LockFact::AskedAgain { request } => format!("{request} asked again"),
        LockFact::Ended { lease, holder, scopes, why, .. } => {
            format!("{}{lease} on {} {why}", outsider(holder, view), held(scopes))
        }
        LockFact::GivenUp { request, holder, wants, why } => {
            format!("{}{request} for {} {}", outsider(holder, view), wanted(wants), given_up(why, view))
        }
        LockFact::RefusedCycle { holder, wants, cycle: steps, .. } => {
            format!("{}refused {}: {}", outsider(holder, view), wanted(wants), cycle(steps, view))
        }
        LockFact::Renewed { lease, holder, ttl, .. } => {
            format!("{}{lease} renewed for {}", outsider(holder, view), seconds(ttl.0))
        }
        LockFact::StoodStill { .. } => "the deadlines of its locks are paused".into(),
        LockFact::WentOn { .. } => "the deadlines of its locks run again".into(),
        LockFact::Allied { task, .. } => format!("holds what {task} holds"),
        LockFact::Parted { task, .. } => format!("no longer holds what {task} holds"),
        LockFact::Violated { holder, scope, path, by, evidence, .. } => {
            let writers: Vec<String> = by.iter().map(|run| run_name(*run, view)).collect();
            let who = match writers.as_slice() {
                [] => "someone outside the fleet".to_owned(),
                [one] => one.clone(),
                several => format!("one of {}", several.join(", ")),
            };
            let wrote = match (evidence, by.is_empty()) {
                (Evidence::Inferred, false) => "may have written",
                (Evidence::Seen, _) | (_, true) => "wrote",
            };
            format!("{who} {wrote} {path}, and {} holds {scope}", party_name(holder, view))
        }
        LockFact::ResourcesChanged { resources } => {
            let names: Vec<String> =
                resources.iter().map(|(name, resource)| format!("{name} {}", resource.capacity)).collect();
            format!("resources: {}", if names.is_empty() { "none".to_owned() } else { names.join(", ") })
        }
    }
}

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
        LockDenied::HolderEnded => ("run_ended", "the run that asks has ended".into(), None),
        LockDenied::Held { behind } => {
            ("busy", in_the_way(behind, view), Some("ask again with `--wait`, which stands in line for it"))
        }
        LockDenied::Cycle { cycle: steps } => {
            ("cycle", cycle(steps, view), Some("give back what others wait for, then ask for all at once"))
        }
        LockDenied::TooManyLeases { leases_max } => {
            ("too_many_leases", format!("{leases_max} leases are held, as many as may be"), Some("give some back"))
        }
        LockDenied::TooManyWaiting { waiting_max } => {
            ("too_many_waiting", format!("{waiting_max} requests wait, as many as may"), None)
        }
        LockDenied::UnknownLease { lease } => {
            ("unknown_lease", format!("no lease {lease} is held"), Some("`qd lock list`"))
        }
        LockDenied::LeaseEnded { lease, why, .. } => ("lease_ended", format!("{lease} {why}"), None),
        LockDenied::NothingHeld => ("nothing_held", "no such lease is held".into(), Some("`qd lock list`")),
        LockDenied::HoldsMore { lease } => {
            ("holds_more", format!("{lease} is of other scopes, too"), Some("give back the lease"))
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
        Checked::ElsewhereOnly { lease } => (format!("{lease} is of something else"), None),
        Checked::Ended { ended: lease, held_now } => (format!("{} {}", lease.lease, lease.why), held(held_now)),
        Checked::Forgotten { held_now } => ("its lease ended long ago".to_owned(), held(held_now)),
        Checked::NeverGranted { held_now } => ("it was never granted".to_owned(), held(held_now)),
    };
    Some(format!("{why}{}", held_now.unwrap_or_default()))
}

/// Describes how a request that waited ended without being granted.
pub(in crate::supervisor) fn settled(settled: &LockSettled, view: &View) -> Refusal {
    let plain = |code, why: String| Refusal { code, why, hint: None };
    match settled {
        LockSettled::Granted(_) => plain("granted", "it was granted".into()),
        LockSettled::TimedOut { behind, waited } => Refusal {
            code: "timed_out",
            why: format!("waited {}, and {}", seconds(waited.0), in_the_way(behind, view)),
            hint: Some("`qd lock list` shows who holds what; `--wait` says how long to wait".into()),
        },
        LockSettled::Withdrawn => plain("withdrawn", "it was asked again by another client, or withdrawn".into()),
        LockSettled::HolderEnded => plain("run_ended", "the run that asked has ended".into()),
        LockSettled::Refused(denied) => refusal(denied, view),
    }
}

/// Describes the party where the fact's agent does not already name it.
fn outsider(party: &Party, view: &View) -> String {
    match party {
        Party::Run(_) => String::new(),
        party => format!("{}: ", party_name(party, view)),
    }
}

/// Describes a cycle, as `a waits for src held by b, b waits for docs held by a`.
pub(in crate::supervisor) fn cycle(steps: &[CycleStep], view: &View) -> String {
    let step = |step: &CycleStep| {
        let how = match step.holding {
            Holding::Holds => "held by",
            Holding::WaitsBefore => "asked for earlier by",
        };
        let (who, blocker) = (party_name(&step.who, view), party_name(&step.blocker, view));
        format!("{who} waits for {} {how} {blocker}", step.scope)
    };
    steps.iter().map(step).collect::<Vec<_>>().join(", ")
}

fn held(scopes: &[Held]) -> String {
    let one = |held: &Held| match held.unit {
        Some(unit) => format!("{} {unit}", held.want.scope),
        None => held.want.scope.to_string(),
    };
    scopes.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Describes the wanted scopes in words.
pub(in crate::supervisor) fn wanted(wants: &[Want]) -> String {
    wants.iter().map(|want| want.scope.to_string()).collect::<Vec<_>>().join(", ")
}

/// Describes the parties that block a request, as `builder holds src, ci waits for docs`.
pub(in crate::supervisor) fn in_the_way(behind: &[Blocker], view: &View) -> String {
    let one = |blocker: &Blocker| {
        let who = party_name(&blocker.who, view);
        match blocker.holding {
            Holding::Holds => format!("{who} holds {}", blocker.scope),
            Holding::WaitsBefore => format!("{who} waits for {}", blocker.scope),
        }
    };
    // A party may hold the same scope under several leases.
    let mut words: Vec<String> = behind.iter().map(one).collect();
    words.dedup();
    words.join(", ")
}

fn given_up(why: &WaitEnd, view: &View) -> String {
    match why {
        WaitEnd::TimedOut { behind, waited } => {
            format!("given up after {}: {}", seconds(waited.0), in_the_way(behind, view))
        }
        WaitEnd::Withdrawn => "withdrawn".into(),
        WaitEnd::HolderEnded => "ended, because its holder ended".into(),
        WaitEnd::NobodyWaits => "dropped: nobody waits for it any more".into(),
        WaitEnd::Refused(denied) => format!("can't be granted any more: {}", refusal(denied, view).why),
    }
}
