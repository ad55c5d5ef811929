//! The dashboard in a real terminal, used by its keys.

use crate::harness::config::shell;
use crate::harness::{Console, DEADLINE, Fleet, eventually, processes, within};
use nix::sys::signal::Signal;
use std::fs;
use std::time::Duration;

const STAYS: &str = "echo hello from here; exec sleep 1000";

/// Runs the dashboard between two looks at the terminal's settings, says how it ended, and keeps the terminal open.
const WATCHED: &str = "stty -a > before; \"$QD\"; echo \"ended $?\"; stty -a > after; exec sleep 1000";

/// What leaves the typing mode and never reaches the agent.
const CHORD: &[u8] = b"\x1d";

fn fleet() -> Fleet {
    let fleet = Fleet::up(&(shell("alpha", STAYS, "") + &shell("beta", "echo second agent; exec sleep 1000", "")));
    fleet.fact("alpha", "agent.ready");
    fleet.fact("beta", "agent.ready");
    fleet
}

/// The terminal after the dashboard: settings as before, no alternate screen, no mouse, a cursor.
#[track_caller]
fn assert_restored(fleet: &Fleet, console: &Console) {
    let [before, after] = ["before", "after"].map(|name| fleet.until_file(&fleet.root.join(name)));
    assert_eq!(before, after, "the terminal's settings are not restored");
    let modes = console.modes();
    for left in ["alternate_screen: true", "bracketed_paste: true", "focus_events: true", "cursor Hidden"] {
        assert!(!modes.contains(left), "{left} is left switched on: {modes}");
    }
    assert!(modes.contains("mouse: Off") && modes.contains("keyboard_flags: 0"), "{modes}");
}

/// Waits until the key bar says so: what a key does depends on what the user sees.
#[track_caller]
fn until_bar(console: &Console, words: &str) {
    console.until_true(&format!("{words:?} in the key bar"), |screen| {
        screen.lines().any(|line| line.contains("Keys →") && line.contains(words))
    });
}

/// Presses a key until the key bar asks: what is asked about a run is over when the screen learns of the next one.
fn asks(console: &Console, key: &str, words: &str) {
    eventually(words, || {
        console.send(key);
        let asked = |screen: &str| screen.trim_end().lines().last().is_some_and(|line| line.contains(words));
        within(Duration::from_secs(1), || asked(&console.text()).then_some(()))
    });
}

#[test]
fn it_draws_at_every_usual_size() {
    let fleet = fleet();
    for (columns, rows) in [(80, 24), (200, 50), (120, 40)] {
        let console = Console::open(&fleet, columns, rows, "exec \"$QD\"");
        let screen = console.until_true("both agents and a terminal", |screen| {
            screen.contains("alpha") && screen.contains("beta") && screen.contains("hello from here")
        });
        assert!(screen.lines().all(|line| line.chars().count() <= usize::from(columns)), "{screen}");
    }
}

#[test]
fn at_twenty_by_five_it_still_says_who_needs_attention() {
    let calm: String = (1..=8).map(|number| shell(&format!("calm{number}"), STAYS, "")).collect();
    let fleet = Fleet::up(&(calm + &shell("broken", "exit 3", "restart = \"never\"")));
    fleet.fact("broken", "agent.ended");
    let console = Console::open(&fleet, 20, 5, "exec \"$QD\"");
    console.until("broken");
}

#[test]
fn it_follows_every_size_down_to_one_by_one_and_back() {
    let fleet = fleet();
    let console = Console::open(&fleet, 80, 24, "exec \"$QD\"");
    console.until("alpha");
    for (columns, rows) in [(1, 1), (20, 5), (3, 2), (300, 100), (2, 40), (1, 1), (80, 24)] {
        console.resize(columns, rows);
    }
    console.until("hello from here");
    assert!(processes::look(console.pid()).is_some());
}

#[test]
fn a_question_mark_shows_the_keys() {
    let fleet = fleet();
    let console = Console::open(&fleet, 100, 40, "exec \"$QD\"");
    console.until("alpha");
    console.send("?");
    let help = console.until_true("the keys", |screen| {
        let text = screen.to_lowercase();
        ["pause", "restart", "kill", "quit"].iter().all(|word| text.contains(word))
    });
    console.send("\x1b");
    console.until_true("the help gone", |screen| screen != help && screen.contains("hello from here"));
}

