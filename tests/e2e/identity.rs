//! Who is who: a process in an agent's tree is that agent whatever it strips and claims, and whoever says it is an agent
//! and can't prove it is nobody.

use crate::harness::command::{Finished, finish};
use crate::harness::config::shell;
use crate::harness::mcp::{Mcp, Speaks};
use crate::harness::{Fleet, eventually};
use serde_json::{Value, json};
use std::fs;

/// What Gemini CLI keeps from the programs that it starts: variables with one of these words in their names.
const GEMINI_STRIPS: [&str; 10] =
    ["TOKEN", "SECRET", "PASSWORD", "PASSWD", "KEY", "AUTH", "CREDENTIAL", "CREDS", "PRIVATE", "CERT"];

/// Agents that tell the variables of their runs and then wait.
fn idler(name: &str) -> String {
    let line = "env > ../$QD_AGENT.new && mv ../$QD_AGENT.new ../$QD_AGENT.env; exec sleep 1000";
    shell(name, line, "workspace = \"directory\"")
}

/// The variables by which an agent's run is known.
fn variables(fleet: &Fleet, agent: &str) -> Vec<(String, String)> {
    let path = fleet.root.join(format!("workspaces/{agent}.env"));
    let text = eventually("the agent told its variables", || fs::read_to_string(&path).ok());
    let all = text.lines().filter_map(|line| line.split_once('='));
    all.filter(|(name, _)| name.starts_with("QD_")).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// `qd` outside every agent, with those of an agent's variables that `keep` keeps.
fn outside(fleet: &Fleet, variables: &[(String, String)], keep: impl Fn(&str) -> bool, words: &[&str]) -> Finished {
    let mut command = fleet.command(words.iter().copied());
    command.envs(variables.iter().filter(|(name, _)| keep(name)).cloned());
    finish(command, b"")
}

/// The lease on a scope; null when there is none.
fn lease(fleet: &Fleet, scope: &str) -> Value {
    let locks = fleet.ask("GET", "/locks", None).expect(200);
    let leases = locks["leases"].as_array().cloned().unwrap_or_default();
    leases.into_iter().find(|lease| lease["scopes"][0]["scope"] == scope).unwrap_or_default()
}

/// In its own tree an agent is itself, however its environment was stripped, and however far its processes went.
#[test]
fn an_agent_is_itself_whatever_it_strips_and_however_it_detaches() {
    let qd = env!("CARGO_BIN_EXE_qd");
    let line = format!(
        "unset QD_TOKEN QD_RUN_PROOF; qd lock acquire unset; \
         QD_TOKEN= QD_RUN_PROOF= qd lock acquire empty; \
         (unset QD_AGENT QD_SOCKET; qd lock acquire nameless); \
         env -i QD_RUNTIME_DIR=$QD_RUNTIME_DIR QD_CONFIG=$QD_CONFIG {qd} lock acquire bare; \
         (setsid sh -c 'setsid sh -c \"sleep 0.3; {qd} lock acquire detached; echo up > detached\" & exit' &); \
         exec sleep 1000"
    );
    let fleet = Fleet::up(&shell("a", &line, "workspace = \"shared\""));
    fleet.until_file(&fleet.root.join("detached"));
    for scope in ["unset", "empty", "nameless", "bare", "detached"] {
        let lease = lease(&fleet, scope);
        assert_eq!((&lease["holder"], &lease["agent"]), (&json!("a"), &json!("a")), "{scope}: {lease}");
        assert_eq!(lease["expires_ms"], Value::Null, "{scope}: it lasts as long as the run does: {lease}");
    }
}

/// What only a person may do is refused to an agent that looks like nobody.
#[test]
fn an_agent_that_strips_its_proof_has_no_rights_of_a_person() {
    let line = "unset QD_TOKEN QD_RUN_PROOF QD_AGENT QD_RUN_ID QD_SOCKET; until qd task show tt; do sleep 0.1; done; \
         qd lock force src --reason mine; echo force $?; qd task cancel tt; echo cancel $?; \
         qd lock release src --as other; echo as $?; qd state set k 1; echo set $?; qd msg inbox --json; echo inbox $?; \
         qd task done; echo done $?; exec sleep 1000";
    let fleet = Fleet::up(&shell("a", line, "restart = \"never\""));
    fleet.qd(["lock", "acquire", "src", "--as", "other"]).ok();
    fleet.qd(["task", "add", "x", "--name", "tt", "--capability", "none"]).ok();
    let screen = fleet.until_screen("a", "done 4");
    for said in ["force 4", "cancel 4", "as 4", "set 0", "inbox 0", "done 4"] {
        assert!(screen.contains(said), "{said}: {screen}");
    }
    assert_eq!(lease(&fleet, "src")["holder"], "other");
    let state = fleet.ask("GET", "/state", None).expect(200);
    assert!(state.to_string().contains("\"owner\":\"a\""), "its own value, not the fleet's: {state}");
    assert_eq!(fleet.ask("GET", "/tasks/tt", None).expect(200)["state"], "held");
}

/// Whoever is above it may end at any moment, and it is still the agent's.
#[test]
fn a_process_whose_parents_end_while_it_asks_stays_its_agents() {
    let script = "[ $1 = 0 ] || { sh \"$0\" $(($1 - 1)) & sleep 0.0$1; exit; }\n\
         for i in 1 2 3 4 5 6 7 8; do qd lock acquire s$i --json >> said 2>&1; done; echo up > all\n";
    let line = "unset QD_TOKEN QD_RUN_PROOF QD_AGENT; sh ../../nest 9 & exec sleep 1000";
    let fleet = Fleet::new(&shell("a", line, "workspace = \"directory\""));
    fs::write(fleet.root.join("nest"), script).expect("a script");
    fleet.qd(["up"]).ok();
    fleet.until_file(&fleet.root.join("workspaces/a/all"));
    for number in 1..=8 {
        assert_eq!(lease(&fleet, &format!("s{number}"))["holder"], "a", "s{number}");
    }
}

#[test]
fn the_proof_of_another_agent_is_refused_and_so_is_anothers_name() {
    let line = "until [ -e ../b.env ]; do sleep 0.05; done; proof=$(sed -n s/^QD_RUN_PROOF=//p ../b.env); \
         QD_RUN_PROOF=$proof qd lock acquire src; echo both $?; \
         QD_TOKEN=$proof QD_RUN_PROOF= qd lock acquire src; echo token $?; \
         QD_RUN_PROOF=$proof QD_AGENT=b qd lock acquire src; echo whole $?; \
         QD_AGENT=b qd lock acquire src; echo name $?; \
         QD_RUN_PROOF=r1.00 qd lock acquire src; echo wrong $?; exec sleep 1000";
    let fleet = Fleet::up(&(idler("b") + &shell("a", line, "workspace = \"directory\"\nrestart = \"never\"")));
    let screen = fleet.until_screen("a", "wrong ");
    for said in ["both 4", "token 4", "whole 4", "name 4", "wrong 4"] {
        assert!(screen.contains(said), "{said}: {screen}");
    }
    assert_eq!(lease(&fleet, "src"), Value::Null);
    let log = String::from_utf8_lossy(&fleet.transcript("a")).into_owned();
    for why in ["the process belongs to `a`", "and the token to `b`", "QD_AGENT says `b`", "is not one of this fleet's"]
    {
        assert!(log.contains(why), "{why}: {log}");
    }
}

#[test]
fn outside_a_name_alone_is_nobody_and_the_proof_under_either_name_is_the_agent() {
    let fleet = Fleet::up(&idler("a"));
    let variables = variables(&fleet, "a");
    let is_secret = |name: &str| name == "QD_TOKEN" || name == "QD_RUN_PROOF";
    for words in [
        &["lock", "acquire", "src"][..],
        &["lock", "acquire", "src", "--as", "me"],
        &["lock", "force", "src", "--reason", "mine"],
        &["state", "set", "k", "1"],
        &["task", "add", "x"],
        &["msg", "send", "a", "hello"],
    ] {
        let refused = outside(&fleet, &variables, |name| !is_secret(name), words).code(4);
        let refused = refused.says("QD_AGENT names `a`, but nothing proves that").says("env -u QD_AGENT");
        assert!(!refused.stderr.contains(&variables.iter().find(|(name, _)| is_secret(name)).expect("it").1));
    }
    // Without QD_SOCKET it is not known whose agent it says it is.
    outside(&fleet, &variables, |name| name == "QD_AGENT", &["lock", "acquire", "src"])
        .code(4)
        .says("nothing proves that");
    assert_eq!(fleet.ask("GET", "/locks", None).expect(200)["leases"], json!([]));
    for (index, kept) in ["QD_TOKEN", "QD_RUN_PROOF"].into_iter().enumerate() {
        let scope = format!("s{index}");
        outside(&fleet, &variables, |name| !is_secret(name) || name == kept, &["lock", "acquire", &scope]).ok();
        assert_eq!(lease(&fleet, &scope)["holder"], "a", "{kept}");
    }
    fleet.qd(["lock", "acquire", "mine", "--as", "me"]).ok();
    assert_eq!(lease(&fleet, "mine")["holder"], "me", "a person is a person");
    let told = fleet.hello();
    assert_eq!(told["you"], Value::Null, "{told}");
}

/// A run that has ended proves nothing any more, and is no person either.
#[test]
fn the_proof_of_a_run_that_has_ended_is_refused() {
    let fleet = Fleet::up(&idler("a"));
    let variables = variables(&fleet, "a");
    fleet.qd(["stop", "a"]).ok();
    outside(&fleet, &variables, |_| true, &["lock", "acquire", "src"]).code(4).says("has ended");
}

#[test]
fn a_door_whose_environment_was_stripped_is_still_its_agents() {
    let fleet = Fleet::up(&idler("gemini"));
    let all = variables(&fleet, "gemini");
    let kept: Vec<(String, String)> =
        all.iter().filter(|(name, _)| GEMINI_STRIPS.iter().all(|word| !name.contains(word))).cloned().collect();
    assert_eq!(all.len() - kept.len(), 1, "only QD_TOKEN is taken: {kept:?}");
    let mut door = Mcp::start(&fleet, &kept, Speaks::Session("2025-06-18"));
    assert_eq!(door.tool("who_is_here", json!({})).expect("told")["you"], "gemini");
    door.tool("acquire_lock", json!({"scopes": ["src"]})).expect("granted");
    assert_eq!(lease(&fleet, "src")["holder"], "gemini");
    // Without any proof, and outside its tree, it is nobody.
    let bare: Vec<(String, String)> = kept.into_iter().filter(|(name, _)| name != "QD_RUN_PROOF").collect();
    let mut door = Mcp::start(&fleet, &bare, Speaks::Session("2025-06-18"));
    assert_eq!(door.tool("who_is_here", json!({})).expect("told")["you"], Value::Null);
    let refused = door.tool("acquire_lock", json!({"scopes": ["docs"]})).expect_err("nobody");
    assert_eq!(refused["code"], "unproven_agent", "{refused}");
}

/// Within the agent's tree no variable is needed at all: not a name, not a secret.
#[test]
fn a_door_within_the_tree_needs_no_variable() {
    let talk = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}
{"jsonrpc":"2.0","method":"notifications/initialized"}
{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"who_is_here","arguments":{}}}
{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"acquire_lock","arguments":{"scopes":["src"]}}}
{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"read_messages","arguments":{}}}
"#;
    let qd = env!("CARGO_BIN_EXE_qd");
    let line = format!(
        "(cat ../../talk; sleep 1000) | env -i QD_RUNTIME_DIR=$QD_RUNTIME_DIR {qd} --config ../../agents.toml mcp > said"
    );
    let fleet = Fleet::new(&shell("a", &line, "workspace = \"directory\""));
    fs::write(fleet.root.join("talk"), talk).expect("a file");
    fleet.qd(["up"]).ok();
    let said = fleet.root.join("workspaces/a/said");
    let text = eventually("all answers", || fs::read_to_string(&said).ok().filter(|text| text.lines().count() >= 4));
    assert!(text.contains(r#"\"you\":\"a\""#) || text.contains(r#""you":"a""#), "{text}");
    assert!(!text.contains(r#""isError":true"#), "{text}");
    assert_eq!(lease(&fleet, "src")["holder"], "a");
}

/// What the supervisor runs for a task, an agent may have written: it is that agent, or nobody.
#[test]
fn a_verification_that_strips_its_proof_is_no_person() {
    let fleet = Fleet::up(&shell("a", "qd task claim --wait --print name; qd task done; exec sleep 1000", ""));
    fleet.qd(["lock", "acquire", "src", "--as", "other"]).ok();
    let root = fleet.root.display();
    let verify = format!(
        "qd lock acquire own; qd lock force src --reason mine; echo with $? > {root}/said; \
         unset QD_AGENT QD_RUN_PROOF QD_TOKEN; qd lock force src --reason mine; echo without $? >> {root}/said; \
         env > {root}/env"
    );
    fleet.qd(["task", "add", "x", "--name", "job", "--verify", &verify]).ok();
    fleet.qd(["task", "watch", "job", "--timeout", "30s"]).ok();
    assert_eq!(fs::read_to_string(fleet.root.join("said")).expect("said"), "with 4\nwithout 4\n");
    assert_eq!(lease(&fleet, "src")["holder"], "other");
    assert_eq!(lease(&fleet, "own")["holder"], "a", "with its proof it is the agent that it verifies");
}

/// Every request that changes anything is somebody's: not only those that keep a name.
#[test]
fn whoever_proves_nothing_changes_nothing() {
    let fleet = Fleet::up(&(idler("a") + &idler("b")));
    fleet.fact("b", "agent.started");
    let claims = vec![("QD_AGENT".to_owned(), "a".to_owned())];
    for arguments in
        [&["stop", "b"][..], &["pause", "b"], &["restart", "b"], &["send", "b", "text"], &["snooze", "b"], &["down"]]
    {
        outside(&fleet, &claims, |_| true, arguments).code(4).says("nothing proves that");
    }
    outside(&fleet, &claims, |_| true, &["ps"]).ok().says("b");
    assert_eq!(fleet.history_of("b", "agent.stopping").len() + fleet.history_of("b", "agent.pausing").len(), 0);
}
