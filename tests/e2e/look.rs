//! Looking at a fleet with verbs: `qd ps` as a table that people read, once and again.

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