#[test]
fn q_asks_and_leaves_the_fleet_running() {
    let fleet = fleet();
    let pid = fleet.pid("alpha");
    let console = Console::open(&fleet, 80, 24, WATCHED);
    console.until("alpha");
    console.send("q");
    console.until_true("a question with both answers", |screen| {
        let text = screen.to_lowercase();
        text.contains("leave") && text.contains("stop")
    });
    console.send("\r");
    console.until("ended 0");
    assert_restored(&fleet, &console);
    assert_eq!(fleet.pid("alpha"), pid, "the fleet continues");
}

#[test]
fn sigterm_and_a_closed_pipe_restore_the_terminal() {
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
        let fleet = fleet();
        let console = Console::open(&fleet, 80, 24, WATCHED);
        console.until("alpha");
        let dashboard = eventually("the dashboard", || {
            fleet
                .processes()
                .into_iter()
                .find(|process| process.parent == console.pid() && process.line.ends_with("/qd"))
        });
        processes::kill(dashboard.pid, signal);
        console.until("ended");
        assert_restored(&fleet, &console);
        assert_eq!(fleet.agent("alpha")["state"], "ready");
    }
}

/// The late end of a paste, Alt-[, a mouse report cut off: whatever comes behind quick keys, the screen continues.
#[test]
fn half_a_key_sequence_behind_quick_keys_holds_up_nothing() {
    let fleet = Fleet::up(&shell("alpha", "i=0; while :; do i=$((i+1)); echo tick$i; sleep 0.05; done", ""));
    fleet.fact("alpha", "agent.ready");
    let console = Console::open(&fleet, 100, 30, WATCHED);
    console.until("alpha");
    let newest = |screen: &str| {
        let numbers = screen.split("tick").skip(1).filter_map(|rest| rest.split(' ').next()?.parse::<u32>().ok());
        numbers.max()
    };
    let halves: [(&[u8], &[u8]); 3] = [(b"\x1b[200~abc", b"\x1b[201~"), (b"\x1b[", b"A"), (b"\x1b[<0;3", b"0;5M")];
    for round in 0..24 {
        let (half, rest) = halves[round % 3];
        (0..2 + round).for_each(|_| console.send("k"));
        console.send(half);
        let seen = newest(&console.text());
        console.until_true("the screen to go on", |screen| newest(screen) > seen);
        console.send(rest);
        console.send(b"\x1b");
    }
    console.send(b"\x1b[200~abc");
    let dashboard =
        fleet.processes().into_iter().find(|process| process.parent == console.pid() && process.line.ends_with("/qd"));
    processes::kill(dashboard.expect("the dashboard").pid, Signal::SIGTERM);
    console.until("ended");
    assert_restored(&fleet, &console);
}

#[test]
fn it_stops_and_goes_on_like_any_job() {
    let fleet = fleet();
    let script = "set -m; stty -a > before; \"$QD\"; echo \"stopped $?\"; stty -a > after; read word; fg; echo \"ended $?\"; exec sleep 1000";
    let console = Console::open(&fleet, 80, 24, script);
    console.until("alpha");
    console.send(b"\x1a");
    console.until("stopped 1");
    assert_restored(&fleet, &console);
    console.send("\r");
    console.until("hello from here");
    console.send("q");
    console.until_true("the question", |screen| screen.to_lowercase().contains("leave"));
    console.send("\r");
    console.until("ended 0");
}

#[test]
fn two_dashboards_at_once_show_the_same_and_one_may_go() {
    let fleet = fleet();
    let one = Console::open(&fleet, 80, 24, "exec \"$QD\"");
    let two = Console::open(&fleet, 120, 40, "exec \"$QD\"");
    one.until("hello from here");
    two.until("hello from here");
    processes::end(one.pid());
    fleet.qd(["spawn", "gamma", "--", "sh", "-c", "echo third; exec sleep 1000"]).ok();
    two.until("gamma");
}

