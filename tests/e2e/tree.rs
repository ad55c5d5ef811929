//! A stop means that the whole tree is gone, wherever its members went.

use crate::harness::config::shell;
use crate::harness::processes::{self, Process};
use crate::harness::{DEADLINE, Fleet, eventually};
use std::time::Duration;

/// Waits until an agent's tree has at least so many members, and returns them.
#[track_caller]
fn until_grown(fleet: &Fleet, name: &str, members: usize) -> Vec<Process> {
    eventually(&format!("{members} processes of {name}"), || {
        let tree = fleet.tree(name);
        (tree.len() >= members).then_some(tree)
    })
}

/// Stops the agent, and proves of each process that it is gone at the moment at which the ending is recorded.
#[track_caller]
fn stop_and_prove_empty(fleet: &Fleet, name: &str, tree: &[Process]) -> serde_json::Value {
    let handles: Vec<_> = tree.iter().map(|process| (process, processes::handle(process.pid))).collect();
    fleet.qd(["stop", name]).ok();
    let ended = fleet.fact(name, "agent.ended");
    for (process, handle) in handles {
        assert!(processes::gone_within(handle.as_ref(), Duration::ZERO), "{process:?} outlives the stop ({ended})");
    }
    assert_eq!(fleet.tree(name), [], "the tree is not empty");
    ended
}

#[test]
fn a_double_fork_a_setsid_and_a_nohup_go_with_their_agent() {
    // The leader, a daemon by double fork, a session of its own, one deaf to hangups, one in a group of its own.
    let line = "(sh -c 'sleep 1001 & exit 0') & setsid sleep 1002 & nohup sleep 1003 >/dev/null 2>&1 &
        setsid sh -c 'sh -c \"sleep 1004 & exit\"; sleep 1005' & echo up; exec sleep 1006";
    let fleet = Fleet::up(&shell("family", line, ""));
    fleet.fact("family", "agent.ready");
    let wanted = ["sleep 1001", "sleep 1002", "sleep 1003", "sleep 1004", "sleep 1005", "sleep 1006"];
    let tree = eventually("the family", || {
        let tree = fleet.tree("family");
        wanted.iter().all(|line| tree.iter().any(|process| process.line == *line)).then_some(tree)
    });
    let ended = stop_and_prove_empty(&fleet, "family", &tree);
    let report = &ended["data"]["report"];
    let went = report["left_on_signal"].as_u64().unwrap_or(0) + report["killed"].as_u64().unwrap_or(0);
    assert!(went >= wanted.len() as u64, "the report forgets some: {ended}");
}

#[test]
fn descendants_that_ignore_every_signal_but_one_are_killed_and_counted() {
    let line = "trap '' TERM HUP INT; for i in 1 2 3; do setsid sh -c 'trap \"\" TERM HUP INT; while :; do sleep 1000; done' & done
        echo up; while :; do sleep 1000; done";
    let fleet = Fleet::up(&shell("stubborn", line, "stop_grace = \"300ms\""));
    fleet.fact("stubborn", "agent.ready");
    let tree = until_grown(&fleet, "stubborn", 8);
    let ended = stop_and_prove_empty(&fleet, "stubborn", &tree);
    assert!(ended["data"]["report"]["killed"].as_u64() >= Some(4), "{ended}");
    assert!(ended["message"].as_str().is_some_and(|message| message.contains("killed")), "{ended}");
}

#[test]
fn what_an_agent_leaves_behind_when_it_ends_is_ended_too() {
    let line = "setsid sleep 1001 & nohup sleep 1002 >/dev/null 2>&1 & echo up; sleep 0.2; exit 0";
    let fleet = Fleet::up(&shell("careless", line, ""));
    let exited = fleet.fact("careless", "agent.exited");
    assert!(exited["data"]["left"].as_u64() >= Some(1), "{exited}");
    let ended = fleet.fact("careless", "agent.ended");
    assert_eq!(ended["data"]["outcome"], "completed", "its own ending counts: {ended}");
    assert_eq!(fleet.tree("careless"), []);
}

#[test]
fn a_process_that_dropped_its_environment_and_its_parents_is_still_found() {
    let line = "(env -i setsid sh -c 'sleep 1001 & exit 0') & echo up; exec sleep 1002";
    let fleet = Fleet::up(&shell("masked", line, ""));
    fleet.fact("masked", "agent.ready");
    let keeper = fleet.keeper("masked");
    let hidden = eventually("the hidden one to be the keeper's child", || {
        fleet.processes().into_iter().find(|process| process.line == "sleep 1001" && process.parent == keeper)
    });
    let handle = processes::handle(hidden.pid);
    fleet.qd(["stop", "masked"]).ok();
    assert!(processes::gone_within(handle.as_ref(), Duration::ZERO), "{hidden:?} outlives the stop");
}

