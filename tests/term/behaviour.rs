//! Single behaviours of the terminal that no recording shows.

use crate::{HISTORY, cells, picture, size, terminal};
use quarterdeck::term::frame::{CursorShape, Size, TITLE_CHARS_MAX};
use quarterdeck::term::{TermSignal, Terminal, rewrap};
use std::sync::Arc;

#[test]
fn a_silent_terminal_is_blank_and_answers_everything() {
    let mut silent = Terminal::new(size(80, 24), HISTORY);
    assert_eq!((silent.text().as_str(), silent.last_line().as_str()), ("", ""));
    assert!(silent.take_replies().is_empty() && silent.take_signals().is_empty() && silent.checkpoint().is_empty());
    assert_eq!((silent.frame().seq, silent.changed_since(0)), (0, false));
    silent.resize(size(100, 30));
    assert_eq!((silent.frame().size, silent.frame().rows.len()), (size(100, 30), 30));
    assert!(silent.changed_since(0));
}

#[test]
fn a_character_after_a_split_one_is_not_lost() {
    let mut split = Terminal::new(size(80, 2), HISTORY);
    for byte in "é a 日 b 🚢 c".as_bytes() {
        split.advance(&[*byte]);
    }
    assert_eq!(split.last_line(), "é a 日 b 🚢 c");
}

#[test]
fn the_number_goes_up_only_when_something_is_seen() {
    let mut terminal = terminal(size(20, 5), b"hello");
    let seq = terminal.frame().seq;
    terminal.advance(b"\x1b[m\x1b[6n\x07\x1b7");
    assert!(terminal.changed_since(seq));
    assert_eq!(terminal.frame().seq, seq);
    assert!(!terminal.changed_since(seq));
    terminal.advance(b"!");
    assert_eq!(terminal.frame().seq, seq + 1);
}

#[test]
fn unchanged_rows_keep_their_address() {
    let mut terminal = terminal(size(20, 5), b"one\r\ntwo\r\nthree");
    let before = terminal.frame();
    terminal.advance(b"\x1b[2;1HTWO");
    let after = terminal.frame();
    let shared: Vec<bool> = before.rows.iter().zip(&after.rows).map(|(one, other)| Arc::ptr_eq(one, other)).collect();
    assert_eq!(shared, [true, false, true, true, true]);
    assert_eq!(after.since(&before).rows.len(), 1);
}

#[test]
fn an_update_is_shown_when_it_ends_or_its_time_is_up() {
    let mut terminal = terminal(size(20, 2), b"old\x1b[?2026h\rnew");
    assert_eq!(terminal.text().trim_end(), "old");
    assert!(terminal.sync_deadline().is_some());
    terminal.advance(b"er\x1b[?20");
    terminal.advance(b"26l");
    assert_eq!(terminal.text().trim_end(), "newer");
    assert!(terminal.sync_deadline().is_none());
    terminal.advance(b"\x1b[?2026h\rlast words");
    terminal.end_sync();
    assert_eq!(terminal.last_line(), "last words");
    assert!(terminal.sync_deadline().is_none());
    terminal.advance(b"!");
    assert_eq!(terminal.last_line(), "last words!");
}

#[test]
fn an_endless_update_is_shown_at_last() {
    let mut terminal = terminal(size(20, 2), b"\x1b[?2026h");
    for _ in 0..300 {
        terminal.advance(&b"line\r\n".repeat(1_000));
    }
    assert_eq!(terminal.last_line(), "line");
}

#[test]
fn tabs_and_controls_become_blanks() {
    let mut terminal = terminal(size(20, 1), b"a\tb\x00\x7fc");
    assert_eq!(terminal.text(), "a       bc");
    assert!(picture(&mut terminal).rows[0].spans.iter().all(|span| !span.text.contains(char::is_control)));
}

#[test]
fn a_wide_character_in_two_columns() {
    let mut narrow = Terminal::new(Size::clamped(1, 1), HISTORY);
    narrow.advance("日本\x1b[1;2H語\x1b[2Dx".as_bytes());
    let frame = narrow.frame();
    assert_eq!(frame.size, size(2, 1));
    assert!(cells(&frame.rows[0]) <= 2);
}

