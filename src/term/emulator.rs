//! The emulator: it joins the intake, the parser and the screen, and paints the frame from them.

use super::backlog::Unseen;
use super::cut::cut;
use super::frame::{Cursor, CursorShape, Frame, Row, Size};
use super::intake::{Intake, Parse};
use super::program::ProgramStatus;
use super::screen::Screen;
use super::sequence::{ESCAPE, sequence};
use super::{modes, rows};
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::Line;
use alacritty_terminal::term::cell::Flags;
use alacritty_terminal::term::{TermDamage, TermMode};
use alacritty_terminal::vte::ansi::{CursorShape as GridCursorShape, Processor, Timeout};
use memchr::memrchr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The longest line that [`Emulator::last_line`] returns, in characters. Beyond it, the line ends with `…`.
const LAST_LINE_CHARS_MAX: usize = 256;

/// The emulator of one program's terminal, from the program's first byte on.
pub(super) struct Emulator {
    pub(super) intake: Intake,
    pub(super) machine: Machine,
}

/// The parser and the screen that it writes to. The lines of the screen are up to date only after [`Machine::draw`].
pub(super) struct Machine {
    pub(super) processor: Processor<Unbuffered>,
    pub(super) screen: Screen,
    /// Text that was received but is not drawn on the screen yet.
    pub(super) unseen: Unseen,
}

/// A parser setting that turns off the parser's own buffer for synchronised updates. [`Intake`] keeps them back
/// instead, because the parser's buffer can be neither bounded nor stored.
#[derive(Default)]
pub(super) struct Unbuffered;

impl Timeout for Unbuffered {
    fn set_timeout(&mut self, _: Duration) {}

    fn clear_timeout(&mut self) {}

    fn pending_timeout(&self) -> bool {
        false
    }
}

impl Parse for Machine {
    fn parse(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() && !self.keeps(bytes) {
            self.settle();
            self.processor.advance(&mut self.screen, bytes);
            if let Some(start) = memrchr(ESCAPE, bytes) {
                self.unseen.given(sequence(&bytes[start..]).end.is_none());
            }
        }
    }

    fn command(&mut self, content: &[u8]) -> bool {
        self.screen.command(content)
    }

    fn device_string(&mut self, content: &[u8]) {
        let cursor = self.screen.term.cursor_style();
        self.screen.replies.device_string(content, cursor);
    }

    fn version_query(&mut self) {
        self.screen.replies.version();
    }

    fn cell_query(&mut self) {
        self.screen.replies.cell_pixels();
    }

    fn repeat(&mut self, count: u32) {
        let count = count.min(self.screen.repetitions_max());
        self.parse(format!("\x1b[{count}b").as_bytes());
    }
}

impl Emulator {
    pub(super) fn new(size: Size, history_lines_max: u32) -> Emulator {
        let (screen, unseen) = (Screen::new(size, history_lines_max), Unseen::new(history_lines_max as usize));
        Emulator { intake: Intake::default(), machine: Machine { processor: Processor::new(), screen, unseen } }
    }

    pub(super) fn advance(&mut self, bytes: &[u8]) {
        self.intake.take(bytes, &mut self.machine);
    }

    /// Changes the size of the grid.
    pub(super) fn resize(&mut self, size: Size) {
        self.machine.settle();
        self.machine.screen.resize(size);
    }

    pub(super) fn end_sync(&mut self) {
        self.intake.end_update(&mut self.machine);
    }

    pub(super) fn sync_deadline(&self) -> Option<Instant> {
        self.intake.update_deadline()
    }

