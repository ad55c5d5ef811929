//! One supervisor per fleet, in the background, whoever starts it and however.

use crate::harness::config::shell;
use crate::harness::{Console, DEADLINE, Fleet, command, eventually, processes};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

const STAYS: &str = "echo hello from here; exec sleep 1000";

/// The supervisors of a fleet: every process that says so of itself.
fn supervisors(fleet: &Fleet) -> Vec<u32> {
    let all = fleet.processes().into_iter();
    all.filter(|process| process.line.contains("__supervisor")).map(|process| process.pid).collect()
}

/// The one supervisor, once there is one only: whom it starts looks like it for a moment, between fork and exec.
#[track_caller]
fn until_one_supervises(fleet: &Fleet) -> u32 {
    eventually("one supervisor", || supervisors(fleet).try_into().ok().map(|[one]: [u32; 1]| one))
}

#[test]
fn of_eight_that_start_at_once_one_supervises_and_all_are_content() {
    let fleet = Fleet::new(&shell("a", STAYS, "count = 3"));
    let told: BTreeSet<u64> = std::thread::scope(|scope| {
        let ups: Vec<_> = (0..8).map(|_| scope.spawn(|| fleet.qd(["up", "--json"]).ok().json())).collect();
        ups.into_iter().filter_map(|up| up.join().expect("an answer")["pid"].as_u64()).collect()
    });
    assert_eq!(told.len(), 1, "all were told of the same supervisor: {told:?}");
    until_one_supervises(&fleet);
    (1..=3).for_each(|number| _ = fleet.fact(&format!("a-{number}"), "agent.ready"));
    (1..=3).for_each(|number| assert_eq!(fleet.history_of(&format!("a-{number}"), "agent.started").len(), 1));
}

#[test]
fn eight_at_once_after_a_crash_adopt_once() {
    let fleet = Fleet::up(&shell("a", STAYS, ""));
    fleet.fact("a", "agent.ready");
    let pid = fleet.pid("a");
    processes::end(fleet.supervisor());
    std::thread::scope(|scope| {
        let ups: Vec<_> = (0..8).map(|_| scope.spawn(|| fleet.qd(["up"]).ok())).collect();
        ups.into_iter().for_each(|up| _ = up.join().expect("an answer"));
    });
    until_one_supervises(&fleet);
    assert_eq!(fleet.pid("a"), pid);
    assert_eq!(fleet.history_of("a", "agent.adopted").len(), 1);
}

#[test]
fn a_second_supervisor_started_by_hand_ends_by_itself() {
    let fleet = Fleet::up(&shell("a", STAYS, ""));
    let first = fleet.supervisor();
    let config = fleet.root.join("agents.toml").display().to_string();
    let second = fleet.qd(["__supervisor", "--root", &config]);
    assert!(second.code != Some(0) || second.text().starts_with('E'), "{second:?}");
    assert_eq!(fleet.supervisor(), first);
    assert_eq!(until_one_supervises(&fleet), first);
}

#[test]
fn a_socket_that_was_left_over_is_no_obstacle() {
    let fleet = Fleet::up("");
    processes::end(fleet.supervisor());
    assert!(fleet.socket().exists(), "a killed supervisor leaves its socket");
    fleet.qd(["ps"]).code(3);
    fleet.qd(["up"]).ok();
    fleet.qd(["ps"]).ok();
}

#[test]
fn what_lies_where_the_socket_belongs_does_not_stop_a_start() {
    let fleet = Fleet::up("");
    fleet.qd(["down"]).ok();
    fs::write(fleet.socket(), "not a socket").expect("a file");
    fleet.qd(["up"]).ok();
    fleet.qd(["ps"]).ok();
}

