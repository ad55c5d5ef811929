//! A task that an agent has in hand: the order, its needs, and how they reach a program.

use super::drawer::{Attempt, Drawer};
use crate::api::locks::Granted;
use crate::config::{AgentConfig, Delivery, Program};
use crate::place::{Place, TASK_VARIABLE};
use crate::supervisor::configs::Known;
use crate::supervisor::context::Context;
use crate::supervisor::kernel::KernelHandle;
use crate::supervisor::words::lock::show::granted;
use crate::supervisor::words::task::stage::{state, verified};
use crate::workspace::task::Line;
use quarterdeck_core::ids::{AgentId, RunId, TaskId};
use quarterdeck_core::party::Party;
use quarterdeck_core::task::{Artifact, Left, Stage, Task, Verdict};
use quarterdeck_core::time::Span;
use quarterdeck_core::view::View;
use serde_json::json;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

/// The environment variable that names the directory of the task's inputs.
const INPUTS_VARIABLE: &str = "QD_INPUTS";

/// A task that an agent has in hand.
pub(in crate::supervisor) struct Work {
    pub(super) id: TaskId,
    pub(super) attempt: u32,
    pub(super) agent: AgentId,
    pub(super) run: RunId,
    pub(super) task: Task,
    pub(super) needs: Vec<Needed>,
    /// The lease of the scopes that the task names.
    locks: Option<Granted>,
    state_directory: PathBuf,
}

impl Work {
    /// Returns the work of a run, if it works on a task.
    pub(in crate::supervisor) fn of_run(kernel: &KernelHandle, place: &Place, run: RunId) -> Option<Work> {
        let view = kernel.view();
        let id = view.tasks.of_run(run)?;
        Work::read(place, &view, id)
    }

    /// Returns this attempt of a task, while an agent has it in hand.
    pub(super) fn of(kernel: &KernelHandle, place: &Place, task: TaskId, attempt: u32) -> Option<Work> {
        Work::read(place, &kernel.view(), task).filter(|work| work.attempt == attempt)
    }

    fn read(place: &Place, view: &View, id: TaskId) -> Option<Work> {
        let task = view.tasks.get(id).filter(|task| task.is_in_hand())?;
        let plan = task.spec.plan.and_then(|plan| Some((plan, view.plans.get(plan)?.prefix.as_str())));
        let prefix_of =
            |other: &Task| plan.filter(|(plan, _)| other.spec.plan == Some(*plan)).map(|(_, prefix)| prefix);
        let needs = view.tasks.needs_of(id).map(|(id, needed)| Needed::of(id, needed, prefix_of(needed))).collect();
        let lease = view.locks.leases().find(|lease| lease.holder == Party::Task(id));
        Some(Work {
            id,
            locks: lease.map(|lease| granted(&lease.grant(Span(0)), task.since)),
            attempt: task.attempt,
            agent: task.agent?,
            run: task.run?,
            task: task.clone(),
            needs,
            state_directory: place.state_directory.clone(),
        })
    }

    pub(super) fn drawer(&self) -> Drawer {
        Drawer::of(&self.state_directory, self.id)
    }

    /// Returns the drawer of another task, with the outputs that were collected of it.
    pub(super) fn drawer_of(&self, task: TaskId) -> Drawer {
        Drawer::of(&self.state_directory, task)
    }

    pub(super) fn attempt_drawer(&self) -> io::Result<Attempt> {
        self.drawer().attempt(self.attempt)
    }

    /// Returns the commits of the needed tasks that are done, from whose merge the task starts if it asks for a merge.
    pub(super) fn lines(&self) -> Vec<Line> {
        let done = self.needs.iter().filter(|need| need.stage == Stage::Done);
        done.filter_map(|need| Some(Line { name: need.name.clone(), commit: need.left.commit.clone()? })).collect()
    }

    /// Returns the program and its arguments, including the prompt if it is delivered as an argument.
    pub(in crate::supervisor) fn command_line(&self, agent: &AgentConfig) -> (OsString, Vec<OsString>) {
        match agent.tasks.delivery {
            Delivery::Argument => agent.program.command_line_with(&self.task.spec.prompt),
            Delivery::Pull | Delivery::Stdin | Delivery::Type => agent.program.command_line(),
        }
    }

    /// Returns the file for the program's standard input, if the prompt is delivered that way.
    pub(in crate::supervisor) fn input(&self, agent: &AgentConfig) -> Option<PathBuf> {
        if agent.tasks.delivery != Delivery::Stdin {
            return None;
        }
        self.attempt_drawer().ok().map(|attempt| attempt.prompt())
    }

