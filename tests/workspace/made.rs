//! Workspaces are made, found again, healed; a failure leaves nothing.

use crate::support::*;
use quarterdeck::config::WorkspaceKind;
use quarterdeck::workspace::{Origin, SetupState, WorkspaceError, mark_setup_done};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn a_worktree_is_made_once_and_found_again() {
    let fleet = Fleet::in_repository();
    let first = fleet.prepare("builder");
    assert_eq!(
        (first.origin, first.setup, first.branch.as_deref()),
        (Origin::Fresh, SetupState::Due, Some("qd/builder"))
    );
    assert_eq!(first.root, fleet.root.join("workspaces/builder"));
    assert_eq!(std::fs::read_to_string(first.root.join("src/a.txt")).expect("a file"), "one\n");
    for directory in [&first.root, &fleet.root.join("workspaces")] {
        assert_eq!(std::fs::metadata(directory).expect("there").permissions().mode() & 0o777, 0o700);
    }
    assert_eq!(git(&first.root, &["status", "--porcelain"]), "");
    assert_eq!(
        fleet.git(&["status", "--porcelain", "--untracked-files=all"]),
        "",
        "workspaces are invisible to the user's git"
    );
    let configuration = fleet.git(&["config", "--local", "--list"]);
    assert!(!configuration.contains("branch.qd/"), "no upstream was written: {configuration}");
}

#[test]
fn setup_is_due_until_the_marker_says_otherwise() {
    let fleet = Fleet::in_repository();
    let first = fleet.prepare("a");
    assert_eq!(fleet.prepare("a").setup, SetupState::Due);
    mark_setup_done(&first.setup_marker).expect("the marker");
    let again = fleet.prepare("a");
    assert_eq!((again.origin, again.setup), (Origin::Reused, SetupState::Done));
    assert_eq!(
        git(&first.root, &["status", "--porcelain", "--ignored"]),
        "",
        "the marker does not lie in the worktree"
    );
}

#[test]
fn a_branch_that_exists_is_taken_as_it_is() {
    let fleet = Fleet::in_repository();
    fleet.git(&["branch", "qd/a"]);
    let before = fleet.git(&["rev-parse", "qd/a"]);
    fleet.write("b", "later");
    fleet.commit("second");
    let prepared = fleet.prepare("a");
    assert_eq!(git(&prepared.root, &["rev-parse", "HEAD"]), before);
    assert!(!prepared.root.join("b").exists());
}

#[test]
fn an_agent_that_went_to_a_branch_of_its_own_finds_it_again() {
    let fleet = Fleet::in_repository();
    let root = fleet.prepare("a").root;
    git(&root, &["switch", "--quiet", "-c", "feature"]);
    write(&root.join("work"), "w");
    let again = fleet.prepare("a");
    assert_eq!((again.origin, again.branch.as_deref()), (Origin::Reused, Some("feature")));
    assert!(root.join("work").exists());
}

#[test]
fn a_base_is_a_branch_or_commit_that_exists() {
    let fleet = Fleet::in_repository();
    fleet.git(&["branch", "release"]);
    fleet.write("b", "later");
    fleet.commit("second");
    let mut request = worktree("a");
    request.base = Some("release".to_owned());
    let prepared = fleet.workspaces.prepare(&request).expect("prepared");
    assert!(!prepared.root.join("b").exists());
    request = worktree("b");
    for base in ["nonsense", "--force", "HEAD:src", "a\nmain"] {
        request.base = Some(base.to_owned());
        let error = fleet.workspaces.prepare(&request).expect_err(base);
        assert!(matches!(error, WorkspaceError::UnknownBase(_)), "{base}: {error}");
    }
    assert_eq!(fleet.branches(), ["qd/a"]);
}

#[test]
fn fifty_at_once_all_succeed_and_leave_no_strays() {
    let fleet = Fleet::in_repository();
    // An upstream for main: with --track, git would write the shared configuration for each.
    fleet.git(&["remote", "add", "origin", "."]);
    fleet.git(&["fetch", "--quiet", "origin"]);
    fleet.git(&["branch", "--quiet", "--set-upstream-to=origin/main", "main"]);
    let requests: Vec<_> = (1..=50).map(|number| worktree(&format!("w{number}"))).collect();
    std::thread::scope(|scope| {
        for request in &requests[..25] {
            scope.spawn(|| fleet.workspaces.prepare(request).unwrap_or_else(|error| panic!("{error}")));
        }
        scope.spawn(|| {
            let told = AtomicUsize::new(0);
            fleet.workspaces.prepare_many(&requests[25..], |index, result| {
                let prepared = result.unwrap_or_else(|error| panic!("{error}"));
                assert!(prepared.root.ends_with(&requests[25 + index].agent), "each is told by its place");
                told.fetch_add(1, Ordering::Relaxed);
            });
            assert_eq!(told.into_inner(), 25);
        });
    });
    assert_eq!((fleet.branches().len(), fleet.worktrees().len(), fleet.entries().len()), (50, 51, 50));
    for request in &requests {
        let root = fleet.root.join("workspaces").join(&request.agent);
        assert_eq!(git(&root, &["status", "--porcelain"]), "");
        assert_eq!(std::fs::read_to_string(root.join("src/a.txt")).expect("a file"), "one\n");
    }
    fleet.git(&["fsck", "--no-progress"]);
}

