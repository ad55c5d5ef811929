//! One word for each thing that an agent can be up to: those of `src/api/condition.rs`, and no other for the same, in
//! whatever a person reads: texts of the program, the help (doc comments of verbs), README and the pages in `assets`.

use crate::source;
use std::path::Path;

/// Words that stood, or could stand, for a condition, and the one that does.
const OTHERS: [(&str, &str); 11] = [
    ("asks for you", "needs you"),
    ("asks for attention", "needs you"),
    ("wants attention", "needs you"),
    ("waiting for you", "needs you"),
    ("waits for you", "needs you"),
    ("rang the bell", "sent a bell"),
    ("quiet", "idle"),
    ("silent agent", "idle"),
    ("finished", "done, or completed"),
    ("frozen agent", "paused"),
    ("put off agent", "snoozed"),
];

/// Texts that are no words for a person: flags of git and of ours, the name of a look in theme.toml.
const NAMES: [&str; 3] = ["--quiet", "quiet", "finished"];

/// What other programs print, as the demonstration and its picture show it.
const OTHERS_OUTPUT: [&str; 2] = ["    Finished", "; finished in 0.84s"];

/// The words for conditions that a text should not have.
fn wrong(text: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let lower = match OTHERS_OUTPUT.iter().any(|output| text.contains(output)) {
        true => String::new(),
        false => text.to_lowercase(),
    };
    OTHERS.into_iter().filter(move |(other, _)| source::names_word(&lower, other))
}

/// The texts of a line of code: what stands between quotation marks.
pub(crate) fn texts(line: &str) -> impl Iterator<Item = &str> {
    line.split('"').skip(1).step_by(2).filter(|text| !NAMES.contains(text))
}

#[test]
fn one_word_is_used_for_one_condition() {
    let mut found = Vec::new();
    let mut look = |path: &str, number: usize, text: &str| {
        found.extend(wrong(text).map(|(other, word)| format!("{path}:{number}: `{other}`, say `{word}`: {text}")));
    };
    let files = source::sources("src");
    for file in &files {
        file.code.iter().for_each(|(number, line)| texts(line).for_each(|text| look(&file.path, *number, text)));
    }
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let help = files.iter().filter(|file| file.path.starts_with("src/cli/")).map(|file| file.path.clone());
    let help = help.chain(["src/api/condition.rs".to_owned()]).map(|path| (path, "///"));
    let pages = ["README.md", "assets/guide.md", "assets/plans.md", "assets/keys.toml", "assets/dashboard.svg"];
    for (path, begin) in help.chain(pages.map(|page| (page.to_owned(), ""))) {
        let text = std::fs::read_to_string(top.join(&path)).expect("a page");
        let lines = text.lines().enumerate().filter(|(_, line)| line.trim_start().starts_with(begin));
        lines.for_each(|(index, line)| look(&path, index + 1, line));
    }
    assert!(found.is_empty(), "{} other words:\n{}", found.len(), found.join("\n"));
}

/// A test of the test.
#[test]
fn another_word_is_found() {
    assert_eq!(wrong("1 Finished").collect::<Vec<_>>(), [("finished", "done, or completed")]);
    assert_eq!(wrong("unfinished, quietly").count(), 0);
    assert_eq!(texts(r#"say("a", quiet, "b c", "--quiet")"#).collect::<Vec<_>>(), ["a", "b c"]);
}
