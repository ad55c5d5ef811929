//! What an agent has done in its worktree, as the control plane shows and commits it; and the words for it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Files that are named in one answer. Beyond it, the rest is counted.
pub const FILES_NAMED_MAX: usize = 1_000;

/// The longest message of a commit, bytes. Beyond it, the commit is refused.
pub const MESSAGE_BYTES_MAX: usize = 16 * 1024;

/// Where the work in an agent's own worktree stands. It is looked at when it can have changed, and when asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Work {
    /// Files that are changed, or new and not ignored, and not committed.
    pub files_uncommitted: u32,
    /// Commits of its branch that `base` does not have; 0 when there is nothing to compare with.
    pub commits_ahead: u32,
    /// What its branch is compared with: its `base`, else the branch that the repository is on.
    pub base: Option<String>,
    /// The first line of the message of the last commit that `base` does not have.
    #[serde(default)]
    pub last_commit: Option<String>,
    /// Lines that are new since its branch left `base`, committed or not; those of files that git does not know are not
    /// counted.
    #[serde(default)]
    pub lines_added: u32,
    /// Lines that are gone since then.
    #[serde(default)]
    pub lines_removed: u32,
    /// When it was looked at, in milliseconds since the Unix epoch.
    pub checked_ms: u64,
}

/// `GET /agents/{name}/work`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WorkDetail {
    /// The agent.
    pub agent: String,
    /// The branch of its worktree.
    pub branch: Option<String>,
    /// Where it stands now; none where it has no worktree of its own.
    pub work: Option<Work>,
    /// The files that are not committed, [`FILES_NAMED_MAX`] at most.
    pub files: Vec<ChangedFile>,
    /// Repositories of their own within the worktree: nothing of them is committed.
    pub nested: Vec<String>,
    /// The message that a commit gets unless told.
    pub message: String,
}

/// A file that is not committed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChangedFile {
    /// Its path, relative to the worktree's top.
    pub path: String,
    /// How it differs from the last commit.
    pub change: FileChange,
}

/// How a file differs from the last commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileChange {
    /// It is new.
    New,
    /// It is another.
    Changed,
    /// It is gone.
    Deleted,
    /// A merge left it for somebody to settle.
    Unmerged,
}

/// `POST /agents/{name}/commit`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CommitRequest {
    /// The whole message; one is made when there is none.
    #[serde(default)]
    pub message: Option<String>,
}

/// What was committed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CommitDone {
    /// The agent, which is the commit's author.
    pub agent: String,
    /// The commit.
    pub commit: String,
    /// The branch that it is on.
    pub branch: String,
    /// Files that it changes.
    pub files: u32,
    /// The message's first line.
    pub subject: String,
    /// Repositories of their own within the worktree, of which nothing is committed.
    pub nested: Vec<String>,
    /// Whether the agent worked meanwhile: what it was about to write may be missing.
    pub while_working: bool,
    /// What to know about it, for people: files that others hold.
    pub warnings: Vec<String>,
}

/// `POST /workspaces/clean`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CleanRequest {
    /// Nothing is changed; the answer says what would be.
    #[serde(default)]
    pub dry_run: bool,
    /// What would be lost is parked first, where that can be.
    #[serde(default)]
    pub park: bool,
}

/// What became of a workspace that was looked at, or of a branch of ours that has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Cleaned {
    /// Its name: an agent's, or that of a task's own workspace.
    pub name: String,
    /// What there was.
    pub kind: CleanedKind,
    /// What became of it.
    pub outcome: CleanedOutcome,
    /// How, or why not, for people.
    pub text: String,
    /// Whether parking would let it go.
    pub is_parkable: bool,
}

/// What there was to clean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CleanedKind {
    /// A workspace.
    Workspace,
    /// A branch without a workspace.
    Branch,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CleanedOutcome {
    /// It is gone.
    Removed,
    /// It would be gone, had this not been a dry run.
    WouldGo,
    /// It stays.
    Stays,
    /// Its removal failed.
    Failed,
}

impl Work {
    /// `3 files, not committed`; none when everything is.
    pub fn uncommitted_words(&self) -> Option<String> {
        uncommitted_words(self.files_uncommitted)
    }

    /// `+120 −3`: the lines that are new and gone; none when nothing is.
    pub fn lines_words(&self) -> Option<String> {
        match (self.lines_added, self.lines_removed) {
            (0, 0) => None,
            (added, 0) => Some(format!("+{added}")),
            (0, removed) => Some(format!("−{removed}")),
            (added, removed) => Some(format!("+{added} −{removed}")),
        }
    }

    /// `2 commits that main has not`; none when there are none.
    pub fn ahead_words(&self) -> Option<String> {
        let base = self.base.as_deref()?;
        match self.commits_ahead {
            0 => None,
            1 => Some(format!("1 commit that {base} has not")),
            many => Some(format!("{many} commits that {base} has not")),
        }
    }
}

/// The words for files that are not committed, wherever they are said; none when there are none.
pub fn uncommitted_words(files: u32) -> Option<String> {
    match files {
        0 => None,
        1 => Some("1 file, not committed".to_owned()),
        many => Some(format!("{many} files, not committed")),
    }
}

impl CommitDone {
    /// `committed 3 files to qd/claude (1a2b3c4d): Fix the parser`.
    pub fn words(&self) -> String {
        let files = if self.files == 1 { "1 file".to_owned() } else { format!("{} files", self.files) };
        let commit = self.commit.get(..COMMIT_DIGITS).unwrap_or(&self.commit);
        format!("committed {files} to {} ({commit}): {}", self.branch, self.subject)
    }
}

/// Digits of a commit that people are shown.
const COMMIT_DIGITS: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_count() {
        assert_eq!(uncommitted_words(0), None);
        assert_eq!(uncommitted_words(1).as_deref(), Some("1 file, not committed"));
        assert_eq!(uncommitted_words(3).as_deref(), Some("3 files, not committed"));
        let work = |commits_ahead, base: Option<&str>| Work {
            commits_ahead,
            base: base.map(str::to_owned),
            ..Work::default()
        };
        let lines = |lines_added, lines_removed| Work { lines_added, lines_removed, ..work(1, None) }.lines_words();
        assert_eq!([lines(0, 0), lines(3, 0)], [None, Some("+3".to_owned())]);
        assert_eq!([lines(0, 2), lines(120, 3)], ["−2", "+120 −3"].map(|words| Some(words.to_owned())));
        assert_eq!(work(0, Some("main")).ahead_words(), None);
        assert_eq!(work(1, Some("main")).ahead_words().as_deref(), Some("1 commit that main has not"));
        assert_eq!(work(2, Some("main")).ahead_words().as_deref(), Some("2 commits that main has not"));
        assert_eq!(work(2, None).ahead_words(), None);
    }
}