#[test]
fn half_a_wide_character_is_blank() {
    let mut terminal = terminal(size(10, 1), "a日b\x1b[1;3H\x1b[1P".as_bytes());
    let frame = picture(&mut terminal);
    assert!(cells(&frame.rows[0]) <= 10);
    assert!(!frame.text().contains('日'), "{:?}", frame.rows[0]);
}

#[test]
fn signals_are_told_once_and_bounded() {
    let mut terminal = Terminal::new(size(20, 2), HISTORY);
    for number in 0..1_000 {
        terminal.advance(format!("\x07\x1b]0;title {number}\x07\x1b]9;note {number}\x1b\\").as_bytes());
    }
    let signals = terminal.take_signals();
    assert_eq!(signals[..2], [TermSignal::Bell, TermSignal::TitleChanged]);
    assert_eq!(signals.last(), Some(&TermSignal::Notification("note 999".to_owned())));
    assert!(signals.len() <= 20);
    assert!(terminal.take_signals().is_empty());
    assert_eq!(terminal.frame().title, "title 999");
}

#[test]
fn titles_are_short_and_clean() {
    let mut terminal = terminal(size(20, 2), format!("\x1b]0;a\u{9b}b{}\x07", "x".repeat(3_000)).as_bytes());
    let title = terminal.frame().title;
    assert!(title.starts_with("abx") && title.ends_with("x…") && title.chars().count() == TITLE_CHARS_MAX);
    terminal.advance(b"\x1b[22t\x1b]0;other\x07\x1b[23t");
    assert_eq!(terminal.frame().title, title);
}

#[test]
fn strings_that_are_too_long_are_dropped_whole() {
    let picture = "A".repeat(1_000_000);
    let mut terminal = Terminal::new(size(20, 2), HISTORY);
    for string in
        [format!("\x1b]1337;File=:{picture}\x07"), format!("\x1b_G{picture}\x1b\\"), format!("\x1bPq{picture}\x1b\\")]
    {
        for chunk in string.as_bytes().chunks(4096) {
            terminal.advance(chunk);
        }
    }
    terminal.advance(b"after");
    assert_eq!(terminal.text().trim_end(), "after");
}

#[test]
fn marks_on_one_cell_are_bounded() {
    let mut terminal = terminal(size(20, 2), format!("e{}", "\u{301}".repeat(10_000)).as_bytes());
    assert!(picture(&mut terminal).rows[0].text().chars().count() < 40);
}

#[test]
fn the_keyboard_stack_neither_grows_nor_panics() {
    let mut terminal = terminal(size(20, 2), &b"\x1b[>1u".repeat(10_000));
    assert_eq!(picture(&mut terminal).modes.keyboard_flags, 1);
    assert!(terminal.take_signals().is_empty());
}

#[test]
fn the_cursor_has_a_shape() {
    let shape = |bytes: &[u8]| picture(&mut terminal(size(20, 2), bytes)).cursor.shape;
    assert_eq!(shape(b"\x1b[4 q"), CursorShape::Underline);
    assert_eq!(shape(b"\x1b[6 q"), CursorShape::Bar);
    assert_eq!(shape(b"\x1b[6 q\x1b[?25l"), CursorShape::Hidden);
    assert_eq!(shape(b"\x1b[6 q\x1b[0 q"), CursorShape::Block);
}

#[test]
fn history_is_oldest_first_and_bounded() {
    let lines: String = (0..500).map(|number| format!("line {number}\r\n")).collect();
    let mut terminal = terminal(size(20, 4), lines.as_bytes());
    let frame = terminal.frame();
    assert_eq!(frame.history_lines, HISTORY);
    let texts: Vec<String> = terminal.history(3).iter().map(|row| row.text()).collect();
    assert_eq!(texts, ["line 494", "line 495", "line 496"]);
    assert_eq!(terminal.history(u32::MAX).len(), HISTORY as usize);
}

