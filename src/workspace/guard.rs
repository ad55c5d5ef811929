//! The commit guard of a worktree: hooks that ask the supervisor whether a commit touches files that others have
//! locked. They ask before the repository's own hooks run. pre-commit asks before a message is written;
//! reference-transaction asks before any branch moves, whatever moves it: merge, rebase, cherry-pick, revert, am,
//! reset, update-ref.
//!
//! ```text
//!  <git common dir>/config                        extensions.worktreeConfig = true
//!  <git common dir>/worktrees/<agent>/
//!     config.worktree                             core.hooksPath = …/qd-hooks     (qd.hooksPath: what it was before)
//!     qd-hooks/                                   one small script under each hook's name; each becomes the user's own
//! ```
//!
//! git takes all hooks from one directory, so it holds a script for each hook that git knows and the user has.
//! Everything except the extension is deleted with the worktree. A git that is told to run no hooks at all (`git -c
//! core.hooksPath=…`) evades the guard: the guard is for agents that forgot to ask, not against those that evade it. A
//! commit on an agent's branch that evaded the guard is noticed afterwards, and becomes a fact (`supervisor/commits`).
//!
//! **Invariant:** the user's own hooks run as before, with their input, arguments and exit code (`tests/workspace`,
//! `the_users_own_hooks_run_as_before`).

use super::error::{WorkspaceError, io_error};
use super::git::{self, Git};
use super::lock::lock;
use super::repository::Repository;
use super::workspaces::Guard;
use super::worktree::Worktree;
use crate::regular;
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// The guard's directory of hooks, in git's directory for the worktree.
const HOOKS: &str = "qd-hooks";

/// The setting that stores the earlier value of the worktree's `core.hooksPath`.
const EARLIER: &str = "qd.hooksPath";

/// The hooks of commands that agents use (githooks(5)). Others change what git does by their existence, so they are
/// only made where the user has them.
const USUAL: [&str; 15] = [
    "applypatch-msg",
    "commit-msg",
    "post-applypatch",
    "post-checkout",
    "post-commit",
    "post-merge",
    "post-rewrite",
    "pre-applypatch",
    "pre-auto-gc",
    "pre-commit",
    "pre-merge-commit",
    "pre-push",
    "pre-rebase",
    "prepare-commit-msg",
    "reference-transaction",
];

/// The script of every hook. Only the exit code by which `qd lock guard` refuses stops a commit; with any other code
/// the commit passes, so that a broken guard prevents no commit.
const SCRIPT: &str = r#"#!/bin/sh
# Quarterdeck's commit guard (`enforce` in [coordination] of agents.toml): asks whether a commit touches what others
# hold, then becomes the repository's own hook of the same name, if it has one. It goes with the worktree.
name=${0##*/}
ask() {
  qd=@program@
  [ -x "$qd" ] || qd=qd
  "$qd" --config @config@ lock guard --agent @agent@ "$@"
  [ $? -ne 4 ] || exit 1
}
case $name in
pre-commit) ask </dev/null ;;
reference-transaction)
  moves=$(cat)
  case "$1$moves" in
  prepared*" HEAD"* | prepared*" refs/heads/"*)
    ask --moves <<EOF
$moves
EOF
    ;;
  esac
  ;;
esac
own=$(git config --worktree --type=path --get qd.hooksPath) ||
  own=$(git config --show-scope --type=path --get-all core.hooksPath | sed -n '/^worktree	/!s/^[a-z]*	//p' | tail -n 1)
[ -n "$own" ] || own=$(git rev-parse --git-common-dir)/hooks
[ "$own/$name" -ef "$0" ] && exit 0
[ -x "$own/$name" ] || exit 0
[ "$name" = reference-transaction ] || exec "$own/$name" "$@"
exec "$own/$name" "$@" <<EOF
$moves
EOF
"#;

/// Puts the guard into a worktree, unless it is there. Returns why that failed, for people; the worktree is usable
/// without the guard.
pub(super) fn install(repository: &Repository, worktree: &Worktree, agent: &str, guard: &Guard) -> Result<(), String> {
    let script = script(agent, guard);
    let directory = worktree.admin.join(HOOKS);
    let known: BTreeSet<OsString> = USUAL.iter().map(OsString::from).chain(users_hooks(repository)).collect();
    if is_pointed_at(worktree, &directory) && known.iter().all(|name| is(&directory.join(name), &script)) {
        return Ok(());
    }
    extend(repository)?;
    write_hooks(&directory, &known, &script).and_then(|()| point_at(worktree, &directory)).map_err(words)
}

/// Removes the guard from a worktree that has one.
pub(super) fn remove(worktree: &Worktree) -> Result<(), String> {
    let directory = worktree.admin.join(HOOKS);
    if !directory.exists() {
        return Ok(());
    }
    if is_pointed_at(worktree, &directory) {
        let git = Git::at(&worktree.path);
        let earlier = git.ask(["config", "--worktree", "--get", EARLIER]).map_err(words)?;
        match earlier.map(|earlier| git::line(&earlier)) {
            Some(earlier) => git.run("restore core.hooksPath", ["config", "--worktree", "core.hooksPath", &earlier]),
            None => git.run("unset core.hooksPath", ["config", "--worktree", "--unset-all", "core.hooksPath"]),
        }
        .map_err(words)?;
        git.ask(["config", "--worktree", "--unset-all", EARLIER]).map_err(words)?;
    }
    std::fs::remove_dir_all(&directory).map_err(|error| words(io_error("remove", &directory)(error)))
}

