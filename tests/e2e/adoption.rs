//! A supervisor that comes later takes over what one before it left: screens, states, endings, every byte.

use crate::harness::config::shell;
use crate::harness::facts::seq;
use crate::harness::{Fleet, eventually, processes};
use nix::sys::signal::Signal;
use std::fs;
use std::os::unix::process::CommandExt;

/// Leaves a picture that takes some work to keep: colours, a title, the alternate screen, wide characters.
const PICTURE: &str = r"printf '\033]0;my title\007\033[?1049h\033[2J\033[3;5H\033[31mred\033[0m \346\274\242\345\255\227\033[10;2Hbelow'; exec sleep 1000";

#[test]
fn screens_states_and_processes_are_as_before() {
    let fleet = Fleet::up(
        &(shell("painter", PICTURE, "")
            + &shell("writer", "i=0; while [ $i -lt 200 ]; do i=$((i+1)); echo line $i; done; exec sleep 1000", "")
            + &shell("failed", "echo last words; exit 3", "restart = \"never\"")
            + &shell("off", "echo never", "autostart = false")),
    );
    fleet.fact("painter", "agent.ready");
    fleet.fact("failed", "agent.ended");
    fleet.until_screen("painter", "below");
    fleet.until_screen("writer", "line 200");
    let names = ["painter", "writer", "failed", "off"];
    let picture = |name: &str| {
        let screen = fleet.ask("GET", &format!("/agents/{name}/screen?history=500"), None).expect(200);
        let agent = fleet.agent(name);
        let kept =
            ["state", "pid", "run", "exit_code", "started_ms", "title", "last_line"].map(|key| agent[key].clone());
        (screen, kept)
    };
    eventually("the lists to show what the screens show", || {
        let (painter, writer) = (fleet.agent("painter"), fleet.agent("writer"));
        (painter["title"] == "my title" && writer["last_line"] == "line 200").then_some(())
    });
    let before = names.map(picture);
    processes::end(fleet.supervisor());
    // At once, not a moment later: whoever hears that it is up finds everything as it was.
    fleet.qd(["up"]).ok().says("adopted 2, lost 0, reaped 0");
    for (name, before) in names.into_iter().zip(before) {
        let after = picture(name);
        assert_eq!(after.1, before.1, "{name} is shown otherwise");
        assert_eq!(after.0, before.0, "{name} has another screen");
    }
    let cells = fleet.ask("GET", "/agents/painter/screen?format=cells", None).expect(200);
    assert!(cells["modes"]["alternate_screen"].as_bool().unwrap_or(false), "{cells}");
    fleet.fact("painter", "agent.adopted");
    let told = fleet.facts(0).first("one fact for all", |fact| fact["type"] == "system.came_back");
    assert_eq!(told["message"], "supervisor came back: 2 adopted, 0 lost");
    assert_eq!(fleet.hello()["adoption"]["adopted"], 2);
}

/// Numbered lines, written all the time while supervisors come and go: each is there once, in order.
#[test]
fn no_byte_is_lost_or_doubled_across_three_supervisors() {
    let line = "i=0; while [ ! -e enough ]; do i=$((i+1)); echo \"line $i\"; [ $((i % 50)) = 0 ] && sleep 0.005; done; echo end; exec sleep 1000";
    let fleet = Fleet::up(&shell("writer", line, "workspace = \"shared\""));
    for _ in 0..3 {
        let before = fleet.until_screen("writer", "line ");
        processes::end(fleet.supervisor());
        fleet.qd(["up"]).ok().says("adopted 1");
        eventually("the writer to go on", || (fleet.screen("writer") != before).then_some(()));
    }
    fs::write(fleet.root.join("enough"), "").expect("a file");
    let screen = fleet.until_screen("writer", "end");
    let transcript = String::from_utf8(fleet.transcript("writer")).expect("text");
    let lines: Vec<&str> = transcript.lines().collect();
    let numbered = lines.iter().filter(|line| line.starts_with("line ")).count();
    let expected: Vec<String> =
        (1..=numbered).map(|number| format!("line {number}")).chain(["end".to_owned()]).collect();
    assert_eq!(lines, expected);
    // The screen was put together from checkpoints and what came after them: it must say the same.
    let tail = expected[expected.len() - 20..].join("\n");
    assert!(screen.ends_with(&tail), "{screen}");
}

#[test]
fn an_ending_that_no_supervisor_saw_is_known_with_its_code() {
    let line = "echo up; until [ -e go ]; do sleep 0.02; done; echo last words; exit 5";
    let fleet = Fleet::up(&shell("a", line, "workspace = \"shared\"\nrestart = \"never\""));
    fleet.fact("a", "agent.ready");
    let agent = processes::handle(fleet.pid("a"));
    processes::end(fleet.supervisor());
    fs::write(fleet.root.join("go"), "").expect("a file");
    assert!(processes::gone_within(agent.as_ref(), crate::harness::DEADLINE), "the agent has not ended");
    fleet.qd(["up"]).ok().says("adopted 1, lost 0");
    fleet.fact("a", "agent.ended");
    let agent = fleet.agent("a");
    assert_eq!((&agent["state"], &agent["exit_code"]), (&"failed".into(), &5.into()), "{agent}");
    assert!(fleet.screen("a").ends_with("last words"), "{}", fleet.screen("a"));
}

