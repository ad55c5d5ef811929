//! Locks, with real processes: who gets what, in which order, and what becomes of it when its holder does not do as it
//! should.

use crate::harness::command::{Finished, finish};
use crate::harness::config::shell;
use crate::harness::facts::{self, seq};
use crate::harness::{Fleet, processes};
use nix::sys::signal::Signal;
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};

/// A fleet with two resources and no agents but those given.
fn up(agents: &str) -> Fleet {
    Fleet::up(&format!("[resources]\nport = \"4000-4001\"\nbuild = 2\n\n{agents}"))
}

/// `qd` in the background, with its output caught.
#[track_caller]
fn begin(fleet: &Fleet, words: &[&str]) -> Child {
    let mut command = fleet.command(words.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap_or_else(|error| panic!("can't run qd {words:?}: {error}"))
}

/// How it ended: its code, and all that it said.
#[track_caller]
fn ended(mut child: Child) -> (Option<i32>, String) {
    let mut said = String::new();
    child.stdout.take().expect("a pipe").read_to_string(&mut said).expect("text");
    child.stderr.take().expect("a pipe").read_to_string(&mut said).expect("text");
    (child.wait().expect("an end").code(), said)
}

/// The first fact after `since` of this type whose message begins with this holder's name.
#[track_caller]
fn of(fleet: &Fleet, since: u64, holder: &str, kind: &str) -> Value {
    let begins = format!("{holder}: ");
    let fits =
        |fact: &Value| fact["type"] == kind && fact["message"].as_str().is_some_and(|it| it.starts_with(&begins));
    fleet.facts(since).first(&format!("{kind} of {holder}"), fits)
}

#[track_caller]
fn acquire(fleet: &Fleet, holder: &str, words: &[&str]) -> Value {
    let all: Vec<&str> = ["lock", "acquire", "--json", "--as", holder].iter().chain(words).copied().collect();
    fleet.qd(all).ok().json()
}

fn token(granted: &Value) -> String {
    granted["token"].to_string()
}

fn held_by(fleet: &Fleet, holder: &str) -> Vec<Value> {
    let locks = fleet.ask("GET", "/locks", None).expect(200);
    let leases = locks["leases"].as_array().cloned().unwrap_or_default();
    leases.into_iter().filter(|lease| lease["holder"] == holder).collect()
}

#[track_caller]
fn check(fleet: &Fleet, scope: &str, token: &str) -> Finished {
    fleet.qd(["lock", "check", scope, token])
}

#[test]
fn twenty_waiters_are_served_in_the_order_in_which_they_asked() {
    let fleet = up("");
    acquire(&fleet, "first", &["src", "--ttl", "10m"]);
    // Of two at once in here, the second can't make the directory, and says so.
    let inside = "mkdir held || echo clash >>order; echo $0 >>order; rmdir held";
    let mut waiters = Vec::new();
    for number in 0..20 {
        let (since, name) = (fleet.newest(), format!("w{number}"));
        let scope = format!("src/part{}", number % 3);
        let scope = if number % 2 == 0 { "src" } else { scope.as_str() };
        waiters.push(begin(
            &fleet,
            &["lock", "run", scope, "--as", &name, "--wait", "2m", "--", "sh", "-c", inside, &name],
        ));
        of(&fleet, since, &name, "lock.waiting");
    }
    fleet.qd(["lock", "release", "src", "--as", "first"]).ok().says("1 request was granted by it");
    for waiter in waiters {
        let (code, said) = ended(waiter);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("waiting: ") && said.contains("until"), "{said}");
    }
    let order = fs::read_to_string(fleet.root.join("order")).expect("they ran");
    let expected: Vec<String> = (0..20).map(|number| format!("w{number}")).collect();
    assert_eq!(order.lines().collect::<Vec<_>>(), expected);
    let granted = fleet.history().into_iter().filter(|fact| fact["type"] == "lock.granted").count();
    assert_eq!(granted, 21, "one grant each");
    assert_eq!(fleet.ask("GET", "/locks", None).expect(200)["leases"], serde_json::json!([]));
}

