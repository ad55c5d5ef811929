//! `qd run --headless`: to the end, with every ending's own exit code.

use crate::fleet::{Fleet, Ran, Stage};
use quarterdeck::api::agents::AgentState;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdout};

/// Completes both agents and lets the fleet come to rest.
fn finish(fleet: &Fleet, state: AgentState, summary: &str) {
    fleet.script.change("linter", |agent| {
        (agent.state, agent.summary) = (AgentState::Completed, "completed".into());
    });
    fleet.script.change("builder", |agent| (agent.state, agent.summary) = (state, summary.into()));
    fleet.script.fact("agent.ended", "builder", "r1", summary, json!({"outcome": "completed"}));
    fleet.script.set_stage(Stage::Quiescent);
}

/// Starts a run and returns once it follows the facts.
async fn following(fleet: &Fleet, words: &[&str]) -> (Child, tokio::io::Lines<BufReader<ChildStdout>>) {
    let mut child = fleet.command(words).spawn().expect("qd runs");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    // The first fact may come before it follows, and then is history; so facts come until one is heard.
    let heard = async {
        let mut every = tokio::time::interval(std::time::Duration::from_millis(5));
        let line = lines.next_line();
        tokio::pin!(line);
        loop {
            tokio::select! {
                line = &mut line => break line.expect("readable").expect("a line"),
                _ = every.tick() => fleet.script.fact("agent.ready", "builder", "r1", "ready", json!({})),
            }
        }
    };
    assert!(heard.await.contains("ready"));
    (child, lines)
}

async fn ended(fleet: &Fleet, child: Child, mut lines: tokio::io::Lines<BufReader<ChildStdout>>) -> Ran {
    let mut rest = String::new();
    while let Some(line) = lines.next_line().await.expect("readable") {
        if !line.ends_with("ready") {
            rest += &(line + "\n");
        }
    }
    let mut ran = fleet.ran(child.wait_with_output().await.expect("an end"));
    ran.stdout = rest.replace(&fleet.place.root.display().to_string(), "[root]");
    ran
}

fn signal(child: &Child, signal: rustix::process::Signal) {
    let pid = rustix::process::Pid::from_raw(child.id().expect("alive").cast_signed()).expect("a pid");
    rustix::process::kill_process(pid, signal).expect("sent");
}

/// The card with its one number that differs from run to run taken out.
fn steady(text: &str) -> String {
    let Some((head, tail)) = text.split_once(" after ") else { return text.to_owned() };
    let (_, tail) = tail.split_once(" s:").expect("a headline");
    format!("{head} after N s:{tail}")
}

#[tokio::test]
async fn a_fleet_that_completes_ends_with_0_and_says_where_the_results_are() {
    let fleet = Fleet::up().await;
    let (child, lines) = following(&fleet, &["run", "--headless", "--join"]).await;
    finish(&fleet, AgentState::Completed, "completed");
    let ran = ended(&fleet, child, lines).await;
    let clock = ran.stdout.find("  builder").expect("a fact");
    insta::assert_snapshot!(steady(&ran.stdout[clock..]));
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert!(fleet.script.told.lock().expect("a lock").is_empty(), "a fleet that was joined is left running");
}

#[tokio::test]
async fn a_fleet_with_a_failure_ends_with_5_and_points_to_its_log() {
    let fleet = Fleet::up().await;
    let (child, lines) = following(&fleet, &["run", "--headless", "--join"]).await;
    finish(&fleet, AgentState::Failed, "failed: exit 3");
    let ran = ended(&fleet, child, lines).await;
    assert_eq!(ran.code, 5);
    assert!(
        ran.stdout.contains("1 completed, 1 failed") && ran.stdout.contains("  hint: qd logs builder\n"),
        "{ran:?}"
    );
}

#[tokio::test]
async fn json_lines_carry_a_version_and_end_with_the_result() {
    let fleet = Fleet::up().await;
    let (child, lines) = following(&fleet, &["run", "--headless", "--join", "--json"]).await;
    finish(&fleet, AgentState::Completed, "completed");
    let ran = ended(&fleet, child, lines).await;
    let values: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).expect("json")).collect();
    assert!(values.iter().all(|value| value["v"] == 1), "{values:?}");
    let result = values.last().expect("a result");
    assert_eq!(
        (&result["type"], &result["outcome"], &result["exit"]),
        (&json!("result"), &json!("completed"), &json!(0))
    );
    assert_eq!(result["agents"][0]["branch"], "qd/builder");
}

#[tokio::test]
async fn time_and_signals_stop_the_fleet_first_and_have_their_own_codes() {
    use rustix::process::Signal;
    for (words, sent, code) in [
        (&["run", "--headless", "--join", "--timeout", "300ms"][..], None, 124),
        (&["run", "--headless", "--join"], Some(Signal::INT), 130),
        (&["run", "--headless", "--join"], Some(Signal::TERM), 143),
    ] {
        let fleet = Fleet::up().await;
        let (child, lines) = following(&fleet, words).await;
        sent.into_iter().for_each(|sent| signal(&child, sent));
        let ran = ended(&fleet, child, lines).await;
        assert_eq!(ran.code, code, "{ran:?}");
        assert_eq!(fleet.script.told.lock().expect("a lock")[0], ("shutdown".to_owned(), json!({"kill": false})));
        assert!(ran.stdout.contains("builder  stopped: SIGTERM"), "{ran:?}");
    }
}

#[tokio::test]
async fn a_fleet_that_runs_already_is_not_ended_by_surprise() {
    let fleet = Fleet::up().await;
    let ran = fleet.qd(&["run", "--headless"]).await;
    assert_eq!((ran.code, ran.stderr.contains("hint: `qd run --headless --join`")), (4, true), "{ran:?}");
    let alone = fleet.qd(&[]).await;
    assert_eq!(alone, ran, "without a terminal `qd` is a headless run");
    assert!(fleet.script.told.lock().expect("a lock").is_empty());
}

#[tokio::test]
async fn a_reader_that_goes_away_does_not_end_the_fleet() {
    let fleet = Fleet::up().await;
    let (child, lines) = following(&fleet, &["run", "--headless", "--join"]).await;
    drop(lines);
    finish(&fleet, AgentState::Completed, "completed");
    let ran = fleet.ran(child.wait_with_output().await.expect("an end"));
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
}
