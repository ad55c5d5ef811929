//! Checks git itself, and what it can do in the fleet's directory.

use super::check::Check;
use crate::config::WorkspaceKind;
use crate::workspace::{Fate, Request, Workspaces};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// The oldest version of git that has every command we need (`git hook run`, `worktree repair`): the one of Debian 12.
const VERSION_MIN: (u32, u32) = (2, 39);

pub(super) fn checks(directory: &Path) -> Vec<Check> {
    let version = version();
    let usable = version.verdict != crate::doctor::Verdict::Fail;
    let mut checks = vec![version];
    if usable {
        checks.push(repository(directory));
        checks.push(identity(directory));
        checks.extend(hooks(directory));
        checks.push(worktree());
    }
    checks
}

fn git(directory: &Path, arguments: &[&str]) -> Option<Output> {
    let mut command = Command::new("git");
    command.current_dir(directory).args(arguments).stdin(Stdio::null());
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR"] {
        command.env_remove(variable);
    }
    command.output().ok()
}

fn answer(directory: &Path, arguments: &[&str]) -> Option<String> {
    let output = git(directory, arguments).filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn version() -> Check {
    let (major, minor) = VERSION_MIN;
    let install = format!("install git {major}.{minor} or newer and put it on PATH");
    let Some(text) = answer(Path::new("/"), &["--version"]) else { return Check::fail("git", "not on PATH", install) };
    match parse_version(&text) {
        Some(version) if version >= VERSION_MIN => Check::pass("git", text),
        _ => Check::fail("git", format!("{text} is too old"), install),
    }
}

/// Parses the version that git prints: `git version 2.39.5 (Apple Git-154)` → (2, 39).
fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.strip_prefix("git version ")?.split(['.', ' ', '-']);
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

fn repository(directory: &Path) -> Check {
    const NAME: &str = "repository";
    match answer(directory, &["rev-parse", "--is-bare-repository"]).as_deref() {
        None => Check::warn(NAME, "none here: agents get plain directories", "run `git init` for a worktree per agent"),
        Some("true") => Check::fail(
            NAME,
            "bare: there are no files to work on",
            "run it in one of the repository's worktrees (`git worktree add`)",
        ),
        Some(_) => match answer(directory, &["rev-parse", "--verify", "--quiet", "HEAD"]) {
            Some(_) => Check::pass(NAME, answer(directory, &["rev-parse", "--show-toplevel"]).unwrap_or_default()),
            None => Check::fail(NAME, "has no commit yet", "run `git commit --allow-empty -m \"first commit\"`"),
        },
    }
}

fn identity(directory: &Path) -> Check {
    match answer(directory, &["config", "user.email"]) {
        Some(email) if !email.is_empty() => Check::pass("identity", email),
        _ => Check::warn(
            "identity",
            "git does not know who commits",
            "run `git config --global user.name NAME` and `user.email ADDRESS`",
        ),
    }
}

/// Checks that worktrees run the repository's hooks in the directory that `core.hooksPath` names. A relative path is
/// looked up in each working tree, and a directory that is not committed exists in this one only.
fn hooks(directory: &Path) -> Option<Check> {
    const NAME: &str = "hooks";
    let path = answer(directory, &["config", "--get", "core.hooksPath"]).filter(|path| !path.is_empty())?;
    if Path::new(&path).is_absolute() || path.starts_with('~') {
        return Some(Check::pass(NAME, format!("in {path}, for every worktree")));
    }
    let top = answer(directory, &["rev-parse", "--show-toplevel"])?;
    let tracked = answer(Path::new(&top), &["ls-tree", "-r", "--name-only", "HEAD", "--", &path]);
    Some(match tracked.is_some_and(|files| !files.is_empty()) {
        true => Check::pass(NAME, format!("in {path}, committed, for every worktree")),
        false => Check::warn(
            NAME,
            format!("core.hooksPath is {path}, which is not committed: git runs no hooks in agents' worktrees"),
            format!("commit {path}, or `git config core.hooksPath {top}/{path}`"),
        ),
    })
}

/// Makes a worktree in a temporary repository and removes it again, with the same commands as for an agent's worktree.
fn worktree() -> Check {
    const NAME: &str = "worktrees";
    match try_worktree() {
        Ok(()) => Check::pass(NAME, "made one and removed it"),
        Err(why) => Check::fail(NAME, why, "use workspace = \"directory\", or see what git says"),
    }
}

fn try_worktree() -> Result<(), String> {
    static TRIED: AtomicU32 = AtomicU32::new(0);
    let number = TRIED.fetch_add(1, Ordering::Relaxed);
    let root = std::env::temp_dir().join(format!("qd-doctor-{}-{number}", std::process::id()));
    let tried = try_worktree_in(&root);
    let removed = std::fs::remove_dir_all(&root).map_err(|error| error.to_string());
    tried.and(removed)
}

fn try_worktree_in(root: &Path) -> Result<(), String> {
    std::fs::create_dir(root).map_err(|error| format!("{}: {error}", root.display()))?;
    let identity = ["-c", "user.name=doctor", "-c", "user.email=doctor@localhost", "-c", "commit.gpgSign=false"];
    let commit = [&identity[..], &["commit", "--quiet", "--allow-empty", "--no-verify", "-m", "probe"]].concat();
    for arguments in [&["init", "--quiet", "--template="][..], &commit] {
        let output = git(root, arguments).ok_or("git can't be run")?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
        }
    }
    let directory = "workspaces".parse().map_err(|_| "no path")?;
    let workspaces = Workspaces::new(root, &directory);
    let request = Request {
        agent: "probe".to_owned(),
        kind: WorkspaceKind::Worktree,
        base: None,
        copy: Vec::new(),
        cwd: Default::default(),
        abandon: Default::default(),
    };
    workspaces.prepare(&request).map_err(|error| error.to_string())?;
    workspaces.remove(&request, Fate::Remove).map(drop).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_all_vendors_are_read() {
        for (text, version) in [
            ("git version 2.47.3", Some((2, 47))),
            ("git version 2.39.5 (Apple Git-154)", Some((2, 39))),
            ("git version 3.0-rc1", Some((3, 0))),
            ("?", None),
        ] {
            assert_eq!(parse_version(text), version, "{text}");
        }
    }

    /// If a hooks directory does not exist, git runs no hook and reports nothing, so nobody would notice.
    #[test]
    fn hooks_that_worktrees_do_not_run_are_told() {
        let directory = tempfile::tempdir().expect("a directory");
        let git = |words: &[&str]| assert!(git(directory.path(), words).expect("git").status.success(), "{words:?}");
        git(&["init", "--quiet", "--template="]);
        assert_eq!(hooks(directory.path()).map(|check| check.verdict), None, "nothing is configured");
        git(&["config", "core.hooksPath", ".husky"]);
        std::fs::create_dir(directory.path().join(".husky")).expect("made");
        std::fs::write(directory.path().join(".husky/pre-commit"), "#!/bin/sh\n").expect("written");
        let commit = ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--no-verify", "-m", "x"];
        git(&[&commit[..], &["--allow-empty"]].concat());
        let told = hooks(directory.path()).expect("a check");
        assert_eq!(told.verdict, crate::doctor::Verdict::Warn);
        assert!(told.found.contains(".husky, which is not committed"), "{}", told.found);
        git(&["add", ".husky"]);
        git(&commit);
        assert_eq!(hooks(directory.path()).map(|check| check.verdict), Some(crate::doctor::Verdict::Pass));
        git(&["config", "core.hooksPath", "/srv/hooks"]);
        assert_eq!(hooks(directory.path()).map(|check| check.verdict), Some(crate::doctor::Verdict::Pass));
    }

    #[test]
    fn a_worktree_can_be_made_here() {
        assert_eq!(try_worktree(), Ok(()));
    }
}