#[test]
fn a_holder_that_is_killed_frees_what_it_held_and_the_next_has_it() {
    let agents = shell("holder", "qd lock acquire src && exec sleep 1000", "restart = \"never\"");
    let fleet = up(&agents);
    let granted = fleet.fact("holder", "lock.granted");
    assert_eq!(
        granted["data"]["lease"]["expires"],
        Value::Null,
        "an agent's lease lasts as long as its run: {granted}"
    );
    let mut waiter = begin(&fleet, &["lock", "run", "src/lib.rs", "--as", "next", "--wait", "1m", "--", "true"]);
    // It has said whom it waits for before that one is gone.
    let mut said = BufReader::new(waiter.stderr.take().expect("a pipe")).lines().map_while(Result::ok);
    assert!(said.any(|line| line.contains("holder holds src since")), "it ended without a word");
    processes::kill(fleet.pid("holder"), Signal::SIGKILL);
    let rest: Vec<String> = said.collect();
    assert_eq!(waiter.wait().expect("an end").code(), Some(0), "{rest:?}");
    check(&fleet, "src", "1").code(11).says("ended with its holder");
}

#[test]
fn the_lease_of_a_paused_holder_stands_still() {
    let agents = shell("holder", "qd lock acquire src --ttl 700ms && exec sleep 1000", "restart = \"never\"");
    let fleet = up(&agents);
    // It may expire before the pause on a machine that is slow; then the pause has nothing to hold still.
    let granted = fleet.fact("holder", "lock.granted");
    fleet.qd(["pause", "holder"]).ok();
    let held = held_by(&fleet, "holder");
    if held.is_empty() {
        eprintln!("this machine is too slow to pause within the lease's time; the core's own stories hold it");
        return;
    }
    assert_eq!(held[0]["paused"], true, "{held:?}");
    // A clock that ran meanwhile: another lease, asked for later and for longer, comes to its end.
    acquire(&fleet, "clock", &["docs", "--ttl", "1s"]);
    of(&fleet, seq(&granted), "clock", "lock.expired");
    assert_eq!(held_by(&fleet, "holder").len(), 1, "it expired while its holder was frozen");
    let since = fleet.newest();
    fleet.qd(["resume", "holder"]).ok();
    fleet.fact_after(since, "holder", "lock.expired");
}

#[test]
fn a_lease_that_is_not_renewed_ends_and_its_token_is_stale() {
    let fleet = up("");
    let granted = acquire(&fleet, "ann", &["src", "--ttl", "1s"]);
    let renewed = fleet.qd(["lock", "renew", "l1", "--ttl", "2s", "--json"]).ok().json();
    assert!(renewed["expires_ms"].as_u64() > granted["expires_ms"].as_u64(), "{granted} {renewed}");
    check(&fleet, "src/deep/file", &token(&granted)).ok().says("is valid for src/deep/file");
    check(&fleet, "docs", &token(&granted)).code(11).says("does not cover it");
    let next = acquire(&fleet, "next", &["src", "--wait", "1m"]);
    assert!(next["token"].as_u64() > granted["token"].as_u64(), "tokens only grow: {granted} {next}");
    check(&fleet, "src", &token(&granted)).code(11).says("was not renewed in time").says("next holds it now");
    fleet.qd(["lock", "renew", "l1"]).code(11);
    fleet.qd(["lock", "release", "l1", "--as", "ann"]).code(11);
    fleet.qd(["lock", "release", "--all", "--as", "next"]).ok().says("released l2");
}

#[test]
fn a_lease_is_taken_by_force_with_a_reason_which_its_holder_is_told() {
    let line = "eval \"$(qd lock acquire src --export)\"; qd lock force src --reason mine; echo force $?; \
        while qd lock check src >/dev/null 2>&1; do sleep 0.05; done; qd lock check src; echo check $?; exec sleep 1000";
    let fleet = up(&shell("holder", line, "restart = \"never\""));
    fleet.until_screen("holder", "force 4");
    fleet.qd(["lock", "force", "src", "--reason", ""]).code(2);
    fleet.qd(["lock", "force", "docs", "--reason", "because"]).code(4);
    fleet.qd(["lock", "force", "src", "--reason", "the release can't wait"]).ok().says("took l1");
    let screen = fleet.until_screen("holder", "check 11");
    assert!(screen.contains("taken by force by person: the release can't wait"), "{screen}");
    fleet.qd(["lock", "history"]).ok().says("l1 on src was taken by force by person: the release can't wait");
}

