//! Converts leases, waiting requests, resources and refused cycles to the form in which clients see them.

use super::scopes::{blockers, cycle};
use crate::api::locks as api;
use crate::supervisor::words::common::{party_name, task_name};
use quarterdeck_core::ids::{AgentId, RunId};
use quarterdeck_core::lock::{Deadline, Enforce, Grant, Lease, LockStatistics, RefusedCycle, Request};
use quarterdeck_core::party::Party;
use quarterdeck_core::policy::{Coordination, CoordinationPolicy};
use quarterdeck_core::scope::{Held, Mode, RepositoryPath, Scope, Want};
use quarterdeck_core::time::Time;
use quarterdeck_core::view::{AgentView, Pause, View};

/// Returns everything about locks at an instant.
pub(in crate::supervisor) fn all(view: &View, now: Time) -> api::Locks {
    let table = &view.locks;
    let mut cycles: Vec<api::Cycle> = table.cycles().map(|refused| refused_cycle(refused, view)).collect();
    cycles.reverse();
    api::Locks {
        leases: table.leases().map(|one| lease(one, view, now)).collect(),
        waiting: table.waiting().map(|one| request(one, view, now)).collect(),
        resources: table
            .resources()
            .iter()
            .map(|(name, resource)| api::Resource {
                name: name.clone(),
                capacity: resource.capacity,
                held: table.units_held(name),
                first: resource.first,
            })
            .collect(),
        cycles,
        statistics: statistics(table.statistics()),
    }
}

fn lease(lease: &Lease, view: &View, now: Time) -> api::Lease {
    let agent = agent_of(&lease.holder, view);
    api::Lease {
        lease: lease.id.to_string(),
        holder: party_name(&lease.holder, view),
        agent: agent.map(|(_, _, agent)| agent.name.clone()),
        run: agent.map(|(run, _, _)| run.to_string()),
        task: match lease.holder {
            Party::Task(task) => Some(task_name(task, view)),
            Party::Run(_) | Party::Outside(_) => None,
        },
        scopes: scopes(&lease.scopes),
        token: lease.token.0,
        since_ms: lease.since.0,
        expires_ms: lease.expires.map(|deadline| instant_ms(deadline, now)),
        paused: agent.is_some_and(|(_, _, agent)| agent.pause != Pause::Running),
        purpose: lease.purpose.clone(),
    }
}

fn request(request: &Request, view: &View, now: Time) -> api::Request {
    let (behind, _) = standing(request, view);
    api::Request {
        request: request.id.to_string(),
        holder: party_name(&request.holder, view),
        agent: agent_of(&request.holder, view).map(|(_, _, agent)| agent.name.clone()),
        scopes: request.wants.iter().map(|want| scope(want, None)).collect(),
        since_ms: request.since.0,
        until_ms: request.until.map(|deadline| instant_ms(deadline, now)),
        behind,
        purpose: request.purpose.clone(),
    }
}

/// Returns the parties that a request waits for, and how many requests wait before it.
fn standing(request: &Request, view: &View) -> (Vec<api::Blocker>, u32) {
    let (behind, ahead) = view.locks.standing(request);
    (blockers(&behind, view), ahead)
}

/// Returns what a waiting client is told now; none if its request waits no more.
pub(in crate::supervisor) fn waiting(
    request: quarterdeck_core::ids::RequestId,
    view: &View,
    now: Time,
) -> Option<api::Waiting> {
    let request = view.locks.request(request)?;
    let (behind, ahead) = standing(request, view);
    let until_ms = request.until.map_or(u64::MAX, |deadline| instant_ms(deadline, now));
    Some(api::Waiting { request: request.id.to_string(), behind, ahead, until_ms })
}

/// Returns a lease in the form that its holder gets.
pub(in crate::supervisor) fn granted(grant: &Grant, now: Time) -> api::Granted {
    api::Granted {
        lease: grant.lease.to_string(),
        token: grant.token.0,
        scopes: scopes(&grant.scopes),
        expires_ms: grant.expires.map(|deadline| instant_ms(deadline, now)),
        waited_ms: grant.waited.0,
    }
}

