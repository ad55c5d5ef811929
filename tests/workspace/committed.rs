//! What an agent has left uncommitted: seen, and committed to its branch for it, without running what it planted.

use crate::support::*;
use quarterdeck::config::WorkspaceKind;
use quarterdeck::workspace::{Change, ChangeKind, CommitError, CommitOrder, Committed, Fate, Request, Work};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

fn order(message: &str) -> CommitOrder {
    CommitOrder {
        author_name: "builder".to_owned(),
        author_email: "builder@localhost".to_owned(),
        message: message.to_owned(),
    }
}

fn commit(fleet: &Fleet, request: &Request) -> Result<Committed, CommitError> {
    fleet.workspaces.commit(request, &order("what it did"), |_| Ok(()))
}

fn work(fleet: &Fleet, request: &Request) -> Work {
    fleet.workspaces.work(request).expect("git says").expect("a worktree")
}

fn paths(work: &Work) -> Vec<&str> {
    work.changes.iter().filter_map(|change| change.path.to_str()).collect()
}

#[test]
fn what_is_not_committed_is_seen_and_then_is_on_the_branch() {
    let fleet = Fleet::in_repository();
    fleet.write("src/gone.txt", "g");
    fleet.write("src/was-a-file", "f");
    fleet.write("was-a-directory/file", "d");
    super::support::commit(&fleet.root, "second");
    let request = worktree("builder");
    assert_eq!(fleet.workspaces.work(&request).expect("nothing to ask"), None, "there is no worktree yet");
    let root = fleet.prepare("builder").root;
    let nothing = Work { base: Some("main".to_owned()), ..Work::default() };
    assert_eq!(work(&fleet, &request), nothing);
    assert!(matches!(commit(&fleet, &request), Err(CommitError::Nothing)));

    write(&root.join("src/a.txt"), "two\n");
    write(&root.join("new/a name with blanks é"), "n");
    write(&root.join("noise.log"), "ignored");
    symlink("/etc", root.join("link")).expect("a link");
    std::fs::remove_file(root.join("src/gone.txt")).expect("removed");
    std::fs::remove_file(root.join("src/was-a-file")).expect("removed");
    write(&root.join("src/was-a-file/within"), "w");
    std::fs::remove_dir_all(root.join("was-a-directory")).expect("removed");
    write(&root.join("was-a-directory"), "now a file");
    write(&root.join("staged"), "s");
    git(&root, &["add", "staged"]);
    let seen = work(&fleet, &request);
    assert_eq!(
        paths(&seen),
        [
            "src/a.txt",
            "src/gone.txt",
            "src/was-a-file",
            "staged",
            "was-a-directory/file",
            "link",
            "new/a name with blanks é",
            "src/was-a-file/within",
            "was-a-directory"
        ]
    );
    assert_eq!(seen.changes[1], Change { path: "src/gone.txt".into(), kind: ChangeKind::Deleted });

    let mut heard = Vec::new();
    let committed = fleet.workspaces.commit(&request, &order("what it did\n\n# not a comment"), |paths| {
        heard = paths.to_vec();
        Ok(())
    });
    let committed = committed.expect("committed");
    assert_eq!((heard.len(), committed.files.len(), committed.branch.as_str()), (9, 9, "qd/builder"));
    let told =
        |format: &str| fleet.git(&["log", "-1", &format!("--format={format}"), "qd/builder"]).trim_end().to_owned();
    assert_eq!((told("%H"), told("%B")), (committed.commit, "what it did\n\n# not a comment".to_owned()));
    assert_eq!((told("%an"), told("%ae")), ("builder".to_owned(), "builder@localhost".to_owned()));
    let lines = work(&fleet, &request).lines;
    assert_eq!(work(&fleet, &request), Work { ahead: 1, subject: Some("what it did".to_owned()), lines, ..nothing });
    assert!(lines.added > seen.lines.added && lines.removed == seen.lines.removed, "git knows the new files now");
    assert_eq!(git(&root, &["status", "--porcelain"]), "");
    assert!(root.join("noise.log").exists(), "what is ignored is left alone");
    fleet.git(&["merge", "--quiet", "qd/builder"]);
    assert_eq!(work(&fleet, &request).ahead, 0, "what is merged is not ahead");
}