#[test]
fn an_agents_work_is_seen_as_it_happens() {
    let line = "echo waiting; until [ -e go ]; do sleep 0.02; done; echo it has happened; exec sleep 1000";
    let fleet = Fleet::up(&shell("alpha", line, "workspace = \"shared\""));
    let console = Console::open(&fleet, 80, 24, "exec \"$QD\"");
    console.until("waiting");
    fs::write(fleet.root.join("go"), "").expect("a file");
    console.until("it has happened");
}

/// Whoever types sees where the keys go, and every byte gets there, Ctrl-C and Escape included; the chord does not.
#[test]
fn what_is_typed_reaches_the_agent_byte_for_byte() {
    let line = "stty raw -echo; echo hello from here; dd bs=1 count=12 2>/dev/null | od -An -tx1 > typed.new; mv typed.new typed; exec sleep 1000";
    let fleet = Fleet::up(&shell("alpha", line, "workspace = \"shared\""));
    let console = Console::open(&fleet, 80, 24, "exec \"$QD\"");
    console.until("hello from here");
    let before = console.text();
    console.send("\r");
    console.until_true("where keys go", |screen| screen != before && screen.to_lowercase().contains("ctrl-]"));
    for piece in [&b"q?\x03"[..], b"\x1b[A", "é".as_bytes(), b"\r", b"\t", b"\x01", b"\x7f"] {
        console.send(piece);
    }
    let typed = fleet.until_file(&fleet.root.join("typed"));
    assert_eq!(typed.trim(), "71 3f 03 1b 5b 41 c3 a9 0d 09 01 7f");
    console.send(CHORD);
    console.send("?");
    console.until("Search:");
    assert_eq!(fleet.agent("alpha")["state"], "ready", "Ctrl-C was a byte and no signal");
}

#[test]
fn ctrl_c_typed_to_an_agent_interrupts_the_agent_and_nobody_else() {
    let fleet = Fleet::up(&shell(
        "alpha",
        "trap 'echo interrupted' INT; echo hello from here; while :; do sleep 0.05; done",
        "",
    ));
    let console = Console::open(&fleet, 80, 24, "exec \"$QD\"");
    console.until("hello from here");
    console.send("\r");
    console.until_true("where keys go", |screen| screen.to_lowercase().contains("ctrl-]"));
    console.send(b"\x03");
    console.until("interrupted");
    assert!(processes::look(console.pid()).is_some(), "the dashboard goes on");
}

#[test]
fn a_paste_arrives_as_a_paste() {
    let line = "stty raw -echo; printf '\\033[?2004hhello from here'; dd bs=1 count=19 2>/dev/null | od -An -c | tr -d ' \\n' > pasted.new; echo >> pasted.new; mv pasted.new pasted; exec sleep 1000";
    let fleet = Fleet::up(&shell("alpha", line, "workspace = \"shared\""));
    let console = Console::open(&fleet, 80, 24, "exec \"$QD\"");
    console.until("hello from here");
    console.send("\r");
    console.until_true("where keys go", |screen| screen.to_lowercase().contains("ctrl-]"));
    console.send(b"\x1b[200~one\ntwo\x1b[201~");
    let pasted = fleet.until_file(&fleet.root.join("pasted"));
    assert!(pasted.starts_with("033[200~one") && pasted.trim_end().ends_with("two033[201~"), "{pasted}");
}

#[test]
fn keys_pause_resume_stop_start_and_restart_the_selected_agent() {
    let fleet = Fleet::up(&shell("alpha", STAYS, ""));
    let first = fleet.fact("alpha", "agent.ready");
    let console = Console::open(&fleet, 80, 24, "exec \"$QD\"");
    console.until("hello from here");
    console.send("p");
    fleet.fact("alpha", "agent.paused");
    until_bar(&console, "p resume");
    console.send("p");
    fleet.fact("alpha", "agent.resumed");
    until_bar(&console, "p pause");
    asks(&console, "r", "restart alpha? r again");
    console.answer("r");
    let second = fleet
        .facts(crate::harness::facts::seq(&first))
        .first("a second run", |fact| fact["type"] == "agent.ready" && fact["run"] != first["run"]);
    until_bar(&console, "s stop");
    asks(&console, "s", "stop alpha? s again");
    console.send("\x1b");
    until_bar(&console, "s stop");
    asks(&console, "s", "stop alpha? s again");
    console.answer("s");
    fleet.fact_after(crate::harness::facts::seq(&second), "alpha", "agent.ended");
    until_bar(&console, "s start");
    console.send("s");
    fleet.fact_after(crate::harness::facts::seq(&second), "alpha", "agent.ready");
}

