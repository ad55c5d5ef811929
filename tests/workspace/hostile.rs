//! Symlinks and strangers where workspaces should be.

use crate::support::*;
use quarterdeck::config::WorkspaceKind;
use quarterdeck::workspace::{Fate, Refusal, RemoveError, WorkspaceError};
use std::os::unix::fs::symlink;

#[test]
fn a_workspaces_directory_that_leads_out_is_refused() {
    let fleet = Fleet::in_repository();
    let outside = fleet.outside().join("outside");
    std::fs::create_dir(&outside).expect("a directory");
    symlink(&outside, fleet.root.join("workspaces")).expect("a link");
    for kind in [WorkspaceKind::Worktree, WorkspaceKind::Directory] {
        let error = fleet.workspaces.prepare(&request("a", kind)).expect_err("it leads out");
        assert!(matches!(error, WorkspaceError::Escape(_)), "{error}");
    }
    assert_eq!(std::fs::read_dir(&outside).expect("there").count(), 0);
}

#[test]
fn a_workspace_that_is_a_link_out_is_refused_and_its_target_untouched() {
    let fleet = Fleet::in_repository();
    fleet.prepare("other");
    let outside = fleet.outside().join("precious");
    write(&outside.join("file"), "precious");
    symlink(&outside, fleet.root.join("workspaces/a")).expect("a link");
    for kind in [WorkspaceKind::Worktree, WorkspaceKind::Directory] {
        assert!(fleet.workspaces.prepare(&request("a", kind)).is_err());
        for fate in [Fate::Remove, Fate::Park] {
            assert!(fleet.workspaces.remove(&request("a", kind), fate).is_err());
        }
    }
    assert!(outside.join("file").exists());
}

#[test]
fn names_that_are_paths_are_refused() {
    let fleet = Fleet::in_repository();
    for name in ["..", "../../x", "/tmp/x", "a/../../b"] {
        assert!(fleet.workspaces.prepare(&worktree(name)).is_err(), "{name}");
        assert!(fleet.workspaces.remove(&worktree(name), Fate::Park).is_err(), "{name}");
    }
    assert_eq!(fleet.worktrees().len(), 1);
}

#[test]
fn a_stranger_in_the_place_of_a_worktree_is_left_alone() {
    let fleet = Fleet::in_repository();
    write(&fleet.root.join("workspaces/files/precious"), "p");
    let other = fleet.root.join("workspaces/repository");
    std::fs::create_dir(&other).expect("a directory");
    git(&other, &["init", "--quiet"]);
    for agent in ["files", "repository"] {
        let error = fleet.workspaces.prepare(&worktree(agent)).expect_err("occupied");
        assert!(matches!(error, WorkspaceError::Occupied(_)), "{error}");
        let refused = fleet.workspaces.remove(&worktree(agent), Fate::Park).expect_err("not ours");
        assert!(
            matches!(&refused, RemoveError::Refused(refused) if refused.reasons == [Refusal::NotOurs]),
            "{refused}"
        );
    }
    assert!(fleet.root.join("workspaces/files/precious").exists() && other.join(".git").exists());
    assert!(fleet.branches().is_empty());
}
