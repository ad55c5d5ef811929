//! The proof that a removal loses nothing, where git does not tell of itself what would be lost.

use crate::removed::{reasons, removed};
use crate::support::*;
use quarterdeck::workspace::{Fate, Parked, Refusal};
use std::path::{Path, PathBuf};

fn nested(path: &str) -> Vec<Refusal> {
    vec![Refusal::Nested { path: PathBuf::from(path) }]
}

/// A repository at `path` with one commit.
fn repository(path: &Path) {
    std::fs::create_dir_all(path).expect("a directory");
    git(path, &["init", "--quiet"]);
    write(&path.join("work"), "w");
    commit(path, "work");
}

#[test]
fn a_change_that_a_flag_of_the_index_hides_is_seen_and_parked() {
    for flag in ["--skip-worktree", "--assume-unchanged"] {
        let fleet = Fleet::in_repository();
        let root = fleet.prepare("a").root;
        git(&root, &["update-index", flag, "src/a.txt"]);
        write(&root.join("src/a.txt"), "precious");
        let found = reasons(&fleet, "a", Fate::Remove);
        assert!(matches!(found.as_slice(), [Refusal::Uncommitted { count: 1, .. }]), "{flag}: {found:?}");
        let Some(Parked::Ref(name)) = removed(&fleet, "a", Fate::Park).parked.pop() else { panic!("no ref") };
        assert_eq!(fleet.git(&["show", &format!("{name}:src/a.txt")]), "precious", "{flag}");
    }
}

#[test]
fn what_a_sparse_checkout_left_out_is_no_change() {
    let fleet = Fleet::in_repository();
    let root = fleet.prepare("a").root;
    git(&root, &["sparse-checkout", "set", "--no-cone", "/README*"]);
    assert!(!root.join("src/a.txt").exists());
    removed(&fleet, "a", Fate::Remove);
}

#[test]
fn repositories_within_must_have_their_work_elsewhere_also_where_git_ignores_them() {
    let fleet = Fleet::in_repository();
    let root = fleet.prepare("a").root;
    for place in ["inner", "build/inner", "build/deep/er"] {
        repository(&root.join(place));
        assert_eq!(reasons(&fleet, "a", Fate::Remove), nested(place));
        std::fs::remove_dir_all(root.join(place)).expect("removed");
    }
    // Without files, but with commits; and one that was pushed nowhere but into that.
    git(&root, &["init", "--quiet", "--bare", "build/bare"]);
    repository(&root.join("build/clone"));
    git(&root.join("build/clone"), &["push", "--quiet", "../bare", "HEAD:refs/heads/x"]);
    git(&root.join("build/clone"), &["remote", "add", "origin", &root.join("build/bare").display().to_string()]);
    git(&root.join("build/clone"), &["fetch", "--quiet", "origin"]);
    let mut found = reasons(&fleet, "a", Fate::Remove);
    found.sort_by_key(ToString::to_string);
    assert_eq!(found, [nested("build/bare"), nested("build/clone")].concat());
}

#[test]
fn parking_saves_repositories_within_with_all_of_their_commits() {
    let fleet = Fleet::in_repository();
    let root = fleet.prepare("a").root;
    for place in ["inner", "inner/deeper", "build/ignored"] {
        repository(&root.join(place));
        write(&root.join(place).join("later"), "not committed");
    }
    let commit = git(&root.join("inner"), &["rev-parse", "HEAD"]);
    // As an agent does that stages all there is.
    git(&root, &["add", "inner"]);
    let removed = removed(&fleet, "a", Fate::Park);
    let [Parked::Ref(name), Parked::Aside(aside)] = removed.parked.as_slice() else { panic!("{removed:?}") };
    for file in ["inner/work", "inner/later", "inner/deeper/work", "build/ignored/later"] {
        assert!(try_git(&fleet.root, &["show", &format!("{name}:{file}")]).status.success(), "{file}");
        assert!(aside.join(file).exists(), "{file}");
    }
    assert_eq!(git(&aside.join("inner"), &["rev-parse", "HEAD"]), commit);
    assert_eq!(git(&aside.join("build/ignored"), &["log", "--format=%s"]), "work\n");
}

