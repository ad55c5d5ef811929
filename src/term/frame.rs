//! An immutable picture of a terminal, and the difference that turns one picture into the next.
//!
//! Cells are never re-measured by whoever draws them: the emulator's opinion of what is how wide is in the
//! picture, because no two width tables agree (emoji sequences, variation selectors).

use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A terminal's size in character cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// Columns, at least [`Size::COLUMNS_MIN`].
    pub columns: u16,
    /// Rows, at least 1.
    pub rows: u16,
}

impl Size {
    /// One column and a wide character loop the emulator for ever (alacritty#7697), so there are at least two.
    pub const COLUMNS_MIN: u16 = 2;
    /// A limit on both sides, so that no viewer can ask for a grid of gigabytes. Beyond it, the side is this long.
    pub const SIDE_MAX: u16 = 1_000;

    /// The nearest allowed size.
    pub fn clamped(columns: u16, rows: u16) -> Size {
        Size { columns: columns.clamp(Self::COLUMNS_MIN, Self::SIDE_MAX), rows: rows.clamp(1, Self::SIDE_MAX) }
    }
}

/// A picture of a terminal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// Counts up with each change; a viewer that has `seq` asks for what came after.
    pub seq: u64,
    /// The grid's size.
    pub size: Size,
    /// `size.rows` rows, top first. Shared, so that an unchanged row costs nothing.
    pub rows: Vec<Arc<Row>>,
    /// Where the cursor is.
    pub cursor: Cursor,
    /// What the program has switched on, as far as a viewer must know it.
    pub modes: Modes,
    /// The window title (OSC 0, 2), at most [`TITLE_CHARS_MAX`] characters, control characters removed. A longer one
    /// ends with `…`.
    pub title: String,
    /// Lines above the screen that are held in memory.
    pub history_lines: u32,
}

/// The longest title kept, in characters. Beyond it, it ends with `…`.
pub const TITLE_CHARS_MAX: usize = 256;

/// One row of cells, as runs of one style. Cells beyond the last span are blank.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Row {
    /// The runs, left to right.
    pub spans: Vec<Span>,
    /// Whether the line goes on in the next row without a line break (for copying).
    pub wraps: bool,
}

/// Neighbouring cells of one style and one kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Span {
    /// How they look.
    pub style: Style,
    /// What `text` is made of.
    pub glyphs: Glyphs,
    /// The characters. Control characters never occur.
    pub text: String,
    /// The target of a hyperlink (OSC 8).
    pub link: Option<Arc<str>>,
}

/// What a span's text is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Glyphs {
    /// Each character fills one cell.
    Narrow,
    /// Each character fills two cells.
    Wide,
    /// The whole text (a base and its combining marks) fills this many cells, 1 or 2.
    Cluster { cells: u8 },
}

/// How a cell looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Style {
    /// Text colour.
    pub foreground: Color,
    /// Ground colour.
    pub background: Color,
    /// Attributes, as a sum of [`Style::BOLD`] and its neighbours.
    pub attributes: u16,
}

impl Style {
    /// Bold.
    pub const BOLD: u16 = 1;
    /// Faint.
    pub const DIM: u16 = 2;
    /// Italic.
    pub const ITALIC: u16 = 4;
    /// Underlined, in whatever manner.
    pub const UNDERLINE: u16 = 8;
    /// Blinking.
    pub const BLINK: u16 = 16;
    /// Colours swapped.
    pub const INVERSE: u16 = 32;
    /// Not shown.
    pub const HIDDEN: u16 = 64;
    /// Struck through.
    pub const STRIKE: u16 = 128;
}

/// A colour as the program named it; the viewer's palette gives it its look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Color {
    /// The terminal's own.
    #[default]
    Default,
    /// One of the 256.
    Indexed(u8),
    /// 24 bits.
    Rgb(u8, u8, u8),
}

/// The cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Column, from 0.
    pub column: u16,
    /// Row, from 0.
    pub row: u16,
    /// What it looks like.
    pub shape: CursorShape,
}

/// A cursor's look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CursorShape {
    /// Not shown.
    Hidden,
    /// A block.
    Block,
    /// A line below.
    Underline,
    /// A line to the left.
    Bar,
}

