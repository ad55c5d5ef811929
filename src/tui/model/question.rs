//! The questions that an overlay asks before something happens, each with its choices. A choice that asks the
//! supervisor holds the whole call.

use super::roster::is_live;
use crate::api::agents::{Action, Agent, CHANGE_AGENT, REMOVE_AGENT};
use crate::api::call::Call;
use crate::api::plans::{CANCEL_PLAN, PAUSE_PLAN, PausePlan, Plan};
use crate::api::removal::{RemoveQuery, WorkspaceFate};
use crate::api::tasks::{CANCEL_TASK, Reason, Task};
use crate::tui::age;

/// A question of the dashboard with the choices that answer it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Name of the agent that the question is about, if it is about one.
    pub agent: Option<String>,
    /// Title of the question's frame.
    pub title: String,
    /// Facts to know before answering: a name and its value each, or a sentence with an empty name.
    pub lines: Vec<(&'static str, String)>,
    /// Choices that answer the question.
    pub choices: Vec<Choice>,
    /// Index of the choice that Enter takes.
    pub selected: usize,
}

/// A choice that answers a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Character that takes the choice.
    pub key: char,
    /// Text of the choice, as it is shown.
    pub label: &'static str,
    /// Action that follows when the choice is taken.
    pub verdict: Verdict,
}

/// The action that follows when a choice is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Nothing,
    Leave,
    StopFleet,
    KillFleet,
    /// Makes a call; `what` describes it after "can't".
    Call {
        what: String,
        call: Call,
        loss: Loss,
    },
}

/// Whether a call ends, discards or takes away something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    Nothing,
    Something,
}

impl Verdict {
    /// Whether the action ends, discards and takes away nothing, so that a single letter may trigger it.
    pub fn is_harmless(&self) -> bool {
        match self {
            Verdict::Nothing | Verdict::Leave => true,
            Verdict::StopFleet | Verdict::KillFleet => false,
            Verdict::Call { loss, .. } => *loss == Loss::Nothing,
        }
    }
}

impl Question {
    /// Whether the question is about an action that ends, discards or takes away something. The action is that of the
    /// first choice that does anything.
    pub fn takes_away(&self) -> bool {
        let mut does =
            self.choices.iter().map(|choice| &choice.verdict).filter(|verdict| **verdict != Verdict::Nothing);
        does.next().is_some_and(|verdict| !verdict.is_harmless())
    }
}

fn choice(key: char, label: &'static str, verdict: Verdict) -> Choice {
    Choice { key, label, verdict }
}

fn call(what: String, call: Call, loss: Loss) -> Verdict {
    Verdict::Call { what, call, loss }
}

/// Returns the question before a kill; it names what is lost.
pub fn kill(agent: &Agent, now_ms: u64) -> Question {
    let processes = agent.usage.map_or(String::from("its whole tree"), |usage| match usage.processes {
        1 => "1 process".to_owned(),
        many => format!("{many} processes"),
    });
    let pid = agent.pid.map(|pid| format!(", pid {pid}")).unwrap_or_default();
    let age = agent.started_ms.map(|started_ms| format!(", {} old", age::text(started_ms, now_ms)));
    let run = agent.run.clone().unwrap_or_else(|| "its run".to_owned());
    let mut lines =
        vec![("Agent", agent.name.clone()), ("Run", format!("{run}{pid}, {processes}{}", age.unwrap_or_default()))];
    lines.extend(agent.branch.clone().map(|branch| ("Branch", format!("{branch} (stays)"))));
    lines.extend(agent.workspace.clone().map(|workspace| ("Files", format!("{workspace} (stay)"))));
    lines.push(("Lost", "what the program has not saved: it gets no signal it could catch".to_owned()));
    let kill = CHANGE_AGENT.call(&[&agent.name], &Action::Kill.into());
    let kill = call(format!("kill {}", agent.name), kill, Loss::Something);
    Question {
        agent: Some(agent.name.clone()),
        title: format!("Kill {}?", agent.name),
        lines,
        choices: vec![choice('n', "leave it running", Verdict::Nothing), choice('y', "kill it", kill)],
        selected: 0,
    }
}

