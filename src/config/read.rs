//! Turns the text of `agents.toml` into tables as written, and finds every problem on the way.

use super::agent::{self, AgentTable};
use super::coordination::{self, CoordinationTable};
use super::fleet::{self, FleetTable};
use super::fleet_config::FleetConfig;
use super::plans::PlansTable;
use super::problem::{ConfigErrors, PROBLEMS_MAX, Problem};
use super::safety::SafetyTable;
use super::tasks::{self, TasksTable};
use super::written::{Key, Written, not_a_table, syntax_problem, unknown_key};
use super::{plan, resources};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::path::Path;
use toml::de::{DeTable, DeValue};

/// The names of the tables that a file has once.
const TABLES: [&str; 7] = ["fleet", "coordination", "resources", "tasks", "plans", "plan", "safety"];

/// The tables that a file has once, by name.
type Trees<'t> = BTreeMap<&'static str, DeTable<'t>>;

/// Reads and checks a configuration's text. `path` is the absolute path that the text came from: errors name it, and
/// its directory is the fleet's root.
///
/// # Errors
/// All problems found, each with its place.
pub fn parse(text: &str, path: &Path) -> Result<FleetConfig, ConfigErrors> {
    let text = &*super::file::unix_lines(text);
    let (root, syntax) = DeTable::parse_recoverable(text);
    if !syntax.is_empty() {
        let problems = syntax.into_iter().take(PROBLEMS_MAX).map(|error| syntax_problem(&error)).collect();
        return Err(ConfigErrors::new(path, text, problems));
    }
    let mut problems = Vec::new();
    let (mut trees, agent_trees) = sections(root.into_inner(), &mut problems);
    let plan = trees.remove("plan");
    let fleet = complete(trees, agent_trees, path, &mut problems).map(|fleet| {
        let plan = plan.map(|tree| plan::of_agents_file(tree, text, &fleet, &mut problems));
        FleetConfig { plan, ..fleet }
    });
    fleet.filter(|_| problems.is_empty()).ok_or_else(|| ConfigErrors::new(path, text, problems))
}

/// Reads, checks and completes all tables but `[plan]`; none when there are problems.
fn complete<'t>(
    mut trees: Trees<'t>,
    agent_trees: Vec<(Key, DeTable<'t>)>,
    path: &Path,
    problems: &mut Vec<Problem>,
) -> Option<FleetConfig> {
    let fleet: Written<FleetTable> = once("fleet", &mut trees, problems);
    let coordination: Written<CoordinationTable> = once("coordination", &mut trees, problems);
    let resources = resources::read(trees.remove("resources").unwrap_or_default(), problems);
    let tasks: Written<TasksTable> = once("tasks", &mut trees, problems);
    let plans: Written<PlansTable> = once("plans", &mut trees, problems);
    let safety: Written<SafetyTable> = once("safety", &mut trees, problems);
    let agents: Vec<Written<AgentTable>> =
        agent_trees.into_iter().map(|(key, tree)| read_agent(key, tree, problems)).collect();
    fleet::check(&fleet, problems);
    coordination::check(&coordination, problems);
    tasks::check(&tasks, &agent::capabilities(&agents), problems);
    agent::check_all(&agents, fleet.table.agents_max(), problems);
    if !problems.is_empty() {
        return None;
    }
    let root = path.parent().unwrap_or(Path::new("")).to_owned();
    let fleet = fleet.table.settings(&root);
    Some(FleetConfig {
        path: path.to_owned(),
        agents: agent::expanded(&agents, &fleet.defaults),
        root,
        fleet,
        coordination: coordination.table.settings(resources),
        tasks: tasks.table.settings(),
        plans: plans.table.policy(),
        safety: safety.table.policy(),
        plan: None,
    })
}

/// Reads a table that a file has once.
fn once<'t, T: DeserializeOwned + Default>(
    name: &'static str,
    trees: &mut Trees<'t>,
    problems: &mut Vec<Problem>,
) -> Written<'t, T> {
    Written::read((name.to_owned(), 0..0), trees.remove(name).unwrap_or_default(), &format!("[{name}]"), problems)
}

/// Reads a text that holds exactly one agent, as [`super::agent_from_json`] makes it.
pub(super) fn single<'t>(text: &'t str, path: &Path) -> Result<Written<'t, AgentTable>, ConfigErrors> {
    let mut problems = Vec::new();
    let (root, syntax) = DeTable::parse_recoverable(text);
    problems.extend(syntax.iter().map(syntax_problem));
    let (_, agents) = sections(root.into_inner(), &mut problems);
    let written = agents.into_iter().next().map(|(key, tree)| read_agent(key, tree, &mut problems));
    match written {
        Some(written) if problems.is_empty() => Ok(written),
        _ => Err(ConfigErrors::new(path, text, problems)),
    }
}

/// Divides a file into the tables that it has once, and the agents' tables in the file's order.
fn sections<'t>(root: DeTable<'t>, problems: &mut Vec<Problem>) -> (Trees<'t>, Vec<(Key, DeTable<'t>)>) {
    let (mut tables, mut agents) = (BTreeMap::new(), Vec::new());
    for (key, value) in root {
        let name = key.get_ref().as_ref();
        let known = TABLES.into_iter().find(|known| *known == name);
        match (known, value.into_inner()) {
            (Some(known), DeValue::Table(table)) => drop(tables.insert(known, table)),
            (None, DeValue::Table(table)) if name == "agents" => agents = agent_sections(table, problems),
            (None, _) if name != "agents" => {
                let known: Vec<&str> = TABLES.into_iter().chain(["agents"]).collect();
                problems.push(unknown_key(key.span(), name, "the file", &known));
            }
            (_, other) => {
                problems.push(Problem::at(key.span(), not_a_table(name, &other)));
            }
        }
    }
    (tables, agents)
}

fn agent_sections<'t>(table: DeTable<'t>, problems: &mut Vec<Problem>) -> Vec<(Key, DeTable<'t>)> {
    let mut agents = Vec::new();
    for (key, value) in table {
        let (span, name) = (key.span(), key.into_inner().into_owned());
        match value.into_inner() {
            DeValue::Table(table) => agents.push(((name, span), table)),
            other => {
                let what = not_a_table(&format!("agents.{name}"), &other);
                problems.push(Problem::at(span, what).hint(format!("write [agents.{name}] and its keys below")));
            }
        }
    }
    agents.sort_by_key(|((_, span), _)| span.start);
    agents
}

fn read_agent<'t>(key: Key, tree: DeTable<'t>, problems: &mut Vec<Problem>) -> Written<'t, AgentTable> {
    let place = format!("[agents.{}]", key.0);
    Written::read(key, tree, &place, problems)
}
