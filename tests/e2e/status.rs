//! What an agent's program is doing, as every client is told: from its own reports, and the same in each answer.

use crate::harness::config::shell;
use crate::harness::fleet::Fleet;
use crate::harness::pace::eventually;
use crate::harness::processes;
use nix::sys::signal::Signal;

/// A program that reports itself as agent programs do: it asks its terminal first, then a line that it reads moves it
/// on.
const REPORTS: &str = r#"report() { printf '\033]7501;%s\033\\' "$1"; read -r line; }
stty -echo; printf '\033]7501;?\007'; read -r -d '\\' answer; case "$answer" in *7501*) echo known;; esac
report "state=blocked:app=a:kind=permission:msg=TWF5IEkgcnVuIG1ha2U/"
report "state=working:app=a"; report "state=error:app=a:msg=bm8gbW9yZQ=="; report "state=done:app=a"; exec sleep 1000"#;

fn reporter() -> String {
    format!("[agents.a]\ncommand = \"bash\"\nargs = [\"-c\", '''{REPORTS}''']\nworkspace = \"shared\"\n")
}

fn until_status(fleet: &Fleet, status: &str) -> serde_json::Value {
    eventually(status, || Some(fleet.agent("a")).filter(|agent| agent["status"] == status))
}

#[test]
fn what_a_program_reports_is_told_the_same_everywhere_and_outlives_the_supervisor() {
    let fleet = Fleet::up(&reporter());
    let asks = until_status(&fleet, "waiting");
    assert_eq!(asks["question"]["kind"], "permission");
    assert_eq!(asks["question"]["text"], "May I run make?");
    assert_eq!((&asks["status_source"], &asks["attention"]), (&"program".into(), &"needs_you".into()));
    assert!(fleet.screen("a").contains("known"), "the query was answered: {}", fleet.screen("a"));
    let words = "asks for permission: May I run make?";
    assert_eq!(fleet.fact("a", "agent.asks")["message"], words);
    fleet.qd(["ps"]).ok().says("needs-you").says("May I run make?");
    fleet.qd(["explain", "a"]).ok().says(words);
    fleet.qd(["wait", "a", "--until", "waiting"]).ok().says(words);
    fleet.ask("PATCH", "/agents/a", Some(r#"{"action":"seen"}"#)).expect(200);
    processes::kill(fleet.supervisor(), Signal::SIGKILL);
    fleet.qd(["up"]).ok();
    let still = until_status(&fleet, "waiting");
    assert_eq!(still["question"], asks["question"], "the same question, since the same instant");
    assert_eq!(fleet.history_of("a", "agent.asks").len(), 1, "it was asked once");
    let answer = |fleet: &Fleet| {
        fleet.ask("POST", "/agents/a/input", Some(r#"{"keys":["enter"],"answers":"question"}"#)).expect(200)
    };
    answer(&fleet);
    until_status(&fleet, "working");
    answer(&fleet);
    let failed = until_status(&fleet, "error");
    assert_eq!((&failed["error"], &failed["attention"]), (&"no more".into(), &"failed".into()));
    answer(&fleet);
    // Its turn is over, and nobody has looked. A word that it is idle may come before the word that its turn has ended.
    eventually("finished, unseen", || (fleet.agent("a")["attention"] == "finished_unseen").then_some(()));
    until_status(&fleet, "idle");
    fleet.ask("PATCH", "/agents/a", Some(r#"{"action":"seen"}"#)).expect(200);
    assert_eq!(fleet.agent("a")["attention"], "quiet");
    let kinds = ["agent.asks", "agent.asks_no_more", "agent.turn_failed", "agent.recovered", "agent.turn_done"];
    for kind in kinds {
        assert_eq!(fleet.history_of("a", kind).len(), 1, "{kind}");
    }
}

#[test]
fn a_second_question_calls_however_soon_it_follows_the_answer() {
    let line =
        r"printf 'one? \a'; read x; printf 'two? \a'; read y; printf 'three? \a'; read z; echo over; exec sleep 1000";
    let fleet = Fleet::up(&shell("a", line, "workspace = \"shared\""));
    for question in 1..=3_usize {
        let asked = eventually("another question", || {
            Some(fleet.history_of("a", "agent.asks")).filter(|asked| asked.len() == question)
        });
        assert_eq!(asked.len(), question);
        until_status(&fleet, "waiting");
        fleet.ask("POST", "/agents/a/input", Some(r#"{"text":"y","keys":["enter"],"answers":"question"}"#)).expect(200);
    }
    fleet.until_screen("a", "over");
    eventually("no more questions", || (fleet.agent("a")["status"] != "waiting").then_some(()));
}

#[test]
fn a_program_that_shows_no_sign_of_life_is_unresponsive_until_it_does_and_a_silent_tool_is_one() {
    let works = r"printf '\033]7501;state=working:app=a\033\\';";
    let agent = |name: &str, line: &str| {
        shell(name, &format!("{works} {line}"), "workspace = \"shared\"\nunresponsive_after = \"4s\"")
    };
    let fleet = Fleet::up(
        &[agent("tool", "sleep 1000; echo over"), agent("a", "read line; echo again; sleep 1000; echo over")]
            .join("\n"),
    );
    let hangs = until_status(&fleet, "unresponsive");
    assert_eq!((&hangs["attention"], &hangs["status_source"]), (&"failed".into(), &"program".into()));
    let words = "unresponsive: says that it works, and shows no sign of life";
    assert_eq!(fleet.fact("a", "agent.unresponsive")["message"], words);
    fleet.qd(["ps"]).ok().says("unresponsive").says("shows no sign of life");
    fleet.qd(["explain", "a"]).ok().says(words).says("qd restart a");
    fleet.qd(["wait", "a", "--until", "unresponsive"]).ok().says(words);
    assert_eq!(
        (fleet.agent("tool")["status"].clone(), fleet.history_of("tool", "agent.unresponsive").len()),
        ("working".into(), 0)
    );
    processes::kill(fleet.supervisor(), Signal::SIGKILL);
    fleet.qd(["up"]).ok();
    until_status(&fleet, "unresponsive");
    fleet.ask("POST", "/agents/a/input", Some(r#"{"keys":["enter"]}"#)).expect(200);
    assert_eq!(fleet.fact("a", "agent.recovered")["message"], "it responds again");
    assert_eq!(fleet.history_of("a", "agent.unresponsive").len(), 1, "it was so once");
}

#[test]
fn a_program_that_does_not_read_what_is_typed_is_unresponsive() {
    let fleet = Fleet::up(&shell(
        "a",
        "stty raw -echo; echo up; exec sleep 1000",
        "workspace = \"shared\"\nunresponsive_after = \"4s\"",
    ));
    fleet.until_screen("a", "up");
    fleet.ask("POST", "/agents/a/input", Some(r#"{"keys":["a","b"]}"#)).expect(200);
    until_status(&fleet, "unresponsive");
    assert_eq!(fleet.fact("a", "agent.unresponsive")["message"], "unresponsive: does not read what is typed");
}

#[test]
fn a_storm_of_reports_ends_in_the_truth_and_costs_few_facts() {
    let storm = r"i=0; while [ $i -lt 3000 ]; do i=$((i+1)); printf '\033]7501;state=blocked:msg=YQ==\007\033]7501;state=working\007'; done; printf '\033]7501;state=blocked:msg=bGFzdD8=\007'; exec sleep 1000";
    let fleet = Fleet::up(&shell("a", storm, "workspace = \"shared\""));
    let asks =
        eventually("the last one", || Some(fleet.agent("a")).filter(|agent| agent["question"]["text"] == "last?"));
    assert_eq!(asks["status"], "waiting");
    let facts = fleet.history_of("a", "agent.asks").len();
    assert!(facts < 100, "{facts} facts");
}
