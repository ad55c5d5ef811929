//! Completions for the shell: besides subcommands and options also the existing agents, tasks, plans and plan files.
//!
//! A shell that loaded `qd completions SHELL` runs `qd` with [`VARIABLE`] set whenever Tab is pressed. The answer must
//! come quickly: a slow supervisor is not waited for, and without a supervisor the agents are read from agents.toml.

use crate::api;
use crate::api::agents::Agent;
use crate::api::condition::Condition;
use crate::api::tasks::TaskQuery;
use crate::client::{Client, ClientError};
use crate::config;
use crate::place::Place;
use clap_complete::engine::{
    ArgValueCandidates, ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter,
};
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The variable that the shell sets when it asks for completions; its value is the shell's name.
pub const VARIABLE: &str = "QD_COMPLETE";

/// The longest time that a completion waits for the supervisor.
const PATIENCE: Duration = Duration::from_millis(500);

/// Completes agents, each with its condition, and groups.
pub fn agents() -> ArgValueCandidates {
    ArgValueCandidates::new(|| agent_candidates(true))
}

/// Completes agents without groups, for arguments that name exactly one agent.
pub fn agent() -> ArgValueCandidates {
    ArgValueCandidates::new(|| agent_candidates(false))
}

/// Completes tasks by their names.
pub fn tasks() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let tasks = ask(async |client| client.call(&api::tasks::LIST_TASKS, &[], &TaskQuery::default()).await)
            .unwrap_or_default();
        tasks.into_iter().map(|task| told(task.name, &task.title)).collect()
    })
}

/// Completes plans by name and by number, the newest first.
pub fn plans() -> ArgValueCandidates {
    ArgValueCandidates::new(plan_candidates)
}

/// Completes plans as [`plans`] does, and files that may contain a plan.
pub fn plans_and_files() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let begins = |candidate: &CompletionCandidate| {
            candidate.get_value().as_encoded_bytes().starts_with(current.as_encoded_bytes())
        };
        let plans = plan_candidates().into_iter().filter(begins);
        plans.chain(toml_files().complete(current)).collect()
    })
}

/// Completes files that may contain a plan.
pub fn plan_files() -> ArgValueCompleter {
    ArgValueCompleter::new(toml_files())
}

fn toml_files() -> PathCompleter {
    PathCompleter::any().filter(|path: &Path| path.is_dir() || path.extension().is_some_and(|ending| ending == "toml"))
}

fn plan_candidates() -> Vec<CompletionCandidate> {
    let plans = ask(async |client| client.call(&api::plans::LIST_PLANS, &[], &()).await).unwrap_or_default();
    let told_twice = plans.into_iter().rev().flat_map(|plan| {
        let words = format!("{}: {}", plan.name, plan.summary);
        [told(plan.id, &words), told(plan.name, &plan.summary)]
    });
    let mut seen = BTreeSet::new();
    told_twice.filter(|candidate| seen.insert(candidate.get_value().to_owned())).collect()
}

fn agent_candidates(groups: bool) -> Vec<CompletionCandidate> {
    let known: Vec<(String, String)> = match ask(async |client| client.agents().await) {
        Some(agents) => agents.into_iter().map(|agent| (agent.name.clone(), words(&agent))).collect(),
        None => configured().into_iter().map(|name| (name, String::new())).collect(),
    };
    let group = |name: &str| {
        let (group, number) = name.rsplit_once('-')?;
        number.parse::<u32>().ok().map(|_| group.to_owned())
    };
    let found: BTreeSet<String> = known.iter().filter(|_| groups).filter_map(|(name, _)| group(name)).collect();
    let names = known.into_iter().map(|(name, words)| told(name, &words));
    names.chain(found.into_iter().map(|group| told(group, "all of them"))).collect()
}

fn words(agent: &Agent) -> String {
    let word = Condition::of(agent).word();
    if agent.summary == word { word } else { format!("{word}: {}", agent.summary) }
}

/// Returns a completion with a help text, for shells that show help texts.
fn told(word: String, help: &str) -> CompletionCandidate {
    let help: String = help.chars().filter(|character| !character.is_control()).collect();
    CompletionCandidate::new(word).help((!help.is_empty()).then(|| help.into()))
}

/// Returns the names of the agents in agents.toml.
fn configured() -> Vec<String> {
    let Some(place) = place() else { return Vec::new() };
    let fleet = config::load(&place.config_path).ok();
    fleet.into_iter().flat_map(|fleet| fleet.agents).map(|agent| agent.name).collect()
}

/// Returns the fleet that the command line means, in the directory where Tab was pressed.
fn place() -> Option<Place> {
    let here = std::env::current_dir().ok()?;
    let typed: Vec<OsString> = std::env::args_os().skip_while(|word| word != "--").collect();
    Place::find(&here, config_of(&typed).as_deref()).ok()
}

/// Returns the value of `--config` on the command line typed so far.
fn config_of(typed: &[OsString]) -> Option<PathBuf> {
    let after = |word: &OsString| {
        let at = typed.iter().position(|one| one == word)?;
        typed.get(at + 1).map(PathBuf::from)
    };
    ["--config", "-c"].iter().find_map(|word| after(&OsString::from(word)))
}

/// Returns the supervisor's answer; none without a supervisor, or when the answer takes too long.
fn ask<T>(what: impl AsyncFnOnce(Client) -> Result<T, ClientError>) -> Option<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    let place = place()?;
    let asked = async { what(Client::connect(&place).await?).await };
    runtime.block_on(async { tokio::time::timeout(PATIENCE, asked).await.ok()?.ok() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fleet_that_is_named_is_asked() {
        let typed = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<OsString>>();
        assert_eq!(config_of(&typed(&["--", "qd", "-c", "x", "stop", ""])), Some(PathBuf::from("x")));
        assert_eq!(config_of(&typed(&["--", "qd", "stop", "--config", "y"])), Some(PathBuf::from("y")));
        assert_eq!(config_of(&typed(&["--", "qd", "stop", "-c"])), None);
    }
}
