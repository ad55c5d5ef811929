//! Messages between real agents, through their shells and into their terminals.

use crate::harness::config::shell;
use crate::harness::facts::seq;
use crate::harness::{Fleet, eventually, processes};
use serde_json::{Value, json};
use std::fs;

/// An agent that does nothing by itself.
fn idle(name: &str) -> String {
    shell(name, "echo up; exec sleep 1000", "")
}

/// The messages that are kept, oldest first.
#[track_caller]
fn history(fleet: &Fleet) -> Vec<Value> {
    fleet.qd(["msg", "history", "--json"]).ok().json().as_array().cloned().unwrap_or_default()
}

/// Where the message of this text to this agent stands.
#[track_caller]
fn delivery(fleet: &Fleet, to: &str, body: &str) -> String {
    let all = history(fleet);
    let found = all.iter().find(|message| message["to"] == to && message["body"] == body);
    found.unwrap_or_else(|| panic!("no {body:?} to {to} in {all:#?}"))["delivery"].as_str().unwrap_or_default().into()
}

#[test]
fn two_agents_exchange_messages_by_shell() {
    let asker = "qd msg send answerer 'what is 6 x 7' --correlation q1; qd msg inbox --wait 25s --ack; exec sleep 1000";
    let answerer = "qd msg inbox --wait 25s --ack; qd msg send asker 'it is 42' --correlation q1; exec sleep 1000";
    let fleet = Fleet::up(&(shell("asker", asker, "") + &shell("answerer", answerer, "")));
    let screen = fleet.until_screen("answerer", "what is 6 x 7");
    assert!(screen.contains("m1 from asker (direct, q1)"), "{screen}");
    fleet.until_screen("asker", "  it is 42");
    eventually("both to be acknowledged", || {
        history(&fleet).iter().all(|message| message["delivery"] == "acknowledged").then_some(())
    });
    let sent = fleet.fact("asker", "message.sent");
    assert_eq!(sent["data"]["letter"]["from"], "asker", "{sent}");
    assert_eq!(fleet.fact("answerer", "message.acknowledged")["data"]["by"], "answerer");
    fleet.qd(["events", "--agent", "asker", "--type", "message"]).ok().says("what is 6 x 7");
}

#[test]
fn a_supervisor_that_dies_between_sending_and_acknowledging_loses_nothing() {
    let reads = "told() { qd msg inbox $2 > new; echo >> new; mv new $1; }; told one '--wait 25s'; \
        until [ -e go ]; do sleep 0.05; done; told two --ack; told three; exec sleep 1000";
    let fleet = Fleet::up(&shell("a", reads, "workspace = \"shared\""));
    fleet.fact("a", "agent.started");
    fleet.qd(["msg", "send", "a", "do not forget"]).ok().says("m1 to a");
    assert!(fleet.until_file(&fleet.root.join("one")).contains("do not forget"));
    assert_eq!(delivery(&fleet, "a", "do not forget"), "delivered");
    processes::end(fleet.supervisor());
    fleet.qd(["up"]).ok().says("adopted 1");
    fs::write(fleet.root.join("go"), "").expect("a file");
    assert!(
        fleet.until_file(&fleet.root.join("two")).contains("do not forget"),
        "at least once: {}",
        fleet.screen("a")
    );
    assert_eq!(fleet.until_file(&fleet.root.join("three")).trim(), "", "and not after it was acknowledged");
    assert_eq!(delivery(&fleet, "a", "do not forget"), "acknowledged");
}

#[test]
fn what_is_typed_waits_until_a_question_is_answered() {
    let reads = "while read -r line; do echo \"got $line\"; done";
    let asks = format!(
        "stty -echo; printf '\\033]0;Action Required\\007may I? '; read -r answer; printf '\\033]0;Ready\\007'; echo \"answered $answer\"; {reads}"
    );
    let fleet = Fleet::up(&(shell("asks", &asks, "") + &shell("idle", &format!("stty -echo; echo up; {reads}"), "")));
    fleet.until_screen("asks", "may I?");
    fleet.until_screen("idle", "up");
    fleet.qd(["msg", "send", "asks", "idle", "rm everything", "--terminal"]).ok();
    let typed = fleet.fact("idle", "message.delivered");
    assert_eq!(typed["data"]["via"], "terminal", "{typed}");
    fleet.until_screen("idle", "got [message m2 from person] rm everything");
    assert_eq!(delivery(&fleet, "asks", "rm everything"), "pending", "a question is not answered by a message");
    assert!(!fleet.screen("asks").contains("rm everything"), "{}", fleet.screen("asks"));
    fleet.qd(["explain", "asks"]).ok().says("message m1 from person is held: it asks a person");
    fleet.qd(["send", "asks", "yes", "--key", "enter"]).code(4).says("asks a person something");
    fleet.qd(["send", "asks", "yes", "--key", "enter", "--answer"]).ok();
    let answered = fleet.fact("asks", "agent.answered");
    assert_eq!(answered["message"], "its question was answered through `qd`: a text, enter, by person");
    fleet.until_screen("asks", "answered yes");
    fleet.fact_after(seq(&typed), "asks", "message.delivered");
    fleet.until_screen("asks", "got [message m1 from person] rm everything");
    assert_eq!(delivery(&fleet, "asks", "rm everything"), "delivered");
}