/// What the program has switched on, as far as a viewer must know it to encode keys and the mouse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Modes {
    /// The alternate screen is shown: the wheel scrolls the program, not the history.
    pub alternate_screen: bool,
    /// DECCKM: arrow keys send `ESC O`.
    pub application_cursor: bool,
    /// DECKPAM.
    pub application_keypad: bool,
    /// 2004: a paste is wrapped.
    pub bracketed_paste: bool,
    /// 1004: focus changes are told.
    pub focus_events: bool,
    /// Which mouse events are wanted.
    pub mouse: Mouse,
    /// 1006: mouse events in the SGR form.
    pub mouse_sgr: bool,
    /// The kitty keyboard flags in force; 0 is the legacy encoding.
    pub keyboard_flags: u8,
}

/// Which mouse events the program wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mouse {
    /// None.
    #[default]
    Off,
    /// 1000: presses and releases.
    Click,
    /// 1002: and motion while a button is down.
    Drag,
    /// 1003: and all motion.
    Motion,
}

/// What turns a viewer's picture into the newest one. Small when little changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameUpdate {
    /// The picture's number after this update.
    pub seq: u64,
    /// The grid's size. When it differs from the viewer's, every row is in `rows`.
    pub size: Size,
    /// Changed rows by index.
    pub rows: Vec<(u16, Arc<Row>)>,
    /// Where the cursor is.
    pub cursor: Cursor,
    /// What the program has switched on.
    pub modes: Modes,
    /// The title, when it changed.
    pub title: Option<String>,
    /// Lines above the screen that are held in memory.
    pub history_lines: u32,
}

impl Frame {
    /// An empty picture: what a terminal shows before its program wrote anything.
    pub fn blank(size: Size) -> Frame {
        Frame {
            seq: 0,
            size,
            rows: blank_rows(size),
            cursor: Cursor { column: 0, row: 0, shape: CursorShape::Block },
            modes: Modes::default(),
            title: String::new(),
            history_lines: 0,
        }
    }

    /// The update that turns `older` into `self`. Rows are compared by address first, then by value.
    pub fn since(&self, older: &Frame) -> FrameUpdate {
        let resized = older.size != self.size;
        let changed = |index: usize, row: &Arc<Row>| {
            resized || older.rows.get(index).is_none_or(|was| !Arc::ptr_eq(was, row) && was != row)
        };
        FrameUpdate {
            seq: self.seq,
            size: self.size,
            rows: self
                .rows
                .iter()
                .enumerate()
                .filter(|(index, row)| changed(*index, row))
                .map(|(index, row)| (index as u16, Arc::clone(row)))
                .collect(),
            cursor: self.cursor,
            modes: self.modes,
            title: (resized || older.title != self.title).then(|| self.title.clone()),
            history_lines: self.history_lines,
        }
    }

    /// Takes an update in. Rows that do not exist are ignored, so a hostile update can't harm a viewer.
    pub fn apply(&mut self, update: FrameUpdate) {
        self.seq = update.seq;
        if self.size != update.size {
            let size = Size::clamped(update.size.columns, update.size.rows);
            self.size = size;
            self.rows = blank_rows(size);
        }
        for (index, row) in update.rows {
            if let Some(slot) = self.rows.get_mut(usize::from(index)) {
                *slot = row;
            }
        }
        self.cursor = update.cursor;
        self.modes = update.modes;
        if let Some(title) = update.title {
            self.title = title;
        }
        self.history_lines = update.history_lines;
    }

    /// The picture as text: a line per row, trailing blanks removed.
    pub fn text(&self) -> String {
        let lines: Vec<String> = self.rows.iter().map(|row| row.text()).collect();
        lines.join("\n")
    }
}

/// Blank rows, all the same one in memory.
fn blank_rows(size: Size) -> Vec<Arc<Row>> {
    let blank = Arc::new(Row::default());
    vec![blank; usize::from(size.rows)]
}

impl Row {
    /// The row's characters, trailing blanks removed.
    pub fn text(&self) -> String {
        let mut line: String = self.spans.iter().map(|span| span.text.as_str()).collect();
        line.truncate(line.trim_end().len());
        line
    }
}
