//! Keeps text that scrolls by as bytes, and draws it only when somebody looks.
//!
//! Drawing a flood of text costs far more than receiving it, and nearly all of it scrolls out before anybody can see
//! it. So text is kept here as bytes. It is drawn when a frame, a line, an answer or a checkpoint is asked for, or when
//! something comes that is more than text. Text that is certain to have scrolled out of everything visible is then not
//! drawn at all.
//!
//! **Invariant:** the result is the same as if all text were drawn at once (test
//! `text_that_was_not_drawn_makes_no_difference`). The proof:
//!
//! * *Text* ([`is_text`]) is characters, tabs, line ends, colours and "erase in line". It raises no signal, asks
//!   nothing and changes no mode, and it writes only to the cursor's line. The cursor never goes up.
//! * On the primary screen without margins, as many line feeds as the screen has lines bring the cursor to the last
//!   line, and from there on each line feed moves every line up by one.
//! * Therefore, if the cursor is at the start of the last line and as many line feeds follow as the screen has lines,
//!   the screen shows nothing of its earlier content. If as many follow as screen and history have lines together, the
//!   history has nothing of it either.
//! * Only the pen and the character that `REP` repeats continue from before such a place. `pass_over` keeps
//!   both up to date: it parses from the last place after which the text sets both.
//! * The rest of the state (modes, charsets, tab stops, titles, saved cursor) is not changed by text.
//!
//! ```text
//!  in the grid: drawn with its history ──(the bytes hold all lines that are kept)──▶ in the bytes: the grid has no history
//!           ▲                                                                            │
//!           └────────── more than text comes, or the lines are too long to be kept ──────┘
//! ```
//!
//! In the second state a line of history takes its own bytes instead of 24 bytes for each cell, and all of it is drawn
//! from them only while someone reads the history.

use super::backlog::History;
use super::emulator::{Machine, Unbuffered};
use super::screen::Screen;
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::{Column, Line};
use alacritty_terminal::term::cell::Cell;
use alacritty_terminal::vte::ansi::{Attr, Handler, Processor};
use memchr::{memchr, memchr_iter, memmem, memrchr_iter};
use std::mem;
use unicode_width::UnicodeWidthChar;

/// The most bytes of text that are kept without being drawn. Beyond it, lines that have scrolled out are dropped; if
/// the lines are so long that more than half of the text would stay, all of it is drawn.
const BYTES_MAX: usize = 1024 * 1024;

/// Bytes by which the kept text grows; doubling would leave half of the memory unused.
const GROWTH_BYTES: usize = 64 * 1024;

/// How many bytes `pass_over` looks back at first; it doubles that until it finds enough.
const LOOK_BACK_BYTES: usize = 256;

impl Machine {
    /// Keeps `bytes` if they are text. Returns whether they were kept.
    pub(super) fn keeps(&mut self, bytes: &[u8]) -> bool {
        if (self.unseen.bytes.is_empty() && !self.unseen.begins(bytes, &self.screen)) || !is_text(bytes) {
            return false;
        }
        let unseen = &mut self.unseen;
        if unseen.bytes.is_empty() {
            unseen.pen = self.screen.term.grid().cursor.template.clone();
        }
        if unseen.bytes.capacity() - unseen.bytes.len() < bytes.len() {
            unseen.bytes.reserve_exact(bytes.len().max(GROWTH_BYTES.min(unseen.bytes.len())));
        }
        unseen.bytes.extend_from_slice(bytes);
        unseen.line_feeds += line_feeds(bytes);
        if unseen.bytes.len() > BYTES_MAX {
            self.drop_scrolled_out();
            if self.unseen.bytes.len() > BYTES_MAX / 2 {
                self.settle();
            }
        }
        true
    }

    /// Whether the screen is up to date.
    pub(super) fn is_drawn(&self) -> bool {
        self.unseen.drawn == self.unseen.bytes.len()
    }

