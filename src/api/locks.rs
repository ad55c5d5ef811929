//! Locks as the control plane shows, grants and refuses them.
//!
//! | request | answer |
//! |---|---|
//! | `GET /locks` | [`Locks`] |
//! | `POST /locks/acquire` [`Acquire`] | [`Granted`]; with `Accept: text/event-stream` first any number of `waiting` ([`Waiting`]), then one `granted` ([`Granted`]) or `refused` (`Problem`) |
//! | `POST /locks/release` [`Release`] | [`Released`] |
//! | `POST /locks/renew` [`Renew`] | [`Granted`] |
//! | `POST /locks/force` [`Force`] | [`Released`] |
//! | `GET /locks/check?scope=S&token=N` | [`Checked`] |
//! | `POST /locks/guard` [`Guard`] | [`Guarded`] |
//!
//! Their history is the fleet's: `GET /events?type=lock`.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Whether others may hold the same scope at the same time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LockMode {
    /// Nobody else holds it, nor anything above or below it.
    #[default]
    Exclusive,
    /// Others may share it. For paths only.
    Shared,
}

/// One scope that is wanted or held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LockScope {
    /// A path of the repository (`src/parser`), or a named resource (`gpu`).
    pub scope: String,
    /// Whether others may share it.
    #[serde(default)]
    pub mode: LockMode,
    /// The unit of a resource that was handed out: a port, a slot. Only in answers, only for resources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<u32>,
}

/// Ask for scopes: all of them, or none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Acquire {
    /// What is wanted.
    pub scopes: Vec<LockScope>,
    /// How long to wait for it, in milliseconds; 0 does not wait. None: as configured (`max_block`).
    #[serde(default)]
    pub wait_ms: Option<u64>,
    /// The lease ends unless it is renewed within this, in milliseconds. None: a run's lease lasts as long as the
    /// run, and that of a holder outside the fleet as configured (`lock_ttl`).
    #[serde(default)]
    pub ttl_ms: Option<u64>,
    /// For a caller outside the fleet: by which name it is known. Runs are known by their token.
    #[serde(default)]
    pub holder: Option<String>,
    /// A word of the caller's choice: asking again with it, after a lost connection, does not ask twice.
    #[serde(default)]
    pub key: Option<String>,
    /// What for, in a few words; others see it.
    #[serde(default)]
    pub purpose: Option<String>,
    /// What ends it, besides those who give it back or take it.
    #[serde(default)]
    pub ends_with: EndsWith,
}

/// What ends a lease, besides those who give it back or take it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndsWith {
    /// The end of its holder's run, or of its time to live.
    #[default]
    Holder,
    /// The same, and the end of the process that asks.
    Process,
}

/// What was granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Granted {
    /// The lease: `l7`.
    pub lease: String,
    /// Its fencing token: larger than that of any lease before it.
    pub token: u64,
    /// What it is of; resources with their unit.
    pub scopes: Vec<LockScope>,
    /// When it ends unless renewed, in milliseconds since the Unix epoch; none: with its run.
    pub expires_ms: Option<u64>,
    /// How long it was waited for, in milliseconds.
    pub waited_ms: u64,
}

impl Granted {
    /// The variables in which a lease is told to a command: what it is of, and its token.
    pub fn variables(&self) -> Vec<(String, String)> {
        let names: Vec<&str> = self.scopes.iter().map(|scope| scope.scope.as_str()).collect();
        let mut variables = vec![
            ("QD_LOCK_LEASE".to_owned(), self.lease.clone()),
            ("QD_LOCK_TOKEN".to_owned(), self.token.to_string()),
            ("QD_LOCK_SCOPES".to_owned(), names.join("\n")),
        ];
        for scope in &self.scopes {
            let Some(unit) = scope.unit else { continue };
            let name = unit_variable(&scope.scope);
            match variables.iter_mut().find(|(known, _)| *known == name) {
                Some((_, units)) => *units += &format!(" {unit}"),
                None => variables.push((name, unit.to_string())),
            }
        }
        variables
    }
}

/// `QD_LOCK_UNIT_BUILD_SLOT` for the resource `build-slot`.
fn unit_variable(resource: &str) -> String {
    let fit = |character: char| if character.is_ascii_alphanumeric() { character.to_ascii_uppercase() } else { '_' };
    format!("QD_LOCK_UNIT_{}", resource.chars().map(fit).collect::<String>())
}

/// Whoever asked must wait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Waiting {
    /// The request: `q7`.
    pub request: String,
    /// Whom for, nearest first: holders, then those before it in the line.
    pub behind: Vec<Blocker>,
    /// How many wait before it for what it wants.
    pub ahead: u32,
    /// When it is given up, in milliseconds since the Unix epoch.
    pub until_ms: u64,
}

/// Who is in the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Blocker {
    /// The party: an agent's name, `task NAME`, or the name of a holder outside the fleet.
    pub who: String,
    /// What it holds, or waits for.
    pub scope: String,
    /// Whether it holds it, or waits before us.
    pub holds: bool,
    /// Since when, in milliseconds since the Unix epoch.
    pub since_ms: u64,
}

/// Give back: a lease, or one scope, or everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// The lease: `l7`.
    #[serde(default)]
    pub lease: Option<String>,
    /// Every lease of the caller's on exactly this scope, instead.
    #[serde(default)]
    pub scope: Option<String>,
    /// All that the caller holds, instead.
    #[serde(default)]
    pub all: bool,
    /// For a caller outside the fleet: by which name it is known.
    #[serde(default)]
    pub holder: Option<String>,
}

