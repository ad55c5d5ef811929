//! `qd export`: writes the fleet's history as a table or as lines of JSON, for other programs.
//!
//! The history is read page by page and written at once, so that its length does not matter.
//!
//! A spreadsheet treats a cell that begins with `=`, `+`, `-` or `@` as a formula. Text of agents must never become a
//! formula, so such a cell gets an apostrophe at its beginning.

use super::Context;
use super::events::Which;
use crate::api::events::{EventQuery, EventRecord, Order};
use crate::client::Client;
use crate::report::destination::{Before, Destination};
use crate::report::exit::Exit;
use crate::report::facts::JsonLine;
use crate::report::failure::Failure;
use crate::report::time::rfc3339;
use clap::{Args, ValueEnum};
use csv::Terminator;
use std::borrow::Cow;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

/// How many facts are requested at a time. Even with the longest possible values they are far smaller than the largest
/// answer.
const PAGE_FACTS: u32 = 200;

/// The headings of the table's columns.
const COLUMNS: [&str; 8] = ["seq", "at", "type", "severity", "agent", "run", "message", "data"];

/// The command-line arguments of `qd export`.
#[derive(Args, Debug)]
pub struct Export {
    /// Format of the output: a table (RFC 4180), or one line of JSON for each fact
    #[arg(long, value_enum, default_value = "csv")]
    format: Format,
    #[command(flatten)]
    which: Which,
    /// Write into this file instead of standard output. A regular file appears only when it is complete; an existing
    /// FIFO, link or device is kept and written into
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// The formats in which facts are written.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Csv,
    Jsonl,
}

impl Export {
    /// Runs `qd export` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let place = context.place()?;
        let reads = [place.config_path.as_path(), place.state_directory.as_path()];
        let named = |path| Destination::prepare(path, Before::Replaced, &reads);
        let named = self.output.as_deref().map(named).transpose()?;
        let client = context.client().await?;
        let filters = EventQuery { order: Some(Order::Oldest), limit: Some(PAGE_FACTS), ..self.which.query() };
        match &named {
            None => write_all(&client, filters, self.format, &mut context.out).await?,
            Some(file) => into_file(&client, filters, self.format, file).await?,
        }
        Ok(Exit::Ok)
    }
}

/// Writes the history into the named file. An unsuitable file is refused before any fact is requested.
async fn into_file(client: &Client, filters: EventQuery, format: Format, file: &Destination) -> Result<(), Failure> {
    let mut sink = file.open()?;
    write_all(client, filters, format, &mut sink).await?;
    file.finish(sink)
}

/// Writes all facts that exist when it begins, oldest first.
async fn write_all(
    client: &Client,
    mut filters: EventQuery,
    format: Format,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let mut writer = Writer::new(format, out)?;
    let newest = client.events(&EventQuery { limit: Some(1), ..EventQuery::default() }).await?.newest_seq;
    loop {
        let page = client.events(&filters).await?;
        page.events.iter().filter(|fact| fact.seq <= newest).try_for_each(|fact| writer.write(fact))?;
        match page.events.last() {
            Some(last) if page.events.len() as u32 >= PAGE_FACTS && last.seq < newest => {
                filters.since_seq = Some(last.seq);
            }
            _ => return Ok(writer.finish()?),
        }
    }
}

/// A writer of facts in one of the formats.
enum Writer<W: Write> {
    Csv(Box<csv::Writer<W>>),
    Jsonl(BufWriter<W>),
}

impl<W: Write> Writer<W> {
    fn new(format: Format, out: W) -> io::Result<Writer<W>> {
        match format {
            Format::Jsonl => Ok(Writer::Jsonl(BufWriter::new(out))),
            Format::Csv => {
                let mut writer = csv::WriterBuilder::new().terminator(Terminator::CRLF).from_writer(out);
                writer.write_record(COLUMNS).map_err(system)?;
                Ok(Writer::Csv(Box::new(writer)))
            }
        }
    }

