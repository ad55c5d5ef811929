//! Checks of `[tasks]`, and of the keys about tasks in an agent's table, that no single value can make.

use super::settings::{Delivery, PROMPT_PLACE, TasksTable};
use crate::config::problem::Problem;
use crate::config::tables::AgentTable;
use crate::config::values::Duration;
use crate::config::written::Written;
use crate::nearest::did_you_mean;
use quarterdeck_core::task::limits::ARTIFACTS_MAX;
use quarterdeck_core::task::routing::is_word;
use std::collections::BTreeSet;
use toml::Spanned;
use toml::de::DeTable;

/// Checks the table `[tasks]` and reports its problems.
pub(in crate::config) fn check(table: &TasksTable, tree: &DeTable, problems: &mut Vec<Problem>) {
    let span = |key: &str| tree.get(key).map_or(0..0, Spanned::span);
    let folder = table.folder.as_ref().map(|folder| folder.as_path());
    match folder.and_then(|folder| folder.components().next()) {
        _ if folder.is_none() => {}
        None => problems.push(Problem::at(span("folder"), "`folder` can't be the fleet's own directory")),
        Some(first) if [".git", ".quarterdeck"].contains(&&*first.as_os_str().to_string_lossy()) => {
            let what = format!("`folder` can't lie in `{}`", first.as_os_str().display());
            problems.push(Problem::at(span("folder"), what));
        }
        Some(_) => {}
    }
    if table.outputs_files.is_some_and(|count| count.get() as usize > ARTIFACTS_MAX) {
        let what = format!("`outputs_files` is at most {ARTIFACTS_MAX}: the fleet records no more files of one task");
        problems.push(Problem::at(span("outputs_files"), what));
    }
    if let (Some(delay), Some(longest)) = (table.retry_delay, table.retry_delay_max)
        && delay > longest
    {
        let what = format!("`retry_delay` ({delay}) is longer than `retry_delay_max` ({longest})");
        problems.push(Problem::at(span("retry_delay"), what));
    }
    if table.outputs_files.is_some_and(|count| count.get() as usize > ARTIFACTS_MAX) {
        let what = format!("`outputs_files` is at most {ARTIFACTS_MAX}");
        problems.push(
            Problem::at(span("outputs_files"), what).hint("let the task write one archive instead of many files"),
        );
    }
    for (key, given) in [("timeout", table.timeout), ("ageing", table.ageing), ("verify_timeout", table.verify_timeout)]
    {
        if given.is_some_and(is_zero) {
            problems.push(Problem::at(span(key), format!("`{key}` is zero; expected a longer time")));
        }
    }
}

/// Checks `[tasks.routing]`: each capability must be one that an agent has, and each word one that a line can hold.
pub(in crate::config) fn check_routing(tree: &DeTable, agents: &[Written<AgentTable>], problems: &mut Vec<Problem>) {
    let known: BTreeSet<&str> = agents.iter().flat_map(|agent| &agent.table.capabilities).map(String::as_str).collect();
    let routes = tree.get("routing").and_then(|table| table.get_ref().as_table());
    for (capability, said) in routes.into_iter().flatten() {
        let name = capability.get_ref().as_ref();
        if !known.contains(name) {
            let what = format!("no agent can do `{}`, which [tasks.routing] asks for", name.escape_debug());
            let problem = Problem::at(capability.span(), what);
            problems.push(match did_you_mean(name, known.iter().copied()) {
                Some(nearest) => problem.hint(format!("did you mean `{nearest}`?")),
                None => problem.hint("add it to the `capabilities` of an agent"),
            });
        }
        let items = said.get_ref().as_array().into_iter().flatten();
        for item in items.filter(|item| item.get_ref().as_str().is_some_and(|word| !is_word(word))) {
            let what = format!("`{}` is no single word", item.get_ref().as_str().unwrap_or_default().escape_debug());
            problems.push(Problem::at(item.span(), what).hint("a word has letters, digits, `_`, and `-` inside"));
        }
    }
}

/// Checks the keys about tasks in an agent's table.
pub(in crate::config) fn check_agent(agent: &Written<AgentTable>, problems: &mut Vec<Problem>) {
    let table = &agent.table;
    let delivery = table.tasks.unwrap_or_default();
    let mut wrong = |key: &str, what: &str, hint: &str| {
        problems.push(Problem::at(agent.span(key), what).hint(hint));
    };
    if table.done_when.is_some() && delivery != Delivery::Type {
        wrong(
            "done_when",
            "`done_when` goes with `tasks = \"type\"`",
            "for other agents, the end of the run or the agent's own report ends the task",
        );
    }
    if table.task_timeout.is_some_and(is_zero) {
        wrong(
            "task_timeout",
            "`task_timeout` is zero; expected a longer time",
            "leave it out to use the fleet's timeout",
        );
    }
    if delivery.is_one_shot() && table.autostart == Some(true) {
        let hint = "leave `autostart` out: a run begins with each task";
        wrong("autostart", "an agent that gets its tasks as an argument or on stdin starts with a task", hint);
    }
    if delivery.is_one_shot() && table.restart.is_some() {
        let hint = "`attempts` and `retry_delay` in [tasks] say how a task that failed is tried again";
        wrong("restart", "`restart` has no meaning for an agent that its tasks start", hint);
    }
    let has_place = table.args.iter().flatten().any(|argument| argument.contains(PROMPT_PLACE));
    if has_place && delivery != Delivery::Argument {
        let what = "`args` holds `{prompt}`, but this agent does not get its prompt as an argument";
        wrong("args", what, "say `tasks = \"argument\"`");
    }
}

fn is_zero(duration: Duration) -> bool {
    duration.0.0 == 0
}
