//! Recognises the words of a text that are files of the repository.

use std::collections::BTreeSet;

/// The longest path, in bytes. Beyond it, the word is not treated as a file.
const PATH_BYTES_MAX: usize = 255;

/// The endings by which a word without a slash is known to be a file. `self.id` has none of them.
const ENDINGS: &[&str] = &[
    "bash", "c", "cc", "cfg", "cpp", "cs", "css", "csv", "ex", "go", "h", "hpp", "hs", "html", "ini", "java", "js",
    "json", "jsx", "kt", "less", "lock", "lua", "md", "mjs", "php", "proto", "py", "rb", "rs", "scala", "scss", "sh",
    "sql", "svelte", "swift", "toml", "ts", "tsx", "txt", "vue", "xml", "yaml", "yml",
];

/// Names of files that have no ending.
const NAMES: &[&str] = &["Dockerfile", "Justfile", "Makefile", "README"];

/// A function that says whether the repository has a file at this path.
pub(super) type Exists<'e> = &'e dyn Fn(&str) -> bool;

/// The position of a word in the text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stands {
    /// The word is among other words.
    InText,
    /// The word is between backticks, or in a list of files.
    AsName,
}

/// Returns a path in its plain form: components between single slashes, without `.` and without a slash at its end.
/// Returns none for a path that is absolute, leads above the root, is too long, or has characters that no path of a
/// repository should have.
pub(super) fn normal(path: &str) -> Option<String> {
    let path = path.trim();
    if path.is_empty() || path.len() > PATH_BYTES_MAX || path.starts_with(['/', '~']) {
        return None;
    }
    if path.chars().any(|each| each.is_control() || matches!(each, '\\' | '*' | '?' | ':')) {
        return None;
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    (!parts.is_empty() && !parts.contains(&"..")).then(|| parts.join("/"))
}

/// Adds the files that a piece of text names. A bare word in a text, such as `heartbeat.yaml`, counts only if the file
/// exists, since ordinary text is full of words with dots.
pub(super) fn take(text: &str, stands: Stands, exists: Exists<'_>, into: &mut BTreeSet<String>) {
    let words =
        text.split(|each: char| each.is_whitespace() || matches!(each, ',' | ';' | '(' | ')' | '"' | '\'' | '|'));
    into.extend(words.filter_map(|word| file(word, stands, exists)));
}

fn file(word: &str, stands: Stands, exists: Exists<'_>) -> Option<String> {
    let word = word.trim_end_matches(['.', ':', '!', '?']).trim_start_matches("./");
    let fit = |each: char| each.is_alphanumeric() || matches!(each, '_' | '-' | '.' | '/' | '+' | '@');
    if word.starts_with('-') || word.contains("//") || !word.chars().all(fit) {
        return None;
    }
    let last = word.rsplit('/').next().unwrap_or_default();
    // A word such as `.md` alone means an ending, not a file.
    let ending = last.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map_or("", |(_, ending)| ending);
    let has_a_files_name = ENDINGS.binary_search(&ending).is_ok() || NAMES.contains(&word);
    let is_file = match (word.contains('/'), stands) {
        (true, Stands::AsName) => true,
        (true, Stands::InText) => ending.starts_with(|first: char| first.is_ascii_alphabetic()),
        (false, Stands::AsName) => has_a_files_name,
        (false, Stands::InText) => has_a_files_name && exists(word),
    };
    is_file.then(|| normal(word)).flatten()
}

/// Returns the path itself and the directories that contain it, longest first.
pub(super) fn with_directories(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| path.rsplit_once('/').map(|(directory, _)| directory))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, stands: Stands) -> Vec<String> {
        let mut files = BTreeSet::new();
        take(text, stands, &|file| file == "Cargo.toml", &mut files);
        files.into_iter().collect()
    }

    #[test]
    fn files_are_told_from_other_words() {
        let text = "Change src/a.rs, (docs/guide.md) and Cargo.toml. Not and/or, 1.2, self.id, https://a.b/c.rs, /etc/passwd, ../x.rs";
        assert_eq!(found(text, Stands::InText), ["Cargo.toml", "docs/guide.md", "src/a.rs"]);
        assert_eq!(found("src/parser/ ./b.py Makefile cargo", Stands::AsName), ["Makefile", "b.py", "src/parser"]);
    }

    #[test]
    fn a_word_with_a_dot_is_a_file_only_where_it_exists_or_stands_as_a_name() {
        let text = "Write .md and .lock files, a heartbeat.yaml, Node.js and the README, as Cargo.toml does";
        assert_eq!(found(text, Stands::InText), ["Cargo.toml"]);
        assert_eq!(found(".md .lock heartbeat.yaml", Stands::AsName), ["heartbeat.yaml"]);
    }

    #[test]
    fn endings_are_sorted_so_that_they_are_found() {
        assert!(ENDINGS.is_sorted());
    }

    #[test]
    fn a_path_is_made_plain_or_refused() {
        assert_eq!(normal("./src//a/./b.rs/"), Some("src/a/b.rs".to_owned()));
        for bad in ["", "/", "..", "a/../b", "/etc", "~/x", "a\nb", "a:b", "src/*", ".", "./"] {
            assert_eq!(normal(bad), None, "{bad:?}");
        }
    }
}