/// Makes every checkout of a repository fail after git has registered the worktree and written its files.
fn break_checkout(fleet: &Fleet) {
    let hook = fleet.root.join(".git/hooks/post-checkout");
    write(&hook, "#!/bin/sh\necho 'no room left' >&2\nexit 1\n");
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).expect("the mode");
}

#[test]
fn a_failing_checkout_leaves_nothing() {
    let fleet = Fleet::in_repository();
    fleet.git(&["branch", "qd/old"]);
    break_checkout(&fleet);
    for agent in ["new", "old"] {
        let error = fleet.workspaces.prepare(&worktree(agent)).expect_err("the hook fails");
        assert!(error.to_string().contains("no room left"), "{error}");
    }
    assert_eq!(fleet.branches(), ["qd/old"], "the branch that was there before stays, the other is gone");
    assert_eq!((fleet.worktrees().len(), fleet.entries().len()), (1, 0));
    assert!(std::fs::read_dir(fleet.root.join(".git/worktrees")).map_or(0, Iterator::count) == 0);
}

#[test]
fn a_hook_sees_what_git_worktree_add_would_show_it() {
    let fleet = Fleet::in_repository();
    let hook = fleet.root.join(".git/hooks/post-checkout");
    write(
        &hook,
        "#!/bin/sh\nprintf '%s %s %s %s' \"$1\" \"$2\" \"$3\" \"$(git rev-parse --abbrev-ref HEAD)\" > hook.log\n",
    );
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).expect("the mode");
    let root = fleet.prepare("a").root;
    let head = fleet.git(&["rev-parse", "HEAD"]);
    let seen = std::fs::read_to_string(root.join("hook.log")).expect("the hook ran in the worktree");
    assert_eq!(seen, format!("{} {} 1 qd/a", "0".repeat(40), head.trim()));
}

#[test]
fn what_a_killed_attempt_left_is_undone_and_made_anew() {
    let fleet = Fleet::in_repository();
    let all = fleet.root.join("workspaces");
    let head = fleet.git(&["rev-parse", "HEAD"]);
    // Killed after git registered the worktree, in the middle of writing files.
    fleet.git(&["worktree", "add", "--quiet", "--no-checkout", "-b", "qd/a", "workspaces/a"]);
    write(&all.join("a/src/a.txt"), "half");
    write(&all.join(".preparing-a"), &format!("new-branch {head}"));
    // Killed before git did anything.
    std::fs::create_dir(all.join("b")).expect("a directory");
    write(&all.join(".preparing-b"), &format!("new-branch {head}"));
    for agent in ["a", "b"] {
        let prepared = fleet.prepare(agent);
        assert_eq!(prepared.origin, Origin::Fresh);
        assert_eq!(git(&prepared.root, &["status", "--porcelain"]), "");
        assert_eq!(std::fs::read_to_string(prepared.root.join("src/a.txt")).expect("a file"), "one\n");
    }
    let mut entries = fleet.entries();
    entries.sort();
    assert_eq!((entries, fleet.worktrees().len()), (vec!["a".to_owned(), "b".to_owned()], 3));
}

#[test]
fn a_worktree_whose_directory_is_gone_comes_back_on_its_branch() {
    let fleet = Fleet::in_repository();
    let root = fleet.prepare("a").root;
    write(&root.join("kept"), "k");
    commit(&root, "work");
    std::fs::remove_dir_all(&root).expect("removed");
    assert!(fleet.prepare("a").root.join("kept").exists(), "what was committed is there again");
}

#[test]
fn other_worktrees_whose_directories_are_gone_keep_their_entries() {
    let fleet = Fleet::in_repository();
    let usb = fleet.outside().join("usb");
    fleet.git(&["worktree", "add", "--quiet", "-b", "mine", usb.to_str().expect("UTF-8")]);
    std::fs::rename(&usb, fleet.outside().join("unplugged")).expect("moved");
    fleet.prepare("a");
    std::fs::rename(fleet.outside().join("unplugged"), &usb).expect("moved back");
    assert_eq!(git(&usb, &["status", "--porcelain"]), "");
}

#[test]
fn a_repository_that_was_moved_is_repaired() {
    let fleet = Fleet::in_repository();
    let root = fleet.prepare("a").root;
    write(&root.join("work"), "uncommitted");
    let elsewhere = fleet.outside().join("elsewhere");
    std::fs::rename(&fleet.root, &elsewhere).expect("moved");
    let fleet = fleet.moved_to(elsewhere);
    let prepared = fleet.prepare("a");
    assert_eq!(prepared.origin, Origin::Reused);
    assert_eq!(git(&prepared.root, &["status", "--porcelain"]), "?? work\n");
}

