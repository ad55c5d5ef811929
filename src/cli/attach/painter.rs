//! A picture of an agent's terminal as bytes for the user's own. Pure: a frame in, text out.

use crate::term::frame::{Color, CursorShape, Frame, Glyphs, Modes, Mouse, Row, Size, Span, Style};
use std::fmt::Write;

/// What is painted of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows<'a> {
    /// All of it, over whatever was there.
    All,
    /// These rows.
    Only(&'a [u16]),
}

/// The bytes that show `rows` of a frame in the upper `size` of the user's terminal, with the modes that the
/// program has switched on, so that keys and the mouse are encoded as it wants them.
pub fn paint(frame: &Frame, rows: Rows<'_>, size: Size) -> String {
    // Mode 2026: the terminal shows all of it at once, or, where it does not know the mode, as it comes.
    let mut out = String::from("\x1b[?2026h\x1b[?25l");
    for (index, row) in frame.rows.iter().enumerate().take(usize::from(size.rows)) {
        let wanted = match rows {
            Rows::All => true,
            Rows::Only(changed) => changed.iter().any(|changed| usize::from(*changed) == index),
        };
        if wanted {
            paint_row(&mut out, index, row, size.columns);
        }
    }
    if rows == Rows::All {
        for index in frame.rows.len()..usize::from(size.rows) {
            put(&mut out, format_args!("\x1b[{};1H\x1b[0m\x1b[2K", index + 1));
        }
    }
    paint_modes(&mut out, &frame.modes);
    paint_cursor(&mut out, frame, size);
    out.push_str("\x1b[?2026l");
    out
}

/// The bytes that show one line of ours below the picture: whose terminal it is and how to leave.
pub fn paint_status(text: &str, size: Size) -> String {
    let shown: String = text.chars().take(usize::from(size.columns)).collect();
    format!("\x1b7\x1b[{};1H\x1b[0;7m{shown:<1$}\x1b[0m\x1b8", size.rows + 1, usize::from(size.columns))
}

fn paint_row(out: &mut String, index: usize, row: &Row, columns: u16) {
    put(out, format_args!("\x1b[{};1H\x1b[0m", index + 1));
    let mut room = usize::from(columns);
    let mut style = Style::default();
    for span in &row.spans {
        if span.style != style {
            style = span.style;
            paint_style(out, style);
        }
        let text = fitting(span, &mut room);
        out.extend(text.chars().filter(|character| !character.is_control()));
    }
    if room > 0 {
        out.push_str("\x1b[0m\x1b[K");
    }
}

/// As much of a span as there is room for; a row is never wider than the terminal.
fn fitting<'a>(span: &'a Span, room: &mut usize) -> &'a str {
    let cells = match span.glyphs {
        Glyphs::Narrow => 1,
        Glyphs::Wide => 2,
        Glyphs::Cluster { cells } if usize::from(cells) <= *room => {
            *room -= usize::from(cells);
            return &span.text;
        }
        Glyphs::Cluster { .. } => return "",
    };
    let fit = *room / cells;
    let end = span.text.char_indices().nth(fit).map_or(span.text.len(), |(index, _)| index);
    *room -= span.text[..end].chars().count() * cells;
    &span.text[..end]
}

fn paint_style(out: &mut String, style: Style) {
    const ATTRIBUTES: [(u16, u8); 8] = [
        (Style::BOLD, 1),
        (Style::DIM, 2),
        (Style::ITALIC, 3),
        (Style::UNDERLINE, 4),
        (Style::BLINK, 5),
        (Style::INVERSE, 7),
        (Style::HIDDEN, 8),
        (Style::STRIKE, 9),
    ];
    out.push_str("\x1b[0");
    for (attribute, code) in ATTRIBUTES {
        if style.attributes & attribute != 0 {
            put(out, format_args!(";{code}"));
        }
    }
    paint_color(out, style.foreground, 38);
    paint_color(out, style.background, 48);
    out.push('m');
}