#[test]
fn a_transcript_is_wrapped_to_any_width() {
    let lines: String = (0..50).map(|number| format!("{number} {}\r\n", "word ".repeat(10))).collect();
    let transcript = format!("{lines}\x1b[?1049heditor\r\n\x1b[?1049l$ end");
    let wide = rewrap(transcript.as_bytes(), size(80, 24), 1_000);
    assert_eq!(wide.len(), 51);
    assert_eq!((wide[0].text().starts_with("0 word"), wide[50].text().as_str()), (true, "$ end"));
    assert!(rewrap(transcript.as_bytes(), size(20, 24), 1_000).len() > 150);
    let newest = rewrap(transcript.as_bytes(), size(80, 24), 5);
    assert_eq!((newest.len(), newest[4].text().as_str()), (5, "$ end"));
}

/// However it is written, and however often it says.
#[test]
fn a_repetition_costs_no_more_than_a_screen() {
    for repetition in ["\x1b[65535b", "\x1b[2147483647b", "\x1b[65535;1b", "\x1b[00065535b", "\x1b[655\n35b"] {
        let mut repeated = terminal(size(10, 4), format!("A{repetition}").as_bytes());
        assert_eq!(repeated.history(100).len(), 1, "{repetition:?}: all but one of its 41 cells fit");
        assert_eq!(repeated.text().lines().next(), Some("AAAAAAAAAA"), "{repetition:?}");
    }
    assert_eq!(terminal(size(10, 4), b"a\x1b[3bb\x1b[bc\x1b[0bd").text().trim_end(), "aaaabbccd");
    let mut inserted = terminal(size(10, 4), b"A\x1b[4h\x1b[65535b");
    assert!(inserted.frame().cursor.row <= 1, "inserting moves a whole row each time");
    assert_eq!(terminal(size(10, 4), b"a\x1b[?5b\x1b[5 bz").text().trim_end(), "az", "what is no REP repeats nothing");
}

/// Text of hyperlinks that a terminal holds, in bytes.
fn held(terminal: &mut Terminal) -> usize {
    let rows = terminal.frame().rows.into_iter().chain(terminal.history(u32::MAX));
    rows.flat_map(|row| {
        row.spans.iter().filter_map(|span| span.link.as_ref().map(|link| link.len())).collect::<Vec<_>>()
    })
    .sum()
}

#[test]
fn hyperlinks_have_a_budget_and_the_newest_keep_theirs() {
    let mut terminal = Terminal::new(size(80, 24), 2_000);
    let target = "u".repeat(2_000);
    for number in 0..20_000 {
        terminal.advance(format!("\x1b]8;id={number};http://x/{target}\x1b\\x").as_bytes());
    }
    let all = held(&mut terminal);
    assert!((4 << 20..=16 << 20).contains(&all), "{all} bytes of 40 MB");
    assert!(terminal.frame().rows[23].spans.iter().all(|span| span.link.is_some()), "the screen keeps its own");
    assert!(terminal.history(u32::MAX)[0].spans[0].link.is_none(), "the oldest line has lost its own");
    assert_eq!(terminal.history(u32::MAX)[0].text(), "x".repeat(80), "and none of its characters");
}

#[test]
fn marks_have_a_budget_too() {
    let mut terminal = Terminal::new(size(80, 24), 2_000);
    (0..4_000).for_each(|_| terminal.advance("e\u{301}".repeat(80).as_bytes()));
    let marked = |row: &Arc<quarterdeck::term::frame::Row>| row.text().contains('\u{301}');
    assert!(terminal.frame().rows.iter().all(marked), "the screen keeps its own");
    let history = terminal.history(u32::MAX);
    let kept = history.iter().filter(|row| marked(row)).count();
    assert!((500..1_900).contains(&kept) && !marked(&history[0]), "{kept}");
}

/// One link, however many cells share it, must not grow with each change of colour.
#[test]
fn a_checkpoint_does_not_multiply_a_hyperlink() {
    let mut terminal = Terminal::new(size(80, 24), 2_000);
    terminal.advance(format!("\x1b]8;;http://x/{}\x1b\\", "u".repeat(2_000)).as_bytes());
    (0..100_000).for_each(|at| terminal.advance(format!("\x1b[3{}mx", at % 8).as_bytes()));
    let checkpoint = terminal.checkpoint();
    assert!(checkpoint.len() < 24 << 20, "{}", checkpoint.len());
    assert!(Terminal::restore(size(80, 24), 2_000, &checkpoint).is_ok());
}
