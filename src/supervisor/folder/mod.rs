//! The drop folder: Markdown files in `tasks/active/` are tasks, and are moved to `tasks/completed/` when done.
//!
//! ```text
//!  file written, changed, removed ─┐
//!  a task's fact ──────────────────┼─► look: files, board ─► decide ─► act: commands, headers, moves, banners
//!  divide this task ───────────────┘
//! ```
//!
//! One loop does all of it, so no two acts can conflict. The board belongs to the journal and the files to the user. A
//! task knows its file by name ([`TaskSpec::file`]), so that everything that a killed supervisor did not complete is
//! found by the next look. Nothing is polled: the folder is watched, or the place in which it may be created.
//!
//! **Invariant:** a file is never two tasks (`tests/e2e`, `a_file_is_one_task_however_often_the_supervisor_dies`).
//!
//! Reading order: [`directory`], [`scan`], [`aim`], [`spec`], [`decide`], [`act`].
//!
//! [`TaskSpec::file`]: quarterdeck_core::task::TaskSpec::file

mod act;
mod aim;
mod decide;
pub(super) mod directory;
pub(super) mod door;
mod scan;
mod spec;
mod standing;

#[cfg(test)]
mod tests;

use super::context::Context;
use crate::api::events::EventRecord;
use crate::api::facts::{Kind, Subject};
use aim::Aim;
use decide::Told;
use directory::Directory;
use door::{Request, Requests, Written};
use quarterdeck_core::event::{Event, Notice};
use quarterdeck_core::policy::Coordination;
use quarterdeck_core::severity::Severity;
use scan::{FILES_MAX, Files};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{broadcast, mpsc};

/// The name of the directory below the folder where files become tasks.
const ACTIVE: &str = "active";
/// The name of the directory below the folder for files whose tasks are done.
const COMPLETED: &str = "completed";
/// The pause after which a save is taken to be complete: a save is often several writes and renames, and many facts
/// come together.
const QUIET: Duration = Duration::from_millis(50);
/// The longest time that an examination waits for such a pause. Beyond it, it begins without the pause.
const LOOK_DELAY_MAX: Duration = Duration::from_millis(250);
/// The shortest time between two looks at facts that need no act, so that many of them do not wake the loop each time.
const FACTS_APART: Duration = Duration::from_millis(20);
/// The beginning of the subjects of banners about task files.
const BANNER: &str = "task file ";

/// Watches the drop folder until the supervisor ends.
pub(super) async fn watch(context: Arc<Context>, requests: Requests) {
    let (changed, changes) = mpsc::channel(1);
    match Aim::new(changed) {
        Ok(aim) => {
            Watch {
                context,
                aim,
                files: Files::new(),
                sees_all: true,
                told: Told::default(),
                complaints: BTreeMap::new(),
            }
            .run(requests, changes)
            .await
        }
        Err(error) => tracing::warn!(%error, "the drop folder can't be watched"),
    }
}

/// The loop of the drop folder, with its state.
struct Watch {
    context: Arc<Context>,
    aim: Aim,
    files: Files,
    /// Whether these are all files of the folder.
    sees_all: bool,
    told: Told,
    /// The banners that are shown, by their subjects.
    complaints: BTreeMap<String, String>,
}

impl Watch {
    async fn run(mut self, mut requests: Requests, mut changes: mpsc::Receiver<()>) {
        let mut facts = self.context.record.feed.follow();
        let mut ended = self.context.life.ended.subscribe();
        loop {
            self.look().await;
            let request = tokio::select! {
                _ = ended.wait_for(|ended| *ended) => return,
                request = requests.0.recv() => request,
                _ = changes.recv() => None,
                () = concerning(&mut facts) => None,
            };
            match request {
                Some(Request { whole, parts, reply }) => {
                    let put = self.put(whole.as_ref(), &parts);
                    self.look().await;
                    let complaint = || self.complained_of(whole.iter().chain(&parts));
                    let _gone = reply.send(put.and_then(|paths| complaint().map_or(Ok(paths), Err)));
                }
                None => {
                    let settled = async { while tokio::time::timeout(QUIET, changes.recv()).await.is_ok() {} };
                    let _long_enough = tokio::time::timeout(LOOK_DELAY_MAX, settled).await;
                    // The examination that follows sees everything that the facts reported until now.
                    facts = facts.resubscribe();
                }
            }
        }
    }

    /// Examines the folder and the board, and performs acts until none is needed.
    async fn look(&mut self) {
        if self.context.configs.file().coordination.mode == Coordination::Off {
            return self.complain(Vec::new()).await;
        }
        let place = Place::of(&self.context);
        if let Err(error) = self.aim.at(&place.root, &place.active) {
            tracing::warn!(%error, "the drop folder can't be watched");
        }
        let active = match Directory::open(&place.root, &place.active) {
            Ok(Some(active)) => active,
            Ok(None) => {
                self.files.clear();
                return self.complain(Vec::new()).await;
            }
            Err(error) => {
                let why = format!("it can't be used: {error}");
                return self.complain(vec![(place.active.display().to_string(), why)]).await;
            }
        };
        let mut complaints = Vec::new();
        match scan::scan(&active, &self.files) {
            Ok((files, more)) => {
                (self.files, self.sees_all) = (files, !more);
                if more {
                    complaints.push((String::new(), format!("it holds more than {FILES_MAX} files; the rest waits")));
                }
            }
            Err(error) => tracing::warn!(%error, "the drop folder can't be read"),
        }
        complaints.extend(self.act(&place, &active).await);
        let beneath = |(name, why): (String, String)| (place.active.join(name).display().to_string(), why);
        self.complain(complaints.into_iter().map(beneath).collect()).await;
    }