    /// Returns the environment variables for a program that works on the task.
    pub(in crate::supervisor) fn environment(&self, agent: &AgentConfig) -> Vec<(OsString, OsString)> {
        let mut variables = self.names();
        if agent.tasks.delivery.is_one_shot() {
            let prompt = self.attempt_drawer().ok().map(|attempt| attempt.prompt());
            variables.extend(prompt.map(|path| ("QD_TASK_PROMPT_FILE".into(), path.into_os_string())));
        }
        if agent.tasks.delivery == Delivery::Argument && matches!(agent.program, Program::Shell(_)) {
            variables.push(("QD_PROMPT".into(), self.task.spec.prompt.clone().into()));
        }
        variables
    }

    /// Returns the environment variables for both the task's program and its verification.
    pub(super) fn names(&self) -> Vec<(OsString, OsString)> {
        let own = [(TASK_VARIABLE, self.id.to_string()), ("QD_TASK_NAME", self.task.spec.name.clone())];
        let inputs = self.inputs().map(|path| (INPUTS_VARIABLE.into(), path.into_os_string()));
        let locks = self.locks.iter().flat_map(Granted::variables).map(|(name, value)| (name.into(), value.into()));
        own.into_iter().map(|(name, value)| (name.into(), value.into())).chain(inputs).chain(locks).collect()
    }

    /// Returns the directory of the task's inputs; none if it needs nothing.
    pub(super) fn inputs(&self) -> Option<PathBuf> {
        if self.needs.is_empty() {
            return None;
        }
        self.attempt_drawer().ok().map(|attempt| attempt.inputs())
    }

    /// Returns the text that is typed into a terminal: the prompt, and the information that its agent can't get
    /// otherwise.
    pub(super) fn typed_text(&self, agent: &AgentConfig, workspace: Option<&Path>) -> String {
        use crate::config::DoneWhen;
        let mut text = self.task.spec.prompt.trim_end().to_owned();
        let mut add = |line: String| {
            text.push('\n');
            text.push_str(&line);
        };
        if let Some(workspace) = workspace {
            add(format!("Work in {}.", workspace.display()));
        }
        if let Some(inputs) = self.inputs() {
            add(format!("The outputs of the tasks before it are in {}.", inputs.display()));
        }
        if agent.tasks.done_when == DoneWhen::Said {
            add(format!("When it is done, run `qd task done {0}`; if it can't be done, `qd task fail {0}`.", self.id));
        }
        text
    }
}

/// Returns the configuration of the agent that has a task in hand.
pub(super) fn agent_of(context: &Context, work: &Work) -> Option<Known> {
    context.agent_name(work.agent).and_then(|name| context.configs.get(&name))
}

/// A task that another task needs, as it ended.
#[derive(Clone, Debug)]
pub(super) struct Needed {
    pub(super) id: TaskId,
    pub(super) name: String,
    /// The name of the directory with its outputs: the task's name, or within a plan the name that the plan gives it.
    pub(super) directory: String,
    pub(super) stage: Stage,
    pub(super) verdict: Option<Verdict>,
    pub(super) left: Left,
}

impl Needed {
    /// Describes this task as another task finds it. `of_plan` is the prefix of their plan, if both belong to one.
    pub(super) fn of(id: TaskId, task: &Task, of_plan: Option<&str>) -> Needed {
        let (name, left) = (task.spec.name.clone(), task.left.clone());
        let directory = directory(&name, of_plan).to_owned();
        Needed { id, name, directory, stage: task.stage.clone(), verdict: task.verdict, left }
    }

    /// Returns the outputs of the task; only a task that is done has any.
    pub(super) fn artifacts(&self) -> &[Artifact] {
        if self.stage == Stage::Done { &self.left.artifacts } else { &[] }
    }

    pub(super) fn manifest(&self) -> String {
        let files: Vec<_> = self
            .artifacts()
            .iter()
            .map(|file| json!({ "path": file.path, "bytes": file.bytes, "sha256": file.sha256 }))
            .collect();
        let verified = verified(self.verdict.unwrap_or(Verdict::Unverified)).word();
        let manifest = json!({
            "task": self.id.to_string(),
            "name": self.name,
            "state": state(&self.stage).word(),
            "verified": verified,
            "commit": self.left.commit,
            "branch": self.left.branch,
            "files": files,
        });
        format!("{manifest:#}\n")
    }
}

/// Returns a task's name without the prefix of its plan; the whole name if it does not have that prefix.
fn directory<'n>(name: &'n str, of_plan: Option<&str>) -> &'n str {
    let short = of_plan.and_then(|prefix| name.strip_prefix(prefix)?.strip_prefix('.'));
    short.filter(|short| !short.is_empty() && !short.starts_with('.')).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn within_a_plan_inputs_go_by_the_names_that_the_plan_gives() {
        for (name, of_plan, expected) in [
            ("ship.build", Some("ship"), "build"),
            ("ship.build.2", Some("ship"), "build.2"),
            ("ship.build", None, "ship.build"),
            ("shipping", Some("ship"), "shipping"),
            ("ship.", Some("ship"), "ship."),
            ("ship...", Some("ship"), "ship..."),
        ] {
            assert_eq!(directory(name, of_plan), expected);
        }
    }
}
