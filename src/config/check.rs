//! Checks of `agents.toml` that concern several values: names, groups, order, and keys that exclude each other.

use super::default_environment as environment;
use super::problem::Problem;
use super::tables::{AgentTable, FleetTable, Restart};
use super::values::{Name, WorkspaceKind};
use super::written::Written;
use crate::nearest::did_you_mean;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use toml::Spanned;
use toml::de::DeTable;

/// The number of agents that a fleet may hold, where `[fleet]` does not say.
pub(super) const AGENTS_MAX_DEFAULT: u32 = 1_000;

/// Directories beneath the root in which no workspaces may be made.
const RESERVED_DIRECTORIES: [&str; 2] = [".git", ".quarterdeck"];

/// Checks the table `[fleet]` and reports its problems.
pub(super) fn fleet(table: &FleetTable, tree: &DeTable, problems: &mut Vec<Problem>) {
    let span = |key: &str| tree.get(key).map_or(0..0, Spanned::span);
    if let Some(path) = &table.workspaces {
        let first = path.as_path().components().next().map(|part| part.as_os_str().to_string_lossy().into_owned());
        match first.as_deref() {
            None => problems.push(Problem::at(span("workspaces"), "`workspaces` can't be the fleet's own directory")),
            Some(name) if RESERVED_DIRECTORIES.contains(&name) => {
                problems.push(Problem::at(span("workspaces"), format!("`workspaces` can't lie in `{name}`")));
            }
            Some(_) => {}
        }
    }
    if let Some(what) = table.restart.as_ref().and_then(restart_problem) {
        problems.push(Problem::at(span("restart"), what));
    }
}

/// Checks the agents, each by itself and then all together.
pub(super) fn agents(written: &[Written<AgentTable>], agents_max: Option<NonZeroU32>, problems: &mut Vec<Problem>) {
    for agent in written {
        one(agent, problems);
    }
    let agents_max = agents_max.map_or(AGENTS_MAX_DEFAULT, NonZeroU32::get);
    let total: u64 = written.iter().map(|agent| agent.table.count.map_or(1, |count| u64::from(count.get()))).sum();
    if total > u64::from(agents_max) {
        let what = format!("the file makes {total} agents; the fleet holds at most {agents_max}");
        let span = written.last().map_or(0..0, |agent| agent.name_span.clone());
        problems.push(Problem::at(span, what).hint("lower a `count`, or raise `agents_max` in [fleet]"));
        return;
    }
    let members = names(written, problems);
    order(written, &members, problems);
}

/// Checks one agent's table by itself and reports its problems.
pub(super) fn one(agent: &Written<AgentTable>, problems: &mut Vec<Problem>) {
    let table = &agent.table;
    let mut wrong = |key: &str, what: String| problems.push(Problem::at(agent.span(key), what));
    if let Err(bad) = agent.name.parse::<Name>() {
        wrong("", bad.to_string());
    }
    if let Some((key, what)) = program_problem(agent) {
        wrong(key, what);
    }
    if table.base.is_some() && matches!(table.workspace, Some(WorkspaceKind::Directory | WorkspaceKind::Shared)) {
        wrong("base", "`base` is what a worktree's branch starts from; this workspace has none".to_owned());
    }
    if table
        .base
        .as_deref()
        .is_some_and(|base| base.is_empty() || base.starts_with('-') || base.chars().any(char::is_control))
    {
        wrong("base", "`base` is no name of a branch or commit".to_owned());
    }
    if !table.copy.is_empty() && table.workspace == Some(WorkspaceKind::Shared) {
        wrong(
            "copy",
            "`copy` copies files into the agent's own workspace; a shared workspace has these files already".to_owned(),
        );
    }
    if let Some(what) = table.restart.as_ref().and_then(restart_problem) {
        wrong("restart", what);
    }
    if table.stop_keys_wait.is_some() && table.stop_keys.is_empty() {
        wrong("stop_keys_wait", "`stop_keys_wait` goes with `stop_keys`".to_owned());
    }
    super::tasks::check_agent(agent, problems);
    environment_names(agent, problems);
    for (index, command) in table.setup.iter().enumerate() {
        if command.trim().is_empty() || command.contains('\0') {
            problems.push(Problem::at(agent.item_span("setup", index), "a setup command is empty or holds a NUL byte"));
        }
    }
}

/// Returns what is wrong with the program of an agent: exactly one of `command` and `shell` must be given, and `args`
/// only with `command`.
fn program_problem(agent: &Written<AgentTable>) -> Option<(&'static str, String)> {
    let AgentTable { command, shell, args, .. } = &agent.table;
    let said = |key: &str| agent.span(key) != agent.name_span;
    let unfit = |text: &str| text.trim().is_empty() || text.contains('\0');
    match (command, shell) {
        (Some(_), Some(_)) => Some(("shell", "both `command` and `shell` are given; expected one of them".to_owned())),
        (None, None) if said("command") || said("shell") => None,
        (None, None) => Some(("", format!("agent `{}` has nothing to run; expected `command` or `shell`", agent.name))),
        (None, Some(_)) if args.is_some() => {
            Some(("args", "`args` goes with `command`; write them into the `shell` line".to_owned()))
        }
        (Some(text), None) if unfit(text) => Some(("command", "`command` is empty or holds a NUL byte".to_owned())),
        (None, Some(text)) if unfit(text) => Some(("shell", "`shell` is empty or holds a NUL byte".to_owned())),
        (Some(_), None) if args.iter().flatten().any(|arg| arg.contains('\0')) => {
            Some(("args", "an argument holds a NUL byte".to_owned()))
        }
        _ => None,
    }
}

