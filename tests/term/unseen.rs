//! Text that nobody looks at is kept and not drawn: nobody can tell.

use crate::bytes::{control, mode};
use crate::recordings::{RECORDINGS, recording};
use crate::{HISTORY, picture, seen, size};
use proptest::prelude::*;
use quarterdeck::term::Terminal;

/// Ends no sequence and starts none, and is no text: everything before it is drawn, one way or the other.
const DRAWN_UP_TO_HERE: &[u8] = b"\x1b\\";

/// What somebody does who looks at a terminal.
#[derive(Clone, Copy, Debug)]
enum Look {
    Nobody,
    Frame,
    History,
    Text,
    Checkpoint,
    Resize(u16, u16),
}

fn look() -> impl Strategy<Value = Look> {
    prop_oneof![
        20 => Just(Look::Nobody),
        3 => Just(Look::Frame),
        1 => Just(Look::History),
        1 => Just(Look::Text),
        1 => Just(Look::Checkpoint),
        1 => (2_u16..16, 1_u16..6).prop_map(|(columns, rows)| Look::Resize(columns, rows)),
    ]
}

/// Whole characters and sequences of a program that mostly writes lines.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    const LINE_ENDS: [&str; 9] = ["\r\n", "\r\n", "\r\n", "\r\n\r\n\r\n\r\n", "\n", "\r", "\t", "\x08", "\x0b"];
    const STYLES: [&str; 10] = [
        "\x1b[m",
        "\x1b[0m",
        "\x1b[1;31m",
        "\x1b[48;5;200m",
        "\x1b[4:3;58;5;3m",
        "\x1b[7m",
        "\x1b[K",
        "\x1b[1K",
        "\x1b[2K",
        "\x1b[38;2;1;2;3m",
    ];
    const OTHERS: [&str; 8] =
        ["\x07", "\x0e", "\x0f", "\x1b(0", "\x1b[3b", "\x1b]8;;https://example.org\x1b\\", "\x1b]8;;\x07", "\x1b[6n"];
    prop_oneof![
        12 => "[a-z ]{0,12}".prop_map(String::into_bytes),
        3 => "(日本|é|中|ж|🚀|→|e\u{301}|👨\u{200d}👩|☝|\u{1f3fd}|🇩|\u{301}){1,4}".prop_map(String::into_bytes),
        20 => prop::sample::select(LINE_ENDS.to_vec()).prop_map(|text| text.as_bytes().to_vec()),
        10 => prop::sample::select(STYLES.to_vec()).prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::sample::select(OTHERS.to_vec()).prop_map(|text| text.as_bytes().to_vec()),
        1 => prop_oneof![control(), mode()],
    ]
}

/// All there is to see of a terminal, and of the one that its checkpoint makes. (The checkpoint itself holds a number
/// for each link without an id, given out one after the other.)
fn all(terminal: &mut Terminal) -> impl PartialEq + std::fmt::Debug + use<> {
    let mut restored = Terminal::restore(terminal.size(), HISTORY, &terminal.checkpoint()).expect("a checkpoint");
    // What the pen and the character before are is seen when they are used.
    restored.advance(b"\x1b[2bx\x1b[K");
    (seen(terminal), terminal.text(), seen(&mut restored), terminal.take_replies(), terminal.take_signals())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn text_that_was_not_drawn_makes_no_difference(
        steps in prop::collection::vec((prop::collection::vec(piece(), 1..30), look()), 1..12),
        (columns, rows, history) in (2_u16..16, 1_u16..5, 0_u32..6),
    ) {
        let mut kept = Terminal::new(size(columns, rows), history);
        let mut drawn = Terminal::new(size(columns, rows), history);
        // A terminal that received nothing at all is a case of its own (`a_silent_terminal_is_blank_…`).
        for terminal in [&mut kept, &mut drawn] {
            terminal.advance(DRAWN_UP_TO_HERE);
        }
        for (pieces, look) in &steps {
            kept.advance(&pieces.concat());
            for piece in pieces {
                drawn.advance(piece);
                drawn.advance(DRAWN_UP_TO_HERE);
            }
            match look {
                Look::Nobody => {}
                Look::Frame => prop_assert_eq!(picture(&mut kept), picture(&mut drawn)),
                Look::History => prop_assert_eq!(kept.history(u32::MAX), drawn.history(u32::MAX)),
                Look::Text => prop_assert_eq!(kept.text(), drawn.text()),
                Look::Checkpoint => prop_assert_eq!(all(&mut kept), all(&mut drawn)),
                Look::Resize(columns, rows) => {
                    kept.resize(size(*columns, *rows));
                    drawn.resize(size(*columns, *rows));
                }
            }
        }
        prop_assert_eq!(all(&mut kept), all(&mut drawn));
    }
}

