//! Who waits for which scope, and who is in the way: worded once, for facts, refusals, lists and explanations.

use crate::api::locks as api;
use crate::supervisor::words::common::party_name;
use quarterdeck_core::lock::{Blocker, CycleStep, Holding};
use quarterdeck_core::scope::{Held, Want};
use quarterdeck_core::view::View;

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

/// Describes scopes that are held, each resource with its unit.
pub(in crate::supervisor) fn held(scopes: &[Held]) -> String {
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

/// Returns the parties that block a request as clients see them.
pub(in crate::supervisor) fn blockers(blockers: &[Blocker], view: &View) -> Vec<api::Blocker> {
    let one = |blocker: &Blocker| api::Blocker {
        who: party_name(&blocker.who, view),
        scope: blocker.scope.to_string(),
        holds: blocker.holding == Holding::Holds,
        since_ms: blocker.since.0,
    };
    blockers.iter().map(one).collect()
}

/// Describes the parties that block a request, as `builder holds src, ci waits for docs`.
pub(in crate::supervisor) fn in_the_way(behind: &[Blocker], view: &View) -> String {
    let mut words: Vec<String> = blockers(behind, view).iter().map(api::Blocker::words).collect();
    // A party may hold the same scope under several leases.
    words.dedup();
    words.join(", ")
}
