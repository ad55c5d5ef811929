//! Makes a git repository to work in, and asks git about it.

use std::path::Path;
use std::process::Command;

/// Variables that make git independent of the environment in which the tests run.
const GIT_ENVIRONMENT: [(&str, &str); 6] = [
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_AUTHOR_NAME", "Test"),
    ("GIT_AUTHOR_EMAIL", "test@example.invalid"),
    ("GIT_COMMITTER_NAME", "Test"),
    ("GIT_COMMITTER_EMAIL", "test@example.invalid"),
];

/// The content of a user's `.gitconfig`.
pub(crate) const USER: &str = "[user]\n\tname = Test\n\temail = test@example.invalid\n";

/// Runs git in `directory` and returns what it prints.
#[track_caller]
pub(crate) fn git(directory: &Path, words: &[&str]) -> String {
    let output = Command::new("git").current_dir(directory).envs(GIT_ENVIRONMENT).args(words).output();
    let output = output.unwrap_or_else(|error| panic!("can't run git: {error}"));
    assert!(output.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

/// Makes a repository with one commit of a few files.
pub(crate) fn create(directory: &Path) {
    git(directory, &["init", "--quiet", "--initial-branch=main"]);
    std::fs::create_dir(directory.join("src")).expect("a directory");
    std::fs::write(directory.join("README.md"), "# A repository\n").expect("a file");
    std::fs::write(directory.join("src/lib.rs"), "//! A library.\n// TODO: write it\npub fn answer() -> u32 { 42 }\n")
        .expect("a file");
    std::fs::write(directory.join(".gitignore"), "*.secret\n").expect("a file");
    commit(directory, "Begin");
}

/// Commits all changes in a repository.
pub(crate) fn commit(directory: &Path, message: &str) {
    git(directory, &["add", "--all"]);
    git(directory, &["commit", "--quiet", "--allow-empty", "--message", message]);
}

/// Returns the names of the branches that agents work on.
pub(crate) fn agent_branches(directory: &Path) -> Vec<String> {
    git(directory, &["for-each-ref", "--format=%(refname:short)", "refs/heads/qd/"])
        .lines()
        .map(str::to_owned)
        .collect()
}

/// Returns the paths of the worktrees, without the repository's own.
pub(crate) fn worktrees(directory: &Path) -> Vec<String> {
    let listed = git(directory, &["worktree", "list", "--porcelain"]);
    listed.lines().filter_map(|line| line.strip_prefix("worktree ")).skip(1).map(str::to_owned).collect()
}
