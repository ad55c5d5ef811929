//! Submodules come from the repository's own objects.

use crate::support::*;
use quarterdeck::workspace::{Fate, Refusal, RemoveError};

#[test]
fn submodules_the_repository_has_are_checked_out_without_their_url() {
    let fleet = Fleet::in_repository();
    let library = fleet.outside().join("library");
    std::fs::create_dir(&library).expect("a directory");
    git(&library, &["init", "--quiet", "--initial-branch=main"]);
    write(&library.join("lib.txt"), "lib");
    commit(&library, "lib");
    let url = library.to_str().expect("UTF-8");
    fleet.git(&["submodule", "--quiet", "add", url, "vendor/lib"]);
    fleet.commit("submodule");
    // Where it came from is gone: only the objects at hand are left.
    std::fs::rename(&library, fleet.outside().join("gone")).expect("moved");

    let root = fleet.prepare("a").root;
    assert_eq!(std::fs::read_to_string(root.join("vendor/lib/lib.txt")).expect("checked out"), "lib");
    assert_eq!(git(&root, &["status", "--porcelain"]), "");
    assert_eq!(git(&root.join("vendor/lib"), &["remote", "get-url", "origin"]).trim(), url, "its URL is the real one");

    write(&root.join("vendor/lib/lib.txt"), "changed");
    commit(&root.join("vendor/lib"), "only here");
    commit(&root, "the superproject knows it");
    let refused = fleet.workspaces.remove(&worktree("a"), Fate::Park).expect_err("a commit that is nowhere else");
    let RemoveError::Refused(refused) = refused else { panic!("{refused}") };
    assert!(matches!(refused.reasons.as_slice(), [Refusal::Submodule { .. }]), "{refused}");
    assert!(root.join("vendor/lib/lib.txt").exists());
}

#[test]
fn submodules_the_user_never_initialised_stay_so() {
    let fleet = Fleet::in_repository();
    fleet.write(".gitmodules", "[submodule \"x\"]\n\tpath = x\n\turl = https://example.invalid/x.git\n");
    let head = fleet.git(&["rev-parse", "HEAD"]);
    fleet.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{},x", head.trim())]);
    fleet.git(&["add", ".gitmodules"]);
    fleet.git(&["commit", "--quiet", "-m", "a submodule"]);
    let root = fleet.prepare("a").root;
    assert_eq!(std::fs::read_dir(root.join("x")).map_or(0, Iterator::count), 0);
}