/// A log in which each line is another, with what continues from line to line: a pen that some lines leave behind.
fn log(lines: usize, line_bytes: usize) -> Vec<u8> {
    let line = |number: usize| {
        let pen = match number % 40 {
            0 => "\x1b[m",
            7 => "\x1b[0;1m",
            20 => "\x1b[K\x1b[44m",
            _ => "",
        };
        format!("{pen}{number} {}→ ✓\r\n", "word ".repeat(line_bytes / 5))
    };
    (0..lines).flat_map(|number| line(number).into_bytes()).collect()
}

/// Both ways of taking `bytes` in, in chunks: without a look, and with one after each.
fn assert_no_difference(name: &str, bytes: &[u8], looks: fn(&mut Terminal)) {
    let [mut kept, mut drawn] = [(); 2].map(|()| Terminal::new(size(80, 24), 100));
    for chunk in bytes.chunks(4_000) {
        kept.advance(chunk);
        looks(&mut kept);
        // Whoever reads the history has everything drawn.
        chunk.chunks(500).for_each(|piece| {
            drawn.advance(piece);
            drawn.history(1);
        });
    }
    assert!(all(&mut kept) == all(&mut drawn), "{name}");
}

#[test]
fn a_flood_ends_as_if_each_line_had_been_drawn() {
    let floods =
        [("short lines", log(25_000, 30)), ("long lines", log(100, 12_000)), ("no line end", vec![b'x'; 5 << 18])];
    for (name, bytes) in &floods {
        assert_no_difference(name, bytes, |_| {});
        assert_no_difference(name, bytes, |terminal| drop(terminal.frame()));
    }
}

#[test]
fn recorded_programs_show_the_same_whoever_looks() {
    let before = log(400, 30);
    for name in RECORDINGS {
        let bytes = [&before, &recording(name)[..], &before, &recording(name)[..]].concat();
        assert_no_difference(name, &bytes, |_| {});
        assert_no_difference(name, &bytes, |terminal| drop(terminal.frame()));
    }
}

/// Beside what was drawn, a terminal holds no more than its lines' bytes.
#[test]
fn lines_that_scrolled_by_are_read_again_and_again() {
    let mut terminal = Terminal::new(size(80, 24), 100);
    terminal.advance(&log(100, 30));
    assert!(!terminal.frame().rows.is_empty() && !terminal.take_gave_back());
    terminal.advance(&log(5_000, 30));
    let (frame, lines) = seen(&mut terminal);
    assert!(terminal.take_gave_back() && !terminal.take_gave_back());
    assert_eq!((lines.len(), frame.history_lines), (100, 100));
    assert!(lines[0].text().starts_with("4877 word") && lines[99].text().starts_with("4976 word"));
    assert_eq!(seen(&mut terminal), (frame, lines));
    terminal.advance(b"\x1b[H\x1b[Jnothing");
    assert_eq!(terminal.text().trim_end(), "nothing");
    assert!(terminal.history(1)[0].text().starts_with("4976 word"));
}
