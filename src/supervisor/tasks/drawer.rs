//! The drawer: the directory in which all files of a task are kept.
//!
//! ```text
//!  .quarterdeck/tasks/t12/          0700
//!    a1/                            its first attempt
//!      prompt                       the work to be done
//!      workspace                    the name of the task's own workspace, and the commit that it starts from
//!      in/NEED/…, in/NEED/manifest.json   the outputs of needed tasks: QD_INPUTS, read-only
//!      typing, typed                whether its prompt was typed, and accepted
//!      verifying, verdict.json      whether its verification began, and how it ended
//!    out/…                          the outputs of its newest attempt that was done, read-only
//! ```
//!
//! A file that says that a step is done is renamed into its place after the step, so that it is never incomplete. None
//! is synced: after a power cut the journal knows what was acknowledged, and missing files are made again.

use crate::regular;
use quarterdeck_core::ids::TaskId;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The directory with all files of a task.
pub(super) struct Drawer {
    directory: PathBuf,
}

/// The directory with all files of one attempt.
pub(super) struct Attempt {
    directory: PathBuf,
}

/// A step of an attempt that is remembered by a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// The attempt's prompt is about to be typed.
    Typing,
    /// The attempt's prompt was typed and accepted.
    Typed,
    /// The attempt's verification is about to begin.
    Verifying,
}

impl Drawer {
    /// Returns the drawer of a task, without creating anything.
    pub(super) fn of(state_directory: &Path, task: TaskId) -> Drawer {
        Drawer { directory: state_directory.join("tasks").join(task.to_string()) }
    }

    /// Returns the path of the task's whole directory.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Returns the directory of the task's outputs.
    pub(super) fn outputs(&self) -> PathBuf {
        self.directory.join("out")
    }

    /// Returns the directory in which outputs are collected before they are moved into place.
    pub(super) fn outputs_in_the_making(&self) -> PathBuf {
        self.directory.join("out.part")
    }

    /// Returns the directory of one attempt, which is created.
    ///
    /// # Errors
    /// If the directory can't be created.
    pub(super) fn attempt(&self, attempt: u32) -> io::Result<Attempt> {
        let directory = self.directory.join(format!("a{attempt}"));
        match directory.exists() {
            true => {}
            false => DirBuilder::new().recursive(true).mode(0o700).create(&directory)?,
        }
        Ok(Attempt { directory })
    }
}

impl Attempt {
    /// Returns the path of the file with the attempt's prompt.
    pub(super) fn prompt(&self) -> PathBuf {
        self.directory.join("prompt")
    }

    /// Returns the directory of the attempt's inputs.
    pub(super) fn inputs(&self) -> PathBuf {
        self.directory.join("in")
    }

    /// Returns the directory in which inputs are collected before they are moved into place.
    pub(super) fn inputs_in_the_making(&self) -> PathBuf {
        self.directory.join("in.part")
    }

    /// Returns the path of the file into which the verification writes.
    pub(super) fn log(&self) -> PathBuf {
        self.directory.join("verify.log")
    }

    /// Whether this step was remembered.
    pub(super) fn has(&self, mark: Mark) -> bool {
        self.path_of(mark).exists()
    }

    /// Remembers this step by a file.
    ///
    /// # Errors
    /// If the file can't be written.
    pub(super) fn remember(&self, mark: Mark) -> io::Result<()> {
        create(&self.path_of(mark)).map(drop)
    }

    /// Removes the mark of a step that did not happen.
    ///
    /// # Errors
    /// If the mark can't be removed.
    pub(super) fn forget(&self, mark: Mark) -> io::Result<()> {
        fs::remove_file(self.path_of(mark))
    }

    fn path_of(&self, mark: Mark) -> PathBuf {
        self.directory.join(match mark {
            Mark::Typing => "typing",
            Mark::Typed => "typed",
            Mark::Verifying => "verifying",
        })
    }

    /// Returns the text that was kept under this name, if there is one.
    pub(super) fn kept(&self, name: &str) -> Option<String> {
        regular::text(&self.directory.join(name), regular::LARGE_BYTES_MAX).ok()
    }

    /// Keeps a text under this name, whole or not at all.
    ///
    /// # Errors
    /// If the file can't be written.
    pub(super) fn keep(&self, name: &str, text: &str) -> io::Result<()> {
        let aside = self.directory.join(format!("{name}.part"));
        create(&aside)?.write_all(text.as_bytes())?;
        fs::rename(&aside, self.directory.join(name))
    }
}

/// Creates a file that only its owner can access, in place of an earlier one.
pub(super) fn create(path: &Path) -> io::Result<fs::File> {
    OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(path)
}
