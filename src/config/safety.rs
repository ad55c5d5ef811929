//! `[safety]`: the checks by which the supervisor notices that something is wrong with the fleet itself.

use quarterdeck_core::policy::{Recovery, SafetyChecks, SafetyPolicy};
use schemars::JsonSchema;
use serde::Deserialize;

/// `[safety]`: the checks by which the supervisor notices that something is wrong with the fleet itself.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct SafetyTable {
    /// Whether everything that must always hold is checked after every step, instead of now and then. Slower in a large
    /// fleet. Default: false.
    strict: Option<bool>,
    /// Whether locks and tasks that a dead run still holds are freed. Default: true.
    auto_recovery: Option<bool>,
}

impl SafetyTable {
    /// The safety settings from which the core decides.
    pub(super) fn policy(&self) -> SafetyPolicy {
        SafetyPolicy {
            checks: if self.strict == Some(true) { SafetyChecks::EveryStep } else { SafetyChecks::Sampled },
            recovery: if self.auto_recovery == Some(false) { Recovery::ByHand } else { Recovery::Automatic },
        }
    }
}
