//! The lines between an agent program and the protocol's library. A line that is not a valid request is answered here,
//! so that the program does not wait in vain. All valid messages are passed on unchanged.
//!
//! | what comes in                                | code                       | answered with its id |
//! |----------------------------------------------|----------------------------|----------------------|
//! | no JSON, no UTF-8, or too deep               | -32700                     | if it has one        |
//! | longer than [`LINE_BYTES_MAX`]               | -32600                     | if that comes first  |
//! | no object, no version 2.0, an id of no kind  | -32600                     | as it was given      |
//! | a request of ours with parameters of no kind | -32602                     | yes                  |
//!
//! The codes are those of jsonrpc.org/specification, section 5.1.

use crate::amounts;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::io;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader, DuplexStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// The longest line that is read, in bytes: as long as the protocol's library accepts
/// (`rmcp::transport::async_rw::DEFAULT_MAX_LINE_LENGTH`), which ignores longer lines without an error. Beyond it, the
/// request is answered with an error.
const LINE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// How much of a line that is too long is kept to find its id, in bytes. Beyond it, the rest is read and dropped.
const HEAD_BYTES_MAX: usize = 4 * 1024;
/// The number of our own answers that may wait to be written. Beyond it, no request is read until an answer is written.
const ANSWERS_MAX: usize = 16;
/// The size of the pipe between the two sides, in bytes.
const PIPE_BYTES: usize = 64 * 1024;

const NO_JSON: i32 = -32700;
const NO_REQUEST: i32 = -32600;
const NO_PARAMETERS: i32 = -32602;

/// The methods that are served, and whether they need parameters.
const SERVED: [(&str, Parameters); 4] = [
    ("initialize", Parameters::Needed),
    ("ping", Parameters::MayBe),
    ("tools/list", Parameters::MayBe),
    ("tools/call", Parameters::Needed),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Parameters {
    Needed,
    MayBe,
}

/// The outer object of a message; the values in it may be nested to any depth.
#[derive(Deserialize)]
struct Outside<'a> {
    #[serde(borrow)]
    jsonrpc: Option<&'a RawValue>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Option<&'a RawValue>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
}

/// Connects a program's input and output with those of the protocol's library, with the check of lines in between.
/// Returns the ends for the library, and a task that ends when everything that the library said is written. Both sides
/// end when the program closes its own.
pub(super) fn between(
    input: impl AsyncRead + Send + Unpin + 'static,
    output: impl AsyncWrite + Send + Unpin + 'static,
) -> (DuplexStream, DuplexStream, JoinHandle<()>) {
    let (to_protocol, for_reading) = tokio::io::duplex(PIPE_BYTES);
    let (for_writing, from_protocol) = tokio::io::duplex(PIPE_BYTES);
    let (answer, answers) = mpsc::channel(ANSWERS_MAX);
    tokio::spawn(carry_in(BufReader::new(input), to_protocol, answer));
    let written = tokio::spawn(carry_out(BufReader::new(from_protocol), answers, output));
    (for_reading, for_writing, written)
}

async fn carry_in(mut input: impl AsyncBufRead + Unpin, mut to: DuplexStream, answer: mpsc::Sender<Value>) {
    while let Ok(Some(line)) = next_line(&mut input).await {
        let wrong = match &line {
            Line::Whole(line) => wrong_with(line),
            Line::TooLong(head) => {
                let why = format!("a message has at most {}", amounts::bytes(LINE_BYTES_MAX as u64));
                Some(refusal(NO_REQUEST, &why, id_in(head)))
            }
        };
        let carried = match (wrong, line) {
            (Some(wrong), _) => answer.send(wrong).await.is_ok(),
            (None, Line::Whole(line)) => to.write_all(&line).await.is_ok(),
            (None, Line::TooLong(_)) => true,
        };
        if !carried {
            return;
        }
    }
}

async fn carry_out(
    mut from: impl AsyncBufRead + Unpin,
    mut answers: mpsc::Receiver<Value>,
    mut output: impl AsyncWrite + Unpin,
) {
    let mut line = Vec::new();
    loop {
        let next = tokio::select! {
            // A line that was read in part is kept: `read_until` appends to it.
            read = from.read_until(b'\n', &mut line) => match read {
                Ok(bytes) if bytes > 0 => std::mem::take(&mut line),
                _ => return,
            },
            Some(answer) = answers.recv() => format!("{answer}\n").into_bytes(),
        };
        if output.write_all(&next).await.is_err() || output.flush().await.is_err() {
            return;
        }
    }
}

enum Line {
    Whole(Vec<u8>),
    /// The beginning of a line that is too long.
    TooLong(Vec<u8>),
}