    fn write(&mut self, fact: &EventRecord) -> io::Result<()> {
        match self {
            Writer::Csv(writer) => writer.write_record(row(fact).iter().map(|cell| cell.as_bytes())).map_err(system),
            Writer::Jsonl(writer) => {
                serde_json::to_writer(&mut *writer, &JsonLine::of(fact))?;
                writer.write_all(b"\n")
            }
        }
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Writer::Csv(mut writer) => writer.flush(),
            Writer::Jsonl(mut writer) => writer.flush(),
        }
    }
}

/// Converts a CSV error into an I/O error, so that a reader that went away is still recognised.
fn system(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// Returns the cells of a fact's row.
fn row(fact: &EventRecord) -> [String; COLUMNS.len()] {
    let severity = serde_json::to_value(fact.severity).ok();
    let texts = [
        &fact.kind,
        severity.as_ref().and_then(|severity| severity.as_str()).unwrap_or_default(),
        fact.agent.as_deref().unwrap_or_default(),
        fact.run.as_deref().unwrap_or_default(),
        &fact.message,
        &fact.data.to_string(),
    ];
    let [kind, severity, agent, run, message, data] = texts.map(|text| no_formula(text).into_owned());
    [fact.seq.to_string(), rfc3339(fact.at_ms), kind, severity, agent, run, message, data]
}

/// Returns the text in a form that no spreadsheet treats as a formula.
fn no_formula(text: &str) -> Cow<'_, str> {
    let first = text.trim_start().chars().next();
    match first.is_some_and(|first| "=+-@＝＋－＠".contains(first)) || text.starts_with(['\t', '\r', '\n']) {
        true => Cow::Owned(format!("'{text}")),
        false => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::events::Severity;
    use proptest::prelude::*;
    use serde_json::json;

    fn fact(message: &str, data: serde_json::Value) -> EventRecord {
        EventRecord {
            seq: 7,
            at_ms: 1_795_166_400_123,
            kind: "agent.ended".into(),
            severity: Severity::Warning,
            agent: Some("a".into()),
            run: None,
            message: message.into(),
            data,
        }
    }

    fn csv_of(facts: &[EventRecord]) -> String {
        let mut written = Vec::new();
        let mut writer = Writer::new(Format::Csv, &mut written).expect("a heading");
        facts.iter().for_each(|fact| writer.write(fact).expect("written"));
        writer.finish().expect("flushed");
        String::from_utf8(written).expect("text")
    }

    #[test]
    fn cells_are_quoted_where_they_must_be_and_lines_end_as_the_rfc_says() {
        let text = csv_of(&[fact("said \"no\", twice\r\nand left", json!({"code": 1}))]);
        let expected = "seq,at,type,severity,agent,run,message,data\r\n\
            7,2026-11-20T09:20:00.123Z,agent.ended,warning,a,,\"said \"\"no\"\", twice\r\nand left\",\"{\"\"code\"\":1}\"\r\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn what_an_agent_says_is_never_a_formula() {
        for evil in ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\n@x", "＝1"] {
            assert_eq!(no_formula(evil), format!("'{evil}"));
        }
        for fine in ["", "a=1", "'=1", "1-1", "{\"a\":-1}"] {
            assert_eq!(no_formula(fine), fine);
        }
        assert!(csv_of(&[fact("x", json!(-1))]).ends_with(",'-1\r\n"));
    }

    proptest! {
        #[test]
        fn whatever_is_said_is_read_back(message in any::<String>(), value in any::<String>()) {
            let fact = fact(&message, json!({ "value": value }));
            let text = csv_of(std::slice::from_ref(&fact));
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            let cells = reader.records().next().expect("a row").expect("eight cells");
            let told = no_formula(&message).into_owned();
            prop_assert_eq!(&cells[6], told.as_str());
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&cells[7]).expect("json"), fact.data);
        }
    }
}
