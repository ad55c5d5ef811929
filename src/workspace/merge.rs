//! Merges several lines of work into one commit, without a worktree: nothing changes until a workspace starts from the
//! commit, and a conflict changes nothing at all.

use super::error::WorkspaceError;
use super::git::{self, Git, records};
use super::workspaces::Workspaces;
use std::path::PathBuf;

/// A line of work: its author, and its last commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The name of the line of work, for people.
    pub name: String,
    /// The last commit of the line of work.
    pub commit: String,
}

/// The relation of two commits to each other.
enum Relation {
    /// The first commit contains all of the second.
    Ahead,
    /// The second commit contains all of the first.
    Behind,
    /// Neither commit contains all of the other.
    Apart,
}

/// Returns one commit that contains all of these lines: one of their commits if it contains the others, else a merge.
/// None without a line.
pub(super) fn merge(workspaces: &Workspaces, lines: &[Line], of: &str) -> Result<Option<String>, WorkspaceError> {
    let Some((first, rest)) = lines.split_first() else { return Ok(None) };
    let git = workspaces.repository()?.git().with_identity()?;
    let (mut commit, mut names) = (first.commit.clone(), vec![first.name.as_str()]);
    for line in rest {
        commit = match relation(&git, &commit, &line.commit)? {
            Relation::Ahead => commit,
            Relation::Behind => line.commit.clone(),
            Relation::Apart => {
                let tree = merged_tree(&git, &commit, line, &names.join(", "))?;
                let message = format!("Merge {} for {of}", line.name);
                let arguments = ["commit-tree", &tree, "-p", &commit, "-p", &line.commit, "-m", &message];
                git::line(&git.run("commit the merge", arguments)?)
            }
        };
        names.push(&line.name);
    }
    Ok(Some(commit))
}

fn relation(git: &Git, ours: &str, theirs: &str) -> Result<Relation, WorkspaceError> {
    let holds = |holder: &str, held: &str| -> Result<bool, WorkspaceError> {
        Ok(git.ask(["merge-base", "--is-ancestor", held, holder])?.is_some())
    };
    Ok(match (holds(ours, theirs)?, holds(theirs, ours)?) {
        (true, _) => Relation::Ahead,
        (false, true) => Relation::Behind,
        (false, false) => Relation::Apart,
    })
}

/// Makes the tree of a merge (git-merge-tree(1)): nothing but objects is written.
fn merged_tree(git: &Git, commit: &str, line: &Line, names: &str) -> Result<String, WorkspaceError> {
    let arguments = ["merge-tree", "--write-tree", "--name-only", "--no-messages", "-z", commit, &line.commit];
    let doing = format!("merge {} with {names}", line.name);
    let failed = |message: String| WorkspaceError::Git { doing: doing.clone(), message };
    let output = git.output(arguments, &[]).map_err(|error| failed(error.to_string()))?;
    let mut answers = records(&output.stdout);
    match (output.status.code(), answers.next()) {
        (Some(0), Some(tree)) => Ok(git::line(tree)),
        // Exit code 1 means a conflict; any other code is a failure.
        (Some(1), Some(_)) => {
            let files: Vec<PathBuf> = answers.map(|file| git::as_path(file).to_owned()).collect();
            Err(WorkspaceError::Conflict { ours: names.to_owned(), theirs: line.name.clone(), files })
        }
        _ => Err(failed(git::said(&output))),
    }
}
