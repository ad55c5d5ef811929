//! One agent's transcript, read as lines.

use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::term::Terminal;
use crate::term::frame::Size;
use crate::term::plain::{PARAMETERS_BYTES_MAX, Plain, Screen};
use crate::transcript::{self, Reader};
use regex::Regex;
use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};

/// How many bytes are read at a time.
const PIECE_BYTES: usize = 64 * 1024;
/// How much of a transcript's end is read first when only its last lines are wanted. More is read until they are found.
const TAIL_BYTES: u64 = 1 << 20;

/// The size of the emulated terminal that draws a picture of the alternate screen, in columns and rows. The size of the
/// program's terminal is not recorded, and a drawing with absolute positions fits into a larger terminal.
const PICTURE: (u16, u16) = (300, 100);

/// The lines to print.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    /// The number of last lines to print; none prints all of them.
    pub(super) last: Option<usize>,
    /// The regular expression that lines must match.
    pub(super) grep: Option<Regex>,
    /// The time since which lines must have been written, in milliseconds since the Unix epoch.
    pub(super) since_ms: Option<u64>,
}

/// An agent's transcript, and the position up to which it was read.
pub(super) struct Source {
    name: String,
    label: String,
    directory: PathBuf,
    reader: Reader,
    buffer: Vec<u8>,
    plain: Plain,
}