/// Whoever takes the list for the prompt beside it, and pastes or types there, ends nothing.
#[test]
fn a_text_that_comes_where_keys_are_commands_does_nothing() {
    let fleet = Fleet::up(&shell("alpha", STAYS, ""));
    let ready = fleet.fact("alpha", "agent.ready");
    let console = Console::open(&fleet, 80, 24, "exec \"$QD\"");
    console.until("hello from here");
    console.send("stop the process\rKyoto, restart\r");
    console.until("Enter types into alpha");
    console.send(b"\x1b[200~stop\nss\x1b[201~");
    // What is pressed alone afterwards is a command again, and the first one there was.
    std::thread::sleep(Duration::from_millis(2 * quarterdeck::tui::cadence::TEXT_QUIET_MS));
    console.send("p");
    fleet.fact("alpha", "agent.paused");
    let mut since = fleet.facts(crate::harness::facts::seq(&ready));
    let told = |fact: &serde_json::Value| fact["agent"] == "alpha" && fact["type"] != "agent.status";
    let first = since.first("anything about alpha", told);
    assert_eq!(first["type"], "agent.pausing", "{first}");
}

/// Looking answers nothing; a key puts it off and calls for it again; an answer ends it.
#[test]
fn a_question_stands_until_it_is_answered_and_can_be_put_off() {
    let asks = "printf 'Make this edit? (y/n)\\a'; read answer; echo thanks; exec sleep 1000";
    let fleet = Fleet::up(&(shell("alpha", asks, "") + &shell("beta", STAYS, "")));
    let console = Console::open(&fleet, 100, 30, "exec \"$QD\"");
    let row = |sign: &str, words: &str| {
        console.until_true(&format!("{sign} alpha … {words}"), |screen| {
            screen.lines().any(|line| line.contains(&format!("{sign} alpha")) && line.contains(words))
        })
    };
    let screen = row("◆", "waits");
    assert!(screen.contains("1 needs you"), "{screen}");
    // Longer than a glance, and into the agent and out again without a letter.
    std::thread::sleep(Duration::from_secs(3));
    console.send("\r");
    console.until_true("where keys go", |screen| screen.to_lowercase().contains("ctrl-]"));
    console.send(CHORD);
    row("◆", "waits");
    console.send("Z");
    let screen = row("◇", "snoozed");
    assert!(screen.contains("1 snoozed") && !screen.contains("needs you"), "{screen}");
    console.send("Z");
    row("◆", "waits");
    console.send("\r");
    console.until_true("where keys go", |screen| screen.to_lowercase().contains("ctrl-]"));
    console.send("y\r");
    console.until("thanks");
    console.until_true("nobody asks", |screen| !screen.contains("◆ alpha") && !screen.contains("needs you"));
}

#[test]
fn a_click_on_a_count_shows_whom_it_counts() {
    let failing = shell("beta", "echo gone; exit 3", "restart = \"never\"");
    let fleet = Fleet::up(&(shell("alpha", STAYS, "") + &failing));
    let console = Console::open(&fleet, 100, 30, "exec \"$QD\"");
    let screen = console.until_true("both, and the count", |screen| {
        screen.contains("1 failed") && screen.contains("alpha") && screen.contains("✗ beta")
    });
    let before = screen.lines().next().and_then(|header| header.find("1 failed").map(|at| &header[..at]));
    let column = before.expect("in the header").chars().count() + 1;
    let click = format!("\x1b[<0;{column};1M\x1b[<0;{column};1m");
    console.send(&click);
    console.until_true("one of two", |screen| screen.contains("/failed  1 of 2") && !screen.contains("● alpha"));
    console.send(&click);
    console.until("Agents ");
}

