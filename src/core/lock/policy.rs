//! The configuration of the locks.

use crate::scope::Resources;
use crate::time::Span;
use serde::{Deserialize, Serialize};

/// The configuration of the locks.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct LockPolicy {
    /// The longest time that a request waits.
    pub max_block: Span,
    /// The time to live of the lease of a holder outside the fleet, if the request names none.
    pub ttl: Span,
    /// The longest time to live that a request may ask for.
    pub ttl_max: Span,
    /// The named resources that can be locked.
    pub resources: Resources,
    /// The reaction to a write into a scope that another party holds.
    pub enforce: Enforce,
    /// The most scopes in one request.
    pub scopes_max: u32,
    /// The most leases that one party may hold.
    pub party_leases_max: u32,
    /// The most waiting requests of one party.
    pub party_waiting_max: u32,
    /// The most leases of all parties together.
    pub leases_max: u32,
    /// The most waiting requests of all parties together.
    pub waiting_max: u32,
    /// The interval in which the same write into the same lease is recorded only once.
    pub violation_interval: Span,
}

/// The reaction to a write into a scope that another party holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Enforce {
    /// Such a write is ignored: locks are advisory only.
    #[default]
    Off,
    /// Such a write is recorded.
    Warn,
    /// Such a write is recorded, and a commit that contains it is refused.
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
