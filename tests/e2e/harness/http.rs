//! Speaks HTTP on a Unix socket, written by hand: the control plane must serve every client that follows the standard.
//!
//! It speaks HTTP/1.0, so a body is everything until the end. `curl` speaks 1.1 in a case of its own.

use super::pace::DEADLINE;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

/// An answer of the control plane.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// The status of the answer.
    pub(crate) status: u16,
    /// The header lines of the answer, as they came.
    pub(crate) headers: Vec<String>,
    /// The body of the answer.
    pub(crate) body: String,
}

impl Answer {
    /// Returns the body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }

    /// Asserts that the status is this one, and returns the body as JSON.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> serde_json::Value {
        assert_eq!(self.status, status, "{self:?}");
        let is_json = |header: &String| header.to_lowercase().starts_with("content-type: application/json");
        assert!(self.headers.iter().any(is_json), "not said to be JSON: {self:?}");
        self.json()
    }
}

/// Sends a request and reads the whole answer.
pub(crate) fn ask(socket: &Path, method: &str, path: &str, body: Option<&str>) -> io::Result<Answer> {
    let (status, headers, mut reader) = open(socket, method, path, body)?;
    let mut body = String::new();
    reader.read_to_string(&mut body)?;
    Ok(Answer { status, headers, body })
}

/// Sends a request and reads the answer up to its body.
pub(crate) fn open(
    socket: &Path,
    method: &str,
    path: &str,
    body: Option<&str>,
) -> io::Result<(u16, Vec<String>, BufReader<UnixStream>)> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(DEADLINE))?;
    stream.set_write_timeout(Some(DEADLINE))?;
    let mut request = format!("{method} {path} HTTP/1.0\r\nHost: localhost\r\n");
    if let Some(body) = body {
        request += &format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
    }
    request += "\r\n";
    request += body.unwrap_or_default();
    stream.write_all(request.as_bytes())?;
    let mut reader = BufReader::new(stream);
    let status = head_line(&mut reader)?;
    let mut headers = Vec::new();
    loop {
        match head_line(&mut reader)? {
            end if end.is_empty() => break,
            header => headers.push(header),
        }
    }
    let number = status.split(' ').nth(1).and_then(|number| number.parse().ok());
    let number = number.ok_or_else(|| io::Error::other(format!("no status line: {status:?}")))?;
    Ok((number, headers, reader))
}

fn head_line(reader: &mut BufReader<UnixStream>) -> io::Result<String> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end().to_owned())
}
