//! `[coordination]`: locks, tasks, messages and shared state between agents.

use super::problem::Problem;
use super::resources::ResourcesTable;
use super::values::{Duration, RESERVED, RelativePath, Units};
use super::written::Written;
use crate::place::CONFIG_FILE;
use quarterdeck_core::lock::{self, LockPolicy};
use quarterdeck_core::policy::{Coordination, CoordinationPolicy};
use quarterdeck_core::scope::Resource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

/// `[coordination]`: locks, tasks, messages and shared state between agents.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct CoordinationTable {
    /// Whether agents are coordinated at all. If false, every request about locks, tasks, messages or shared state is
    /// refused. Default: true.
    enabled: Option<bool>,
    /// The reaction to a write or a commit of something that another agent has locked. "off": none. "warn": a write
    /// into a shared workspace is recorded, a commit in a worktree gives a warning. "deny": the write is recorded with
    /// both versions of the file, the commit is refused. Default: "off".
    enforce: Option<Enforce>,
    /// The time that a request for a lock waits, if the request itself sets none. Default: "5m".
    max_block: Option<Duration>,
    /// The time that a lease of a holder outside the fleet lasts unless it is renewed. Default: "1m".
    lock_ttl: Option<Duration>,
    /// The most scopes that one request may name. Default: 64.
    max_scopes: Option<NonZeroU32>,
    /// The most leases that one holder may have at a time. Default: 64.
    max_leases: Option<NonZeroU32>,
    /// The most requests of one party that may wait at a time. Default: 16.
    max_waiting: Option<NonZeroU32>,
    /// A YAML file, below this file's directory, that mirrors the shared state and each agent's status for other
    /// programs to read. Nothing is read from it. Default: none.
    statefile: Option<RelativePath>,
}

/// The reaction to a write or a commit of something that another agent has locked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Enforce {
    /// No reaction: locks bind only agents that ask for them.
    #[default]
    Off,
    /// The write is recorded, and a commit gives a warning.
    Warn,
    /// The write is recorded with both versions of the file, and the commit is refused.
    Deny,
}

/// The settings of `[coordination]` and `[resources]`, with defaults filled in, for the rest of the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoordinationSettings {
    /// Whether agents are coordinated at all.
    pub mode: Coordination,
    /// The reaction to a write or a commit of something that another agent has locked.
    pub enforce: Enforce,
    /// The time that a request for a lock waits, if the request itself sets none.
    pub max_block: Duration,
    /// The time that a lease of a holder outside the fleet lasts unless it is renewed.
    pub lock_ttl: Duration,
    /// The most scopes that one request may name.
    pub scopes_max: u32,
    /// The most leases that one holder may have at a time.
    pub leases_max: u32,
    /// The most requests of one party that may wait at a time.
    pub waiting_max: u32,
    /// The resources beside paths that can be locked, by name.
    pub resources: ResourcesTable,
    /// Path of the file that mirrors the shared state, below the root; none if there is no mirror.
    pub statefile: Option<RelativePath>,
}

impl CoordinationSettings {
    /// The policy from which the core decides about locks and the rest of coordination.
    pub fn policy(&self) -> CoordinationPolicy {
        CoordinationPolicy { mode: self.mode, locks: self.locks(), ..CoordinationPolicy::default() }
    }

    fn locks(&self) -> LockPolicy {
        let resource =
            |(name, units): (&String, &Units)| (name.clone(), Resource { capacity: units.count, first: units.first });
        LockPolicy {
            max_block: self.max_block.0,
            ttl: self.lock_ttl.0,
            resources: self.resources.iter().map(resource).collect(),
            enforce: match self.enforce {
                Enforce::Off => lock::Enforce::Off,
                Enforce::Warn => lock::Enforce::Warn,
                Enforce::Deny => lock::Enforce::Deny,
            },
            scopes_max: self.scopes_max,
            party_leases_max: self.leases_max,
            party_waiting_max: self.waiting_max,
            ..LockPolicy::default()
        }
    }
}

/// The largest value of a limit that can be configured. Beyond it, the value is a mistake, and the configuration is
/// refused.
const LIMIT_MAX: u32 = 10_000;
/// The shortest time to live of a lease: a shorter one would end before it could be renewed.
const LOCK_TTL_MIN: Duration = Duration::from_secs(1);

/// Checks the table as a whole and reports its problems.
pub(super) fn check(written: &Written<CoordinationTable>, problems: &mut Vec<Problem>) {
    let table = &written.table;
    if table.lock_ttl.is_some_and(|ttl| ttl < LOCK_TTL_MIN) {
        let what = format!("`lock_ttl` is at least {LOCK_TTL_MIN}: a lease must be renewed before it ends");
        problems.push(Problem::at(written.span("lock_ttl"), what));
    }
    if let Some(what) = table.statefile.as_ref().and_then(statefile_problem) {
        let problem = Problem::at(written.span("statefile"), what);
        problems.push(problem.hint("write for example statefile = \"state.yaml\""));
    }
    let limits =
        [("max_scopes", table.max_scopes), ("max_leases", table.max_leases), ("max_waiting", table.max_waiting)];
    for (key, _) in limits.iter().filter(|(_, limit)| limit.is_some_and(|limit| limit.get() > LIMIT_MAX)) {
        problems.push(Problem::at(written.span(key), format!("`{key}` is at most {LIMIT_MAX}")));
    }
}

/// Returns what is wrong with the path of the state file: it belongs to git, to Quarterdeck, or names no file.
fn statefile_problem(path: &RelativePath) -> Option<String> {
    match path.first() {
        None => Some("`statefile` is a directory".to_owned()),
        Some(taken) if taken == CONFIG_FILE || RESERVED.contains(&taken) => {
            Some(format!("`statefile` can't be inside `{taken}`"))
        }
        Some(_) => None,
    }
}

impl CoordinationTable {
    /// The settings of this table and of `[resources]`, with defaults filled in. The tables must have been checked.
    pub(super) fn settings(&self, resources: ResourcesTable) -> CoordinationSettings {
        let or = |value: Option<NonZeroU32>, default: u32| value.map_or(default, NonZeroU32::get);
        let defaults = LockPolicy::default();
        CoordinationSettings {
            mode: if self.enabled.unwrap_or(true) { Coordination::On } else { Coordination::Off },
            enforce: self.enforce.unwrap_or_default(),
            max_block: self.max_block.unwrap_or(Duration(defaults.max_block)),
            lock_ttl: self.lock_ttl.unwrap_or(Duration(defaults.ttl)),
            scopes_max: or(self.max_scopes, defaults.scopes_max),
            leases_max: or(self.max_leases, defaults.party_leases_max),
            waiting_max: or(self.max_waiting, defaults.party_waiting_max),
            resources,
            statefile: self.statefile.clone(),
        }
    }
}
