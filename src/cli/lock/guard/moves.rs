//! What a commit, or the move of a branch, changes, as git says.
//!
//! | what moves                        | what counts                                                    |
//! |-----------------------------------|----------------------------------------------------------------|
//! | the index, about to be committed  | what is staged                                                 |
//! | a branch from one commit to another | every file that differs between the two                      |
//! | a new branch, a detached HEAD     | the same from HEAD on, if it leads to commits that no branch has |
//! | HEAD in the middle of a rebase    | nothing: its branch moves at the end                           |
//!
//! A file that was changed in what is integrated since the branch left it, and that is now the same as there, is nobody's
//! change: each branch may merge that, or be rebased onto it. Integrated is what the repository's own working tree has
//! committed, and its upstream.

use crate::report::exit::Exit;
use crate::report::failure::Failure;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// What is staged, relative to the repository's top. A file that moves counts at both places.
///
/// # Errors
/// git can't say it.
pub(super) fn staged() -> Result<BTreeSet<String>, Failure> {
    let changed = files(&["diff", "--cached"])?;
    without_integrated(changed, "HEAD", &["diff", "--cached"])
}

/// What the moves of branches change, a line for each: `OLD NEW REF` (githooks(5), "reference-transaction").
///
/// # Errors
/// git can't say it.
pub(super) fn moved(lines: &str) -> Result<BTreeSet<String>, Failure> {
    let mut changed = BTreeSet::new();
    for line in lines.lines() {
        let mut words = line.split(' ').skip(1);
        let (Some(new), Some(name)) = (words.next(), words.next()) else { continue };
        if !is_commit(new) || !(name == "HEAD" || name.starts_with("refs/heads/")) {
            continue;
        }
        // Not the old one of the line: git writes zeros for a move that does not ask what was there.
        let from = match git(&["rev-parse", "--quiet", "--verify", name]) {
            Ok(_) if name != "HEAD" => name,
            // The branch that it stands for has a line of its own, or moves at the end.
            _ if name == "HEAD" && (is_on_a_branch() || is_rebasing()?) => continue,
            _ if leads_to_new_commits(new)? => "HEAD",
            _ => continue,
        };
        changed.extend(without_integrated(files(&["diff", from, new])?, from, &["diff", new])?);
    }
    Ok(changed)
}

/// Whether this is a commit's name: HEAD may also become `ref:…`, and what is deleted becomes zeros.
fn is_commit(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_hexdigit()) && name.bytes().any(|byte| byte != b'0')
}

fn is_on_a_branch() -> bool {
    git(&["symbolic-ref", "--quiet", "HEAD"]).is_ok()
}

fn is_rebasing() -> Result<bool, Failure> {
    let directory = git(&["rev-parse", "--absolute-git-dir"])?;
    let directory = Path::new(directory.trim_end_matches('\n'));
    Ok(["rebase-merge", "rebase-apply"].iter().any(|state| directory.join(state).exists()))
}

fn leads_to_new_commits(commit: &str) -> Result<bool, Failure> {
    let new = git(&["rev-list", "--max-count=1", commit, "--not", "--branches", "--tags", "--remotes"])?;
    Ok(!new.is_empty())
}

/// Leaves out the files that what is integrated brought since `from` left it.
fn without_integrated(
    mut changed: BTreeSet<String>,
    from: &str,
    compare: &[&str],
) -> Result<BTreeSet<String>, Failure> {
    if changed.is_empty() {
        return Ok(changed);
    }
    for integrated in integrated() {
        let Ok(common) = git(&["merge-base", from, &integrated]) else { continue };
        let brought = files(&["diff", common.trim_end_matches('\n'), &integrated])?;
        let differs = files(&[compare, &[&integrated]].concat())?;
        changed.retain(|path| differs.contains(path) || !brought.contains(path));
    }
    Ok(changed)
}

/// The commit that the repository's own working tree is at, and that of its branch's upstream.
fn integrated() -> Vec<String> {
    let Ok(common) = git(&["rev-parse", "--path-format=absolute", "--git-common-dir"]) else { return Vec::new() };
    let main = ["--git-dir", common.trim_end_matches('\n')];
    let name = |revision| git(&[&main[..], &["rev-parse", "--quiet", "--verify", revision]].concat());
    let names = ["HEAD^{commit}", "@{upstream}^{commit}"].into_iter().filter_map(|revision| name(revision).ok());
    names.map(|name| name.trim_end_matches('\n').to_owned()).collect()
}

fn files(compare: &[&str]) -> Result<BTreeSet<String>, Failure> {
    let names =
        git(&[compare, &["--name-only", "--no-renames", "--no-ext-diff", "--ignore-submodules=none", "-z"]].concat())?;
    Ok(names.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect())
}

fn git(arguments: &[&str]) -> Result<String, Failure> {
    let failed = |why: String| Failure::new(Exit::Failed, "git can't say what changes").because(why);
    let output = Command::new("git").args(arguments).output().map_err(|error| failed(error.to_string()))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned())),
    }
}
