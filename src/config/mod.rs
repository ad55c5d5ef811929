//! Turns `agents.toml` into a [`FleetConfig`]: read, checked, completed with defaults, groups expanded. Reads files and
//! writes none, except for `qd init`.
//!
//! ```text
//! text ─ toml ─▶ tree with spans ─ read ─▶ tables (as written) ─ check, expand ─▶ FleetConfig
//!                     └────────────────────── problems, all of them ──────────▶ ConfigErrors
//! ```
//!
//! [`tables`] holds the keys as a user writes them (the JSON Schema is made from it), [`spec`] the configuration that
//! the rest of the program uses. Every problem has a place; [`problem`] draws it.

mod check;
pub mod coordination;
mod default_environment;
mod expand;
mod file;
mod init;
mod json;
mod kind;
pub mod plan;
pub mod problem;
mod read;
mod safety;
mod schema;
pub mod spec;
pub mod tables;
pub mod tasks;
pub mod values;
mod written;

pub use coordination::{CoordinationSettings, Enforce};
pub use file::{FILE_BYTES_MAX, FILE_NAME, unix_lines};
pub(crate) use init::find_program;
pub use init::{FoundAgent, InitPlan, KNOWN_AGENTS, KnownAgent, init};
pub use json::agent_from_json;
pub use kind::is_known_agent;
pub use problem::{ConfigErrors, Problem};
pub use read::parse;
pub use schema::schema;
pub use spec::{AgentConfig, Environment, FleetConfig, FleetSettings, Limits, Program, Ready, Stop};
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
