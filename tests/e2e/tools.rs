//! Tool calls with their times: those of hooks and those over MCP.

use crate::harness::config::shell;
use crate::harness::{Fleet, eventually};

#[test]
fn what_a_hook_and_an_mcp_server_tell_is_listed_with_its_times() {
    let hook = |event: &str| {
        format!(r#"printf '{{"hook_event_name":"{event}","tool_name":"Bash","tool_use_id":"t1"}}' | qd tool hook"#)
    };
    let words = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}
{"jsonrpc":"2.0","method":"notifications/initialized"}
{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"who_is_here","arguments":{}}}"#;
    let line = format!(
        "{}; {}; qd tool began Read; qd tool ended Read --failed; (echo '{words}'; until grep -q '\"id\":2' answers; do sleep 0.05; done) | qd mcp >answers; echo all told; exec sleep 1000",
        hook("PreToolUse"),
        hook("PostToolUse")
    );
    let fleet = Fleet::up(&shell("a", &line, "workspace = \"shared\""));
    fleet.until_screen("a", "all told");
    let told = fleet.ask("GET", "/agents/a/tools", None).expect(200);
    let calls = told["calls"].as_array().expect("a list");
    let of = |name: &str| calls.iter().find(|call| call["name"] == name).unwrap_or_else(|| panic!("{name}: {told}"));
    assert_eq!((&of("Bash")["call"], &of("Bash")["failed"]), (&"t1".into(), &false.into()));
    assert_eq!((&of("Read")["source"], &of("Read")["failed"]), (&"reported".into(), &true.into()));
    assert_eq!(of("who_is_here")["source"], "mcp");
    for call in calls {
        assert!(call["ended_ms"].as_u64() >= call["started_ms"].as_u64(), "{call}");
    }
    fleet.qd(["tool", "list", "a"]).ok().says("Bash").says("who_is_here").says("failed");
    fleet.qd_reading(["tool", "hook"], b"no JSON").code(1).says("not the JSON of a hook");
    fleet.qd(["tool", "began", "Bash"]).code(4).says("comes from no agent of the fleet");
}

#[test]
fn what_marks_name_and_what_processes_a_program_starts_is_listed_with_its_source() {
    let marks = r"printf '\033]133;C;cmdline_url=make%%20all\007\033]133;D;2\007\033]633;E;ls\007\033]633;D;0\007'";
    let line = format!("{marks}; sleep 1000 & echo all told; wait");
    let fleet = Fleet::up(&shell("a", &line, "workspace = \"shared\""));
    fleet.until_screen("a", "all told");
    let calls = eventually("its process to be what it became", || {
        let told = fleet.ask("GET", "/agents/a/tools", None).expect(200);
        let calls = told["calls"].as_array().expect("a list").clone();
        (calls.len() == 3).then_some(calls)
    });
    let of = |source: &str| calls.iter().filter(|call| call["source"] == source).collect::<Vec<_>>();
    let named: Vec<_> = of("terminal").iter().map(|call| (call["name"].clone(), call["failed"].clone())).collect();
    assert_eq!(named, [("make all".into(), true.into()), ("ls".into(), false.into())]);
    assert_eq!(of("process")[0]["ended_ms"], serde_json::Value::Null, "it goes on");
    fleet.qd(["tool", "list", "a"]).ok().says("KNOWN BY").says("terminal").says("process").says("in progress");
    let forged = r#"{"name":"x","moment":"began","source":"process"}"#;
    assert_eq!(fleet.ask("POST", "/tools", Some(forged)).status, 403, "and no agent asked");
}
