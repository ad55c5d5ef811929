//! `qd lock run`: a lease and its command end together, however either ends.

use crate::harness::config::shell;
use crate::harness::{Fleet, processes};
use nix::sys::signal::Signal;
use serde_json::Value;
use std::process::{Child, Stdio};
use std::time::Duration;

fn qd() -> &'static str {
    env!("CARGO_BIN_EXE_qd")
}

fn leases(fleet: &Fleet) -> Vec<Value> {
    fleet.ask("GET", "/locks", None).expect(200)["leases"].as_array().cloned().unwrap_or_default()
}

/// `qd lock run` outside the fleet, whose command writes its process id.
fn begin(fleet: &Fleet, scope: &str) -> (Child, u32) {
    let line = "echo $$ > pid.new; mv pid.new pid; exec sleep 1000";
    let mut command = fleet.command(["lock", "run", scope, "--", "sh", "-c", line]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let child = command.spawn().expect("qd");
    let pid = fleet.until_file(&fleet.root.join("pid")).trim().parse().expect("a number");
    (child, pid)
}

#[test]
fn a_killed_holder_outside_takes_its_command_along_and_frees_its_scope() {
    let fleet = Fleet::up("");
    let (mut holder, command) = begin(&fleet, "src");
    assert_eq!(leases(&fleet).len(), 1);
    let watched = processes::handle(command);
    processes::kill(holder.id(), Signal::SIGKILL);
    holder.wait().expect("an end");
    assert!(processes::gone_within(watched.as_ref(), Duration::from_secs(30)));
    fleet.facts(0).first("the end of the lease", |fact| fact["type"] == "lock.released");
    fleet.qd(["lock", "acquire", "src", "--no-wait"]).ok();
    fleet.qd(["lock", "history", "src"]).ok().says("ended with the command that it was held for");
}

/// Coding agents kill the shell commands that take too long, every day.
#[test]
fn a_killed_holder_within_an_agent_frees_its_scope_though_the_run_goes_on() {
    let line = format!("{} lock run src -- sh -c 'echo $PPID > ../../pid; exec sleep 1000'; exec sleep 1000", qd());
    let fleet = Fleet::up(&shell("a", &line, "workspace = \"directory\""));
    let holder: u32 = fleet.until_file(&fleet.root.join("pid")).trim().parse().expect("a number");
    assert_eq!(leases(&fleet)[0]["holder"], "a");
    processes::kill(holder, Signal::SIGKILL);
    fleet.facts(0).first("the end of the lease", |fact| fact["type"] == "lock.released");
    assert_eq!(leases(&fleet).len(), 0);
    assert!(fleet.agent("a")["pid"].is_u64(), "the run goes on");
}

#[test]
fn a_command_that_ends_while_no_supervisor_lives_leaves_no_lease() {
    let line = format!(
        "{} lock run src -- sh -c 'echo > ../../holds; until [ -e ../../go ]; do sleep 0.02; done'; echo $? > ../../ended; exec sleep 1000",
        qd()
    );
    let fleet = Fleet::up(&shell("a", &line, "workspace = \"directory\""));
    fleet.until_file(&fleet.root.join("holds"));
    processes::end(fleet.supervisor());
    std::fs::write(fleet.root.join("go"), "").expect("a file");
    assert_eq!(fleet.until_file(&fleet.root.join("ended")).trim(), "0", "the command's own code");
    fleet.qd(["up"]).ok();
    fleet.facts(0).first("the end of the lease", |fact| fact["type"] == "lock.released");
    fleet.qd(["lock", "acquire", "src", "--no-wait"]).ok();
}

#[test]
fn the_next_supervisor_watches_the_holders_of_the_one_before() {
    let fleet = Fleet::up("");
    let (mut holder, _) = begin(&fleet, "src");
    processes::end(fleet.supervisor());
    fleet.qd(["up"]).ok();
    assert_eq!(leases(&fleet).len(), 1, "it lives, and so does its lease");
    processes::kill(holder.id(), Signal::SIGKILL);
    holder.wait().expect("an end");
    fleet.facts(0).first("the end of the lease", |fact| fact["type"] == "lock.released");
}

/// A build under a lock whose steps take the same lock does not wait for itself.
#[test]
fn what_runs_under_a_lock_is_the_same_holder() {
    let fleet = Fleet::up("");
    let inner = format!("{} lock run src/x --no-wait -- echo inner", qd());
    fleet.qd(["lock", "run", "src", "--", "sh", "-c", &inner]).ok().says("inner");
    assert_eq!(leases(&fleet).len(), 0);
}

/// A task with locks that locks the same again, as careful scripts do, has it at once; and it knows its token.
#[test]
fn a_task_has_what_it_locks_and_knows_its_token() {
    let resources = "[resources]\ngpu = 1\nport = \"4000-4001\"\n\n[coordination]\nmax_block = \"5s\"\n\n";
    let fleet = Fleet::up(&format!("{resources}{}", crate::plans::crew(&["one"])));
    let line = "qd lock run gpu -- sh -c 'echo ran with $QD_LOCK_TOKEN' > ran && qd lock check src > checked && \
                echo \"$QD_LOCK_TOKEN $QD_LOCK_UNIT_PORT\" > token && qd lock list --json > held";
    fleet.qd(["task", "add", line, "--name", "r", "--lock", "gpu", "--lock", "port", "--lock", "src"]).ok();
    crate::tasks::until(&fleet, "r", "done");
    let read = |name: &str| std::fs::read_to_string(fleet.root.join(name)).expect("written");
    let (token, port) = read("token").trim().split_once(' ').map(|(a, b)| (a.to_owned(), b.to_owned())).expect("two");
    assert_eq!((read("ran"), port.as_str()), (format!("ran with {token}\n"), "4000"));
    assert_eq!(read("checked"), format!("token {token} is valid for src\n"));
    let held: Value = serde_json::from_str(&read("held")).expect("JSON");
    assert_eq!(held["leases"].as_array().map(Vec::len), Some(1), "still held, and once: {held}");
    assert!(leases(&fleet).is_empty(), "given back with the task");
}