/// A fork storm: each member starts two more and continues. Bounded by depth, because root is not bound by a limit on
/// processes; everyone else is, by the limit.
#[test]
fn a_fork_storm_is_ended_whole() {
    let storm = r#"storm() { [ "$1" -gt 5 ] && exec sleep 1000; (storm $(($1+1))) & (storm $(($1+1))) & wait; }; echo up; storm 0"#;
    let fleet = Fleet::up(&shell("storm", storm, "limits = { processes = 2000 }\nstop_grace = \"100ms\""));
    fleet.fact("storm", "agent.ready");
    let tree = until_grown(&fleet, "storm", 40);
    stop_and_prove_empty(&fleet, "storm", &tree);
}

/// Each member is replaced by a child as soon as it is born: whoever kills what one scan found always misses some.
#[test]
fn processes_that_forever_replace_themselves_are_caught() {
    let line = r#"trap '' TERM; chain() { trap '' TERM; (sleep 0.01; chain) & exit; }; (chain) & (chain) & echo up; sleep 1000"#;
    let fleet = Fleet::up(&shell("chain", line, "stop_grace = \"100ms\""));
    fleet.fact("chain", "agent.ready");
    fleet.qd(["stop", "chain"]).ok();
    assert_eq!(fleet.tree("chain"), []);
}

#[test]
fn a_limit_on_processes_holds_where_it_can_bind() {
    if nix::unistd::geteuid().is_root() {
        eprintln!("skipped: RLIMIT_NPROC has no effect for root");
        return;
    }
    let line = "while sleep 1000 & do :; done; echo refused; wait";
    let fleet = Fleet::up(&shell("bomb", line, "limits = { processes = 60 }\nstop_grace = \"100ms\""));
    fleet.until_screen("bomb", "refused");
    let tree = fleet.tree("bomb");
    stop_and_prove_empty(&fleet, "bomb", &tree);
}

#[test]
fn limits_on_memory_and_files_reach_the_program() {
    let line = "ulimit -n; ulimit -v; echo end; exec sleep 1000";
    let fleet = Fleet::up(&shell("limited", line, "limits = { open_files = 77, memory = \"512MiB\" }"));
    let screen = fleet.until_screen("limited", "end");
    assert!(screen.starts_with("77\n"), "{screen}");
}

#[test]
fn an_agent_that_closes_its_terminal_lives_on_and_can_be_ended() {
    let line = "echo up; exec sleep 1000 </dev/null >/dev/null 2>&1";
    let fleet = Fleet::up(&shell("closed", line, ""));
    fleet.fact("closed", "agent.ready");
    let tree = eventually("the program that closed its terminal", || {
        let tree = fleet.tree("closed");
        tree.iter().any(|process| process.line == "sleep 1000").then_some(tree)
    });
    // Another round trip through kernel and keeper: an end of file must not be taken for an end.
    fleet.qd(["send", "closed", "x"]);
    let agent = fleet.agent("closed");
    assert_eq!(agent["state"], "ready", "{agent}");
    stop_and_prove_empty(&fleet, "closed", &tree);
}

/// The terminal stays open in a grandchild, so its end of file never comes: the ending must not wait for it.
#[test]
fn an_ending_does_not_wait_for_a_grandchild_that_holds_the_terminal() {
    let line = "setsid sh -c 'trap \"\" TERM HUP; sleep 1000' & echo up; exit 4";
    let fleet = Fleet::up(&shell("holder", line, "restart = \"never\"\nstop_grace = \"200ms\""));
    fleet.fact("holder", "agent.exited");
    fleet.fact("holder", "agent.ended");
    assert_eq!(fleet.agent("holder")["exit_code"], 4);
}

#[test]
fn a_stop_of_many_agents_at_once_ends_them_all() {
    let agents = shell("w", "setsid sleep 1001 & echo up; exec sleep 1002", "count = 8");
    let fleet = Fleet::up(&agents);
    (1..=8).for_each(|number| _ = fleet.fact(&format!("w-{number}"), "agent.ready"));
    fleet.qd(["stop", "--all"]).ok();
    for number in 1..=8 {
        assert_eq!(fleet.tree(&format!("w-{number}")), [], "w-{number}");
    }
}

#[test]
fn zero_processes_are_left_soon_after_sigkill() {
    let line = "for i in 1 2 3 4 5 6 7 8 9 10; do setsid sh -c 'sleep 1000' & sleep 1000 & done; echo up; wait";
    let fleet = Fleet::up(&shell("twenty", line, ""));
    fleet.fact("twenty", "agent.ready");
    let tree = until_grown(&fleet, "twenty", 21);
    let handles: Vec<_> = tree.iter().map(|process| processes::handle(process.pid)).collect();
    fleet.qd(["kill", "twenty"]).ok();
    let sent = fleet.fact("twenty", "agent.kill_sent")["at_ms"].as_u64().expect("an instant");
    let ended = fleet.fact("twenty", "agent.ended")["at_ms"].as_u64().expect("an instant");
    assert!(handles.iter().all(|handle| processes::gone_within(handle.as_ref(), Duration::ZERO)));
    assert!(ended - sent < DEADLINE.as_millis() as u64 / 10, "{} ms", ended - sent);
}
