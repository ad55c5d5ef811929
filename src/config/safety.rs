//! `[safety]`: what is done to notice that something is wrong with the fleet itself.

use quarterdeck_core::policy::{Recovery, SafetyChecks, SafetyPolicy};
use schemars::JsonSchema;
use serde::Deserialize;

/// `[safety]`: what is done to notice that something is wrong with the fleet itself.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct SafetyTable {
    /// Checks everything that must hold after every step, instead of now and then. Slower in a large fleet.
    /// Default: false.
    pub strict: Option<bool>,
    /// Frees what a dead run is found to hold. Default: true.
    pub auto_recovery: Option<bool>,
}

impl SafetyTable {
    /// What the core decides from.
    pub(super) fn policy(&self) -> SafetyPolicy {
        SafetyPolicy {
            checks: if self.strict == Some(true) { SafetyChecks::EveryStep } else { SafetyChecks::Sampled },
            recovery: if self.auto_recovery == Some(false) { Recovery::ByHand } else { Recovery::Automatic },
        }
    }
}
