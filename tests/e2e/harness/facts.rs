//! Reads the fleet's facts as they happen, from the control plane's server-sent events.

use super::http;
use super::pace::DEADLINE;
use serde_json::Value;
use std::io::{self, BufRead, BufReader};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

/// An item that a stream of facts delivers.
#[derive(Clone, Debug)]
pub(crate) enum Heard {
    /// A fact of the fleet.
    Fact(Value),
    /// The reader was too slow; the facts up to this number were skipped.
    Lagged(u64),
    /// An event of another kind, by its name.
    Other(String),
    /// The stream has ended.
    End,
}

/// A stream of facts that a case reads.
pub(crate) struct Facts {
    reader: BufReader<UnixStream>,
    deadline: Instant,
}

impl Facts {
    /// Opens a stream of the facts after number `since`, those that exist and those that come. `filter` is a further
    /// part of the query: `&type=agent.ended`.
    #[track_caller]
    pub(crate) fn after(socket: &Path, since: u64, filter: &str) -> Facts {
        let path = format!("/api/v1/events?follow=true&since_seq={since}{filter}");
        let opened = http::open(socket, "GET", &path, None);
        let (status, headers, reader) = opened.unwrap_or_else(|error| panic!("can't follow the facts: {error}"));
        assert_eq!(status, 200, "facts can't be followed: {headers:?}");
        Facts { reader, deadline: Instant::now() + DEADLINE }
    }

    /// Sets how long reads wait from now on.
    pub(crate) fn deadline(mut self, span: Duration) -> Facts {
        self.deadline = Instant::now() + span;
        self
    }

    /// Returns the next item; an error of kind `WouldBlock` or `TimedOut` when the deadline is over.
    pub(crate) fn next(&mut self) -> io::Result<Heard> {
        let (mut name, mut data) = (String::new(), String::new());
        loop {
            let left = self.deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.reader.get_ref().set_read_timeout(Some(left))?;
            let mut line = String::new();
            match self.reader.read_line(&mut line) {
                Ok(0) => return Ok(Heard::End),
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(Heard::End),
                read => _ = read?,
            }
            let line = line.trim_end_matches(['\r', '\n']);
            match line.split_once(':') {
                _ if line.is_empty() && !data.is_empty() => return Ok(heard(&name, &data)),
                Some(("event", value)) => name = value.trim_start().to_owned(),
                Some(("data", value)) => data += value.trim_start(),
                _ => {}
            }
        }
    }

    /// Returns the first fact that `fits`; panics with the facts that came instead when the deadline is over or the
    /// stream ends.
    #[track_caller]
    pub(crate) fn first(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let mut others = Vec::new();
        loop {
            match self.next() {
                Ok(Heard::Fact(fact)) if fits(&fact) => return fact,
                Ok(Heard::Fact(fact)) => others.push(in_short(&fact)),
                Ok(Heard::Lagged(_) | Heard::Other(_)) => {}
                Ok(Heard::End) => panic!("the facts ended while waiting for {what}; heard: {others:#?}"),
                Err(error) => panic!("waiting for {what}: {error}; heard: {others:#?}"),
            }
        }
    }
}

fn heard(name: &str, data: &str) -> Heard {
    let value: Value = serde_json::from_str(data).unwrap_or(Value::Null);
    match name {
        "fact" => Heard::Fact(value),
        "lagged" => Heard::Lagged(value["skipped_to_seq"].as_u64().unwrap_or_default()),
        other => Heard::Other(other.to_owned()),
    }
}

/// Returns a fact as one line, for messages.
pub(crate) fn in_short(fact: &Value) -> String {
    let word = |key: &str| fact[key].as_str().unwrap_or("-").to_owned();
    format!("{} {} {} {}: {}", fact["seq"], word("agent"), word("run"), word("type"), word("message"))
}

/// Whether a fact is of this type and about this agent.
pub(crate) fn is(fact: &Value, agent: &str, kind: &str) -> bool {
    fact["agent"] == agent && fact["type"] == kind
}

/// Returns the number of a fact.
pub(crate) fn seq(fact: &Value) -> u64 {
    fact["seq"].as_u64().unwrap_or_else(|| panic!("a fact without a number: {fact}"))
}