/// Reads the next line, with its line end. A line that is too long is read to its end, and not kept.
async fn next_line(input: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<Line>> {
    let (mut line, mut too_long) = (Vec::new(), false);
    loop {
        let bytes = input.fill_buf().await?;
        if bytes.is_empty() {
            return Ok(if too_long || line.is_empty() { None } else { Some(Line::Whole(line)) });
        }
        let end = bytes.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
        let taken = end.unwrap_or(bytes.len());
        too_long |= line.len() + taken > LINE_BYTES_MAX;
        if !too_long {
            line.extend_from_slice(&bytes[..taken]);
        } else if line.len() > HEAD_BYTES_MAX {
            line = line[..HEAD_BYTES_MAX].to_vec();
        }
        input.consume(taken);
        if end.is_some() {
            return Ok(Some(if too_long { Line::TooLong(line) } else { Line::Whole(line) }));
        }
    }
}

/// Returns the id of a message of which only the beginning was read, if the id comes before the parameters.
fn id_in(head: &[u8]) -> Option<Value> {
    let head = String::from_utf8_lossy(head);
    let (before, _) = head.split_once("\"params\"").unwrap_or((&head, ""));
    let (_, id) = before.split_once("\"id\"")?;
    serde_json::Deserializer::from_str(id.trim_start().strip_prefix(':')?).into_iter().next()?.ok()
}

/// Returns the error answer to a line that is not a valid message; none for a valid message or an empty line.
fn wrong_with(line: &[u8]) -> Option<Value> {
    if line.trim_ascii().is_empty() {
        return None;
    }
    let outside: Outside<'_> = match serde_json::from_slice(line) {
        Ok(outside) => outside,
        Err(error) if error.is_data() => return Some(refusal(NO_REQUEST, "a message is an object", None)),
        Err(error) => return Some(refusal(NO_JSON, &error.to_string(), None)),
    };
    // A method without an id is a notification, which is never answered; an id without a method is an answer.
    let id = outside.id.map(|id| serde_json::from_str(id.get()).unwrap_or(Value::Null));
    let whole: Value = match serde_json::from_slice(line) {
        Ok(whole) => whole,
        Err(error) => return Some(refusal(NO_JSON, &error.to_string(), id)),
    };
    let method = outside.method.and_then(|method| serde_json::from_str::<String>(method.get()).ok());
    let is_known_kind = |id: &Value| id.is_string() || id.is_i64() || id.is_u64();
    let id = id?;
    if outside.jsonrpc.is_none_or(|version| version.get() != "\"2.0\"") || !is_known_kind(&id) {
        return Some(refusal(
            NO_REQUEST,
            "a request has `\"jsonrpc\": \"2.0\"`, and a text or a whole number as id",
            Some(id),
        ));
    }
    let Some(method) = method else {
        return outside.method.map(|_| refusal(NO_REQUEST, "a method is a text", Some(id)));
    };
    let (_, needs) = SERVED.iter().find(|(served, _)| *served == method)?;
    let why = match (&whole["params"], outside.params, needs) {
        (Value::Object(parameters), ..) if method == "tools/call" => wrong_call(parameters)?,
        (Value::Object(_), ..) | (_, None, Parameters::MayBe) => return None,
        _ => "its parameters are an object",
    };
    Some(refusal(NO_PARAMETERS, &format!("{method}: {why}"), Some(id)))
}

fn wrong_call(parameters: &serde_json::Map<String, Value>) -> Option<&'static str> {
    match (parameters.get("name"), parameters.get("arguments")) {
        (Some(Value::String(_)), None | Some(Value::Null | Value::Object(_))) => None,
        (Some(Value::String(_)), _) => Some("`arguments` is an object"),
        _ => Some("`name` says which tool, as a text"),
    }
}

fn refusal(code: i32, why: &str, id: Option<Value>) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": why } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_asked_is_answered_whatever_is_wrong() {
        let deep = format!(
            r#"{{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{}{}}}"#,
            "[".repeat(200),
            "]".repeat(200)
        );
        let table: [(&[u8], i64, Value); 14] = [
            (b"hello", -32700, Value::Null),
            (b"{\"jsonrpc\":\"2.0\",\"id\":1", -32700, Value::Null),
            (b"\xff\xfe", -32700, Value::Null),
            (deep.as_bytes(), -32700, json!(3)),
            (b"[]", -32600, Value::Null),
            (b"7", -32600, Value::Null),
            (br#"{"id":1,"method":"ping"}"#, -32600, json!(1)),
            (br#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, -32600, json!(1.5)),
            (br#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#, -32600, json!({})),
            (br#"{"jsonrpc":"2.0","id":1,"method":7}"#, -32600, json!(1)),
            (br#"{"jsonrpc":"2.0","id":"x","method":"tools/call","params":"x"}"#, -32602, json!("x")),
            (br#"{"jsonrpc":"2.0","id":4,"method":"tools/call","params":[1]}"#, -32602, json!(4)),
            (br#"{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"arguments":{}}}"#, -32602, json!(4)),
            (
                br#"{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"explain","arguments":[]}}"#,
                -32602,
                json!(4),
            ),
        ];
        for (line, code, id) in table {
            let answer = wrong_with(line).unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(line)));
            assert_eq!((&answer["error"]["code"], &answer["id"]), (&json!(code), &id), "{answer}");
        }
    }

    #[test]
    fn messages_go_on() {
        for line in [
            r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":"a","method":"tools/list","params":{}}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"explain"}}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"something/else","params":[1]}"#,
            r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
            "\n",
        ] {
            assert_eq!(wrong_with(line.as_bytes()), None, "{line}");
        }
    }

    #[tokio::test]
    async fn a_line_that_is_too_long_is_read_past() {
        let long = r#"{"jsonrpc":"2.0","id":"q7","method":"tools/call","params":{"#.to_owned()
            + &"x".repeat(LINE_BYTES_MAX)
            + "\n";
        let text = format!("{long}{{}}\nrest");
        let mut input = BufReader::new(text.as_bytes());
        let Ok(Some(Line::TooLong(head))) = next_line(&mut input).await else { panic!("it is too long") };
        assert_eq!((id_in(&head), id_in(b"x")), (Some(json!("q7")), None));
        assert!(matches!(next_line(&mut input).await, Ok(Some(Line::Whole(line))) if line == b"{}\n"));
        assert!(matches!(next_line(&mut input).await, Ok(Some(Line::Whole(line))) if line == b"rest"));
        assert!(matches!(next_line(&mut input).await, Ok(None)));
    }
}