#[test]
fn a_mistake_in_the_configuration_is_shown_once_with_its_remedy() {
    let fleet = fleet();
    let console = Console::open(&fleet, 120, 30, "exec \"$QD\"");
    console.until("alpha");
    let since = fleet.newest();
    fleet.configure("[agents.alpha]\nshell = \"true\"\nworkspaec = \"shared\"\n");
    fleet.facts(since).first("the rejection", |fact| fact["type"] == "system.config_rejected");
    let screen = console.until("did you mean `workspace`?");
    // What comes after it is shown, and it is not.
    fleet.qd(["pause", "beta"]).ok();
    let after = console.until_true("the next fact", |screen| screen.contains("frozen"));
    for screen in [screen, after] {
        assert_eq!(screen.matches("workspaec").count(), 1, "{screen}");
    }
}

#[test]
fn where_a_terminal_has_no_more_than_ascii_nothing_else_is_drawn() {
    let fleet = Fleet::up(&shell("alpha", "printf '\\342\\234\\223 up\\n'; exit 3", "restart = \"never\""));
    let console = Console::open(&fleet, 100, 30, "LC_ALL=C exec \"$QD\"");
    let screen = console.until_true("the agent with its sign", |screen| screen.contains("x alpha"));
    assert!(screen.is_ascii() && screen.contains("1 failed"), "{screen}");
}

#[test]
fn a_kill_asks_first_and_names_what_is_lost() {
    let fleet = Fleet::up(&shell("alpha", STAYS, ""));
    fleet.fact("alpha", "agent.ready");
    let console = Console::open(&fleet, 80, 24, "exec \"$QD\"");
    console.until("hello from here");
    console.send("K");
    console.until_true("a question", |screen| screen.to_lowercase().contains("kill") && screen.contains("alpha"));
    console.send("\x1b");
    assert_eq!(fleet.agent("alpha")["state"], "ready");
    console.until("hello from here");
    console.send("K");
    console.until_true("a question", |screen| screen.to_lowercase().contains("kill") && screen.contains('?'));
    console.answer("y");
    fleet.fact("alpha", "agent.ended");
}

#[test]
fn it_finds_a_new_supervisor_by_itself() {
    let fleet = fleet();
    let console = Console::open(&fleet, 80, 24, "exec \"$QD\"");
    console.until("hello from here");
    processes::end(fleet.supervisor());
    fleet.qd(["up"]).ok();
    fleet.qd(["spawn", "gamma", "--", "sh", "-c", "echo third; exec sleep 1000"]).ok();
    console.until("gamma");
}

#[test]
fn an_agent_that_fails_while_one_looks_is_told_with_its_reason() {
    let line = "echo hello from here; until [ -e go ]; do sleep 0.02; done; echo out of credit; exit 7";
    let fleet = Fleet::up(&shell("alpha", line, "workspace = \"shared\"\nrestart = \"never\""));
    let console = Console::open(&fleet, 100, 30, "exec \"$QD\"");
    console.until("hello from here");
    fs::write(fleet.root.join("go"), "").expect("a file");
    console.until("exit 7");
}

#[test]
fn a_flood_does_not_keep_the_dashboard_from_its_keys() {
    let fleet = Fleet::up(
        &(shell("alpha", STAYS, "") + &shell("flood", "while :; do echo something to say for ever; done", "count = 3")),
    );
    fleet.fact("alpha", "agent.ready");
    let console = Console::open(&fleet, 100, 30, "exec \"$QD\"");
    console.until("alpha");
    console.send("?");
    console.until_true("the keys", |screen| {
        screen.to_lowercase().contains("restart") && screen.to_lowercase().contains("quit")
    });
    fleet.qd(["stop", "flood-1", "flood-2", "flood-3"]).ok();
}

#[test]
fn q_can_stop_the_fleet_too() {
    let fleet = fleet();
    let supervisor = processes::handle(fleet.supervisor());
    let console = Console::open(&fleet, 80, 24, WATCHED);
    console.until("alpha");
    console.send("q");
    console.until_true("the question", |screen| screen.to_lowercase().contains("leave"));
    console.answer("s");
    console.until("ended 0");
    assert!(processes::gone_within(supervisor.as_ref(), DEADLINE), "the supervisor goes on");
}
