//! The verbs as a shell script uses them: what they print, what they end with.

use crate::harness::config::shell;
use crate::harness::repository::git;
use crate::harness::{Fleet, command, processes};
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use std::fs;
use std::process::Stdio;

const STAYS: &str = "echo up; exec sleep 1000";

#[test]
fn ps_prints_json_with_what_scripts_need() {
    let fleet = Fleet::up_in_repository(
        &(shell("a", STAYS, "") + &shell("b", "exit 3", "restart = \"never\"\nworkspace = \"directory\"")),
    );
    fleet.fact("a", "agent.ready");
    fleet.fact("b", "agent.ended");
    let listed = fleet.qd(["ps", "--json"]).ok().json();
    let agents = listed.as_array().expect("an array");
    assert_eq!(agents.len(), 2);
    for agent in agents {
        for key in ["name", "state", "status", "pid", "exit_code", "workspace", "branch"] {
            assert!(agent.get(key).is_some(), "{key} is missing: {agent}");
        }
    }
    assert_eq!(
        (&agents[0]["name"], &agents[0]["branch"], &agents[0]["exit_code"]),
        (&json!("a"), &json!("qd/a"), &Value::Null)
    );
    assert!(agents[0]["pid"].is_u64() && agents[1]["pid"].is_null());
    assert_eq!((&agents[1]["exit_code"], &agents[1]["branch"]), (&json!(3), &Value::Null));
    let one = fleet.qd(["ps", "a", "--json"]).ok().json();
    assert_eq!(one.as_array().map(Vec::len), Some(1));
    let table = fleet.qd(["ps"]).ok().text();
    assert!(!table.contains('\x1b'), "no colours into a pipe");
    assert_eq!(table.lines().count(), 3);
}

#[test]
fn without_a_supervisor_verbs_say_so_with_code_3() {
    let fleet = Fleet::new(&shell("a", STAYS, ""));
    for words in
        [&["ps"][..], &["stop", "a"], &["events"], &["wait", "a"], &["send", "a", "x"], &["down"], &["explain", "a"]]
    {
        fleet.qd(words.iter().copied()).code(3).says("qd up");
    }
}

#[test]
fn a_command_line_that_is_wrong_ends_with_code_2() {
    let fleet = Fleet::new("");
    for words in [
        &["no-such-verb"][..],
        &["stop"],
        &["stop", "--all", "a"],
        &["wait", "a", "--until", "never"],
        &["ps", "--jsn"],
        &["run"],
    ] {
        let refused = fleet.qd(words.iter().copied()).code(2);
        assert!(refused.stdout.is_empty() && !refused.stderr.is_empty(), "{refused:?}");
    }
    fleet.qd(["--help"]).ok().says("Exit codes");
    fleet.qd(["--version"]).ok().says("qd ");
    fleet.qd(["stop", "--help"]).ok();
}

#[test]
fn a_fleet_is_found_from_below_by_name_and_not_at_all() {
    let fleet = Fleet::up(&shell("a", STAYS, ""));
    let below = fleet.root.join("deep/er");
    fs::create_dir_all(&below).expect("directories");
    let from = |directory: &std::path::Path, words: &[&str]| {
        let mut qd = fleet.command(words.iter().copied());
        qd.current_dir(directory);
        command::finish(qd, b"")
    };
    from(&below, &["ps"]).ok().says("a");
    let file = fleet.root.join("agents.toml").display().to_string();
    from(fleet.base(), &["--config", &file, "ps"]).ok();
    from(fleet.base(), &["ps", "--config", &fleet.root.display().to_string()]).ok();
    from(fleet.base(), &["ps"]).code(2).says("qd init");
}

#[test]
fn an_agent_finds_its_own_fleet_and_program() {
    let fleet =
        Fleet::up_in_repository(&shell("a", "qd ps --json > seen 2>&1; mv seen told; echo up; exec sleep 1000", ""));
    fleet.until_screen("a", "up");
    let told = fs::read_to_string(fleet.workspace("a").join("told")).expect("a file");
    let told: Value = serde_json::from_str(&told).unwrap_or_else(|error| panic!("{error}: {told}"));
    assert_eq!(told[0]["name"], "a");
}

