//! Talks to the control plane as a program does: HTTP on the fleet's Unix socket, one connection for many requests.

use crate::outcome::{Doing, Outcome};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// The longest time for an answer; a slower one counts as broken.
const ANSWER_LIMIT: Duration = Duration::from_secs(60);

/// A connection that is kept open between requests.
pub(crate) struct Socket {
    stream: BufReader<UnixStream>,
}

impl Socket {
    /// Connects to a fleet's control socket.
    pub(crate) fn connect(path: &Path) -> Outcome<Socket> {
        let stream = UnixStream::connect(path).doing("connecting to the supervisor")?;
        stream.set_read_timeout(Some(ANSWER_LIMIT))?;
        Ok(Socket { stream: BufReader::new(stream) })
    }

    /// Sends a request with a JSON body and reads its answer, which must be a success.
    pub(crate) fn ask(&mut self, method: &str, path: &str, body: &Value) -> Outcome<Value> {
        match self.status_of(method, path, body)? {
            (200..300, answer) => Ok(answer),
            (status, answer) => Err(format!("{method} {path}: {status}: {answer}").into()),
        }
    }

    /// Sends a request and reads its answer, whatever its status.
    pub(crate) fn status_of(&mut self, method: &str, path: &str, body: &Value) -> Outcome<(u16, Value)> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = format!(
            "{method} /api/v1{path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes()).doing("sending a request")?;
        let status = self.line()?;
        let status =
            status.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or("an answer without status")?;
        let mut length = 0;
        loop {
            let line = self.line()?.to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(bytes) = line.strip_prefix("content-length:") {
                length = bytes.trim().parse().doing("an answer's length")?;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).doing("an answer's body")?;
        Ok((status, serde_json::from_slice(&body).unwrap_or_default()))
    }

    fn line(&mut self) -> Outcome<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line).doing("reading an answer")? == 0 {
            return Err("the supervisor closed the connection".into());
        }
        Ok(line.trim_end().to_owned())
    }
}