/// An agent that asks a second question some time after the first is answered, with nothing but a bell to tell.
fn asks_twice(pause_seconds: &str, more: &str) -> String {
    let line = format!(
        "printf 'working\\n'; printf 'first? \\007'; read -r one; echo \"one: $one\"; sleep {pause_seconds}; \
         printf 'second? \\007'; read -r two; echo \"two: $two\"; while read -r line; do echo \"got $line\"; done"
    );
    shell("asks", &line, more)
}

#[test]
fn neither_a_message_nor_a_task_answers_the_question_that_follows_an_answered_one() {
    for (pause_seconds, kind) in [("0.1", "message"), ("0.1", "task"), ("3", "message"), ("3", "task")] {
        let fleet = Fleet::up(&asks_twice(pause_seconds, "tasks = \"type\""));
        fleet.until_screen("asks", "first?");
        eventually("that it asks", || (fleet.agent("asks")["status"] == "waiting").then_some(()));
        match kind {
            "message" => _ = fleet.qd(["msg", "send", "asks", "yes please", "--terminal"]).ok(),
            _ => _ = fleet.add_task(json!({ "prompt": "yes please" })),
        }
        fleet.qd(["send", "asks", "n1", "--key", "enter", "--answer"]).ok();
        fleet.until_screen("asks", "second?");
        eventually("that it asks again", || (fleet.agent("asks")["status"] == "waiting").then_some(()));
        fleet.qd(["send", "asks", "n2", "--key", "enter", "--answer"]).ok();
        let screen = fleet.until_screen("asks", "yes please");
        assert!(screen.contains("one: n1\n") && screen.contains("two: n2\n"), "{kind}, {pause_seconds} s: {screen}");
        assert_eq!(fleet.history_of("asks", "agent.answered").len(), 2, "each answer is on record");
    }
}

#[test]
fn a_question_that_was_asked_under_an_earlier_supervisor_still_stands() {
    let reads = "while read -r line; do echo \"got $line\"; done";
    let asks = format!("stty -echo; printf 'may I? \\007'; read -r answer; echo \"answered $answer\"; {reads}");
    let fleet = Fleet::up(&(shell("asks", &asks, "") + &shell("idle", &format!("stty -echo; echo up; {reads}"), "")));
    fleet.fact("asks", "agent.bell");
    fleet.until_screen("idle", "up");
    processes::end(fleet.supervisor());
    fleet.qd(["up"]).ok().says("adopted 2");
    fleet.qd(["msg", "send", "asks", "idle", "rm everything", "--terminal"]).ok();
    let typed = fleet.fact("idle", "message.delivered");
    assert_eq!(delivery(&fleet, "asks", "rm everything"), "pending");
    fleet.qd(["send", "asks", "no", "--key", "enter", "--answer"]).ok();
    fleet.until_screen("asks", "answered no");
    fleet.fact_after(seq(&typed), "asks", "message.delivered");
}

#[test]
fn what_is_to_be_typed_survives_the_supervisor_and_comes_once_per_receipt() {
    let reads = "stty -echo; echo up; while read -r line; do echo \"got $line\"; done";
    let fleet = Fleet::up(&shell("a", reads, "autostart = false"));
    for number in ["one", "two", "three"] {
        fleet.qd(["msg", "send", "a", number, "--terminal"]).ok();
    }
    processes::end(fleet.supervisor());
    fleet.qd(["up"]).ok();
    assert_eq!(delivery(&fleet, "a", "one"), "pending", "there is no terminal");
    fleet.qd(["start", "a"]).ok();
    let screen = fleet.until_screen("a", "three");
    let at = |word: &str| screen.find(&format!("] {word}")).unwrap_or_else(|| panic!("no {word}: {screen}"));
    assert!(at("one") < at("two") && at("two") < at("three"), "{screen}");
    eventually("the last receipt", || (delivery(&fleet, "a", "three") == "delivered").then_some(()));
    assert_eq!(fleet.history_of("a", "message.delivered").len(), 3);
}

