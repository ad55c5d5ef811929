//! The commit guard of worktrees.

use crate::support::{Fleet, git, lines, try_git, worktree, write};
use quarterdeck::workspace::{Fate, Guard, Prepared};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

/// A stand-in for `qd` that ends with this code and writes down what it was asked.
fn guard(fleet: &Fleet, code: i32) -> Guard {
    let program = fleet.outside().join("qd");
    let asked = fleet.outside().join("asked");
    script(&program, &format!("echo \"$@\" >>'{}'; cat >&2; echo no >&2; exit {code}", asked.display()));
    Guard { program, config_path: fleet.root.join("agents.toml") }
}

fn script(path: &Path, line: &str) {
    write(path, &format!("#!/bin/sh\n{line}\n"));
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("a mode");
}

fn asked(fleet: &Fleet) -> Vec<String> {
    lines(&std::fs::read_to_string(fleet.outside().join("asked")).unwrap_or_default())
}

fn guarded(code: i32) -> (Fleet, Prepared) {
    let fleet = Fleet::in_repository();
    fleet.workspaces.set_guard(Some(guard(&fleet, code)));
    let prepared = fleet.prepare("builder");
    assert_eq!(prepared.unguarded, None);
    (fleet, prepared)
}

fn commit(root: &Path, more: &[&str]) -> Output {
    write(&root.join("src/new.txt"), "new\n");
    git(root, &["add", "--all"]);
    try_git(root, &[&["commit", "--quiet", "-m", "new"], more].concat())
}

fn passes(output: &Output) -> bool {
    output.status.success()
}

#[test]
fn a_commit_is_refused_when_the_guard_refuses_and_not_otherwise() {
    for (code, refused) in [(4, true), (0, false), (1, false), (2, false), (127, false)] {
        let (fleet, prepared) = guarded(code);
        assert_eq!(!passes(&commit(&prepared.root, &[])), refused, "{code}");
        let before_commit = format!("--config {} lock guard --agent builder", fleet.root.join("agents.toml").display());
        let before_move = format!("{before_commit} --moves");
        let expected = if refused { vec![before_commit] } else { vec![before_commit, before_move] };
        assert_eq!(asked(&fleet), expected);
    }
}

#[test]
fn no_verify_does_not_pass_the_guard_by_and_the_main_worktree_has_none() {
    let (fleet, prepared) = guarded(4);
    assert!(!passes(&commit(&prepared.root, &["--no-verify"])));
    assert_eq!(asked(&fleet).len(), 1);
    assert!(passes(&commit(&fleet.root, &[])));
    assert_eq!(asked(&fleet).len(), 1);
}

#[test]
fn a_guard_that_is_gone_keeps_nobody_from_committing() {
    let (fleet, prepared) = guarded(4);
    std::fs::remove_file(fleet.outside().join("qd")).expect("it was there");
    assert!(passes(&commit(&prepared.root, &[])));
}

#[test]
fn the_users_own_hooks_run_as_before() {
    let fleet = Fleet::in_repository();
    let said = fleet.outside().join("said");
    let hook = |name: &str, line: &str| script(&fleet.root.join(".git/hooks").join(name), line);
    hook("pre-commit", &format!("echo pre-commit in \"$PWD\" >>'{}'", said.display()));
    hook("commit-msg", &format!("grep -q good \"$1\" || exit 3; echo commit-msg >>'{}'", said.display()));
    hook("reference-transaction", &format!("cat >/dev/null; echo \"$1\" >>'{}'", said.display()));
    fleet.workspaces.set_guard(Some(guard(&fleet, 0)));
    let prepared = fleet.prepare("builder");
    assert_eq!(prepared.unguarded, None);
    std::fs::remove_file(&said).ok();
    assert!(!passes(&commit(&prepared.root, &[])), "commit-msg refuses");
    assert!(passes(&commit(&prepared.root, &["-m", "good"])));
    let said = std::fs::read_to_string(&said).expect("the hooks ran");
    let of = |word: &str| said.lines().filter(|line| line.starts_with(word)).count();
    assert_eq!((of("pre-commit"), of("commit-msg"), of("committed") > 0), (2, 1, true), "{said}");
    assert!(said.contains(&format!("pre-commit in {}", prepared.root.display())), "{said}");
}

#[test]
fn hooks_that_a_setting_names_run_as_before() {
    let fleet = Fleet::in_repository();
    let said = fleet.outside().join("said");
    // As hook managers do: a path relative to the top of the worktree, in the repository's settings.
    script(&fleet.root.join(".hooks/pre-commit"), &format!("echo ran >>'{}'", said.display()));
    fleet.commit("hooks");
    fleet.git(&["config", "core.hooksPath", ".hooks"]);
    fleet.workspaces.set_guard(Some(guard(&fleet, 0)));
    let prepared = fleet.prepare("builder");
    assert!(passes(&commit(&prepared.root, &[])));
    assert_eq!(std::fs::read_to_string(&said).expect("it ran"), "ran\n");
    // And in the worktree's own, from before.
    git(&prepared.root, &["config", "--worktree", "core.hooksPath", "/nowhere"]);
    assert_eq!(fleet.prepare("builder").unguarded, None);
    assert!(passes(&commit(&prepared.root, &["--allow-empty"])));
    assert_eq!((asked(&fleet).len(), std::fs::read_to_string(&said).expect("it ran").as_str()), (4, "ran\n"));
    fleet.workspaces.set_guard(None);
    fleet.prepare("builder");
    assert_eq!(git(&prepared.root, &["config", "--worktree", "--get", "core.hooksPath"]), "/nowhere\n");
}

#[test]
fn it_is_put_in_once_follows_its_program_and_goes_with_the_worktree() {
    let (fleet, prepared) = guarded(4);
    let settings = fleet.root.join(".git/worktrees/builder/config.worktree");
    let before = std::fs::metadata(&settings).expect("settings").modified().expect("a time");
    assert_eq!(fleet.prepare("builder").unguarded, None);
    assert_eq!(std::fs::metadata(&settings).expect("settings").modified().expect("a time"), before);
    let other = Guard { program: "/nowhere/qd".into(), ..guard(&fleet, 4) };
    fleet.workspaces.set_guard(Some(other));
    fleet.prepare("builder");
    let hook = std::fs::read_to_string(fleet.root.join(".git/worktrees/builder/qd-hooks/pre-commit")).expect("a hook");
    assert!(hook.contains("qd='/nowhere/qd'"), "{hook}");
    fleet.workspaces.set_guard(None);
    fleet.prepare("builder");
    assert!(passes(&commit(&prepared.root, &[])));
    assert!(!fleet.root.join(".git/worktrees/builder/qd-hooks").exists());
    fleet.workspaces.set_guard(Some(guard(&fleet, 4)));
    fleet.prepare("builder");
    fleet.workspaces.remove(&worktree("builder"), Fate::Park).expect("removed");
    assert!(!fleet.root.join(".git/worktrees/builder").exists());
    assert_eq!(fleet.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_repository_whose_settings_it_would_break_goes_without() {
    let fleet = Fleet::in_repository();
    fleet.git(&["config", "core.worktree", &fleet.root.display().to_string()]);
    fleet.workspaces.set_guard(Some(guard(&fleet, 4)));
    let prepared = fleet.prepare("builder");
    assert!(prepared.unguarded.as_deref().is_some_and(|why| why.contains("core.worktree")), "{prepared:?}");
    assert!(passes(&commit(&prepared.root, &[])));
    assert!(!passes(&try_git(&fleet.root, &["config", "--get", "extensions.worktreeConfig"])));
}
