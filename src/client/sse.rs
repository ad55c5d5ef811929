//! A parser of server-sent events, without input or output: bytes in, events out (WHATWG HTML, section 9.2.6
//! "Interpreting an event stream").
//!
//! ```text
//!  bytes ─► lines (LF, CR or CRLF, wherever the chunks are cut) ─► fields ─► an event at each blank line
//! ```

/// The longest event that is accepted, in bytes. Beyond it, the stream counts as broken and is opened again.
pub const EVENT_BYTES_MAX: usize = 1024 * 1024;

/// One event of a server-sent stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// The event's type; empty when the stream named none.
    pub name: String,
    /// The event's data, with its lines joined by LF.
    pub data: String,
    /// The last id that the stream has named so far.
    pub id: String,
}

/// The error for an event that grew beyond [`EVENT_BYTES_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event of more than {EVENT_BYTES_MAX} bytes")]
pub struct TooLong;

/// The parser of one stream. It holds at most one event.
#[derive(Debug, Default)]
pub struct Parser {
    line: Vec<u8>,
    after_carriage_return: bool,
    seen_first_line: bool,
    building: Event,
    has_data: bool,
    id: String,
}

impl Parser {
    /// Adds bytes and returns the events that they complete, in order.
    ///
    /// # Errors
    /// [`TooLong`] is returned for an event that is too large; the stream cannot be read after it.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<Event>, TooLong> {
        let mut events = Vec::new();
        for &byte in bytes {
            let follows_carriage_return = std::mem::replace(&mut self.after_carriage_return, byte == b'\r');
            match byte {
                b'\n' if follows_carriage_return => {}
                b'\n' | b'\r' => events.extend(self.end_line()),
                other => self.line.push(other),
            }
            if self.line.len() + self.building.data.len() > EVENT_BYTES_MAX {
                return Err(TooLong);
            }
        }
        Ok(events)
    }

    fn end_line(&mut self) -> Option<Event> {
        let bytes = std::mem::take(&mut self.line);
        let text = String::from_utf8_lossy(&bytes);
        let first = !std::mem::replace(&mut self.seen_first_line, true);
        let line = if first { text.strip_prefix('\u{feff}').unwrap_or(&text) } else { &text };
        if line.is_empty() {
            return self.dispatch();
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        self.take_field(field, value.strip_prefix(' ').unwrap_or(value));
        None
    }

    fn take_field(&mut self, field: &str, value: &str) {
        match field {
            "event" => self.building.name = value.to_owned(),
            "data" => {
                if self.has_data {
                    self.building.data.push('\n');
                }
                self.has_data = true;
                self.building.data.push_str(value);
            }
            "id" if !value.contains('\0') => self.id = value.to_owned(),
            // A comment (an empty field name) keeps the connection alive; other fields have no meaning here.
            _ => {}
        }
    }

    fn dispatch(&mut self) -> Option<Event> {
        let event = std::mem::take(&mut self.building);
        let has_data = std::mem::take(&mut self.has_data);
        has_data.then(|| Event { id: self.id.clone(), ..event })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Vec<Event> {
        Parser::default().push(text.as_bytes()).expect("short enough")
    }

    fn event(name: &str, data: &str, id: &str) -> Event {
        Event { name: name.into(), data: data.into(), id: id.into() }
    }

    #[test]
    fn an_event_ends_at_a_blank_line_and_not_before() {
        assert_eq!(parse("event: fact\nid: 7\ndata: {}\n\n"), [event("fact", "{}", "7")]);
        assert_eq!(parse("event: fact\ndata: {}\n"), []);
    }

    #[test]
    fn comments_unknown_fields_and_events_without_data_are_passed_over() {
        assert_eq!(parse(": keep-alive\n\nretry: 5\nevent: x\n\ndata\n\n"), [event("", "", "")]);
    }

    #[test]
    fn data_lines_are_joined_one_space_is_dropped_and_the_id_stays() {
        assert_eq!(
            parse("\u{feff}id:3\ndata:  a\ndata:b\n\ndata: c\n\n"),
            [event("", " a\nb", "3"), event("", "c", "3")]
        );
    }

    #[test]
    fn an_event_without_end_is_refused() {
        let mut parser = Parser::default();
        let chunk = vec![b'x'; EVENT_BYTES_MAX];
        assert_eq!(parser.push(&chunk), Ok(Vec::new()));
        assert_eq!(parser.push(b"x"), Err(TooLong));
    }

    proptest! {
        #[test]
        fn nothing_panics_and_chunks_do_not_matter(
            bytes in proptest::collection::vec(
                prop_oneof![
                    Just(b'\n'), Just(b'\r'), Just(b':'), Just(b' '), Just(b'd'), Just(0xC3), any::<u8>()
                ],
                0..200,
            ),
            cut in 1usize..20,
        ) {
            let whole = Parser::default().push(&bytes);
            let mut parser = Parser::default();
            let mut pieces = Vec::new();
            for chunk in bytes.chunks(cut) {
                pieces.extend(parser.push(chunk).expect("short enough"));
            }
            prop_assert_eq!(whole, Ok(pieces));
        }

        #[test]
        fn what_is_written_is_read_back(
            events in proptest::collection::vec(("[a-z]{1,8}", "[^\r\n\u{feff}]{0,30}(\n[^\r\n]{0,30}){0,2}", "[0-9]{1,5}"), 0..8),
            line_end in prop_oneof![Just("\n"), Just("\r"), Just("\r\n")],
            cut in 1usize..9,
        ) {
            let expected: Vec<Event> = events.iter().map(|(name, data, id)| event(name, data, id)).collect();
            let text: String = events.iter().map(|(name, data, id)| {
                let data: Vec<String> = data.split('\n').map(|line| format!("data: {line}{line_end}")).collect();
                format!("event: {name}{line_end}id: {id}{line_end}{}{line_end}", data.concat())
            }).collect();
            let mut parser = Parser::default();
            let mut read = Vec::new();
            for chunk in text.as_bytes().chunks(cut) {
                read.extend(parser.push(chunk).expect("short enough"));
            }
            prop_assert_eq!(read, expected);
        }
    }
}
