//! The door for agents: the fleet's verbs as tools, over three versions of the protocol.

use crate::harness::config::shell;
use crate::harness::mcp::{Mcp, Speaks, outcome};
use crate::harness::{Fleet, eventually};
use serde_json::json;
use std::fs;

const SESSION: Speaks = Speaks::Session("2025-06-18");

/// Waits until it is so.
#[track_caller]
fn until(what: &str, is_so: impl Fn() -> bool) {
    eventually(what, || is_so().then_some(()));
}

/// Agents that tell the variables of their runs and then wait.
fn idlers(names: &[&str]) -> String {
    let line = "env > ../$QD_AGENT.new && mv ../$QD_AGENT.new ../$QD_AGENT.env; exec sleep 1000";
    names.iter().map(|name| shell(name, line, "workspace = \"directory\"\ncapabilities = [\"rust\"]")).collect()
}

/// The variables by which an agent's run is known.
fn variables(fleet: &Fleet, agent: &str) -> Vec<(String, String)> {
    let path = fleet.root.join(format!("workspaces/{agent}.env"));
    until("the agent told its variables", || path.exists());
    let text = fs::read_to_string(path).expect("variables");
    let all = text.lines().filter_map(|line| line.split_once('='));
    all.filter(|(name, _)| name.starts_with("QD_")).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn door(fleet: &Fleet, agent: &str) -> Mcp {
    Mcp::start(fleet, &variables(fleet, agent), SESSION)
}

#[test]
fn agent_programs_are_understood_whatever_they_speak() {
    let fleet = Fleet::up(&idlers(&["a"]));
    let variables = variables(&fleet, "a");
    for speaks in [SESSION, Speaks::Session("2025-11-25"), Speaks::Stateless] {
        let mut mcp = Mcp::start(&fleet, &variables, speaks);
        let listed = mcp.request("tools/list", json!({}));
        let tools = listed["result"]["tools"].as_array().unwrap_or_else(|| panic!("{speaks:?}: {listed}"));
        let names: Vec<&str> = tools.iter().filter_map(|tool| tool["name"].as_str()).collect();
        let expected = [
            "who_is_here",
            "claim_task",
            "report_progress",
            "complete_task",
            "split_task",
            "acquire_lock",
            "release_lock",
            "send_message",
            "read_messages",
            "get_state",
            "set_state",
            "explain",
        ];
        assert_eq!(names, expected, "{speaks:?}");
        let here = mcp.tool("who_is_here", json!({})).expect("told");
        assert_eq!((&here["you"], &here["agents"][0]["name"]), (&json!("a"), &json!("a")), "{speaks:?}: {here}");
    }
    let mut newest = Mcp::start(&fleet, &variables, Speaks::Stateless);
    let discovered = newest.request("server/discover", json!({}));
    assert!(discovered["result"]["supportedVersions"].to_string().contains("2026-07-28"), "{discovered}");
}

#[test]
fn messages_and_state_pass_between_agents() {
    let fleet = Fleet::up(&idlers(&["a", "b"]));
    let (mut a, mut b) = (door(&fleet, "a"), door(&fleet, "b"));
    let waiting = b.begin("read_messages", json!({"wait_seconds": 60}), "p");
    a.tool("send_message", json!({"to": ["b"], "body": "hello"})).expect("sent");
    let read = outcome(&b.answer(waiting)).expect("read");
    assert_eq!((&read["messages"][0]["from"], &read["messages"][0]["body"]), (&json!("a"), &json!("hello")));
    assert_eq!(b.tool("read_messages", json!({})).expect("read")["messages"], json!([]));

    let set = a.tool("set_state", json!({"key": "port", "value": {"http": 4000}, "version": 0})).expect("set");
    assert_eq!((&set["entry"]["owner"], &set["entry"]["version"]), (&json!("a"), &json!(1)));
    let found = b.tool("get_state", json!({"owner": "a", "key": "port"})).expect("read");
    assert_eq!(found["entry"]["value"], json!({"http": 4000}));
    assert_eq!(b.tool("get_state", json!({"owner": "fleet", "key": "none"})).expect("read")["entry"], json!(null));
    let late = a.tool("set_state", json!({"key": "port", "value": 1, "version": 0})).expect_err("too late");
    assert_eq!(late["code"], "conflict", "{late}");
    a.tool("set_state", json!({"owner": "fleet", "key": "goal", "value": "ship"})).expect("set");
    let all = b.tool("get_state", json!({})).expect("read");
    assert_eq!(all["entries"].as_array().map(Vec::len), Some(2), "{all}");
    let why = b.tool("explain", json!({"agent": "a"})).expect("explained");
    assert!(why["explanation"]["answer"].as_str().is_some_and(|answer| !answer.is_empty()), "{why}");
}

#[test]
fn whoever_waits_for_a_lock_hears_whom_for_and_gets_it() {
    let fleet = Fleet::up(&idlers(&["a", "b"]));
    for speaks in [SESSION, Speaks::Stateless] {
        let mut a = door(&fleet, "a");
        let mut b = Mcp::start(&fleet, &variables(&fleet, "b"), speaks);
        let held = a.tool("acquire_lock", json!({"scopes": ["src"], "purpose": "parsing"})).expect("granted");
        let waiting = b.begin("acquire_lock", json!({"scopes": ["src/lexer.rs"]}), "mine");
        let told = b.next();
        assert_eq!(
            (&told["method"], &told["params"]["progressToken"]),
            (&json!("notifications/progress"), &json!("mine"))
        );
        let words = told["params"]["message"].as_str().unwrap_or_default();
        assert!(words.contains("a holds src") && words.contains("0 before you"), "{told}");
        let lease = held["granted"]["lease"].clone();
        a.tool("release_lock", json!({"lease": lease})).expect("given back");
        let granted = outcome(&b.answer(waiting)).expect("granted");
        assert!(granted["granted"]["token"].as_u64() > held["granted"]["token"].as_u64(), "{granted}");
        b.tool("release_lock", json!({"all": true})).expect("given back");
    }
}

#[test]
fn a_call_that_is_cancelled_waits_no_more() {
    let fleet = Fleet::up(&idlers(&["a", "b"]));
    let (mut a, mut b) = (door(&fleet, "a"), door(&fleet, "b"));
    a.tool("acquire_lock", json!({"scopes": ["src"]})).expect("granted");
    let waiting = b.begin("acquire_lock", json!({"scopes": ["src"]}), "p");
    b.next();
    b.cancel(waiting);
    until("nobody waits any more", || fleet.ask("GET", "/locks", None).expect(200)["waiting"] == json!([]));
    assert!(b.tool("who_is_here", json!({})).is_ok());
}

#[test]
fn a_wait_that_would_close_a_circle_is_refused_with_a_way_out() {
    let fleet = Fleet::up(&idlers(&["a", "b"]));
    let (mut a, mut b) = (door(&fleet, "a"), door(&fleet, "b"));
    a.tool("acquire_lock", json!({"scopes": ["src"]})).expect("granted");
    b.tool("acquire_lock", json!({"scopes": ["docs"]})).expect("granted");
    let waiting = b.begin("acquire_lock", json!({"scopes": ["src"]}), "p");
    b.next();
    let refused = a.tool("acquire_lock", json!({"scopes": ["docs"]})).expect_err("a circle");
    assert_eq!(refused["code"], "cycle", "{refused}");
    assert!(refused["hint"].is_string() && refused["causes"].to_string().contains("waits for"), "{refused}");
    a.tool("release_lock", json!({"all": true})).expect("given back");
    outcome(&b.answer(waiting)).expect("granted");
}

#[test]
fn tasks_are_claimed_told_of_and_completed() {
    let fleet = Fleet::up(&idlers(&["a", "b"]));
    let (mut a, mut b) = (door(&fleet, "a"), door(&fleet, "b"));
    assert_eq!(a.tool("claim_task", json!({})).expect("an answer")["task"], json!(null));
    let waiting = a.begin("claim_task", json!({"wait_seconds": 60}), "p");
    let told = a.next();
    assert!(told["params"]["message"].as_str().is_some_and(|words| words.contains("no task for you yet")), "{told}");
    fleet.ask("POST", "/tasks", Some(&json!({"name": "build", "prompt": "Build it."}).to_string()));
    let claimed = outcome(&a.answer(waiting)).expect("a task");
    assert_eq!((&claimed["task"]["name"], &claimed["task"]["prompt"]), (&json!("build"), &json!("Build it.")));
    a.tool("report_progress", json!({"percent": 40, "message": "halfway"})).expect("told");
    let here = b.tool("who_is_here", json!({})).expect("told");
    assert_eq!(here["agents"][0]["task"], "build", "{here}");
    let explained = b.tool("explain", json!({"task": "build"})).expect("told");
    assert_eq!(explained["explanation"]["task"], "build", "{explained}");
    let refused = b.tool("complete_task", json!({"outcome": "done", "task": "build"})).expect_err("not theirs");
    assert_eq!(refused["code"], "not_yours", "{refused}");
    a.tool("complete_task", json!({"outcome": "done", "message": "built"})).expect("done");
    until("it is done", || fleet.ask("GET", "/tasks/build", None).expect(200)["state"] == "done");
    assert_eq!(fleet.ask("GET", "/tasks/build", None).expect(200)["result"], "built");
}

#[test]
fn an_agent_divides_a_task() {
    let fleet = Fleet::up(&idlers(&["a", "b"]));
    let mut a = door(&fleet, "a");
    let prompt: String = (1..=5).map(|step| format!("- step in `src/{step}.rs`\n")).collect();
    let task = json!({"name": "big", "prompt": prompt});
    fleet.ask("POST", "/tasks", Some(&task.to_string()));
    let tried = a.tool("split_task", json!({"task": "big", "dry_run": true})).expect("tried");
    assert_eq!(tried["parts"].as_array().map(Vec::len), Some(2), "{tried}");
    assert!(!fleet.root.join("tasks").exists());
    a.tool("split_task", json!({"task": "big"})).expect("divided");
    let part = a.tool("claim_task", json!({})).expect("a part");
    assert_eq!((&part["task"]["name"], &part["task"]["parent"]), (&json!("big-SUB1"), &json!("big")));
    let unknown = a.tool("split_task", json!({"task": "none"})).expect_err("no such task");
    assert_eq!(unknown["code"], "unknown_task", "{unknown}");
}

#[test]
fn without_a_token_nobody_is_an_agent() {
    let fleet = Fleet::up(&idlers(&["a"]));
    let mut stranger = Mcp::start(&fleet, &[], SESSION);
    let here = stranger.tool("who_is_here", json!({})).expect("anyone may look");
    assert_eq!(here["you"], json!(null));
    for (tool, arguments) in [("claim_task", json!({})), ("read_messages", json!({})), ("explain", json!({}))] {
        let refused = stranger.tool(tool, arguments).expect_err(tool);
        assert_eq!(refused["code"], "not_an_agent", "{tool}: {refused}");
        assert!(refused["hint"].is_string(), "{tool}: {refused}");
    }
    let mut forged = variables(&fleet, "a");
    for (name, value) in &mut forged {
        if name == "QD_TOKEN" || name == "QD_RUN_PROOF" {
            *value = format!("r1.{}", "0".repeat(64));
        }
    }
    let mut liar = Mcp::start(&fleet, &forged, SESSION);
    let refused = liar.tool("set_state", json!({"key": "x", "value": 1})).expect_err("a lie");
    assert_eq!(refused["code"], "bad_token", "{refused}");
}

#[test]
fn what_a_tool_does_not_take_is_said_in_words() {
    let fleet = Fleet::up(&idlers(&["a"]));
    let mut a = door(&fleet, "a");
    let cases = [
        ("acquire_lock", json!({}), "missing field `scopes`"),
        ("acquire_lock", json!({"scope": "src"}), "unknown field `scope`"),
        ("acquire_lock", json!({"scopes": "src"}), "invalid type"),
        ("complete_task", json!({"outcome": "maybe"}), "unknown variant `maybe`"),
        ("report_progress", json!({"percent": -1}), "invalid value"),
        ("release_lock", json!({}), ""),
        ("explain", json!({"agent": "a", "task": "t1"}), ""),
    ];
    for (tool, arguments, cause) in cases {
        let refused = a.tool(tool, arguments.clone()).expect_err(tool);
        assert_eq!(refused["code"], "wrong_input", "{tool} {arguments}: {refused}");
        assert!(
            refused["causes"].to_string().contains(cause) && refused["hint"].is_string(),
            "{tool} {arguments}: {refused}"
        );
    }
    let answer = a.request("tools/call", json!({"name": "rm_rf", "arguments": {}}));
    assert!(
        answer["error"]["message"].as_str().is_some_and(|words| words.contains("there are who_is_here")),
        "{answer}"
    );
}

#[test]
fn the_door_outlives_the_supervisor() {
    let fleet = Fleet::up(&idlers(&["a"]));
    let mut a = door(&fleet, "a");
    crate::harness::processes::end(fleet.supervisor());
    let gone = a.tool("who_is_here", json!({})).expect_err("nobody is there");
    assert_eq!(gone["code"], "not_running", "{gone}");
    fleet.qd(["up"]).ok();
    assert_eq!(a.tool("who_is_here", json!({})).expect("told")["you"], "a");
}

/// What is no message is answered as well: a request that nobody answers waits for its program's time limit.
#[test]
fn what_is_no_request_is_answered_and_the_conversation_goes_on() {
    let fleet = Fleet::up(&idlers(&["a"]));
    let mut mcp = door(&fleet, "a");
    let deep =
        format!(r#"{{"jsonrpc":"2.0","id":91,"method":"tools/call","params":{}{}}}"#, "[".repeat(500), "]".repeat(500));
    let long = format!(
        r#"{{"jsonrpc":"2.0","id":92,"method":"tools/call","params":{{"name":"x","arguments":{{"a":"{}"}}}}}}"#,
        "x".repeat(20 << 20)
    );
    let big = format!(
        r#"{{"jsonrpc":"2.0","id":93,"method":"tools/call","params":{{"name":"send_message","arguments":{{"to":["a"],"body":"{}"}}}}}}"#,
        "x".repeat(12 << 20)
    );
    for (line, code) in [
        ("hello", -32700),
        (deep.as_str(), -32700),
        (r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":"x"}"#, -32602),
        (long.as_str(), -32600),
    ] {
        mcp.send_line(line);
        assert_eq!(mcp.next()["error"]["code"], code, "{}", &line[..line.len().min(80)]);
    }
    mcp.send_line(&big);
    let answer = mcp.answer(93);
    assert_eq!(answer["result"]["structuredContent"]["error"]["code"], "too_large", "{answer}");
    assert!(mcp.tool("who_is_here", json!({})).is_ok());
}
