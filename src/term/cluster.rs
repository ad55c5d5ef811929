//! Joins characters that a reader sees as one: a letter with its marks, or an emoji of several code points. The
//! emulator gives each code point its own cells; this module joins them in one cell, or two, as they are written.
//!
//! No two width tables agree, so the following rule decides how many columns a cluster has and how far the cursor
//! moves:
//!
//! | written | example | columns |
//! |---|---|---|
//! | a base and U+FE0F, if Unicode lists the pair | ⚠️ ❤️ 1️⃣ | 2 |
//! | a base and U+FE0E, if Unicode lists the pair | ⌚︎ | 1 |
//! | a pictograph and a skin tone | 👍🏽 ☝🏽 | 2 |
//! | pictographs joined by U+200D | 👨‍👩‍👧‍👦 🏳️‍🌈 | 2 |
//! | two regional indicators | 🇩🇪 | 2 |
//! | one regional indicator; a pictograph alone that is text by default | 🇩 ⚠ | 1 |
//! | a base and marks of no width | é, ने | as the base |
//!
//! The clusters are those of UAX #29, the pairs those of `emoji-variation-sequences.txt`. The numbers of columns are
//! those that kitty, ghostty and wezterm use (mode 2027, which is always on here and is reported as on), and those that
//! agent programs count with string-width (Ink) and unicode-width (ratatui). Where the two libraries differ from each
//! other, the terminals decide: U+FE0E narrows (unicode-width agrees, string-width does not), and letters of Indic and
//! Arabic ligatures keep a cell each (string-width agrees for Arabic, unicode-width does not).
//!
//! Whether a character joins is read from the cell before the cursor, as ghostty does, so there is no state to store.

use super::rows::PLACEMENT;
use super::screen::Screen;
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::Column;
use alacritty_terminal::term::TermMode;
use alacritty_terminal::term::cell::{Cell, Flags};
use alacritty_terminal::vte::ansi::Handler;
use std::mem;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The first character that can join another one; smaller ones, such as Latin text, are never checked.
const FIRST_JOINING: char = '\u{300}';

/// The most code points that a cell keeps after its first. The longest emoji that Unicode recommends has 9 (a kiss
/// between two people with skin tones), and the Stream-Safe format (UAX #15) allows 30 in normal text of any script.
/// Beyond it, a code point takes no cell and is dropped: nobody reads so many marks on one letter.
const MARKS_MAX: usize = 30;

/// U+200D, the zero-width joiner: the characters on its two sides become one.
const JOINER: char = '\u{200d}';

/// A character that fills two cells in every width table; it is put into the grid while the cells of a cluster are laid
/// out.
const PLACEHOLDER: char = '\u{3000}';

impl Screen {
    /// Joins `character` to the cell before the cursor, if it belongs there. Returns whether it did.
    #[inline]
    pub(super) fn joins(&mut self, character: char) -> bool {
        character >= FIRST_JOINING && self.takes_into_cluster(character)
    }

    fn takes_into_cluster(&mut self, character: char) -> bool {
        let has_no_width = character.width() == Some(0);
        let Some(column) = self.column_written() else {
            // No cell is before the cursor: the emulator puts a mark on the first cell.
            return has_no_width && self.marks_at(Column(0)).len() >= MARKS_MAX;
        };
        let line = self.term.grid().cursor.point.line;
        if !has_no_width && !goes_on(&self.term.grid()[line][column], character) {
            return false;
        }
        if self.marks_at(column).len() < MARKS_MAX {
            self.adds_mark();
            self.term.grid_mut()[line][column].push_zerowidth(character);
            if !has_no_width || is_variation_selector(character) {
                self.fit(column);
            }
        }
        true
    }

    /// Returns the column in which the last character before the cursor begins, on the cursor's line.
    fn column_written(&self) -> Option<Column> {
        let cursor = &self.term.grid().cursor;
        let behind = cursor.point.column.0 + usize::from(cursor.input_needs_wrap);
        let column = Column(behind.checked_sub(1)?);
        let is_second_half = self.term.grid()[cursor.point.line][column].flags.contains(Flags::WIDE_CHAR_SPACER);
        Some(Column(column.0.saturating_sub(usize::from(is_second_half))))
    }

