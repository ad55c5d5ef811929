//! What an agent does to its terminal: floods, half characters, titles, queries, and input that nobody reads.

use crate::harness::config::shell;
use crate::harness::{DEADLINE, Fleet, eventually, processes};
use std::time::{Duration, Instant};
use std::{fs, thread};

/// An agent that gives back what it is sent, so that one sees whether anything else is blocked.
fn echo() -> String {
    shell("echo", "stty -echo; echo up; exec cat", "")
}

/// Asks the echo agent for a round trip and says how long it took.
#[track_caller]
fn round_trip(fleet: &Fleet, word: &str) -> Duration {
    let began = Instant::now();
    fleet.qd(["send", "echo", word, "--key", "enter"]).ok();
    fleet.until_screen("echo", word);
    began.elapsed()
}

#[test]
fn twenty_megabytes_come_through_whole_with_their_last_line() {
    const LINES: usize = 110_000;
    let text = "x".repeat(174);
    let line = format!(r#"yes "$(printf '\033[32m{text}\033[0m')" | head -n {LINES}; echo the last line; exit 6"#);
    let fleet = Fleet::up(&(shell("flood", &line, "restart = \"never\"") + &echo()));
    fleet.fact("echo", "agent.ready");
    round_trip(&fleet, "meanwhile");
    fleet
        .facts(0)
        .deadline(DEADLINE * 2)
        .first("the end of the flood", |fact| fact["agent"] == "flood" && fact["type"] == "agent.ended");
    assert_eq!(fleet.agent("flood")["exit_code"], 6);
    assert!(fleet.screen("flood").ends_with("the last line"), "{}", fleet.screen("flood"));
    let transcript = fleet.transcript("flood");
    let written = LINES * (text.len() + "\x1b[32m\x1b[0m\r\n".len()) + "the last line\r\n".len();
    assert_eq!(transcript.len(), written, "bytes are missing or doubled");
    assert!(transcript.ends_with(b"the last line\r\n"));
}

#[test]
fn a_transcript_is_rotated_by_size_and_keeps_the_newest() {
    let line = "i=0; while [ $i -lt 5000 ]; do i=$((i+1)); echo \"number $i\"; done; echo end";
    let transcript = "[fleet.transcript]\nsize = \"16KiB\"\nfiles = 2\n";
    let fleet = Fleet::new(&format!("[fleet]\nstop_grace = \"1s\"\n{transcript}\n{}", shell("a", line, "")));
    fleet.qd(["up"]).ok();
    fleet.fact("a", "agent.ended");
    let text = String::from_utf8(fleet.transcript("a")).expect("text");
    assert!(text.ends_with("number 4999\r\nnumber 5000\r\nend\r\n"), "the newest lines are missing");
    assert!(text.len() <= 3 * 16 * 1024, "{} bytes are kept", text.len());
    let plain = fleet.qd(["logs", "a"]).ok().text();
    assert!(plain.ends_with("number 5000\nend\n"), "{}", &plain[plain.len().saturating_sub(100)..]);
}

#[test]
fn output_without_a_newline_is_shown_and_kept() {
    let line = "head -c 3000001 /dev/zero | tr '\\0' x; printf END; exec sleep 1000";
    let fleet = Fleet::up(&(shell("long", line, "") + &echo()));
    fleet.fact("echo", "agent.ready");
    round_trip(&fleet, "meanwhile");
    fleet.until_screen("long", "xEND");
    assert_eq!(fleet.transcript("long").len(), 3_000_004);
}

#[test]
fn the_last_words_before_an_exit_are_never_lost() {
    let line = "i=0; while [ $i -lt 300 ]; do i=$((i+1)); echo \"line $i\"; done; printf 'last words'";
    let fleet = Fleet::up(&shell("w", line, "count = 12"));
    for number in 1..=12 {
        let name = format!("w-{number}");
        fleet.fact(&name, "agent.ended");
        let transcript = fleet.transcript(&name);
        assert!(transcript.ends_with(b"line 300\r\nlast words"), "{name}: {} bytes", transcript.len());
        assert!(fleet.screen(&name).ends_with("last words"), "{name}");
    }
}

#[test]
fn a_program_that_reads_nothing_while_a_megabyte_is_sent_blocks_nobody() {
    // One is silent, the other floods: the second is what freezes others for good.
    let silent = shell("silent", "stty raw -echo; echo up; while :; do sleep 1000; done", "");
    let flood = shell("flood", "stty raw -echo; while :; do echo something to say for ever; done", "");
    let fleet = Fleet::up(&(silent + &flood + &echo()));
    ["silent", "flood", "echo"].iter().for_each(|name| _ = fleet.fact(name, "agent.ready"));
    let megabyte = "0123456789abcde\n".repeat(65_536);
    for name in ["silent", "flood"] {
        fleet.qd_reading(["send", name, "--stdin"], megabyte.as_bytes()).ok();
        round_trip(&fleet, &format!("after-{name}"));
        assert_eq!(fleet.agent(name)["state"], "ready");
    }
    let before = fleet.agent("flood")["last_output_ms"].clone();
    eventually("the flood to go on", || (fleet.agent("flood")["last_output_ms"] != before).then_some(()));
    fleet.qd(["stop", "silent", "flood"]).ok();
}

#[test]
fn what_does_not_fit_the_input_queue_is_refused_and_said_so() {
    let fleet = Fleet::up(&shell("silent", "stty raw -echo; echo up; while :; do sleep 1000; done", ""));
    fleet.fact("silent", "agent.ready");
    let megabyte = "0123456789abcde\n".repeat(65_536);
    let refused = (0..8)
        .map(|_| fleet.qd_reading(["send", "silent", "--stdin"], megabyte.as_bytes()))
        .find(|sent| sent.code != Some(0));
    refused.expect("eight megabytes fit a queue of four").code(4);
    assert_eq!(fleet.agent("silent")["state"], "ready");
}

#[test]
fn a_megabyte_reaches_a_program_that_reads_slowly_byte_for_byte() {
    let line = "stty raw -echo; echo up; dd bs=512 count=1048576 iflag=fullblock,count_bytes 2>/dev/null | cksum > sum; echo done; exec sleep 1000";
    let fleet = Fleet::up(&shell("reader", line, "workspace = \"shared\""));
    fleet.fact("reader", "agent.ready");
    fleet.until_screen("reader", "up");
    let text: String = (0..262_144_u32).map(|number| format!("{:03} ", number % 1000)).collect();
    let text = &text[..1_048_576];
    fleet.qd_reading(["send", "reader", "--stdin", "--type"], text.as_bytes()).ok();
    let expected = crate::harness::command::finish(fleet.surround("cksum"), text.as_bytes()).ok().text();
    assert_eq!(fleet.until_file(&fleet.root.join("sum")), expected);
}

#[test]
fn a_title_that_changes_a_thousand_times_a_second_costs_no_facts() {
    let line = r"i=0; while [ $i -lt 20000 ]; do i=$((i+1)); printf '\033]0;title %d\007' $i; done; echo done; exec sleep 1000";
    let fleet = Fleet::up(&(shell("titles", line, "") + &echo()));
    fleet.fact("echo", "agent.ready");
    round_trip(&fleet, "meanwhile");
    fleet.until_screen("titles", "done");
    eventually("the last title", || (fleet.agent("titles")["title"] == "title 20000").then_some(()));
    let about = fleet.history().iter().filter(|fact| fact["agent"] == "titles").count();
    assert!(about < 20, "{about} facts about titles");
}

#[test]
fn bells_and_notifications_call_for_a_person_until_they_are_answered_and_their_facts_are_few() {
    let storm = r"i=0; while [ $i -lt 5000 ]; do i=$((i+1)); printf '\007\033]9;note %d\007' $i; done; echo done; exec sleep 1000";
    let one = r"printf '\033]9;please look\007'; read answer; echo thanks; exec sleep 1000";
    let fleet = Fleet::up(&(shell("storm", storm, "") + &shell("one", one, "")));
    let note = fleet.fact("one", "agent.notification");
    assert!(note["message"].as_str().is_some_and(|message| message.contains("please look")), "{note}");
    let agent = fleet.agent("one");
    assert_eq!((&agent["status"], &agent["attention"]), (&"waiting".into(), &"needs_you".into()), "{agent}");
    assert_eq!(agent["question"]["text"], "please look", "{agent}");
    let asked = fleet.fact("one", "agent.asks");
    assert_eq!(asked["message"], "needs you: please look");
    assert_eq!(agent["question"]["since_ms"], agent["status_since_ms"]);
    fleet.until_screen("storm", "done");
    let calls = fleet.history().iter().filter(|fact| fact["agent"] == "storm").count();
    assert!(calls < 200, "{calls} facts from one storm");
    fleet.ask("PATCH", "/agents/one", Some(r#"{"action":"seen"}"#)).expect(200);
    assert_eq!(fleet.agent("one")["status"], "waiting", "a look is no answer");
    fleet.ask("PATCH", "/agents/one", Some(r#"{"action":"snooze","snooze_ms":60000}"#)).expect(200);
    fleet.fact("one", "agent.snoozed");
    assert_eq!(fleet.agent("one")["attention"], "snoozed");
    fleet.ask("PATCH", "/agents/one", Some(r#"{"action":"snooze","snooze_ms":300}"#)).expect(200);
    fleet.fact("one", "agent.snooze_over");
    assert_eq!(fleet.agent("one")["attention"], "needs_you", "a snooze ends");
    let refused = fleet.ask("POST", "/agents/one/input", Some(r#"{"text":"yes","keys":["enter"]}"#)).expect(409);
    assert_eq!((&refused["code"], &refused["why"]), (&"asks".into(), &"it asks: please look".into()), "{refused}");
    let answer = r#"{"text":"yes","keys":["enter"],"answers":"question"}"#;
    assert_eq!(fleet.ask("POST", "/agents/one/input", Some(answer)).expect(200)["receipt"], "typed");
    fleet.fact("one", "agent.asks_no_more");
    assert_ne!(fleet.agent("one")["status"], "waiting", "it was answered");
    fleet.ask("PATCH", "/agents/one", Some(r#"{"action":"snooze"}"#)).expect(409);
}

#[test]
fn characters_that_come_in_pieces_are_put_together() {
    let line = r"printf 'a\346'; sleep 0.05; printf '\274\242'; sleep 0.05; printf 'b\360\237'; sleep 0.05; printf '\232\200c\033'; sleep 0.05; printf '[31'; sleep 0.05; printf 'md e\314\201 end'; exec sleep 1000";
    let fleet = Fleet::up(&shell("pieces", line, ""));
    let screen = fleet.until_screen("pieces", "end");
    assert_eq!(screen, "a漢b🚀cd e\u{301} end");
}

#[test]
fn the_configured_size_is_the_terminals() {
    let fleet = Fleet::up(&shell("sized", "stty size; exec sleep 1000", "size = \"111x33\""));
    assert_eq!(fleet.until_screen("sized", "33"), "33 111");
    let screen = fleet.qd(["screen", "sized", "--json"]).ok().json();
    assert_eq!((&screen["columns"], &screen["rows"]), (&111.into(), &33.into()), "{screen}");
}

/// Answers of a terminal, as `od` shows them.
const ASK: &str = r"stty raw -echo min 0 time 50; printf '\033[2J\033[3;5H\033[6n'; dd bs=64 count=1 2>/dev/null | od -An -c | tr -d ' \n' > cursor.new; printf '\033[c'; dd bs=64 count=1 2>/dev/null | od -An -c | tr -d ' \n' > device.new; for name in cursor device; do echo >> $name.new; mv $name.new $name; done;";

#[test]
fn queries_are_answered_though_nobody_looks() {
    let fleet = Fleet::up(&shell("asker", &format!("{ASK} exec sleep 1000"), "workspace = \"shared\""));
    fleet.fact("asker", "agent.started");
    assert_eq!(fleet.until_file(&fleet.root.join("cursor")).trim_end(), r"033[3;5R");
    let device = fleet.until_file(&fleet.root.join("device"));
    assert!(device.starts_with("033[?") && device.trim_end().ends_with('c'), "{device:?}");
}

#[test]
fn without_a_supervisor_the_keeper_answers_what_programs_wait_for() {
    let line = format!("echo up; until [ -e go ]; do sleep 0.02; done; {ASK} exec sleep 1000");
    let fleet = Fleet::up(&shell("asker", &line, "workspace = \"shared\""));
    fleet.fact("asker", "agent.ready");
    processes::end(fleet.supervisor());
    fs::write(fleet.root.join("go"), "").expect("a file");
    let device = fleet.until_file(&fleet.root.join("device"));
    assert!(device.starts_with("033[?") && device.trim_end().ends_with('c'), "{device:?}");
    let cursor = fs::read_to_string(fleet.root.join("cursor")).expect("a file");
    assert!(cursor.starts_with("033[") && cursor.trim_end().ends_with('R'), "{cursor:?}");
}

#[test]
fn a_paste_is_bracketed_when_the_program_asked_for_it_and_only_then() {
    let reads = "stty raw -echo min 1 time 5; dd bs=64 count=1 2>/dev/null | od -An -c | tr -d ' \\n' > $0.new; echo >> $0.new; mv $0.new $0; exec sleep 1000";
    let plain = format!("exec sh -c 'echo up; {reads}' plain").replace("\\n", "\\\\n");
    let plain = plain.replace("\\\\n", "\\n");
    let bracketed = format!(r"printf '\033[?2004h'; {plain}").replace("' plain", "' bracketed");
    let more = "workspace = \"shared\"";
    let fleet = Fleet::up(
        &(shell("plain", &plain.replace("-d ' \\n'", "-d \" \\n\""), more)
            + &shell("bracketed", &bracketed.replace("-d ' \\n'", "-d \" \\n\""), more)),
    );
    for name in ["plain", "bracketed"] {
        fleet.until_screen(name, "up");
        fleet.qd(["send", name, "hi"]).ok();
    }
    assert_eq!(fleet.until_file(&fleet.root.join("plain")).trim_end(), "hi");
    assert_eq!(fleet.until_file(&fleet.root.join("bracketed")).trim_end(), "033[200~hi033[201~");
}

#[test]
fn a_line_that_a_cooked_terminal_would_cut_is_refused_and_a_program_that_reads_need_not_draw() {
    let fleet = Fleet::up(&shell("cat", "stty -echo; exec cat", ""));
    fleet.qd(["send", "cat", "first", "--key", "enter"]).ok().says("submitted to cat");
    fleet.until_screen("cat", "first");
    let line = "x".repeat(5_000);
    fleet.qd(["send", "cat", &line, "--key", "enter"]).code(4).says("a line of 5000 bytes").says("at most 4095");
    let fits = "y".repeat(4_095);
    fleet.qd(["send", "cat", &fits, "--key", "enter"]).ok().says("submitted to cat");
    fleet.qd(["send", "cat", "last\\", "--key", "enter"]).ok();
    let screen = fleet.until_screen("cat", "last\\");
    let wrote = String::from_utf8(fleet.transcript("cat")).expect("text");
    assert_eq!(wrote.matches('y').count(), 4_095, "it got all of what fits");
    assert!(!wrote.contains('x'), "and nothing of what does not");
    assert_eq!(screen.trim_end().lines().last(), Some("last\\"), "a terminal of lines gets no blank");
}

/// `qd up` comes back before every agent has started.
#[test]
fn an_agent_that_is_on_its_way_is_waited_for() {
    let setup = "setup = [\"until [ -e ../../go ]; do sleep 0.02; done\"]";
    let fleet = Fleet::up_in_repository(&shell("late", "stty -echo; exec cat", setup));
    fleet.fact("late", "agent.preparing");
    thread::scope(|scope| {
        let sends = scope.spawn(|| fleet.qd(["send", "late", "first", "--key", "enter"]));
        fs::write(fleet.root.join("go"), "").expect("a file");
        sends.join().expect("an end").ok().says("submitted to late");
    });
    fleet.until_screen("late", "first");
    fleet.qd(["stop", "late"]).ok();
    fleet.qd(["send", "late", "second", "--key", "enter"]).code(4).says("`late` has no live run");
}

#[test]
fn keys_are_sent_as_the_bytes_that_a_terminal_sends() {
    let line = "stty raw -echo; echo up; dd bs=1 count=9 2>/dev/null | od -An -tx1; exec sleep 1000";
    let fleet = Fleet::up(&shell("keys", line, ""));
    fleet.until_screen("keys", "up");
    let keys = ["--key", "up", "--key", "ctrl-c", "--key", "esc", "--key", "enter", "--key", "tab"];
    fleet.qd(["send", "keys", "é", "--type"].into_iter().chain(keys)).ok();
    fleet.until_screen("keys", "c3 a9 1b 5b 41 03 1b 0d 09");
    fleet.qd(["send", "keys", "--key", "no-such-key"]).code(2).says("no-such-key");
}

#[test]
fn scrollback_above_what_memory_holds_comes_from_the_transcript() {
    let line = "i=0; while [ $i -lt 6000 ]; do i=$((i+1)); echo \"line $i\"; done; exec sleep 1000";
    let fleet = Fleet::up(&shell("a", line, ""));
    fleet.until_screen("a", "line 6000");
    let screen = fleet.ask("GET", "/agents/a/screen?history=50000", None).expect(200);
    let history = screen["history"].as_array().cloned().unwrap_or_default();
    assert_eq!(history.first(), Some(&"line 1".into()), "{} lines of history", history.len());
    let all = history.len()
        + screen["lines"]
            .as_array()
            .map_or(0, |lines| lines.iter().filter(|line| line.as_str().is_some_and(|line| !line.is_empty())).count());
    assert_eq!(all, 6000);
}
