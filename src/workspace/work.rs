//! Reads what an agent has done in its worktree: uncommitted changes, and how far its branch is ahead.

use super::beneath;
use super::error::WorkspaceError;
use super::git::{self, Git, records};
use super::repository::Repository;
use super::request::{BRANCH_PREFIX, Request};
use super::within::Within;
use super::workspaces::Workspaces;
use super::worktree::{self, Found, Worktree};
use crate::config::WorkspaceKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The longest time that one git command which reads the worktree may take. Beyond it, the command is killed, and the
/// last known state is shown.
const LOOK_MAX: Duration = Duration::from_secs(10);

/// The work that was found in a worktree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Files that are changed, staged or untracked and not ignored, relative to the worktree's top.
    pub changes: Vec<Change>,
    /// Nested repositories that are not submodules: none of their files can be committed here.
    pub nested: Vec<PathBuf>,
    /// The ref that the branch is compared with: the agent's `base`, or the branch that the repository is on.
    pub base: Option<String>,
    /// The number of commits that the branch has and `base` has not; 0 where there is nothing to compare with.
    pub ahead: u64,
    /// The first line of the last of these commits' messages.
    pub subject: Option<String>,
    /// The lines changed since the branch forked from `base`, committed or not, without new files that git does not
    /// track.
    pub lines: Lines,
}

/// The number of lines that were changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// The number of lines that are new.
    pub added: u32,
    /// The number of lines that were removed.
    pub removed: u32,
}

/// A file that differs from the last commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The changed file's path, relative to the worktree's top.
    pub path: PathBuf,
    /// The way in which the changed file differs from the last commit.
    pub kind: ChangeKind,
}

/// The way in which a file differs from the last commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// The file is new.
    New,
    /// The file has another content, mode or type.
    Changed,
    /// The file was deleted.
    Deleted,
    /// The file has a merge conflict that is not resolved.
    Unmerged,
}

/// The position of HEAD, and the files that differ from it.
#[derive(Debug, Default)]
pub(super) struct Status {
    pub(super) head: Option<String>,
    pub(super) changes: Vec<Change>,
    pub(super) nested: Vec<PathBuf>,
}

impl Workspaces {
    /// Returns the work of an agent. None where it has no worktree of its own, or none yet.
    ///
    /// # Errors
    /// When git fails, or takes longer than [`LOOK_MAX`].
    pub fn work(&self, request: &Request) -> Result<Option<Work>, WorkspaceError> {
        let Some(worktree) = self.own_worktree(request)? else { return Ok(None) };
        let repository = self.repository()?;
        let within = Within::of(repository, &worktree)?.with(|git| git.limit(LOOK_MAX));
        let Status { head, changes, nested } = status(&within.git)?;
        let (base, commit, ahead) = self.ahead(repository, request, &within.git, head.as_deref())?;
        let mut work = Work { changes, nested, base, ahead, ..Work::default() };
        if ahead > 0 {
            let said = within.git.ask(["log", "-1", "--no-show-signature", "--format=%s"])?;
            work.subject = said.map(|said| git::line(&said)).filter(|subject| !subject.is_empty());
        }
        if let Some(commit) = commit.filter(|_| ahead > 0 || !work.changes.is_empty()) {
            // If the two have no commit in common, there is nothing to count from.
            let query =
                ["diff", "--shortstat", "--no-ext-diff", "--no-textconv", "--ignore-submodules", "--merge-base"];
            let said = within.git.ask(query.into_iter().chain(["--end-of-options", &commit, "--"]))?;
            work.lines = said.map(|said| lines(&git::line(&said))).unwrap_or_default();
        }
        Ok(Some(work))
    }

    /// Returns the worktree that belongs to one agent alone, if it has been made.
    pub(super) fn own_worktree(&self, request: &Request) -> Result<Option<Worktree>, WorkspaceError> {
        if request.kind != WorkspaceKind::Worktree {
            return Ok(None);
        }
        let all = self.root.join(self.relative.as_path());
        if !all.exists() {
            return Ok(None);
        }
        let path = beneath::beneath(&all, Path::new(&request.agent))?;
        // A worktree that is being made, or was left half made, holds no work of the agent.
        if all.join(format!(".preparing-{}", request.agent)).exists() {
            return Ok(None);
        }
        match worktree::find(self.repository()?, &path)? {
            Found::Worktree(worktree) => Ok(Some(worktree)),
            Found::Nothing | Found::Other => Ok(None),
        }
    }

