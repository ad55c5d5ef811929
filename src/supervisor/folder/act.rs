//! Performs the decisions about the drop folder: commands to the core, headers written, files moved, results gathered.

use super::decide::{Act, Known, decide};
use super::directory::Directory;
use super::spec::Wanted;
use super::standing::standing;
use super::{Place, Watch, scan};
use crate::api::error::Problem;
use crate::split::{self, PartResult, TASK_FILE_BYTES_MAX};
use crate::supervisor::kernel::KernelHandle;
use crate::supervisor::kernel::Unanswered;
use crate::supervisor::problem::Failure;
use quarterdeck_core::command::Denied;
use quarterdeck_core::event::{Event, Notice};
use quarterdeck_core::ids::TaskId;
use quarterdeck_core::party::Party;
use quarterdeck_core::severity::Severity;
use quarterdeck_core::task::{TaskCommand, TaskSpec};
use quarterdeck_core::view::View;
use std::io;

/// The most rounds of one examination, of which each follows if the previous one changed something. Beyond it, the next
/// round follows the next change.
const ROUNDS_MAX: usize = 4;

/// The name of the party that asks the core on behalf of a file.
const ASKER: &str = "tasks folder";

/// The problems found: each with the name of the file that has it.
pub(super) type Complaints = Vec<(String, String)>;

impl Watch {
    /// Performs all acts until none is needed. Returns the problems with those that can't be performed.
    pub(super) async fn act(&mut self, place: &Place, active: &Directory) -> Complaints {
        let mut complaints = Complaints::new();
        let completed = Directory::open(&place.root, &place.completed).ok().flatten();
        let is_completed = |name: &str| completed.as_ref().is_some_and(|completed| completed.has(name));
        for _ in 0..ROUNDS_MAX {
            let mut acts = {
                let view = self.context.kernel.view();
                let (files, told) = (&self.files, &self.told);
                decide(&Known { files, view: &view, told, is_completed: &is_completed })
            };
            // A file is not gone because it was not read, when there are too many.
            acts.retain(|act| self.sees_all || !matches!(act, Act::Cancel { .. }));
            complaints.clear();
            let mut did = false;
            for act in acts {
                let file = act.file().to_owned();
                match self.perform(act, place, active).await {
                    Ok(something) => did |= something,
                    Err(why) => complaints.push((file, why)),
                }
            }
            if !did {
                break;
            }
            if let Ok((files, more)) = scan::scan(active, &self.files) {
                (self.files, self.sees_all) = (files, !more);
            }
        }
        complaints
    }

    /// Performs one act. Returns whether it changed something.
    async fn perform(&mut self, act: Act, place: &Place, active: &Directory) -> Result<bool, String> {
        let words = |error: io::Error| error.to_string();
        match act {
            Act::Add { wanted, .. } => {
                let spec = self.resolved(&wanted)?;
                self.command(TaskCommand::Add { spec: Box::new(spec), by: asker() }).await
            }
            Act::Revise { task, wanted, .. } => {
                let spec = self.resolved(&wanted)?;
                self.command(TaskCommand::Revise { task, spec: Box::new(spec), by: asker() }).await
            }
            Act::Retry { task, .. } => {
                self.told.ends.remove(&task);
                let reason = Some("its file says so".to_owned());
                self.command(TaskCommand::Retry { task, by: asker(), reason }).await
            }
            Act::Cancel { task, file } => {
                let reason = Some(format!("{file} was removed"));
                self.command(TaskCommand::Cancel { task, by: asker(), reason }).await
            }
            Act::Tell { task, file } => self.tell(task, &file, active).map_err(words),
            Act::Finish { task, file } => {
                if let Some(task) = task {
                    self.tell(task, &file, active).map_err(words)?;
                }
                let completed = Directory::make(&place.root, &place.completed).map_err(words)?;
                active.move_to(&file, &completed).map_err(words)?;
                self.told.finished.extend(task);
                Ok(true)
            }
            Act::SayChanged { task, file } => {
                if let Some(Ok(now)) = self.files.get(&file).map(|dropped| dropped.task.clone()) {
                    self.told.changes.insert(task, now);
                }
                let text =
                    format!("{file} was changed while an agent works on it; the agent continues with the earlier text");
                let kind = "system.task_file_changed".to_owned();
                let notice = Notice { severity: Severity::Warning, kind, text };
                self.context.kernel.tell(Event::Noticed { notice }).await;
                Ok(false)
            }
            Act::Gather { task } => {
                let gathered = self.gather(task, place).map_err(words);
                self.told.gathered.insert(task);
                gathered.map(|()| false)
            }
            Act::Complain { why, .. } => Err(why),
        }
    }

