//! The state of a conflict that is shown: which of its files, and the question before a version of a file is taken.

use super::super::link::RequestId;
use crate::api::conflicts::{ConflictDetail, Content, FileVersions, Take, Version};

/// A conflict that is shown to be resolved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConflictView {
    /// Id of the conflict that is shown.
    pub id: String,
    /// Index of the file that is shown.
    pub file: usize,
    /// Number of lines that the view is scrolled down.
    pub scrolled: u16,
    /// Version that the dashboard asks about; the same key again takes it.
    pub asks: Option<(Version, Extent)>,
    /// Number of the request that is under way, if one is.
    pub sending: Option<RequestId>,
    /// Description of what is wrong with the request, if something is.
    pub error: Option<String>,
}

/// The files of a conflict of which a version is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// The version is taken only of the file that is shown.
    File,
    /// The version is taken of all files of the conflict.
    All,
}

impl ConflictView {
    /// Returns the view of a conflict, at its first file.
    pub fn of(id: &str) -> ConflictView {
        ConflictView { id: id.to_owned(), ..ConflictView::default() }
    }

    /// Returns the versions of the file that is shown; none when there is no file.
    pub fn shown<'a>(&self, detail: &'a ConflictDetail) -> Option<&'a FileVersions> {
        detail.versions.get(self.file % detail.versions.len().max(1))
    }

    /// Shows the file that is `files` places further on. The first file follows the last one.
    pub fn step(&mut self, detail: &ConflictDetail, files: isize) {
        let count = detail.versions.len().max(1) as isize;
        self.file = (self.file as isize + files).rem_euclid(count) as usize;
        self.scrolled = 0;
    }

    /// Returns the request by which a version is taken.
    ///
    /// # Errors
    /// The version was not kept, so it cannot be taken.
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