#[test]
fn several_names_and_all() {
    let fleet = Fleet::up(&(shell("w", STAYS, "count = 3") + &shell("off", STAYS, "autostart = false")));
    (1..=3).for_each(|number| _ = fleet.fact(&format!("w-{number}"), "agent.ready"));
    fleet.qd(["stop", "w-1", "w-2"]).ok().says("stopped w-1").says("stopped w-2");
    fleet.qd(["pause", "--all"]).ok().says("paused w-3");
    fleet.qd(["resume", "--all"]).ok().says("resumed w-3");
    let newest = fleet.newest();
    fleet.qd(["start", "--all"]).ok();
    fleet.fact_after(newest, "w-1", "agent.ready");
    fleet.fact_after(newest, "off", "agent.ready");
    // One name that is wrong does not keep the verb silent about which, and what is near is named.
    let some = fleet.qd(["stop", "w-1", "w-4"]).code(4);
    assert!(some.stderr.contains("`w-4`") && some.stderr.contains("did you mean `w-1`"), "{some:?}");
    fleet.qd(["screen", "of"]).code(4).says("did you mean `off`?");
}

#[test]
fn patterns_groups_and_states_choose_agents_for_every_verb() {
    let fleet = Fleet::up(
        &(shell("w", STAYS, "count = 3") + &shell("bad", "exit 3", "restart = \"never\"") + &shell("b", STAYS, "")),
    );
    ["w-1", "w-2", "w-3", "b"].iter().for_each(|name| _ = fleet.fact(name, "agent.ready"));
    fleet.fact("bad", "agent.ended");
    let lines = |words: &[&str]| fleet.qd(words.iter().copied()).ok().text().lines().count();
    assert_eq!(lines(&["pause", "w-[12]"]), 2);
    assert_eq!(lines(&["pause", "w", "--timeout", "30s"]), 1, "those that are paused are left out");
    assert_eq!(lines(&["wait", "w", "--until", "paused"]), 3);
    assert_eq!(lines(&["resume", "--state", "paused"]), 4, "and a sum");
    fleet.qd(["stop", "b*"]).ok().says("stopped b");
    fleet.qd(["wait", "--state", "failed", "--until", "failed"]).ok().says("exit 3");
    let newest = fleet.newest();
    fleet.qd(["start", "--state", "failed", "--no-wait"]).ok().says("starting bad");
    fleet.fact_after(newest, "bad", "agent.ended");
    fleet.qd(["stop", "*", "--state", "running"]).ok().says("stopped w-3");
    fleet.qd(["remove", "x*"]).code(4).says("no agent's name matches `x*`");
    fleet.qd(["stop", "--state", "blue"]).code(2).says("needs-you");
}

#[test]
fn wait_waits_for_a_state_and_says_when_it_will_not_come() {
    let fleet = Fleet::up(
        &(shell("stays", STAYS, "")
            + &shell(
                "slow",
                "until [ -e go ]; do sleep 0.02; done; echo done",
                "workspace = \"shared\"\nautostart = false",
            )
            + &shell("bad", "exit 1", "restart = \"never\"")),
    );
    fleet.qd(["wait", "stays", "--until", "ready", "--timeout", "30s"]).ok();
    fleet.qd(["wait", "bad", "--until", "completed", "--timeout", "30s"]).code(5).says("exit 1");
    fleet.qd(["wait", "stays", "--until", "completed", "--timeout", "200ms"]).code(124);
    fleet.qd(["start", "slow", "--no-wait"]).ok();
    fs::write(fleet.root.join("go"), "").expect("a file");
    fleet.qd(["wait", "slow", "--until", "completed", "--timeout", "30s"]).ok();
    fleet.qd(["wait", "stays", "--until", "idle", "--timeout", "60s"]).ok();
}

#[test]
fn start_reports_an_agent_that_cannot_start() {
    let fleet = Fleet::up("[agents.ghost]\ncommand = \"no-such-program\"\nautostart = false\nrestart = \"never\"\n");
    fleet.qd(["start", "ghost"]).code(5).says("no-such-program");
}

