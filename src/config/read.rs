//! Turns the text of `agents.toml` into tables as written, and finds every problem on the way.

use super::problem::{ConfigErrors, PROBLEMS_MAX, Problem};
use super::spec::FleetConfig;
use super::tables::{AgentTable, Tables};
use super::written::{Key, Written, read_table, syntax_problem, unknown_key};
use super::{check, coordination, expand, plan, tasks};
use std::collections::BTreeMap;
use std::path::Path;
use toml::de::{DeTable, DeValue};

/// The names of the tables that a file has once.
const TABLES: [&str; 7] = ["fleet", "coordination", "resources", "tasks", "plans", "plan", "safety"];

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
    let (trees, agent_trees) = sections(root.into_inner(), &mut problems);
    let tree = |name: &str| trees.get(name).cloned().unwrap_or_default();
    let tables = Tables {
        fleet: read_table(tree("fleet"), "[fleet]", &mut problems),
        coordination: read_table(tree("coordination"), "[coordination]", &mut problems),
        resources: coordination::resources(tree("resources"), &mut problems),
        tasks: read_table(tree("tasks"), "[tasks]", &mut problems),
        plans: read_table(tree("plans"), "[plans]", &mut problems),
        safety: read_table(tree("safety"), "[safety]", &mut problems),
    };
    let written: Vec<Written<AgentTable>> =
        agent_trees.into_iter().map(|(key, tree)| read_agent(key, tree, &mut problems)).collect();
    check::fleet(&tables.fleet, &tree("fleet"), &mut problems);
    coordination::check(&tables.coordination, &tree("coordination"), &mut problems);
    tasks::check(&tables.tasks, &tree("tasks"), &mut problems);
    tasks::check_routing(&tree("tasks"), &written, &mut problems);
    check::agents(&written, tables.fleet.agents_max, &mut problems);
    if !problems.is_empty() {
        return Err(ConfigErrors::new(path, text, problems));
    }
    let mut fleet = expand::fleet(tables, &written, path);
    fleet.plan = trees.get("plan").map(|tree| plan::of_agents_file(tree.clone(), text, &fleet, &mut problems));
    match problems.is_empty() {
        true => Ok(fleet),
        false => Err(ConfigErrors::new(path, text, problems)),
    }
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
fn sections<'t>(
    root: DeTable<'t>,
    problems: &mut Vec<Problem>,
) -> (BTreeMap<&'static str, DeTable<'t>>, Vec<(Key, DeTable<'t>)>) {
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
                problems.push(Problem::at(key.span(), format!("`{name}` is a {}; expected a table", other.type_str())));
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
                let what = format!("`agents.{name}` is a {}; expected a table", other.type_str());
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
