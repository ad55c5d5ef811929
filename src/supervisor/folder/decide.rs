//! Decides what to do so that the task board and the drop folder agree. Each change of either causes a new decision
//! from both, so that nothing is lost if the supervisor is killed between two acts: the next look finds the rest.
//!
//! | file | its task | act |
//! |---|---|---|
//! | there | none | it becomes a task; a task and its parts are added together |
//! | there, changed | waits | the task changes |
//! | there, changed | in hand | a notice, once: the run continues with the old text |
//! | there | done | status into its header, then moved to `completed/` |
//! | there, but not the one that was done | done | a complaint: a name is used once |
//! | there | failed, cancelled | status into its header |
//! | there, that status removed | failed, cancelled | the task is retried |
//! | gone | waits | cancelled; if only renamed, it remains |
//! | invalid | any | a complaint until it is saved again |

use super::scan::Files;
use super::spec::{self, Wanted};
use crate::split::TaskFile;
use quarterdeck_core::ids::TaskId;
use quarterdeck_core::task::{Stage, Task, TaskBoard};
use quarterdeck_core::view::View;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// One act that makes the board and the folder agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Add a task for a file.
    Add { file: String, wanted: Box<Wanted> },
    /// Change a waiting task to what its file says now.
    Revise { task: TaskId, file: String, wanted: Box<Wanted> },
    /// Retry a task that failed or was cancelled.
    Retry { task: TaskId, file: String },
    /// Cancel a task whose file is gone.
    Cancel { task: TaskId, file: String },
    /// Write the task's status into the file's header, if it is not there yet.
    Tell { task: TaskId, file: String },
    /// Write the task's status into the file's header, and move the file to the completed ones.
    Finish { task: Option<TaskId>, file: String },
    /// Report that a file was changed while its task is worked on.
    SayChanged { task: TaskId, file: String },
    /// Gather the results of a task's parts.
    Gather { task: TaskId },
    /// Report what is wrong with a file.
    Complain { file: String, why: String },
}

/// The reports made so far, by task, so that each is made once and a person's change is distinguished from our own.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// The ends of tasks that are in their files' headers, with how often the task had been reopened by then.
    pub(super) ends: BTreeMap<TaskId, u32>,
    /// The files with changes that came too late, with their content then.
    pub(super) changes: BTreeMap<TaskId, Arc<TaskFile>>,
    /// The divided tasks whose results were gathered.
    pub(super) gathered: BTreeSet<TaskId>,
    /// The tasks whose files were moved to the completed ones.
    pub(super) finished: BTreeSet<TaskId>,
}

/// The state from which the acts are decided.
pub(super) struct Known<'k> {
    pub(super) files: &'k Files,
    pub(super) view: &'k View,
    pub(super) told: &'k Told,
    /// Whether a file of this name is among the completed ones.
    pub(super) is_completed: &'k dyn Fn(&str) -> bool,
}

/// Returns the acts that are needed now.
pub(super) fn decide(known: &Known<'_>) -> Vec<Act> {
    let (files, board, told) = (known.files, &known.view.tasks, known.told);
    let mut by_file = tasks_by_file(board);
    let moved = renamed(files, board, &by_file);
    by_file.retain(|_, task| !moved.values().any(|moved| moved == task));
    by_file.extend(moved);
    let mut acts = Vec::new();
    let mut fresh: BTreeMap<&str, (&str, &Arc<TaskFile>)> = BTreeMap::new();
    for (name, dropped) in files {
        let task = by_file.get(name.as_str()).and_then(|task| Some((*task, board.get(*task)?)));
        match (&dropped.task, task) {
            (Err(why), _) => acts.push(Act::Complain { file: name.clone(), why: why.clone() }),
            (Ok(file), Some((id, task))) => acts.extend(of_known(name, file, id, task, known)),
            (Ok(file), None) => match ending(file) {
                Some(Ending::Done) => acts.push(Act::Finish { task: None, file: name.clone() }),
                Some(Ending::Otherwise) => {}
                None => {
                    let other = fresh.insert(&file.id, (name, file));
                    acts.extend(other.map(|(other, _)| twice(name, other, &file.id)));
                }
            },
        }
    }
    acts.extend(of_fresh(fresh, board));
    for (file, id) in &by_file {
        let waits = board.get(*id).is_some_and(|task| !task.has_ended() && !task.is_in_hand());
        if waits && !files.contains_key(*file) {
            acts.push(Act::Cancel { task: *id, file: (*file).to_owned() });
        }
    }
    let whole = |(id, task): &(TaskId, &Task)| {
        let from_files = task.parts.iter().any(|part| board.get(*part).is_some_and(|part| part.spec.file.is_some()));
        from_files && task.has_ended() && !told.gathered.contains(id)
    };
    acts.extend(board.iter().filter(whole).map(|(task, _)| Act::Gather { task }));
    acts
}