    fn resolved(&self, wanted: &Wanted) -> Result<TaskSpec, String> {
        wanted.resolve(&self.context.kernel.view().tasks)
    }

    async fn command(&self, command: TaskCommand) -> Result<bool, String> {
        let answered = self.context.kernel.ask(command).await;
        answered.map(|_| true).map_err(|unanswered| refusal(unanswered, &self.context.kernel))
    }

    /// Writes the task's status into its file's header. Returns whether the header changed.
    fn tell(&mut self, task: TaskId, file: &str, active: &Directory) -> io::Result<bool> {
        let (status, agent, end) = {
            let view = self.context.kernel.view();
            let Some(known) = view.tasks.get(task) else { return Ok(false) };
            let agent = known.agent.and_then(|agent| view.agents.get(&agent)).map(|agent| agent.name.clone());
            (standing(known, &view), agent, known.has_ended().then_some(known.reopened))
        };
        let (text, before) = active.read(file, TASK_FILE_BYTES_MAX)?;
        let mut fields = vec![("status", status.as_str())];
        fields.extend(agent.as_deref().map(|agent| ("assigned_to", agent)));
        let told = split::with_fields(&text, &fields);
        // A file that was saved since then is not overwritten: that save causes another examination.
        if active.stamp(file)? != before {
            return Ok(false);
        }
        if told != text {
            active.write(file, &told)?;
        }
        self.told.ends.extend(end.map(|reopened| (task, reopened)));
        Ok(told != text)
    }

    /// Writes the results of a task's parts into a file.
    fn gather(&self, task: TaskId, place: &Place) -> io::Result<()> {
        let (name, text) = {
            let view = self.context.kernel.view();
            let Some(whole) = view.tasks.get(task) else { return Ok(()) };
            let parts: Vec<PartResult> = whole.parts.iter().filter_map(|part| result(*part, &view)).collect();
            (format!("{}-RESULTS.md", whole.spec.name), split::results(&whole.spec.name, &parts))
        };
        let completed = Directory::make(&place.root, &place.completed)?;
        match completed.read(&name, usize::MAX) {
            Ok((there, _)) if there == text => Ok(()),
            _ => completed.write(&name, &text),
        }
    }
}

impl Act {
    /// Returns the name of the file that the act is about.
    fn file(&self) -> &str {
        match self {
            Act::Add { file, .. }
            | Act::Revise { file, .. }
            | Act::Retry { file, .. }
            | Act::Cancel { file, .. }
            | Act::Tell { file, .. }
            | Act::Finish { file, .. }
            | Act::SayChanged { file, .. }
            | Act::Complain { file, .. } => file,
            Act::Gather { .. } => "",
        }
    }
}

fn asker() -> Party {
    Party::Outside(ASKER.to_owned())
}

fn refusal(unanswered: Unanswered, kernel: &KernelHandle) -> String {
    let refused = |denied: &Denied| Failure::refused("it is not a task", denied, &kernel.view());
    let Problem { why, hint, .. } = Failure::unanswered(unanswered, refused).0;
    match hint {
        Some(hint) => format!("{why} ({hint})"),
        None => why,
    }
}

fn result(part: TaskId, view: &View) -> Option<PartResult> {
    let task = view.tasks.get(part)?;
    Some(PartResult {
        name: task.spec.name.clone(),
        title: task.title().to_owned(),
        summary: standing(task, view),
        agent: task.agent.and_then(|agent| view.agents.get(&agent)).map(|agent| agent.name.clone()),
        commit: task.left.commit.clone(),
        result: task.result.clone(),
    })
}
