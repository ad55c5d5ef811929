//! What programs ask their terminal.

use crate::{size, terminal};
use proptest::prelude::*;

fn answers(query: &str) -> String {
    String::from_utf8(terminal(size(80, 24), query.as_bytes()).take_replies()).unwrap()
}

#[test]
fn every_query_is_answered() {
    let table = [
        ("\x1b[c", "\x1b[?62;22c"),
        ("\x1b[>c", "\x1b[>0;2600;1c"),
        ("\x1b[=c", "\x1bP!|00000000\x1b\\"),
        ("\x1b[5n", "\x1b[0n"),
        ("ab\r\ncd\x1b[6n", "\x1b[2;3R"),
        ("\x1b[?2026$p", "\x1b[?2026;2$y"),
        ("\x1b[?2027l\x1b[?2027$p", "\x1b[?2027;3$y"),
        ("\x1b[?2004h\x1b[?2004$p", "\x1b[?2004;1$y"),
        ("\x1b[?1049h\x1b[?1049$p", "\x1b[?1049;1$y"),
        ("\x1b[?9999$p", "\x1b[?9999;0$y"),
        ("\x1b[4h\x1b[4$p", "\x1b[4;1$y"),
        ("\x1b[?u", "\x1b[?0u"),
        ("\x1b[>5u\x1b[?u\x1b[<u\x1b[?u", "\x1b[?5u\x1b[?0u"),
        ("\x1b[=3u\x1b[=8;2u\x1b[?u", "\x1b[?11u"),
        ("\x1b]10;?\x07", "\x1b]10;rgb:d8d8/d8d8/d8d8\x07"),
        ("\x1b]11;?\x1b\\", "\x1b]11;rgb:1818/1818/1818\x1b\\"),
        ("\x1b]12;?\x07", "\x1b]12;rgb:d8d8/d8d8/d8d8\x07"),
        ("\x1b]4;9;?\x07", "\x1b]4;9;rgb:ffff/0000/0000\x07"),
        ("\x1b]11;#102030\x07\x1b]11;?\x07", "\x1b]11;rgb:1010/2020/3030\x07"),
        ("\x1b]7501;?\x07", "\x1b]7501;?\x1b\\"),
        ("\x1b]7501;?\x1b\\", "\x1b]7501;?\x1b\\"),
        ("\x1b[14t", "\x1b[4;384;640t"),
        ("\x1b[16t", "\x1b[6;16;8t"),
        ("\x1b[18t", "\x1b[8;24;80t"),
        ("\x1b[>q", "\x1bP>|quarterdeck\x1b\\"),
        ("\x1b[>0q", "\x1bP>|quarterdeck\x1b\\"),
        ("\x1bP+q544e\x1b\\", "\x1bP0+r\x1b\\"),
        ("\x1bP$qm\x1b\\", "\x1bP0$r\x1b\\"),
        ("\x1bP$q q\x1b\\", "\x1bP1$r2 q\x1b\\"),
        ("\x1b[5 q\x1bP$q q\x1b\\", "\x1bP1$r5 q\x1b\\"),
    ];
    for (query, answer) in table {
        assert_eq!(answers(query), answer, "{query:?}");
    }
}

#[test]
fn answers_come_in_the_order_of_the_questions() {
    assert_eq!(
        answers("\x1b[>q\x1b[c\x1bP+q00\x1b\\\x1b[5n"),
        "\x1bP>|quarterdeck\x1b\\\x1b[?62;22c\x1bP0+r\x1b\\\x1b[0n"
    );
}

#[test]
fn a_query_inside_an_update_is_answered_when_it_ends() {
    assert_eq!(answers("\x1b[?2026h\x1b[?2026$p"), "");
    assert_eq!(answers("\x1b[?2026h\x1b[?2026$p\x1b[?2026l\x1b[?2026$p"), "\x1b[?2026;1$y\x1b[?2026;2$y");
}

#[test]
fn who_never_reads_the_answers_gets_no_more() {
    let mut flooded = terminal(size(80, 24), &b"\x1b[c".repeat(100_000));
    assert!(flooded.take_replies().len() <= 64 * 1024);
    assert!(flooded.take_replies().is_empty());
}

#[test]
fn the_clipboard_is_neither_read_nor_written() {
    assert_eq!(answers("\x1b]52;c;?\x07\x1b]52;c;cm0gLXJm\x07"), "");
}

proptest! {
    /// Titles, links, notifications and set strings never come back (title reports are not even implemented).
    #[test]
    fn no_reply_echoes_what_the_program_wrote(
        prefix in prop::sample::select(vec!["\x1b]0;", "\x1b]2;", "\x1b]8;;", "\x1b]9;", "\x1bP+q", "\x1bP$q", "\x1b]52;c;", "\x1b]1;"]),
        query in prop::sample::select(vec!["\x1b[21t", "\x1b[20t", "\x1b[c", "\x1b[>q", "\x1b[6n", "\x1b[?u", "\x1b[0q", "\x05"]),
    ) {
        let replies = answers(&format!("{prefix}marker\r\n\x1b\\{query}marker"));
        prop_assert!(!replies.contains("marker") && !replies.contains(['\r', '\n']));
    }
}