#[test]
fn logs_and_their_forms() {
    let fleet = Fleet::up(&shell("a", r"printf '\033[31mred\033[0m and \rplain\nsecond\n'; exec sleep 1000", ""));
    fleet.until_screen("a", "second");
    let raw = fleet.qd(["logs", "a", "--raw"]).ok().stdout;
    assert!(raw.windows(5).any(|window| window == b"\x1b[31m"));
    let plain = fleet.qd(["logs", "a"]).ok().text();
    assert!(plain.contains("second") && !plain.contains('\x1b'), "{plain:?}");
    fleet.qd(["down"]).ok();
    fleet.qd(["logs", "a"]).ok().says("second");
    fleet.qd(["logs", "nobody"]).code(4).says("nobody");
    fleet.qd(["logs", "a", "--run", "r99"]).code(1).says("r99");
}

#[test]
fn following_logs_shows_what_comes() {
    let fleet = Fleet::up(&shell(
        "a",
        "echo first; until [ -e go ]; do sleep 0.02; done; echo second; exec sleep 1000",
        "workspace = \"shared\"",
    ));
    fleet.until_screen("a", "first");
    let told = fleet.base().join("told");
    let mut follow = fleet.command(["logs", "a", "--follow"]);
    let mut child =
        follow.stdout(fs::File::create(&told).expect("a file")).stdin(Stdio::null()).spawn().expect("a process");
    let until = |text: &str| {
        crate::harness::eventually(text, || fs::read_to_string(&told).ok().filter(|told| told.contains(text)))
    };
    until("first");
    fs::write(fleet.root.join("go"), "").expect("a file");
    until("second");
    processes::kill(child.id(), Signal::SIGTERM);
    child.wait().expect("ended");
}

#[test]
fn events_print_lines_for_people_and_for_programs() {
    let fleet = Fleet::up(&shell("a", "exit 2", "restart = \"never\""));
    fleet.fact("a", "agent.ended");
    let people = fleet.qd(["events", "--agent", "a"]).ok().text();
    assert!(people.contains("exit 2") && !people.contains('\x1b'), "{people}");
    let programs = fleet.qd(["events", "--json", "--type", "agent.ended", "--severity", "error"]).ok().text();
    let lines: Vec<Value> = programs.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 1);
    assert_eq!(
        (&lines[0]["type"], &lines[0]["agent"], &lines[0]["v"]),
        (&json!("agent.ended"), &json!("a"), &json!(1))
    );
    fleet.qd(["events", "--since", "1h", "--limit", "2"]).ok();
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let fleet = Fleet::up(&shell("a", "seq 1 20000; exec sleep 1000", ""));
    fleet.until_screen("a", "20000");
    let mut shell = fleet.surround("sh");
    shell.args(["-c", "\"$QD\" logs a | head -n 1; \"$QD\" ps | head -n 1"]).env("QD", env!("CARGO_BIN_EXE_qd"));
    let told = command::finish(shell, b"").ok();
    assert_eq!(told.stderr, "", "{told:?}");
}

#[test]
fn check_draws_every_mistake_in_its_place() {
    let fleet = Fleet::new(
        "[fleet]\nnmae = \"x\"\n\n[agents.a]\nshell = \"true\"\nafter = [\"b\"]\n\n[agents.b]\nshell = \"true\"\nafter = [\"a\"]\n\n[agents.'../up']\nshell = \"true\"\n\n[agents.c]\nshell = 7\nrestart = \"sometimes\"\n",
    );
    let refused = fleet.qd(["check"]).code(2);
    for part in ["agents.toml:2:", "nmae", "did you mean", "name", "circle", "../up", "sometimes", "never"] {
        assert!(refused.stderr.contains(part), "{part:?} is missing:\n{}", refused.stderr);
    }
    fleet.qd(["up"]).code(2).says("nmae");
    fleet.configure(&shell("a", "true", ""));
    fleet.qd(["check"]).ok();
}

#[test]
fn schema_and_completions_are_printed() {
    let fleet = Fleet::new("");
    let schema = fleet.qd(["schema"]).ok().json();
    assert!(schema.to_string().contains("max_concurrent"), "{schema}");
    for name in ["bash", "zsh", "fish"] {
        let script = fleet.qd(["completions", name]).ok().text();
        assert!(script.contains("QD_COMPLETE"), "{name}: {script}");
    }
}

