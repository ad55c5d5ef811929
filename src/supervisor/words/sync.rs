//! The synchronisation of scopes in words: what happened to it, why a command was refused, and its state.

use super::common::{Refusal, plural};
use crate::api::state::SyncState;
use quarterdeck_core::sync::{SCOPE_BYTES_MAX, Standing, SyncDenied, SyncFact};

/// The most scopes that a fact names. Beyond it, the fact's data has the rest.
const NAMED_SCOPES_MAX: usize = 5;

/// Returns the state of a scope's synchronisation as clients see it.
pub(in crate::supervisor) fn state(standing: &Standing) -> SyncState {
    match standing {
        Standing::Idle => SyncState::Idle,
        Standing::Queued { .. } => SyncState::Queued,
        Standing::Syncing { .. } => SyncState::Syncing,
        Standing::Completed { .. } => SyncState::Completed,
        Standing::Failed { .. } => SyncState::Failed,
    }
}

/// Describes a fact about synchronisation in one line for people.
pub(in crate::supervisor) fn message(fact: &SyncFact) -> String {
    match fact {
        SyncFact::Declared { scope, needs } if needs.is_empty() => format!("{scope} depends on nothing"),
        SyncFact::Declared { scope, needs } => format!("{scope} depends on {}", named(needs)),
        SyncFact::Queued { scope, by, .. } => format!("{scope} waits to be synchronised by {}", by.name),
        SyncFact::Started { scope, by } => format!("{} synchronises {scope}", by.name),
        SyncFact::Completed { scope, by } => format!("{by} completed {scope}"),
        SyncFact::Failed { scope, by, reason } => format!("{scope} failed, synchronised by {by}: {reason}"),
        SyncFact::Retried { scope, retries } => format!("{scope} is tried again (retry {retries})"),
        SyncFact::Changed { scope, by, invalidated } => {
            format!("{by} changed {scope}; these must be synchronised again: {}", named(invalidated))
        }
        SyncFact::Withdrawn { scope } => format!("{scope} no longer waits: its run ended"),
        SyncFact::Forgotten { scope } => format!("the record of {scope} is deleted, to make room for a new scope"),
    }
}

fn named(scopes: &[String]) -> String {
    match scopes.split_at_checked(NAMED_SCOPES_MAX) {
        Some((first, rest)) if !rest.is_empty() => {
            format!("{} and {}", first.join(", "), plural(rest.len() as u32, "other", "others"))
        }
        _ => scopes.join(", "),
    }
}

/// Describes why a command about synchronisation was refused.
pub(in crate::supervisor) fn refusal(denied: &SyncDenied) -> Refusal {
    let hint = |text: &str| Some(text.to_owned());
    let (code, why, hint) = match denied {
        SyncDenied::RunEnded => return Refusal::run_ended(),
        SyncDenied::UnknownScope { scope } => {
            ("unknown_scope", format!("nobody has started `{scope}`"), hint("`qd sync status` lists the scopes"))
        }
        SyncDenied::BadName { .. } => (
            "bad_scope",
            format!("a scope's name has 1 to {SCOPE_BYTES_MAX} bytes, no control characters, no blanks at its ends"),
            None,
        ),
        SyncDenied::Cycle { scopes } => (
            "cycle",
            format!("it would depend on itself: {}", scopes.join(" → ")),
            hint("leave one of these dependencies out"),
        ),
        SyncDenied::TooManyNeeds { needs_max } => {
            ("too_many_needs", format!("a scope depends on at most {needs_max} others"), None)
        }
        SyncDenied::AlreadySyncing { by } => ("already_syncing", format!("{by} synchronises it"), None),
        SyncDenied::AlreadyQueued { by } => ("already_queued", format!("{by} has queued it"), None),
        SyncDenied::AlreadyCompleted => (
            "already_completed",
            "it is completed, and nothing it depends on changed since".into(),
            hint("`qd sync change SCOPE` says that it did"),
        ),
        SyncDenied::NotSyncing => (
            "not_syncing",
            "nobody synchronises it (any more: what it depends on may have changed)".into(),
            hint("`qd sync status SCOPE` shows its state"),
        ),
        SyncDenied::NotYours { by } => ("not_yours", format!("{by} synchronises it"), None),
        SyncDenied::RetriesSpent { retries } => (
            "retries_spent",
            format!("it failed, and so did {}", plural(*retries, "retry", "retries")),
            hint("`qd sync change SCOPE`, when the cause of its failure is fixed"),
        ),
        SyncDenied::QueueFull { queue_max } => {
            ("queue_full", format!("{queue_max} scopes wait, which is the maximum"), None)
        }
        SyncDenied::ScopesFull { scopes_max } => {
            ("scopes_full", format!("{scopes_max} scopes are known, which is the maximum"), None)
        }
    };
    Refusal { code, why, hint }
}
