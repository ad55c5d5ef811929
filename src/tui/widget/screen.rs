//! Draws a terminal's frame, cell by cell. The frame says how wide each character is; nothing is measured again,
//! because no two width tables agree.

use crate::term::frame::{Color as Ink, Glyphs, Row, Style as Look};
use crate::tui::model::Drag;
use crate::tui::model::scroll;
use ratatui::buffer::{Buffer, CellDiffOption, CellWidth};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::num::NonZeroU16;
use std::sync::Arc;

/// The longest link passed on to the user's terminal, in bytes, as VTE and iTerm2 accept it. Beyond it, the text is
/// shown without its link.
const LINK_BYTES_MAX: usize = 2_083;

/// A character or cluster of a row that fills one cell or two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glyph<'row> {
    /// First column of the glyph, from 0.
    pub column: u16,
    /// Number of cells that the glyph fills.
    pub cells: u16,
    /// Characters that the glyph shows.
    pub text: &'row str,
    /// Style in which the glyph is drawn.
    pub look: Look,
    /// Target of the glyph's hyperlink, if it has one.
    pub link: Option<&'row str>,
}

/// Returns a row's glyphs, left to right.
pub fn glyphs(row: &Row) -> impl Iterator<Item = Glyph<'_>> {
    let pieces = row.spans.iter().flat_map(|span| {
        let (step, cells) = match span.glyphs {
            Glyphs::Narrow => (1, 1),
            Glyphs::Wide => (1, 2),
            Glyphs::Cluster { cells } => (usize::MAX, u16::from(cells.clamp(1, 2))),
        };
        pieces(&span.text, step).map(move |text| (text, cells, span))
    });
    pieces.scan(0u16, |next, (text, cells, span)| {
        let column = *next;
        *next = next.checked_add(cells)?;
        Some(Glyph { column, cells, text, look: span.style, link: span.link.as_deref() })
    })
}

/// Returns the text in pieces of `characters` characters each.
fn pieces(text: &str, characters: usize) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = if characters == 1 { rest.chars().next()?.len_utf8() } else { rest.len() };
        let (piece, tail) = rest.split_at(end);
        rest = tail;
        (!piece.is_empty()).then_some(piece)
    })
}

/// Draws rows from the top of an area; rows and columns that do not fit are cut. `patch` is laid over every cell.
pub fn draw(rows: &[Arc<Row>], area: Rect, buf: &mut Buffer, patch: Option<Style>) {
    let area = area.intersection(buf.area);
    for (y, row) in (area.y..area.bottom()).zip(rows) {
        for glyph in glyphs(row) {
            if glyph.column >= area.width {
                break;
            }
            let x = area.x + glyph.column;
            let mut style = patch.map_or(style(glyph.look), |patch| style(glyph.look).patch(patch));
            if glyph.link.is_some() {
                style = style.add_modifier(Modifier::UNDERLINED);
            }
            let cut = glyph.column + glyph.cells > area.width;
            let hidden = glyph.look.attributes & Look::HIDDEN != 0;
            let symbol = if cut || hidden { " " } else { glyph.text };
            set(buf, x, y, symbol, if cut { 1 } else { glyph.cells }, style);
            if let Some(target) = glyph.link.filter(|target| may_be_passed_on(target)) {
                lead(buf, x, y, target);
            }
        }
    }
}

/// Sets a glyph of a given width. The second cell of a wide glyph is empty and not blank, so that it is drawn again
/// when another glyph takes its place.
fn set(buf: &mut Buffer, x: u16, y: u16, symbol: &str, cells: u16, style: Style) {
    let forced = NonZeroU16::new(cells).filter(|_| symbol.len() > 1 && symbol.cell_width() != cells || cells > 1);
    buf[(x, y)]
        .set_symbol(symbol)
        .set_style(style)
        .set_diff_option(forced.map_or(CellDiffOption::None, CellDiffOption::ForcedWidth));
    for next in 1..cells {
        buf[(x + next, y)].set_symbol("").set_style(style);
    }
}