fn paint_color(out: &mut String, color: Color, code: u8) {
    match color {
        Color::Default => {}
        Color::Indexed(index) => put(out, format_args!(";{code};5;{index}")),
        Color::Rgb(red, green, blue) => put(out, format_args!(";{code};2;{red};{green};{blue}")),
    }
}

fn paint_modes(out: &mut String, modes: &Modes) {
    let switch = |on: bool| if on { 'h' } else { 'l' };
    let mouse = [(1000, Mouse::Click), (1002, Mouse::Drag), (1003, Mouse::Motion)];
    for (mode, on) in [(1, modes.application_cursor), (2004, modes.bracketed_paste), (1004, modes.focus_events)] {
        put(out, format_args!("\x1b[?{mode}{}", switch(on)));
    }
    for (mode, wanted) in mouse {
        put(out, format_args!("\x1b[?{mode}{}", switch(modes.mouse == wanted)));
    }
    put(out, format_args!("\x1b[?1006{}", switch(modes.mouse_sgr)));
    out.push_str(if modes.application_keypad { "\x1b=" } else { "\x1b>" });
}

fn paint_cursor(out: &mut String, frame: &Frame, size: Size) {
    let shape = match frame.cursor.shape {
        CursorShape::Hidden => return,
        CursorShape::Block => 2,
        CursorShape::Underline => 4,
        CursorShape::Bar => 6,
    };
    let row = frame.cursor.row.min(size.rows.saturating_sub(1)) + 1;
    let column = frame.cursor.column.min(size.columns.saturating_sub(1)) + 1;
    put(out, format_args!("\x1b[{row};{column}H\x1b[{shape} q\x1b[?25h"));
}

/// Writing into a string can't fail.
fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn span(text: &str, glyphs: Glyphs, attributes: u16) -> Span {
        let style = Style { foreground: Color::Indexed(1), background: Color::Rgb(1, 2, 3), attributes };
        Span { style, glyphs, text: text.into(), link: None }
    }

    fn frame(spans: Vec<Span>) -> Frame {
        let mut frame = Frame::blank(Size { columns: 10, rows: 2 });
        frame.rows[0] = Arc::new(Row { spans, wraps: false });
        frame
    }

    #[test]
    fn a_row_is_painted_in_its_style_and_cleared_behind() {
        let painted =
            paint(&frame(vec![span("hi", Glyphs::Narrow, Style::BOLD)]), Rows::Only(&[0]), Size::clamped(10, 2));
        assert!(painted.contains("\x1b[1;1H\x1b[0m\x1b[0;1;38;5;1;48;2;1;2;3mhi\x1b[0m\x1b[K"), "{painted:?}");
        assert!(!painted.contains("\x1b[2;1H"), "row 2 was not asked for: {painted:?}");
    }

    #[test]
    fn nothing_is_painted_beyond_the_edge() {
        let spans = vec![span("日本語", Glyphs::Wide, 0), span("abc", Glyphs::Narrow, 0)];
        let painted = paint(&frame(spans), Rows::All, Size::clamped(5, 2));
        assert!(
            painted.contains("日本") && !painted.contains('語') && painted.contains('a') && !painted.contains('b'),
            "{painted:?}"
        );
    }

    #[test]
    fn text_that_pretends_to_be_a_command_is_disarmed() {
        let painted = paint(&frame(vec![span("\x1b]0;evil\x07", Glyphs::Narrow, 0)]), Rows::All, Size::clamped(40, 2));
        assert!(!painted.contains("\x1b]") && !painted.contains('\x07'), "{painted:?}");
    }

    #[test]
    fn the_programs_modes_become_the_terminals() {
        let mut frame = frame(Vec::new());
        frame.modes = Modes { application_cursor: true, mouse: Mouse::Drag, mouse_sgr: true, ..Modes::default() };
        let painted = paint(&frame, Rows::Only(&[]), Size::clamped(10, 2));
        for mode in ["\x1b[?1h", "\x1b[?1002h", "\x1b[?1003l", "\x1b[?1006h", "\x1b[?2004l"] {
            assert!(painted.contains(mode), "{mode:?} in {painted:?}");
        }
    }
}
