//! Cleaning up: with a supervisor and without one, never what runs.

use crate::harness::config::shell;
use crate::harness::repository::{agent_branches, worktrees};
use crate::harness::{Fleet, processes};
use nix::sys::signal::Signal;
use std::fs;
use std::os::fd::AsFd;

/// Leaves its file and stays.
fn fleet() -> Fleet {
    let stays = shell("keeps", "echo mine > notes; echo up; exec sleep 1000", "");
    let text = [stays, shell("done", "echo up; exec sleep 1000", ""), shell("runs", "echo up; exec sleep 1000", "")];
    let fleet = Fleet::up_in_repository(&text.concat());
    for name in ["keeps", "done", "runs"] {
        fleet.until_screen(name, "up");
    }
    fleet
}

#[test]
fn what_runs_stays_and_a_workspace_is_made_again() {
    let fleet = fleet();
    fleet.qd(["stop", "done", "keeps"]).ok();
    let before = agent_branches(&fleet.root);
    let looked = fleet.qd(["clean", "--dry-run"]).ok().text();
    assert!(
        looked.contains("would remove done: nothing would be lost") && looked.contains("1 would be removed"),
        "{looked}"
    );
    assert_eq!((agent_branches(&fleet.root), worktrees(&fleet.root).len()), (before, 3));
    let cleaned = fleet.qd(["clean", "--json"]).ok().json();
    let said = |name: &str| cleaned.as_array().and_then(|all| all.iter().find(|it| it["name"] == name)).cloned();
    assert_eq!(said("done").expect("done")["outcome"], "removed", "{cleaned}");
    let kept = said("keeps").expect("keeps");
    assert_eq!((&kept["outcome"], &kept["is_parkable"]), (&"stays".into(), &true.into()), "{cleaned}");
    assert_eq!(said("runs").expect("runs")["text"], "it runs", "{cleaned}");
    assert_eq!(agent_branches(&fleet.root), ["qd/keeps", "qd/runs"]);
    fleet.qd(["start", "done"]).ok();
    assert_eq!(fleet.workspace("done"), fleet.root.join("workspaces/done"));
}

#[test]
fn without_a_supervisor_it_works_and_keeps_one_from_starting() {
    let fleet = fleet();
    fleet.qd(["down"]).ok();
    fleet.qd(["clean", "--dry-run"]).ok().says("2 would be removed, 1 would be kept");
    let lock = fs::File::open(fleet.root.join(".quarterdeck/lock")).expect("the lock");
    rustix::fs::flock(lock.as_fd(), rustix::fs::FlockOperation::LockExclusive).expect("held");
    fleet.qd(["clean"]).code(4);
    assert_eq!(agent_branches(&fleet.root).len(), 3);
    drop(lock);
    fleet.qd(["clean"]).ok().says("keeps keeps: 1 uncommitted or untracked file (notes)");
    assert_eq!(agent_branches(&fleet.root), ["qd/keeps"]);
    fleet.qd(["clean", "--park"]).ok().says("uncommitted work is saved on refs/qd/parked/keeps/");
    assert!(worktrees(&fleet.root).is_empty());
    fleet.qd(["clean"]).ok().says("nothing to clean up");
}

#[test]
fn what_outlived_its_supervisor_is_not_touched() {
    let fleet = fleet();
    fleet.qd(["stop", "done"]).ok();
    let supervisor = fleet.supervisor();
    let handle = processes::handle(supervisor);
    processes::kill(supervisor, Signal::SIGKILL);
    assert!(processes::gone_within(handle.as_ref(), std::time::Duration::from_secs(10)));
    let cleaned = fleet.qd(["clean", "--park"]).ok().text();
    assert!(cleaned.contains("removed done") && cleaned.contains("keeps runs: it still runs"), "{cleaned}");
    assert!(cleaned.contains("keeps keeps: it still runs"), "{cleaned}");
    fleet.qd(["up"]).ok();
    assert_eq!(fleet.agent("runs")["state"], "ready");
}