    /// Updates `frame` to the present screen. Rows that show the same keep their address. Returns whether anything
    /// visible changed.
    pub(super) fn paint(&mut self, frame: &mut Frame) -> bool {
        let size = self.screen().size();
        let mut changed = frame.size != size;
        if changed {
            *frame = Frame { seq: frame.seq, title: std::mem::take(&mut frame.title), ..Frame::blank(size) };
        }
        for line in self.damaged_lines(changed) {
            let row = rows::row(&self.screen().term.grid()[Line(line as i32)]);
            let slot = &mut frame.rows[line];
            if **slot != row {
                *slot = Arc::new(row);
                changed = true;
            }
        }
        changed |= replace(&mut frame.cursor, self.cursor());
        changed |= replace(&mut frame.modes, self.modes());
        changed |= replace(&mut frame.history_lines, self.history_lines());
        if frame.title != self.screen().titles.current() {
            frame.title = self.screen().titles.current().to_owned();
            changed = true;
        }
        changed
    }

    /// Returns the newest `lines` lines above the screen, oldest first.
    pub(super) fn history(&mut self, lines: u32) -> Vec<Arc<Row>> {
        self.machine.with_history(|machine| {
            let grid = machine.screen.term.grid();
            let lines = (lines as usize).min(grid.history_size()) as i32;
            (-lines..0).map(|line| Arc::new(rows::row(&grid[Line(line)]))).collect()
        })
    }

    /// Returns the rows of the screen, top first.
    pub(super) fn rows(&self) -> impl DoubleEndedIterator<Item = Row> {
        let grid = self.screen().term.grid();
        (0..grid.screen_lines()).map(|line| rows::row(&grid[Line(line as i32)]))
    }

    /// Returns the title of the window.
    pub(super) fn title(&self) -> &str {
        self.screen().titles.current()
    }

    /// Returns the status that the program in the terminal reports of itself.
    pub(super) fn program(&self) -> Option<&ProgramStatus> {
        self.screen().programs.foremost()
    }

    /// Returns the last line of the screen that is not blank.
    pub(super) fn last_line(&self) -> String {
        let grid = self.screen().term.grid();
        let shows = |line: &i32| grid[Line(*line)].into_iter().any(|cell| cell.c != ' ' && !cell.c.is_control());
        let Some(line) = (0..grid.screen_lines() as i32).rev().find(shows) else { return String::new() };
        cut(rows::row(&grid[Line(line)]).text().trim_start(), LAST_LINE_CHARS_MAX)
    }

    fn screen(&self) -> &Screen {
        &self.machine.screen
    }

    /// Returns the lines that may show something else than when this function was called last.
    fn damaged_lines(&mut self, all: bool) -> Vec<usize> {
        let term = &mut self.machine.screen.term;
        let lines = match term.damage() {
            TermDamage::Partial(damaged) if !all => damaged.map(|bounds| bounds.line).collect(),
            _ => (0..term.screen_lines()).collect(),
        };
        term.reset_damage();
        lines
    }

    fn cursor(&self) -> Cursor {
        let term = &self.screen().term;
        let mut point = term.grid().cursor.point;
        if point.column.0 > 0 && term.grid()[point].flags.contains(Flags::WIDE_CHAR_SPACER) {
            point.column -= 1;
        }
        let shape = match term.cursor_style().shape {
            _ if !term.mode().contains(TermMode::SHOW_CURSOR) => CursorShape::Hidden,
            GridCursorShape::Hidden => CursorShape::Hidden,
            GridCursorShape::Block | GridCursorShape::HollowBlock => CursorShape::Block,
            GridCursorShape::Underline => CursorShape::Underline,
            GridCursorShape::Beam => CursorShape::Bar,
        };
        Cursor { column: point.column.0 as u16, row: point.line.0 as u16, shape }
    }

    fn modes(&self) -> super::frame::Modes {
        modes::for_viewers(*self.screen().term.mode(), self.screen().keyboard.flags())
    }

    fn history_lines(&self) -> u32 {
        let in_grid = || self.screen().term.grid().history_size();
        self.machine.unseen.history_lines().unwrap_or_else(in_grid) as u32
    }
}

/// Sets `slot` to `value` and returns whether that changed it.
fn replace<T: PartialEq>(slot: &mut T, value: T) -> bool {
    let changed = *slot != value;
    *slot = value;
    changed
}