#[test]
fn how_far_it_is_ahead_is_told_against_its_base() {
    let fleet = Fleet::in_repository();
    fleet.git(&["branch", "release"]);
    let mut request = worktree("builder");
    request.base = Some("release".to_owned());
    let root = fleet.workspaces.prepare(&request).expect("prepared").root;
    fleet.write("b", "on main");
    super::support::commit(&fleet.root, "second");
    write(&root.join("c"), "c");
    commit(&fleet, &request).expect("committed");
    let seen = work(&fleet, &request);
    assert_eq!((seen.base.as_deref(), seen.ahead), (Some("release"), 1));
    assert_eq!((seen.lines.added, seen.lines.removed), (1, 0), "what the branch does not have is none that is gone");
    write(&root.join("c"), "c\nd\n");
    assert_eq!(work(&fleet, &request).lines.added, 2, "also what is not committed");
    fleet.git(&["branch", "-D", "release"]);
    let seen = work(&fleet, &request);
    assert_eq!((seen.base, seen.ahead), (None, 0), "a base that is gone is no error");
}

#[test]
fn what_can_not_be_committed_is_refused_with_its_reason() {
    let fleet = Fleet::in_repository();
    let request = worktree("builder");
    let shared = super::support::request("shared", WorkspaceKind::Shared);
    assert!(matches!(commit(&fleet, &shared), Err(CommitError::NoWorktree(_))));
    assert!(matches!(commit(&fleet, &request), Err(CommitError::NoWorktree(_))));
    let root = fleet.prepare("builder").root;
    let head = || fleet.git(&["rev-parse", "qd/builder"]);
    let before = head();
    write(&root.join("src/a.txt"), "two\n");

    let denied = fleet.workspaces.commit(&request, &order("x"), |_| Err("another holds src".to_owned()));
    assert_eq!(denied.expect_err("not allowed").to_string(), "another holds src");
    assert_eq!(git(&root, &["diff", "--cached", "--name-only"]), "", "a refusal stages nothing");

    git(&root, &["switch", "--quiet", "-c", "feature"]);
    let error = commit(&fleet, &request).expect_err("another branch");
    assert_eq!(error.to_string(), "its worktree is on feature, not on qd/builder");
    git(&root, &["switch", "--quiet", "--detach", "qd/builder"]);
    let error = commit(&fleet, &request).expect_err("detached").to_string();
    assert_eq!(error, "its worktree is on no branch (a detached HEAD), not on qd/builder");
    git(&root, &["switch", "--quiet", "qd/builder"]);

    let lock = fleet.root.join(".git/worktrees/builder/index.lock");
    write(&lock, "");
    assert!(matches!(commit(&fleet, &request), Err(CommitError::Locked(_))));
    std::fs::remove_file(&lock).expect("unlocked");

    git(&root, &["stash", "--quiet"]);
    write(&root.join("src/a.txt"), "three\n");
    super::support::commit(&root, "three");
    assert!(!try_git(&root, &["stash", "pop", "--quiet"]).status.success());
    assert!(matches!(commit(&fleet, &request), Err(CommitError::Unmerged(_))));
    git(&root, &["checkout", "--quiet", "--force", "HEAD"]);
    fleet.write("src/a.txt", "four\n");
    super::support::commit(&fleet.root, "four");
    assert!(!try_git(&root, &["merge", "main"]).status.success());
    assert!(matches!(commit(&fleet, &request), Err(CommitError::InProgress { operation: "merge" })));
    assert_eq!(fleet.git(&["log", "-1", "--format=%s", "qd/builder"]).trim(), "three");
    assert_ne!(head(), before);
}

#[test]
fn repositories_within_are_left_out_and_named() {
    let fleet = Fleet::in_repository();
    let request = worktree("builder");
    let root = fleet.prepare("builder").root;
    let nested = root.join("vendor/inner");
    write(&nested.join("file"), "f");
    git(&nested, &["init", "--quiet"]);
    super::support::commit(&nested, "inner");
    let seen = work(&fleet, &request);
    assert_eq!((seen.changes.len(), seen.nested), (0, vec![PathBuf::from("vendor/inner")]));
    assert!(
        matches!(commit(&fleet, &request), Err(CommitError::OnlyNested(path)) if path == Path::new("vendor/inner"))
    );
    write(&root.join("file"), "f");
    let committed = commit(&fleet, &request).expect("committed");
    assert_eq!((committed.files, committed.nested), (vec!["file".into()], vec!["vendor/inner".into()]));
    // A commit that names it holds nothing of it.
    let refused = fleet.workspaces.remove(&request, Fate::Remove).expect_err("it would be lost").to_string();
    assert!(refused.contains("the nested repository vendor/inner"), "{refused}");
}

