//! The key `restart` of `[fleet]` and `[agents.NAME]`: the rules by which a run that ended is started again.

use super::values::{Duration, WordOrTable};
use quarterdeck_core::policy::{PERMANENT_CODE, RestartPolicy, RestartWhen as When};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

/// The rules by which a run that ended is started again, as a word or as a table.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(untagged)]
pub(super) enum Restart {
    /// A word that names the endings after which the run is started again; delays have their defaults.
    When(RestartWhen),
    /// A table with all settings of restarts.
    Table(RestartTable),
}

/// The endings after which a run is started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RestartWhen {
    /// The run is never started again.
    Never,
    /// The run is started again when it failed.
    OnFailure,
    /// The run is started again after every ending, unless a person stopped it.
    Always,
}

/// The rules by which a run that ended is started again, as a table.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RestartTable {
    /// The endings after which the run is started again. Default: "on-failure".
    when: Option<RestartWhen>,
    /// The wait before the first restart; it doubles with each failure in a row. Default: "500ms".
    delay: Option<Duration>,
    /// The longest wait before a restart. Default: "30s".
    delay_max: Option<Duration>,
    /// Spread of the wait to either side, in percent. Default: 20.
    #[schemars(range(max = 100))]
    jitter_percent: Option<u8>,
    /// The most restarts within the window; when one more is needed, the agent gives up. Default: 5.
    budget: Option<u32>,
    /// The window of time in which the budget counts restarts. Default: "10m".
    window: Option<Duration>,
    /// The time for which a run must be ready so that the next delay is the first one again. Default: "1m".
    reset_after: Option<Duration>,
    /// Exit codes that count as success. Default: `[0]`.
    success_codes: Option<Vec<u8>>,
    /// Exit codes after which a run is never restarted; 125 is always among them.
    permanent_codes: Option<Vec<u8>>,
}

impl Restart {
    /// Returns what is wrong with the rules as a whole; none if nothing is.
    pub(super) fn problem(&self) -> Option<String> {
        let Restart::Table(table) = self else { return None };
        match (table.delay, table.delay_max) {
            (Some(delay), Some(longest)) if delay > longest => {
                Some(format!("`delay` ({delay}) is longer than `delay_max` ({longest})"))
            }
            _ if table.jitter_percent.is_some_and(|percent| percent > 100) => {
                Some("`jitter_percent` is at most 100".to_owned())
            }
            _ => None,
        }
    }

    /// Returns the rules, with `defaults` for what is not given.
    pub(super) fn policy(&self, defaults: &RestartPolicy) -> RestartPolicy {
        match self {
            Restart::When(when) => RestartPolicy { when: (*when).into(), ..defaults.clone() },
            Restart::Table(table) => in_full(table, defaults),
        }
    }
}

fn in_full(table: &RestartTable, defaults: &RestartPolicy) -> RestartPolicy {
    let span = |given: Option<Duration>, default| given.map_or(default, |duration| duration.0);
    let codes = |given: &Option<Vec<u8>>, default: &[i32]| match given {
        Some(codes) => codes.iter().map(|code| i32::from(*code)).collect(),
        None => default.to_vec(),
    };
    let mut permanent_codes: Vec<i32> = codes(&table.permanent_codes, &defaults.permanent_codes);
    if !permanent_codes.contains(&PERMANENT_CODE) {
        permanent_codes.push(PERMANENT_CODE);
    }
    let delay = span(table.delay, defaults.delay);
    RestartPolicy {
        when: table.when.map_or(defaults.when, When::from),
        delay,
        delay_max: span(table.delay_max, defaults.delay_max.max(delay)),
        jitter_percent: table.jitter_percent.unwrap_or(defaults.jitter_percent),
        budget: table.budget.unwrap_or(defaults.budget),
        window: span(table.window, defaults.window),
        reset_after: span(table.reset_after, defaults.reset_after),
        success_codes: codes(&table.success_codes, &defaults.success_codes),
        permanent_codes,
    }
}

impl From<RestartWhen> for When {
    fn from(when: RestartWhen) -> When {
        match when {
            RestartWhen::Never => When::Never,
            RestartWhen::OnFailure => When::OnFailure,
            RestartWhen::Always => When::Always,
        }
    }
}

impl<'de> Deserialize<'de> for Restart {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WordOrTable {
            expecting: "\"never\", \"on-failure\", \"always\" or a table",
            word: Restart::When,
            table: |table| Ok(Restart::Table(table)),
        })
    }
}
