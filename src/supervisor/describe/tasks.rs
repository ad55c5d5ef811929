//! Describes facts and refusals of `quarterdeck_core::task` in words.

use super::words::{Refusal, cancelled, ending_words, name_of, plural, seconds, task_name};
use crate::api::work::uncommitted_words;
use crate::nearest::hint_for_unknown_agent;
use crate::status::WORDS_CHARS_MAX;
use crate::term::cut;
use quarterdeck_core::ending::{Exit, Outcome};
use quarterdeck_core::ids::{AgentId, TaskId};
use quarterdeck_core::task::{
    Counted, Held, Left, Stopped, Task, TaskDenied, TaskFact, TaskText, Trouble, Verdict, Word,
};
use quarterdeck_core::view::View;

/// Describes a fact about tasks in one line for people.
pub(super) fn message(fact: &TaskFact, view: &View) -> String {
    let task = |task: &TaskId| task_name(*task, view);
    match fact {
        TaskFact::Added { spec, .. } => match &spec.routed {
            Some(word) => {
                let wanted = spec.required_capabilities.join(", ");
                format!("{} is added, for {wanted}: its first line says `{word}`", spec.name)
            }
            None => format!("{} is added", spec.name),
        },
        TaskFact::Revised { task: id, .. } => format!("{} is changed", task(id)),
        TaskFact::Held { task: id, why } => format!("{} is held: {}", task(id), held(why, *id, view)),
        TaskFact::Queued { task: id } => format!("{} waits for an agent", task(id)),
        TaskFact::LinedUp { task: id, agent } => {
            format!("{} stands in the queue of {}", task(id), name_of(*agent, view))
        }
        TaskFact::Locked { task: id } => format!("{} has its locks and goes first", task(id)),
        TaskFact::Assigned { task: id, agent, attempt: 1, .. } => {
            format!("{} goes to {}", task(id), name_of(*agent, view))
        }
        TaskFact::Assigned { task: id, agent, attempt, .. } => {
            format!("{} goes to {}, attempt {attempt}", task(id), name_of(*agent, view))
        }
        TaskFact::Stolen { task: id, from, to } => {
            format!("{} takes {} from the queue of {}", name_of(*to, view), task(id), name_of(*from, view))
        }
        TaskFact::Provided { task: id, inputs, .. } => match inputs {
            Some(inputs) => format!("what {} needs lies in {inputs}", task(id)),
            None => format!("{} has its workspace", task(id)),
        },
        TaskFact::Started { task: id, .. } => format!("{} is worked on", task(id)),
        TaskFact::StoodStill { task: id, .. } => format!("the time limit of {} is paused", task(id)),
        TaskFact::WentOn { task: id, .. } => format!("the time limit of {} runs again", task(id)),
        TaskFact::Asks { task: id, why: None, .. } => format!("{} says nothing, and its turn is over: done?", task(id)),
        TaskFact::Asks { task: id, why: Some(why), .. } => {
            format!("{} says nothing, and its turn ended in an error: {why}", task(id))
        }
        TaskFact::AsksNoMore { task: id } => format!("{} is worked on again", task(id)),
        TaskFact::Progress { task: id, percent, message } => progress(&task(id), *percent, message.as_deref()),
        TaskFact::Reported { task: id, word: Word::Done, .. } => format!("{} is done, says its agent", task(id)),
        TaskFact::Reported { task: id, word: Word::Failed, .. } => format!("{} failed, says its agent", task(id)),
        TaskFact::Stopping { task: id, why } => format!("{}: its run is stopped: {}", task(id), stopped(why, view)),
        TaskFact::Verifying { task: id, .. } => format!("{} is being verified", task(id)),
        TaskFact::Done { task: id, verdict, left, .. } => {
            format!("{} is {}", task(id), done(*verdict, left))
        }
        TaskFact::Failed { task: id, why, output, .. } => {
            format!("{} failed: {}", task(id), trouble(why, output.as_deref(), view))
        }
        TaskFact::Cancelled { task: id, reason, by } => {
            format!("{} is {}", task(id), cancelled(reason, by.as_ref(), view))
        }
        TaskFact::Skipped { task: id, need } => {
            format!("{} is skipped because of how {} ended", task(id), task(need))
        }
        TaskFact::Retried { task: id, why, output, .. } => {
            format!("{} will be tried again: {}", task(id), trouble(why, output.as_deref(), view))
        }
        TaskFact::Requeued { task: id, why, counted: Counted::Yes } => {
            format!("{} goes back into the queue: {}", task(id), trouble(why, None, view))
        }
        TaskFact::Requeued { task: id, why, counted: Counted::No } => {
            format!("{} goes back into the queue, which counts as no attempt: {}", task(id), trouble(why, None, view))
        }
        TaskFact::Reopened { task: id, reason: Some(reason), .. } => {
            format!("{} is to be done once more: {reason}", task(id))
        }
        TaskFact::Reopened { task: id, reason: None, .. } => format!("{} is to be done once more", task(id)),
        TaskFact::Forgotten { tasks } => {
            format!("{} that ended long ago forgotten", plural(tasks.len() as u32, "task", "tasks"))
        }
        TaskFact::DeskCleared { .. } => "works on nothing any more".to_owned(),
        TaskFact::ClaimWaits { task: Some(id), .. } => format!("asks for {}", task(id)),
        TaskFact::ClaimWaits { task: None, .. } => "asks for a task".to_owned(),
        TaskFact::ClaimEnded { .. } => "asks no more".to_owned(),
    }
}

