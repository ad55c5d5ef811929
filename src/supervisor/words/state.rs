//! Shared state in words: what happened to it, and why a command was refused.

use super::common::Refusal;
use quarterdeck_core::shared::{Attempt, Entry, KEY_BYTES_MAX, SharedDenied, SharedFact};

/// The most characters of a value that its fact shows. Beyond it, the fact's data has the rest.
const EXCERPT_CHARACTERS_MAX: usize = 60;

/// Describes a fact about shared state in one line for people.
pub(in crate::supervisor) fn message(fact: &SharedFact) -> String {
    match fact {
        SharedFact::Set { name, key, entry, .. } => {
            let Entry { value, version, by, .. } = entry;
            format!("{by} set {key} of {name} to {} (version {version})", excerpt(value))
        }
        SharedFact::Conflict { name, key, refused, current, .. } => {
            let Attempt { value, version, by } = refused;
            let found = match current {
                Some(Entry { value, version, by, .. }) => format!("{by} set {} (version {version})", excerpt(value)),
                None => "the value does not exist".to_owned(),
            };
            format!("{by} could not set {key} of {name} to {} after version {version}: {found}", excerpt(value))
        }
        SharedFact::Cleared { name, key: Some(key), by, .. } => format!("{by} removed {key} of {name}"),
        SharedFact::Cleared { name, by, cleared, .. } => format!("{by} removed all {cleared} values of {name}"),
    }
}

fn excerpt(value: &str) -> String {
    let mut text: String = value.chars().filter(|c| !c.is_control()).take(EXCERPT_CHARACTERS_MAX).collect();
    if text.len() < value.len() {
        text.push('…');
    }
    text
}

/// Describes why a command about shared state was refused.
pub(in crate::supervisor) fn refusal(denied: &SharedDenied) -> Refusal {
    let hint = |text: &str| Some(text.to_owned());
    let (code, why, hint) = match denied {
        SharedDenied::RunEnded => return Refusal::run_ended(),
        SharedDenied::UnknownAgent => return Refusal::unknown_agent(),
        SharedDenied::UnknownKey { key } => {
            ("unknown_key", format!("there is no value `{key}`"), hint("`qd state list` shows all values"))
        }
        SharedDenied::BadKey => {
            ("bad_key", format!("a key has 1 to {KEY_BYTES_MAX} letters, digits, `.`, `_`, `-` and `:`"), None)
        }
        SharedDenied::NotYours => (
            "not_yours",
            "an agent may set its own values, and single values of the fleet".into(),
            hint("send a message to the other agent: `qd msg send`"),
        ),
        SharedDenied::Conflict { expected, current } => (
            "conflict",
            match current {
                Some(entry) => format!("version {} is the current one, set by {}", entry.version, entry.by),
                None => format!("there is no value, so none of version {expected}"),
            },
            hint("read it again, and set it with the version you read"),
        ),
        SharedDenied::ValueTooLong { value_bytes_max } => {
            ("too_long", format!("a value has at most {value_bytes_max} bytes of JSON"), None)
        }
        SharedDenied::KeysFull { keys_max } => (
            "keys_full",
            format!("it has {keys_max} values, which is the maximum"),
            hint("`qd state clear` removes some"),
        ),
        SharedDenied::StateFull { total_bytes_max } => (
            "state_full",
            format!("all values together have at most {total_bytes_max} bytes"),
            hint("`qd state clear` removes some"),
        ),
    };
    Refusal { code, why, hint }
}
