//! Converts a grid of the emulator to runs of equal cells, and back. Every part of a cell is kept, also parts that no
//! frame shows.

use crate::extras::link_cost;
use alacritty_terminal::Grid;
use alacritty_terminal::grid::{Cursor, Dimensions, Row};
use alacritty_terminal::index::{Column, Line, Point};
use alacritty_terminal::term::cell::{Cell, Flags, Hyperlink};
use alacritty_terminal::vte::ansi::{CharsetIndex, Color, StandardCharset};
use serde::{Deserialize, Serialize};

/// The four charsets, in the order of their numbers in a checkpoint.
pub(super) const CHARSETS: [CharsetIndex; 4] = [CharsetIndex::G0, CharsetIndex::G1, CharsetIndex::G2, CharsetIndex::G3];

/// A screen and the lines above it.
#[derive(Serialize, Deserialize)]
pub(super) struct SavedGrid {
    /// The rows, history first and top first; blank cells at a line's end are omitted.
    rows: Vec<Vec<Run>>,
    cursor: SavedCursor,
    saved_cursor: SavedCursor,
}

/// A cursor and its pen in the form in which they are stored.
#[derive(Serialize, Deserialize)]
pub(super) struct SavedCursor {
    line: u16,
    column: u16,
    wrap_pending: bool,
    pen: Run,
    /// For each of [`CHARSETS`], whether it draws lines.
    line_drawing: [bool; 4],
}

/// Neighbouring cells that differ only in their character.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Run {
    /// The characters of the run, one per cell.
    text: String,
    foreground: Color,
    background: Color,
    flags: u16,
    extra: Option<Box<Extra>>,
}

/// Attributes of a cell that only few cells have.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Extra {
    marks: String,
    underline: Option<Color>,
    /// Id and target of the hyperlink.
    link: Option<(String, String)>,
}

impl SavedGrid {
    pub(super) fn of(grid: &Grid<Cell>) -> SavedGrid {
        let lines = grid.topmost_line().0..=grid.bottommost_line().0;
        // Each run has its own copy of its hyperlink, even if several runs share it; the budget goes to the newest
        // lines first.
        let mut links_left = crate::screen::EXTRAS_BYTES_MAX;
        let mut rows: Vec<Vec<Run>> = lines.rev().map(|line| runs(&grid[Line(line)], &mut links_left)).collect();
        rows.reverse();
        SavedGrid { rows, cursor: SavedCursor::of(&grid.cursor), saved_cursor: SavedCursor::of(&grid.saved_cursor) }
    }

    /// Returns the grid of the emulator. Lines beyond `history_lines_max` are omitted, the oldest first.
    pub(super) fn grid(&self, columns: usize, lines: usize, history_lines_max: usize) -> Grid<Cell> {
        let mut grid = Grid::new(lines, columns, history_lines_max);
        let history = self.rows.len().saturating_sub(lines).min(history_lines_max);
        let whole_screen = Line(0)..Line(lines as i32);
        for _ in 0..history {
            grid.scroll_up(&whole_screen, 1);
        }
        let surplus = self.rows.len().saturating_sub(history + lines);
        for (row, line) in self.rows[surplus..].iter().zip(-(history as i32)..) {
            fill(&mut grid[Line(line)], row);
        }
        grid.cursor = self.cursor.cursor(columns, lines);
        grid.saved_cursor = self.saved_cursor.cursor(columns, lines);
        grid
    }
}

impl SavedCursor {
    pub(super) fn of(cursor: &Cursor<Cell>) -> SavedCursor {
        SavedCursor {
            line: cursor.point.line.0 as u16,
            column: cursor.point.column.0 as u16,
            wrap_pending: cursor.input_needs_wrap,
            pen: Run::of(&cursor.template),
            line_drawing: CHARSETS.map(|index| cursor.charsets[index] != StandardCharset::Ascii),
        }
    }

    /// Returns the cursor of the emulator, on a grid of this size.
    pub(super) fn cursor(&self, columns: usize, lines: usize) -> Cursor<Cell> {
        let line = usize::from(self.line).min(lines - 1);
        let column = usize::from(self.column).min(columns - 1);
        let mut cursor = Cursor {
            point: Point::new(Line(line as i32), Column(column)),
            template: self.pen.cells().next().unwrap_or_default(),
            input_needs_wrap: self.wrap_pending,
            ..Cursor::default()
        };
        for (index, _) in CHARSETS.into_iter().zip(self.line_drawing).filter(|(_, drawing)| *drawing) {
            cursor.charsets[index] = StandardCharset::SpecialCharacterAndLineDrawing;
        }
        cursor
    }
}

impl Run {
    fn of(cell: &Cell) -> Run {
        Run {
            text: cell.c.into(),
            foreground: cell.fg,
            background: cell.bg,
            flags: cell.flags.bits(),
            extra: Extra::of(cell).map(Box::new),
        }
    }

    /// Removes the hyperlink from the run, if the budget `links_left` has no room for it.
    fn within(mut self, links_left: &mut usize) -> Run {
        if let Some(extra) = &mut self.extra
            && let Some((id, target)) = &extra.link
        {
            match links_left.checked_sub(link_cost(id, target)) {
                Some(left) => *links_left = left,
                None => extra.link = None,
            }
        }
        self
    }

    fn cells(&self) -> impl Iterator<Item = Cell> {
        let mut pen = Cell {
            fg: self.foreground,
            bg: self.background,
            flags: Flags::from_bits_truncate(self.flags),
            ..Cell::default()
        };
        if let Some(extra) = &self.extra {
            extra.apply(&mut pen);
        }
        self.text.chars().map(move |c| Cell { c, ..pen.clone() })
    }
}

impl Extra {
    fn of(cell: &Cell) -> Option<Extra> {
        cell.extra.as_ref()?;
        Some(Extra {
            marks: cell.zerowidth().into_iter().flatten().collect(),
            underline: cell.underline_color(),
            link: cell.hyperlink().map(|link| (link.id().to_owned(), link.uri().to_owned())),
        })
    }

    fn apply(&self, cell: &mut Cell) {
        for mark in self.marks.chars() {
            cell.push_zerowidth(mark);
        }
        cell.set_underline_color(self.underline);
        cell.set_hyperlink(self.link.as_ref().map(|(id, target)| Hyperlink::new(Some(id), target.clone())));
    }
}

fn runs(row: &Row<Cell>, links_left: &mut usize) -> Vec<Run> {
    let cells = &row[..];
    let blank = Cell::default();
    let used = cells.iter().rposition(|cell| *cell != blank).map_or(0, |last| last + 1);
    let same_look = |one: &Cell, other: &Cell| {
        one.fg == other.fg && one.bg == other.bg && one.flags == other.flags && one.extra == other.extra
    };
    let neighbours = cells[..used].chunk_by(same_look);
    let run = |run: &[Cell]| Run { text: run.iter().map(|cell| cell.c).collect(), ..Run::of(&run[0]) };
    neighbours.map(|cells| run(cells).within(links_left)).collect()
}

fn fill(row: &mut Row<Cell>, runs: &[Run]) {
    let columns = row.len();
    let cells = runs.iter().flat_map(Run::cells).take(columns);
    for (column, cell) in cells.enumerate() {
        row[Column(column)] = cell;
    }
}
