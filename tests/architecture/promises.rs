//! What comments promise: each doc comment says something by itself, a test that holds an invariant exists, and so does
//! each file that is named.

use crate::source::{sources, without_tests};
use std::path::Path;

/// A doc comment with fewer words needs the line above it to be understood.
const WORDS_MIN: usize = 4;

/// A comment, its lines joined, with the place where it begins.
pub(crate) struct Comment {
    pub(crate) place: String,
    pub(crate) text: String,
}

/// The comments of one file that begin with this mark, neighbouring lines joined.
fn comments(path: &str, mark: &str) -> Vec<Comment> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("a file");
    let mut found: Vec<Comment> = Vec::new();
    let mut goes_on = false;
    for (number, line) in without_tests(&text) {
        let Some(words) = line.trim_start().strip_prefix(mark) else {
            goes_on = false;
            continue;
        };
        match found.last_mut().filter(|_| goes_on) {
            Some(comment) => comment.text.extend([" ", words.trim()]),
            None => found.push(Comment { place: format!("{path}:{number}"), text: words.trim().to_owned() }),
        }
        goes_on = true;
    }
    found
}

/// The comments of all files of the program.
pub(crate) fn all_comments(mark: &str) -> Vec<Comment> {
    sources("src").iter().flat_map(|file| comments(&file.path, mark)).collect()
}

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// How many words a comment has; what is quoted counts as one.
fn words(text: &str) -> usize {
    text.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).count()
}

#[test]
fn every_doc_comment_says_something_by_itself() {
    let short: Vec<String> = all_comments("///")
        .into_iter()
        .filter(|comment| words(&comment.text) < WORDS_MIN)
        .map(|comment| format!("{}: {}", comment.place, comment.text))
        .collect();
    assert!(short.is_empty(), "{} have fewer than {WORDS_MIN} words:\n{}", short.len(), short.join("\n"));
}

/// The names of tests in a sentence about an invariant: two underscores at least, or the last part of a path.
fn named_tests(text: &str) -> Vec<&str> {
    let sentences = text.split("**Invariant:**").skip(1);
    let names = sentences.flat_map(quoted).map(|name| name.rsplit("::").next().unwrap_or(name));
    let is_test = |name: &&str| {
        name.matches('_').count() >= 2 && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    names.filter(is_test).collect()
}

#[test]
fn every_test_that_holds_an_invariant_exists() {
    let mut tests = String::new();
    for directory in ["src", "tests"] {
        every_rust_file(&Path::new(env!("CARGO_MANIFEST_DIR")).join(directory), &mut tests);
    }
    let mut named = 0;
    let mut missing = Vec::new();
    for comment in [all_comments("///"), all_comments("//!")].concat_all() {
        for name in named_tests(&comment.text) {
            named += 1;
            let exists = [format!("fn {name}("), format!("mod {name};"), format!("mod {name} {{")];
            if !exists.iter().any(|definition| tests.contains(definition.as_str())) {
                missing.push(format!("{}: {name}", comment.place));
            }
        }
    }
    assert!(missing.is_empty(), "no such test:\n{}", missing.join("\n"));
    assert!(named > 30, "the names were not found: {named}");
}

/// The text of every Rust file below a directory, those of tests included.
fn every_rust_file(directory: &Path, text: &mut String) {
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            every_rust_file(&path, text);
        } else if path.extension().is_some_and(|end| end == "rs") {
            text.push_str(&std::fs::read_to_string(&path).expect("a file"));
        }
    }
}

/// Whether a quoted text names a file that does not exist: from the repository's top, from the core's, or from a room.
fn dangles(name: &str) -> bool {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let name = name.strip_prefix("src/").unwrap_or(name);
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
    let Some((first, _)) = name.split_once('/').filter(|_| plain && !name.ends_with('/')) else { return false };
    let below = match first {
        "tests" => ["", "src/core"].as_slice(),
        "assets" => &[""],
        room if crate::rooms::ROOMS.iter().any(|known| known.name == room) => &["src"],
        _ => return false,
    };
    let is_there = |end: &str| below.iter().any(|place| top.join(place).join(format!("{name}{end}")).exists());
    !(is_there("") || is_there(".rs"))
}

#[test]
fn every_file_that_is_named_exists() {
    let pages = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "assets/guide.md", "assets/plans.md"];
    let mut texts = [all_comments("///"), all_comments("//!"), all_comments("// ")].concat_all();
    texts.extend(pages.into_iter().flat_map(|page| comments(page, "")));
    let dangling: Vec<String> = texts
        .iter()
        .flat_map(|comment| quoted(&comment.text).map(move |name| (comment, name)))
        .filter(|(_, name)| dangles(name))
        .map(|(comment, name)| format!("{}: {name}", comment.place))
        .collect();
    assert!(dangling.is_empty(), "no such file:\n{}", dangling.join("\n"));
}

/// Lists one behind the other.
trait ConcatAll<T> {
    fn concat_all(self) -> Vec<T>;
}

impl<T, const N: usize> ConcatAll<T> for [Vec<T>; N] {
    fn concat_all(self) -> Vec<T> {
        self.into_iter().flatten().collect()
    }
}

/// A test of the tests.
#[test]
fn what_comments_lack_is_found() {
    assert_eq!((words("Which."), words("The agent that asks."), words("`a b` c")), (1, 4, 3));
    assert_eq!(named_tests("x `not_one_here` **Invariant:** y (`tests/e2e`, `a::it_is_held`)."), ["it_is_held"]);
    assert!(dangles("tests/nowhere.rs") && dangles("core/nowhere") && !dangles("core/lib.rs") && !dangles("core/lock"));
    assert!(!dangles("a/b") && !dangles("tests/*.rs") && !dangles("src/core/"));
}
