//! Checks of one agent's table that no single value can make: keys that exclude each other, and texts with a meaning of
//! their own.

use super::inherited;
use super::program::PROMPT_PLACE;
use super::settings::AgentTable;
use super::tasks::Delivery;
use crate::config::problem::Problem;
use crate::config::restart::Restart;
use crate::config::values::{Duration, Name, WorkspaceKind};
use crate::config::written::Written;

/// Checks one agent's table by itself and reports its problems.
pub(in crate::config) fn check(agent: &Written<AgentTable>, problems: &mut Vec<Problem>) {
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
        wrong("base", "`base` is not the name of a branch or commit".to_owned());
    }
    if !table.copy.is_empty() && table.workspace == Some(WorkspaceKind::Shared) {
        wrong(
            "copy",
            "`copy` copies files into the agent's own workspace; a shared workspace has these files already".to_owned(),
        );
    }
    if let Some(what) = table.restart.as_ref().and_then(Restart::problem) {
        wrong("restart", what);
    }
    if table.stop_keys_wait.is_some() && table.stop_keys.is_empty() {
        wrong("stop_keys_wait", "`stop_keys_wait` needs `stop_keys`".to_owned());
    }
    tasks(agent, problems);
    environment(agent, problems);
    for (index, command) in table.setup.iter().enumerate() {
        if command.trim().is_empty() || command.contains('\0') {
            problems
                .push(Problem::at(agent.item_span("setup", index), "a setup command is empty or contains a NUL byte"));
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
            Some(("args", "`args` needs `command`; write them into the `shell` line".to_owned()))
        }
        (Some(text), None) if unfit(text) => Some(("command", "`command` is empty or contains a NUL byte".to_owned())),
        (None, Some(text)) if unfit(text) => Some(("shell", "`shell` is empty or contains a NUL byte".to_owned())),
        (Some(_), None) if args.iter().flatten().any(|arg| arg.contains('\0')) => {
            Some(("args", "an argument contains a NUL byte".to_owned()))
        }
        _ => None,
    }
}

/// Checks that the environment's variables have names that the system accepts, and that its sets exist.
fn environment(agent: &Written<AgentTable>, problems: &mut Vec<Problem>) {
    let unfit = |name: &str| name.is_empty() || name.contains(['=', '\0']);
    for (name, value) in &agent.table.env {
        if unfit(name) || value.contains('\0') {
            let what = format!(
                "`{}` can't be set: the name must not be empty or contain `=`, and the name and the value must not \
                 contain a NUL byte",
                name.escape_debug()
            );
            problems.push(Problem::at(agent.entry_span("env", name), what));
        }
    }
    for (index, entry) in agent.table.env_inherit.iter().flatten().enumerate() {
        let span = agent.item_span("env_inherit", index);
        if inherited::expand(entry).is_none() {
            problems.push(Problem::at(
                span,
                format!("`{}` is not a set of variables; expected `@base` or `@agents`", entry.escape_debug()),
            ));
        } else if unfit(entry) {
            problems
                .push(Problem::at(span, "a variable's name must not be empty, and must not contain `=` or a NUL byte"));
        }
    }
}

/// Checks the keys about tasks in an agent's table.
fn tasks(agent: &Written<AgentTable>, problems: &mut Vec<Problem>) {
    let table = &agent.table;
    let delivery = table.tasks.unwrap_or_default();
    let mut wrong = |key: &str, what: &str, hint: &str| {
        problems.push(Problem::at(agent.span(key), what).hint(hint));
    };
    if table.done_when.is_some() && delivery != Delivery::Type {
        wrong(
            "done_when",
            "`done_when` needs `tasks = \"type\"`",
            "for other agents, the end of the run or the agent's own report ends the task",
        );
    }
    if table.task_timeout.is_some_and(Duration::is_zero) {
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