fn progress(task: &str, percent: Option<u8>, message: Option<&str>) -> String {
    match (percent, message) {
        (Some(percent), Some(message)) => format!("{task}: {percent} %: {message}"),
        (Some(percent), None) => format!("{task}: {percent} %"),
        (None, Some(message)) => format!("{task}: {message}"),
        (None, None) => format!("{task} goes on"),
    }
}

/// Describes what a task is held for.
pub(in crate::supervisor) fn held(why: &Held, task: TaskId, view: &View) -> String {
    match why {
        Held::Needs => waits_for_needs(task, view),
        Held::Parts => waits_for_parts(task, view),
        Held::Nobody { missing } if missing.is_empty() => "no one agent can do all it asks for".to_owned(),
        Held::Nobody { missing } => format!("no agent can do {}", missing.join(", ")),
        Held::NoAgent { name } => format!("there is no agent {name}"),
        Held::Locks => match view.tasks.get(task) {
            Some(task) => format!("waits for its locks: {}", task.spec.locks.join(", ")),
            None => "waits for its locks".to_owned(),
        },
        Held::Backoff { .. } => match view.tasks.get(task).and_then(|task| task.trouble.as_ref()) {
            Some(why) if why.barred().is_some() => {
                format!("waits before the next attempt: {}", trouble(why, None, view))
            }
            _ => "waits before the next attempt".to_owned(),
        },
    }
}

fn waits_for_needs(task: TaskId, view: &View) -> String {
    /// The most names in a sentence. Beyond it, the rest is counted.
    const NAMED_MAX: usize = 3;
    let mut open: Vec<&str> = view
        .tasks
        .needs_of(task)
        .filter(|(_, need)| !need.has_ended())
        .map(|(_, need)| need.spec.name.as_str())
        .collect();
    open.dedup();
    match open.len() {
        0 => "what it needs has just ended".to_owned(),
        1..=NAMED_MAX => format!("waits for {}", open.join(", ")),
        more => format!("waits for {} and {} more", open[..NAMED_MAX].join(", "), more - NAMED_MAX),
    }
}

fn waits_for_parts(task: TaskId, view: &View) -> String {
    let parts = view.tasks.get(task).and_then(|task| view.tasks.parts_done(task));
    parts.map_or_else(|| "waits for its parts".to_owned(), |(done, of)| format!("{done} of its {of} parts are done"))
}

/// Describes why the newest attempt of a task failed; none if it did not.
pub(in crate::supervisor) fn trouble_of(task: &Task, view: &View) -> Option<String> {
    task.trouble.as_ref().map(|why| trouble(why, task.verify_output.as_deref(), view))
}