    /// Shows a banner and records a fact for each problem, and removes the banners of solved problems.
    async fn complain(&mut self, wrong: Vec<(String, String)>) {
        let now: BTreeMap<String, String> =
            wrong.into_iter().map(|(name, why)| (format!("{BANNER}{name}"), format!("{name}: {why}"))).collect();
        if now == self.complaints {
            return;
        }
        for old in self.complaints.keys().filter(|old| !now.contains_key(*old)) {
            self.context.dashboard.banners.lower(old);
        }
        for (subject, text) in now.iter().filter(|(subject, text)| self.complaints.get(*subject) != Some(*text)) {
            self.context.dashboard.banners.raise(subject, text.clone());
            let kind = "system.task_file_refused".to_owned();
            let notice = Notice { severity: Severity::Warning, kind, text: text.clone() };
            self.context.kernel.tell(Event::Noticed { notice }).await;
        }
        self.complaints = now;
        self.context.dashboard.pulse.send_replace(());
    }

    /// Returns the problem with one of these files, if there is one.
    fn complained_of<'f>(&self, mut files: impl Iterator<Item = &'f Written>) -> Option<String> {
        let active = Place::of(&self.context).active;
        let subject = |name: &String| format!("{BANNER}{}", active.join(name).display());
        files.find_map(|(name, _)| self.complaints.get(&subject(name)).cloned())
    }

    fn put(&self, whole: Option<&Written>, parts: &[Written]) -> Result<Vec<PathBuf>, String> {
        let place = Place::of(&self.context);
        let failed = |error: io::Error| format!("{} can't be written: {error}", place.active.display());
        let active = Directory::make(&place.root, &place.active).map_err(failed)?;
        if let Some((name, _)) = parts.iter().find(|(name, _)| active.has(name)) {
            return Err(format!("{} is there already", place.active.join(name).display()));
        }
        // The divided task's file names the number of its parts before any of them exists, so that an examination in
        // between waits for them.
        let mut files = whole.into_iter().chain(parts);
        files.try_for_each(|(name, text)| active.write(name, text)).map_err(failed)?;
        Ok(parts.iter().map(|(name, _)| place.root.join(&place.active).join(name)).collect())
    }
}

/// The paths of the drop folder.
struct Place {
    root: PathBuf,
    active: PathBuf,
    completed: PathBuf,
}

impl Place {
    fn of(context: &Context) -> Place {
        let folder = context.configs.file().tasks.folder.as_path().to_owned();
        Place { root: context.place.root.clone(), active: folder.join(ACTIVE), completed: folder.join(COMPLETED) }
    }
}

/// Returns the path of `active/` below the fleet's root.
pub(super) fn active(context: &Context) -> PathBuf {
    Place::of(context).active
}

/// Reads a text file below the fleet's root, without following a symlink.
///
/// # Errors
/// If the file does not exist, is elsewhere, is too large or is not text.
pub(super) fn read_beneath(root: &Path, relative: &Path, bytes_max: usize) -> io::Result<String> {
    let name = relative.file_name().and_then(|name| name.to_str()).ok_or(io::ErrorKind::NotFound)?;
    let above = relative.parent().unwrap_or(Path::new(""));
    let directory = Directory::open(root, above)?.ok_or(io::ErrorKind::NotFound)?;
    directory.stamp(name)?;
    directory.read(name, bytes_max).map(|(text, _)| text)
}

/// Whether a path below the fleet's root exists and contains no symlink.
pub(super) fn is_beneath(root: &Path, relative: &Path) -> bool {
    let Some(name) = relative.file_name().and_then(|name| name.to_str()) else { return false };
    let above = relative.parent().unwrap_or(Path::new(""));
    matches!(Directory::open(root, above), Ok(Some(directory)) if directory.has(name))
}

/// Waits for a fact that may require an act.
async fn concerning(facts: &mut broadcast::Receiver<Arc<EventRecord>>) {
    loop {
        match facts.recv().await {
            Ok(fact) if concerns(&fact) => return,
            Ok(_) if facts.is_empty() => tokio::time::sleep(FACTS_APART).await,
            Ok(_) => {}
            Err(broadcast::error::RecvError::Lagged(_)) => return,
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
}

/// Whether a fact may require an act: the end or another turn of a task, or a new configuration.
fn concerns(fact: &EventRecord) -> bool {
    match fact.known() {
        Some(Kind::TaskProgress | Kind::TaskStoodStill | Kind::TaskWentOn | Kind::TaskProvided) => false,
        Some(Kind::ConfigApplied) => true,
        _ => Subject::of(&fact.kind) == Subject::Task,
    }
}
