//! What a reader sees as one character is one cluster, in as many columns as terminals and agents count for it.

use crate::{cells, picture, seen, size, terminal};
use quarterdeck::term::Terminal;
use quarterdeck::term::frame::Glyphs;

/// What is written and how many columns it takes. Sources: kitty's and ghostty's tables, string-width's and
/// unicode-width's tests; each is one cluster of UAX #29.
const CLUSTERS: [(&str, &str, u16); 33] = [
    ("warning sign, emoji", "⚠\u{fe0f}", 2),
    ("warning sign, bare", "⚠", 1),
    ("warning sign, text", "⚠\u{fe0e}", 1),
    ("heart, emoji", "❤\u{fe0f}", 2),
    ("copyright, emoji", "©\u{fe0f}", 2),
    ("keycap one", "1\u{fe0f}\u{20e3}", 2),
    ("keycap star", "*\u{fe0f}\u{20e3}", 2),
    ("keycap without emoji", "1\u{20e3}", 1),
    ("watch", "⌚", 2),
    ("watch, emoji", "⌚\u{fe0f}", 2),
    ("watch, text", "⌚\u{fe0e}", 1),
    ("letter and selector", "a\u{fe0f}", 1),
    ("thumb", "👍", 2),
    ("thumb with a skin tone", "👍\u{1f3fd}", 2),
    ("narrow hand with a skin tone", "☝\u{1f3fd}", 2),
    ("skin tone alone", "\u{1f3fd}", 2),
    ("family", "👨\u{200d}👩\u{200d}👧\u{200d}👦", 2),
    ("technologist with a skin tone", "👩\u{1f3fd}\u{200d}💻", 2),
    ("heart on fire", "❤\u{fe0f}\u{200d}🔥", 2),
    ("heart on fire, not qualified", "❤\u{200d}🔥", 2),
    ("runner with a sign", "🏃\u{200d}♀\u{fe0f}", 2),
    ("rainbow flag", "🏳\u{fe0f}\u{200d}🌈", 2),
    ("pirate flag", "🏴\u{200d}☠\u{fe0f}", 2),
    ("kiss with skin tones", "👩\u{1f3fb}\u{200d}❤\u{fe0f}\u{200d}💋\u{200d}👨\u{1f3ff}", 2),
    ("flag", "🇩🇪", 2),
    ("half a flag", "🇩", 1),
    ("flag by tags", "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}", 2),
    ("accent", "e\u{301}", 1),
    ("accents", "o\u{302}\u{323}", 1),
    ("Devanagari", "न\u{947}", 1),
    ("Hangul letters", "\u{1112}\u{1161}\u{11ab}", 2),
    ("kanji", "漢", 2),
    ("letter", "x", 1),
];

/// The glyphs of the first row: text and columns each.
fn glyphs(terminal: &mut Terminal) -> Vec<(String, u16)> {
    let row = terminal.frame().rows[0].clone();
    let spans = row.spans.iter().flat_map(|span| match span.glyphs {
        Glyphs::Cluster { cells } => vec![(span.text.clone(), u16::from(cells))],
        Glyphs::Wide => span.text.chars().map(|letter| (letter.to_string(), 2)).collect(),
        Glyphs::Narrow => span.text.chars().map(|letter| (letter.to_string(), 1)).collect(),
    });
    spans.collect()
}

#[test]
fn each_cluster_is_whole_and_the_cursor_stands_behind_it() {
    for (name, cluster, columns) in CLUSTERS {
        let mut terminal = terminal(size(20, 2), format!("{cluster}|").as_bytes());
        assert_eq!(glyphs(&mut terminal), [(cluster.to_owned(), columns), ("|".to_owned(), 1)], "{name}");
        assert_eq!(terminal.frame().cursor.column, columns + 1, "{name}");
    }
}

