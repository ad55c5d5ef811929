//! JSON bodies with which the control plane shows, grants and refuses locks.
//!
//! The history of locks is part of the fleet's history: `GET /events?type=lock`.

use super::route::routes;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

routes! {
    pub const ROUTES;
    pub const LIST_LOCKS: GET "/locks", () => Locks;
    pub const ACQUIRE_LOCK: POST "/locks/acquire", Acquire => Granted;
    pub const RELEASE_LOCK: POST "/locks/release", Release => Released;
    pub const RENEW_LOCK: POST "/locks/renew", Renew => Granted;
    pub const FORCE_LOCK: POST "/locks/force", Force => Released;
    pub const CHECK_LOCK: GET "/locks/check", CheckQuery => Checked;
    pub const GUARD_COMMIT: POST "/locks/guard", Guard => Guarded;
}

/// Whether several parties may hold a scope at the same time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LockMode {
    /// Only one party holds the scope, and nobody else holds anything above or below it.
    #[default]
    Exclusive,
    /// Several parties may hold the scope. This is for paths only.
    Shared,
}

/// One scope that is requested or held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LockScope {
    /// The scope: a path of the repository (`src/parser`) or a named resource (`gpu`).
    pub scope: String,
    /// Whether other parties may hold the scope too.
    #[serde(default)]
    pub mode: LockMode,
    /// The unit of a resource that was granted: a port, a slot. It is only in answers and only for resources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<u32>,
}

/// Body of `POST /locks/acquire`: a request for scopes, of which all or none are granted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Acquire {
    /// The scopes that are requested.
    pub scopes: Vec<LockScope>,
    /// How long to wait for the grant, in milliseconds; 0 does not wait. Default: `max_block` of the configuration.
    #[serde(default)]
    pub wait_ms: Option<u64>,
    /// How long until the lease ends unless it is renewed, in milliseconds. Default: the lease of a run lasts as long
    /// as the run, and the lease of a holder outside the fleet lasts as long as `lock_ttl` of the configuration.
    #[serde(default)]
    pub ttl_ms: Option<u64>,
    /// For a caller outside the fleet: the name of the holder. A run is known by its process tree or its secret.
    #[serde(default)]
    pub holder: Option<String>,
    /// A key that the caller chooses: a second request with the same key, after a lost connection, does not request
    /// again.
    #[serde(default)]
    pub key: Option<String>,
    /// The purpose of the lease in a few words, which others can read.
    #[serde(default)]
    pub purpose: Option<String>,
    /// The events that end the lease, besides a release or a forced release.
    #[serde(default)]
    pub ends_with: EndsWith,
}

/// The events that end a lease, besides a release or a forced release.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndsWith {
    /// The lease ends with its holder's run, or when its time to live has ended.
    #[default]
    Holder,
    /// The lease ends like that of `Holder`, and also with the process that requests it.
    Process,
}

/// Answer to a lock request that was granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Granted {
    /// Name of the lease: `l7`.
    pub lease: String,
    /// The lease's fencing token, which is larger than that of any earlier lease.
    pub token: u64,
    /// The scopes of the lease, with the unit for each resource.
    pub scopes: Vec<LockScope>,
    /// When the lease ends unless it is renewed, in milliseconds since the Unix epoch; none if it ends with its run.
    pub expires_ms: Option<u64>,
    /// How long the request waited, in milliseconds.
    pub waited_ms: u64,
}

impl Granted {
    /// Returns the environment variables that tell a command the lease's scopes and its token.
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

/// Returns the variable's name for a resource: `QD_LOCK_UNIT_BUILD_SLOT` for `build-slot`.
fn unit_variable(resource: &str) -> String {
    let fit = |character: char| if character.is_ascii_alphanumeric() { character.to_ascii_uppercase() } else { '_' };
    format!("QD_LOCK_UNIT_{}", resource.chars().map(fit).collect::<String>())
}

/// Answer to a lock request that must wait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Waiting {
    /// Name of the waiting request: `q7`.
    pub request: String,
    /// The parties to wait for, nearest first: the holders, then the requests that are ahead in the queue.
    pub behind: Vec<Blocker>,
    /// How many requests wait before this one for the same scopes.
    pub ahead: u32,
    /// When the request is given up, in milliseconds since the Unix epoch.
    pub until_ms: u64,
}