#[test]
fn a_request_that_would_close_a_cycle_is_refused_at_once_and_the_cycle_is_printed() {
    let fleet = up("");
    acquire(&fleet, "a", &["x", "--ttl", "10m"]);
    acquire(&fleet, "b", &["y", "--ttl", "10m"]);
    let waiter = begin(&fleet, &["lock", "acquire", "x", "--as", "b", "--wait", "1m"]);
    of(&fleet, 0, "b", "lock.waiting");
    let refused = fleet.qd(["lock", "acquire", "y", "--as", "a", "--wait", "1m"]).code(10);
    refused.says("a waits for y held by b, b waits for x held by a");
    let locks = fleet.qd(["lock", "list", "--json"]).ok().json();
    assert_eq!(
        (&locks["statistics"]["cycles_refused"], &locks["cycles"][0]["who"]),
        (&1.into(), &"a".into()),
        "{locks}"
    );
    fleet.qd(["lock", "release", "x", "--as", "a"]).ok();
    assert_eq!(ended(waiter).0, Some(0));
}

#[test]
fn resources_hand_out_numbers_and_no_more_than_there_are() {
    let fleet = up("");
    let unit = |granted: &Value| granted["scopes"][0]["unit"].as_u64();
    let first = acquire(&fleet, "a", &["port"]);
    let second = acquire(&fleet, "b", &["port"]);
    assert_eq!((unit(&first), unit(&second)), (Some(4_000), Some(4_001)));
    fleet.qd(["lock", "acquire", "port", "--as", "c", "--no-wait"]).code(124).says("a holds port");
    fleet.qd(["lock", "acquire", "port", "port", "port", "--as", "c"]).code(4).says("`port` has 2");
    fleet.qd(["lock", "acquire", "port", "--as", "c", "--shared"]).code(4).says("can't be shared");
    fleet.qd(["lock", "release", "port", "--as", "a"]).ok();
    let inside = "echo $QD_LOCK_UNIT_PORT and $QD_LOCK_UNIT_BUILD for $QD_LOCK_TOKEN; exit 7";
    let ran = fleet.qd(["lock", "run", "port", "build", "build", "--as", "c", "--", "sh", "-c", inside]).code(7);
    assert_eq!(ran.text(), "4000 and 0 1 for 3\n");
    fleet.qd(["lock", "list", "--all"]).ok().says("4000-4001");
}

#[test]
fn a_set_is_had_whole_or_not_at_all() {
    let fleet = up("");
    acquire(&fleet, "a", &["y", "--ttl", "10m"]);
    let waiter = begin(&fleet, &["lock", "acquire", "x", "y", "z", "--as", "b", "--wait", "1m", "--json"]);
    of(&fleet, 0, "b", "lock.waiting");
    assert_eq!(held_by(&fleet, "b"), [] as [Value; 0]);
    // What b waits for is b's in the line: c does not overtake it.
    fleet.qd(["lock", "acquire", "x", "--as", "c", "--no-wait"]).code(124).says("b waits for x");
    fleet.qd(["lock", "acquire", "other", "--as", "c", "--no-wait"]).ok();
    fleet.qd(["lock", "release", "y", "--as", "a"]).ok();
    let (code, said) = ended(waiter);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(held_by(&fleet, "b")[0]["scopes"].as_array().map(Vec::len), Some(3));
}

#[test]
fn shared_holders_share_and_an_exclusive_one_waits_for_all_of_them() {
    let fleet = up("");
    acquire(&fleet, "a", &["docs", "--shared", "--ttl", "10m"]);
    acquire(&fleet, "b", &["docs/guide", "--shared", "--ttl", "10m"]);
    let writer = begin(&fleet, &["lock", "acquire", "docs", "--as", "writer", "--wait", "1m"]);
    of(&fleet, 0, "writer", "lock.waiting");
    fleet.qd(["lock", "acquire", "docs", "--as", "c", "--shared", "--no-wait"]).code(124);
    fleet.qd(["lock", "release", "docs", "--as", "a"]).ok();
    assert_eq!(held_by(&fleet, "writer"), [] as [Value; 0]);
    fleet.qd(["lock", "release", "docs/guide", "--as", "b"]).ok();
    assert_eq!(ended(writer).0, Some(0));
}