/// Lets worktrees have settings of their own (git-worktree(1), "configuration file"). If the shared configuration has
/// settings that would then apply to every worktree, nothing is changed.
fn extend(repository: &Repository) -> Result<(), String> {
    let git = repository.git();
    let ask =
        |arguments: &[&str]| git.ask(arguments).map(|answer| answer.map(|answer| git::line(&answer))).map_err(words);
    if ask(&["config", "--type=bool", "--get", "extensions.worktreeConfig"])?.as_deref() == Some("true") {
        return Ok(());
    }
    let shared = repository.common.join("config");
    let shared = shared.to_string_lossy();
    for (key, harmless) in [("core.worktree", None), ("core.bare", Some("false"))] {
        let said = ask(&["config", "--file", &shared, "--get", key])?;
        if said.is_some() && said.as_deref() != harmless {
            return Err(format!("the repository sets {key} for all its worktrees at once"));
        }
    }
    let _lock = lock(&repository.common).map_err(words)?;
    git.run("let worktrees have settings", ["config", "extensions.worktreeConfig", "true"]).map(drop).map_err(words)
}

/// Returns the names of the hooks that the user has.
fn users_hooks(repository: &Repository) -> Vec<OsString> {
    let entries = std::fs::read_dir(&repository.hooks).into_iter().flatten().flatten();
    let executable = |entry: &std::fs::DirEntry| {
        std::fs::metadata(entry.path()).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
    };
    let is_hook = |name: &OsStr| {
        name.as_bytes().iter().all(|byte| byte.is_ascii_lowercase() || *byte == b'-') && !name.is_empty()
    };
    entries.filter(executable).map(|entry| entry.file_name()).filter(|name| is_hook(name)).collect()
}

fn script(agent: &str, guard: &Guard) -> Vec<u8> {
    let values: [(&str, &[u8]); 3] = [
        ("@program@", guard.program.as_os_str().as_bytes()),
        ("@config@", guard.config_path.as_os_str().as_bytes()),
        ("@agent@", agent.as_bytes()),
    ];
    let mut script = Vec::new();
    let mut rest = SCRIPT;
    for (mark, value) in values {
        let (before, after) = rest.split_once(mark).unwrap_or((rest, ""));
        script.extend(before.as_bytes());
        script.extend(quoted(value));
        rest = after;
    }
    script.extend(rest.as_bytes());
    script
}

/// Quotes a word so that a shell takes it as it is.
fn quoted(word: &[u8]) -> Vec<u8> {
    let inside = word.iter().flat_map(|byte| if *byte == b'\'' { b"'\\''".to_vec() } else { vec![*byte] });
    std::iter::once(b'\'').chain(inside).chain([b'\'']).collect()
}

fn is(path: &Path, script: &[u8]) -> bool {
    regular::bytes(path, script.len() as u64).is_ok_and(|found| found == script)
}

/// Writes each hook under another name and renames it: git would run a hook that is half written.
fn write_hooks(directory: &Path, names: &BTreeSet<OsString>, script: &[u8]) -> Result<(), WorkspaceError> {
    std::fs::create_dir_all(directory).map_err(io_error("make", directory))?;
    let aside = directory.join(".new");
    for name in names {
        let hook = directory.join(name);
        std::fs::write(&aside, script).map_err(io_error("write", &aside))?;
        std::fs::set_permissions(&aside, std::fs::Permissions::from_mode(0o700))
            .map_err(io_error("set the mode of", &aside))?;
        std::fs::rename(&aside, &hook).map_err(io_error("write", &hook))?;
    }
    Ok(())
}

/// Whether the worktree's own settings name the guard's directory; read without running git.
fn is_pointed_at(worktree: &Worktree, directory: &Path) -> bool {
    let settings =
        regular::bytes(&worktree.admin.join("config.worktree"), regular::LARGE_BYTES_MAX).unwrap_or_default();
    let named = directory.as_os_str().as_bytes();
    settings.windows(named.len().max(1)).any(|part| part == named)
}

fn point_at(worktree: &Worktree, directory: &Path) -> Result<(), WorkspaceError> {
    let git = Git::at(&worktree.path);
    let earlier = git.ask(["config", "--worktree", "--get", "core.hooksPath"])?.map(|earlier| git::path(&earlier));
    if let Some(earlier) = earlier.filter(|earlier| !earlier.ends_with(HOOKS)) {
        let words = [OsStr::new("config"), OsStr::new("--worktree"), OsStr::new(EARLIER), earlier.as_os_str()];
        git.run("remember core.hooksPath", words)?;
    }
    let words = [OsStr::new("config"), OsStr::new("--worktree"), OsStr::new("core.hooksPath"), directory.as_os_str()];
    git.run("set core.hooksPath", words).map(drop)
}

fn words(error: WorkspaceError) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_the_script_are_words_whatever_they_hold() {
        let guard = Guard { program: "/a b/q'd".into(), config_path: "/x;$(y)/@agent@".into() };
        let script = String::from_utf8(script("builder", &guard)).expect("text");
        assert!(script.contains(r"qd='/a b/q'\''d'"), "{script}");
        assert!(script.contains("--config '/x;$(y)/@agent@' lock guard --agent 'builder' \"$@\""), "{script}");
    }
}