/// A party that is in the way of a lock request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Blocker {
    /// Name of the party: an agent's name, `task NAME`, or the name of a holder outside the fleet.
    pub who: String,
    /// The scope that the party holds or waits for.
    pub scope: String,
    /// Whether the party holds the scope; otherwise it waits before the requester.
    pub holds: bool,
    /// When the party got the scope or began to wait for it, in milliseconds since the Unix epoch.
    pub since_ms: u64,
}

impl Blocker {
    /// Returns who is in the way, in words: `builder holds src`, `tests waits for src`.
    pub fn words(&self) -> String {
        match self.holds {
            true => format!("{} holds {}", self.who, self.scope),
            false => format!("{} waits for {}", self.who, self.scope),
        }
    }
}

/// Body of `POST /locks/release`: the leases to release.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// Name of the lease to release: `l7`.
    #[serde(default)]
    pub lease: Option<String>,
    /// Instead of `lease`: release every lease of the caller on exactly this scope.
    #[serde(default)]
    pub scope: Option<String>,
    /// Instead of `lease`: release every lease of the caller.
    #[serde(default)]
    pub all: bool,
    /// For a caller outside the fleet: the name of the holder.
    #[serde(default)]
    pub holder: Option<String>,
}

/// The leases that were released or taken by force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Released {
    /// Names of the leases that ended.
    pub leases: Vec<String>,
    /// How many waiting requests were granted as a result.
    pub granted: u32,
}

/// Body of `POST /locks/renew`: extend a lease that has a time to live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Renew {
    /// Name of the lease to renew: `l7`.
    pub lease: String,
    /// The new time to live from now, in milliseconds; default: the same as before.
    #[serde(default)]
    pub ttl_ms: Option<u64>,
}

/// Body of `POST /locks/force`: take a lease from its holder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Force {
    /// Name of a lease (`l7`), or a scope: then every lease on exactly this scope.
    pub what: String,
    /// Why the lease is taken. The holder is told, and it is recorded.
    pub reason: String,
}

/// Query of `GET /locks/check`: a scope and a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct CheckQuery {
    /// The scope that the caller is about to change.
    pub scope: String,
    /// The fencing token to check against the scope.
    pub token: u64,
}

/// Answer to `GET /locks/check`: whether a token allows changing a scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Checked {
    /// Whether a current lease with this token covers the scope.
    pub valid: bool,
    /// Why the token is not valid: `lease l7 was taken by force by person: REASON`, `held by builder since …`, `never
    /// granted`.
    pub why: Option<String>,
}

/// Answer to `GET /locks`: all leases, waiting requests and resources.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Locks {
    /// All current leases, oldest first.
    pub leases: Vec<Lease>,
    /// All waiting requests, in the order in which they were made.
    pub waiting: Vec<Request>,
    /// The named resources of the fleet.
    pub resources: Vec<Resource>,
    /// The newest refusals of a request that would have closed a cycle of waiters, newest first.
    pub cycles: Vec<Cycle>,
    /// Counts of what happened since the journal began.
    pub statistics: LockStatistics,
}

/// A lock that is held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Lease {
    /// Name of the lease: `l7`.
    pub lease: String,
    /// The holder: an agent's name, `task NAME`, or the name of a holder outside the fleet.
    pub holder: String,
    /// Name of the holder's agent, if the holder is a run or a task that an agent works on.
    pub agent: Option<String>,
    /// The run that the lease is bound to: `r17`.
    pub run: Option<String>,
    /// Name of the task that holds the lease, and whose end ends it; none if a run or somebody outside holds it.
    #[serde(default)]
    pub task: Option<String>,
    /// The scopes that the lease covers.
    pub scopes: Vec<LockScope>,
    /// The fencing token of the lease.
    pub token: u64,
    /// When the lease was granted, in milliseconds since the Unix epoch.
    pub since_ms: u64,
    /// When the lease ends unless it is renewed, in milliseconds since the Unix epoch; none if it ends with its holder.
    pub expires_ms: Option<u64>,
    /// Whether the time to live is suspended because the holder is paused.
    pub paused: bool,
    /// The purpose of the lease, in the holder's words.
    pub purpose: Option<String>,
}