impl Source {
    pub(super) fn new(name: &str, directory: &Path) -> Source {
        Source {
            name: name.to_owned(),
            label: String::new(),
            directory: directory.to_owned(),
            reader: Reader::new(directory, 0),
            buffer: vec![0; PIECE_BYTES],
            plain: Plain::of_main_screen(Screen::Main),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Sets the label with which each line begins.
    pub(super) fn label(&mut self, label: String) {
        self.label = label;
    }

    /// Moves the position to the beginning of the wanted lines.
    pub(super) fn start(&mut self, wanted: &Wanted) -> Result<(), Failure> {
        let from = match wanted.since_ms {
            Some(since_ms) => transcript::offset_at(&self.directory, since_ms).map_err(unreadable)?,
            None => 0,
        };
        self.reader.seek(from);
        Ok(())
    }

    /// Passes each wanted line that exists to `take`, with its label and without its line end. Returns whether more
    /// lines are wanted.
    pub(super) fn read(
        &mut self,
        wanted: &Wanted,
        end: End,
        take: &mut dyn FnMut(&str) -> io::Result<bool>,
    ) -> Result<bool, Failure> {
        self.start(wanted)?;
        let Some(count) = wanted.last else {
            return self.lines(wanted, end, take);
        };
        let mut kept = self.last_lines(wanted, count, end)?;
        while let Some(line) = kept.pop_front() {
            if !take(&line)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Returns the last lines, reading as little of the transcript's end as possible.
    fn last_lines(&mut self, wanted: &Wanted, count: usize, end: End) -> Result<VecDeque<String>, Failure> {
        let bounds = transcript::bounds(&self.directory).map_err(unreadable)?;
        let first = self.reader.position().max(bounds.start);
        let mut tail_bytes = if wanted.grep.is_some() { u64::MAX } else { TAIL_BYTES };
        loop {
            let from = bounds.end.saturating_sub(tail_bytes).max(first);
            self.plain = Plain::of_main_screen(self.screen_at(first, from)?);
            self.reader.seek(from);
            let mut kept = VecDeque::new();
            let mut seen = 0_usize;
            self.lines(wanted, end, &mut |line| {
                seen += 1;
                kept.push_back(line.to_owned());
                // One line more than wanted is kept, since the first line of a piece may lack its beginning.
                if kept.len() > count.saturating_add(1) {
                    kept.pop_front();
                }
                Ok(true)
            })?;
            if from == first || seen > count {
                kept.drain(..kept.len().saturating_sub(count));
                return Ok(kept);
            }
            tail_bytes = tail_bytes.saturating_mul(8);
        }
    }

    /// Passes the wanted lines from the current position to the end of the transcript. Returns whether more lines are
    /// wanted.
    pub(super) fn lines(
        &mut self,
        wanted: &Wanted,
        end: End,
        take: &mut dyn FnMut(&str) -> io::Result<bool>,
    ) -> Result<bool, Failure> {
        let label = std::mem::take(&mut self.label);
        let mut give = |text: &str| -> io::Result<bool> {
            for line in text.lines().filter(|line| wanted.grep.as_ref().is_none_or(|grep| grep.is_match(line))) {
                let goes_on = if label.is_empty() { take(line)? } else { take(&format!("{label}{line}"))? };
                if !goes_on {
                    return Ok(false);
                }
            }
            Ok(true)
        };
        let mut goes_on = true;
        while goes_on {
            let piece = self.reader.read(&mut self.buffer).map_err(unreadable)?;
            if piece.length == 0 {
                break;
            }
            goes_on = give(&self.plain.push(&self.buffer[..piece.length]))?;
        }
        if goes_on && end == End::Closed {
            goes_on = give(&self.plain.finish())?;
            if goes_on && self.plain.screen() == Screen::Alternate {
                goes_on = give(&self.last_picture()?)?;
            }
        }
        self.label = label;
        Ok(goes_on)
    }

    /// Returns the screen (main or alternate) that the program used when it had written up to an offset.
    fn screen_at(&mut self, first: u64, offset: u64) -> Result<Screen, Failure> {
        let switch = regex::bytes::Regex::new(r"\x1b\[\?(?:\d+;)*(?:47|1047|1049)(?:;\d+)*([hl])");
        let switch = switch.map_err(|error| unreadable(io::Error::other(error)))?;
        let (mut screen, mut held) = (Screen::Main, Vec::new());
        self.reader.seek(first);
        while self.reader.position() < offset {
            let room = usize::try_from(offset - self.reader.position()).unwrap_or(PIECE_BYTES).min(PIECE_BYTES);
            let piece = self.reader.read(&mut self.buffer[..room]).map_err(unreadable)?;
            if piece.length == 0 {
                break;
            }
            held.extend_from_slice(&self.buffer[..piece.length]);
            if let Some(found) = switch.captures_iter(&held).last() {
                screen = if &found[1] == b"h" { Screen::Alternate } else { Screen::Main };
            }
            // An escape sequence may be cut in two by the end of a piece.
            held.drain(..held.len().saturating_sub(PARAMETERS_BYTES_MAX + 4));
        }
        Ok(screen)
    }

    /// Returns the last picture of a program that draws on the alternate screen.
    fn last_picture(&mut self) -> Result<String, Failure> {
        let bounds = transcript::bounds(&self.directory).map_err(unreadable)?;
        let mut terminal = Terminal::new(Size::clamped(PICTURE.0, PICTURE.1), 0);
        self.reader.seek(bounds.end.saturating_sub(TAIL_BYTES).max(bounds.start));
        // A beginning in the middle of the transcript may be within an escape sequence or a word.
        let mut whole = self.reader.position() == bounds.start;
        self.raw(&mut |bytes| {
            let begin = if whole { Some(0) } else { bytes.iter().position(|byte| *byte == b'\x1b') };
            whole |= begin.is_some();
            terminal.advance(&bytes[begin.unwrap_or(bytes.len())..]);
            Ok(())
        })?;
        terminal.end_sync();
        Ok(terminal.text().trim_end().to_owned() + "\n")
    }

    /// Passes the bytes from the current position to the end of the transcript.
    pub(super) fn raw(&mut self, take: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> Result<(), Failure> {
        loop {
            let piece = self.reader.read(&mut self.buffer).map_err(unreadable)?;
            if piece.length == 0 {
                return Ok(());
            }
            take(&self.buffer[..piece.length])?;
        }
    }
}

/// Whether a last line without a line end is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The last line is complete without a line end.
    Closed,
    /// The last line may still grow.
    Open,
}

fn unreadable(error: io::Error) -> Failure {
    Failure::new(Exit::Failed, "cannot read the transcript").because(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcript::segment_path;

    fn read(source: &mut Source, last: Option<usize>, grep: Option<&str>) -> Vec<String> {
        let grep = grep.map(|grep| Regex::new(grep).expect("a pattern"));
        let mut lines = Vec::new();
        let mut take = |line: &str| {
            lines.push(line.to_owned());
            Ok(true)
        };
        source.read(&Wanted { last, grep, since_ms: None }, End::Closed, &mut take).expect("readable");
        lines
    }

    #[test]
    fn of_a_program_that_draws_on_the_other_screen_the_last_picture_is_shown() {
        let directory = tempfile::tempdir().expect("a directory");
        let drawn: String = (0..60_000).map(|number| format!("\x1b[2;3Hframe {number}\x1b[4;1H~")).collect();
        let text = format!("before\r\n\x1b[?1049h\x1b[2J{drawn}");
        std::fs::write(segment_path(directory.path(), 0), &text).expect("written");
        let mut source = Source::new("a", directory.path());
        assert_eq!(read(&mut source, None, None), ["before", "", "  frame 59999", "", "~"]);
        assert_eq!(read(&mut source, Some(1), None), ["~"]);
        std::fs::write(segment_path(directory.path(), 0), text + "\x1b[?1049lafter\r\n").expect("written");
        assert_eq!(read(&mut source, Some(9), None), ["before", "after"]);
    }

    #[test]
    fn the_last_lines_are_found_however_long_the_transcript_is() {
        let directory = tempfile::tempdir().expect("a directory");
        let text: String = (0..400_000).map(|number| format!("line {number}\r\n")).collect();
        std::fs::write(segment_path(directory.path(), 0), text + "open").expect("written");
        let mut source = Source::new("a", directory.path());
        assert_eq!(read(&mut source, Some(3), None), ["line 399998", "line 399999", "open"]);
        assert_eq!(read(&mut source, Some(2), Some("7$")), ["line 399987", "line 399997"]);
        assert_eq!(read(&mut source, Some(0), None), [""; 0]);
        assert_eq!(read(&mut source, Some(200_000), None).len(), 200_000);
        source.label("a | ".to_owned());
        assert_eq!(read(&mut source, None, Some("^line 1$")), ["a | line 1"]);
    }
}
