//! A terminal without a window: it takes bytes and returns frames, answers and signals.

use super::checkpoint::{self, RestoreError};
use super::emulator::Emulator;
use super::frame::{Frame, Row, Size};
use super::program::ProgramStatus;
use super::signals::TermSignal;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

/// The text that a new emulator shows after the one before it failed.
const RESTART_NOTE: &[u8] = b"[the terminal emulator failed on this output and was restarted]\r\n";

/// The sequence that leaves the alternate screen.
const SHOW_PRIMARY: &[u8] = b"\x1b[?1049l";

/// The terminal of one program.
///
/// Before the first byte there is no grid, so a program that prints nothing costs next to nothing. No bytes and no size
/// make it panic: if the emulator fails, a new one is started, and [`TermSignal::EmulatorRestarted`] reports it.
///
/// **Invariant:** the borders at which the bytes are cut into chunks make no difference (test
/// `chunk_borders_mean_nothing`).
pub struct Terminal {
    size: Size,
    history_lines_max: u32,
    emulator: Option<Box<Emulator>>,
    frame: Frame,
    /// Whether anything happened since the frame was painted.
    touched: bool,
}

impl Terminal {
    /// Returns a blank terminal that keeps up to `history_lines_max` lines above the screen.
    pub fn new(size: Size, history_lines_max: u32) -> Terminal {
        let size = Size::clamped(size.columns, size.rows);
        Terminal { size, history_lines_max, emulator: None, frame: Frame::blank(size), touched: false }
    }

    /// Restores a terminal from the bytes of [`Terminal::checkpoint`], then gives it the size `size`.
    ///
    /// # Errors
    /// The bytes are not a checkpoint, or one of another version.
    pub fn restore(size: Size, history_lines_max: u32, checkpoint: &[u8]) -> Result<Terminal, RestoreError> {
        let mut terminal = Terminal::new(size, history_lines_max);
        if let Some(emulator) = checkpoint::decode(checkpoint, history_lines_max)? {
            terminal.emulator = Some(Box::new(emulator));
            terminal.contained(|emulator| emulator.resize(size));
        }
        Ok(terminal)
    }

    /// Returns the grid's size.
    pub fn size(&self) -> Size {
        self.size
    }

    /// Changes the grid's size, limited to the allowed sizes. Lines of the primary screen are wrapped again.
    pub fn resize(&mut self, size: Size) {
        let size = Size::clamped(size.columns, size.rows);
        if size == self.size {
            return;
        }
        self.size = size;
        if self.emulator.is_some() {
            self.contained(|emulator| emulator.resize(size));
        } else {
            self.frame = Frame { seq: self.frame.seq + 1, ..Frame::blank(size) };
        }
    }

