//! The key `ready` of `[agents.NAME]`: the condition that makes a run ready.

use crate::config::values::{Duration, Pattern, WordOrTable};
use quarterdeck_core::policy::Readiness;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

const PROBE_PERIOD_DEFAULT: Duration = Duration::from_secs(2);

/// The condition that makes a run ready, as a word or as a table.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(untagged)]
pub(in crate::config) enum ReadySetting {
    /// The name of a condition that needs no settings.
    Named(ReadyName),
    /// A table with one condition.
    Table(ReadyTable),
}

/// A condition that makes a run ready and needs no settings.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::config) enum ReadyName {
    /// The run is ready when its first byte of output arrives.
    FirstOutput,
}

/// The condition that makes a run ready: one of `pattern`, `delay` and `command`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct ReadyTable {
    /// The run is ready when a line of its output matches this regular expression.
    pattern: Option<Pattern>,
    /// The run is ready this long after its start.
    delay: Option<Duration>,
    /// The run is ready when this command line for `sh -c`, run in the workspace, exits with 0.
    command: Option<String>,
    /// The time from one failure of the command to the next try. Default: "2s".
    period: Option<Duration>,
}

/// The condition that makes a run ready.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ready {
    /// The run is ready when its first byte of output arrives.
    FirstOutput,
    /// The run is ready when a line of its output matches this pattern.
    Pattern(Pattern),
    /// The run is ready when this much time has passed since its start.
    Delay(Duration),
    /// The run is ready when a command line for `sh -c` exits with 0; it is tried again after each `period`.
    Command { command: String, period: Duration },
}

impl Ready {
    /// Returns the condition that a setting describes: the first output, if none is given.
    pub(super) fn of(setting: Option<&ReadySetting>) -> Ready {
        match setting {
            None | Some(ReadySetting::Named(_)) => Ready::FirstOutput,
            Some(ReadySetting::Table(ReadyTable { pattern: Some(pattern), .. })) => Ready::Pattern(pattern.clone()),
            Some(ReadySetting::Table(ReadyTable { command: Some(command), period, .. })) => {
                Ready::Command { command: command.clone(), period: period.unwrap_or(PROBE_PERIOD_DEFAULT) }
            }
            Some(ReadySetting::Table(ReadyTable { delay, .. })) => delay.map_or(Ready::FirstOutput, Ready::Delay),
        }
    }

    /// The condition as the core decides from it.
    pub(super) fn policy(&self) -> Readiness {
        match self {
            Ready::FirstOutput => Readiness::FirstOutput,
            Ready::Pattern(_) => Readiness::Pattern,
            Ready::Delay(span) => Readiness::Delay(span.0),
            Ready::Command { period, .. } => Readiness::Command { period: period.0 },
        }
    }
}

impl<'de> Deserialize<'de> for ReadySetting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WordOrTable {
            expecting: "\"first-output\" or a table with one of `pattern`, `delay` and `command`",
            word: ReadySetting::Named,
            table: exactly_one_condition,
        })
    }
}

/// Checks that a readiness table has exactly one condition; `period` belongs to `command`.
fn exactly_one_condition(table: ReadyTable) -> Result<ReadySetting, &'static str> {
    let conditions = [table.pattern.is_some(), table.delay.is_some(), table.command.is_some()];
    match conditions.iter().filter(|given| **given).count() {
        1 if table.period.is_some() && table.command.is_none() => Err("`period` needs `command`"),
        1 => Ok(ReadySetting::Table(table)),
        _ => Err("expected exactly one of `pattern`, `delay` and `command`"),
    }
}
