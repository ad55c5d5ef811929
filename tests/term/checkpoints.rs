//! Checkpoints: a supervisor that comes back continues where its predecessor stopped.

use crate::bytes::stream;
use crate::{HISTORY, picture, seen, size, terminal};
use proptest::prelude::*;
use quarterdeck::term::{RestoreError, Terminal};

/// Each thing that a checkpoint must carry: bytes before it, and bytes after it that show whether it was.
const CARRIED: [(&str, &str, &str); 16] = [
    ("pen", "\x1b[1;38;5;9;44m", "x"),
    ("cursor", "\x1b[3;4H", "x"),
    ("saved cursor", "\x1b[3;4H\x1b[31m\x1b7\x1b[H\x1b[m", "\x1b8x"),
    ("pending wrap", "\x1b[1;1H0123456789", "x"),
    ("charset", "\x1b(0", "qqq"),
    ("second charset", "\x1b)0\x0e", "qqq\x0fq"),
    ("margins", "\x1b[2;3r\x1b[3;1H", "a\nb\nc"),
    ("origin", "\x1b[2;3r\x1b[?6h", "\x1b[1;1Hx"),
    ("tab stops", "\x1b[3g\x1b[1;4H\x1bH\x1b[H", "\tx\ty"),
    ("insert", "abc\x1b[4h\x1b[H", "x"),
    ("no wrap", "\x1b[?7l\x1b[1;9H", "xyz"),
    ("repeat", "x", "\x1b[3b"),
    ("alternate screen", "primary\x1b[?1049halternate", "\x1b[?1049lx"),
    ("half a character", "\u{20ac}\u{20ac}", ""),
    ("title stack", "\x1b]0;one\x07\x1b[22t\x1b]0;two\x07", "\x1b[23t"),
    ("keyboard stacks", "\x1b[>1u\x1b[?1049h\x1b[>8u", "\x1b[?1049l\x1b[?u"),
];

#[test]
fn each_part_of_the_state_is_carried() {
    for (name, before, after) in CARRIED {
        let (mut whole, mut halves) =
            (terminal(size(10, 4), before.as_bytes()), terminal(size(10, 4), before.as_bytes()));
        let mut restored = Terminal::restore(size(10, 4), HISTORY, &halves.checkpoint()).unwrap();
        for terminal in [&mut whole, &mut halves, &mut restored] {
            terminal.advance(after.as_bytes());
        }
        assert_eq!(seen(&mut restored), seen(&mut whole), "{name}, restored");
        assert_eq!(seen(&mut halves), seen(&mut whole), "{name}, going on");
        assert_eq!(restored.take_replies(), whole.take_replies(), "{name}, answers");
    }
}

#[test]
fn what_a_program_reports_of_itself_is_carried_and_older_checkpoints_have_none() {
    let report = b"\x1b]7501;state=blocked:kind=permission:msg=TWF5IEk/\x1b\\";
    let mut reported = terminal(size(10, 4), report);
    let restored = Terminal::restore(size(10, 4), HISTORY, &reported.checkpoint()).unwrap();
    assert_eq!(restored.program(), reported.program());
    assert_eq!(restored.program().map(|status| status.message.as_str()), Some("May I?"));
    // Version 1 had nothing behind the terminal itself; version 2 has the number of records there.
    let mut checkpoint = terminal(size(10, 4), b"words").checkpoint();
    assert_eq!((checkpoint[7], checkpoint.pop()), (2, Some(0)));
    checkpoint[7] = 1;
    let mut older = Terminal::restore(size(10, 4), HISTORY, &checkpoint).unwrap();
    assert_eq!(older.program(), None);
    assert_eq!(older.frame().rows[0].text(), "words");
}

#[test]
fn a_checkpoint_may_fall_anywhere_in_a_stream() {
    let stream =
        "a€b\x1b[31mc\x1b]0;title\x1b\\d\x1b]9;note\x07\x1bP+q00\x1b\\e\x1b[?2026hnew\x1b[?2026lf\x1b(0q".as_bytes();
    let mut whole = terminal(size(10, 4), stream);
    for cut in 0..=stream.len() {
        let mut before = terminal(size(10, 4), &stream[..cut]);
        let mut restored = Terminal::restore(size(10, 4), HISTORY, &before.checkpoint()).unwrap();
        restored.advance(&stream[cut..]);
        assert_eq!(picture(&mut restored), picture(&mut whole), "cut at {cut}");
    }
}

