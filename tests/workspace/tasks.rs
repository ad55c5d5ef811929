//! What tasks need of workspaces: a fresh one, the merge of what they need, and an end that loses nothing.

use crate::support::*;
use quarterdeck::config::WorkspaceKind;
use quarterdeck::workspace::task::{Head, Leftover, Line};
use quarterdeck::workspace::{BranchFate, Fate, WorkspaceError};
use std::path::PathBuf;

/// A task's workspace with a commit that writes these files.
fn worked(fleet: &Fleet, name: &str, files: &[(&str, &str)]) -> Line {
    let prepared = fleet.prepare(name);
    for (path, text) in files {
        write(&prepared.root.join(path), text);
    }
    commit(&prepared.root, name);
    Line { name: name.to_owned(), commit: git(&prepared.root, &["rev-parse", "HEAD"]).trim().to_owned() }
}

fn objects_of(fleet: &Fleet, commit: &str) -> Vec<String> {
    lines(&fleet.git(&["ls-tree", "-r", "--name-only", commit]))
}

#[test]
fn lines_that_fit_together_become_one_commit_and_nothing_else_changes() {
    let fleet = Fleet::in_repository();
    let lines = ["a", "b", "c"].map(|name| worked(&fleet, name, &[(&format!("{name}.txt"), name)]));
    let before = (fleet.branches(), fleet.worktrees(), fleet.git(&["status", "--porcelain"]));
    let merged = fleet.workspaces.merge(&lines, "d").expect("merged").expect("a commit");
    assert_eq!(objects_of(&fleet, &merged), [".gitignore", "a.txt", "b.txt", "c.txt", "src/a.txt"]);
    for line in &lines {
        fleet.git(&["merge-base", "--is-ancestor", &line.commit, &merged]);
    }
    assert_eq!((fleet.branches(), fleet.worktrees(), fleet.git(&["status", "--porcelain"])), before);
    assert_eq!(fleet.workspaces.merge(&[], "d").expect("nothing to do"), None);
}

#[test]
fn what_another_line_holds_already_is_not_merged_again() {
    let fleet = Fleet::in_repository();
    let first = Line { name: "main".into(), commit: fleet.git(&["rev-parse", "HEAD"]).trim().to_owned() };
    let later = worked(&fleet, "a", &[("a.txt", "a")]);
    for lines in [[first.clone(), later.clone()], [later.clone(), first]] {
        assert_eq!(fleet.workspaces.merge(&lines, "d").expect("merged").as_ref(), Some(&later.commit));
    }
}

#[test]
fn a_conflict_names_the_files_and_leaves_nothing() {
    let fleet = Fleet::in_repository();
    let lines = [("a", "fits"), ("b", "left"), ("c", "right")].map(|(name, text)| match name {
        "a" => worked(&fleet, name, &[("a.txt", text)]),
        _ => worked(&fleet, name, &[("both ä.txt", text), ("src/a.txt", text)]),
    });
    let before = (fleet.branches(), fleet.worktrees(), fleet.entries());
    let error = fleet.workspaces.merge(&lines, "d").expect_err("a conflict");
    let text = error.to_string();
    let WorkspaceError::Conflict { ours, theirs, files } = error else { panic!("{text}") };
    assert_eq!((ours.as_str(), theirs.as_str()), ("a, b", "c"));
    assert_eq!(files, ["both ä.txt", "src/a.txt"].map(PathBuf::from));
    assert_eq!(text, "c does not merge with a, b: both change both ä.txt, src/a.txt");
    assert_eq!((fleet.branches(), fleet.worktrees(), fleet.entries()), before);
}

