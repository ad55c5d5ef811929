//! Converts rows of the emulator's cells into rows of spans, each of one style.

use super::frame::{Color, Glyphs, Row, Span, Style};
use alacritty_terminal::grid;
use alacritty_terminal::term::cell::{Cell, Flags};
use alacritty_terminal::vte::ansi::{Color as CellColor, NamedColor};
use std::sync::Arc;

/// The emulator's flags that decide how a cell looks, each with its attribute of [`Style`].
const ATTRIBUTES: [(Flags, u16); 7] = [
    (Flags::BOLD, Style::BOLD),
    (Flags::DIM, Style::DIM),
    (Flags::ITALIC, Style::ITALIC),
    (Flags::ALL_UNDERLINES, Style::UNDERLINE),
    (Flags::INVERSE, Style::INVERSE),
    (Flags::HIDDEN, Style::HIDDEN),
    (Flags::STRIKEOUT, Style::STRIKE),
];

/// The emulator's flags that say how a cell relates to its neighbours, not how it looks.
pub(super) const PLACEMENT: Flags =
    Flags::WRAPLINE.union(Flags::WIDE_CHAR).union(Flags::WIDE_CHAR_SPACER).union(Flags::LEADING_WIDE_CHAR_SPACER);

/// The emulator's flags that are visible on a blank cell.
const SHOWN_ON_BLANK: Flags = Flags::INVERSE.union(Flags::ALL_UNDERLINES).union(Flags::STRIKEOUT);

/// Converts a row of the emulator's grid into a row of a frame.
///
/// **Invariant:** the spans never fill more cells than the grid has columns, half a wide character is blank, and no
/// control character is in them (test `rows_fit_their_terminal_whatever_is_written`).
pub(super) fn row(cells: &grid::Row<Cell>) -> Row {
    let cells = &cells[..];
    let used = cells.iter().rposition(|cell| !is_blank(cell)).map_or(0, |last| last + 1);
    let mut spans: Vec<Span> = Vec::new();
    let mut previous: Option<(&Cell, Glyphs)> = None;
    let mut column = 0;
    while column < used {
        let cell = &cells[column];
        let wide = is_whole_wide(cell, cells.get(column + 1));
        let marks = cell.zerowidth().unwrap_or_default();
        let glyphs = match (marks.is_empty(), wide) {
            (false, _) => Glyphs::Cluster { cells: if wide { 2 } else { 1 } },
            (true, true) => Glyphs::Wide,
            (true, false) => Glyphs::Narrow,
        };
        let joins =
            previous.is_some_and(|(before, kind)| kind == glyphs && marks.is_empty() && same_look(before, cell));
        if !joins {
            spans.push(Span { style: style(cell), glyphs, text: String::new(), link: link(cell) });
        }
        if let Some(span) = spans.last_mut() {
            span.text.push(character(cell, wide));
            span.text.extend(marks.iter().filter(|mark| !mark.is_control()));
        }
        previous = Some((cell, glyphs));
        column += if wide { 2 } else { 1 };
    }
    Row { spans, wraps: cells.last().is_some_and(|cell| cell.flags.contains(Flags::WRAPLINE)) }
}

/// Whether the cell would be invisible at the end of a line.
fn is_blank(cell: &Cell) -> bool {
    (cell.c == ' ' || cell.c.is_control())
        && cell.bg == CellColor::Named(NamedColor::Background)
        && !cell.flags.intersects(SHOWN_ON_BLANK)
        && cell.zerowidth().is_none_or(<[char]>::is_empty)
        && cell.hyperlink().is_none()
}

/// Whether the cell is a wide character that still has its second half.
fn is_whole_wide(cell: &Cell, next: Option<&Cell>) -> bool {
    cell.flags.contains(Flags::WIDE_CHAR) && next.is_some_and(|next| next.flags.contains(Flags::WIDE_CHAR_SPACER))
}

/// Returns the character to show for a cell. The emulator stores tabs in cells, and half of a wide character cannot be
/// shown: both become blank.
fn character(cell: &Cell, wide: bool) -> char {
    let orphan = cell.flags.contains(Flags::WIDE_CHAR) && !wide;
    if orphan || cell.c.is_control() { ' ' } else { cell.c }
}

fn same_look(one: &Cell, other: &Cell) -> bool {
    one.fg == other.fg
        && one.bg == other.bg
        && one.flags.difference(PLACEMENT) == other.flags.difference(PLACEMENT)
        && ((one.extra.is_none() && other.extra.is_none()) || one.hyperlink() == other.hyperlink())
}

fn style(cell: &Cell) -> Style {
    let attributes = ATTRIBUTES.iter().filter(|(flags, _)| cell.flags.intersects(*flags)).map(|(_, bit)| bit).sum();
    Style { foreground: color(cell.fg), background: color(cell.bg), attributes }
}

fn color(color: CellColor) -> Color {
    match color {
        CellColor::Indexed(index) => Color::Indexed(index),
        CellColor::Spec(rgb) => Color::Rgb(rgb.r, rgb.g, rgb.b),
        CellColor::Named(named) if (named as usize) < 16 => Color::Indexed(named as u8),
        CellColor::Named(_) => Color::Default,
    }
}

fn link(cell: &Cell) -> Option<Arc<str>> {
    cell.hyperlink().map(|link| Arc::from(link.uri()))
}
