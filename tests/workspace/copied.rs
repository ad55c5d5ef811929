//! `.worktreeinclude` and `copy`: what is copied, and what never is.

use crate::support::*;
use quarterdeck::config::WorkspaceKind;
use std::os::unix::fs::{PermissionsExt, symlink};

fn read(path: &std::path::Path) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

#[test]
fn ignored_files_that_are_named_are_copied() {
    let fleet = Fleet::in_repository();
    fleet.write(".worktreeinclude", "# secrets\n.env\n*.log\n!not.log\nnotes.txt\nsrc/a.txt\n");
    fleet.commit("include");
    fleet.write(".env", "SECRET=1");
    fleet.write("deep/er/run me.log", "log");
    fleet.write("not.log", "no");
    fleet.write("notes.txt", "untracked, but not ignored");
    fleet.write("src/a.txt", "changed, tracked");
    std::fs::set_permissions(fleet.root.join(".env"), std::fs::Permissions::from_mode(0o600)).expect("the mode");
    let root = fleet.prepare("a").root;
    assert_eq!(read(&root.join(".env")).as_deref(), Some("SECRET=1"));
    assert_eq!(std::fs::metadata(root.join(".env")).expect("there").permissions().mode() & 0o777, 0o600);
    assert_eq!(read(&root.join("deep/er/run me.log")).as_deref(), Some("log"));
    assert!(!root.join("not.log").exists(), "a negated pattern");
    assert!(!root.join("notes.txt").exists(), "not ignored by git");
    assert_eq!(read(&root.join("src/a.txt")).as_deref(), Some("one\n"), "tracked files come from the commit");
    // Another agent's files are no source.
    let second = fleet.prepare("b").root;
    assert!(!second.join("workspaces").exists());
}

#[test]
fn what_copy_names_is_copied_even_when_git_does_not_ignore_it() {
    for kind in [WorkspaceKind::Worktree, WorkspaceKind::Directory] {
        let fleet = if kind == WorkspaceKind::Worktree { Fleet::in_repository() } else { Fleet::without_repository() };
        fleet.write("certs/one.pem", "1");
        fleet.write("certs/deep/two.pem", "2");
        fleet.write("certs/three.key", "3");
        fleet.write("local.toml", "l");
        let mut request = request("a", kind);
        request.copy = ["certs/**/*.pem", "local.toml", "absent"].map(|path| path.parse().expect("a path")).to_vec();
        let prepared = fleet.workspaces.prepare(&request).unwrap_or_else(|error| panic!("{error}"));
        let root = prepared.root;
        assert_eq!(prepared.skipped.len(), 0);
        assert!(
            root.join("certs/one.pem").exists()
                && root.join("certs/deep/two.pem").exists()
                && root.join("local.toml").exists()
        );
        assert!(!root.join("certs/three.key").exists());
        assert!(kind == WorkspaceKind::Worktree || !root.join(".git").exists(), "no trace of how it was matched");
    }
}

#[test]
fn symlinks_that_leave_the_repository_are_skipped_and_said() {
    let fleet = Fleet::in_repository();
    fleet.write(".worktreeinclude", ".env\n*.log\n");
    fleet.commit("include");
    write(&fleet.outside().join("secret"), "s");
    symlink("../secret", fleet.root.join(".env")).expect("a link");
    symlink(fleet.outside().join("secret"), fleet.root.join("absolute.log")).expect("a link");
    fleet.write("inside.log", "fine");
    symlink("inside.log", fleet.root.join("link.log")).expect("a link");
    symlink("nowhere", fleet.root.join("dangling.log")).expect("a link");
    let prepared = fleet.prepare("a");
    let mut skipped: Vec<String> = prepared.skipped.iter().map(|path| path.display().to_string()).collect();
    skipped.sort();
    assert_eq!(skipped, [".env", "absolute.log", "dangling.log"]);
    for gone in [".env", "absolute.log"] {
        assert!(prepared.root.join(gone).symlink_metadata().is_err(), "{gone}");
    }
    assert_eq!(read(&prepared.root.join("link.log")).as_deref(), Some("fine"));
}

#[test]
fn nothing_is_written_through_a_symlink_of_the_branch() {
    let fleet = Fleet::in_repository();
    let outside = fleet.outside().join("outside");
    std::fs::create_dir(&outside).expect("a directory");
    // On its branch, `build` is a link out of the worktree; here it is a directory with a file to copy.
    symlink(&outside, fleet.root.join("link")).expect("a link");
    std::fs::rename(fleet.root.join("link"), fleet.root.join("data")).expect("renamed");
    fleet.commit("a link");
    std::fs::remove_file(fleet.root.join("data")).expect("removed");
    fleet.write(".git/info/exclude", "/data/\n");
    fleet.write("data/x", "x");
    let mut request = worktree("a");
    request.copy = vec!["data/x".parse().expect("a path")];
    let prepared = fleet.workspaces.prepare(&request).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(prepared.skipped.len(), 1);
    assert_eq!(std::fs::read_dir(&outside).expect("there").count(), 0, "nothing left the worktree");
}