#[test]
fn a_fresh_workspace_starts_from_the_merge_and_is_removed_when_its_work_is_on_its_branch() {
    let fleet = Fleet::in_repository();
    let lines = ["a", "b"].map(|name| worked(&fleet, name, &[(&format!("{name}.txt"), name)]));
    let merged = fleet.workspaces.merge(&lines, "d").expect("merged");
    let request = fleet.workspaces.request_for_task("task+d", &worktree("agent"), merged.clone());
    assert!(fleet.workspaces.is_free("task+d", request.kind).expect("git says"));
    let prepared = fleet.workspaces.prepare(&request).expect("a workspace");
    assert!(!fleet.workspaces.is_free("task+d", request.kind).expect("git says"));
    assert_eq!(prepared.branch.as_deref(), Some("qd/task+d"));
    assert!(prepared.root.join("a.txt").exists() && prepared.root.join("b.txt").exists());

    write(&prepared.root.join("left.txt"), "not committed");
    write(&prepared.root.join("noise.log"), "ignored");
    let (head, leftover) = fleet.workspaces.finish(&prepared.root, "Left by the task d").expect("finished");
    assert_eq!((leftover, head.branch.as_deref()), (Leftover::Committed, Some("qd/task+d")));
    let commit = head.commit.expect("a commit");
    assert_eq!(git(&prepared.root, &["log", "-1", "--format=%s"]).trim(), "Left by the task d");
    assert_eq!(git(&prepared.root, &["show", "--name-only", "--format=", &commit]).trim(), "left.txt");
    let (again, leftover) = fleet.workspaces.finish(&prepared.root, "Left by the task d").expect("finished");
    assert_eq!((leftover, again.commit.as_ref()), (Leftover::Nothing, Some(&commit)), "nothing happens twice");

    let removed = fleet.workspaces.remove(&request, Fate::Remove).expect("removed");
    assert_eq!(removed.branch, BranchFate::Kept("qd/task+d".to_owned()));
    assert!(!prepared.root.exists());
    assert_eq!(fleet.git(&["rev-parse", "qd/task+d"]).trim(), commit);
    assert!(!fleet.workspaces.is_free("task+d", request.kind).expect("git says"), "its branch is still there");
}

#[test]
fn a_workspace_in_the_middle_of_a_merge_is_not_committed() {
    let fleet = Fleet::in_repository();
    worked(&fleet, "a", &[("src/a.txt", "left")]);
    let b = worked(&fleet, "b", &[("src/a.txt", "right")]);
    let root = fleet.root.join("workspaces/a");
    assert!(!try_git(&root, &["merge", &b.commit]).status.success());
    let error = fleet.workspaces.finish(&root, "x").expect_err("a merge is in progress");
    assert!(error.to_string().contains("merge is in progress"), "{error}");
}

#[test]
fn head_is_read_from_loose_refs_packed_refs_and_detached() {
    let fleet = Fleet::in_repository();
    let line = worked(&fleet, "a", &[("a.txt", "a")]);
    let root = fleet.root.join("workspaces/a");
    let on_branch = Head { commit: Some(line.commit.clone()), branch: Some("qd/a".to_owned()) };
    assert_eq!(fleet.workspaces.head(&root), on_branch);
    fleet.git(&["pack-refs", "--all"]);
    assert_eq!(fleet.workspaces.head(&root), on_branch);
    git(&root, &["switch", "--quiet", "--detach"]);
    assert_eq!(fleet.workspaces.head(&root), Head { commit: Some(line.commit), branch: None });
    assert_eq!(fleet.workspaces.head(&fleet.root).branch.as_deref(), Some("main"));
    assert_eq!(fleet.workspaces.head(fleet.outside()), Head::default());
    let plain = Fleet::without_repository();
    assert_eq!(plain.workspaces.head(&plain.root), Head::default());
}

#[test]
fn without_git_a_task_works_in_a_directory_of_its_own() {
    let fleet = Fleet::without_repository();
    let request = fleet.workspaces.request_for_task("task+a", &request("agent", WorkspaceKind::Shared), None);
    assert_eq!(request.kind, WorkspaceKind::Directory);
    let prepared = fleet.workspaces.prepare(&request).expect("a workspace");
    assert_eq!(prepared.root, fleet.root.join("workspaces/task+a"));
    assert!(!fleet.workspaces.is_free("task+a", request.kind).expect("said"));
    let finished = fleet.workspaces.finish(&prepared.root, "x").expect("nothing to do");
    assert_eq!(finished, (Head::default(), Leftover::Nothing));
}
