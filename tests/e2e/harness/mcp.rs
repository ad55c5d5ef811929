//! Plays an agent program that uses `qd mcp`: JSON-RPC, a line each, over its standard input and output.

use super::Fleet;
use super::pace::DEADLINE;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc;

/// The version of the protocol that an agent program speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speaks {
    /// A version that begins with `initialize`.
    Session(&'static str),
    /// The newest version, which has no session: each request says all that is needed.
    Stateless,
}

/// A conversation with `qd mcp`.
pub(crate) struct Mcp {
    child: Child,
    input: Option<ChildStdin>,
    lines: mpsc::Receiver<Value>,
    speaks: Speaks,
    requests: u64,
    /// The notifications that came so far.
    pub(crate) notifications: Vec<Value>,
}

impl Mcp {
    /// Starts `qd mcp` with these variables in addition to the fleet's.
    #[track_caller]
    pub(crate) fn start(fleet: &Fleet, variables: &[(String, String)], speaks: Speaks) -> Mcp {
        let mut command = fleet.command(["mcp"]);
        command.envs(variables.iter().cloned()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("qd mcp");
        let (input, output) = (child.stdin.take(), child.stdout.take().expect("its output"));
        let (tell, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line:?}: {error}"));
                if tell.send(value).is_err() {
                    return;
                }
            }
        });
        let mut mcp = Mcp { child, input, lines, speaks, requests: 0, notifications: Vec::new() };
        mcp.open();
        mcp
    }

    fn open(&mut self) {
        let Speaks::Session(version) = self.speaks else { return };
        let asked = json!({
            "protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "another", "version": "1"},
        });
        let answer = self.request("initialize", asked);
        assert_eq!(answer["result"]["protocolVersion"], version, "{answer}");
        self.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
    }

    fn send(&mut self, message: &Value) {
        self.send_line(&message.to_string());
    }

    /// Sends a line, whatever it holds.
    pub(crate) fn send_line(&mut self, line: &str) {
        let input = self.input.as_mut().expect("it is open");
        writeln!(input, "{line}").expect("written");
    }

    /// Sends a request and does not wait for its answer. Returns its number.
    pub(crate) fn ask(&mut self, method: &str, mut params: Value) -> u64 {
        self.requests += 1;
        if self.speaks == Speaks::Stateless {
            let meta = params["_meta"].as_object().cloned().unwrap_or_default();
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientInfo": {"name": "another", "version": "1"},
                "io.modelcontextprotocol/clientCapabilities": {},
            });
            params["_meta"].as_object_mut().expect("an object").extend(meta);
        }
        self.send(&json!({"jsonrpc": "2.0", "id": self.requests, "method": method, "params": params}));
        self.requests
    }

    /// Sends a request and waits for its answer.
    #[track_caller]
    pub(crate) fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.ask(method, params);
        self.answer(id)
    }

    /// Waits for the answer to a request, and keeps the notifications that come before it.
    #[track_caller]
    pub(crate) fn answer(&mut self, id: u64) -> Value {
        loop {
            let message = self.next();
            match message.get("id") {
                Some(Value::Number(number)) if number.as_u64() == Some(id) => return message,
                _ => self.notifications.push(message),
            }
        }
    }

    /// Returns the next message from `qd mcp`.
    #[track_caller]
    pub(crate) fn next(&mut self) -> Value {
        self.lines.recv_timeout(DEADLINE).unwrap_or_else(|error| panic!("qd mcp says nothing: {error}"))
    }

    /// Calls a tool. Returns the object of its answer, as an error if the tool failed.
    #[track_caller]
    pub(crate) fn tool(&mut self, name: &str, arguments: Value) -> Result<Value, Value> {
        let answer = self.request("tools/call", json!({"name": name, "arguments": arguments}));
        outcome(&answer)
    }

    /// Begins to call a tool, and asks for reports of its progress by this token.
    pub(crate) fn begin(&mut self, name: &str, arguments: Value, token: &str) -> u64 {
        self.ask("tools/call", json!({"name": name, "arguments": arguments, "_meta": {"progressToken": token}}))
    }

    /// Says that a request is no longer wanted.
    pub(crate) fn cancel(&mut self, id: u64) {
        let params = json!({"requestId": id});
        self.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params}));
    }
}

/// Returns the object that a tool answered, as an error if the tool failed.
#[track_caller]
pub(crate) fn outcome(answer: &Value) -> Result<Value, Value> {
    let result = answer.get("result").unwrap_or_else(|| panic!("an error of the protocol: {answer}"));
    let content = result["structuredContent"].clone();
    assert!(result["content"][0]["text"].is_string(), "no text: {answer}");
    if result["isError"] == true { Err(content["error"].clone()) } else { Ok(content) }
}

impl Drop for Mcp {
    fn drop(&mut self) {
        // `qd mcp` ends when its input does.
        drop(self.input.take());
        let ended = self.child.wait().expect("waited for");
        assert!(ended.success() || std::thread::panicking(), "qd mcp: {ended}");
    }
}