/// Describes why an attempt failed; `output` is the output of its verification, if one ran.
pub(in crate::supervisor) fn trouble(why: &Trouble, output: Option<&str>, view: &View) -> String {
    match why {
        Trouble::Said(Some(message)) => message.clone(),
        Trouble::Said(None) => "its agent says so".to_owned(),
        Trouble::Refuted => match output {
            Some(output) => format!("verify: {}", refutation(output)),
            None => "verify did not pass".to_owned(),
        },
        Trouble::CutShort { .. } => {
            "its agent was stopped after its prompt had been typed: retry it if it was not done".to_owned()
        }
        Trouble::RunEnded { outcome: Outcome::Terminated, .. } => "its agent was stopped".to_owned(),
        Trouble::RunEnded { exit, reason, barred: Some(barred), .. } => {
            ending_words(*exit, reason.as_deref(), Some(*barred)).unwrap_or_default()
        }
        Trouble::RunEnded { exit: Some(Exit::Code(0)), .. } => {
            "its agent's run ended without reporting a result".to_owned()
        }
        Trouble::RunEnded { exit, reason, .. } => match ending_words(*exit, reason.as_deref(), None) {
            Some(how) => format!("its agent ended: {how}"),
            None => "its agent ended".to_owned(),
        },
        Trouble::TimedOut(span) => format!("it took longer than {}", seconds(span.0)),
        Trouble::NotProvided(reason) => format!("its inputs can't be prepared: {reason}"),
        Trouble::NotDelivered(reason) => format!("its prompt could not be typed: {reason}"),
        Trouble::Locks(denied) => {
            format!("its locks can't be had: {}", super::locks::refusal(denied, view).why)
        }
        Trouble::Parts { failed } => format!("{} of it did not get done", plural(*failed, "part", "parts")),
        Trouble::ClaimWithdrawn => "the client that claimed it disconnected before it got the task".to_owned(),
        Trouble::AgentRemoved => "its agent has left the fleet".to_owned(),
    }
}

/// Returns the last words of a verification that did not pass: those of its program, or else how it ended, which is its
/// last line.
pub(in crate::supervisor) fn refutation(output: &str) -> String {
    let mut lines = output.lines().rev().map(str::trim).filter(|line| !line.is_empty());
    let (ended, said) = (lines.next(), lines.next());
    cut(said.or(ended).unwrap_or_default(), WORDS_CHARS_MAX)
}

fn stopped(why: &Stopped, view: &View) -> String {
    match why {
        Stopped::Cancelled(reason) => cancelled(reason, None, view),
        Stopped::CancelledBy { by, reason } => cancelled(reason, Some(by), view),
        Stopped::TimedOut(span) => format!("it took longer than {}", seconds(span.0)),
        Stopped::NotProvided(reason) => format!("its inputs can't be prepared: {reason}"),
    }
}

/// Describes a task that is done, as `done (verified)`, and which of its work is in no commit.
pub(in crate::supervisor) fn done(verdict: Verdict, left: &Left) -> String {
    let done = format!("done ({})", verdict_word(verdict));
    match uncommitted_words(left.uncommitted) {
        Some(words) => format!("{done}; {words}"),
        None => done,
    }
}

