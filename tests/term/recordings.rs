//! Recorded output of real programs → the screens a person saw. How the recordings were made: in a PTY of the size
//! given here with TERM=xterm-256color, keys typed now and then, the bytes kept as read.

use crate::{HISTORY, picture, size, terminal};
use quarterdeck::term::Terminal;
use quarterdeck::term::frame::{Color, Frame, Glyphs, Size, Style};
use std::path::Path;

/// All of them.
pub(crate) const RECORDINGS: [&str; 14] = [
    "agent",
    "alternate",
    "codex",
    "gemini",
    "htop",
    "less",
    "line-drawing",
    "opencode",
    "progress",
    "reflow",
    "scroll-region",
    "top",
    "unicode",
    "vim",
];

pub(crate) fn recording(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/term/recordings").join(name).with_extension("raw");
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The screen after a recording, however it was cut into chunks.
fn screen(name: &str, size: Size) -> Frame {
    let bytes = recording(name);
    let whole = picture(&mut terminal(size, &bytes));
    for chunk_bytes in [1, 7, 4096] {
        let mut chunked = Terminal::new(size, HISTORY);
        for chunk in bytes.chunks(chunk_bytes) {
            chunked.advance(chunk);
            chunked.frame();
        }
        assert_eq!(picture(&mut chunked), whole, "{name} in chunks of {chunk_bytes}");
    }
    whole
}

/// The style of the first span whose text holds `text`.
fn style_of(frame: &Frame, text: &str) -> Style {
    let span = frame.rows.iter().flat_map(|row| &row.spans).find(|span| span.text.contains(text));
    span.unwrap_or_else(|| panic!("no span holds {text:?}")).style
}

#[test]
fn vim() {
    let frame = screen("vim", size(80, 24));
    insta::assert_snapshot!(frame.text());
    assert!(frame.modes.alternate_screen);
}

#[test]
fn less() {
    let frame = screen("less", size(80, 24));
    insta::assert_snapshot!(frame.text());
    assert!(frame.modes.alternate_screen && frame.modes.application_cursor);
    assert_eq!(style_of(&frame, "struct").attributes & Style::INVERSE, Style::INVERSE);
}

#[test]
fn htop() {
    let frame = screen("htop", size(80, 24));
    insta::assert_snapshot!(frame.text());
    assert!(frame.modes.mouse_sgr);
    assert_eq!(style_of(&frame, "Help").background, Color::Indexed(6));
}

#[test]
fn top() {
    insta::assert_snapshot!(screen("top", size(80, 24)).text());
}

#[test]
fn progress_bar() {
    let frame = screen("progress", size(80, 4));
    insta::assert_snapshot!(frame.text(), @"Finished in 1.2 s");
    let finished = style_of(&frame, "Finished");
    assert_eq!((finished.foreground, finished.attributes), (Color::Indexed(2), Style::BOLD));
}

#[test]
fn emoji_cjk_and_combining_marks() {
    let frame = screen("unicode", size(80, 12));
    insta::assert_snapshot!(frame.text());
    let kinds =
        |row: usize| frame.rows[row].spans.iter().map(|span| (span.glyphs, span.text.as_str())).collect::<Vec<_>>();
    assert_eq!(kinds(1)[1], (Glyphs::Wide, "日本語"));
    assert!(kinds(2).contains(&(Glyphs::Cluster { cells: 2 }, "👨\u{200d}👩\u{200d}👧\u{200d}👦")));
    assert!(kinds(3).contains(&(Glyphs::Cluster { cells: 1 }, "e\u{301}")));
    let link = frame.rows.iter().flat_map(|row| &row.spans).find(|span| span.text == "here").unwrap();
    assert_eq!(link.link.as_deref(), Some("https://example.org/a?b=c;d"));
}

#[test]
fn alternate_screen_in_and_out() {
    let bytes = recording("alternate");
    let out = bytes.windows(8).position(|window| window == b"\x1b[?1049l").unwrap();
    let inside = picture(&mut terminal(size(40, 24), &bytes[..out]));
    assert!(inside.modes.alternate_screen);
    assert_eq!(style_of(&inside, "editor").attributes, Style::INVERSE);
    assert!(inside.text().ends_with("ESC to leave"));
    let after = screen("alternate", size(40, 24));
    assert!(!after.modes.alternate_screen);
    assert_eq!(after.text().trim_end(), "shell $ edit\nshell $ back");
}

#[test]
fn line_drawing_charset() {
    insta::assert_snapshot!(screen("line-drawing", size(40, 6)).text());
}

#[test]
fn scroll_regions() {
    insta::assert_snapshot!(screen("scroll-region", size(40, 12)).text());
}

#[test]
fn an_agent_that_redraws_with_2026() {
    let frame = screen("agent", size(80, 24));
    insta::assert_snapshot!(frame.text());
    assert_eq!(style_of(&frame, "Thinking").foreground, Color::Rgb(215, 119, 87));
}

/// Against a scripted model: Codex and Gemini CLI from their start through a turn that writes a file, opencode at its
/// start.
#[test]
fn real_agents() {
    for (name, title) in [("codex", "codex"), ("gemini", "◇  Ready (gemini)"), ("opencode", "OpenCode")] {
        let frame = screen(name, size(120, 40));
        insta::assert_snapshot!(name, frame.text());
        assert_eq!(frame.title, title);
        assert!(frame.modes.bracketed_paste, "{name} wants pastes wrapped");
    }
}

#[test]
fn lines_are_wrapped_anew_when_the_width_changes() {
    let bytes = recording("reflow");
    let mut terminal = terminal(size(80, 10), &bytes);
    let before = picture(&mut terminal).text();
    terminal.resize(size(30, 10));
    let narrow = picture(&mut terminal);
    assert!(narrow.rows.iter().any(|row| row.wraps));
    insta::assert_snapshot!(narrow.text());
    terminal.resize(size(80, 10));
    assert_eq!(picture(&mut terminal).text(), before);
}