#[test]
fn a_keeper_that_died_while_nobody_watched_is_a_loss_and_its_tree_is_hunted_down() {
    let line = "setsid sleep 1001 & echo up; exec sleep 1002";
    let fleet = Fleet::up(&(shell("a", line, "restart = \"never\"") + &shell("b", line, "")));
    fleet.fact("a", "agent.ready");
    fleet.fact("b", "agent.ready");
    let tree = eventually("the family", || Some(fleet.tree("a")).filter(|tree| tree.len() >= 2));
    let keeper = fleet.keeper("a");
    processes::end(fleet.supervisor());
    processes::end(keeper);
    fleet.qd(["up"]).ok().says("adopted 1, lost 1");
    let lost = fleet.fact("a", "agent.lost");
    fleet.fact_after(seq(&lost), "a", "agent.ended");
    for process in tree {
        assert_eq!(processes::look(process.pid).filter(|now| now.line == process.line), None, "not hunted down");
    }
    assert_eq!(fleet.agent("b")["state"], "ready");
}

/// A process id is given out again after a while. The record of a keeper that is gone then names someone else, who
/// must neither be taken for the keeper nor harmed.
#[test]
fn a_record_that_names_a_foreign_process_is_not_believed() {
    let fleet = Fleet::up(&shell("a", "echo up; exec sleep 1000", "restart = \"never\""));
    fleet.fact("a", "agent.ready");
    let mut stranger = std::process::Command::new("sleep").arg("1003").process_group(0).spawn().expect("a process");
    let (record, keeper) = (fleet.run_directory("a").join("keeper"), fleet.keeper("a"));
    processes::end(fleet.supervisor());
    processes::end(keeper);
    let text = fs::read_to_string(&record).expect("a record");
    fs::write(&record, text.replace(&format!("pid {keeper}\n"), &format!("pid {}\n", stranger.id()))).expect("a file");
    fleet.qd(["up"]).ok().says("adopted 0, lost 1");
    fleet.fact("a", "agent.ended");
    fleet.qd(["down"]).ok();
    assert_eq!(stranger.try_wait().expect("a state"), None, "a foreign process was harmed");
    stranger.kill().and_then(|()| stranger.wait()).expect("ended by us");
}

/// Whatever the record says, who listens on the run's socket is its keeper.
#[test]
fn a_record_of_another_boot_and_one_of_garbage_end_nobody() {
    let fleet = Fleet::up(
        &(shell("garbage", "echo up; exec sleep 1000", "restart = \"never\"")
            + &shell("rebooted", "echo up; exec sleep 1000", "restart = \"never\"")),
    );
    let names = ["garbage", "rebooted"];
    names.iter().for_each(|name| _ = fleet.fact(name, "agent.ready"));
    let pids = names.map(|name| fleet.pid(name));
    let [garbage, rebooted] = names.map(|name| fleet.run_directory(name).join("keeper"));
    processes::end(fleet.supervisor());
    fs::write(&garbage, b"pid banana\n\xff\xfe\0").expect("a file");
    let text = fs::read_to_string(&rebooted).expect("a record");
    let other_boot: String = text
        .lines()
        .map(|line| if line.starts_with("boot_id ") { "boot_id 00000000-0000-0000-0000-000000000000" } else { line })
        .map(|line| format!("{line}\n"))
        .collect();
    fs::write(&rebooted, other_boot).expect("a file");
    fleet.qd(["up"]).ok().says("adopted 2, lost 0");
    assert_eq!(names.map(|name| fleet.pid(name)), pids);
}

/// A keeper that hangs must not hold up the others, nor the start.
#[test]
fn a_keeper_that_does_not_answer_does_not_hold_up_the_others() {
    let fleet =
        Fleet::up(&(shell("hung", "echo up; exec sleep 1000", "") + &shell("fine", "echo up; exec sleep 1000", "")));
    fleet.fact("hung", "agent.ready");
    fleet.fact("fine", "agent.ready");
    let keeper = fleet.keeper("hung");
    processes::end(fleet.supervisor());
    processes::kill(keeper, Signal::SIGSTOP);
    fleet.qd(["up"]).ok();
    assert_eq!(fleet.agent("fine")["state"], "ready");
    fleet.qd(["stop", "fine"]).ok();
    processes::kill(keeper, Signal::SIGCONT);
    fleet.qd(["stop", "hung"]).ok();
}

#[test]
fn input_and_resizes_work_after_an_adoption() {
    let fleet = Fleet::up(&shell("cat", "stty -echo; echo up; exec cat", ""));
    fleet.fact("cat", "agent.ready");
    processes::end(fleet.supervisor());
    fleet.qd(["up"]).ok();
    fleet.qd(["send", "cat", "after the crash", "--key", "enter"]).ok();
    fleet.until_screen("cat", "after the crash");
}

#[test]
fn taking_over_replaces_the_supervisor_alone() {
    let fleet = Fleet::up(&shell("a", "echo up; exec sleep 1000", ""));
    fleet.fact("a", "agent.ready");
    let (supervisor, agent) = (fleet.supervisor(), fleet.pid("a"));
    fleet.qd(["up", "--takeover"]).ok().says("adopted 1");
    assert_ne!(fleet.supervisor(), supervisor);
    assert_eq!(fleet.pid("a"), agent);
}
