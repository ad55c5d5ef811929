//! Fits text into areas: cuts it with an ellipsis, wraps it, and measures it in cells.

use ratatui::buffer::{Buffer, CellWidth};
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Span;

/// Returns a text's width in cells, as it is drawn (control characters are not drawn).
pub fn width(text: &str) -> u16 {
    let span = Span::raw(text);
    span.styled_graphemes(Style::new()).map(|grapheme| grapheme.symbol.cell_width()).fold(0, u16::saturating_add)
}

/// Returns the text, cut to `columns` cells; an ellipsis shows that something is missing.
pub fn fit(text: &str, columns: u16) -> String {
    let span = Span::raw(text);
    let mut out = String::new();
    let mut used: u16 = 0;
    let mut end_before_ellipsis = 0;
    for grapheme in span.styled_graphemes(Style::new()) {
        let cells = grapheme.symbol.cell_width();
        if used.saturating_add(cells) > columns {
            out.truncate(end_before_ellipsis);
            if columns > 0 {
                out.push('…');
            }
            return out;
        }
        used += cells;
        out.push_str(grapheme.symbol);
        if used < columns {
            end_before_ellipsis = out.len();
        }
    }
    out
}

/// Returns the text in at most `lines_max` lines of at most `columns` cells, broken at blanks if there are any.
pub fn wrap(text: &str, columns: u16, lines_max: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        // A line of combining marks alone has no width, but a blank follows it nevertheless.
        let with_gap = lines.last().filter(|line| !line.is_empty()).map(|line| width(line).saturating_add(1));
        if with_gap.is_some_and(|used| used.saturating_add(width(word)) > columns) {
            if lines.len() == lines_max {
                let last = lines.pop().unwrap_or_default();
                lines.push(fit(&format!("{last} {word}"), columns));
                return lines;
            }
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&fit(word, columns));
        }
    }
    lines
}

/// Writes a text at a cell of an area, cut to the rest of its row. Returns the column after it.
pub fn put(buf: &mut Buffer, area: Rect, x: u16, y: u16, text: &str, style: Style) -> u16 {
    let area = area.intersection(buf.area);
    if x < area.x || x >= area.right() || y < area.y || y >= area.bottom() {
        return x;
    }
    let room = area.right() - x;
    buf.set_stringn(x, y, fit(text, room), usize::from(room), style).0
}

/// Writes a text so that it ends at the area's right edge. Returns the column at which it begins.
pub fn put_right(buf: &mut Buffer, area: Rect, y: u16, text: &str, style: Style) -> u16 {
    let x = area.right().saturating_sub(width(text)).max(area.x);
    put(buf, area, x, y, text, style);
    x
}

/// Returns the text, filled with blanks to `columns` cells at its left or right.
pub fn pad(text: &str, columns: u16, side: Side) -> String {
    let text = fit(text, columns);
    let blanks = " ".repeat(usize::from(columns.saturating_sub(width(&text))));
    match side {
        Side::Left => format!("{blanks}{text}"),
        Side::Right => format!("{text}{blanks}"),
    }
}

/// The side at which a text is filled with blanks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Left,
    Right,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_is_cut_with_an_ellipsis() {
        for (text, columns, cut) in [
            ("builder", 7, "builder"),
            ("builder", 6, "build…"),
            ("日本語", 4, "日…"),
            ("日本語", 5, "日本…"),
            ("a", 0, ""),
        ] {
            assert_eq!(fit(text, columns), cut);
        }
    }

    #[test]
    fn long_remarks_wrap_and_end() {
        assert_eq!(wrap("one two three", 7, 9), ["one two", "three"]);
        assert_eq!(wrap("one two three four", 7, 2), ["one two", "three …"]);
        assert_eq!(wrap("\u{10376} abcd", 4, 3), ["\u{10376}", "abcd"]);
    }

    proptest! {
        #[test]
        fn nothing_is_wider_than_it_may_be(text in "\\PC{0,40}", columns in 0u16..30) {
            prop_assert!(width(&fit(&text, columns)) <= columns);
            for line in wrap(&text, columns.max(1), 3) {
                prop_assert!(width(&line) <= columns.max(1));
            }
        }
    }
}
