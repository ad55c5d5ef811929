//! Splits the program's bytes for the parser: the parser gets only whole characters and whole sequences, so that it
//! does not matter where chunks end, and a synchronised update only once it is complete.
//!
//! ```text
//!           CSI ? 2026 h                    not complete at the chunk's end
//! ┌───────┐ ──────────→ ┌──────────────┐   ┌──────┐
//! │ plain │             │ synchronised │   │ held │ ← plain; joined with the next chunk
//! └───────┘ ←────────── └──────────────┘   └──────┘
//!   CSI ? 2026 l, deadline, or too long        └ too long → the rest of the string is swallowed
//! ```
//!
//! The bytes that are held back determine the parser's whole state, so a checkpoint stores only them.

use super::sequence::{ESCAPE, Kind, STRING_TERMINATOR, end, partial_character, sequence};
use memchr::{memchr, memmem, memrchr};
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// The longest command or string that is read, in bytes; no title, link, notification or report that is kept is longer.
/// Beyond it, it is dropped whole, like pictures and clipboard contents.
const STRING_BYTES_MAX: usize = 4 * 1024;

/// The most bytes of a synchronised update that are kept back. Beyond it, the update is shown unfinished.
const UPDATE_BYTES_MAX: usize = 1024 * 1024;

/// How long a synchronised update may take; the value is alacritty's. Beyond it, the update is shown unfinished.
const UPDATE_TIME_MAX: Duration = Duration::from_millis(150);

/// The character that is shown in place of a character that was cut off.
const BROKEN_CHARACTER: &str = "\u{fffd}";

const UPDATE_BEGIN: &[u8] = b"\x1b[?2026h";
const UPDATE_END: &[u8] = b"\x1b[?2026l";

/// The receiver of the characters, sequences and strings that the intake found complete.
pub(super) trait Parse {
    /// Takes characters and sequences for the parser. After [`STRING_TERMINATOR`] the parser is in its ground state.
    fn parse(&mut self, bytes: &[u8]);
    /// Takes an operating system command, without introducer and terminator. Returns whether the parser need not see
    /// it.
    fn command(&mut self, content: &[u8]) -> bool;
    /// Takes a device control string, without introducer and terminator. The parser does not see it.
    fn device_string(&mut self, content: &[u8]);
    /// Takes the query for the terminal's name and version (XTVERSION).
    fn version_query(&mut self);
    /// Takes the query for the size of a cell in pixels.
    fn cell_query(&mut self);
    /// Repeats the last character `count` times (REP).
    fn repeat(&mut self, count: u32);
}

/// The part of the program's bytes that was received but not handed on yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Intake {
    /// The beginning of a character or a sequence that is not complete.
    held: Vec<u8>,
    /// The kind of the string whose remaining bytes are dropped.
    swallowing: Option<Kind>,
    /// The bytes of a synchronised update after its introducer.
    update: Option<Vec<u8>>,
    /// The instant at which the update is shown unfinished.
    #[serde(skip)]
    deadline: Option<Instant>,
}

/// Whether a synchronised update that has no end yet is kept back or handed on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Updates {
    KeptBack,
    ShownAtOnce,
}

impl Intake {
    /// Receives `bytes` and hands on everything that they complete.
    pub(super) fn take(&mut self, bytes: &[u8], parser: &mut impl Parse) {
        let Some(mut update) = self.update.take() else { return self.plain(bytes, Updates::KeptBack, parser) };
        let searched = update.len().saturating_sub(UPDATE_END.len() - 1);
        update.extend_from_slice(bytes);
        if memmem::find(&update[searched..], UPDATE_END).is_some() {
            self.deadline = None;
            self.plain(&update, Updates::KeptBack, parser);
        } else if update.len() > UPDATE_BYTES_MAX {
            self.deadline = None;
            self.plain(&update, Updates::ShownAtOnce, parser);
        } else {
            self.update = Some(update);
        }
    }

    /// Shows a synchronised update as far as it was received.
    pub(super) fn end_update(&mut self, parser: &mut impl Parse) {
        self.deadline = None;
        if let Some(update) = self.update.take() {
            self.plain(&update, Updates::ShownAtOnce, parser);
            parser.parse(UPDATE_END);
        }
    }

    /// Returns the instant at which [`Intake::end_update`] must be called.
    pub(super) fn update_deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// After a restart, gives an unfinished update its full time again.
    pub(super) fn restart_clock(&mut self) {
        self.deadline = self.update.is_some().then(|| Instant::now() + UPDATE_TIME_MAX);
    }

    fn plain(&mut self, bytes: &[u8], updates: Updates, parser: &mut impl Parse) {
        let joined;
        let bytes = if self.held.is_empty() {
            bytes
        } else {
            let mut held = std::mem::take(&mut self.held);
            held.extend_from_slice(bytes);
            joined = held;
            joined.as_slice()
        };
        let bytes = match self.swallowing {
            None => bytes,
            Some(kind) => match end(kind, bytes) {
                None => return,
                Some(end) => {
                    self.swallowing = None;
                    &bytes[end..]
                }
            },
        };
        let (complete, rest) = bytes.split_at(bytes.len() - incomplete(bytes));
        let broken_off = partial_text(complete);
        if let Some(update_at) = hand_on(&complete[..complete.len() - broken_off], updates, parser) {
            self.update = Some(bytes[update_at..].to_vec());
            self.restart_clock();
            return;
        }
        if broken_off > 0 {
            // Another character or a sequence follows, so this character will never be complete; the parser must not
            // wait for it.
            parser.parse(BROKEN_CHARACTER.as_bytes());
        }
        self.hold(rest, parser);
    }