/// Whether a link's target is safe for the user's terminal: no control character may end the sequence early.
fn may_be_passed_on(target: &str) -> bool {
    target.len() <= LINK_BYTES_MAX && target.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Makes a cell a link in the user's own terminal. Cells are drawn one by one, so each contains the target; the id
/// tells the terminal which cells belong together.
fn lead(buf: &mut Buffer, x: u16, y: u16, target: &str) {
    let cell = &mut buf[(x, y)];
    let cells = NonZeroU16::new(cell.cell_width()).unwrap_or(NonZeroU16::MIN);
    let mut hasher = DefaultHasher::new();
    target.hash(&mut hasher);
    let symbol = format!("\x1b]8;id={:x};{target}\x1b\\{}\x1b]8;;\x1b\\", hasher.finish(), cell.symbol());
    cell.set_symbol(&symbol).set_diff_option(CellDiffOption::ForcedWidth(cells));
}

fn style(look: Look) -> Style {
    const ATTRIBUTES: [(u16, Modifier); 7] = [
        (Look::BOLD, Modifier::BOLD),
        (Look::DIM, Modifier::DIM),
        (Look::ITALIC, Modifier::ITALIC),
        (Look::UNDERLINE, Modifier::UNDERLINED),
        (Look::BLINK, Modifier::SLOW_BLINK),
        (Look::INVERSE, Modifier::REVERSED),
        (Look::STRIKE, Modifier::CROSSED_OUT),
    ];
    let on = ATTRIBUTES.iter().filter(|(bit, _)| look.attributes & bit != 0);
    let modifiers = on.fold(Modifier::empty(), |all, (_, modifier)| all | *modifier);
    Style::new().fg(colour(look.foreground)).bg(colour(look.background)).add_modifier(modifiers)
}

fn colour(ink: Ink) -> Color {
    match ink {
        Ink::Default => Color::Reset,
        Ink::Indexed(index) => Color::Indexed(index),
        Ink::Rgb(red, green, blue) => Color::Rgb(red, green, blue),
    }
}

/// Lays a style over the matches of a search in the rows drawn.
pub fn mark_found(rows: &[Arc<Row>], sought: &str, area: Rect, buf: &mut Buffer, found: Style) {
    if sought.is_empty() {
        return;
    }
    for (y, row) in (area.y..area.bottom()).zip(rows) {
        let glyphs: Vec<Glyph> = glyphs(row).take_while(|glyph| glyph.column < area.width).collect();
        for start in 0..glyphs.len() {
            let Some(length) = match_length(&glyphs[start..], sought) else { continue };
            let (first, last) = (glyphs[start], glyphs[start + length - 1]);
            let end = (last.column + last.cells).min(area.width);
            buf.set_style(Rect { x: area.x + first.column, y, width: end - first.column, height: 1 }, found);
        }
    }
}

/// Returns how many glyphs, from the first on, are needed to contain the searched text, if the match includes the
/// first; none otherwise. A glyph of several code points counts whole, whichever of them is searched.
fn match_length(glyphs: &[Glyph<'_>], sought: &str) -> Option<usize> {
    let wanted = sought.chars().count();
    let (first, others) = glyphs.split_first()?;
    let (mut text, mut length) = (first.text.to_owned(), 1);
    let mut others = others.iter();
    while !scroll::contains(&text, sought) {
        if text[first.text.len()..].chars().count() >= wanted {
            return None;
        }
        text.push_str(others.next()?.text);
        length += 1;
    }
    (!scroll::contains(&text[first.text.len()..], sought)).then_some(length)
}

/// Returns the columns (from, up to) of a row that a selection covers; none if it covers nothing of the row.
fn selected_columns(drag: &Drag, row: usize) -> Option<(u16, u16)> {
    let (from, to) = if drag.from <= drag.to { (drag.from, drag.to) } else { (drag.to, drag.from) };
    if drag.from == drag.to || row < from.0 || row > to.0 {
        return None;
    }
    let first = if row == from.0 { from.1 } else { 0 };
    let end = if row == to.0 { to.1.saturating_add(1) } else { u16::MAX };
    Some((first, end))
}

/// Highlights the cells that a selection covers.
pub fn mark_selected(drag: &Drag, area: Rect, buf: &mut Buffer) {
    for (index, y) in (area.y..area.bottom()).enumerate() {
        if let Some((first, end)) = selected_columns(drag, index) {
            let (first, end) = (first.min(area.width), end.min(area.width));
            let part = Rect { x: area.x + first, y, width: end - first, height: 1 };
            buf.set_style(part, Style::new().add_modifier(Modifier::REVERSED));
        }
    }
}

/// Returns the selected text: lines end where the program ended them, and trailing blanks are removed.
pub fn selected_text(drag: &Drag) -> String {
    let mut text = String::new();
    let mut goes_on = true;
    for (index, row) in drag.rows.iter().enumerate() {
        let Some((first, end)) = selected_columns(drag, index) else { continue };
        if !goes_on {
            text.push('\n');
        }
        let taken = glyphs(row).filter(|glyph| glyph.column >= first && glyph.column < end);
        let line: String = taken.map(|glyph| glyph.text).collect();
        text.push_str(if row.wraps { &line } else { line.trim_end() });
        goes_on = row.wraps;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::term::frame::Span;

    fn row(pieces: &[(Glyphs, &str)]) -> Arc<Row> {
        let span = |(glyphs, text): &(Glyphs, &str)| Span {
            style: Look::default(),
            glyphs: *glyphs,
            text: (*text).to_owned(),
            link: None,
        };
        Arc::new(Row { spans: pieces.iter().map(span).collect(), wraps: false })
    }

    #[test]
    fn widths_come_from_the_picture() {
        let row =
            row(&[(Glyphs::Narrow, "a⚠"), (Glyphs::Wide, "日本"), (Glyphs::Cluster { cells: 2 }, "👩\u{200d}💻")]);
        let columns: Vec<(u16, u16)> = glyphs(&row).map(|glyph| (glyph.column, glyph.cells)).collect();
        assert_eq!(columns, [(0, 1), (1, 1), (2, 2), (4, 2), (6, 2)]);
        let mut buf = Buffer::empty(Rect::new(0, 0, 5, 1));
        draw(&[row], buf.area, &mut buf, None);
        assert_eq!(buf[(2, 0)].symbol(), "日");
        assert_eq!(buf[(4, 0)].symbol(), " ", "half a character is not drawn");
    }

    #[test]
    fn links_lead_where_the_program_said_unless_they_would_end_their_sequence() {
        let linked = |target: &str| {
            let mut row = row(&[(Glyphs::Narrow, "go"), (Glyphs::Wide, "日")]);
            let spans = &mut Arc::get_mut(&mut row).unwrap().spans;
            spans.iter_mut().for_each(|span| span.link = Some(Arc::from(target)));
            let mut buf = Buffer::empty(Rect::new(0, 0, 4, 1));
            draw(&[row], buf.area, &mut buf, None);
            assert!((0..3).all(|x| buf[(x, 0)].modifier.contains(Modifier::UNDERLINED)));
            assert_eq!([0, 1, 2].map(|x| buf[(x, 0)].cell_width()), [1, 1, 2]);
            buf[(2, 0)].symbol().to_owned()
        };
        let symbol = linked("https://example.com/a?b");
        assert!(symbol.starts_with("\x1b]8;id=") && symbol.ends_with(";https://example.com/a?b\x1b\\日\x1b]8;;\x1b\\"));
        for hostile in ["https://x\x1b\\rm", "a b", "ä", &"x".repeat(3_000)] {
            assert_eq!(linked(hostile), "日");
        }
    }

    #[test]
    fn what_is_selected_is_copied_line_by_line() {
        let rows = vec![row(&[(Glyphs::Narrow, "hello  ")]), row(&[(Glyphs::Wide, "日本語")])];
        let drag = Drag { rows, from: (0, 1), to: (1, 3) };
        assert_eq!(selected_text(&drag), "ello\n日本");
        let nothing = Drag { to: drag.from, ..drag };
        assert_eq!(selected_text(&nothing), "");
    }

    #[test]
    fn matches_are_marked_where_they_stand() {
        let rows = [row(&[(Glyphs::Wide, "日"), (Glyphs::Narrow, " Error: x")])];
        let mut buf = Buffer::empty(Rect::new(0, 0, 12, 1));
        draw(&rows, buf.area, &mut buf, None);
        let found = Style::new().add_modifier(Modifier::REVERSED);
        let area = buf.area;
        mark_found(&rows, "error", area, &mut buf, found);
        let marked: Vec<u16> = (0..12).filter(|x| buf[(*x, 0)].modifier == Modifier::REVERSED).collect();
        assert_eq!(marked, [3, 4, 5, 6, 7]);
    }

    #[test]
    fn a_cluster_is_drawn_copied_and_found_whole() {
        let rows = vec![row(&[(Glyphs::Cluster { cells: 2 }, "⚠\u{fe0f}"), (Glyphs::Narrow, "|ab")])];
        let mut buf = Buffer::empty(Rect::new(0, 0, 6, 1));
        draw(&rows, buf.area, &mut buf, None);
        assert_eq!([0, 1, 2].map(|x| buf[(x, 0)].symbol()), ["⚠\u{fe0f}", "", "|"]);
        for (sought, columns) in [("⚠", vec![0, 1]), ("⚠\u{fe0f}|", vec![0, 1, 2]), ("|a", vec![2, 3]), ("x", vec![])]
        {
            let mut buf = buf.clone();
            let area = buf.area;
            mark_found(&rows, sought, area, &mut buf, Style::new().add_modifier(Modifier::REVERSED));
            let marked: Vec<u16> = (0..6).filter(|x| buf[(*x, 0)].modifier == Modifier::REVERSED).collect();
            assert_eq!(marked, columns, "{sought:?}");
        }
        assert_eq!(selected_text(&Drag { rows, from: (0, 0), to: (0, 2) }), "⚠\u{fe0f}|");
    }
}