fn scopes(held: &[Held]) -> Vec<api::LockScope> {
    held.iter().map(|held| scope(&held.want, held.unit)).collect()
}

fn scope(want: &Want, unit: Option<u32>) -> api::LockScope {
    let mode = match want.mode {
        Mode::Exclusive => api::LockMode::Exclusive,
        Mode::Shared => api::LockMode::Shared,
    };
    api::LockScope { scope: want.scope.to_string(), mode, unit }
}

/// Returns the instant of a deadline. A paused deadline moves on with the clock.
fn instant_ms(deadline: Deadline, now: Time) -> u64 {
    (now + deadline.left(now)).0.max(deadline.due().unwrap_or_default().0)
}

fn refused_cycle(refused: &RefusedCycle, view: &View) -> api::Cycle {
    api::Cycle {
        at_ms: refused.at.0,
        who: party_name(&refused.holder, view),
        scopes: refused.wants.iter().map(|want| want.scope.to_string()).collect(),
        cycle: cycle(&refused.cycle, view),
    }
}

fn statistics(of: &LockStatistics) -> api::LockStatistics {
    api::LockStatistics {
        granted: of.granted,
        waited: of.waited,
        longest_wait_ms: of.longest_wait.0,
        total_wait_ms: of.total_wait.0,
        timed_out: of.timed_out,
        cycles_refused: of.cycles_refused,
        expired: of.expired,
        forced: of.forced,
        violations: of.violations,
    }
}

/// Converts the configured enforcement to the form in which clients see it.
pub(in crate::supervisor) fn enforce(enforce: Enforce) -> api::Enforce {
    match enforce {
        Enforce::Off => api::Enforce::Off,
        Enforce::Warn => api::Enforce::Warn,
        Enforce::Deny => api::Enforce::Deny,
    }
}

/// Returns the run behind a party, and its agent: the run itself, or the run that works on the task.
fn agent_of<'v>(party: &Party, view: &'v View) -> Option<(RunId, AgentId, &'v AgentView)> {
    let Party::Run(run) = view.locks.principal(party) else { return None };
    let found = view.agents.iter().find(|(_, agent)| agent.run == Some(run));
    found.map(|(id, agent)| (run, *id, agent))
}

/// Returns which of these files are in scopes that parties other than `party` hold, for the commit guard.
pub(in crate::supervisor) fn guarded(
    paths: &[String],
    party: &Party,
    policy: &CoordinationPolicy,
    view: &View,
) -> api::Guarded {
    if policy.mode == Coordination::Off {
        return api::Guarded::default();
    }
    let held = paths.iter().filter_map(|path| held_path(path, party, view)).collect();
    api::Guarded { enforce: enforce(policy.locks.enforce), held }
}

/// Returns the lease of another party that forbids writing this file, if there is one.
fn held_path(path: &str, party: &Party, view: &View) -> Option<api::HeldPath> {
    let known = nearest_path(path)?;
    let lease = view.locks.against_writing(party, &known).next()?;
    let scope = Scope::Path(known.clone());
    let held = lease.scopes.iter().find(|held| held.want.scope.covers(&scope))?;
    Some(api::HeldPath {
        path: path.to_owned(),
        scope: held.want.scope.to_string(),
        lease: lease.id.to_string(),
        holder: party_name(&lease.holder, view),
        since_ms: lease.since.0,
    })
}

/// Returns a file's path as a scope; for a name that can't be a scope, the nearest directory above it.
fn nearest_path(path: &str) -> Option<RepositoryPath> {
    let mut ways = std::iter::successors(Some(path), |path| path.rsplit_once('/').map(|(above, _)| above));
    ways.find_map(|path| RepositoryPath::parse(path).ok()).or_else(|| RepositoryPath::parse(".").ok())
}