    /// Brings the screen up to date; the lines above it only if the grid has them.
    pub(super) fn draw(&mut self) {
        let rows = self.screen.term.screen_lines();
        if self.unseen.line_feeds >= self.unseen.history_lines_max + 2 * rows && self.unseen.history == History::InGrid
        {
            self.drop_scrolled_out();
        }
        if self.unseen.history == History::InBytes
            && let Some(at) = line_start(&self.unseen.bytes[self.unseen.drawn..], rows)
        {
            self.skip_to(self.unseen.drawn + at);
        }
        let unseen = &mut self.unseen;
        self.processor.advance(&mut self.screen, &unseen.bytes[unseen.drawn..]);
        unseen.drawn = unseen.bytes.len();
    }

    /// Calls `work` with screen and history as they would be if everything had been drawn.
    pub(super) fn with_history<T>(&mut self, work: impl FnOnce(&mut Machine) -> T) -> T {
        let history = self.unseen.history;
        if history == History::InBytes {
            self.drop_scrolled_out();
            self.unseen.bytes.shrink_to_fit();
        }
        self.draw_all();
        let done = work(self);
        if history == History::InBytes {
            self.drop_history();
        }
        done
    }

    /// Draws all kept text and then keeps none.
    pub(super) fn settle(&mut self) {
        if !self.unseen.bytes.is_empty() {
            self.draw_all();
            self.unseen.bytes.clear();
            self.unseen.bytes.shrink_to(GROWTH_BYTES);
            (self.unseen.drawn, self.unseen.line_feeds) = (0, 0);
        }
    }

    fn draw_all(&mut self) {
        let unseen = &mut self.unseen;
        if mem::take(&mut unseen.history) == History::InBytes {
            unseen.drawn = 0;
            let grid = self.screen.term.grid_mut();
            grid.update_history(unseen.history_lines_max);
            grid.cursor.template = unseen.pen.clone();
            to_last_line(&mut self.screen);
        }
        self.processor.advance(&mut self.screen, &unseen.bytes[unseen.drawn..]);
        unseen.drawn = unseen.bytes.len();
    }

    /// Drops the kept text that has scrolled out of the history, if there is any.
    fn drop_scrolled_out(&mut self) {
        let rows = self.screen.term.screen_lines();
        let unseen = &self.unseen;
        let Some(at) = line_start(&unseen.bytes, unseen.history_lines_max + rows) else { return };
        let dropped_feeds = line_feeds(&unseen.bytes[..at]);
        if unseen.history == History::InGrid && dropped_feeds < rows {
            return;
        }
        if unseen.drawn < at {
            self.skip_to(at);
            self.unseen.pen = self.screen.term.grid().cursor.template.clone();
        } else {
            self.unseen.pen = self.pen_at(at);
        }
        let unseen = &mut self.unseen;
        unseen.gave_back |= self.screen.term.grid().history_size() > 0;
        unseen.bytes.drain(..at);
        unseen.drawn -= at;
        unseen.line_feeds -= dropped_feeds;
        self.drop_history();
    }

    /// Removes the history from the grid: from here on, the kept text is the history.
    fn drop_history(&mut self) {
        self.unseen.history = History::InBytes;
        let grid = self.screen.term.grid_mut();
        grid.update_history(0);
        grid.truncate();
    }

    /// Continues at the line that starts at `at`, on the last line of the screen, without drawing the text before it.
    fn skip_to(&mut self, at: usize) {
        let skipped = &self.unseen.bytes[self.unseen.drawn..at];
        pass_over(&mut self.processor, &mut self.screen, skipped);
        to_last_line(&mut self.screen);
        self.unseen.drawn = at;
    }

    /// Returns the pen at a place in the kept text that has been drawn already.
    fn pen_at(&mut self, at: usize) -> Cell {
        let template = |screen: &mut Screen, pen| mem::replace(&mut screen.term.grid_mut().cursor.template, pen);
        let (pen, preceding) = (template(&mut self.screen, self.unseen.pen.clone()), self.screen.preceding);
        pass_over(&mut Processor::new(), &mut self.screen, &self.unseen.bytes[..at]);
        self.screen.preceding = preceding;
        template(&mut self.screen, pen)
    }
}

