//! What each verb prints, asks and ends with.

use crate::fleet::{Fleet, NOON_MS, Ran};
use quarterdeck::api::agents::{AgentState, Status};
use quarterdeck::api::system::HealthStatus;
use quarterdeck::client::Client;
use quarterdeck::report::exit::Exit;
use serde_json::{Value, json};
use std::process::Stdio;

#[tokio::test]
async fn help_shows_every_verb_and_every_exit_code() {
    let help = Fleet::silent().session(&["--help"]).await;
    for (exit, meaning) in Exit::TABLE {
        assert!(help.contains(&format!("{:>3}  {meaning}", exit.code())), "{meaning}");
    }
    insta::assert_snapshot!(help);
}

#[tokio::test]
async fn ps_is_a_table_for_people_and_an_array_for_programs() {
    let fleet = Fleet::up().await;
    insta::assert_snapshot!(fleet.session(&["ps"]).await);
    let ran = fleet.qd(&["ps", "--json"]).await;
    let agents: Value = serde_json::from_str(&ran.stdout).expect("json");
    for key in ["name", "state", "status", "pid", "exit_code", "workspace", "branch"] {
        assert!(agents[0].get(key).is_some(), "{key}");
    }
    assert_eq!((&agents[1]["state"], &agents[1]["exit_code"]), (&json!("gave_up"), &json!(3)));
    let one = fleet.qd(&["ps", "linter", "--json"]).await;
    let one: Value = serde_json::from_str(&one.stdout).expect("json");
    assert_eq!(one.as_array().expect("an array").len(), 1);
}

#[tokio::test]
async fn banners_are_warnings_and_do_not_touch_the_output() {
    let fleet = Fleet::up().await;
    fleet.script.hello.lock().expect("a lock")["banners"] = json!(["the disk is full"]);
    let ran = fleet.qd(&["ps"]).await;
    assert!(ran.stderr.contains("warning: the disk is full"), "{ran:?}");
    assert!(!ran.stdout.contains("disk"));
}

#[tokio::test]
async fn verbs_that_act_return_when_it_is_done_and_say_how() {
    let fleet = Fleet::up().await;
    let mut sessions = String::new();
    for words in [
        ["stop", "builder"],
        ["kill", "builder"],
        ["restart", "builder"],
        ["pause", "builder"],
        ["start", "linter"],
        ["start", "builder"],
        ["resume", "builder"],
        ["stop", "nobody"],
    ] {
        sessions += &fleet.session(&words).await;
    }
    fleet.script.change("builder", |agent| agent.status = Status::Paused);
    sessions += &fleet.session(&["resume", "--all"]).await;
    sessions += &fleet.session(&["pause", "--all"]).await;
    sessions += &fleet.session(&["stop", "linter", "builder"]).await;
    sessions += &fleet.session(&["stop", "--all", "--no-wait"]).await;
    sessions += &fleet.session(&["stop"]).await;
    insta::assert_snapshot!(sessions);
}

#[tokio::test]
async fn a_run_that_fails_to_start_is_an_agents_failure() {
    let fleet = Fleet::up().await;
    let child = fleet.command(&["restart", "builder", "--no-wait"]).spawn().expect("qd runs");
    assert_eq!(fleet.ran(child.wait_with_output().await.expect("an end")).stdout, "restarting builder\n");
    let judge = |kind: &str, run: &str, data: Value| {
        fleet.script.fact(kind, "builder", run, "exec: no such file: claude", data);
        let page = quarterdeck::api::events::EventRecord {
            seq: 1,
            at_ms: NOON_MS,
            kind: kind.into(),
            severity: quarterdeck::api::events::Severity::Info,
            agent: Some("builder".into()),
            run: Some(run.into()),
            message: "exec: no such file: claude".into(),
            data: json!({"outcome": "failed"}),
        };
        quarterdeck::cli::act::started(Some("r1"), &page)
    };
    use quarterdeck::cli::act::Settled::Badly;
    assert_eq!(judge("agent.ended", "r1", json!({})), None, "the old run's end is part of a restart");
    let failed = Some(Badly("builder did not start: exec: no such file: claude".into()));
    assert_eq!(judge("agent.ended", "r2", json!({})), failed);
}

#[tokio::test]
async fn waiting_ends_with_124_when_the_time_is_over_and_the_act_goes_on() {
    let fleet = Fleet::up().await;
    // The agent is queued, and nobody lets it start.
    fleet.script.change("linter", |agent| agent.state = AgentState::Queued);
    let ran = fleet.qd(&["wait", "linter", "--until", "ready", "--timeout", "50ms"]).await;
    assert_eq!((ran.code, ran.stderr.contains("not reached after 50ms")), (124, true), "{ran:?}");
}