#[test]
fn neighbours_stay_apart() {
    let apart = ["👍👍", "🇩🇪🇫🇷", "⚠\u{fe0f}⚠\u{fe0f}", "a\u{1f3fd}", "👍\u{200d}x", "👨\u{200d}👩👨\u{200d}👩"];
    for text in apart {
        let found = glyphs(&mut terminal(size(20, 2), text.as_bytes()));
        assert_eq!(found.len(), 2, "{text}: {found:?}");
        assert_eq!(found.iter().map(|(glyph, _)| glyph.as_str()).collect::<String>(), text);
    }
    let three = glyphs(&mut terminal(size(20, 2), "🇩🇪🇫".as_bytes()));
    assert_eq!(three, [("🇩🇪".to_owned(), 2), ("🇫".to_owned(), 1)], "a flag has two letters");
}

#[test]
fn a_cluster_that_grows_beyond_the_line_moves_to_the_next() {
    let mut terminal = terminal(size(4, 3), "abc⚠\u{fe0f}|".as_bytes());
    assert_eq!(terminal.text(), "abc\n⚠\u{fe0f}|\n");
    assert_eq!((terminal.frame().cursor.column, terminal.frame().cursor.row), (3, 1));
    terminal.resize(size(8, 3));
    assert_eq!(terminal.text().trim_end(), "abc⚠\u{fe0f}|", "and comes back when there is room");
    let mut kept = Terminal::new(size(4, 3), 10);
    kept.advance("\x1b[?7labc⚠\u{fe0f}".as_bytes());
    assert_eq!(kept.text().trim_end(), "abc⚠\u{fe0f}", "without wrapping it has the one cell that is left");
    assert!(cells(&kept.frame().rows[0]) <= 4);
}

#[test]
fn a_cluster_writes_over_what_it_covers() {
    let over = |text: &str| terminal(size(10, 1), text.as_bytes()).text();
    assert_eq!(over("abcdef\x1b[1;2H⚠\u{fe0f}"), "a⚠\u{fe0f}def");
    assert_eq!(over("a漢字d\x1b[1;1H⚠\u{fe0f}"), "⚠\u{fe0f} 字d", "half of what was there is blank");
    assert_eq!(over("abcdef\x1b[4h\x1b[1;2H⚠\u{fe0f}"), "a⚠\u{fe0f}bcdef", "inserted, not written over");
    assert_eq!(over("abcdef\x1b[4h\x1b[1;2H⌚\u{fe0e}"), "a⌚\u{fe0e}bcdef");
    assert_eq!(over("⌚\u{fe0e}bc"), "⌚\u{fe0e}bc");
    assert_eq!(over("👍\u{1f3fd}ab\x1b[1;1Hx"), "x ab", "half a cluster goes whole");
}

#[test]
fn a_cluster_keeps_its_look_and_its_link() {
    let bytes = "\x1b[31;44m\x1b]8;;https://example.org\x1b\\⚠\x1b]8;;\x1b\\\x1b[m\u{fe0f}|";
    let frame = picture(&mut terminal(size(10, 1), bytes.as_bytes()));
    let [sign, border] = &frame.rows[0].spans[..] else { panic!("{:?}", frame.rows[0]) };
    assert_eq!((sign.text.as_str(), sign.link.as_deref()), ("⚠\u{fe0f}", Some("https://example.org")));
    assert_ne!(sign.style, border.style);
    assert_eq!(border.link, None);
}

#[test]
fn a_checkpoint_may_fall_within_a_cluster() {
    for (name, cluster, _) in CLUSTERS {
        let text = format!("ab{cluster}|");
        let mut whole = terminal(size(4, 3), text.as_bytes());
        for cut in 0..=text.len() {
            let mut before = terminal(size(4, 3), &text.as_bytes()[..cut]);
            let mut restored = Terminal::restore(size(4, 3), 10, &before.checkpoint()).unwrap();
            restored.advance(&text.as_bytes()[cut..]);
            assert_eq!(seen(&mut restored), seen(&mut whole), "{name}, cut at {cut}");
        }
    }
}
