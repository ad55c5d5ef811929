//! Agent programs under a real supervisor, without any being installed: a stand-in behaves as the real ones were seen
//! to. It asks the terminal what it can do before it shows anything, drops what is typed until it has drawn itself,
//! takes an Enter that comes with a text for a part of that text, asks for a permission in its title, ends on its
//! second Ctrl-C, and leaves a daemon behind.

mod delivery;
mod fleet;
mod stand_in;

use fleet::Fleet;

#[test]
fn prompts_are_submitted_each_time_from_the_very_start() {
    let fleet = Fleet::up("");
    for number in 1..=5 {
        fleet.qd(&["send", "agent", &format!("prompt {number}"), "--key", "enter"]);
        assert_eq!(fleet.hears(), format!("submitted: prompt {number}"));
    }
    fleet.qd(&["send", "agent", "two\nlines", "--key", "enter"]);
    assert_eq!(fleet.hears(), "submitted: two lines");
}

#[test]
fn queries_are_answered_and_no_answer_ends_up_in_the_prompt() {
    let fleet = Fleet::up("");
    fleet.qd(&["send", "agent", "answers", "--key", "enter"]);
    assert_eq!(fleet.hears(), "submitted: answers");
    let answers = fleet.hears();
    for part in ["\u{1b}[?0u", "\u{1b}]11;rgb:", "\u{1b}[?2026;2$y", "\u{1b}P>|", "\u{1b}[?"] {
        assert!(answers.contains(part), "{part:?} is missing in {answers:?}");
    }
}

#[test]
fn a_title_that_asks_makes_it_wait_for_a_person_until_it_is_answered() {
    let fleet = Fleet::up("");
    fleet.qd(&["send", "agent", "ask", "--key", "enter"]);
    assert_eq!(fleet.hears(), "submitted: ask");
    fleet.qd(&["wait", "agent", "--until", "waiting", "--timeout", "20s"]);
    assert!(fleet.qd(&["events", "--agent", "agent"]).contains("asks"));
    fleet.qd(&["send", "agent", "--key", "y", "--answer"]);
    assert_eq!(fleet.hears(), "answered: \"y\"");
    fleet.qd(&["wait", "agent", "--until", "idle", "--timeout", "20s"]);
}

#[test]
fn stop_keys_end_it_and_the_daemon_it_leaves_behind_is_ended_and_counted() {
    let fleet = Fleet::up("stop_keys = ['ctrl-c', 'ctrl-c']");
    fleet.qd(&["send", "agent", "daemon", "--key", "enter"]);
    assert_eq!(fleet.hears(), "submitted: daemon");
    let daemon: i32 = fleet.hears().parse().expect("a process id");
    let stopped = fleet.qd(&["stop", "agent"]);
    assert!(stopped.contains("1 process ended"), "{stopped}");
    let gone = nix::sys::signal::kill(nix::unistd::Pid::from_raw(daemon), None);
    assert_eq!(gone, Err(nix::errno::Errno::ESRCH));
    assert!(fleet.qd(&["events", "--agent", "agent"]).contains("exit 0; 1 process of it still running"));
}

#[test]
fn a_supervisor_killed_in_the_middle_leaves_screen_and_prompt_as_they_were() {
    let fleet = Fleet::up("");
    fleet.qd(&["send", "agent", "ask", "--key", "enter"]);
    assert_eq!(fleet.hears(), "submitted: ask");
    fleet.qd(&["wait", "agent", "--until", "waiting", "--timeout", "20s"]);
    let before = fleet.qd(&["screen", "agent", "--json"]);
    let adopted = fleet.qd(&["up", "--takeover"]);
    assert!(adopted.contains("adopted 1, lost 0"), "{adopted}");
    assert_eq!(fleet.qd(&["screen", "agent", "--json"]), before);
    fleet.qd(&["wait", "agent", "--until", "waiting", "--timeout", "20s"]);
    fleet.qd(&["send", "agent", "--key", "y", "--answer"]);
    assert_eq!(fleet.hears(), "answered: \"y\"");
    fleet.qd(&["send", "agent", "afterwards", "--key", "enter"]);
    assert_eq!(fleet.hears(), "submitted: afterwards");
}

#[test]
fn the_screen_of_one_that_could_not_start_is_shown_at_once_and_says_nothing() {
    let fleet = Fleet::up("");
    let started = fleet.fails(&["start", "missing"]);
    assert!(started.contains("exec: no such file: no-such-agent: is it on PATH?"), "{started}");
    assert_eq!(fleet.qd(&["screen", "missing"]).trim(), "");
}
