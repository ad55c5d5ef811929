//! Looking at a fleet with verbs: `qd ps` as a table that people read, once and again, and `qd logs` in a terminal.

use crate::harness::config::shell;
use crate::harness::{Console, Fleet};

const STAYS: &str = "echo up; exec sleep 1000";

#[test]
fn ps_shows_who_needs_a_person_first_and_what_they_consume_without_a_dashboard() {
    let fleet = Fleet::up(
        &(shell("w", STAYS, "count = 2")
            + &shell("spin", "echo up; while :; do :; done", "")
            + &shell("bad", "echo no key; exit 3", "restart = \"never\"")),
    );
    ["w-1", "w-2", "spin"].iter().for_each(|name| _ = fleet.fact(name, "agent.ready"));
    fleet.fact("bad", "agent.ended");
    assert_eq!(fleet.qd(["ps", "-q"]).ok().text(), "bad\nspin\nw-1\nw-2\n");
    assert_eq!(fleet.qd(["ps", "-q", "--state", "failed", "w", "bad"]).ok().text(), "bad\n");
    let table = fleet.qd(["ps", "--sort", "cpu"]).ok().text();
    let row = |name: &str| table.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{table}"));
    assert!(row("bad").contains("failed") && row("bad").contains("exit 3: no key"), "{table}");
    assert!(row("w-1").contains("iB") && row("w-1").contains("0%"), "{table}");
    assert!(!row("spin").contains(" 0%") && table.lines().nth(1) == Some(row("spin")), "it spins: {table}");
    assert!(!table.contains("BRANCH") && fleet.qd(["ps", "-o", "wide"]).ok().text().contains("BRANCH"));
    assert!(table.lines().all(|line| line.len() <= 80), "{table}");
}

#[test]
fn a_watched_table_changes_with_the_fleet_and_gives_the_terminal_back() {
    let fleet = Fleet::up(&shell("w", STAYS, "count = 2"));
    ["w-1", "w-2"].iter().for_each(|name| _ = fleet.fact(name, "agent.ready"));
    fleet.qd(["ps", "--watch"]).code(2).says("needs a terminal");
    // The shell is not to end with what it started.
    let watched =
        "trap : INT; stty -a > before; \"$QD\" ps --watch; echo \"ended $?\"; stty -a > after; exec sleep 1000";
    let console = Console::open(&fleet, 80, 20, watched);
    console.until("w-2");
    fleet.qd(["stop", "w-2"]).ok();
    console.until("stopped");
    console.resize(60, 10);
    fleet.qd(["spawn", "third", "--", "sleep", "1000"]).ok();
    console.until("third");
    console.send(b"\x03");
    let screen = console.until("ended 130");
    assert!(screen.contains("third"), "what was shown last stays: {screen}");
    let [before, after] = ["before", "after"].map(|name| fleet.until_file(&fleet.root.join(name)));
    // The window's size is in it, and was changed on the way.
    let settings = |text: &str| text.lines().skip(1).collect::<Vec<&str>>().join("\n");
    assert_eq!(settings(&before), settings(&after), "the terminal's settings are not restored");
    let modes = console.modes();
    assert!(!modes.contains("alternate_screen: true") && !modes.contains("cursor Hidden"), "{modes}");
}

/// On a terminal the last 200 lines are shown, in a pager when they do not fit; what was written is found by its time.
#[test]
fn logs_are_short_on_a_terminal_and_found_by_their_time() {
    let until = "until [ -e go ]; do sleep 0.02; done";
    let line = format!("seq 1 300; {until}; sleep 1.2; echo later; exec sleep 1000");
    let fleet = Fleet::up(&shell("a", &line, "workspace = \"shared\""));
    fleet.until_screen("a", "300");
    let shown = Console::open(&fleet, 80, 250, "\"$QD\" logs a; echo \"ended $?\"; exec sleep 1000").until("ended 0");
    assert!(shown.starts_with("101\n102\n"), "{shown}");
    let paged = "PAGER='sed s/^/paged:/' \"$QD\" logs a -n 40; echo \"ended $?\"; exec sleep 1000";
    let shown = Console::open(&fleet, 80, 60, paged).until("ended 0");
    assert!(shown.starts_with("261\n"), "it fits: {shown}");
    let shown = Console::open(&fleet, 80, 30, paged).until("ended 0");
    assert!(shown.contains("paged:300") && !shown.contains("\n300"), "it does not fit: {shown}");
    let wrong = "PAGER=no-such-pager \"$QD\" logs a; echo \"ended $?\"; exec sleep 1000";
    Console::open(&fleet, 80, 30, wrong).until("--no-pager");
    let left = "PAGER='head -n 1' \"$QD\" logs a -n all; echo \"ended $?\"; exec sleep 1000";
    Console::open(&fleet, 80, 30, left).until("ended 0");

    // What was written so far was written an hour ago; marks are a second apart at least.
    let times = fleet.run_directory("a").join(format!("times.{:020}", 0));
    let marks = std::fs::read(&times).expect("marks");
    let earlier = marks.chunks(16).flat_map(|mark| {
        let at_ms = u64::from_le_bytes(mark[8..].try_into().expect("a time")) - 3_600_000;
        [&mark[..8], &at_ms.to_le_bytes()].concat()
    });
    std::fs::write(&times, earlier.collect::<Vec<u8>>()).expect("written");
    std::fs::write(fleet.root.join("go"), "").expect("a file");
    fleet.until_screen("a", "later");
    assert_eq!(fleet.qd(["logs", "a", "--since", "30m"]).ok().text(), "later\n");
    assert_eq!(fleet.qd(["logs", "a", "--since", "2h"]).ok().text().lines().count(), 301);
}
