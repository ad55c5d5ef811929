//! Text → tables as written, with every problem found on the way.

use super::coordination::{self, CoordinationTable, ResourcesTable};
use super::plan::tables::PlansTable;
use super::problem::{ConfigErrors, PROBLEMS_MAX, Problem};
use super::safety::SafetyTable;
use super::spec::FleetConfig;
use super::tables::{AgentTable, FleetTable};
use super::tasks::{self, TasksTable};
use super::{check, expand, plan};
use crate::nearest::did_you_mean;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The tables that a file has once, by name.
const TABLES: [&str; 7] = ["fleet", "coordination", "resources", "tasks", "plans", "plan", "safety"];

/// What they hold.
pub(super) struct Tables {
    pub(super) fleet: FleetTable,
    pub(super) coordination: CoordinationTable,
    pub(super) resources: ResourcesTable,
    pub(super) tasks: TasksTable,
    pub(super) plans: PlansTable,
    pub(super) safety: SafetyTable,
}

/// An agent's table as written, with the places of its keys.
pub(super) struct Written<'t> {
    /// Its name as written.
    pub(super) name: String,
    /// Where the name is.
    pub(super) name_span: Range<usize>,
    /// What was read.
    pub(super) table: AgentTable,
    tree: DeTable<'t>,
}

impl Written<'_> {
    /// Where a key's value is; the name's place when the key is not there.
    pub(super) fn span(&self, key: &str) -> Range<usize> {
        self.tree.get(key).map_or_else(|| self.name_span.clone(), Spanned::span)
    }

    /// Where an item of a key's array is.
    pub(super) fn item_span(&self, key: &str, index: usize) -> Range<usize> {
        let item = self.tree.get(key).and_then(|value| value.get_ref().as_array()).and_then(|array| array.get(index));
        item.map_or_else(|| self.span(key), Spanned::span)
    }

    /// Where a key of a table (`env`) is.
    pub(super) fn entry_span(&self, key: &str, entry: &str) -> Range<usize> {
        let table = self.tree.get(key).and_then(|value| value.get_ref().as_table());
        table.and_then(|table| table.get(entry)).map_or_else(|| self.span(key), Spanned::span)
    }
}

/// Reads and checks a configuration's text. `path` is the absolute path the text came from: errors name it, and its
/// directory is the fleet's root.
///
/// # Errors
/// All problems found, each with its place.
pub fn parse(text: &str, path: &Path) -> Result<FleetConfig, ConfigErrors> {
    let text = &*super::unix_lines(text);
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
    let written: Vec<Written> =
        agent_trees.into_iter().map(|(name, tree)| read_agent(name, tree, &mut problems)).collect();
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
pub(super) fn single<'t>(text: &'t str, path: &Path) -> Result<Written<'t>, ConfigErrors> {
    let mut problems = Vec::new();
    let (root, syntax) = DeTable::parse_recoverable(text);
    problems.extend(syntax.iter().map(syntax_problem));
    let (_, agents) = sections(root.into_inner(), &mut problems);
    let written = agents.into_iter().next().map(|(name, tree)| read_agent(name, tree, &mut problems));
    match written {
        Some(written) if problems.is_empty() => Ok(written),
        _ => Err(ConfigErrors::new(path, text, problems)),
    }
}

/// The syntax error of the toml crate as ours.
pub(super) fn syntax_problem(error: &toml::de::Error) -> Problem {
    Problem { what: error.message().to_owned(), hint: None, span: Some(error.span().unwrap_or(0..0)) }
}

/// A key as written, with its place.
type Key = (String, Range<usize>);

/// The tables that a file has once, and the agents' tables in the file's order.
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

fn read_agent<'t>((name, name_span): Key, tree: DeTable<'t>, problems: &mut Vec<Problem>) -> Written<'t> {
    let table = read_table(tree.clone(), &format!("[agents.{name}]"), problems);
    Written { name, name_span, table, tree }
}

/// Reads a table. A key that can't be read is reported and taken out, then the rest is read again: so one mistake
/// does not hide the next.
pub(super) fn read_table<T: DeserializeOwned + Default>(
    mut tree: DeTable,
    place: &str,
    problems: &mut Vec<Problem>,
) -> T {
    while problems.len() < PROBLEMS_MAX {
        let whole = Spanned::new(0..0, tree.clone());
        let error = match T::deserialize(toml::Deserializer::from(whole)) {
            Ok(table) => return table,
            Err(error) => error,
        };
        let culprit = error.span().and_then(|span| culprit(&tree, &span));
        problems.push(value_problem(&error, place, culprit.as_deref()));
        match culprit {
            Some(key) => tree.remove(key.as_str()),
            None => break,
        };
    }
    T::default()
}

/// The key of `tree` under which an error's place lies.
fn culprit(tree: &DeTable, span: &Range<usize>) -> Option<String> {
    let found = tree.iter().find(|(key, value)| covers(&key.span(), span) || reaches(value, span));
    found.map(|(key, _)| key.get_ref().clone().into_owned())
}

/// Whether a place lies in a value. The parts of a `[table.with.header]` lie outside the table's own span.
fn reaches(value: &Spanned<DeValue>, span: &Range<usize>) -> bool {
    covers(&value.span(), span)
        || match value.get_ref() {
            DeValue::Table(table) => table.iter().any(|(key, value)| covers(&key.span(), span) || reaches(value, span)),
            DeValue::Array(array) => array.iter().any(|value| reaches(value, span)),
            _ => false,
        }
}

fn covers(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// serde's error in our words. serde puts the unknown word and the known ones in backticks.
fn value_problem(error: &toml::de::Error, place: &str, key: Option<&str>) -> Problem {
    let span = error.span().unwrap_or(0..0);
    let message = error.message().trim().replace("a nonzero u32", "a whole number from 1");
    let words: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    match (message.as_str(), words.as_slice(), key) {
        (message, [unknown, known @ ..], key) if message.starts_with("unknown field") => {
            let place =
                key.filter(|key| key != unknown).map_or_else(|| place.to_owned(), |key| format!("`{key}` of {place}"));
            unknown_key(span, unknown, &place, known)
        }
        (message, [unknown, known @ ..], Some(key)) if message.starts_with("unknown variant") => {
            let problem =
                Problem::at(span, format!("`{key}` in {place} can't be `{unknown}`; expected {}", listed(known)));
            match did_you_mean(unknown, known.iter().copied()) {
                Some(nearest) => problem.hint(format!("did you mean `{nearest}`?")),
                None => problem,
            }
        }
        (message, _, Some(key)) => Problem::at(span, format!("`{key}` in {place}: {message}")),
        (message, _, None) => Problem::at(span, format!("{place}: {message}")),
    }
}

fn unknown_key(span: Range<usize>, unknown: &str, place: &str, known: &[&str]) -> Problem {
    let problem = Problem::at(span, format!("unknown key `{unknown}` in {place}"));
    match did_you_mean(unknown, known.iter().copied()) {
        Some(nearest) => problem.hint(format!("did you mean `{nearest}`?")),
        None => problem.hint(format!("known here: {}", listed(known))),
    }
}

fn listed(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
