//! A fact as clients read it: one line for people, and data for programs.

use super::data::data;
use super::{agent, lock, mail, plan, state, sync, task};
use crate::api::events::{EventRecord, Severity};
use quarterdeck_core::fact::{Fact, FactKind};
use quarterdeck_core::view::View;

/// Returns the fact as clients read it; `name` is the name of the agent that it is about.
pub(in crate::supervisor) fn record(fact: &Fact, name: Option<&String>, view: &View) -> EventRecord {
    EventRecord {
        seq: fact.seq,
        at_ms: fact.at.0,
        kind: fact.kind.type_name().to_owned(),
        severity: severity(fact.kind.severity()),
        agent: name.cloned(),
        run: fact.run.map(|run| run.to_string()),
        message: message(&fact.kind, view),
        data: data(&fact.kind, view),
    }
}

fn severity(severity: quarterdeck_core::severity::Severity) -> Severity {
    use quarterdeck_core::severity::Severity as Core;
    match severity {
        Core::Debug => Severity::Debug,
        Core::Info => Severity::Info,
        Core::Warning => Severity::Warning,
        Core::Error => Severity::Error,
        Core::Critical => Severity::Critical,
    }
}

fn message(kind: &FactKind, view: &View) -> String {
    match kind {
        FactKind::Lock(fact) => lock::fact::message(fact, view),
        FactKind::Task(fact) => task::fact::message(fact, view),
        FactKind::Plan(fact) => plan::fact::message(fact, view),
        FactKind::Message(fact) => mail::message(fact, view),
        FactKind::State(fact) => state::message(fact),
        FactKind::Sync(fact) => sync::message(fact),
        kind => agent::fact::message(kind, view),
    }
}