    /// Returns the ref that the agent's branch is compared with, by name and as git finds it; and how far the branch is
    /// ahead of it.
    fn ahead(
        &self,
        repository: &Repository,
        request: &Request,
        git: &Git,
        head: Option<&str>,
    ) -> Result<(Option<String>, Option<String>, u64), WorkspaceError> {
        let shared = self.head(&repository.root);
        let (name, commit) = match &request.base {
            Some(base) => (Some(base.clone()), Some(base.clone())),
            None => (shared.branch.or(shared.commit.clone()), shared.commit),
        };
        let (Some(head), Some(commit)) = (head, commit) else { return Ok((name, None, 0)) };
        if head == commit {
            return Ok((name, Some(commit), 0));
        }
        let query = ["rev-list", "--count", "--end-of-options", head, &format!("^{commit}")];
        // A base that was deleted, or a name that is not a ref, must not keep the files from being shown.
        let count = git.ask(query)?.and_then(|said| git::line(&said).parse().ok());
        let known = |_: &String| count.is_some();
        Ok((name.filter(known), Some(commit).filter(known), count.unwrap_or(0)))
    }
}

/// Returns the files that differ from HEAD. Submodules count when they are at another commit; nothing in them is looked
/// at.
pub(super) fn status(git: &Git) -> Result<Status, WorkspaceError> {
    let arguments = [
        "status",
        "--porcelain=v2",
        "--branch",
        "-z",
        "--untracked-files=all",
        "--ignore-submodules=dirty",
        "--no-renames",
    ];
    Ok(read(&git.run("look for changes", arguments)?))
}

/// Reads the output of git-diff(1), `--shortstat`: ` 3 files changed, 120 insertions(+), 3 deletions(-)`; a count of 0
/// is omitted.
fn lines(text: &str) -> Lines {
    let count = |what: &str| {
        let part = text.split(',').find(|part| part.contains(what))?;
        part.split_whitespace().next()?.parse().ok()
    };
    Lines { added: count("insertion").unwrap_or(0), removed: count("deletion").unwrap_or(0) }
}

/// Reads the output of git-status(1), porcelain version 2: the path is the last field, `XY` the second.
fn read(output: &[u8]) -> Status {
    let mut status = Status::default();
    for record in records(output) {
        let field = |number: usize| record.splitn(number + 1, |byte| *byte == b' ').nth(number).unwrap_or_default();
        let (path, kind) = match record.first() {
            Some(b'#') => {
                let oid = record.strip_prefix(b"# branch.oid ").filter(|oid| *oid != b"(initial)");
                status.head = status.head.or(oid.map(git::line));
                continue;
            }
            Some(b'1') => (field(8), kind(record.get(2..4).unwrap_or_default())),
            Some(b'u') => (field(10), ChangeKind::Unmerged),
            Some(b'?') => (field(1), ChangeKind::New),
            _ => continue,
        };
        match path.strip_suffix(b"/") {
            Some(nested) => status.nested.push(git::as_path(nested).to_owned()),
            None => status.changes.push(Change { path: git::as_path(path).to_owned(), kind }),
        }
    }
    status
}

fn kind(letters: &[u8]) -> ChangeKind {
    match letters {
        [_, b'D'] | [b'D', b'.'] => ChangeKind::Deleted,
        [b'A', _] => ChangeKind::New,
        _ => ChangeKind::Changed,
    }
}

/// Returns the name of the branch that an agent works on.
pub(super) fn branch_of(request: &Request) -> String {
    format!("{BRANCH_PREFIX}{}", request.agent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counted_lines_are_read() {
        let read = |text| (lines(text).added, lines(text).removed);
        assert_eq!(read(" 3 files changed, 120 insertions(+), 3 deletions(-)"), (120, 3));
        assert_eq!(read(" 1 file changed, 1 insertion(+)"), (1, 0));
        assert_eq!(read(" 1 file changed, 1 deletion(-)"), (0, 1));
        assert_eq!(read(""), (0, 0));
    }

    #[test]
    fn a_status_is_read() {
        let zeros = "0".repeat(40);
        let changed =
            |letters: &str, path: &str| format!("1 {letters} N... 100644 100644 100644 {zeros} {zeros} {path}\0");
        let text = [
            format!("# branch.oid {}\0# branch.head qd/a\0", "a".repeat(40)),
            changed(".M", "with blank.txt"),
            changed("D.", "gone"),
            changed(".D", "gone too"),
            changed("A.", "staged"),
            changed(".T", "a link now"),
            format!("u UU N... 1 2 3 4 {zeros} {zeros} {zeros} both\0"),
            "? new\0? a nested one/\0! ignored\0".to_owned(),
        ]
        .concat();
        let Status { head, changes, nested } = read(text.as_bytes());
        assert_eq!(head, Some("a".repeat(40)));
        assert_eq!(nested, [PathBuf::from("a nested one")]);
        use ChangeKind::{Changed, Deleted, New, Unmerged};
        let expected = [
            ("with blank.txt", Changed),
            ("gone", Deleted),
            ("gone too", Deleted),
            ("staged", New),
            ("a link now", Changed),
            ("both", Unmerged),
            ("new", New),
        ];
        assert_eq!(changes, expected.map(|(path, kind)| Change { path: path.into(), kind }));
    }
}
