//! The smallest possible durable answer, for comparison: HTTP on a Unix socket, and a commit to SQLite's write-ahead
//! log before each answer, with the settings of the fleet's own journal. Nothing is decided, and only the length is
//! parsed.

use crate::measure::{ms_between, now_ns};
use crate::outcome::{Doing, Outcome};
use crate::socket::Socket;
use rusqlite::Connection;
use serde_json::json;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

/// The server of durable answers. Its thread waits for connections until the benchmark ends.
pub(crate) struct Durable {
    directory: TempDir,
}

impl Durable {
    /// Starts the server of durable answers.
    pub(crate) fn start() -> Outcome<Durable> {
        let durable = Durable { directory: TempDir::new()? };
        let listener = UnixListener::bind(durable.socket()).doing("listening")?;
        let journal = Connection::open(durable.directory.path().join("journal")).doing("a journal")?;
        journal
            .execute_batch(
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-1024;
                 CREATE TABLE inputs (id INTEGER PRIMARY KEY, event TEXT NOT NULL);",
            )
            .doing("a journal")?;
        let journal = Arc::new(Mutex::new(journal));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let journal = Arc::clone(&journal);
                std::thread::spawn(move || while serve(&stream, &journal).is_ok() {});
            }
        });
        Ok(durable)
    }

    fn socket(&self) -> PathBuf {
        self.directory.path().join("socket")
    }

    /// Measures this many spans, in milliseconds, each of this many requests in a row by one client.
    pub(crate) fn spans_ms(&self, spans: usize, requests_each: usize) -> Outcome<Vec<f64>> {
        let mut client = Socket::connect(Path::new(&self.socket()))?;
        let body = json!({ "scopes": [{ "scope": "bench/alone" }], "holder": "alone", "wait_ms": 60_000 });
        let mut span = || -> Outcome<f64> {
            let began = now_ns();
            for _ in 0..requests_each {
                client.ask("POST", "/locks/acquire", &body)?;
            }
            Ok(ms_between(began, now_ns()))
        };
        (0..spans).map(|_| span()).collect()
    }
}

/// Reads one request, commits it, and answers it.
fn serve(stream: &UnixStream, journal: &Mutex<Connection>) -> Outcome<()> {
    let mut reader = BufReader::new(stream);
    let (mut length, mut line) = (0, String::new());
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Err("the client is gone".into());
        }
        match line.trim_end().strip_prefix("content-length: ") {
            Some(bytes) => length = bytes.parse()?,
            None if line.trim_end().is_empty() => break,
            None => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let text = String::from_utf8_lossy(&body).into_owned();
    journal.lock().map_err(|_| "the journal")?.execute("INSERT INTO inputs (event) VALUES (?1)", [text])?;
    let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
    Ok((&mut &*stream).write_all(answer.as_bytes())?)
}