#[test]
fn a_client_that_goes_away_waits_no_more() {
    let fleet = up("");
    acquire(&fleet, "holder", &["src", "--ttl", "10m"]);
    for (name, signal, code) in [("killed", Signal::SIGKILL, None), ("asked", Signal::SIGINT, Some(130))] {
        let since = fleet.newest();
        let waiter = begin(&fleet, &["lock", "acquire", "src", "--as", name, "--wait", "2m"]);
        of(&fleet, since, name, "lock.waiting");
        processes::kill(waiter.id(), signal);
        of(&fleet, since, name, "lock.withdrawn");
        assert_eq!(ended(waiter).0, code);
    }
    // So does a plain request over HTTP.
    let body = r#"{"scopes": [{"scope": "src"}], "holder": "plain", "wait_ms": 120000}"#;
    let socket = fleet.socket();
    let request = format!(
        "POST /api/v1/locks/acquire HTTP/1.1\r\nHost: qd\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = std::os::unix::net::UnixStream::connect(&socket).expect("a connection");
    std::io::Write::write_all(&mut stream, request.as_bytes()).expect("sent");
    of(&fleet, 0, "plain", "lock.waiting");
    drop(stream);
    of(&fleet, 0, "plain", "lock.withdrawn");
}

#[test]
fn a_wait_outlives_the_supervisor_and_ends_in_time() {
    let fleet = up("");
    acquire(&fleet, "holder", &["src", "--ttl", "10m"]);
    let waiter = begin(&fleet, &["lock", "acquire", "src", "--as", "waiter", "--wait", "2m", "--json"]);
    of(&fleet, 0, "waiter", "lock.waiting");
    let late = begin(&fleet, &["lock", "acquire", "src", "--as", "late", "--wait", "2s"]);
    of(&fleet, 0, "late", "lock.waiting");
    processes::end(fleet.supervisor());
    let (code, said) = ended(late);
    assert_eq!((code, said.contains("the supervisor is gone")), (Some(124), true), "{said}");
    fleet.qd(["up"]).ok();
    let again = of(&fleet, fleet.newest().saturating_sub(1), "waiter", "lock.waiting");
    assert_eq!(held_by(&fleet, "holder").len(), 1, "{again}");
    fleet.qd(["lock", "release", "src", "--as", "holder"]).ok();
    let (code, said) = ended(waiter);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("asking again when there is one"), "{said}");
    assert_eq!(held_by(&fleet, "waiter").len(), 1);
}

#[test]
fn two_shells_of_one_user_keep_each_other_out() {
    let fleet = up("");
    fleet.qd(["lock", "acquire", "src"]).ok();
    fleet.qd(["lock", "acquire", "src/lib.rs"]).ok().says("l2");
    let other = format!("{} lock acquire src --no-wait; exit $?", env!("CARGO_BIN_EXE_qd"));
    fleet.qd(["lock", "run", "docs", "--", "sh", "-c", &other]).code(124).says("holds src");
    fleet.qd(["lock", "release", "src"]).ok().says("released l1");
    let history = fleet.qd(["lock", "history", "src", "--limit", "2"]).ok().text();
    let lines: Vec<&str> = history.lines().map(|line| line.rsplit(": ").next().unwrap_or_default()).collect();
    assert_eq!(lines, ["l2 granted on src/lib.rs", "l1 on src was released"]);
    fleet.qd(["lock", "check", "src"]).code(2).says("hint: `qd lock acquire` prints the token");
    fleet.qd(["check"]).ok().says("the fleet that runs is healthy: invariants hold");
}

#[test]
fn what_another_holds_takes_force_and_says_by_whom() {
    let fleet = up("");
    fleet.qd(["lock", "acquire", "src", "--as", "ann"]).ok();
    fleet.qd(["lock", "release", "l1", "--as", "eve"]).code(4).says("l1 is held by ann").says("qd lock force");
    fleet.qd(["lock", "force", "l1", "--reason", "she is away"]).ok();
    fleet.qd(["lock", "renew", "l1"]).code(11).says("was taken by force");
    fleet.qd(["lock", "acquire", "docs", "--as", "ann"]).ok();
    fleet.qd(["lock", "release", "docs", "--as", "ann"]).ok();
    let history = fleet.qd(["lock", "history", "docs", "--limit", "1"]).ok().text();
    assert!(history.trim_end().ends_with("l2 on docs was released"), "{history}");
}

