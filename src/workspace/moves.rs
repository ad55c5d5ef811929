//! Lists the files that a commit, or the move of a branch, changes, by asking git. The commit guard asks before the
//! change, the supervisor afterwards.
//!
//! | what moves                        | what counts                                                    |
//! |-----------------------------------|----------------------------------------------------------------|
//! | the index, about to be committed  | what is staged                                                 |
//! | a branch from one commit to another | every file that differs between the two                      |
//! | a new branch, a detached HEAD     | the same from HEAD on, if it leads to commits that no branch has |
//! | HEAD in the middle of a rebase    | nothing: its branch moves at the end                           |
//!
//! Integrated work is what the repository's own working tree has committed, and its upstream. Each branch may merge
//! integrated work, or be rebased onto it. So a file does not count as changed if integrated work has changed it since
//! the branch forked, and the file is now the same as in the integrated work.

use super::error::WorkspaceError;
use super::request::BRANCH_PREFIX;
use super::workspaces::Workspaces;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A function that runs git: it returns git's output, or its error message. A hook's git must see the index that the
/// hook is about, so each caller has a function of its own.
pub type Ask<'a> = &'a dyn Fn(&[&str]) -> Result<String, String>;

/// Returns the files that are staged, relative to the repository's top. A file that moves counts at both places.
///
/// # Errors
/// When git can't tell.
pub fn staged(git: Ask<'_>) -> Result<BTreeSet<String>, String> {
    let changed = files(git, &["diff", "--cached"])?;
    without_integrated(git, changed, "HEAD", &["diff", "--cached"])
}

/// Returns the files that moves of branches change. Each line is one move: `OLD NEW REF` (githooks(5),
/// "reference-transaction").
///
/// # Errors
/// When git can't tell.
pub fn moved(git: Ask<'_>, lines: &str) -> Result<BTreeSet<String>, String> {
    let mut changed = BTreeSet::new();
    for line in lines.lines() {
        let mut words = line.split(' ').skip(1);
        let (Some(new), Some(name)) = (words.next(), words.next()) else { continue };
        if !is_commit(new) || !(name == "HEAD" || name.starts_with("refs/heads/")) {
            continue;
        }
        // OLD in the line is not used: git writes zeros for a move that does not check the old value.
        let from = match git(&["rev-parse", "--quiet", "--verify", name]) {
            Ok(_) if name != "HEAD" => name,
            // The branch to which HEAD refers has a line of its own, or moves at the end of the rebase.
            _ if name == "HEAD" && (is_on_a_branch(git) || is_rebasing(git)?) => continue,
            _ if leads_to_new_commits(git, new)? => "HEAD",
            _ => continue,
        };
        changed.extend(between(git, from, new)?);
    }
    Ok(changed)
}

/// Returns the files that the move of a branch from one commit to another changes.
fn between(git: Ask<'_>, from: &str, to: &str) -> Result<BTreeSet<String>, String> {
    without_integrated(git, files(git, &["diff", from, to])?, from, &["diff", to])
}

impl Workspaces {
    /// Returns the commit that the branch of each agent is at, by the agent's name.
    ///
    /// # Errors
    /// When there is no repository, or git can't tell.
    pub fn tips(&self) -> Result<BTreeMap<String, String>, WorkspaceError> {
        let prefix = format!("refs/heads/{BRANCH_PREFIX}");
        let arguments = ["for-each-ref", "--format=%(objectname) %(refname)", &prefix];
        let listed = self.repository()?.git().run("list the agents' branches", arguments)?;
        let listed = String::from_utf8_lossy(&listed).into_owned();
        let tips = listed.lines().filter_map(|line| line.split_once(' '));
        Ok(tips.filter_map(|(tip, name)| Some((name.strip_prefix(&prefix)?.to_owned(), tip.to_owned()))).collect())
    }

    /// Returns the files that the move of a branch from one commit to another has changed, without those that
    /// integrated commits brought.
    ///
    /// # Errors
    /// The message of git when it fails.
    pub fn changed_between(&self, from: &str, to: &str) -> Result<BTreeSet<String>, String> {
        let git = self.repository().map_err(|error| error.to_string())?.git();
        let ask = |arguments: &[&str]| {
            let answer = git.run("compare commits", arguments).map_err(|error| error.to_string())?;
            Ok(String::from_utf8_lossy(&answer).into_owned())
        };
        between(&ask, from, to)
    }

    /// Returns the directory in which git keeps the agents' branches as files, and the directory above, which exists in
    /// any repository.
    ///
    /// # Errors
    /// When there is no repository.
    pub fn branch_directories(&self) -> Result<[std::path::PathBuf; 2], WorkspaceError> {
        let heads = self.repository()?.common.join("refs/heads");
        Ok([heads.join(BRANCH_PREFIX.trim_end_matches('/')), heads])
    }
}

/// Whether a text is the name of a commit: HEAD may also become `ref:…`, and a deleted ref becomes zeros.
fn is_commit(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_hexdigit()) && name.bytes().any(|byte| byte != b'0')
}

fn is_on_a_branch(git: Ask<'_>) -> bool {
    git(&["symbolic-ref", "--quiet", "HEAD"]).is_ok()
}

fn is_rebasing(git: Ask<'_>) -> Result<bool, String> {
    let directory = git(&["rev-parse", "--absolute-git-dir"])?;
    let directory = Path::new(directory.trim_end_matches('\n'));
    Ok(["rebase-merge", "rebase-apply"].iter().any(|state| directory.join(state).exists()))
}

fn leads_to_new_commits(git: Ask<'_>, commit: &str) -> Result<bool, String> {
    let new = git(&["rev-list", "--max-count=1", commit, "--not", "--branches", "--tags", "--remotes"])?;
    Ok(!new.is_empty())
}

/// Omits the files that integrated work changed since `from` forked from it.
fn without_integrated(
    git: Ask<'_>,
    mut changed: BTreeSet<String>,
    from: &str,
    compare: &[&str],
) -> Result<BTreeSet<String>, String> {
    if changed.is_empty() {
        return Ok(changed);
    }
    for integrated in integrated(git) {
        let Ok(common) = git(&["merge-base", from, &integrated]) else { continue };
        let brought = files(git, &["diff", common.trim_end_matches('\n'), &integrated])?;
        let differs = files(git, &[compare, &[&integrated]].concat())?;
        changed.retain(|path| differs.contains(path) || !brought.contains(path));
    }
    Ok(changed)
}

/// Returns the commit that the repository's own working tree is at, and that of its branch's upstream.
fn integrated(git: Ask<'_>) -> Vec<String> {
    let Ok(common) = git(&["rev-parse", "--path-format=absolute", "--git-common-dir"]) else { return Vec::new() };
    let main = ["--git-dir", common.trim_end_matches('\n')];
    let name = |revision| git(&[&main[..], &["rev-parse", "--quiet", "--verify", revision]].concat());
    let names = ["HEAD^{commit}", "@{upstream}^{commit}"].into_iter().filter_map(|revision| name(revision).ok());
    names.map(|name| name.trim_end_matches('\n').to_owned()).collect()
}

fn files(git: Ask<'_>, compare: &[&str]) -> Result<BTreeSet<String>, String> {
    let names =
        git(&[compare, &["--name-only", "--no-renames", "--no-ext-diff", "--ignore-submodules=none", "-z"]].concat())?;
    Ok(names.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect())
}
