//! A conflict that is looked at: which of its files, and what is asked before a version of it is taken.

use super::super::link::RequestId;
use crate::api::conflicts::{ConflictDetail, Content, FileVersions, Take, Version};

/// A conflict that is looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConflictView {
    /// The conflict.
    pub id: String,
    /// The place of the file that is shown.
    pub file: usize,
    /// The lines it is scrolled down.
    pub scrolled: u16,
    /// The version that is asked about; the same key once more takes it.
    pub asks: Option<(Version, Extent)>,
    /// The request under way.
    pub sending: Option<RequestId>,
    /// What is wrong with what was asked for.
    pub error: Option<String>,
}

/// Of how many files a version is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Of the one that is shown.
    File,
    /// Of all files of the conflict.
    All,
}

impl ConflictView {
    /// One that is looked at from its first file on.
    pub fn of(id: &str) -> ConflictView {
        ConflictView { id: id.to_owned(), ..ConflictView::default() }
    }

    /// The file that is shown, in its versions; none when there is none.
    pub fn shown<'a>(&self, detail: &'a ConflictDetail) -> Option<&'a FileVersions> {
        detail.versions.get(self.file % detail.versions.len().max(1))
    }

    /// Shows the file so many places further on, around.
    pub fn step(&mut self, detail: &ConflictDetail, files: isize) {
        let count = detail.versions.len().max(1) as isize;
        self.file = (self.file as isize + files).rem_euclid(count) as usize;
        self.scrolled = 0;
    }

    /// What is to be asked for, so that a version is taken.
    ///
    /// # Errors
    /// Why it can't be: a version that was not kept is nowhere.
    pub fn take(&self, detail: &ConflictDetail, version: Version, extent: Extent) -> Result<Take, String> {
        let shown = self.shown(detail).ok_or("none of its files was kept: there is nothing to take")?;
        let of = |file: &FileVersions| match version {
            Version::Before => file.before == Content::Unkept,
            Version::After => file.after == Content::Unkept,
        };
        let unkept = match extent {
            Extent::File => of(shown),
            Extent::All => detail.versions.iter().any(of),
        };
        if unkept {
            return Err("this version was not kept, and can't be taken".to_owned());
        }
        let files = if extent == Extent::File { vec![shown.file.clone()] } else { Vec::new() };
        Ok(Take { version, files })
    }
}
