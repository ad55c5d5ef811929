//! Fits text into columns of a terminal: measures it, cuts it with an ellipsis, wraps it, and fills it with blanks. Pure.

use ratatui::buffer::CellWidth;
use ratatui::style::Style;
use ratatui::text::Span;
use std::ops::Range;

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

/// Returns what stands in these columns of a text. A character that is only partly in them becomes blanks.
pub fn part(text: &str, columns: Range<u16>) -> String {
    let span = Span::raw(text);
    let mut out = String::new();
    let mut at: u16 = 0;
    for grapheme in span.styled_graphemes(Style::new()) {
        let end = at.saturating_add(grapheme.symbol.cell_width());
        if columns.start <= at && end <= columns.end {
            out.push_str(grapheme.symbol);
        } else {
            let shared = end.min(columns.end).saturating_sub(at.max(columns.start));
            out.push_str(&" ".repeat(usize::from(shared)));
        }
        at = end;
    }
    out
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
    fn half_a_character_is_a_blank() {
        assert_eq!(part("日本語", 1..4), " 本");
        assert_eq!(part("日本語", 2..5), "本 ");
        assert_eq!(part("ab", 1..9), "b");
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
            let parts = [0..columns, columns..u16::MAX].map(|range| width(&part(&text, range)));
            prop_assert_eq!(parts[0] + parts[1], width(&text), "a part is as wide as what it shows");
            for line in wrap(&text, columns.max(1), 3) {
                prop_assert!(width(&line) <= columns.max(1));
            }
        }
    }
}
