//! The control plane as any program may use it: HTTP and JSON on a socket.

use crate::harness::config::shell;
use crate::harness::facts::seq;
use crate::harness::{DEADLINE, Facts, Fleet, Heard, command, http};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::time::Duration;

const STAYS: &str = "echo up; exec sleep 1000";

fn fleet() -> Fleet {
    let fleet = Fleet::up(&shell("a", STAYS, ""));
    fleet.fact("a", "agent.ready");
    fleet
}

/// A body that says what, why and, mostly, what to do about it.
#[track_caller]
fn assert_problem(answer: &http::Answer, status: u16, code: &str) {
    let body = answer.expect(status);
    assert_eq!((&body["status"], &body["code"]), (&json!(status), &json!(code)), "{body}");
    for key in ["what", "why"] {
        assert!(body[key].as_str().is_some_and(|text| !text.is_empty()), "no {key}: {body}");
    }
}

#[test]
fn every_refusal_says_what_why_and_what_to_do() {
    let fleet = fleet();
    let patch = |body: &str| fleet.ask("PATCH", "/agents/a", Some(body));
    assert_problem(&fleet.ask("GET", "/agents/nobody", None), 404, "unknown_agent");
    assert_problem(&fleet.ask("DELETE", "/agents/nobody", None), 404, "unknown_agent");
    assert_problem(&fleet.ask("GET", "/no/such/path", None), 404, "no_such_path");
    assert_eq!(
        fleet.ask("GET", "/", None).expect(200)["pid"],
        fleet.hello()["pid"],
        "a slash at its end means the same"
    );
    assert_problem(&fleet.ask("PUT", "/agents", None), 405, "no_such_method");
    assert_problem(&fleet.ask("DELETE", "/health", None), 405, "no_such_method");
    assert_problem(&patch(r#"{"action":"start"}"#), 409, "already_running");
    assert_problem(&patch(r#"{"action":"resume"}"#), 409, "not_paused");
    assert_problem(&fleet.ask("DELETE", "/agents/a", None), 409, "still_running");
    for body in
        ["", "{", "[]", r#"{"action":"explode"}"#, r#"{"action":"start","also":1}"#, "\u{0}\u{1}", r#"{"action":7}"#]
    {
        assert_problem(&patch(body), 400, "bad_request");
    }
    for query in
        ["limit=-1", "limit=x", "limit=10001", "severity=loud", "unknown=1", "since_seq=99999999999999999999999"]
    {
        assert_problem(&fleet.ask("GET", &format!("/events?{query}"), None), 400, "bad_request");
    }
    for path in ["/agents/a/input", "/tasks/claim", "/messages/subscriptions/a", "/workspaces/clean", "/join"] {
        assert_problem(&fleet.ask("POST", path, Some("[]")), 400, "bad_request");
    }
    assert_problem(&fleet.ask("GET", "/stream", None), 400, "bad_request");
    let taken = json!({"name": "a", "config": {"shell": "true"}}).to_string();
    assert_problem(&fleet.ask("POST", "/agents", Some(&taken)), 409, "name_taken");
    let unknown_key = json!({"name": "b", "config": {"comand": "true"}}).to_string();
    let answer = fleet.ask("POST", "/agents", Some(&unknown_key));
    assert_problem(&answer, 400, "invalid_agent");
    assert!(answer.body.contains("comand") && answer.body.contains("command"), "the nearest key: {}", answer.body);
    assert_eq!(fleet.agent("a")["state"], "ready", "nothing has changed");
}

#[test]
fn curl_can_drive_a_fleet() {
    let fleet = fleet();
    if std::process::Command::new("curl").arg("--version").output().is_err() {
        eprintln!("skipped: there is no curl");
        return;
    }
    let socket = fleet.socket().display().to_string();
    let curl = |words: &[&str]| {
        let mut curl = fleet.surround("curl");
        curl.args(["--silent", "--show-error", "--max-time", "20", "--unix-socket", &socket]).args(words);
        command::finish(curl, b"").ok()
    };
    let hello = curl(&["http://localhost/api/v1"]).json();
    assert_eq!((&hello["api_version"], &hello["fleet"]), (&json!(1), &json!("fleet")), "{hello}");
    assert_eq!(curl(&["http://localhost/api/v1/agents"]).json()[0]["name"], "a");
    let stopped = curl(&[
        "-X",
        "PATCH",
        "-H",
        "content-type: application/json",
        "-d",
        r#"{"action":"stop"}"#,
        "http://localhost/api/v1/agents/a",
    ]);
    assert_eq!(stopped.json()["agent"], "a");
    fleet.fact("a", "agent.ended");
    let input = curl(&["-X", "POST", "--json", r#"{"text":"x"}"#, "http://localhost/api/v1/agents/a/input"]).json();
    assert_eq!(input["status"], 409, "{input}");
}

#[test]
fn an_answer_comes_when_the_fact_is_on_record() {
    let fleet = fleet();
    let accepted = fleet.ask("PATCH", "/agents/a", Some(r#"{"action":"stop"}"#)).expect(200);
    let since = seq(&accepted);
    let stopping = fleet.history().into_iter().find(|fact| fact["type"] == "agent.stopping").expect("on record");
    assert!(seq(&stopping) <= since, "{accepted} came before {stopping}");
}

#[test]
fn facts_are_filtered_and_paged() {
    let fleet = Fleet::up(
        &(shell("good", "echo fine", "") + &shell("bad", "exit 1", "restart = \"never\"") + &shell("a", STAYS, "")),
    );
    fleet.fact("good", "agent.ended");
    fleet.fact("bad", "agent.ended");
    fleet.fact("a", "agent.ready");
    let events = |query: &str| -> Vec<Value> {
        fleet.ask("GET", &format!("/events?{query}"), None).expect(200)["events"]
            .as_array()
            .cloned()
            .unwrap_or_default()
    };
    let all = events("limit=10000");
    assert!(all.len() > 10);
    assert!(all.windows(2).all(|pair| seq(&pair[0]) < seq(&pair[1])), "oldest first");
    assert!(events("agent=bad").iter().all(|fact| fact["agent"] == "bad"));
    assert_eq!(events("type=agent.ended").len(), 2);
    assert_eq!(
        events("type=agent").len(),
        all.iter().filter(|fact| fact["type"].as_str().is_some_and(|kind| kind.starts_with("agent."))).count()
    );
    assert!(events("type=age").is_empty(), "a part of a word is no type");
    assert!(events("severity=error").iter().all(|fact| fact["agent"] == "bad"), "{:?}", events("severity=error"));
    assert_eq!(events("type=agent.ended&agent=good").len(), 1);
    let middle = all[all.len() / 2]["at_ms"].as_u64().expect("an instant");
    assert_eq!(
        events(&format!("until_ms={middle}")).len() + events(&format!("since_ms={middle}&limit=10000")).len(),
        all.len()
    );
    assert_eq!(events("limit=3"), all[all.len() - 3..], "the newest");
    assert_eq!(events("limit=3&order=oldest"), all[..3]);
    assert_eq!(events("limit=3&order=oldest&offset=2"), all[2..5]);
    assert_eq!(events(&format!("since_seq={}&order=oldest&limit=2", seq(&all[4]))), all[5..7]);
    assert!(events("since_seq=999999").is_empty());
}

#[test]
fn a_stream_replays_from_any_number_without_gap_or_double() {
    let fleet =
        Fleet::up(&shell("round", "echo round", "restart = { when = \"always\", delay = \"1ms\", budget = 100000 }"));
    fleet.fact("round", "agent.backed_off");
    for since in [0, 3, 7] {
        let mut facts = fleet.facts(since);
        for expected in since + 1..since + 60 {
            let fact = facts.first("the next fact", |_| true);
            assert_eq!(seq(&fact), expected);
        }
    }
    fleet.qd(["stop", "round"]).ok();
}

/// Reads nothing while thousands of facts happen, then all of them: told that it lagged, and nothing missing.
#[test]
fn a_reader_that_is_too_slow_is_told_so_and_catches_up() {
    let fleet = fleet();
    let mut slow = Facts::after(&fleet.socket(), 0, "").deadline(DEADLINE * 2);
    let bells = r"i=0; while [ $i -lt 400 ]; do i=$((i+1)); echo $i; done";
    let spawned = json!({"name": "noise", "config": {"shell": bells, "restart": {"when": "always", "delay": "1ms", "budget": 1_000_000}}});
    fleet.ask("POST", "/agents", Some(&spawned.to_string())).expect(201);
    for _ in 0..400 {
        fleet.ask("PATCH", "/agents/a", Some(r#"{"action":"pause"}"#));
        fleet.ask("PATCH", "/agents/a", Some(r#"{"action":"resume"}"#));
    }
    fleet.qd(["stop", "noise"]).ok();
    let newest = fleet.newest();
    let mut seen = BTreeSet::new();
    while seen.last().is_none_or(|last| *last < newest) {
        match slow.next().expect("the stream goes on") {
            Heard::Fact(fact) => assert!(seen.insert(seq(&fact)), "twice: {fact}"),
            Heard::Lagged(skipped_to) => assert!(Some(&skipped_to) >= seen.last(), "it goes back to {skipped_to}"),
            Heard::Other(_) => {}
            Heard::End => panic!("the slow reader was cut off after {:?}", seen.last()),
        }
    }
    assert_eq!(seen.len() as u64, newest, "facts are missing");
}

#[test]
fn a_stream_says_when_nothing_is_left_to_happen() {
    let fleet = Fleet::up(&(shell("a", "echo one", "") + &shell("b", "echo two", "after = [\"a\"]")));
    let mut facts = fleet.facts(0);
    let (mut ended, mut quiet) = (0, false);
    while !(quiet && ended == 2) {
        match facts.next().expect("the stream goes on") {
            Heard::Fact(fact) if fact["type"] == "agent.ended" => ended += 1,
            Heard::Other(name) => quiet = name == "quiescent",
            Heard::End => panic!("the stream ended"),
            Heard::Fact(_) | Heard::Lagged(_) => {}
        }
    }
    assert_eq!(fleet.hello()["quiescent"], true);
}

#[test]
fn a_reader_that_never_reads_blocks_nobody() {
    let fleet = fleet();
    let _deaf: Vec<Facts> = (0..20).map(|_| Facts::after(&fleet.socket(), 0, "")).collect();
    for _ in 0..50 {
        fleet.ask("PATCH", "/agents/a", Some(r#"{"action":"pause"}"#));
        fleet.ask("PATCH", "/agents/a", Some(r#"{"action":"resume"}"#));
    }
    assert_eq!(fleet.ask("GET", "/health", None).status, 200);
}

#[test]
fn health_is_checked_when_asked() {
    let fleet = fleet();
    let health = fleet.ask("GET", "/health", None).expect(200);
    assert_eq!(health["status"], "healthy", "{health}");
    let checks = health["checks"].as_array().cloned().unwrap_or_default();
    let names: Vec<&str> = checks.iter().filter_map(|check| check["name"].as_str()).collect();
    for name in ["kernel", "journal", "keepers", "agents", "invariants", "disk", "runtime_directory"] {
        assert!(names.iter().any(|known| known.starts_with(name)), "{name} is not among {names:?}");
    }
    // A check that is really executed sees what was just broken.
    let directory = fleet.socket_directory().expect("a directory");
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o777)).expect("permissions");
    let broken = fleet.ask("GET", "/health", None).json();
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o700)).expect("permissions");
    assert_ne!(broken["status"], "healthy", "{broken}");
    assert_eq!(fleet.ask("GET", "/health", None).expect(200)["status"], "healthy");
}

#[test]
fn the_description_names_every_route() {
    let fleet = fleet();
    let document = fleet.ask("GET", "/openapi.json", None).expect(200);
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.")), "{document}");
    let routes: [(&str, &[&str]); 11] = [
        ("/api/v1", &["get"]),
        ("/api/v1/health", &["get"]),
        ("/api/v1/agents", &["get", "post"]),
        ("/api/v1/agents/{name}", &["get", "patch", "delete"]),
        ("/api/v1/agents/{name}/input", &["post"]),
        ("/api/v1/agents/{name}/screen", &["get"]),
        ("/api/v1/agents/{name}/metrics", &["get"]),
        ("/api/v1/agents/{name}/explain", &["get"]),
        ("/api/v1/events", &["get"]),
        ("/api/v1/shutdown", &["post"]),
        ("/api/v1/reload", &["post"]),
    ];
    for (path, methods) in routes {
        for method in methods {
            assert!(document["paths"][path][method].is_object(), "{method} {path} is not described");
        }
    }
    // Every reference leads somewhere.
    let text = document.to_string();
    for reference in text.split("\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap_or_default();
        assert!(document["components"]["schemas"][name].is_object(), "{name} is not described");
    }
}

#[test]
fn another_users_knock_is_not_answered() {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("skipped: only root can become someone else");
        return;
    }
    let fleet = fleet();
    let (socket, directory) = (fleet.socket(), fleet.socket_directory().expect("a directory"));
    let ask_as = |uid: u32| {
        let mut curl = fleet.surround("curl");
        curl.args(["--silent", "--max-time", "10", "--unix-socket"]).arg(&socket).arg("http://localhost/api/v1");
        command::finish(
            {
                curl.uid(uid).current_dir("/");
                curl
            },
            b"",
        )
    };
    assert_ne!(ask_as(65_534).code, Some(0), "the directory keeps others out");
    // Even where the files were opened to all by mistake, the supervisor looks at who knocks.
    let open = [fleet.base(), &fleet.runtime, directory.parent().expect("a parent"), &directory, &socket];
    open.iter().for_each(|path| fs::set_permissions(path, fs::Permissions::from_mode(0o777)).expect("permissions"));
    let stranger = ask_as(65_534);
    fs::set_permissions(directory.parent().expect("a parent"), fs::Permissions::from_mode(0o700)).expect("permissions");
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o700)).expect("permissions");
    assert!(stranger.code != Some(0) && stranger.stdout.is_empty(), "{stranger:?}");
    assert_eq!(ask_as(0).code, Some(0), "its own user is served");
}

/// Answers one request after the other with a hello of this version, until it is dropped.
struct Impostor {
    path: std::path::PathBuf,
}

impl Impostor {
    fn listen(fleet: &Fleet, answer: impl Fn(&mut UnixStream) + Send + 'static) -> Impostor {
        let path = fleet.socket();
        let listener = UnixListener::bind(&path).expect("a socket");
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { break };
                let mut buffer = [0; 4_096];
                match stream.read(&mut buffer) {
                    Ok(length) if buffer[..length].starts_with(b"END") => break,
                    _ => answer(&mut stream),
                }
            }
        });
        Impostor { path }
    }
}

impl Drop for Impostor {
    fn drop(&mut self) {
        let _gone = UnixStream::connect(&self.path).and_then(|mut stream| stream.write_all(b"END"));
        let _gone = fs::remove_file(&self.path);
    }
}

#[test]
fn a_supervisor_of_another_version_is_named_and_nothing_hangs() {
    for (version, word) in [(0, "older"), (99, "newer")] {
        let fleet = Fleet::up("");
        fleet.qd(["down"]).ok();
        let body = json!({"api_version": version, "qd_version": "9.9.9", "unknown": true}).to_string();
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let impostor = Impostor::listen(&fleet, move |stream| _ = stream.write_all(answer.as_bytes()));
        for words in [&["ps"][..], &["up"], &["down"], &["stop", "a"], &["events"], &["wait", "a"]] {
            let refused = fleet.qd(words.iter().copied());
            assert_ne!(refused.code, Some(0), "{refused:?}");
            assert!(refused.stderr.contains(word) && refused.stderr.contains("9.9.9"), "{refused:?}");
            assert!(refused.stderr.contains("hint"), "what to do: {refused:?}");
        }
        drop(impostor);
    }
}

#[test]
fn a_supervisor_that_does_not_answer_is_told_apart_from_none() {
    let fleet = Fleet::up("");
    fleet.qd(["down"]).ok();
    fleet.qd(["ps"]).code(3).says("no supervisor runs");
    let impostor = Impostor::listen(&fleet, |_| std::thread::sleep(Duration::from_secs(20)));
    let silent = command::finish_within(fleet.command(["ps"]), b"", Duration::from_secs(15));
    assert!(silent.code == Some(3) && silent.stderr.contains("did not answer"), "{silent:?}");
    drop(impostor);
}

/// Whoever opens connections and says nothing, or half of something, keeps nobody out.
#[test]
fn silent_connections_keep_nobody_out() {
    let fleet = fleet();
    let silent: Vec<UnixStream> =
        (0..600).map(|_| UnixStream::connect(fleet.socket()).expect("a connection")).collect();
    fleet.qd(["ps"]).ok();
    let mut half = UnixStream::connect(fleet.socket()).expect("a connection");
    half.write_all(b"GET /api/v1/ HTTP/1.1\r\nHost:").expect("written");
    half.set_read_timeout(Some(DEADLINE)).expect("set");
    assert!(half.read(&mut [0; 1024]).is_ok(), "it is closed, not kept");
    let mut idle = UnixStream::connect(fleet.socket()).expect("a connection");
    idle.write_all(b"GET /api/v1 HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("written");
    idle.set_read_timeout(Some(DEADLINE)).expect("set");
    let mut answer = String::new();
    idle.read_to_string(&mut answer).expect("closed when it asks nothing more");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    drop(silent);
}