/// Writes a program that leaves a mark when it is run. Returns its path.
fn trap(fleet: &Fleet, path: &Path) -> String {
    let script = format!("#!/bin/sh\necho \"$0 $*\" >>'{}'\ncat\n", fleet.outside().join("sprung").display());
    write(path, &script);
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("the mode");
    path.display().to_string()
}

#[test]
fn nothing_that_an_agent_planted_is_run() {
    const HOOKS: [&str; 7] = [
        "pre-commit",
        "prepare-commit-msg",
        "commit-msg",
        "post-commit",
        "post-index-change",
        "reference-transaction",
        "pre-auto-gc",
    ];
    let fleet = Fleet::in_repository();
    fleet.git(&["config", "extensions.worktreeConfig", "true"]);
    let request = worktree("builder");
    let root = fleet.prepare("builder").root;
    // A repository within that git knows as a submodule, with work of its own and a filter for it.
    let inner = root.join("inner");
    write(&inner.join("file.txt"), "f");
    git(&inner, &["init", "--quiet"]);
    super::support::commit(&inner, "inner");
    git(&root, &["add", "inner"]);
    super::support::commit(&root, "a repository within");
    write(&inner.join("file.txt"), "g");
    write(&inner.join(".gitattributes"), "*.txt filter=inner\n");
    write(&root.join("src/a.txt"), "two\n");

    // Without a blank in its path: git hands it to a shell.
    let (evil, hooks) = (fleet.outside().join("evil"), root.join("hooks"));
    let program = trap(&fleet, &evil);
    for hook in HOOKS {
        trap(&fleet, &hooks.join(hook));
        trap(&fleet, &fleet.root.join(".git/hooks").join(hook));
    }
    let planted = [
        ("core.fsmonitor", program.as_str()),
        ("core.sshCommand", &program),
        ("core.editor", &program),
        ("core.pager", &program),
        ("commit.gpgSign", "true"),
        ("gpg.program", &program),
        ("diff.external", &program),
        ("filter.evil.clean", &program),
        ("filter.evil.smudge", &program),
        ("core.hooksPath", hooks.to_str().expect("text")),
    ];
    for (name, value) in planted {
        git(&inner, &["config", name, value]);
        git(&root, &["config", "--worktree", name, value]);
    }
    git(&inner, &["config", "filter.inner.clean", &program]);
    git(&root, &["config", "filter.shared.process", &program]);
    let sprung = || std::fs::read_to_string(fleet.outside().join("sprung")).unwrap_or_default();
    std::fs::remove_file(fleet.outside().join("sprung")).ok();

    let of_worktree = ("*.txt filter=evil\n", "evil");
    let of_repository = ("*.txt filter=shared\n", "shared");
    for (attributes, filter) in [of_worktree, of_repository] {
        write(&root.join(".gitattributes"), attributes);
        assert!(work(&fleet, &request).changes.iter().any(|change| change.path == Path::new("src/a.txt")));
        let refused = commit(&fleet, &request).expect_err("a filter of the worktree's own").to_string();
        assert!(refused.starts_with(&format!("src/a.txt goes through the filter `{filter}`")), "{refused}");
    }
    std::fs::remove_file(root.join(".gitattributes")).expect("removed");
    commit(&fleet, &request).expect("committed");
    write(&root.join("src/a.txt"), "three\n");
    fleet.workspaces.finish(&root, "finished").expect("finished");
    assert_eq!(fleet.git(&["log", "-2", "--format=%s", "qd/builder"]), "finished\nwhat it did\n");
    write(&root.join("src/a.txt"), "four\n");
    let removed = fleet.workspaces.remove(&request, Fate::Remove).expect_err("it has work").to_string();
    assert!(removed.contains("src/a.txt"), "{removed}");
    assert_eq!(sprung(), "", "these were run");

    // The same traps do spring for whoever is not careful.
    try_git(&root, &["status"]);
    assert_ne!(sprung(), "", "the test would see it");
}

#[test]
fn a_git_directory_that_points_elsewhere_is_not_followed() {
    let fleet = Fleet::in_repository();
    let request = worktree("builder");
    let root = fleet.prepare("builder").root;
    let elsewhere = fleet.outside().join("elsewhere");
    std::fs::create_dir(&elsewhere).expect("a directory");
    git(&elsewhere, &["init", "--quiet"]);
    write(&root.join(".git"), &format!("gitdir: {}\n", elsewhere.join(".git").display()));
    assert_eq!(fleet.workspaces.work(&request).expect("no error"), None);
    assert!(matches!(commit(&fleet, &request), Err(CommitError::NoWorktree(_))));
}