#[test]
fn a_directory_that_others_may_enter_is_refused() {
    let fleet = Fleet::up("");
    fleet.qd(["down"]).ok();
    let sockets = fleet.socket_directory().expect("a directory");
    fs::set_permissions(&sockets, fs::Permissions::from_mode(0o777)).expect("permissions");
    let refused = fleet.qd(["up"]);
    assert!(refused.code != Some(0) && refused.stderr.contains("not safe"), "{refused:?}");
    fs::remove_dir_all(&sockets).expect("gone");
    symlink("/tmp", &sockets).expect("a link");
    let refused = fleet.qd(["up"]);
    assert!(refused.code != Some(0) && refused.stderr.contains("not safe"), "{refused:?}");
    fs::remove_file(&sockets).expect("gone");
}

#[test]
fn a_runtime_directory_that_is_too_long_is_named() {
    let fleet = Fleet::new("");
    let mut up = fleet.command(["up"]);
    up.env("QD_RUNTIME_DIR", fleet.base().join("x".repeat(90)));
    let refused = command::finish(up, b"");
    assert!(refused.code != Some(0) && refused.stderr.contains("QD_RUNTIME_DIR"), "{refused:?}");
}

#[test]
fn it_leaves_its_callers_session_and_holds_nothing_of_it() {
    let fleet = Fleet::up(&shell("a", STAYS, ""));
    fleet.fact("a", "agent.ready");
    for pid in [fleet.supervisor(), fleet.keeper("a")] {
        let process = processes::look(pid).expect("alive");
        assert_eq!(process.session, pid, "a session of its own: {process:?}");
        let open = fs::read_dir(format!("/proc/{pid}/fd")).expect("a process").flatten();
        let targets: Vec<_> = open.filter_map(|one| fs::read_link(one.path()).ok()).collect();
        let pipes: Vec<_> = targets.iter().filter(|target| target.to_string_lossy().starts_with("/dev/pts")).collect();
        assert!(pid != fleet.supervisor() || pipes.is_empty(), "{targets:?}");
    }
    let directory = fs::read_link(format!("/proc/{}/cwd", fleet.keeper("a"))).expect("a directory");
    assert_eq!(directory.to_string_lossy(), "/", "a keeper holds no directory");
}

#[test]
fn it_survives_its_callers_terminal() {
    let fleet = Fleet::new(&shell("a", STAYS, ""));
    let console = Console::open(&fleet, 80, 24, "exec \"$QD\"");
    console.until("hello from here");
    fleet.fact("a", "agent.ready");
    let (supervisor, agent, dashboard) = (fleet.supervisor(), fleet.pid("a"), console.pid());
    let handle = processes::handle(dashboard);
    console.hang_up();
    assert!(processes::gone_within(handle.as_ref(), DEADLINE), "a dashboard without a terminal goes on");
    assert_eq!((fleet.supervisor(), fleet.pid("a")), (supervisor, agent));
    assert_eq!(fleet.agent("a")["state"], "ready");
}

#[test]
fn it_survives_a_shell_that_ends_its_jobs() {
    let fleet = Fleet::new(&shell("a", STAYS, ""));
    let mut console = Console::open(&fleet, 80, 24, "\"$QD\" up; kill -HUP 0");
    console.end();
    fleet.fact("a", "agent.ready");
    eventually("the fleet", || (fleet.agent("a")["state"] == "ready").then_some(()));
}

/// The numbers of the terminals whose masters a process holds, as proc_pid_fdinfo(5) tells.
fn terminals_of(pid: u32) -> BTreeSet<String> {
    let entries = fs::read_dir(format!("/proc/{pid}/fdinfo")).expect("a process").flatten();
    let told = entries.filter_map(|one| fs::read_to_string(one.path()).ok());
    told.filter_map(|text| text.lines().find_map(|line| Some(line.strip_prefix("tty-index:")?.trim().to_owned())))
        .collect()
}