fn restart_problem(restart: &Restart) -> Option<String> {
    let Restart::Table(table) = restart else { return None };
    match (table.delay, table.delay_max) {
        (Some(delay), Some(longest)) if delay > longest => {
            Some(format!("`delay` ({delay}) is longer than `delay_max` ({longest})"))
        }
        _ if table.jitter_percent.is_some_and(|percent| percent > 100) => {
            Some("`jitter_percent` is at most 100".to_owned())
        }
        _ => None,
    }
}

/// Checks that the environment's variables have names that the system accepts, and that its sets exist.
fn environment_names(agent: &Written<AgentTable>, problems: &mut Vec<Problem>) {
    let unfit = |name: &str| name.is_empty() || name.contains(['=', '\0']);
    for (name, value) in &agent.table.env {
        if unfit(name) || value.contains('\0') {
            let what = format!(
                "`{}` can't be set: the name must not be empty or hold `=`, and neither name nor value may hold a NUL byte",
                name.escape_debug()
            );
            problems.push(Problem::at(agent.entry_span("env", name), what));
        }
    }
    for (index, entry) in agent.table.env_inherit.iter().flatten().enumerate() {
        let span = agent.item_span("env_inherit", index);
        if environment::expand(entry).is_none() {
            problems.push(Problem::at(
                span,
                format!("`{}` is no set of variables; expected `@base` or `@agents`", entry.escape_debug()),
            ));
        } else if unfit(entry) {
            problems
                .push(Problem::at(span, "a variable's name must not be empty, and must not hold `=` or a NUL byte"));
        }
    }
}

/// The names that an agent's table stands for: its own name, or those of its group's members.
pub(super) fn members(name: &str, count: Option<NonZeroU32>) -> Vec<String> {
    match count {
        None => vec![name.to_owned()],
        Some(count) => (1..=count.get()).map(|number| format!("{name}-{number}")).collect(),
    }
}

/// Maps the name of every agent and group to the index of its table. Reports names that are unfit, and names that are
/// taken once groups are expanded, also when they differ only in case: some file systems do not tell such names apart.
fn names(written: &[Written<AgentTable>], problems: &mut Vec<Problem>) -> BTreeMap<String, usize> {
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    let mut targets = BTreeMap::new();
    for (index, agent) in written.iter().enumerate() {
        targets.insert(agent.name.clone(), index);
        for name in members(&agent.name, agent.table.count) {
            if agent.table.count.is_some()
                && agent.name.parse::<Name>().is_ok()
                && let Err(bad) = name.parse::<Name>()
            {
                problems.push(Problem::at(agent.span("count"), bad.to_string()));
                break;
            }
            if let Some(other) = taken.insert(name.to_lowercase(), index) {
                let what = format!("the name `{name}` is taken by [agents.{}]", written[other].name);
                problems.push(
                    Problem::at(agent.name_span.clone(), what)
                        .hint("two names must differ in more than upper and lower case; a group stands for the names of its members"),
                );
                break;
            }
            targets.insert(name, index);
        }
    }
    targets
}

/// Checks that `after` names agents that exist, and that the order it gives has no circle.
fn order(written: &[Written<AgentTable>], targets: &BTreeMap<String, usize>, problems: &mut Vec<Problem>) {
    let mut needs: Vec<Vec<(usize, usize)>> = vec![Vec::new(); written.len()];
    for (index, agent) in written.iter().enumerate() {
        for (item, target) in agent.table.after.iter().enumerate() {
            match targets.get(target) {
                Some(other) => needs[index].push((*other, item)),
                None => {
                    let what = format!(
                        "`after` of [agents.{}] names `{}`, which is no agent",
                        agent.name,
                        target.escape_debug()
                    );
                    let problem = Problem::at(agent.item_span("after", item), what);
                    problems.push(match did_you_mean(target, targets.keys().map(String::as_str)) {
                        Some(nearest) => problem.hint(format!("did you mean `{nearest}`?")),
                        None => problem,
                    });
                }
            }
        }
    }
    for (path, closing) in cycles(&needs) {
        let ring: Vec<&str> = path.iter().chain(path.first()).map(|index| written[*index].name.as_str()).collect();
        let (last, item) = closing;
        let what = format!("the agents in `after` wait for each other in a circle: {}", ring.join(" → "));
        problems.push(
            Problem::at(written[last].item_span("after", item), what)
                .hint("each agent waits for the next, so none would ever start"),
        );
    }
}

/// Finds the circles of a graph, each once: the nodes on the circle, and the edge (node, item) that closes it.
fn cycles(needs: &[Vec<(usize, usize)>]) -> Vec<(Vec<usize>, (usize, usize))> {
    let mut found = Vec::new();
    let mut done = BTreeSet::new();
    for start in 0..needs.len() {
        // A depth-first search without recursion: a stack of the nodes on the path, each with its next edge to follow.
        let mut path: Vec<(usize, usize)> = Vec::new();
        if !done.contains(&start) {
            path.push((start, 0));
        }
        while let Some((node, edge)) = path.last_mut() {
            let (here, next) = (*node, needs[*node].get(*edge).copied());
            *edge += 1;
            match next {
                None => {
                    done.insert(here);
                    path.pop();
                }
                Some((target, item)) => match path.iter().position(|(on_path, _)| *on_path == target) {
                    Some(at) => found.push((path[at..].iter().map(|(node, _)| *node).collect(), (here, item))),
                    None if done.contains(&target) => {}
                    None => path.push((target, 0)),
                },
            }
        }
    }
    found
}
