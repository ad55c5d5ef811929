//! What happened to locks, in one line for people.

use super::refusal::refusal;
use super::scopes::{cycle, held, in_the_way, wanted};
use crate::amounts::span;
use crate::supervisor::words::common::{party_name, run_name};
use quarterdeck_core::lock::{Evidence, LockFact, WaitEnd};
use quarterdeck_core::party::Party;
use quarterdeck_core::view::View;

/// Describes a fact about locks in one line for people.
pub(in crate::supervisor) fn message(fact: &LockFact, view: &View) -> String {
    match fact {
        LockFact::Granted { lease, waited } if waited.0 > 0 => {
            let after = span(waited.0);
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
            format!("{}{lease} renewed for {}", outsider(holder, view), span(ttl.0))
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

/// Describes the party where the fact's agent does not already name it.
fn outsider(party: &Party, view: &View) -> String {
    match party {
        Party::Run(_) => String::new(),
        party => format!("{}: ", party_name(party, view)),
    }
}

fn given_up(why: &WaitEnd, view: &View) -> String {
    match why {
        WaitEnd::TimedOut { behind, waited } => {
            format!("given up after {}: {}", span(waited.0), in_the_way(behind, view))
        }
        WaitEnd::Withdrawn => "withdrawn".into(),
        WaitEnd::HolderEnded => "ended, because its holder ended".into(),
        WaitEnd::NobodyWaits => "dropped: nobody waits for it any more".into(),
        WaitEnd::Refused(denied) => format!("can't be granted any more: {}", refusal(denied, view).why),
    }
}
