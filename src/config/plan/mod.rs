//! Reads plan files: `plan.toml`, or `[plan]` in `agents.toml` → [`PlanSpec`], with every mistake found on the way.
//!
//! ```text
//!  text ─ toml ─▶ tree with spans ─ read ─▶ tables as written ─ names ─▶ places ─ graph::check ─▶ PlanSpec
//!                        └───────────────── problems, all of them ───────────────────────────▶ ConfigErrors
//! ```
//!
//! Only the core knows what is wrong with a graph ([`quarterdeck_core::plan::graph`]); here, each fault gets its place
//! in the file and its hint.

mod check;
mod crew;
mod read;
mod surroundings;
pub mod tables;
mod template;
#[cfg(test)]
mod tests;

pub(super) use read::of_agents_file;

use super::FleetConfig;
use super::file::{FILE_BYTES_MAX, describe};
use super::problem::ConfigErrors;
use crate::regular;
use quarterdeck_core::plan::PlanSpec;
use std::path::Path;

/// The largest plan file that is read, bytes. Beyond it, the file is refused.
const PLAN_BYTES_MAX: u64 = FILE_BYTES_MAX * 16;

/// Reads and checks the plan at `path` for a fleet.
///
/// # Errors
/// All problems found, each with its place; one without a place when the file can't be read.
pub fn load(path: &Path, fleet: &FleetConfig) -> Result<PlanSpec, ConfigErrors> {
    let unreadable = |why: String| ConfigErrors::unreadable(path, why);
    let text = regular::text(path, PLAN_BYTES_MAX).map_err(|error| unreadable(describe(&error)))?;
    parse(&text, path, fleet)
}

/// Reads and checks a plan's text. `path` is where the text came from: errors name it, and it gives the plan its name
/// unless the text does.
///
/// # Errors
/// All problems found, each with its place.
pub fn parse(text: &str, path: &Path, fleet: &FleetConfig) -> Result<PlanSpec, ConfigErrors> {
    read::of_plan_file(text, path, fleet)
}