/// A scope means what the directory says that it is written in.
#[test]
fn scopes_are_read_from_where_they_are_written() {
    let fleet = up("");
    fs::create_dir_all(fleet.root.join("src/deep")).expect("a directory");
    fs::write(fleet.root.join("src/x.rs"), "").expect("a file");
    let from = |directory: &str, words: &[&str]| {
        let mut command = fleet.command(words.iter().copied());
        command.current_dir(fleet.root.join(directory));
        finish(command, b"")
    };
    from("src", &["lock", "acquire", "x.rs", "--as", "a"]).ok().says("src/x.rs");
    fleet.qd(["lock", "acquire", "src/x.rs", "--as", "b", "--no-wait"]).code(124);
    from("src/deep", &["lock", "acquire", "../x.rs", "--as", "b", "--no-wait"]).code(124);
    let absolute = fleet.root.join("src/x.rs").display().to_string();
    fleet.qd(["lock", "acquire", &absolute, "--as", "b", "--no-wait"]).code(124);
    fleet.qd(["lock", "acquire", "/etc/passwd", "--as", "b"]).code(2).says("is outside");
    from("src", &["lock", "release", "x.rs", "--as", "a"]).ok();
    // A resource is a resource everywhere, and a word that is nearly one is asked about.
    from("src", &["lock", "acquire", "port", "--as", "a"]).ok().says("port 4000");
    fleet.qd(["lock", "acquire", "prot", "--as", "a"]).code(2).says("did you mean `port`?");
    fleet.qd(["lock", "acquire", "./prot", "--as", "a"]).ok();
}

#[test]
fn who_asks_is_proved_and_lies_are_refused() {
    let line = "qd lock acquire src --as other; echo lied $?; QD_RUN_PROOF=r1.00 qd lock acquire src; echo forged $?; \
        qd lock acquire src --as me; echo itself $?; qd lock release src; echo released $?; exec sleep 1000";
    let fleet = up(&(shell("me", line, "restart = \"never\"") + &shell("other", "exec sleep 1000", "")));
    let screen = fleet.until_screen("me", "released 0");
    for says in ["lied 4", "forged 4", "itself 0"] {
        assert!(screen.contains(says), "{says}: {screen}");
    }
    let granted = fleet.history_of("me", "lock.granted");
    assert_eq!(granted.len(), 1, "{granted:?}");
    assert!(granted[0]["run"].is_string(), "{granted:?}");
    let theirs = fleet.history_of("other", "lock.granted");
    assert_eq!(theirs, [] as [Value; 0]);
}

#[test]
fn a_command_under_a_lock_gets_its_signals_and_hears_of_a_loss() {
    let fleet = up("");
    let patient = "trap 'echo got; exit 9' TERM; echo up >ready; while :; do sleep 0.05; done";
    let child = begin(&fleet, &["lock", "run", "x", "--as", "a", "--", "sh", "-c", patient]);
    fleet.until_file(&fleet.root.join("ready"));
    processes::kill(child.id(), Signal::SIGTERM);
    let (code, said) = ended(child);
    assert_eq!((code, said.contains("got")), (Some(9), true), "{said}");
    assert_eq!(held_by(&fleet, "a"), [] as [Value; 0], "given back");

    let child =
        begin(&fleet, &["lock", "run", "y", "--as", "b", "--ttl", "1s", "--kill-on-loss", "--", "sleep", "1000"]);
    let granted = of(&fleet, 0, "b", "lock.granted");
    // It is renewed for as long as the command runs.
    let renewed = |since| of(&fleet, since, "b", "lock.renewed");
    let since = seq(&renewed(seq(&renewed(seq(&granted)))));
    fleet.qd(["lock", "force", "y", "--reason", "mine now"]).ok();
    let (code, said) = ended(child);
    assert_eq!(code, Some(11), "{said}");
    assert!(said.contains("is lost") && said.contains("taken by force by person: mine now"), "{said}");
    assert!(fleet.newest() > since);
    fleet.qd(["lock", "run", "z", "--", "no-such-program-at-all"]).code(127);
    fleet.qd(["lock", "run", "z", "--", "/"]).code(126);
    assert!(fleet.history().iter().filter(|fact| facts::seq(fact) > since).any(|fact| fact["type"] == "lock.released"));
}

#[test]
fn coordination_that_is_switched_off_refuses_and_says_how_to_switch_it_on() {
    let fleet = Fleet::up("[coordination]\nenabled = false\n");
    fleet.qd(["lock", "acquire", "src"]).code(4).says("[coordination]");
    fleet.qd(["lock", "list"]).ok().says("nothing is held");
}