/// What was given back, or taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Released {
    /// The leases that ended.
    pub leases: Vec<String>,
    /// How many requests were granted by it.
    pub granted: u32,
}

/// Lengthen a lease that has a time to live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Renew {
    /// The lease: `l7`.
    pub lease: String,
    /// From now until it ends, in milliseconds; none: as long as before.
    #[serde(default)]
    pub ttl_ms: Option<u64>,
}

/// Take a lease from its holder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Force {
    /// The lease (`l7`), or a scope: every lease on exactly it.
    pub what: String,
    /// Why. The holder is told, and it is recorded.
    pub reason: String,
}

/// `GET /locks/check` query.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct CheckQuery {
    /// What is about to be touched.
    pub scope: String,
    /// The token that is to allow it.
    pub token: u64,
}

/// Whether a token allows touching a scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Checked {
    /// Whether a current lease with this token covers the scope.
    pub valid: bool,
    /// Why not: `lease l7 was taken by force by person: REASON`, `held by builder since …`, `never granted`.
    pub why: Option<String>,
}

/// Who holds what, who waits for what.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Locks {
    /// Leases, oldest first.
    pub leases: Vec<Lease>,
    /// Requests that wait, in the order in which they were asked.
    pub waiting: Vec<Request>,
    /// The named resources.
    pub resources: Vec<Resource>,
    /// The newest refusals of a request that would have closed a cycle of waiters, newest first.
    pub cycles: Vec<Cycle>,
    /// What happened so far.
    pub statistics: LockStatistics,
}

/// A lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Lease {
    /// Its name: `l7`.
    pub lease: String,
    /// Who holds it: an agent's name, `task NAME`, or the name of a holder outside the fleet.
    pub holder: String,
    /// The holder's agent, if it is a run or a task that one works on.
    pub agent: Option<String>,
    /// The run it is bound to: `r17`.
    pub run: Option<String>,
    /// What it is of.
    pub scopes: Vec<LockScope>,
    /// Its fencing token.
    pub token: u64,
    /// Since when, in milliseconds since the Unix epoch.
    pub since_ms: u64,
    /// When it ends unless renewed; none: with its holder.
    pub expires_ms: Option<u64>,
    /// Whether its time stands still, because its holder is paused.
    pub paused: bool,
    /// What for.
    pub purpose: Option<String>,
}

/// A request that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Request {
    /// Its name: `q7`.
    pub request: String,
    /// Who asks.
    pub holder: String,
    /// The agent that asks, if it is one.
    pub agent: Option<String>,
    /// What is wanted.
    pub scopes: Vec<LockScope>,
    /// Since when it waits, in milliseconds since the Unix epoch.
    pub since_ms: u64,
    /// When it is given up.
    pub until_ms: Option<u64>,
    /// Whom it waits for.
    pub behind: Vec<Blocker>,
    /// What for.
    pub purpose: Option<String>,
}

/// A named resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Resource {
    /// Its name in `[resources]`.
    pub name: String,
    /// How many may hold it at a time.
    pub capacity: u32,
    /// How many do.
    pub held: u32,
    /// The first number handed out; none for one that has no numbers of its own.
    pub first: Option<u32>,
}

/// A request that was refused because it would have closed a cycle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Cycle {
    /// When.
    pub at_ms: u64,
    /// Who asked.
    pub who: String,
    /// For what.
    pub scopes: Vec<String>,
    /// The cycle in words: `a waits for src held by b, b waits for docs held by a`.
    pub cycle: String,
}

/// Counts since the fleet's journal began.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LockStatistics {
    /// Requests granted.
    pub granted: u64,
    /// Of those, how many had to wait.
    pub waited: u64,
    /// The longest wait, in milliseconds.
    pub longest_wait_ms: u64,
    /// The sum of all waits, in milliseconds.
    pub total_wait_ms: u64,
    /// Requests given up because the wait became too long.
    pub timed_out: u64,
    /// Requests refused because they would have closed a cycle.
    pub cycles_refused: u64,
    /// Leases that ended because they were not renewed.
    pub expired: u64,
    /// Leases taken by force.
    pub forced: u64,
    /// Writes seen into a scope that another run held.
    pub violations: u64,
}

/// Whether these files may be committed: what the pre-commit guard asks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Guard {
    /// The files that the commit changes, relative to the repository's top.
    pub paths: Vec<String>,
    /// The agent whose worktree it is. A run with a token is itself, whatever this says.
    #[serde(default)]
    pub agent: Option<String>,
}

/// What stands against a commit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Guarded {
    /// What the configuration says is done about it.
    pub enforce: Enforce,
    /// The files that lie in what others hold, in the order given.
    pub held: Vec<HeldPath>,
}

/// What is done about a write or a commit into what another holds: `enforce` in `[coordination]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Enforce {
    /// Nothing.
    #[default]
    Off,
    /// It is told.
    Warn,
    /// It is refused.
    Deny,
}

/// A file that lies in what someone else holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HeldPath {
    /// The file.
    pub path: String,
    /// The scope that covers it.
    pub scope: String,
    /// The lease.
    pub lease: String,
    /// Who holds it.
    pub holder: String,
    /// Since when, in milliseconds since the Unix epoch.
    pub since_ms: u64,
}