#[test]
fn what_nobody_takes_in_time_expires_also_while_there_is_no_supervisor() {
    let fleet = Fleet::up(&idle("a"));
    fleet.qd(["msg", "send", "a", "soon over", "--ttl", "300ms"]).ok();
    fleet.facts(0).first("the expiry", |fact| fact["type"] == "message.expired");
    assert_eq!(delivery(&fleet, "a", "soon over"), "expired");
    fleet.qd(["msg", "ack", "m1"]).code(4).says("expired");
    fleet.qd(["msg", "ack", "m99", "nonsense"]).code(2).says("m99").says("nonsense");
    fleet.qd(["msg", "send", "a", "over meanwhile", "--ttl", "1ms"]).ok();
    processes::end(fleet.supervisor());
    fleet.qd(["up"]).ok();
    eventually("the expiry", || (delivery(&fleet, "a", "over meanwhile") == "expired").then_some(()));
}

#[test]
fn topics_reach_those_that_want_them() {
    let subscribes = "qd msg subscribe 'workflow.*.events' > topics; qd msg inbox --wait 25s; exec sleep 1000";
    let fleet = Fleet::up(&(shell("a", subscribes, "workspace = \"shared\"") + &idle("b")));
    assert_eq!(fleet.until_file(&fleet.root.join("topics")), "workflow.*.events\n");
    fleet.qd(["msg", "send", "--topic", "workflow.p3.events", "step 2 of 5"]).ok().says("m1 to a");
    fleet.until_screen("a", "m1 from person (workflow.p3.events)");
    fleet.qd(["msg", "send", "--topic", "agent.b.task", "do this"]).ok().says("m2 to b");
    let everyone = fleet.qd(["msg", "send", "--broadcast", "--json", "stop it"]).ok().json();
    assert_eq!(everyone["messages"], json!([{"id": "m3", "to": "a"}, {"id": "m4", "to": "b"}]));
    fleet.qd(["msg", "send", "--topic", "nobody.listens", "hello?"]).ok().says("nobody subscribes");
    fleet.qd(["msg", "send", "--topic", "not a topic", "x"]).code(2).says("not a topic");
    fleet.qd(["msg", "send", "x"]).code(4).says("--topic");
    fleet.qd(["msg", "send", "nobody", "x"]).code(4).says("nobody");
    let inbox = fleet.qd(["msg", "inbox", "--agent", "b", "--json"]).ok().json();
    let deliveries: Vec<&Value> = inbox.as_array().into_iter().flatten().map(|message| &message["delivery"]).collect();
    assert_eq!(deliveries, ["pending", "pending"], "a person only looks");
    fleet.qd(["msg", "history", "--topic", "agent.*.task"]).ok().says("do this");
    fleet.qd(["msg", "inbox"]).code(2).says("--agent");
}

#[test]
fn an_agent_reads_and_acknowledges_what_is_its_own_and_nothing_else() {
    let tries = "until [ -e go ]; do sleep 0.05; done; qd msg inbox --agent b; echo \"inbox $?\"; qd msg ack m1; echo \"ack $?\"; \
        qd msg subscribe 'a.*' --agent b; echo \"subscribe $?\"; qd msg inbox --wait 10ms; echo \"wait $?\"; exec sleep 1000";
    let fleet = Fleet::up(&(shell("a", tries, "workspace = \"shared\"") + &idle("b")));
    fleet.qd(["msg", "send", "b", "secret"]).ok();
    fs::write(fleet.root.join("go"), "").expect("a file");
    let screen = fleet.until_screen("a", "wait 124");
    for refusal in ["inbox 4", "ack 4", "subscribe 4"] {
        assert!(screen.contains(refusal), "{screen}");
    }
    assert!(!screen.contains("secret"), "{screen}");
    assert_eq!(delivery(&fleet, "b", "secret"), "pending");
}

#[test]
fn watching_tells_of_messages_as_they_happen() {
    let fleet = Fleet::up(&idle("a"));
    fleet.qd(["msg", "send", "a", "before"]).ok();
    let mut watch = fleet.command(["msg", "watch", "--topic", "agent.*.task", "--json", "--limit", "10"]);
    watch.stdout(std::process::Stdio::piped());
    let mut child = watch.spawn().expect("qd");
    let stdout = child.stdout.take().expect("a pipe");
    fleet.qd(["msg", "send", "--topic", "agent.a.task", "after"]).ok();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line).expect("a line");
    let fact: Value = serde_json::from_str(&line).expect("json");
    assert_eq!((&fact["type"], &fact["data"]["letter"]["body"]), (&json!("message.sent"), &json!("after")), "{fact}");
    child.kill().and_then(|()| child.wait()).expect("it ends");
}
