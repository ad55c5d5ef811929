//! Turns `agents.toml` into a [`FleetConfig`]: read, checked, completed with defaults, groups expanded. Reads files and
//! writes none, except for `qd init`.
//!
//! ```text
//! text ─ toml ─▶ tree with spans ─ read ─▶ tables as written ─ check, complete ─▶ FleetConfig
//!                     └───────────────── problems, all of them ────────────────▶ ConfigErrors
//! ```
//!
//! Each table of the file has a file of its own with its keys as a user writes them, its checks, its defaults, and the
//! settings that result from it:
//!
//! | table | file |
//! |---|---|
//! | `[fleet]` | `fleet` |
//! | `[agents.NAME]` | `agent/` |
//! | `[coordination]`, `[resources]`, `[safety]` | [`coordination`], `resources`, `safety` |
//! | `[tasks]`, `[plans]` | `tasks`, `plans` |
//! | `[plan]`, and `plan.toml` | [`plan`] |
//!
//! `read` puts them together; `schema` makes the JSON Schema from the keys; [`values`] has what is written as text.
//! Every problem has a place; [`problem`] draws it.

mod agent;
pub mod coordination;
mod file;
mod fleet;
mod fleet_config;
mod init;
mod json;
mod known;
pub mod plan;
mod plans;
pub mod problem;
mod read;
mod resources;
mod restart;
mod safety;
mod schema;
mod tasks;
pub mod values;
mod written;

pub use agent::{AgentConfig, AgentTasks, Delivery, DoneWhen, Environment, Limits, Program, Ready, Stop};
pub use coordination::{CoordinationSettings, Enforce};
pub use file::{FILE_BYTES_MAX, unix_lines};
pub use fleet::{AgentDefaults, FleetSettings};
pub use fleet_config::FleetConfig;
pub(crate) use init::find_program;
pub use init::{FoundAgent, InitPlan, init};
pub use json::agent_from_json;
pub use known::{KNOWN_AGENTS, KnownAgent, is_known_agent};
pub use problem::{ConfigErrors, Problem};
pub use read::parse;
pub use resources::ResourcesTable;
pub use schema::schema;
pub use tasks::{OutputLimits, TaskSettings};
pub use values::{ProgramKind, SupervisorLoss, WorkspaceKind};

use crate::regular;
use file::describe;
use std::path::{Path, PathBuf};

/// Reads and checks the configuration at `path`.
///
/// # Errors
/// All problems found, each with its place; one without a place when the file can't be read.
pub fn load(path: &Path) -> Result<FleetConfig, ConfigErrors> {
    let unreadable = |why: String| ConfigErrors::unreadable(path, why);
    let text = regular::text(path, FILE_BYTES_MAX).map_err(|error| unreadable(describe_first(&error)))?;
    let absolute: PathBuf = std::path::absolute(path).map_err(|error| unreadable(describe(&error)))?;
    parse(&text, &absolute)
}

/// Describes an error of the system; where there is no file, it also says how to make an `agents.toml`.
fn describe_first(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "it does not exist; `qd init` writes one".to_owned(),
        _ => describe(error),
    }
}

#[cfg(test)]
mod tests;