#[test]
fn agents_of_one_fleet_do_not_hold_each_others_terminals() {
    let fleet = Fleet::up(&shell("a", STAYS, "count = 6"));
    (1..=6).for_each(|number| _ = fleet.fact(&format!("a-{number}"), "agent.ready"));
    let open = |pid: u32| -> Vec<String> {
        let entries = fs::read_dir(format!("/proc/{pid}/fd")).expect("a process").flatten();
        entries.filter_map(|one| Some(fs::read_link(one.path()).ok()?.to_string_lossy().into_owned())).collect()
    };
    for number in 1..=6 {
        let name = format!("a-{number}");
        let (agent, keeper) = (open(fleet.pid(&name)), open(fleet.keeper(&name)));
        assert_eq!(agent.len(), 3, "an agent has its three and no more: {agent:?}");
        let terminals = terminals_of(fleet.keeper(&name));
        assert_eq!(terminals.len(), 1, "a keeper holds one terminal: {terminals:?} {keeper:?}");
    }
    assert!(open(fleet.supervisor()).iter().all(|target| !target.contains("ptmx")), "the supervisor holds none");
}

#[test]
fn two_fleets_do_not_meet() {
    let (one, two) = (Fleet::up(&shell("a", STAYS, "")), Fleet::up(&shell("a", STAYS, "")));
    one.fact("a", "agent.ready");
    two.fact("a", "agent.ready");
    one.qd(["down"]).ok();
    assert_eq!(two.agent("a")["state"], "ready");
}

#[test]
fn a_fleet_that_comes_up_again_starts_its_agents_and_remembers() {
    let fleet = Fleet::up(&shell("a", STAYS, ""));
    fleet.fact("a", "agent.ready");
    let run = fleet.agent("a")["run"].clone();
    fleet.qd(["down"]).ok();
    let newest = {
        fleet.qd(["up"]).ok();
        fleet.history().len() as u64
    };
    let second = fleet
        .facts(0)
        .first("a second start", |fact| fact["agent"] == "a" && fact["type"] == "agent.ready" && fact["run"] != run);
    assert!(second["seq"].as_u64() > Some(newest / 2), "the history goes on");
    assert_eq!(fleet.history()[0]["seq"], 1);
}

/// `qd up` from a shell in which this was done first.
fn up_after(fleet: &Fleet, first: &str) {
    let mut shell = fleet.surround("sh");
    shell.args(["-c", &format!("{first}; exec \"$0\" up"), env!("CARGO_BIN_EXE_qd")]);
    command::finish(shell, b"").ok();
}

#[test]
fn files_of_the_fleet_are_its_owner_s_whatever_the_umask_is() {
    let fleet = Fleet::new(&shell("a", "umask > umask; echo up; exec sleep 1000", "workspace = \"shared\""));
    up_after(&fleet, "umask 000");
    fleet.fact("a", "agent.ready");
    fleet.until_file(&fleet.root.join("umask"));
    let mut open = vec![fleet.root.join(".quarterdeck")];
    while let Some(path) = open.pop() {
        let found = fs::symlink_metadata(&path).expect("there");
        assert_eq!(found.permissions().mode() & 0o022, 0, "{} is written by others", path.display());
        if found.is_dir() {
            open.extend(fs::read_dir(path).expect("readable").map(|entry| entry.expect("an entry").path()));
        }
    }
    assert_eq!(fleet.until_file(&fleet.root.join("umask")), "0000\n", "the agent has the user's");
}

/// A write beyond the limit is an error like that of a full disk, and ends nobody.
#[test]
fn a_limit_on_the_size_of_files_is_outlived_and_told() {
    let fleet = Fleet::new(&shell("a", "echo up; exec sleep 1000", ""));
    up_after(&fleet, "ulimit -f 400");
    fleet.fact("a", "agent.ready");
    let supervisor = fleet.supervisor();
    let value = format!("\"{}\"", "x".repeat(30_000));
    let told = (0..40).any(|_| {
        let body = format!("{{\"value\": {value}}}");
        fleet.ask("PUT", "/state/fleet/k", Some(&body)).json()["durable"] == false
    });
    assert!(told, "each value is 30 KB, and a file holds 200 KB");
    assert_eq!((fleet.supervisor(), fleet.agent("a")["state"].as_str()), (supervisor, Some("ready")));
}