#[test]
fn a_fleet_in_a_linked_worktree_works() {
    let fleet = Fleet::in_repository();
    let linked = fleet.outside().join("linked");
    fleet.git(&["worktree", "add", "--quiet", "-b", "side", linked.to_str().expect("UTF-8")]);
    write(&linked.join("only-here"), "x");
    commit(&linked, "side");
    let fleet = fleet.moved_to(linked);
    let prepared = fleet.prepare("a");
    assert!(
        prepared.root.starts_with(&fleet.root) && prepared.root.join("only-here").exists(),
        "HEAD is the linked worktree's"
    );
}

#[test]
fn where_no_worktree_can_be_made_the_error_says_what_to_do() {
    let hint = |fleet: &Fleet| fleet.workspaces.prepare(&worktree("a")).expect_err("no worktree").to_string();

    let fleet = Fleet::without_repository();
    assert!(hint(&fleet).contains("git init"), "{}", hint(&fleet));

    fleet.git(&["init", "--quiet"]);
    assert!(hint(&fleet).contains("git commit --allow-empty"), "{}", hint(&fleet));

    let fleet = Fleet::without_repository();
    fleet.git(&["init", "--quiet", "--bare"]);
    assert!(hint(&fleet).contains("bare"), "{}", hint(&fleet));
}

#[test]
fn a_working_directory_that_is_missing_is_an_error_and_leaves_nothing() {
    let fleet = Fleet::in_repository();
    let mut request = worktree("a");
    request.cwd = "src".parse().expect("a path");
    let prepared = fleet.workspaces.prepare(&request).expect("there is a src");
    assert_eq!(prepared.working_directory, prepared.root.join("src"));
    request = worktree("b");
    request.cwd = "no/such".parse().expect("a path");
    let error = fleet.workspaces.prepare(&request).expect_err("there is none");
    assert!(matches!(error, WorkspaceError::NoWorkingDirectory { .. }), "{error}");
    assert_eq!((fleet.branches(), fleet.entries()), (vec!["qd/a".to_owned()], vec!["a".to_owned()]));
}

#[test]
fn directories_and_the_shared_root_need_no_repository() {
    let fleet = Fleet::without_repository();
    let own = request("a", WorkspaceKind::Directory);
    let first = fleet.workspaces.prepare(&own).expect("prepared");
    assert_eq!((first.origin, first.branch), (Origin::Fresh, None));
    assert_eq!(std::fs::metadata(&first.root).expect("there").permissions().mode() & 0o777, 0o700);
    mark_setup_done(&first.setup_marker).expect("the marker");
    let again = fleet.workspaces.prepare(&own).expect("prepared");
    assert_eq!((again.origin, again.setup), (Origin::Reused, SetupState::Done));
    assert_eq!(std::fs::read_dir(&again.root).expect("there").count(), 0);

    let shared = fleet.workspaces.prepare(&request("b", WorkspaceKind::Shared)).expect("prepared");
    assert_eq!(shared.root, fleet.root);
    let fleet = Fleet::in_repository();
    let shared = fleet.workspaces.prepare(&request("b", WorkspaceKind::Shared)).expect("prepared");
    assert_eq!(shared.root, fleet.root);
}

#[test]
fn a_branch_that_is_checked_out_elsewhere_is_an_error_that_names_it() {
    let fleet = Fleet::in_repository();
    fleet.git(&["switch", "--quiet", "-c", "qd/a"]);
    let error = fleet.workspaces.prepare(&worktree("a")).expect_err("it is checked out").to_string();
    assert!(error.contains("qd/a") && error.contains(fleet.root.to_str().expect("UTF-8")), "{error}");
    assert!(fleet.entries().is_empty() && Path::new(&fleet.root).join("src/a.txt").exists());
}

#[test]
fn a_branch_that_is_in_the_way_is_named_with_what_to_do() {
    let fleet = Fleet::in_repository();
    let refusal = || fleet.workspaces.prepare(&worktree("a")).expect_err("git can't make the branch").to_string();
    for (there, advice) in [("qd", "git branch -m qd qd-branch"), ("qd/a/x", "git branch -m qd/a/x qd-a-x-branch")] {
        assert_eq!(fleet.workspaces.branches_in_the_way(&["a"]), None);
        fleet.git(&["branch", there]);
        assert!(fleet.workspaces.branches_in_the_way(&["a"]).is_some());
        let said = refusal();
        assert!(said.contains(&format!("the branch {there} is in the way")) && said.contains(advice), "{said}");
        assert!(fleet.entries().is_empty(), "{:?}", fleet.entries());
        fleet.git(&["branch", "-D", there]);
    }
    fleet.prepare("a");
}
