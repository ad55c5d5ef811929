//! What the needs of a task left, as the task finds it: `QD_INPUTS/NEED/` with their outputs and a manifest.
//!
//! The hashes that count are those that the core has had since the outputs were collected, not those in a file: what
//! was changed since, here or there, by whomever, is seen.

use super::drawer::create;
use super::work::Work;
use crate::workspace::collect::MANIFEST_FILE;
use crate::workspace::{self, hashed};
use quarterdeck_core::ids::TaskId;
use quarterdeck_core::task::{Artifact, Left, Stage, Task, Verdict};
use serde_json::json;
use std::collections::BTreeSet;
use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Directories that their owner may only read.
const DIRECTORY_MODE: u32 = 0o500;
/// Files likewise.
const FILE_MODE: u32 = 0o400;

/// A task that another needs, as it ended.
#[derive(Clone, Debug)]
pub(super) struct Needed {
    id: TaskId,
    pub(super) name: String,
    pub(super) stage: Stage,
    verdict: Option<Verdict>,
    pub(super) left: Left,
}

/// Why inputs can't be laid ready, or are not what they were.
#[derive(Debug, thiserror::Error)]
pub(super) enum InputsError {
    /// A file differs from what was collected.
    #[error("{path} of {task} is not what it was when it was collected")]
    Changed {
        /// The task that left it.
        task: String,
        /// The file.
        path: String,
    },
    /// The system refused.
    #[error("{} can't be laid ready: {source}", path.display())]
    Io {
        /// What.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// An earlier try can't be cleared away.
    #[error(transparent)]
    Workspace(#[from] workspace::WorkspaceError),
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> InputsError + use<> {
    let path = path.to_owned();
    move |source| InputsError::Io { path, source }
}

impl Needed {
    pub(super) fn of(id: TaskId, task: &Task) -> Needed {
        let (name, left) = (task.spec.name.clone(), task.left.clone());
        Needed { id, name, stage: task.stage.clone(), verdict: task.verdict, left }
    }

    /// Only what is done has left something.
    fn artifacts(&self) -> &[Artifact] {
        if self.stage == Stage::Done { &self.left.artifacts } else { &[] }
    }

    fn manifest(&self) -> String {
        let files: Vec<_> = self
            .artifacts()
            .iter()
            .map(|file| json!({ "path": file.path, "bytes": file.bytes, "sha256": file.sha256 }))
            .collect();
        let manifest = json!({
            "task": self.id.to_string(),
            "name": self.name,
            "state": match self.stage { Stage::Done => "done", Stage::Failed => "failed", _ => "cancelled" },
            "verified": match self.verdict {
                Some(Verdict::Verified) => "verified",
                Some(Verdict::Refuted) => "refuted",
                Some(Verdict::Unverified) | None => "unverified",
            },
            "commit": self.left.commit,
            "branch": self.left.branch,
            "files": files,
        });
        format!("{manifest:#}\n")
    }
}

/// Lays ready what a task needs. Returns the directory; none if it needs nothing.
///
/// # Errors
/// What was changed since it was collected, or what the system says. Nothing half made is left in the place.
pub(super) fn lay_ready(work: &Work) -> Result<Option<PathBuf>, InputsError> {
    if work.needs.is_empty() {
        return Ok(None);
    }
    let attempt = work.attempt_drawer().map_err(failed(work.drawer().directory()))?;
    let (ready, making) = (attempt.inputs(), attempt.inputs_in_the_making());
    if ready.exists() {
        return Ok(Some(ready));
    }
    workspace::delete_tree(&making)?;
    for need in &work.needs {
        let outputs = work.drawer_of(need.id).outputs();
        lay_one(need, &outputs, &making.join(&need.name))?;
    }
    protect(&making).map_err(failed(&making))?;
    fs::rename(&making, &ready).map_err(failed(&ready))?;
    Ok(Some(ready))
}

fn lay_one(need: &Needed, outputs: &Path, into: &Path) -> Result<(), InputsError> {
    fs::create_dir_all(into).map_err(failed(into))?;
    for artifact in need.artifacts() {
        let (from, to) = (outputs.join(&artifact.path), into.join(&artifact.path));
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent).map_err(failed(parent))?;
        }
        let copied = File::open(&from).and_then(|mut file| hashed::copy(&mut file, &to, artifact.bytes));
        let same = copied.is_ok_and(|copied| (copied.bytes, &copied.sha256) == (artifact.bytes, &artifact.sha256));
        if !same {
            return Err(InputsError::Changed { task: need.name.clone(), path: artifact.path.clone() });
        }
    }
    let manifest = into.join(MANIFEST_FILE);
    create(&manifest)
        .and_then(|mut file| file.write_all(need.manifest().as_bytes()))
        .and_then(|()| fs::set_permissions(&manifest, Permissions::from_mode(FILE_MODE)))
        .map_err(failed(&manifest))
}

/// Takes the right to write from a tree's directories, the deepest first.
fn protect(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            protect(&entry.path())?;
        }
    }
    fs::set_permissions(directory, Permissions::from_mode(DIRECTORY_MODE))
}

/// Looks whether what was laid ready is what it was.
///
/// # Errors
/// The first file that was changed, added or removed.
pub(super) fn check(work: &Work) -> Result<(), InputsError> {
    let Some(inputs) = work.inputs().filter(|inputs| inputs.exists()) else { return Ok(()) };
    for need in &work.needs {
        let directory = inputs.join(&need.name);
        let changed = |path: &str| InputsError::Changed { task: need.name.clone(), path: path.to_owned() };
        for artifact in need.artifacts() {
            let opened = open_plain(&directory.join(&artifact.path));
            let content = opened.and_then(|mut file| hashed::content(&mut file, artifact.bytes));
            if !content.is_ok_and(|content| content.sha256 == artifact.sha256) {
                return Err(changed(&artifact.path));
            }
        }
        if fs::read_to_string(directory.join(MANIFEST_FILE)).ok() != Some(need.manifest()) {
            return Err(changed(MANIFEST_FILE));
        }
        let known: BTreeSet<&str> =
            need.artifacts().iter().map(|file| file.path.as_str()).chain([MANIFEST_FILE]).collect();
        if let Some(added) = files(&directory, Path::new("")).into_iter().find(|path| !known.contains(path.as_str())) {
            return Err(changed(&added));
        }
    }
    Ok(())
}

/// Opens a file that is no symlink.
fn open_plain(path: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags, open};
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    Ok(File::from(open(path, flags, Mode::empty())?))
}

/// What is in a directory that is no directory itself, at any depth.
fn files(top: &Path, beneath: &Path) -> Vec<String> {
    let entries = fs::read_dir(top.join(beneath)).into_iter().flatten().flatten();
    entries
        .flat_map(|entry| {
            let path = beneath.join(entry.file_name());
            match entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                true => files(top, &path),
                false => vec![path.display().to_string()],
            }
        })
        .collect()
}
