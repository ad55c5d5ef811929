//! Why a command about tasks was refused.

use super::stage::no_agent;
use crate::nearest::hint_for_unknown_agent;
use crate::supervisor::words::common::{Refusal, name_of, task_name};
use crate::supervisor::words::lock::refusal as lock;
use quarterdeck_core::ids::{AgentId, TaskId};
use quarterdeck_core::task::{TaskDenied, TaskText};
use quarterdeck_core::view::View;

/// Describes why a command about tasks was refused.
pub(in crate::supervisor) fn refusal(denied: &TaskDenied, view: &View) -> Refusal {
    let task = |task: &TaskId| format!("`{}`", task_name(*task, view));
    let agent = |agent: &AgentId| format!("`{}`", name_of(*agent, view));
    let list = Some("`qd task list` lists the tasks");
    let (code, why, hint) = match denied {
        TaskDenied::UnknownTask { task } => ("unknown_task", format!("there is no task `{task}`"), list),
        TaskDenied::NameTaken { name, task: id } => ("name_taken", format!("`{name}` is the name of {id}"), list),
        TaskDenied::BadName { name } => (
            "bad_name",
            format!("`{name}` can't be the name of a task"),
            Some(
                "1 to 128 bytes of letters, digits and . - _ @ : + # [ ], no dot or dash first; not `t12`, not `mine`",
            ),
        ),
        TaskDenied::NoPrompt => ("no_prompt", "a task needs a prompt".to_owned(), None),
        TaskDenied::TooLong { text, bytes_max } => (
            "too_long",
            format!("{} may have at most {bytes_max} bytes", text_name(*text)),
            Some("put it into a file, and give the path of the file"),
        ),
        TaskDenied::TooMany { text, count_max } => {
            ("too_many", format!("{} are too many; at most {count_max} are allowed", text_name(*text)), None)
        }
        TaskDenied::BoardFull { open_max } => (
            "board_full",
            format!("{open_max} tasks are open, which is the maximum"),
            Some("`qd task cancel` ends one"),
        ),
        TaskDenied::UnknownAgent { name } => {
            let known: Vec<String> = view.agents.values().map(|agent| agent.name.clone()).collect();
            return Refusal::new("unknown_agent", no_agent(name)).hint(hint_for_unknown_agent(name, &known));
        }
        TaskDenied::NotCapable { agent: id, missing } => (
            "not_capable",
            format!("{} can't do {}", agent(id), missing.join(", ")),
            Some("see `capabilities` in agents.toml"),
        ),
        TaskDenied::Circle { tasks } => {
            let names: Vec<String> = tasks.iter().map(|id| task_name(*id, view)).collect();
            ("circle", format!("the tasks would wait for each other: {}", names.join(" → ")), None)
        }
        TaskDenied::ParentEnded { parent } => {
            ("ended", format!("{} has ended and can't get more parts", task(parent)), None)
        }
        TaskDenied::NotYours { task: id, agent: Some(other) } => {
            ("not_yours", format!("{} works on {}", agent(other), task(id)), Some("`qd task show mine` shows yours"))
        }
        TaskDenied::NotYours { task: id, agent: None } => {
            ("not_yours", format!("you do not work on {}", task(id)), Some("`qd task claim` asks for one"))
        }
        TaskDenied::NotRunning { task: id } => ("not_running", format!("nobody works on {}", task(id)), list),
        TaskDenied::Ended { task: id } => {
            ("ended", format!("{} has ended", task(id)), Some("`qd task retry` tries it again"))
        }
        TaskDenied::NotEnded { task: id } => ("not_ended", format!("{} has not ended", task(id)), None),
        TaskDenied::NeedEnded { task: id, need } => (
            "need_ended",
            format!("{} needs {}, which ended in another state", task(id), task(need)),
            Some("`qd task retry` that one: what was skipped because of it waits again"),
        ),
        TaskDenied::Done { task: id } => {
            ("done", format!("{} is done", task(id)), Some("`qd task add` adds another task"))
        }
        TaskDenied::PlanOver { task: id, plan } => (
            "plan_over",
            format!("{} belongs to plan {plan}, which has ended and assigns no more tasks", task(id)),
            Some(
                "only a failed plan can continue; `qd plan start` runs the whole plan again, `qd task add` only this task",
            ),
        ),
        TaskDenied::BadLock { denied } => return lock::refusal(denied, view),
        TaskDenied::Busy { task: id } => {
            ("busy", format!("you work on {} already", task(id)), Some("`qd task done` or `qd task fail` ends it"))
        }
        TaskDenied::Taken { task: id, agent: other } => ("taken", format!("{} has {}", agent(other), task(id)), None),
        TaskDenied::BoundTo { task: id, name } => ("bound", format!("{} is for `{name}` alone", task(id)), None),
        TaskDenied::HasParts { task: id } => ("has_parts", format!("{} is done when its parts are", task(id)), None),
        TaskDenied::NoSuchRun { .. } => return Refusal::run_ended(),
        TaskDenied::TooManyClaims { count_max } => {
            ("too_many_claims", format!("{count_max} claims of the run wait already"), None)
        }
        TaskDenied::PersonsOnly => ("not_for_agents", "only a person may do that".to_owned(), None),
        TaskDenied::ShuttingDown => return Refusal::shutting_down(),
    };
    Refusal { code, why, hint: hint.map(str::to_owned) }
}

/// Returns the name of a part of a task that has a limit.
pub(in crate::supervisor) fn text_name(text: TaskText) -> &'static str {
    match text {
        TaskText::Prompt => "the prompt",
        TaskText::Verify => "the command that verifies it",
        TaskText::Capabilities => "its capabilities",
        TaskText::Needs => "the tasks it needs",
        TaskText::Locks => "the scopes it locks",
        TaskText::Outputs => "its outputs",
        TaskText::Parts => "its parts",
        TaskText::Message => "the message about a task",
    }
}
