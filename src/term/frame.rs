//! The frame, an immutable picture of a terminal, and the update that turns one frame into the next.
//!
//! A client that draws a frame never measures characters again: the frame says how wide each one is in the emulator,
//! because no two width tables agree (emoji sequences, variation selectors).

use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The size of a terminal in character cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// Number of columns, at least [`Size::COLUMNS_MIN`].
    pub columns: u16,
    /// Number of rows, at least 1.
    pub rows: u16,
}

impl Size {
    /// The fewest columns of a terminal. With one column, a wide character makes the emulator loop forever
    /// (alacritty#7697), so there are at least two.
    pub const COLUMNS_MIN: u16 = 2;
    /// The most columns or rows of a terminal, so that no viewer can ask for a grid of gigabytes. Beyond it, the side
    /// is this long.
    pub const SIDE_MAX: u16 = 1_000;

    /// Returns the allowed size that is nearest to these columns and rows.
    pub fn clamped(columns: u16, rows: u16) -> Size {
        Size { columns: columns.clamp(Self::COLUMNS_MIN, Self::SIDE_MAX), rows: rows.clamp(1, Self::SIDE_MAX) }
    }
}

/// A picture of a terminal at one instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// Number of the frame, which counts up with each change; a viewer that has `seq` asks for the changes after it.
    pub seq: u64,
    /// Size of the grid in cells.
    pub size: Size,
    /// The `size.rows` rows, top first. They are shared, so that an unchanged row costs nothing.
    pub rows: Vec<Arc<Row>>,
    /// Position and shape of the cursor.
    pub cursor: Cursor,
    /// The modes that the program has switched on, as far as a viewer must know them.
    pub modes: Modes,
    /// The window title (OSC 0, 2) without control characters, at most [`TITLE_CHARS_MAX`] characters. A longer one
    /// ends with `…`.
    pub title: String,
    /// Number of lines above the screen that are held in memory.
    pub history_lines: u32,
}

/// The longest title that is kept, in characters. Beyond it, it ends with `…`.
pub const TITLE_CHARS_MAX: usize = 256;

/// One row of cells, as spans of one style each. Cells after the last span are blank.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Row {
    /// The spans of the row, left to right.
    pub spans: Vec<Span>,
    /// Whether the line continues in the next row without a line break (needed when text is copied).
    pub wraps: bool,
}

/// Neighbouring cells that have the same style and the same kind of glyphs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Span {
    /// How the cells of the span look.
    pub style: Style,
    /// How the characters of `text` fill the cells.
    pub glyphs: Glyphs,
    /// The characters of the span. Control characters never occur.
    pub text: String,
    /// The target of the span's hyperlink (OSC 8), if it has one.
    pub link: Option<Arc<str>>,
}

/// How the characters of a span fill its cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Glyphs {
    /// Each character of the span fills one cell.
    Narrow,
    /// Each character of the span fills two cells.
    Wide,
    /// The whole text of the span (a base and its combining marks) fills this many cells, 1 or 2.
    Cluster { cells: u8 },
}

/// How a cell looks: its colours and attributes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Style {
    /// Colour of the cell's text.
    pub foreground: Color,
    /// Colour of the cell's background.
    pub background: Color,
    /// Attributes of the cell, as a sum of [`Style::BOLD`] and the other constants of this type.
    pub attributes: u16,
}

impl Style {
    /// The attribute of bold text.
    pub const BOLD: u16 = 1;
    /// The attribute of faint text.
    pub const DIM: u16 = 2;
    /// The attribute of italic text.
    pub const ITALIC: u16 = 4;
    /// The attribute of underlined text, for all kinds of underlines.
    pub const UNDERLINE: u16 = 8;
    /// The attribute of blinking text.
    pub const BLINK: u16 = 16;
    /// The attribute of text whose two colours are swapped.
    pub const INVERSE: u16 = 32;
    /// The attribute of text that is not shown.
    pub const HIDDEN: u16 = 64;
    /// The attribute of text that is struck through.
    pub const STRIKE: u16 = 128;
}