/// Applies the only effects that remain of `text` when all its lines are gone: the pen and the last character.
fn pass_over(processor: &mut Processor<Unbuffered>, screen: &mut Screen, text: &[u8]) {
    let mut length = LOOK_BACK_BYTES;
    while length < text.len() {
        let from = text.len() - length;
        let line = memchr(b'\n', &text[from..]).map_or(text.len(), |at| from + at + 1);
        if tells_all(&text[line..]) {
            return processor.advance(&mut Passing(screen), &text[line..]);
        }
        length *= 2;
    }
    processor.advance(&mut Passing(screen), text);
}

/// Whether a text that begins with a line resets the pen and writes a character, whatever was before it. False can be
/// wrong: the text may do so nevertheless.
fn tells_all(text: &[u8]) -> bool {
    let resets = memmem::find(text, b"\x1b[0m").is_some() || memmem::find(text, b"\x1b[m").is_some();
    let writes = |pair: &[u8]| matches!(pair[0], b'm' | b'\n') && (b'!'..=b'~').contains(&pair[1]);
    resets && text.windows(2).any(writes)
}

/// A handler for text whose cells are no longer visible: it only updates the pen and the last character.
struct Passing<'a>(&'a mut Screen);

impl Handler for Passing<'_> {
    fn input(&mut self, character: char) {
        self.0.preceding = Some(character);
    }

    fn terminal_attribute(&mut self, attribute: Attr) {
        self.0.term.terminal_attribute(attribute);
    }
}

fn to_last_line(screen: &mut Screen) {
    let last = Line(screen.term.screen_lines() as i32 - 1);
    let cursor = &mut screen.term.grid_mut().cursor;
    (cursor.point.line, cursor.point.column, cursor.input_needs_wrap) = (last, Column(0), false);
}

fn line_feeds(bytes: &[u8]) -> usize {
    memchr_iter(b'\n', bytes).count()
}

/// Returns the last place where a line starts after which there are at least `line_feeds` line feeds; none where no
/// line is known to start.
fn line_start(bytes: &[u8], line_feeds: usize) -> Option<usize> {
    let mut ends = memrchr_iter(b'\n', bytes).skip(line_feeds);
    ends.find(|at| at.checked_sub(1).is_some_and(|before| bytes[before] == b'\r')).map(|at| at + 1)
}

/// Whether these whole characters and sequences are nothing but text, as [`self`] defines it.
fn is_text(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(at) = memchr(0x1b, rest) {
        let Some(length) = style_length(&rest[at..]).filter(|_| is_characters(&rest[..at])) else { return false };
        rest = &rest[at + length..];
    }
    is_characters(rest)
}

/// Returns the length of the sequence that `bytes` start with, if it sets the pen (SGR) or erases in the line (EL).
fn style_length(bytes: &[u8]) -> Option<usize> {
    let parameters = bytes.strip_prefix(b"\x1b[")?;
    let length = parameters.iter().position(|byte| !matches!(byte, b'0'..=b';'))?;
    matches!(parameters[length], b'm' | b'K').then_some(length + 3)
}

/// Whether these are characters and controls that do nothing outside of the cursor's line: no bell, no change of the
/// charset, nothing that joins the character before it.
fn is_characters(bytes: &[u8]) -> bool {
    let is_special = |byte: &u8| matches!(byte, 0x07 | 0x0e | 0x0f);
    if bytes.is_ascii() {
        return !bytes.iter().fold(false, |found, byte| found | is_special(byte));
    }
    let stands_alone = |character: char| match character {
        ..'\u{300}' => !matches!(character, '\x07' | '\x0e' | '\x0f'),
        '\u{1f1e6}'..='\u{1f1ff}' | '\u{1f3fb}'..='\u{1f3ff}' => false,
        _ => character.width() != Some(0),
    };
    std::str::from_utf8(bytes).is_ok_and(|text| text.chars().all(stands_alone))
}
