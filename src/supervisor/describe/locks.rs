//! Facts and refusals of `quarterdeck_core::lock` in words.

use super::Refusal;
use quarterdeck_core::ids::RunId;
use quarterdeck_core::lock::{Blocker, CycleStep, Held, Holding, LockDenied, LockFact, WaitEnd};
use quarterdeck_core::party::Party;
use quarterdeck_core::scope::Want;
use quarterdeck_core::view::View;

/// The fact in one line for people.
pub(super) fn message(fact: &LockFact, view: &View) -> String {
    match fact {
        LockFact::Granted { lease, waited } if waited.0 > 0 => {
            format!("{} granted on {} after {} ms", lease.id, held(&lease.scopes), waited.0)
        }
        LockFact::Granted { lease, .. } => format!("{} granted on {}", lease.id, held(&lease.scopes)),
        LockFact::Waiting { request, behind } => {
            format!("{} waits for {}: {}", request.id, wanted(&request.wants), in_the_way(behind, view))
        }
        LockFact::AskedAgain { request } => format!("{request} asked again"),
        LockFact::Ended { lease, scopes, why, .. } => format!("{lease} on {} {why}", held(scopes)),
        LockFact::GivenUp { request, wants, why, .. } => {
            format!("{request} for {} {}", wanted(wants), given_up(why, view))
        }
        LockFact::RefusedCycle { wants, cycle: steps, .. } => {
            format!("refused {}: {}", wanted(wants), cycle(steps, view))
        }
        LockFact::Renewed { lease, ttl, .. } => format!("{lease} renewed for {} ms", ttl.0),
        LockFact::StoodStill { .. } => "its locks stand still".into(),
        LockFact::WentOn { .. } => "its locks go on".into(),
        LockFact::Allied { task, .. } => format!("holds what {task} holds"),
        LockFact::Parted { task, .. } => format!("no longer holds what {task} holds"),
        LockFact::Violated { holder, scope, path, by, .. } => {
            let writers: Vec<String> = by.iter().map(|run| run_name(*run, view)).collect();
            let who = if writers.is_empty() { "someone".to_owned() } else { writers.join(" or ") };
            format!("{who} wrote {path}, and {} holds {scope}", party_name(holder, view))
        }
        LockFact::ResourcesChanged { resources } => {
            let names: Vec<String> =
                resources.iter().map(|(name, resource)| format!("{name} {}", resource.capacity)).collect();
            format!("resources: {}", if names.is_empty() { "none".to_owned() } else { names.join(", ") })
        }
    }
}

/// Why it was refused, in words.
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
        LockDenied::Held { behind } => ("busy", in_the_way(behind, view), Some("wait for it")),
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
        LockDenied::KeyTaken => ("key_taken", "the key stands for another request".into(), None),
    };
    Refusal { code, why, hint: hint.map(str::to_owned) }
}

/// A party as people know it: an agent's name, `task NAME`, or the name of a holder outside the fleet.
pub(in crate::supervisor) fn party_name(party: &Party, view: &View) -> String {
    match party {
        Party::Run(run) => run_name(*run, view),
        Party::Task(task) => format!("task {task}"),
        Party::Outside(name) => name.clone(),
    }
}

/// The cycle in words: `a waits for src held by b, b waits for docs held by a`.
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

fn run_name(run: RunId, view: &View) -> String {
    let agent = view.agents.values().find(|agent| agent.run == Some(run));
    agent.map_or_else(|| run.to_string(), |agent| agent.name.clone())
}

fn held(scopes: &[Held]) -> String {
    let one = |held: &Held| match held.unit {
        Some(unit) => format!("{} {unit}", held.want.scope),
        None => held.want.scope.to_string(),
    };
    scopes.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// What is wanted, in words.
pub(in crate::supervisor) fn wanted(wants: &[Want]) -> String {
    wants.iter().map(|want| want.scope.to_string()).collect::<Vec<_>>().join(", ")
}

/// Who is in the way, in words: `builder holds src, ci waits for docs`.
pub(in crate::supervisor) fn in_the_way(behind: &[Blocker], view: &View) -> String {
    let one = |blocker: &Blocker| {
        let who = party_name(&blocker.who, view);
        match blocker.holding {
            Holding::Holds => format!("{who} holds {}", blocker.scope),
            Holding::WaitsBefore => format!("{who} waits for {}", blocker.scope),
        }
    };
    behind.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn given_up(why: &WaitEnd, view: &View) -> String {
    match why {
        WaitEnd::TimedOut { behind, waited } => {
            format!("given up after {} ms: {}", waited.0, in_the_way(behind, view))
        }
        WaitEnd::Withdrawn => "withdrawn".into(),
        WaitEnd::HolderEnded => "ended with whoever asked".into(),
        WaitEnd::NobodyWaits => "dropped: nobody waits for it any more".into(),
        WaitEnd::Refused(denied) => format!("can't be granted any more: {}", refusal(denied, view).why),
    }
}