    /// Processes the next bytes of the program, whatever they are and wherever they are cut.
    pub fn advance(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.contained(|emulator| emulator.advance(bytes));
        }
    }

    /// Returns answers to the program's queries since the last call, to be written to its PTY. At most 64 KiB are kept.
    pub fn take_replies(&mut self) -> Vec<u8> {
        self.emulator.as_mut().map(|emulator| emulator.machine.screen.replies.take()).unwrap_or_default()
    }

    /// Returns the signals of the program since the last call.
    pub fn take_signals(&mut self) -> Vec<TermSignal> {
        self.emulator.as_mut().map(|emulator| emulator.machine.screen.signals.take()).unwrap_or_default()
    }

    /// Returns the present frame. Rows that did not change are the same `Arc` as before, and `seq` increases only when
    /// something visible changed.
    pub fn frame(&mut self) -> Frame {
        self.draw();
        if std::mem::take(&mut self.touched)
            && let Some(emulator) = &mut self.emulator
            && emulator.paint(&mut self.frame)
        {
            self.frame.seq += 1;
        }
        self.frame.clone()
    }

    /// Whether [`Terminal::frame`] may be newer than the frame with `seq`. True can be wrong: bytes may have come that
    /// changed nothing visible.
    pub fn changed_since(&self, seq: u64) -> bool {
        self.touched || self.frame.seq != seq
    }

    /// Returns the instant at which [`Terminal::end_sync`] must be called, while a synchronised update (mode 2026) is
    /// under way.
    pub fn sync_deadline(&self) -> Option<Instant> {
        self.emulator.as_ref()?.sync_deadline()
    }

    /// Shows an unfinished synchronised update as far as it was received: its program may have died in the middle of
    /// it.
    pub fn end_sync(&mut self) {
        if self.sync_deadline().is_some() {
            self.contained(Emulator::end_sync);
        }
    }

    /// Returns the newest `lines` lines above the screen, oldest first. There are none while the alternate screen is
    /// shown.
    pub fn history(&mut self, lines: u32) -> Vec<Arc<Row>> {
        let mut rows = Vec::new();
        if self.emulator.is_some() {
            self.contained(|emulator| rows = emulator.history(lines));
        }
        rows
    }

    /// Returns the screen as text: a line per row, without trailing blanks.
    pub fn text(&mut self) -> String {
        self.draw();
        let lines: Vec<String> =
            self.emulator.iter().flat_map(|emulator| emulator.rows()).map(|row| row.text()).collect();
        lines.join("\n")
    }

    /// Returns the present title of the window.
    pub fn title(&self) -> &str {
        self.emulator.as_ref().map_or("", |emulator| emulator.title())
    }

    /// Returns the status that the program in the terminal reports of itself now (OSC 7501); none when it reports
    /// nothing.
    pub fn program(&self) -> Option<&ProgramStatus> {
        self.emulator.as_ref()?.program()
    }

    /// Returns the last line of the screen that is not blank, at most 256 characters of it.
    pub fn last_line(&mut self) -> String {
        self.draw();
        self.emulator.as_ref().map(|emulator| emulator.last_line()).unwrap_or_default()
    }

    /// Returns bytes from which [`Terminal::restore`] makes a terminal that looks the same and processes further bytes
    /// the same.
    ///
    /// Kept: both screens with their history, cursors, pens, charsets, margins, tab stops, modes, keyboard flags,
    /// titles, colours set by the program, half characters and sequences, and an unfinished synchronised update. Not
    /// kept: answers and signals that were not taken, and `seq`, which starts at 0 again.
    ///
    /// **Invariant:** a restored terminal behaves like the original (test
    /// `a_restored_terminal_goes_on_as_if_nothing_had_happened`).
    pub fn checkpoint(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        if self.emulator.is_some() {
            self.contained(|emulator| bytes = checkpoint::encode(emulator));
        }
        bytes
    }

    /// Whether text was received that is not drawn yet. This is plain text, and it is drawn when somebody asks for
    /// the frame.
    pub fn has_unseen(&self) -> bool {
        self.emulator.as_ref().is_some_and(|emulator| !emulator.machine.is_drawn())
    }

    /// Whether the terminal freed the memory of its lines since the last call: megabytes, in small pieces.
    pub fn take_gave_back(&mut self) -> bool {
        self.emulator.as_mut().is_some_and(|emulator| emulator.machine.unseen.take_gave_back())
    }

    fn draw(&mut self) {
        if self.has_unseen() {
            self.contained(|emulator| emulator.machine.draw());
        }
    }

    /// Calls `work` with the emulator; when it panics, a new emulator takes its place.
    fn contained(&mut self, work: impl FnOnce(&mut Emulator)) {
        self.touched = true;
        let (size, history) = (self.size, self.history_lines_max);
        let emulator = self.emulator.get_or_insert_with(|| Box::new(Emulator::new(size, history)));
        if catch_unwind(AssertUnwindSafe(|| work(emulator))).is_err() {
            **emulator = Emulator::new(size, history);
            emulator.advance(RESTART_NOTE);
            emulator.machine.screen.signals.emulator_restarted();
        }
    }
}

/// Converts bytes of a transcript into lines of `size.columns` columns, oldest first: at most the newest `lines_max`.
/// Text that was on the alternate screen is not among them.
pub fn rewrap(bytes: &[u8], size: Size, lines_max: u32) -> Vec<Arc<Row>> {
    let mut terminal = Terminal::new(size, lines_max);
    terminal.advance(bytes);
    terminal.end_sync();
    terminal.advance(SHOW_PRIMARY);
    let mut lines = terminal.history(lines_max);
    lines.extend(terminal.frame().rows);
    while lines.last().is_some_and(|row| row.spans.is_empty()) {
        lines.pop();
    }
    let surplus = lines.len().saturating_sub(lines_max as usize);
    lines.drain(..surplus);
    lines
}