/// Returns the files that were renamed before their tasks began, by their new names.
fn renamed<'f>(files: &'f Files, board: &TaskBoard, by_file: &BTreeMap<&str, TaskId>) -> BTreeMap<&'f str, TaskId> {
    let fresh = files.iter().filter(|(name, _)| !by_file.contains_key(name.as_str()));
    let of_waiting = |(name, dropped): (&'f String, &super::scan::Dropped)| {
        let id = board.find(&dropped.task.as_ref().ok()?.id)?;
        let task = board.get(id).filter(|task| !task.has_ended() && !task.is_in_hand())?;
        (!files.contains_key(task.spec.file.as_deref()?)).then_some((name.as_str(), id))
    };
    fresh.filter_map(of_waiting).collect()
}

/// Returns the newest task of each file.
fn tasks_by_file(board: &TaskBoard) -> BTreeMap<&str, TaskId> {
    board.iter().filter_map(|(id, task)| Some((task.spec.file.as_deref()?, id))).collect()
}

fn twice(name: &str, other: &str, id: &str) -> Act {
    Act::Complain { file: name.to_owned(), why: format!("{other} has the id {id} too: give one of them another") }
}

fn of_known(name: &str, file: &Arc<TaskFile>, id: TaskId, task: &Task, known: &Known<'_>) -> Option<Act> {
    let (owned, told) = (name.to_owned(), known.told);
    let wanted = || spec::wanted(name, file);
    let changed = || !wanted().is_already(&task.spec, &known.view.tasks);
    let is_another =
        || told.finished.contains(&id) || (file.status.is_none() && changed() && (known.is_completed)(name));
    match task.stage {
        Stage::Done if is_another() => {
            let why = format!(
                "{} is done already, and its file is among the completed ones: give this task another id",
                file.id
            );
            Some(Act::Complain { file: owned, why })
        }
        Stage::Done => Some(Act::Finish { task: Some(id), file: owned }),
        Stage::Failed | Stage::Cancelled => match (told.ends.get(&id) == Some(&task.reopened), ending(file)) {
            (true, None) if changed() => Some(Act::Revise { task: id, file: owned, wanted: Box::new(wanted()) }),
            (true, None) => Some(Act::Retry { task: id, file: owned }),
            _ => Some(Act::Tell { task: id, file: owned }),
        },
        _ if task.is_in_hand() => match changed() && file.parts == 0 {
            true if told.changes.get(&id) != Some(file) => Some(Act::SayChanged { task: id, file: owned }),
            _ => file.status.is_some().then_some(Act::Tell { task: id, file: owned }),
        },
        _ if changed() => Some(Act::Revise { task: id, file: owned, wanted: Box::new(wanted()) }),
        _ => file.status.is_some().then_some(Act::Tell { task: id, file: owned }),
    }
}

/// Returns the acts for files that will become tasks; a task that others need, or of which others are parts, comes
/// first.
fn of_fresh(mut fresh: BTreeMap<&str, (&str, &Arc<TaskFile>)>, board: &TaskBoard) -> Vec<Act> {
    let mut acts = Vec::new();
    let mut added: BTreeSet<String> = BTreeSet::new();
    let here: BTreeMap<&str, BTreeSet<&str>> = fresh
        .values()
        .filter_map(|(_, file)| Some((file.parent.as_deref()?, file.id.as_str())))
        .fold(BTreeMap::new(), |mut parts: BTreeMap<&str, BTreeSet<&str>>, (parent, id)| {
            parts.entry(parent).or_default().insert(id);
            parts
        });
    loop {
        let is_there = |id: &str| added.contains(id) || board.resolve(id).is_some();
        let awaited = |file: &TaskFile| -> Option<String> {
            let missing = file.parent.iter().chain(&file.needs).find(|id| !is_there(id));
            let parts = file.parts.saturating_sub(here.get(file.id.as_str()).map_or(0, |parts| parts.len() as u32));
            match missing {
                Some(id) => Some(format!("there is no task {id} (yet)")),
                None => {
                    (parts > 0).then(|| format!("{parts} of its {} parts are missing: divide it again", file.parts))
                }
            }
        };
        let ready: Vec<&str> =
            fresh.iter().filter(|(_, (_, file))| awaited(file).is_none()).map(|(id, _)| *id).collect();
        if ready.is_empty() {
            let why = |file: &TaskFile| awaited(file).unwrap_or_default();
            acts.extend(fresh.values().map(|(name, file)| Act::Complain { file: (*name).to_owned(), why: why(file) }));
            return acts;
        }
        for id in ready {
            if let Some((name, file)) = fresh.remove(id) {
                acts.push(Act::Add { file: name.to_owned(), wanted: Box::new(spec::wanted(name, file)) });
                added.insert(id.to_owned());
            }
        }
    }
}

/// The end of a task, according to its file.
enum Ending {
    Done,
    Otherwise,
}

fn ending(file: &TaskFile) -> Option<Ending> {
    let status = file.status.as_deref()?;
    let word = status.split_whitespace().next().unwrap_or_default();
    match word.trim_end_matches(':') {
        "done" => Some(Ending::Done),
        "failed" | "cancelled" => Some(Ending::Otherwise),
        _ => None,
    }
}
