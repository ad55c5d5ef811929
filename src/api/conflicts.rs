//! Conflicts: files that were written by someone else than their holder, of which both versions are kept.
//!
//! | request | answer |
//! |---|---|
//! | `GET /conflicts` | a list of [`Conflict`], newest first |
//! | `GET /conflicts/{id}` | [`ConflictDetail`] |
//! | `POST /conflicts/{id}/take` [`Take`] | [`Conflict`] |

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One write by someone else into what another held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Conflict {
    /// Its name, which begins with the time.
    pub id: String,
    /// When it was seen, in milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// The lease of whoever held the files: `l6`.
    pub lease: String,
    /// The files, from the root of the shared workspace.
    pub files: Vec<String>,
    /// The version that was taken last; none: nobody has chosen.
    #[serde(default)]
    pub taken: Option<Version>,
}

/// Which version of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Version {
    /// As its holder left it.
    Before,
    /// As the other wrote it.
    After,
}

/// One conflict with the versions of its files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConflictDetail {
    /// The conflict.
    pub conflict: Conflict,
    /// Each file in its versions.
    pub versions: Vec<FileVersions>,
}

/// A file in its versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FileVersions {
    /// The file.
    pub file: String,
    /// As its holder left it.
    pub before: Content,
    /// As the other wrote it.
    pub after: Content,
    /// As it is now.
    pub now: Content,
}

/// What is in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// There is no such file.
    Missing,
    /// A text.
    Text(String),
    /// No text, or not kept: it is too large, or the scope has too many files.
    Other,
}

/// `POST /conflicts/{id}/take`: let the files of a conflict be this version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Take {
    /// The version that the files become.
    pub version: Version,
}