/// A colour as the program named it; the palette of the viewer decides how it looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Color {
    /// The default colour of the terminal.
    #[default]
    Default,
    /// One of the 256 colours of the palette.
    Indexed(u8),
    /// A colour of 24 bits: red, green, blue.
    Rgb(u8, u8, u8),
}

/// Position and shape of the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Column of the cursor, from 0.
    pub column: u16,
    /// Row of the cursor, from 0.
    pub row: u16,
    /// Shape in which the cursor is drawn.
    pub shape: CursorShape,
}

/// The shape of a cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CursorShape {
    /// The cursor is not shown.
    Hidden,
    /// The cursor is drawn as a block.
    Block,
    /// The cursor is drawn as a line at the bottom of the cell.
    Underline,
    /// The cursor is drawn as a line at the left of the cell.
    Bar,
}

/// The modes that the program has switched on, as far as a viewer must know them to encode keys and the mouse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Modes {
    /// Whether the alternate screen is shown: then the wheel scrolls the program, not the history.
    pub alternate_screen: bool,
    /// Whether arrow keys send `ESC O` (DECCKM).
    pub application_cursor: bool,
    /// Whether the keypad sends application sequences (DECKPAM).
    pub application_keypad: bool,
    /// Whether pasted text is wrapped in markers (mode 2004).
    pub bracketed_paste: bool,
    /// Whether the program is told of focus changes (mode 1004).
    pub focus_events: bool,
    /// The mouse events that the program wants.
    pub mouse: Mouse,
    /// Whether mouse events are sent in the SGR form (mode 1006).
    pub mouse_sgr: bool,
    /// The kitty keyboard flags in force; 0 means the legacy encoding.
    pub keyboard_flags: u8,
}

/// The mouse events that the program wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mouse {
    /// The program wants no mouse events.
    #[default]
    Off,
    /// The program wants presses and releases of buttons (mode 1000).
    Click,
    /// The program wants presses, releases, and motion while a button is down (mode 1002).
    Drag,
    /// The program wants presses, releases, and all motion (mode 1003).
    Motion,
}

/// The changes that turn a viewer's frame into the newest one. An update is small when little changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameUpdate {
    /// Number of the frame after this update.
    pub seq: u64,
    /// Size of the grid. When it differs from the size of the viewer's frame, every row is in `rows`.
    pub size: Size,
    /// The rows that changed, each with its index from the top.
    pub rows: Vec<(u16, Arc<Row>)>,
    /// Position and shape of the cursor after this update.
    pub cursor: Cursor,
    /// The modes that the program has switched on.
    pub modes: Modes,
    /// The new window title, if it changed.
    pub title: Option<String>,
    /// Number of lines above the screen that are held in memory.
    pub history_lines: u32,
}

impl Frame {
    /// Returns an empty frame, which a terminal shows before its program writes anything.
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

    /// Returns the update that turns `older` into `self`. Rows are compared by address first, then by value.
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

    /// Applies an update to this frame. Rows that do not exist are ignored, so a hostile update cannot harm a viewer.
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

    /// Returns the frame as text: a line per row, without trailing blanks.
    pub fn text(&self) -> String {
        let lines: Vec<String> = self.rows.iter().map(|row| row.text()).collect();
        lines.join("\n")
    }
}

/// Returns blank rows, which all share one row in memory.
fn blank_rows(size: Size) -> Vec<Arc<Row>> {
    let blank = Arc::new(Row::default());
    vec![blank; usize::from(size.rows)]
}

impl Row {
    /// Returns the characters of the row, without trailing blanks.
    pub fn text(&self) -> String {
        let mut line: String = self.spans.iter().map(|span| span.text.as_str()).collect();
        line.truncate(line.trim_end().len());
        line
    }
}
