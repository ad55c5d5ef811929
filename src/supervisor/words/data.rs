//! A fact's data for programs. What clients read of it is written from the types of the API (`api/facts`); the rest is as
//! the core stores it.

use super::plan;
use crate::api::facts::{Data, Ended, Letter, OfLease, OfPlan, OfTask, Outcome, Sent, TreeReport};
use quarterdeck_core::ending;
use quarterdeck_core::fact::FactKind;
use quarterdeck_core::lock::LockFact;
use quarterdeck_core::mail::MailFact;
use quarterdeck_core::view::View;
use serde_json::Value;

/// Returns the data of a fact as JSON, without the name of its kind; `null` if it has no data.
pub(in crate::supervisor) fn data(kind: &FactKind, view: &View) -> Value {
    let mut data = stored(kind, view);
    if let Some(read) = read_by_clients(kind).and_then(|read| serde_json::to_value(read).ok()) {
        merge(&mut data, read);
    }
    data
}

/// Returns the data as the core stores it.
fn stored(kind: &FactKind, view: &View) -> Value {
    let variant = match kind {
        FactKind::Lock(fact) => serde_json::to_value(fact),
        FactKind::Task(fact) => serde_json::to_value(fact),
        FactKind::Plan(fact) => return plan::fact::data(fact, view),
        FactKind::Message(fact) => serde_json::to_value(fact),
        FactKind::State(fact) => serde_json::to_value(fact),
        FactKind::Sync(fact) => serde_json::to_value(fact),
        kind => serde_json::to_value(kind),
    };
    match variant {
        Ok(Value::Object(variant)) => variant.into_iter().next().map(|(_, data)| data).unwrap_or_default(),
        _ => Value::Null,
    }
}

/// Returns the part of the data that clients read; none if they read nothing of this kind.
fn read_by_clients(kind: &FactKind) -> Option<Data> {
    match kind {
        FactKind::Ended { outcome, report, .. } => Some(Data::Ended(Ended {
            outcome: Some(match outcome {
                ending::Outcome::Completed => Outcome::Completed,
                ending::Outcome::Failed => Outcome::Failed,
                ending::Outcome::Terminated => Outcome::Terminated,
            }),
            report: tree_report(*report),
        })),
        FactKind::Task(fact) => fact.task().map(|task| Data::Task(OfTask { task: task.0 })),
        FactKind::Plan(fact) => Some(Data::Plan(OfPlan { plan: fact.plan().to_string() })),
        FactKind::Lock(LockFact::Ended { token, .. }) => Some(Data::Lease(OfLease { token: token.0 })),
        FactKind::Message(MailFact::Sent { letter, .. }) => {
            Some(Data::Sent(Sent { letter: Letter { topic: letter.topic.clone() } }))
        }
        _ => None,
    }
}

/// Returns how the processes of a run's tree ended, as clients read it.
pub(in crate::supervisor) fn tree_report(report: ending::TreeReport) -> TreeReport {
    TreeReport { ended: report.left_on_signal, killed: report.killed }
}

/// Writes one value into another, object by object.
fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            from.into_iter().for_each(|(key, value)| merge(into.entry(key).or_insert(Value::Null), value));
        }
        (into, from) => *into = from,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::events::{EventRecord, Severity};
    use crate::api::facts::{Kind, Scope, Subject};
    use quarterdeck_core::lock::LeaseEnd;
    use quarterdeck_core::plan::PlanFact;
    use quarterdeck_core::shared::SharedFact;
    use quarterdeck_core::sync::SyncFact;
    use quarterdeck_core::task::TaskFact;
    use serde::de::DeserializeOwned;
    use serde_reflection::{Samples, Tracer, TracerConfig};

    /// A value of each variant.
    fn all<T: DeserializeOwned>() -> Vec<T> {
        // Some types that are parsed from text reject an empty text.
        let mut tracer = Tracer::new(TracerConfig::default().default_string_value("x".to_owned()));
        tracer.trace_type::<T>(&Samples::new()).expect("a type that can be made up").1
    }

    /// A fact of each kind.
    fn facts() -> Vec<FactKind> {
        let own = all::<FactKind>().into_iter().filter(|kind| !matches!(kind, FactKind::Lock(_) | FactKind::Task(_)));
        let own = own.filter(|kind| !matches!(kind, FactKind::Plan(_) | FactKind::Message(_)));
        let mut facts: Vec<FactKind> =
            own.filter(|kind| !matches!(kind, FactKind::State(_) | FactKind::Sync(_))).collect();
        for fact in all::<LockFact>() {
            match fact {
                LockFact::Ended { lease, token, holder, scopes, .. } => {
                    let ended =
                        |why| LockFact::Ended { lease, token, holder: holder.clone(), scopes: scopes.clone(), why };
                    facts.extend(all::<LeaseEnd>().into_iter().map(|why| FactKind::Lock(ended(why))));
                }
                fact => facts.push(FactKind::Lock(fact)),
            }
        }
        facts.extend(all::<TaskFact>().into_iter().map(FactKind::Task));
        facts.extend(all::<PlanFact>().into_iter().map(FactKind::Plan));
        facts.extend(all::<MailFact>().into_iter().map(FactKind::Message));
        facts.extend(all::<SharedFact>().into_iter().map(FactKind::State));
        facts.extend(all::<SyncFact>().into_iter().map(FactKind::Sync));
        facts
    }

    fn record(kind: &FactKind) -> EventRecord {
        let (agent, run, message) = (None, None, String::new());
        let (data, kind) = (data(kind, &View::default()), kind.type_name().to_owned());
        EventRecord { seq: 1, at_ms: 0, kind, severity: Severity::Info, agent, run, message, data }
    }

    /// What programs read: a field that the core renames changes a line here.
    #[test]
    fn the_data_of_every_kind_stays_as_programs_read_it() {
        let lines: Vec<String> =
            facts().iter().map(record).map(|fact| format!("{} {}", fact.kind, fact.data)).collect();
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn clients_find_in_the_facts_what_they_read() {
        let records: Vec<EventRecord> = facts().iter().map(record).collect();
        let is_notice = |kind: &&Kind| {
            matches!(
                kind,
                Kind::ConfigApplied | Kind::ConfigRejected | Kind::LockConflictKept | Kind::LockConflictTaken
            )
        };
        for kind in Kind::ALL.iter().filter(|kind| !is_notice(kind)) {
            let record = records.iter().find(|record| record.known() == Some(*kind));
            let record = record.unwrap_or_else(|| panic!("no fact is of the kind {}", kind.text()));
            match Subject::of(&record.kind) {
                Subject::Task => assert_eq!(record.task().as_deref(), Some("t0")),
                Subject::Plan => assert_eq!(record.plan().as_deref(), Some("p0")),
                Subject::Lock => assert_eq!(record.ended_lease(), Some(0)),
                Subject::Message => assert_eq!(record.sent_to_topic().as_deref(), Some("x")),
                Subject::Agent if *kind == Kind::AgentEnded => {
                    assert_eq!(record.ended().and_then(|ended| ended.outcome), Some(Outcome::Completed));
                }
                Subject::Agent | Subject::Other => {}
            }
        }
        let ended = records.iter().find(|record| record.known() == Some(Kind::LockReleased)).expect("an end");
        assert_eq!(ended.scopes(), [Scope::Path("x".to_owned())], "{ended:?}");
    }
}
