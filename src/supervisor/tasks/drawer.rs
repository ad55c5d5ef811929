//! Where everything of a task is kept.
//!
//! ```text
//!  .quarterdeck/tasks/t12/          0700
//!    a1/                            its first attempt
//!      prompt                       what is to be done
//!      workspace                    the name of the workspace it has to itself, and the commit that starts from
//!      in/NEED/…, in/NEED/manifest.json   what its needs left: QD_INPUTS, read-only
//!      typing, typed                whether its prompt was typed, and taken in
//!      verifying, verdict.json      whether its verification began, and how it ended
//!    out/…                          the outputs of its newest attempt that was done, read-only
//! ```
//!
//! A file that says that something is done is renamed into its place when that is so: half of one is never there. None
//! is synced: after a power cut the journal knows what was acknowledged, and what is missing is made again.

use crate::regular;
use quarterdeck_core::ids::TaskId;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Everything of a task.
pub(super) struct Drawer {
    directory: PathBuf,
}

/// Everything of one attempt.
pub(super) struct Attempt {
    directory: PathBuf,
}

/// What is remembered of an attempt by a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// Its prompt is about to be typed.
    Typing,
    /// Its prompt was typed and taken in.
    Typed,
    /// Its verification is about to begin.
    Verifying,
}

impl Drawer {
    /// The drawer of a task. Makes nothing.
    pub(super) fn of(state_directory: &Path, task: TaskId) -> Drawer {
        Drawer { directory: state_directory.join("tasks").join(task.to_string()) }
    }

    /// The whole.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Where its outputs are.
    pub(super) fn outputs(&self) -> PathBuf {
        self.directory.join("out")
    }

    /// Where outputs are gathered before they take their place.
    pub(super) fn outputs_in_the_making(&self) -> PathBuf {
        self.directory.join("out.part")
    }

    /// One attempt; its directory is made.
    ///
    /// # Errors
    /// When it can't be made.
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
    /// The file with its prompt.
    pub(super) fn prompt(&self) -> PathBuf {
        self.directory.join("prompt")
    }

    /// The directory of what its needs left.
    pub(super) fn inputs(&self) -> PathBuf {
        self.directory.join("in")
    }

    /// Where that is gathered before it takes its place.
    pub(super) fn inputs_in_the_making(&self) -> PathBuf {
        self.directory.join("in.part")
    }

    /// What its verification writes.
    pub(super) fn log(&self) -> PathBuf {
        self.directory.join("verify.log")
    }

    /// Whether this was remembered.
    pub(super) fn has(&self, mark: Mark) -> bool {
        self.path_of(mark).exists()
    }

    /// Remembers this.
    ///
    /// # Errors
    /// When it can't be written.
    pub(super) fn remember(&self, mark: Mark) -> io::Result<()> {
        create(&self.path_of(mark)).map(drop)
    }

    /// Takes a mark back: what it said has not come about.
    ///
    /// # Errors
    /// When it can't be removed.
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

    /// What was kept under this name, if it was.
    pub(super) fn kept(&self, name: &str) -> Option<String> {
        regular::text(&self.directory.join(name), regular::LARGE_BYTES_MAX).ok()
    }

    /// Keeps a text under this name, whole or not at all.
    ///
    /// # Errors
    /// When it can't be written.
    pub(super) fn keep(&self, name: &str, text: &str) -> io::Result<()> {
        let aside = self.directory.join(format!("{name}.part"));
        create(&aside)?.write_all(text.as_bytes())?;
        fs::rename(&aside, self.directory.join(name))
    }
}

/// A file for its owner alone, in place of an earlier one.
pub(super) fn create(path: &Path) -> io::Result<fs::File> {
    OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(path)
}