/// A lock request that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Request {
    /// Name of the request: `q7`.
    pub request: String,
    /// The party that made the request.
    pub holder: String,
    /// Name of the agent that made the request, if an agent did.
    pub agent: Option<String>,
    /// The scopes that are requested.
    pub scopes: Vec<LockScope>,
    /// When the request began to wait, in milliseconds since the Unix epoch.
    pub since_ms: u64,
    /// When the request is given up, in milliseconds since the Unix epoch.
    pub until_ms: Option<u64>,
    /// The parties that the request waits for.
    pub behind: Vec<Blocker>,
    /// The purpose of the request, in the requester's words.
    pub purpose: Option<String>,
}

/// A named resource of the fleet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Resource {
    /// Name of the resource in `[resources]`.
    pub name: String,
    /// How many parties may hold the resource at a time.
    pub capacity: u32,
    /// How many parties hold the resource now.
    pub held: u32,
    /// The first unit number that is granted; none if the units have no numbers of their own.
    pub first: Option<u32>,
}

/// A lock request that was refused because it would have closed a cycle of waiters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Cycle {
    /// When the request was refused, in milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// The party that made the request.
    pub who: String,
    /// The scopes that were requested.
    pub scopes: Vec<String>,
    /// Describes a cycle, as `a waits for src held by b, b waits for docs held by a`.
    pub cycle: String,
}

/// Counts of lock events since the fleet's journal began.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LockStatistics {
    /// The number of requests that were granted.
    pub granted: u64,
    /// The number of granted requests that had to wait.
    pub waited: u64,
    /// The longest wait of a lock request, in milliseconds.
    pub longest_wait_ms: u64,
    /// The sum of the waits of all lock requests, in milliseconds.
    pub total_wait_ms: u64,
    /// The number of requests given up because the wait became too long.
    pub timed_out: u64,
    /// The number of requests refused because they would have closed a cycle of waiters.
    pub cycles_refused: u64,
    /// The number of leases that ended because they were not renewed.
    pub expired: u64,
    /// The number of leases that were taken by force.
    pub forced: u64,
    /// The number of writes into a scope that another run held.
    pub violations: u64,
}

/// Body of `POST /locks/guard`: the question of the pre-commit guard whether files may be committed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Guard {
    /// The files that the commit changes, relative to the repository's top.
    pub paths: Vec<String>,
    /// The agent that owns the worktree. It is ignored if the caller is a run.
    #[serde(default)]
    pub agent: Option<String>,
}

/// Answer to `POST /locks/guard`: the locks that forbid a commit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Guarded {
    /// The reaction to a commit of held files that is configured with `enforce`.
    pub enforce: Enforce,
    /// The files that are within scopes held by others, in the order given.
    pub held: Vec<HeldPath>,
}

/// What happens on a write or a commit into a scope that another party holds: `enforce` in `[coordination]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Enforce {
    /// Nothing happens, and nobody is told.
    #[default]
    Off,
    /// The write or commit is reported.
    Warn,
    /// The write or commit is refused.
    Deny,
}

/// A file within a scope that another party holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HeldPath {
    /// Path of the file, relative to the repository's top.
    pub path: String,
    /// The scope that covers the file.
    pub scope: String,
    /// Name of the lease on the scope.
    pub lease: String,
    /// The party that holds the lease.
    pub holder: String,
    /// When the lease was granted, in milliseconds since the Unix epoch.
    pub since_ms: u64,
}