#[tokio::test]
async fn wait_returns_when_the_state_is_reached_or_can_not_be() {
    let fleet = Fleet::up().await;
    assert_eq!(fleet.qd(&["wait", "builder", "--until", "ready"]).await.code, 0);
    assert_eq!(fleet.qd(&["wait", "builder", "--until", "working"]).await.stdout, "builder: working\n");
    let missed = fleet.qd(&["wait", "linter", "--until", "idle"]).await;
    assert_eq!((missed.code, missed.stderr.contains("gave up after 5 restarts")), (5, true), "{missed:?}");
    assert_eq!(fleet.qd(&["wait", "linter"]).await.code, 5);
    let waiting = fleet.command(&["wait", "builder", "--until", "idle"]).spawn().expect("qd runs");
    fleet.script.change("builder", |agent| agent.status = Status::Idle);
    assert_eq!(waiting.wait_with_output().await.expect("an end").status.code(), Some(0));
}

#[tokio::test]
async fn spawn_sends_the_keys_of_agents_toml() {
    let fleet = Fleet::up().await;
    let words = ["spawn", "new", "--workspace", "shared", "--env", "A=b=c", "--", "sh", "-c", "true"];
    let ran = fleet.qd(&words).await;
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "started new\n"), "{ran:?}");
    assert_eq!(fleet.qd(&["spawn", "other", "--shell", "a | b", "--no-wait"]).await.stdout, "starting other\n");
    let told = fleet.script.told.lock().expect("a lock");
    let config = json!({"command": "sh", "args": ["-c", "true"], "workspace": "shared", "env": {"A": "b=c"}});
    assert_eq!(told[0].1, json!({"name": "new", "config": config}));
    assert_eq!(told[1].1, json!({"name": "other", "config": {"shell": "a | b"}}));
}

#[tokio::test]
async fn send_pastes_types_and_presses_keys() {
    let fleet = Fleet::up().await;
    let ran = fleet.qd(&["send", "builder", "hello", "--key", "enter", "--key", "ctrl-c"]).await;
    assert_eq!(ran.stdout, "submitted to builder\n");
    assert_eq!(fleet.qd(&["send", "builder"]).await.code, 2);
    let mut child =
        fleet.command(&["send", "builder", "--stdin", "--type"]).stdin(Stdio::piped()).spawn().expect("qd runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    tokio::io::AsyncWriteExt::write_all(&mut stdin, "two\nlines".as_bytes()).await.expect("written");
    drop(stdin);
    assert!(child.wait().await.expect("an end").success());
    let told = fleet.script.told.lock().expect("a lock");
    assert_eq!(told[0].1, json!({"text": "hello", "mode": "paste", "keys": ["enter", "ctrl-c"]}));
    assert_eq!(told[1].1, json!({"text": "two\nlines", "mode": "type", "keys": []}));
}

#[tokio::test]
async fn send_says_what_became_of_it() {
    let fleet = Fleet::up().await;
    assert_eq!(fleet.qd(&["send", "builder", "hello"]).await.stdout, "sent 5 bytes to builder\n");
    let stuck = fleet.qd(&["send", "builder", "stuck", "--key", "enter"]).await;
    assert_eq!((stuck.code, stuck.stdout.as_str()), (1, ""));
    assert!(stuck.stderr.contains("typed into builder, not submitted"), "{stuck:?}");
    assert!(stuck.stderr.contains("the text is still there after 3 Enters"), "{stuck:?}");
    let asks = fleet.qd(&["send", "builder", "question"]).await;
    assert_eq!(asks.code, 4);
    assert!(asks.stderr.contains("nothing was typed") && asks.stderr.contains("it asks: May I?"), "{asks:?}");
    assert_eq!(fleet.qd(&["send", "builder", "question", "--answer"]).await.code, 0);
    let told = fleet.script.told.lock().expect("a lock");
    assert_eq!(told[3].1["answers"], "question");
}

#[tokio::test]
async fn screen_explain_and_remove() {
    let fleet = Fleet::up().await;
    let mut sessions = fleet.session(&["screen", "builder", "--history", "1"]).await;
    sessions += &fleet.session(&["screen", "builder", "--whole"]).await;
    sessions += &fleet.session(&["screen", "builder", "--json"]).await;
    sessions += &fleet.session(&["explain", "linter"]).await;
    sessions += &fleet.session(&["remove", "linter", "--park"]).await;
    sessions += &fleet.session(&["remove", "builder"]).await;
    sessions += &fleet.session(&["remove", "--all"]).await;
    insta::assert_snapshot!(sessions);
    let cells: Value = serde_json::from_str(&fleet.qd(&["screen", "builder", "--cells"]).await.stdout).expect("json");
    assert_eq!(cells["rows"][0]["spans"][0]["text"], "hello");
    assert_eq!(fleet.script.told.lock().expect("a lock")[0].1, json!({"workspace": "park"}));
}

#[tokio::test]
async fn events_are_listed_filtered_and_followed() {
    let fleet = Fleet::up().await;
    fleet.script.fact("agent.started", "builder", "r1", "started r1 (pid 1234)", json!({"pid": 1234}));
    fleet.script.fact("agent.ended", "linter", "r2", "failed: exit 3", json!({}));
    let mut sessions = fleet.session(&["events"]).await;
    sessions += &fleet.session(&["events", "--agent", "linter", "--severity", "error", "--json"]).await;
    sessions += &fleet.session(&["events", "--type", "agent.started", "--limit", "5"]).await;
    sessions += &fleet.session(&["events", "--since", "next week"]).await;
    insta::assert_snapshot!(sessions);

    use tokio::io::{AsyncBufReadExt, BufReader};
    let mut child = fleet.command(&["events", "--follow"]).spawn().expect("qd runs");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut next = async || lines.next_line().await.expect("readable").expect("a line");
    assert!(next().await.ends_with("started r1 (pid 1234)"));
    assert!(next().await.ends_with("failed: exit 3"));
    fleet.script.fact("agent.ready", "builder", "r1", "ready", json!({}));
    assert_eq!(next().await, "09:30:03  builder       ready");
    fleet.script.set_stage(crate::fleet::Stage::Gone);
    assert_eq!(child.wait().await.expect("an end").code(), Some(3));
}

#[tokio::test]
async fn up_joins_a_fleet_that_runs_and_down_returns_when_it_is_gone() {
    let fleet = Fleet::up().await;
    let mut sessions = fleet.session(&["up"]).await;
    sessions += &fleet.session(&["down", "--kill"]).await;
    insta::assert_snapshot!(sessions);
    assert_eq!(fleet.script.told.lock().expect("a lock")[0], ("shutdown".to_owned(), json!({"kill": true})));
}

#[tokio::test]
async fn an_unhealthy_fleet_is_an_answer() {
    let fleet = Fleet::up().await;
    let health = Client::connect(&fleet.place).await.expect("a client").health().await.expect("an answer");
    assert_eq!((health.status, health.checks[0].detail.as_str()), (HealthStatus::Unhealthy, "disk full"));
    let table = "CHECK    STATUS     FOUND\njournal  unhealthy  disk full\n";
    assert_eq!(fleet.qd(&["health"]).await, Ran { stdout: table.into(), stderr: String::new(), code: 1 });
}

#[tokio::test]
async fn completions_ask_the_qd_on_the_path() {
    let fleet = Fleet::silent();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = fleet.qd(&["completions", shell]).await;
        assert!(ran.code == 0 && ran.stdout.contains("QD_COMPLETE") && !ran.stdout.contains("target"), "{shell}");
    }
}