    fn marks_at(&self, column: Column) -> &[char] {
        let grid = self.term.grid();
        grid[grid.cursor.point.line][column].zerowidth().unwrap_or_default()
    }

    /// Changes the number of cells of the cluster that was just written to the number of columns that it has now.
    fn fit(&mut self, column: Column) {
        let grid = self.term.grid();
        let cell = &grid[grid.cursor.point.line][column];
        match (columns_of(cell), cell.flags.contains(Flags::WIDE_CHAR)) {
            (2, false) => self.widen(column),
            (1, true) => self.narrow(column),
            _ => {}
        }
    }

    /// Writes a narrow cluster again as a wide one, so that it wraps, inserts and overwrites like any wide character.
    fn widen(&mut self, column: Column) {
        let mode = *self.term.mode();
        if column == self.term.last_column() && !mode.contains(TermMode::LINE_WRAP) {
            return;
        }
        let grid = self.term.grid_mut();
        let cluster = grid[grid.cursor.point.line][column].clone();
        grid.cursor.point.column = column;
        grid.cursor.input_needs_wrap = false;
        let pen = mem::replace(&mut grid.cursor.template, pen_of(&cluster));
        if mode.contains(TermMode::INSERT) {
            self.term.delete_chars(1);
        }
        self.term.input(PLACEHOLDER);
        self.term.grid_mut().cursor.template = pen;
        if let Some(column) = self.column_written() {
            let grid = self.term.grid_mut();
            let line = grid.cursor.point.line;
            let cell = &mut grid[line][column];
            cell.c = cluster.c;
            cluster.zerowidth().into_iter().flatten().for_each(|mark| cell.push_zerowidth(*mark));
        }
    }

    /// Takes the second cell from a wide cluster and moves the cursor to that cell.
    fn narrow(&mut self, column: Column) {
        let grid = self.term.grid_mut();
        let line = grid.cursor.point.line;
        grid[line][column].flags.remove(Flags::WIDE_CHAR);
        let second = &mut grid[line][column + 1];
        *second = Cell { bg: second.bg, ..Cell::default() };
        grid.cursor.point.column = column + 1;
        grid.cursor.input_needs_wrap = false;
        if self.term.mode().contains(TermMode::INSERT) {
            self.term.delete_chars(1);
        }
    }
}

/// Whether a character that has a width of its own continues the cluster in the cell.
fn goes_on(cell: &Cell, character: char) -> bool {
    let marks = cell.zerowidth().unwrap_or_default();
    match character {
        '\u{1f3fb}'..='\u{1f3ff}' => is_pictograph(cell.c),
        _ if marks.last() == Some(&JOINER) => is_pictograph(cell.c) && is_pictograph(character),
        _ => is_regional_indicator(character) && is_regional_indicator(cell.c) && marks.is_empty(),
    }
}

/// Whether a character is in Unicode's Extended_Pictographic. The test uses the rule that U+200D joins only such
/// characters to © (UAX #29, GB11).
fn is_pictograph(character: char) -> bool {
    String::from_iter([character, JOINER, '©']).graphemes(true).nth(1).is_none()
}

fn is_regional_indicator(character: char) -> bool {
    ('\u{1f1e6}'..='\u{1f1ff}').contains(&character)
}

fn is_variation_selector(character: char) -> bool {
    matches!(character, '\u{fe0e}' | '\u{fe0f}')
}

/// Returns how many columns the cluster in a cell takes, 1 or 2.
fn columns_of(cell: &Cell) -> usize {
    let cluster: String = [cell.c].into_iter().chain(cell.zerowidth().into_iter().flatten().copied()).collect();
    cluster.width().clamp(1, 2)
}

/// Returns the pen, the cell template of the cursor, that writes cells which look like this one.
fn pen_of(cell: &Cell) -> Cell {
    let mut pen = Cell { fg: cell.fg, bg: cell.bg, flags: cell.flags.difference(PLACEMENT), ..Cell::default() };
    pen.set_underline_color(cell.underline_color());
    pen.set_hyperlink(cell.hyperlink());
    pen
}