#[test]
fn a_clone_of_what_is_elsewhere_goes_until_it_has_work_of_its_own() {
    let fleet = Fleet::in_repository();
    let upstream = fleet.outside().join("upstream");
    repository(&upstream);
    let root = fleet.prepare("a").root;
    let clone = root.join("build/clone");
    let source = upstream.display().to_string();
    git(&root, &["clone", "--quiet", &source, "build/clone"]);
    write(&clone.join("work"), "changed");
    assert_eq!(reasons(&fleet, "a", Fate::Remove), nested("build/clone"), "a change");
    git(&clone, &["update-index", "--skip-worktree", "work"]);
    assert_eq!(reasons(&fleet, "a", Fate::Remove), nested("build/clone"), "a hidden change");
    git(&clone, &["update-index", "--no-skip-worktree", "work"]);
    git(&clone, &["stash", "--quiet"]);
    assert_eq!(reasons(&fleet, "a", Fate::Remove), nested("build/clone"), "a stash");
    git(&clone, &["stash", "drop", "--quiet"]);
    commit(&clone, "more");
    git(&clone, &["reset", "--quiet", "--hard", "HEAD^"]);
    assert_eq!(reasons(&fleet, "a", Fate::Remove), nested("build/clone"), "a dropped commit");
    std::fs::remove_dir_all(&clone).expect("removed");
    git(&root, &["clone", "--quiet", &source, "build/clone"]);
    removed(&fleet, "a", Fate::Remove);
}

#[test]
fn commits_that_were_dropped_are_kept_on_a_ref() {
    let fleet = Fleet::in_repository();
    let root = fleet.prepare("a").root;
    let mut dropped = Vec::new();
    for name in ["one", "two"] {
        write(&root.join(name), name);
        commit(&root, name);
        dropped.push(git(&root, &["rev-parse", "HEAD"]).trim().to_owned());
        git(&root, &["reset", "--quiet", "--hard", "HEAD^"]);
    }
    git(&root, &["switch", "--quiet", "--detach"]);
    write(&root.join("three"), "three");
    commit(&root, "three");
    dropped.push(git(&root, &["rev-parse", "HEAD"]).trim().to_owned());
    git(&root, &["switch", "--quiet", "qd/a"]);
    let removed = removed(&fleet, "a", Fate::Remove);
    let kept = removed.kept.clone().expect("kept");
    assert_eq!(kept.count, 3);
    assert!(removed.to_string().contains("3 commits that no branch holds are on refs/qd/kept/a/"), "{removed}");
    for commit in dropped {
        let holds = try_git(&fleet.root, &["merge-base", "--is-ancestor", &commit, &kept.name]);
        assert!(holds.status.success(), "{commit}");
    }
    // What a branch holds is no dropped commit.
    let root = fleet.prepare("b").root;
    write(&root.join("work"), "w");
    commit(&root, "work");
    assert_eq!(crate::removed::removed(&fleet, "b", Fate::Remove).kept, None);
}

#[test]
fn an_ignored_file_that_nothing_makes_again_is_a_reason() {
    let fleet = Fleet::in_repository();
    fleet.write(".env", "the same");
    let prepared = fleet.prepare("a");
    let root = prepared.root;
    write(&root.join("debug.log"), "made again");
    write(&root.join("build/x"), "made again");
    write(&root.join(".env"), "the same");
    std::fs::write(root.join("notes.log"), "").expect("a file");
    let gone = removed(&fleet, "a", Fate::Remove).ignored;
    assert_eq!(gone.count, 4, "{gone:?}");

    let prepared = fleet.prepare("a");
    let root = prepared.root;
    write(&root.join(".env"), "made by setup");
    quarterdeck::workspace::mark_setup_done(&prepared.setup_marker).expect("marked");
    removed(&fleet, "a", Fate::Remove);

    let root = fleet.prepare("a").root;
    write(&root.join("sub/.env"), "filled in");
    let found = reasons(&fleet, "a", Fate::Remove);
    assert_eq!(found, [Refusal::Ignored { paths: vec!["sub/.env".into()], count: 1 }]);
    let removed = removed(&fleet, "a", Fate::Park);
    let Some(Parked::Aside(aside)) = removed.parked.last() else { panic!("{removed:?}") };
    assert_eq!(std::fs::read_to_string(aside.join("sub/.env")).expect("saved"), "filled in");
}