#[test]
fn init_writes_a_file_that_check_accepts_and_never_overwrites() {
    let fleet = Fleet::in_repository("");
    fs::remove_file(fleet.root.join("agents.toml")).expect("gone");
    fleet.qd(["init"]).ok();
    let written = fs::read_to_string(fleet.root.join("agents.toml")).expect("a file");
    assert!(written.contains("[agents."), "{written}");
    fleet.qd(["check"]).ok();
    assert_ne!(fleet.qd(["init"]).code, Some(0), "a file that is there is not overwritten");
    assert_eq!(fs::read_to_string(fleet.root.join("agents.toml")).expect("a file"), written);
}

#[test]
fn doctor_checks_what_a_fleet_needs() {
    let fleet = Fleet::in_repository("");
    let told = fleet.qd(["doctor"]);
    let text = told.text().to_lowercase();
    for part in ["git", "worktree", "pty", "file", "runtime", "subreaper", "cgroup", "landlock"] {
        assert!(text.contains(part), "{part} is not checked:\n{text}");
    }
}

#[test]
fn check_and_doctor_say_beforehand_what_no_agent_can_start_with() {
    let text = "[agents.a]\ncommand = \"no-such-agent\"\nworkspace = \"worktree\"\nrestart = \"never\"\n";
    let fleet = Fleet::in_repository(text);
    git(&fleet.root, &["branch", "qd"]);
    let checked = fleet.qd(["check"]).ok().text();
    assert!(checked.contains("`no-such-agent` is not installed: a can't start"), "{checked}");
    assert!(checked.contains("git branch -m qd qd-branch"), "{checked}");
    let doctor = fleet.qd(["doctor"]).code(1).text();
    assert!(doctor.contains("no-such-agent") && doctor.contains("the branch qd is in the way"), "{doctor}");
    let ran = fleet.qd(["run", "--headless"]).code(5).text();
    assert!(ran.contains("git branch -m qd qd-branch") && !ran.contains("qd logs a"), "{ran}");
}

#[test]
fn down_ends_everything_in_good_order() {
    let line = "trap 'echo bye >> bye; exit 0' TERM; echo up; while :; do sleep 0.05; done";
    let fleet = Fleet::up(&shell("a", line, "workspace = \"shared\"\nstop_grace = \"30s\""));
    fleet.fact("a", "agent.ready");
    let handle = processes::handle(fleet.supervisor());
    fleet.qd(["down"]).ok().says("is down");
    assert!(processes::gone_within(handle.as_ref(), crate::harness::DEADLINE));
    assert!(fleet.root.join("bye").exists());
    fleet.qd(["ps"]).code(3);
    fleet.qd(["down"]).code(3);
}

#[test]
fn down_kill_waits_for_no_grace() {
    let line = "trap '' TERM; echo up; while :; do sleep 1000; done";
    let fleet = Fleet::up(&shell("a", line, "stop_grace = \"10m\""));
    fleet.fact("a", "agent.ready");
    fleet.qd(["down", "--kill"]).ok();
    assert_eq!(fleet.processes(), []);
}

#[test]
fn a_second_down_turns_a_graceful_one_into_a_kill() {
    let line = "trap '' TERM; echo up; while :; do sleep 1000; done";
    let fleet = Fleet::up(&shell("a", line, "stop_grace = \"10m\""));
    fleet.fact("a", "agent.ready");
    fleet.qd(["down", "--no-wait"]).ok();
    fleet.fact("a", "agent.signal_sent");
    fleet.qd(["down"]);
    fleet.until_gone();
}

#[test]
fn attach_shows_a_terminal_and_types_into_it_until_the_chord() {
    let fleet = Fleet::up(&shell("cat", "stty -echo; echo up; exec cat", ""));
    fleet.fact("cat", "agent.ready");
    let mut console = crate::harness::Console::open(
        &fleet,
        80,
        24,
        "stty -a > before; \"$QD\" attach cat; echo \"ended $?\"; stty -a > after; exec sleep 1000",
    );
    console.until("up");
    console.send("over the wire\r");
    console.until("over the wire");
    console.send(b"\x1d");
    console.until("ended 0");
    let [before, after] = ["before", "after"].map(|name| fleet.until_file(&fleet.root.join(name)));
    assert_eq!(before, after, "the terminal is as it was");
    assert_eq!(fleet.agent("cat")["state"], "ready", "the agent continues");
    processes::end(console.pid());
    console.end();
}
