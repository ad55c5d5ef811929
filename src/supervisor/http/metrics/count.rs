//! Converts the fleet's counters to the form in which clients see them.

use crate::api::agents::{Agent, AgentHealth, AgentState};
use crate::api::messages::Delivery;
use crate::api::metrics::{ByState, LockMetrics, Metrics, Requests, StateMetrics};
use crate::api::plans::PlanState;
use crate::api::state::SyncState;
use crate::api::tasks::TaskState;
use crate::supervisor::roster;
use crate::supervisor::words::{mail, plan, sync, task};
use quarterdeck_core::time::Span;
use quarterdeck_core::view::View;

/// Returns all metrics of this instant.
pub(in crate::supervisor) fn metrics(view: &View, agents: &[Agent], requests: Requests) -> Metrics {
    Metrics {
        agents: count(AgentState::ALL, AgentState::word, view.agents.values().map(roster::state)),
        agents_health: count(AgentHealth::ALL, AgentHealth::word, agents.iter().map(|agent| agent.health)),
        tasks: count(
            TaskState::ALL,
            TaskState::word,
            view.tasks.iter().map(|(_, task)| task::stage::state(&task.stage)),
        ),
        plans: count(
            PlanState::ALL,
            PlanState::word,
            view.plans.iter().map(|(_, plan)| plan::stand::state_of(plan.state)),
        ),
        messages: count(
            Delivery::ALL,
            Delivery::word,
            view.mail.newest_first().map(|message| mail::state(message.copy.delivery)),
        ),
        sync_scopes: count(
            SyncState::ALL,
            SyncState::word,
            view.sync.scopes().map(|(_, scope)| sync::state(&scope.standing)),
        ),
        locks: locks(view),
        state: StateMetrics { updates: view.shared.updates(), conflicts: view.shared.conflicts() },
        invariant_violations: view.violations,
        facts: view.seq,
        requests,
    }
}

/// Counts the values of each state, by the words that name the states.
fn count<T: Copy + PartialEq>(all: &[T], word: fn(T) -> &'static str, found: impl Iterator<Item = T>) -> ByState {
    let mut counts = vec![0; all.len()];
    for state in found {
        if let Some(at) = all.iter().position(|known| *known == state) {
            counts[at] += 1;
        }
    }
    all.iter().map(|state| word(*state).to_owned()).zip(counts).collect()
}

fn locks(view: &View) -> LockMetrics {
    let counted = view.locks.statistics();
    let seconds = |span: Span| span.0 as f64 / 1_000.0;
    LockMetrics {
        held: view.locks.leases().count() as u64,
        waiting: view.locks.waiting().count() as u64,
        granted: counted.granted,
        waited: counted.waited,
        wait_seconds_sum: seconds(counted.total_wait),
        wait_seconds_longest: seconds(counted.longest_wait),
        timed_out: counted.timed_out,
        cycles_refused: counted.cycles_refused,
        expired: counted.expired,
        forced: counted.forced,
        violations: counted.violations,
    }
}
