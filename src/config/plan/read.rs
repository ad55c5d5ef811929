//! Turns a plan's text into tables as written, with the places of their keys.

use super::super::FleetConfig;
use super::super::problem::{ConfigErrors, PROBLEMS_MAX, Problem};
use super::super::values::Name;
use super::check;
use super::surroundings::Surroundings;
use super::tables::{PlanTable, PlanTaskTable};
use crate::config::written::{Key, Written, not_a_table, read_table, syntax_problem};
use quarterdeck_core::plan::PlanSpec;
use sha2::{Digest, Sha256};
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Reads the text of a whole plan file.
pub(super) fn of_plan_file(text: &str, path: &Path, fleet: &FleetConfig) -> Result<PlanSpec, ConfigErrors> {
    let text = &*crate::config::file::unix_lines(text);
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

/// Reads the table `[plan]` of an `agents.toml` whose agents are known.
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
    let written: Vec<Written<PlanTaskTable>> = tasks.into_iter().map(|(key, tree)| task(key, tree, problems)).collect();
    let name = head.name.map_or_else(|| fallback(name), |name| name.to_string());
    if name.contains('.') {
        let problem = Problem::at(name_span, format!("the plan's name `{name}` contains a dot"));
        problems.push(problem.hint("its tasks are called `PLAN.TASK`; use `-` in place of the dot"));
    }
    let fail_mode = head.fail_mode.map(Into::into).unwrap_or_default();
    let tasks = check::tasks(&written, around, problems);
    let spec = PlanSpec { name, version: String::new(), file: None, fail_mode, tasks };
    check::graph(&spec, &written, around, problems);
    PlanSpec { version: version(&spec), ..spec }
}

/// Makes a valid name out of one that no person chose: characters that a name can't have are omitted.
fn fallback(name: &str) -> String {
    let fit: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' }).collect();
    let fit = fit.trim_start_matches('-').to_owned();
    if fit.parse::<Name>().is_ok() { fit } else { "plan".to_owned() }
}

/// Takes the tables of the tasks out of the plan's table, in the file's order.
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
                        let what = not_a_table(&format!("tasks.{name}"), &other);
                        problems.push(Problem::at(span, what).hint(format!("write [tasks.{name}] and its keys below")));
                    }
                }
            }
        }
        Some(other) => problems.push(Problem {
            what: not_a_table("tasks", &other),
            hint: Some("write [tasks.NAME] for each task".to_owned()),
            span: None,
        }),
    }
    tasks.sort_by_key(|((_, span), _)| span.start);
    tasks
}

fn task<'t>(key: Key, tree: DeTable<'t>, problems: &mut Vec<Problem>) -> Written<'t, PlanTaskTable> {
    let place = format!("[tasks.{}]", key.0);
    Written::read(key, tree, &place, problems)
}

/// The digest of a plan's content: comments, order of keys and blanks do not count.
fn version(spec: &PlanSpec) -> String {
    let bare = PlanSpec { version: String::new(), file: None, ..spec.clone() };
    let digest = Sha256::digest(serde_json::to_vec(&bare).expect("a plan is made of texts and numbers"));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
