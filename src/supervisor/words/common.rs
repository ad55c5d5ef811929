//! The words that all subjects share: names, counts, how a process ended; and the refusals that are the same for every
//! command.

use axum::http::StatusCode;
use quarterdeck_core::barred::Barred;
use quarterdeck_core::ending::Exit;
use quarterdeck_core::ids::{AgentId, PlanId, RunId, TaskId};
use quarterdeck_core::party::Party;
use quarterdeck_core::view::View;

/// A refusal of a command, described in words.
#[derive(Debug)]
pub(in crate::supervisor) struct Refusal {
    /// A stable word for programs that names the kind of refusal: `busy`, `cycle`, `unknown_task` …
    pub(in crate::supervisor) code: &'static str,
    /// Why the command was refused.
    pub(in crate::supervisor) why: String,
    /// What to do about the refusal.
    pub(in crate::supervisor) hint: Option<String>,
}

impl Refusal {
    /// Returns a refusal without a hint.
    pub(in crate::supervisor) fn new(code: &'static str, why: impl Into<String>) -> Refusal {
        Refusal { code, why: why.into(), hint: None }
    }

    /// Returns the refusal with a hint.
    pub(in crate::supervisor) fn hint(self, hint: impl Into<String>) -> Refusal {
        Refusal { hint: Some(hint.into()), ..self }
    }

    /// Returns the status with which a request is answered that was refused so: what it names was not found, or it
    /// conflicts with the current state.
    pub(in crate::supervisor) fn status(&self) -> StatusCode {
        match self.code {
            "unknown_agent" | "unknown_key" | "unknown_lease" | "unknown_message" | "unknown_plan"
            | "unknown_scope" | "unknown_task" => StatusCode::NOT_FOUND,
            _ => StatusCode::CONFLICT,
        }
    }

    /// Returns the refusal of a request by a run that has ended.
    pub(in crate::supervisor) fn run_ended() -> Refusal {
        Refusal::new("run_ended", "the run that asks has ended")
    }

    /// Returns the refusal of a request about an agent that the fleet does not have.
    pub(in crate::supervisor) fn unknown_agent() -> Refusal {
        Refusal::new("unknown_agent", "the fleet has no such agent").hint("`qd ps` lists the agents")
    }

    /// Returns the refusal of whatever would begin while the fleet is ending.
    pub(in crate::supervisor) fn shutting_down() -> Refusal {
        Refusal::new("shutting_down", "the fleet is ending").hint("`qd up` starts it again afterwards")
    }
}

/// Returns a count with its noun, as `1 process` or `3 processes`.
pub(in crate::supervisor) fn plural(count: u32, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Returns an agent's name, or its number if it is gone.
pub(in crate::supervisor) fn name_of(agent: AgentId, view: &View) -> String {
    view.agents.get(&agent).map_or_else(|| agent.to_string(), |agent| agent.name.clone())
}

/// Describes how a run ended, and why, as far as either is known: `exit 1: no such file`,
/// `quota: exit 1: You've hit your limit`.
pub(in crate::supervisor) fn ending_words(
    exit: Option<Exit>,
    reason: Option<&str>,
    barred: Option<Barred>,
) -> Option<String> {
    let word = barred.map(|barred| barred.to_string());
    let words: Vec<String> = word.into_iter().chain(exit.map(exit_words)).chain(reason.map(str::to_owned)).collect();
    (!words.is_empty()).then(|| words.join(": "))
}

/// Describes a cancellation, as `cancelled by person: not now`; without a name if the fleet itself cancelled it.
pub(in crate::supervisor) fn cancelled(reason: &str, by: Option<&Party>, view: &View) -> String {
    match by {
        Some(by) => format!("cancelled by {}: {reason}", party_name(by, view)),
        None => format!("cancelled: {reason}"),
    }
}

/// Describes how a process ended.
pub(in crate::supervisor) fn exit_words(exit: Exit) -> String {
    match exit {
        Exit::Code(code) => format!("exit {code}"),
        Exit::Signal(signal) => signal_name(signal),
    }
}

/// Returns a signal's name, as `SIGTERM`, or `signal 99` for a number without a name.
pub(in crate::supervisor) fn signal_name(signal: i32) -> String {
    nix::sys::signal::Signal::try_from(signal)
        .map_or_else(|_| format!("signal {signal}"), |signal| signal.as_str().to_owned())
}

/// Returns a task's name, or its number if its record was deleted.
pub(in crate::supervisor) fn task_name(task: TaskId, view: &View) -> String {
    view.tasks.get(task).map_or_else(|| task.to_string(), |task| task.spec.name.clone())
}

/// Returns a plan's name, or its number if its record was deleted.
pub(in crate::supervisor) fn plan_name(plan: PlanId, view: &View) -> String {
    view.plans.get(plan).map_or_else(|| plan.to_string(), |plan| plan.spec.name.clone())
}

/// Returns a party's name for people: an agent's name, `task NAME`, or the name of a holder outside the fleet.
pub(in crate::supervisor) fn party_name(party: &Party, view: &View) -> String {
    match party {
        Party::Run(run) => run_name(*run, view),
        Party::Task(task) => format!("task {}", task_name(*task, view)),
        Party::Outside(name) => name.clone(),
    }
}

/// Returns the name of a run's agent, or the run's number if it is not the newest run of an agent.
pub(in crate::supervisor) fn run_name(run: RunId, view: &View) -> String {
    let agent = view.agents.values().find(|agent| agent.run == Some(run));
    agent.map_or_else(|| run.to_string(), |agent| agent.name.clone())
}
