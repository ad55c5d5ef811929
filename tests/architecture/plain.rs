//! Plain words: a table of words that a reader whose first language is not English may not know, or reads in another
//! sense, with the plain ones. The former are in no comment, no text and no page.

use crate::promises::all_comments;
use crate::source::{names_word, sources};
use crate::words::texts;
use std::path::Path;

/// Words to avoid, and the plain word for the same.
const PLAIN: [(&str, &str); 46] = [
    ("albeit", "although"),
    ("anew", "again"),
    ("are over", "have ended"),
    ("are to be", "must be, or will be"),
    ("as many as may", "the maximum"),
    ("at last", "eventually"),
    ("beneath", "below, or inside"),
    ("gave back", "released, or returned"),
    ("give back", "release, or return"),
    ("given back", "released, or returned"),
    ("gives back", "releases, or returns"),
    ("go on", "continue"),
    ("goes on", "continues"),
    ("gone on", "continued"),
    ("hence", "so"),
    ("herein", "in this"),
    ("hitherto", "until now"),
    ("hunted down", "found and killed"),
    ("in the line of requests", "in the queue"),
    ("is over", "has ended"),
    ("is to be", "must be, or will be"),
    ("laid ready", "prepared"),
    ("lest", "so that … not"),
    ("lie in", "are in"),
    ("lies in", "is in"),
    ("manieth", "which number"),
    ("next in line", "next in the queue"),
    ("nought", "nothing"),
    ("once more", "again"),
    ("ought", "must, or should"),
    ("puts off", "snoozes"),
    ("save for", "except"),
    ("shall", "must, or will"),
    ("stand still", "are suspended"),
    ("stands still", "is suspended"),
    ("thereby", "so"),
    ("therein", "in it"),
    ("thereof", "of it"),
    ("thus", "so"),
    ("upon", "on"),
    ("was over", "had ended"),
    ("went on", "continued"),
    ("whence", "from which"),
    ("whereby", "by which"),
    ("whither", "to which"),
    ("whosoever", "anybody who"),
];

/// The pages for users and for developers.
const PAGES: [&str; 8] = [
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "assets/guide.md",
    "assets/plans.md",
    "assets/limits.md",
    "assets/keys.toml",
    "assets/theme.toml",
];

/// Returns the words to avoid that a text has, with the plain ones. Names between backticks do not count.
fn obscure(text: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let prose: String = text.split('`').step_by(2).collect::<Vec<_>>().join("`").to_lowercase();
    PLAIN.into_iter().filter(move |(word, _)| names_word(&prose, word))
}

#[test]
fn words_are_plain() {
    let mut found = Vec::new();
    let mut look = |place: &str, text: &str| {
        found.extend(obscure(text).map(|(word, plain)| format!("{place}: `{word}`, say `{plain}`: {text}")));
    };
    for mark in ["///", "//!", "// "] {
        all_comments(mark).iter().for_each(|comment| look(&comment.place, &comment.text));
    }
    for file in sources("src") {
        for (number, line) in &file.code {
            texts(line).for_each(|text| look(&format!("{}:{number}", file.path), text));
        }
    }
    for page in PAGES {
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).expect("a page");
        (1..).zip(text.lines()).for_each(|(number, line): (usize, _)| look(&format!("{page}:{number}"), line));
    }
    assert!(found.is_empty(), "{} words are not plain:\n{}", found.len(), found.join("\n"));
}

/// A test of the test.
#[test]
fn an_obscure_word_is_found() {
    assert_eq!(obscure("It goes on").collect::<Vec<_>>(), [("goes on", "continues")]);
    assert_eq!(obscure("so that neither `beneath()` nor `a b` is found again").count(), 0);
    assert_eq!(obscure("the turn is over, and thus idle").count(), 2);
}
