//! Messages as text for people.

use crate::api::messages::Message;
use crate::report::output::{Cell, Output, Tone, clean, painted};
use crate::report::time::time_of_day;
use crate::tui::age;
use std::io;

/// Prints one message in full: a line with its sender, recipient, topic and time, and its text below, indented by two
/// columns.
pub fn in_full(out: &mut Output, message: &Message) -> io::Result<()> {
    let Message { id, from, topic, correlation, sent_ms, .. } = message;
    let about = correlation.as_ref().map(|id| format!(", {id}")).unwrap_or_default();
    let heading = clean(&format!("{id} from {from} ({topic}{about}) {}", time_of_day(*sent_ms)));
    out.line(painted(&heading, Tone::Notable, out.colors()))?;
    message.body.lines().try_for_each(|line| out.line(format!("  {}", clean(line))))
}

/// Returns messages as the rows of a table, with its heading first.
pub fn rows(messages: &[Message], now_ms: u64) -> Vec<Vec<Cell>> {
    let heading = ["MESSAGE", "AGE", "FROM", "TO", "TOPIC", "STATE", "TEXT"];
    let heading = heading.iter().map(|name| Cell::new(Tone::Faint, name)).collect();
    std::iter::once(heading).chain(messages.iter().map(|message| row(message, now_ms))).collect()
}

fn row(message: &Message, now_ms: u64) -> Vec<Cell> {
    vec![
        Cell::plain(&message.id),
        Cell::plain(age::text(message.sent_ms, now_ms)),
        Cell::plain(&message.from),
        Cell::plain(&message.to),
        Cell::plain(&message.topic),
        Cell::new(message.delivery.look(), message.delivery.word()),
        Cell::plain(message.body.lines().next().unwrap_or_default()),
    ]
}