    fn hold(&mut self, rest: &[u8], parser: &mut impl Parse) {
        if rest.len() <= STRING_BYTES_MAX {
            self.held = rest.to_vec();
            return;
        }
        let found = sequence(rest);
        match found.kind {
            // The parser itself drops surplus parameters, so it can have them.
            Kind::Escape | Kind::Control => parser.parse(rest),
            _ if rest.len() - found.content <= STRING_BYTES_MAX => self.held = rest.to_vec(),
            kind => {
                parser.parse(STRING_TERMINATOR);
                self.swallowing = Some(kind);
            }
        }
    }
}

/// Returns how many of the last bytes must wait for the next chunk.
fn incomplete(bytes: &[u8]) -> usize {
    match memrchr(ESCAPE, bytes) {
        Some(start) if sequence(&bytes[start..]).end.is_none() => bytes.len() - start,
        _ => partial_text(bytes),
    }
}

/// Returns how many of the last bytes are the beginning of a character outside of all sequences.
fn partial_text(bytes: &[u8]) -> usize {
    let text = match memrchr(ESCAPE, bytes) {
        None => Some(0),
        Some(start) => sequence(&bytes[start..]).end.map(|end| start + end),
    };
    text.map_or(0, |text| partial_character(&bytes[text..]))
}

/// Hands complete sequences and text on. Returns where a synchronised update starts that has no end here and must be
/// kept back.
fn hand_on(bytes: &[u8], updates: Updates, parser: &mut impl Parse) -> Option<usize> {
    let (mut handed, mut at) = (0, 0);
    while let Some(offset) = memchr(ESCAPE, &bytes[at..]) {
        let start = at + offset;
        if bytes.get(start + 1) != Some(&b'[') {
            let found = sequence(&bytes[start..]);
            let end = start + found.end.unwrap_or(bytes.len() - start);
            at = end;
            let content = without_terminator(&bytes[start + found.content..end]);
            match found.kind {
                Kind::Escape | Kind::Control => continue,
                Kind::Command if content.len() > STRING_BYTES_MAX || parser.command(content) => {
                    parser.parse(&bytes[handed..start]);
                }
                // The next sequence ends the command. If that sequence is not complete yet, the command ends here.
                Kind::Command if end == bytes.len() => parser.parse(&bytes[handed..end]),
                Kind::Command => continue,
                Kind::Device if content.len() <= STRING_BYTES_MAX => {
                    parser.parse(&bytes[handed..start]);
                    parser.device_string(content);
                }
                Kind::Device | Kind::Other => parser.parse(&bytes[handed..start]),
            }
            parser.parse(STRING_TERMINATOR);
            handed = end;
            continue;
        }
        at = start + 2;
        if let Some((count, length)) = repetition(&bytes[at..]) {
            parser.parse(&bytes[handed..start]);
            parser.repeat(count);
            at += length;
            handed = at;
            continue;
        }
        match &bytes[at..] {
            [b'?', ..] if bytes[start..].starts_with(UPDATE_BEGIN) => {
                at = start + UPDATE_BEGIN.len();
                if updates == Updates::KeptBack && memmem::find(&bytes[at..], UPDATE_END).is_none() {
                    parser.parse(&bytes[handed..at]);
                    return Some(at);
                }
            }
            [b'>', b'q', ..] | [b'>', b'0', b'q', ..] => {
                at += if bytes[at + 1] == b'q' { 2 } else { 3 };
                parser.parse(&bytes[handed..at]);
                parser.version_query();
                handed = at;
            }
            [b'1', b'6', b't', ..] => {
                at += 3;
                parser.parse(&bytes[handed..at]);
                parser.cell_query();
                handed = at;
            }
            _ => {}
        }
    }
    parser.parse(&bytes[handed..]);
    None
}

/// Returns how often REP (`CSI Pn b`) repeats, and the length of the sequence after its introducer. Other parameters
/// are ignored, because the parser would repeat in spite of them.
fn repetition(bytes: &[u8]) -> Option<(u32, usize)> {
    let parameters = bytes.iter().position(|byte| matches!(byte, 0x18 | 0x1a | 0x1b | 0x40..))?;
    let is_plain = !bytes[..parameters].iter().any(|byte| matches!(byte, 0x20..=0x2f | b'<'..=b'?'));
    if bytes[parameters] != b'b' || !is_plain {
        return None;
    }
    let digits = bytes[..parameters].iter().take_while(|byte| **byte != b';' && **byte != b':');
    let add = |count: u32, digit: &u8| count.saturating_mul(10).saturating_add(u32::from(digit - b'0'));
    let count = digits.filter(|byte| byte.is_ascii_digit()).fold(0, add);
    Some((count.max(1), parameters + 1))
}

/// Returns the content of a string without the BEL, CAN or SUB that may have ended it.
fn without_terminator(content: &[u8]) -> &[u8] {
    match content {
        [content @ .., 0x07 | 0x18 | 0x1a] => content,
        content => content,
    }
}