#[test]
fn an_update_under_way_gets_a_new_deadline() {
    let mut before = terminal(size(10, 4), b"old\x1b[?2026h\rnew");
    let mut restored = Terminal::restore(size(10, 4), HISTORY, &before.checkpoint()).unwrap();
    assert!(restored.sync_deadline().is_some());
    restored.end_sync();
    assert_eq!(restored.last_line(), "new");
}

#[test]
fn it_is_restored_to_the_size_that_is_asked_for() {
    let mut before = terminal(size(10, 4), b"0123456789abcdef");
    let mut restored = Terminal::restore(size(20, 6), HISTORY, &before.checkpoint()).unwrap();
    assert_eq!((restored.size(), restored.last_line().as_str()), (size(20, 6), "0123456789abcdef"));
    assert_eq!(restored.frame().size, size(20, 6));
}

#[test]
fn a_smaller_history_keeps_the_newest_lines() {
    let lines: String = (0..90).map(|number| format!("line {number}\r\n")).collect();
    let mut before = terminal(size(10, 4), lines.as_bytes());
    let mut restored = Terminal::restore(size(10, 4), 2, &before.checkpoint()).unwrap();
    let texts: Vec<String> = restored.history(10).iter().map(|row| row.text()).collect();
    assert_eq!(texts, ["line 85", "line 86"]);
    assert_eq!(restored.last_line(), "line 89");
}

#[test]
fn what_is_no_checkpoint_is_refused() {
    let refusal = |bytes: &[u8]| Terminal::restore(size(10, 4), HISTORY, bytes).err();
    let mut good = terminal(size(10, 4), b"hello").checkpoint();
    assert_eq!(refusal(b""), None);
    assert_eq!(refusal(b"hi"), Some(RestoreError::NotACheckpoint));
    assert_eq!(refusal(b"something else"), Some(RestoreError::NotACheckpoint));
    assert_eq!(refusal(&good[..good.len() / 2]), Some(RestoreError::Damaged));
    good[7] = 99;
    assert_eq!(refusal(&good), Some(RestoreError::Version { found: 99 }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_restored_terminal_goes_on_as_if_nothing_had_happened(
        before in stream(), after in stream(), (columns, rows, history) in (2_u16..16, 1_u16..8, 0_u32..20),
        earlier in stream(), (columns_earlier, rows_earlier) in (2_u16..16, 1_u16..8), later in (2_u16..16, 1_u16..8),
    ) {
        let size = size(columns, rows);
        let begin = || {
            let mut terminal = Terminal::new(crate::size(columns_earlier, rows_earlier), history);
            terminal.advance(&earlier);
            terminal.resize(size);
            terminal.advance(&before);
            terminal.take_replies();
            terminal
        };
        let (mut whole, mut halves) = (begin(), begin());
        let mut restored = Terminal::restore(size, history, &halves.checkpoint()).unwrap();
        prop_assert_eq!(seen(&mut restored), seen(&mut whole));
        for terminal in [&mut whole, &mut halves, &mut restored] {
            terminal.advance(&after);
            terminal.resize(crate::size(later.0, later.1));
            terminal.advance(&before);
        }
        prop_assert_eq!(seen(&mut restored), seen(&mut whole));
        prop_assert_eq!(seen(&mut halves), seen(&mut whole));
        prop_assert_eq!(restored.take_replies(), whole.take_replies());
    }

    #[test]
    fn a_damaged_checkpoint_never_panics(bytes in stream(), at in any::<prop::sample::Index>(), value in any::<u8>()) {
        let mut checkpoint = terminal(size(10, 4), &bytes).checkpoint();
        if !checkpoint.is_empty() {
            let at = at.index(checkpoint.len());
            checkpoint[at] = value;
        }
        if let Ok(mut restored) = Terminal::restore(size(10, 4), HISTORY, &checkpoint) {
            restored.advance(&bytes);
            restored.frame();
        }
    }
}
