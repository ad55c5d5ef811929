//! JSON bodies for the work that an agent did in its worktree: how it is shown, committed and cleaned, with its texts
//! for people.

use super::route::routes;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

routes! {
    pub const ROUTES;
    // Git reads a whole worktree for these answers, or writes a commit.
    pub const AGENT_WORK: GET "/agents/{name}/work", () => WorkDetail, within 30;
    pub const COMMIT_AGENT_WORK: POST "/agents/{name}/commit", CommitRequest => CommitDone, within 30;
    // Every workspace is proved to lose nothing, and deleted, before the answer.
    pub const CLEAN_WORKSPACES: POST "/workspaces/clean", CleanRequest => Vec<Cleaned>, within 3600;
}

/// The largest number of files that one answer names. Beyond it, the rest is counted.
pub const FILES_NAMED_MAX: usize = 1_000;

/// The longest message of a commit, in bytes. Beyond it, the commit is refused.
pub const MESSAGE_BYTES_MAX: usize = 16 * 1024;

/// The state of the work in an agent's own worktree. It is examined when it may have changed, and when it is requested.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Work {
    /// The number of files that are not committed: changed files, and new ones that are not ignored.
    pub files_uncommitted: u32,
    /// The number of commits of the worktree's branch that `base` does not have; 0 when there is nothing to compare
    /// with.
    pub commits_ahead: u32,
    /// The branch that the worktree's branch is compared with: the configured `base`, or the branch that the repository
    /// is on.
    pub base: Option<String>,
    /// The first line of the message of the last commit that `base` does not have.
    #[serde(default)]
    pub last_commit: Option<String>,
    /// The number of lines added since the branch forked from `base`, committed or not. Lines of files that git does
    /// not know are not counted.
    #[serde(default)]
    pub lines_added: u32,
    /// The number of lines removed since the branch forked from `base`, committed or not.
    #[serde(default)]
    pub lines_removed: u32,
    /// When the work was examined, in milliseconds since the Unix epoch.
    pub checked_ms: u64,
}

/// Answer to `GET /agents/{name}/work`: the work in an agent's worktree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WorkDetail {
    /// The name of that agent.
    pub agent: String,
    /// The branch of the agent's worktree.
    pub branch: Option<String>,
    /// The state of the work now; none if the agent has no worktree of its own.
    pub work: Option<Work>,
    /// The files that are not committed, at most [`FILES_NAMED_MAX`].
    pub files: Vec<ChangedFile>,
    /// Paths of git repositories nested in the worktree. Nothing in them is committed.
    pub nested: Vec<String>,
    /// The message that a commit gets by default.
    pub message: String,
}

/// A file that is not committed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChangedFile {
    /// Path of the file, relative to the worktree's top.
    pub path: String,
    /// How the file differs from the last commit.
    pub change: FileChange,
}

/// The way in which a file differs from the last commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileChange {
    /// The file is new: the last commit does not have it.
    New,
    /// The file's content or mode changed since the last commit.
    Changed,
    /// The file was deleted since the last commit.
    Deleted,
    /// A merge caused a conflict in the file that somebody must resolve.
    Unmerged,
}

/// Body of `POST /agents/{name}/commit`: the commit to make.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CommitRequest {
    /// The whole message of the commit; a message is made if there is none.
    #[serde(default)]
    pub message: Option<String>,
}

/// Answer to `POST /agents/{name}/commit`: the commit that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CommitDone {
    /// Name of the agent, which is the commit's author.
    pub agent: String,
    /// The hash of the commit.
    pub commit: String,
    /// The branch that contains the commit.
    pub branch: String,
    /// The number of files that the commit changes.
    pub files: u32,
    /// The first line of the commit's message.
    pub subject: String,
    /// Paths of git repositories nested in the worktree, of which nothing is committed.
    pub nested: Vec<String>,
    /// Whether the agent was working during the commit: text that it was about to write may be missing.
    pub while_working: bool,
    /// Warnings for people, such as files that others hold.
    pub warnings: Vec<String>,
}

/// Body of `POST /workspaces/clean`: which workspaces to remove.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CleanRequest {
    /// Whether to change nothing and only report what would be removed.
    #[serde(default)]
    pub dry_run: bool,
    /// Whether to park first what would be lost, where that is possible.
    #[serde(default)]
    pub park: bool,
}

/// The result for one workspace, or for one branch of Quarterdeck without a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Cleaned {
    /// The workspace's name: an agent's name, or that of a task's own workspace.
    pub name: String,
    /// What was examined: a workspace or a branch.
    pub kind: CleanedKind,
    /// Whether the workspace or branch was removed.
    pub outcome: CleanedOutcome,
    /// How the workspace or branch was removed, or why it was not, in words for people.
    pub text: String,
    /// Whether the workspace or branch could be removed after parking.
    pub is_parkable: bool,
}

/// The kinds of things that are cleaned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CleanedKind {
    /// A workspace of an agent or a task.
    Workspace,
    /// A branch that has no workspace.
    Branch,
}

/// The possible results of cleaning a workspace or a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CleanedOutcome {
    /// The workspace or branch was removed.
    Removed,
    /// The workspace or branch would have been removed if this were not a dry run.
    WouldGo,
    /// The workspace or branch was kept as it is.
    Stays,
    /// The removal of the workspace or branch failed.
    Failed,
}

impl Work {
    /// Returns the count in words, `3 files, not committed`; none when every file is committed.
    pub fn uncommitted_words(&self) -> Option<String> {
        uncommitted_words(self.files_uncommitted)
    }

    /// Returns the lines added and removed, `+120 −3`; none when there are no such lines.
    pub fn lines_words(&self) -> Option<String> {
        match (self.lines_added, self.lines_removed) {
            (0, 0) => None,
            (added, 0) => Some(format!("+{added}")),
            (0, removed) => Some(format!("−{removed}")),
            (added, removed) => Some(format!("+{added} −{removed}")),
        }
    }

    /// Returns the count in words, `2 commits that main has not`; none when there are none.
    pub fn ahead_words(&self) -> Option<String> {
        let base = self.base.as_deref()?;
        match self.commits_ahead {
            0 => None,
            1 => Some(format!("1 commit that {base} has not")),
            many => Some(format!("{many} commits that {base} has not")),
        }
    }
}

/// Returns the words for a number of uncommitted files, used wherever they are shown; none when there are none.
pub fn uncommitted_words(files: u32) -> Option<String> {
    match files {
        0 => None,
        1 => Some("1 file, not committed".to_owned()),
        many => Some(format!("{many} files, not committed")),
    }
}

impl CommitDone {
    /// Returns the commit in words: `committed 3 files to qd/claude (1a2b3c4d): Fix the parser`.
    pub fn words(&self) -> String {
        let files = if self.files == 1 { "1 file".to_owned() } else { format!("{} files", self.files) };
        let commit = self.commit.get(..COMMIT_DIGITS).unwrap_or(&self.commit);
        format!("committed {files} to {} ({commit}): {}", self.branch, self.subject)
    }
}

/// The number of digits of a commit's hash that people are shown.
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
