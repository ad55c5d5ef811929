//! Agents that somebody started in another terminal, and that take part.

use crate::harness::config::shell;
use crate::harness::pace::eventually;
use crate::harness::{Fleet, processes};
use nix::sys::signal::Signal;
use std::io::Write;
use std::process::{Child, Stdio};

/// A shell in no run of the fleet, which reads its lines from here. Ended when dropped.
struct Terminal(Child);

impl Terminal {
    fn open(fleet: &Fleet) -> Terminal {
        let mut command = fleet.surround("sh");
        command.stdin(Stdio::piped());
        Terminal(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("sh runs"))
    }

    /// Types a line, whose output goes to a file, and gives what that holds when it is done.
    fn says(&mut self, fleet: &Fleet, line: &str) -> String {
        let (said, done) = (fleet.base().join("said"), fleet.base().join("done"));
        let _none = std::fs::remove_file(&done);
        let stdin = self.0.stdin.as_mut().expect("its keyboard");
        writeln!(stdin, "{{ {line}; }} >{} 2>&1; touch {}", said.display(), done.display()).expect("typed");
        eventually(line, || done.exists().then_some(()));
        std::fs::read_to_string(said).expect("what it said")
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}

#[test]
fn a_shell_that_joins_is_an_agent_until_its_process_ends() {
    let fleet = Fleet::up(&shell("a", "exec sleep 1000", "workspace = \"shared\""));
    let mut terminal = Terminal::open(&fleet);
    let qd = env!("CARGO_BIN_EXE_qd");
    let mut says = |line: &str| terminal.says(&fleet, &line.replace("qd ", &format!("{qd} ")));
    assert!(says("qd join guest --capability rust").contains("guest has joined"), "it joined");
    fleet.qd(["ps"]).ok().says("guest").says("joined");
    assert_eq!(
        (fleet.agent("guest")["state"].clone(), fleet.agent("guest")["health"].clone()),
        ("joined".into(), "healthy".into())
    );
    assert!(says("qd join again").contains("`guest`, which is an agent of the fleet already"));
    // What it does is its own doing.
    assert!(says("qd lock acquire src && qd lock list").contains("guest"));
    fleet.qd(["task", "add", "do it", "--name", "t", "--capability", "rust"]).ok();
    assert!(says("qd task claim --print name").contains('t'));
    fleet.qd(["ps"]).ok().says("works on t");
    fleet.qd(["msg", "send", "guest", "hello there"]).ok();
    assert!(says("qd msg inbox").contains("hello there"));
    for verb in ["stop", "restart", "kill", "pause"] {
        fleet.qd([verb, "guest"]).code(4).says("the fleet does not start, stop or freeze").says("qd leave guest");
    }
    // The next supervisor knows it, too.
    processes::kill(fleet.supervisor(), Signal::SIGKILL);
    fleet.qd(["up"]).ok();
    assert_eq!(fleet.agent("guest")["state"], "joined");
    assert!(says("qd lock list").contains("guest"));
    drop(terminal);
    fleet.fact("guest", "agent.removed");
    let in_hand = |state: &serde_json::Value| state == "running" || state == "assigned";
    eventually("its task waits for another", || {
        (!in_hand(&fleet.ask("GET", "/tasks/t", None).expect(200)["state"])).then_some(())
    });
}

#[test]
fn an_agent_program_in_a_terminal_that_joined_takes_part_over_mcp() {
    let fleet = Fleet::up(&shell("a", "exec sleep 1000", "workspace = \"shared\""));
    let mut terminal = Terminal::open(&fleet);
    let qd = env!("CARGO_BIN_EXE_qd");
    fleet.qd(["task", "add", "do it", "--name", "t", "--capability", "rust"]).ok();
    let joined = terminal.says(&fleet, &format!("{qd} join guest --capability rust"));
    assert!(joined.contains("guest has joined"), "{joined}");
    fleet.qd(["msg", "send", "guest", "hello there"]).ok();
    let call = |id: u32, name: &str, arguments: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"{name}","arguments":{arguments}}}}}"#
        )
    };
    let lines = [
        r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}"#.to_owned(),
        r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#.to_owned(),
        call(2, "who_is_here", "{}"),
        call(3, "acquire_lock", r#"{"scopes":["src"]}"#),
        call(4, "claim_task", "{}"),
        call(5, "read_messages", "{}"),
        call(6, "send_message", r#"{"to":["a"],"body":"from outside"}"#),
    ];
    // One after another: each line is written when the one before it is answered.
    let (asked, answers) = (fleet.base().join("asked"), fleet.base().join("answers"));
    let mut script = format!("rm -f {0}; : > {0}; ( ", answers.display());
    for (number, line) in lines.iter().enumerate() {
        std::fs::write(asked.with_extension(number.to_string()), format!("{line}\n")).expect("a file");
        script += &format!("cat {}; ", asked.with_extension(number.to_string()).display());
        if let Some(id) = line.contains("\"id\"").then_some(if number == 0 { 1 } else { number }) {
            script += &format!("until grep -q '\"id\":{id}' {}; do sleep 0.05; done; ", answers.display());
        }
    }
    script += &format!(") | {qd} mcp > {}", answers.display());
    let said = terminal.says(&fleet, &script);
    let answers = std::fs::read_to_string(&answers).expect("answers");
    let answer = |id: u32| answers.lines().find(|line| line.contains(&format!("\"id\":{id},"))).unwrap_or_default();
    assert!(answer(2).contains(r#"\"you\":\"guest\""#), "{said}{answers}");
    for (id, word) in [(3, "lease"), (4, "do it"), (5, "hello there"), (6, "")] {
        assert!(answer(id).contains("\"isError\":false") && answer(id).contains(word), "{id}: {said}{answers}");
    }
    fleet.qd(["lock", "list"]).ok().says("guest");
    fleet.qd(["ps"]).ok().says("works on t");
    fleet.qd(["tool", "list", "guest"]).ok().says("acquire_lock").says("claim_task");
    let history = fleet.qd(["msg", "history"]).ok().text();
    assert!(history.contains("from outside"), "{history}");
}

#[test]
fn an_agent_that_joined_leaves_by_hand_and_no_other_process_can_be_joined() {
    let fleet = Fleet::up(&shell("a", "exec sleep 1000", "workspace = \"shared\""));
    let mut terminal = Terminal::open(&fleet);
    let qd = env!("CARGO_BIN_EXE_qd");
    fleet.fact("a", "agent.started");
    let other = fleet.pid("a");
    let refused = terminal.says(&fleet, &format!("{qd} join guest --pid {other}"));
    assert!(refused.contains("is not an ancestor of the process that sent the request"), "{refused}");
    assert!(terminal.says(&fleet, &format!("{qd} join guest")).contains("has joined"));
    assert!(terminal.says(&fleet, &format!("{qd} leave")).contains("guest has left"));
    assert!(terminal.says(&fleet, &format!("{qd} leave")).contains("this process is not an agent"));
    fleet.qd(["leave", "a"]).code(4).says("the fleet started it");
}