/// Returns the question about the workspace of an agent that does not run and will be removed.
pub fn forget(agent: &Agent) -> Question {
    let mut lines = vec![("Agent", agent.name.clone()), ("Is", agent.summary.clone())];
    lines.extend(agent.branch.clone().map(|branch| ("Branch", branch)));
    lines.extend(agent.workspace.clone().map(|workspace| ("Files", workspace)));
    let forget = |workspace| {
        let forget = REMOVE_AGENT.call(&[&agent.name], &RemoveQuery { workspace });
        call(format!("forget {}", agent.name), forget, Loss::Something)
    };
    Question {
        agent: Some(agent.name.clone()),
        title: format!("Forget {}?", agent.name),
        lines,
        choices: vec![
            choice('n', "keep it in the list", Verdict::Nothing),
            choice('k', "remove it, keep its files", forget(WorkspaceFate::Keep)),
            choice('r', "remove its files too, if nothing is lost", forget(WorkspaceFate::Remove)),
            choice('p', "park its work on a git ref, then remove its files", forget(WorkspaceFate::Park)),
        ],
        selected: 0,
    }
}

/// Returns the question what happens to the fleet when the dashboard ends.
pub fn quit<'a>(agents: impl Iterator<Item = &'a Agent>, stopping: bool) -> Question {
    let running = agents.filter(|agent| is_live(agent.state)).count();
    let line = match (stopping, running) {
        (true, _) => "The fleet is stopping, each agent within its grace.".to_owned(),
        (false, 0) => "No agent runs.".to_owned(),
        (false, 1) => "1 agent runs, and continues without the dashboard.".to_owned(),
        (false, many) => format!("{many} agents run, and continue without the dashboard."),
    };
    let stop = match stopping {
        true => choice('k', "kill the remaining agents now", Verdict::KillFleet),
        false => choice('s', "stop the fleet, then quit", Verdict::StopFleet),
    };
    Question {
        agent: None,
        title: "Quit?".to_owned(),
        lines: vec![("", line)],
        choices: vec![
            choice('l', "leave it running; `qd` opens this dashboard again", Verdict::Leave),
            stop,
            choice('n', "stay here", Verdict::Nothing),
        ],
        selected: 0,
    }
}

fn cancelled() -> Reason {
    Reason { reason: Some("cancelled in the dashboard".to_owned()) }
}

/// Returns the question before a task is cancelled.
pub fn cancel_task(task: &Task) -> Question {
    let mut lines = vec![("Task", format!("{} {}", task.id, task.name)), ("Is", task.summary.clone())];
    lines.extend(task.agent.clone().map(|agent| ("Agent", agent)));
    lines.push(("Lost", "this attempt; its commits remain".to_owned()));
    let cancel = CANCEL_TASK.call(&[&task.id], &cancelled());
    let cancel = call(format!("cancel {}", task.id), cancel, Loss::Something);
    Question {
        agent: None,
        title: format!("Cancel {}?", task.name),
        lines,
        choices: vec![choice('n', "let it continue", Verdict::Nothing), choice('y', "cancel it", cancel)],
        selected: 0,
    }
}

/// Returns the question before a plan is cancelled.
pub fn cancel_plan(plan: &Plan) -> Question {
    let open = plan.tasks.saturating_sub(plan.done + plan.failed + plan.cancelled);
    let cancel = CANCEL_PLAN.call(&[&plan.id], &cancelled());
    let cancel = call(format!("cancel {}", plan.id), cancel, Loss::Something);
    Question {
        agent: None,
        title: format!("Cancel {}?", plan.name),
        lines: vec![
            ("Plan", format!("{} {}", plan.id, plan.name)),
            ("Is", plan.summary.clone()),
            ("Lost", format!("{open} tasks that are not done; {} of them run", plan.running)),
        ],
        choices: vec![choice('n', "let it continue", Verdict::Nothing), choice('y', "cancel it", cancel)],
        selected: 0,
    }
}

/// Returns the question how a plan will be paused.
pub fn pause_plan(plan: &Plan) -> Question {
    let running = match plan.running {
        0 => "none of its tasks runs".to_owned(),
        1 => "1 of its tasks runs".to_owned(),
        many => format!("{many} of its tasks run"),
    };
    let pause = |freeze| {
        let pause = PAUSE_PLAN.call(&[&plan.id], &PausePlan { freeze });
        call(format!("pause {}", plan.id), pause, Loss::Nothing)
    };
    Question {
        agent: None,
        title: format!("Pause {}?", plan.name),
        lines: vec![("", format!("No further task starts until the plan is resumed; {running}."))],
        choices: vec![
            choice('p', "pause it; running tasks continue to their end", pause(false)),
            choice('f', "pause it and the agents that work on it", pause(true)),
            choice('n', "let it continue", Verdict::Nothing),
        ],
        selected: 0,
    }
}
