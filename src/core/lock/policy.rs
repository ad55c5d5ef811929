//! What the configuration says of the locks.

use crate::scope::Resources;
use crate::time::Span;
use serde::{Deserialize, Serialize};

/// What the configuration says of the locks.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct LockPolicy {
    /// The longest a request waits.
    pub max_block: Span,
    /// How long the lease of a holder outside the fleet lasts unless renewed, where it does not say.
    pub ttl: Span,
    /// The longest time to live that can be asked for.
    pub ttl_max: Span,
    /// The named resources.
    pub resources: Resources,
    /// What becomes of a write into a scope that someone else holds.
    pub enforce: Enforce,
    /// Scopes in one request.
    pub scopes_max: u32,
    /// Leases that one party may hold.
    pub party_leases_max: u32,
    /// Requests of one party that may wait.
    pub party_waiting_max: u32,
    /// Leases in all.
    pub leases_max: u32,
    /// Requests that may wait in all.
    pub waiting_max: u32,
    /// The same write into the same lease is recorded once within this.
    pub violation_interval: Span,
}

/// What becomes of a write into a scope that someone else holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Enforce {
    /// Nothing: locks are a courtesy.
    #[default]
    Off,
    /// It is recorded.
    Warn,
    /// It is recorded, and a commit that has it is refused.
    Deny,
}

impl Default for LockPolicy {
    fn default() -> Self {
        LockPolicy {
            max_block: Span::from_secs(300),
            ttl: Span::from_secs(60),
            ttl_max: Span::from_secs(24 * 3_600),
            resources: Resources::new(),
            enforce: Enforce::Off,
            scopes_max: 64,
            party_leases_max: 64,
            party_waiting_max: 16,
            leases_max: 4_096,
            waiting_max: 1_024,
            violation_interval: Span::from_secs(10),
        }
    }
}