/// Returns the verdict of the verification in one word.
pub(in crate::supervisor) fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Verified => "verified",
        Verdict::Unverified => "unverified",
        Verdict::Refuted => "refuted",
    }
}

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
            format!("{} may have {bytes_max} bytes", text_name(*text)),
            Some("put it into a file, and name that"),
        ),
        TaskDenied::TooMany { text, count_max } => {
            ("too_many", format!("{} may be {count_max}", text_name(*text)), None)
        }
        TaskDenied::BoardFull { open_max } => {
            ("board_full", format!("{open_max} tasks are open, and more may not be"), Some("`qd task cancel` ends one"))
        }
        TaskDenied::UnknownAgent { name } => {
            let known: Vec<String> = view.agents.values().map(|agent| agent.name.clone()).collect();
            let hint = Some(hint_for_unknown_agent(name, &known));
            return Refusal { code: "unknown_agent", why: format!("there is no agent `{name}`"), hint };
        }
        TaskDenied::NotCapable { agent: id, missing } => (
            "not_capable",
            format!("{} can't do {}", agent(id), missing.join(", ")),
            Some("see `capabilities` in agents.toml"),
        ),
        TaskDenied::Circle { tasks } => {
            let names: Vec<String> = tasks.iter().map(|id| task_name(*id, view)).collect();
            ("circle", format!("it would need what waits for it: {}", names.join(" → ")), None)
        }
        TaskDenied::ParentEnded { parent } => {
            ("ended", format!("{} has ended and takes no more parts", task(parent)), None)
        }
        TaskDenied::NotYours { task: id, agent: Some(other) } => {
            ("not_yours", format!("{} works on {}", agent(other), task(id)), Some("`qd task show mine` shows yours"))
        }
        TaskDenied::NotYours { task: id, agent: None } => {
            ("not_yours", format!("you do not work on {}", task(id)), Some("`qd task claim` asks for one"))
        }
        TaskDenied::NotRunning { task: id } => ("not_running", format!("nobody works on {}", task(id)), list),
        TaskDenied::Ended { task: id } => {
            ("ended", format!("{} has ended", task(id)), Some("`qd task retry` does it once more"))
        }
        TaskDenied::NotEnded { task: id } => ("not_ended", format!("{} has not ended", task(id)), None),
        TaskDenied::NeedEnded { task: id, need } => (
            "need_ended",
            format!("{} needs {}, which ended otherwise", task(id), task(need)),
            Some("`qd task retry` that one: what was skipped because of it waits again"),
        ),
        TaskDenied::Done { task: id } => {
            ("done", format!("{} is done", task(id)), Some("`qd task add` adds another task"))
        }
        TaskDenied::PlanOver { task: id, plan } => (
            "plan_over",
            format!("{} belongs to plan {plan}, which is over and assigns nothing any more", task(id)),
            Some("only a failed plan goes on again; `qd plan start` does it anew, `qd task add` this task by itself"),
        ),
        TaskDenied::BadLock { denied } => return super::locks::refusal(denied, view),
        TaskDenied::Busy { task: id } => {
            ("busy", format!("you work on {} already", task(id)), Some("`qd task done` or `qd task fail` ends it"))
        }
        TaskDenied::Taken { task: id, agent: other } => ("taken", format!("{} has {}", agent(other), task(id)), None),
        TaskDenied::BoundTo { task: id, name } => ("bound", format!("{} is for `{name}` alone", task(id)), None),
        TaskDenied::HasParts { task: id } => ("has_parts", format!("{} is done when its parts are", task(id)), None),
        TaskDenied::NoSuchRun { run } => ("run_ended", format!("{run} does not go on"), None),
        TaskDenied::TooManyClaims { count_max } => {
            ("too_many_claims", format!("{count_max} claims of the run wait already"), None)
        }
        TaskDenied::PersonsOnly => ("not_for_agents", "only a person may do that".to_owned(), None),
        TaskDenied::ShuttingDown => ("shutting_down", "the fleet is ending".to_owned(), None),
    };
    Refusal { code, why, hint: hint.map(str::to_owned) }
}

pub(super) fn text_name(text: TaskText) -> &'static str {
    match text {
        TaskText::Prompt => "the prompt",
        TaskText::Verify => "the command that verifies it",
        TaskText::Capabilities => "its capabilities",
        TaskText::Needs => "the tasks it needs",
        TaskText::Locks => "the scopes it locks",
        TaskText::Outputs => "its outputs",
        TaskText::Parts => "its parts",
        TaskText::Message => "what is said of a task",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_of_a_refutation_is_the_last_line_of_its_program() {
        for (output, words) in [
            ("checking\n  2 tests failed \n\nverify ended with exit code 3", "2 tests failed"),
            ("verify took longer than 1m and was killed", "verify took longer than 1m and was killed"),
        ] {
            assert_eq!(refutation(output), words);
        }
    }
}