#[tokio::test]
async fn a_reader_that_goes_away_ends_it_without_a_word() {
    let fleet = Fleet::up().await;
    for words in [&["ps"][..], &["--help"], &["completions", "zsh"]] {
        let mut child = fleet.command(words).spawn().expect("qd runs");
        drop(child.stdout.take());
        let output = child.wait_with_output().await.expect("an end");
        let ran = fleet.ran(output);
        assert_eq!((ran.stderr.as_str(), ran.code), ("", 0), "{words:?}");
    }
}

/// The order in which the flag, the variables and the pipe are asked, for results, our errors, and clap's help and errors.
#[tokio::test]
async fn colours_are_shown_where_they_are_wanted() {
    let fleet = Fleet::up().await;
    let runs = [&["ps"][..], &["stop", "nobody"], &["--help"], &["no-such-verb"]];
    let variables = [("", ""), ("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1"), ("CLICOLOR_FORCE", "")];
    for (flag, wanted) in [
        (&[][..], [false, false, true, false]),
        (&["--color", "auto"], [false, false, true, false]),
        (&["--color=always"], [true; 4]),
        (&["--color", "never"], [false; 4]),
    ] {
        for (words, ((variable, value), wanted)) in
            runs.iter().flat_map(|words| std::iter::repeat(words).zip(variables.into_iter().zip(wanted)))
        {
            let mut command = fleet.command(&[words, flag].concat());
            command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").env_remove("CLICOLOR");
            if !variable.is_empty() {
                command.env(variable, value);
            }
            let ran = fleet.ran(command.output().await.expect("qd runs"));
            let is_coloured = (ran.stdout + &ran.stderr).contains("\x1b[");
            assert_eq!(is_coloured, wanted, "{words:?} {flag:?} {variable}={value}");
        }
    }
    let wrong = fleet.qd(&["ps", "--color", "sometimes"]).await;
    assert_eq!((wrong.code, wrong.stderr.contains("[possible values: auto, always, never]")), (2, true), "{wrong:?}");
}
