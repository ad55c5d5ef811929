//! Rust files as lines of code: comments, texts of tests and test modules left out.

use std::fs;
use std::path::Path;

/// One file.
pub(crate) struct Source {
    /// From the repository's top, with slashes.
    pub(crate) path: String,
    /// Its lines of code with their numbers, without comments and without its tests.
    pub(crate) code: Vec<(usize, String)>,
    /// Whether its first line is a `//!`.
    pub(crate) begins_with_words: bool,
    /// How many lines it has without its tests.
    pub(crate) lines_without_tests: usize,
}

impl Source {
    /// The room it lies in: the first name below `src`.
    pub(crate) fn room(&self) -> &str {
        let below = self.path.trim_start_matches("src/");
        below.split('/').next().unwrap_or_default().trim_end_matches(".rs")
    }
}

/// Every Rust file below a directory of the repository, tests of rooms left out; none when there is no such directory.
pub(crate) fn sources(directory: &str) -> Vec<Source> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    collect(top, &top.join(directory), &mut found);
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

fn collect(top: &Path, directory: &Path, found: &mut Vec<Source>) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        let of_tests =
            directory.starts_with(top.join("src")) && matches!(name.as_str(), "tests" | "tests.rs" | "benches");
        if path.is_dir() && !of_tests {
            collect(top, &path, found);
        } else if name.ends_with(".rs") && !of_tests {
            let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let path = path.strip_prefix(top).unwrap_or(&path).display().to_string();
            found.push(read(path, &text));
        }
    }
}

fn read(path: String, text: &str) -> Source {
    let kept = without_tests(text);
    let code = kept.iter().map(|(number, line)| (*number, without_comment(line).to_owned()));
    Source {
        path,
        code: code.filter(|(_, line)| !line.trim().is_empty()).collect(),
        begins_with_words: text.starts_with("//!"),
        lines_without_tests: kept.len(),
    }
}

/// The lines of a file with their numbers, without the items that only tests have: those behind `#[cfg(test)]`.
pub(crate) fn without_tests(text: &str) -> Vec<(usize, &str)> {
    let mut lines = (1..).zip(text.lines());
    let mut kept = Vec::new();
    while let Some((number, line)) = lines.next() {
        if line.trim() != "#[cfg(test)]" {
            kept.push((number, line));
            continue;
        }
        // The item ends with its first line, or with a brace that is indented as it is.
        let end = format!("{}}}", &line[..line.len() - line.trim_start().len()]);
        let item = lines.find(|(_, line)| !line.trim_start().starts_with("#["));
        if item.is_some_and(|(_, first)| !first.trim_end().ends_with([';', '}', ','])) {
            lines.find(|(_, line)| line.trim_end() == end);
        }
    }
    kept
}

/// A line up to its comment. A `//` inside a text cuts the rest of the line off, which loses nothing of interest.
fn without_comment(line: &str) -> &str {
    line.split("//").next().unwrap_or_default()
}

/// Whether a line holds this word or path, whole.
pub(crate) fn names_word(line: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, found)| {
        let before = line[..at].chars().next_back();
        let after = line[at + found.len()..].chars().next();
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}

/// Every line outside tests and comments, with its file, that satisfies a condition, as `file:line: text`.
pub(crate) fn lines_that(files: &[Source], crosses: impl Fn(&Source, &str) -> bool) -> Vec<String> {
    let of_one = |file: &Source| -> Vec<String> {
        let lines = file.code.iter().filter(|(_, text)| crosses(file, text));
        lines.map(|(number, text)| format!("{}:{number}: {}", file.path, text.trim())).collect()
    };
    files.iter().flat_map(of_one).collect()
}

#[test]
fn what_only_tests_have_is_left_out_and_what_follows_it_is_not() {
    let text = "use a;\n#[cfg(test)]\nmod tests;\nfn b() {}\nimpl C {\n    #[cfg(test)]\n    fn d() {\n        e();\n    }\n    f\n}\n#[cfg(test)]\nmod g {\n    h\n}\n";
    let kept: Vec<&str> = without_tests(text).into_iter().map(|(_, line)| line).collect();
    assert_eq!(kept, ["use a;", "fn b() {}", "impl C {", "    f", "}"]);
}
