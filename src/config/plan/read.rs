//! Text → tables as written, with the places of their keys.

use super::super::problem::{ConfigErrors, PROBLEMS_MAX, Problem};
use super::super::read::{read_table, syntax_problem};
use super::super::values::Name;
use super::super::{AgentConfig, FleetConfig};
use super::tables::{PlanTable, PlanTaskTable};
use super::{check, version};
use quarterdeck_core::plan::{PlanPolicy, PlanSpec};
use std::ops::Range;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A task's table as written, with the places of its keys.
pub(super) struct Written<'t> {
    /// Its name as written.
    pub(super) name: String,
    /// Where the name is.
    pub(super) name_span: Range<usize>,
    /// What was read.
    pub(super) table: PlanTaskTable,
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

    /// Whether a key is written, though it may not have been understood.
    pub(super) fn says(&self, key: &str) -> bool {
        self.tree.contains_key(key)
    }
}

/// What a plan's places, agents and limits are looked up in.
pub(super) struct Surroundings<'a> {
    pub(super) source: &'a str,
    pub(super) agents: &'a [AgentConfig],
    pub(super) policy: &'a PlanPolicy,
    /// Where the plan as a whole is.
    pub(super) head: Range<usize>,
}

/// Reads a whole file.
pub(super) fn of_plan_file(text: &str, path: &Path, fleet: &FleetConfig) -> Result<PlanSpec, ConfigErrors> {
    let text = &*crate::config::unix_lines(text);
    let (root, syntax) = DeTable::parse_recoverable(text);
    if !syntax.is_empty() {
        let problems = syntax.iter().take(PROBLEMS_MAX).map(syntax_problem).collect();
        return Err(ConfigErrors::new(path, text, problems));
    }
    let mut problems = Vec::new();
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let around = Surroundings { source: text, agents: &fleet.agents, policy: &fleet.plans, head: 0..0 };
    let spec = plan(root.into_inner(), "the plan", &stem, &around, &mut problems);
    match problems.is_empty() {
        true => Ok(PlanSpec { file: Some(path.display().to_string()), ..spec }),
        false => Err(ConfigErrors::new(path, text, problems)),
    }
}

/// Reads `[plan]` of an `agents.toml` whose agents are known.
pub(in crate::config) fn of_agents_file(
    tree: DeTable<'_>,
    source: &str,
    fleet: &FleetConfig,
    problems: &mut Vec<Problem>,
) -> PlanSpec {
    let head = tree.keys().map(Spanned::span).min_by_key(|span| span.start).unwrap_or(0..0);
    let around = Surroundings { source, agents: &fleet.agents, policy: &fleet.plans, head };
    let spec = plan(tree, "[plan]", &fleet.fleet.name, &around, problems);
    PlanSpec { file: Some(fleet.path.display().to_string()), ..spec }
}

fn plan(
    mut tree: DeTable<'_>,
    place: &str,
    name: &str,
    around: &Surroundings<'_>,
    problems: &mut Vec<Problem>,
) -> PlanSpec {
    let tasks = task_sections(&mut tree, problems);
    let name_span = tree.get("name").map_or_else(|| around.head.clone(), Spanned::span);
    let head: PlanTable = read_table(tree, place, problems);
    let written: Vec<Written> = tasks.into_iter().map(|(key, tree)| task(key, tree, problems)).collect();
    let name = head.name.map_or_else(|| fallback(name), |name| name.to_string());
    if name.contains('.') {
        let problem = Problem::at(name_span, format!("the plan's name `{name}` holds a dot"));
        problems.push(problem.hint("its tasks are called `PLAN.TASK`; use `-` in place of the dot"));
    }
    let fail_mode = head.fail_mode.map(Into::into).unwrap_or_default();
    let tasks = check::tasks(&written, around, problems);
    let spec = PlanSpec { name, version: String::new(), file: None, fail_mode, tasks };
    check::graph(&spec, &written, around, problems);
    PlanSpec { version: version(&spec), ..spec }
}

/// A name that was not chosen by a person: what can't be in one is left out.
fn fallback(name: &str) -> String {
    let fit: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' }).collect();
    let fit = fit.trim_start_matches('-').to_owned();
    if fit.parse::<Name>().is_ok() { fit } else { "plan".to_owned() }
}

type Key = (String, Range<usize>);

/// The tasks' tables in the file's order, taken out of the plan's.
fn task_sections<'t>(tree: &mut DeTable<'t>, problems: &mut Vec<Problem>) -> Vec<(Key, DeTable<'t>)> {
    let mut tasks = Vec::new();
    match tree.remove("tasks").map(Spanned::into_inner) {
        None => {}
        Some(DeValue::Table(sections)) => {
            for (key, value) in sections {
                let (span, name) = (key.span(), key.into_inner().into_owned());
                match value.into_inner() {
                    DeValue::Table(table) => tasks.push(((name, span), table)),
                    other => {
                        let what = format!("`tasks.{name}` is a {}; expected a table", other.type_str());
                        problems.push(Problem::at(span, what).hint(format!("write [tasks.{name}] and its keys below")));
                    }
                }
            }
        }
        Some(other) => problems.push(Problem {
            what: format!("`tasks` is a {}; expected a table", other.type_str()),
            hint: Some("write [tasks.NAME] for each task".to_owned()),
            span: None,
        }),
    }
    tasks.sort_by_key(|((_, span), _)| span.start);
    tasks
}

fn task<'t>((name, name_span): Key, tree: DeTable<'t>, problems: &mut Vec<Problem>) -> Written<'t> {
    let table = read_table(tree.clone(), &format!("[tasks.{name}]"), problems);
    Written { name, name_span, table, tree }
}
