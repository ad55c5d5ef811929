//! The patterns by which titles and screens are read, from `assets/status.toml`.

use quarterdeck_core::status::{Activity, Question, QuestionKind, one_line};
use regex::Regex;
use serde::Deserialize;
use std::sync::LazyLock;

const BUILT_IN: &str = include_str!("../../assets/status.toml");
/// The version of the patterns' file that this program reads.
const VERSION: u32 = 1;
/// The most lines of a screen that are read, from its end. Beyond it, earlier lines are not read, because programs ask
/// at the end.
const LINES_MAX: usize = 60;

/// The reason why a file of patterns is refused.
#[derive(Debug, thiserror::Error)]
pub enum PatternError {
    /// The file is not valid TOML, or has other keys.
    #[error(transparent)]
    Toml(#[from] toml::de::Error),
    /// The file has another version.
    #[error("the patterns have version {found}, and this program reads {VERSION}")]
    Version {
        /// The version that was found in the patterns' file.
        found: u32,
    },
    /// A pattern is not a valid regular expression.
    #[error("`{pattern}` is not a pattern: {why}")]
    Pattern {
        /// The text of the pattern that is not valid.
        pattern: String,
        /// The reason why the pattern is not valid.
        why: regex::Error,
    },
}

/// Patterns of titles, screens and endings, in the order in which they are tried.
pub struct Patterns {
    titles: Vec<Title>,
    screens: Vec<Screen>,
    endings: Vec<Ending>,
}

struct Title {
    pattern: Regex,
    says: Says,
    kind: QuestionKind,
}

struct Ending {
    pattern: Regex,
    none: Option<Regex>,
    lines: usize,
    bars: Bars,
}

/// The reason for which a provider bars a program, by the program's last line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Bars {
    Login,
    Quota,
}

struct Screen {
    last: Option<Regex>,
    lines: usize,
    all: Vec<Regex>,
    none: Vec<Regex>,
    words: Option<Regex>,
    says: Says,
    kind: QuestionKind,
}

/// The meaning of a title or a screen that matches.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Says {
    Asks,
    Working,
    Idle,
    Failing,
    Failed,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    #[serde(default)]
    title: Vec<TitleEntry>,
    #[serde(default)]
    screen: Vec<ScreenEntry>,
    #[serde(default)]
    ending: Vec<EndingEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EndingEntry {
    r#match: String,
    none: Option<String>,
    lines: usize,
    barred: Bars,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TitleEntry {
    r#match: String,
    says: Says,
    kind: Option<QuestionKind>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScreenEntry {
    last: Option<String>,
    lines: usize,
    all: Vec<String>,
    #[serde(default)]
    none: Vec<String>,
    words: Option<String>,
    says: Says,
    kind: Option<QuestionKind>,
}

static SHIPPED: LazyLock<Patterns> =
    LazyLock::new(|| Patterns::read(BUILT_IN).expect("the patterns as shipped are right"));

impl Patterns {
    /// Returns the patterns that are part of the program.
    ///
    /// # Panics
    /// If the file that is part of the program is wrong (`patterns::tests::the_shipped_patterns_are_read`).
    pub fn built_in() -> &'static Patterns {
        &SHIPPED
    }

    /// Reads the patterns of a file.
    ///
    /// # Errors
    /// When the file can't be read, has another version, or holds an invalid pattern.
    pub fn read(file: &str) -> Result<Patterns, PatternError> {
        let File { version, title, screen, ending } = toml::from_str(file)?;
        if version != VERSION {
            return Err(PatternError::Version { found: version });
        }
        Ok(Patterns {
            titles: title.into_iter().map(Title::read).collect::<Result<_, _>>()?,
            screens: screen.into_iter().map(Screen::read).collect::<Result<_, _>>()?,
            endings: ending.into_iter().map(Ending::read).collect::<Result<_, _>>()?,
        })
    }

    /// Returns the activity that a title shows; none if no pattern matches.
    pub fn title(&self, title: &str) -> Option<Activity> {
        let known = self.titles.iter().find(|known| known.pattern.is_match(title))?;
        Some(activity(known.says, known.kind, ""))
    }

    /// Returns the reason for which a program with this last screen is barred, and the lines that say so: the one that
    /// matches, and those below it. None if no pattern matches.
    pub(super) fn ending<'t>(&self, text: &'t str) -> Option<(Bars, Vec<&'t str>)> {
        let lines: Vec<&str> = text.lines().filter(|line| !is_blank(line)).collect();
        self.endings.iter().find_map(|ending| {
            let first = lines.len().saturating_sub(ending.lines);
            let at = (first..lines.len()).rev().find(|at| ending.says(lines[*at]))?;
            Some((ending.bars, lines[at..].to_vec()))
        })
    }

    /// Returns the activity that a screen shows, given as lines of text; none if no pattern matches.
    pub fn screen(&self, text: &str) -> Option<Activity> {
        let lines: Vec<&str> = text.lines().rev().filter(|line| !is_blank(line)).take(LINES_MAX).collect();
        self.screens.iter().find_map(|screen| screen.reads(&lines))
    }
}

impl Title {
    fn read(entry: TitleEntry) -> Result<Title, PatternError> {
        let kind = entry.kind.unwrap_or(QuestionKind::Question);
        Ok(Title { pattern: pattern(entry.r#match)?, says: entry.says, kind })
    }
}

impl Ending {
    fn read(entry: EndingEntry) -> Result<Ending, PatternError> {
        let none = entry.none.map(pattern).transpose()?;
        Ok(Ending { pattern: pattern(entry.r#match)?, none, lines: entry.lines, bars: entry.barred })
    }

    /// Whether this line matches the pattern.
    fn says(&self, line: &str) -> bool {
        self.pattern.is_match(line) && !self.none.as_ref().is_some_and(|none| none.is_match(line))
    }
}

impl Screen {
    fn read(entry: ScreenEntry) -> Result<Screen, PatternError> {
        Ok(Screen {
            last: entry.last.map(pattern).transpose()?,
            lines: entry.lines,
            all: entry.all.into_iter().map(pattern).collect::<Result<_, _>>()?,
            none: entry.none.into_iter().map(pattern).collect::<Result<_, _>>()?,
            words: entry.words.map(pattern).transpose()?,
            says: entry.says,
            kind: entry.kind.unwrap_or(QuestionKind::Question),
        })
    }

    /// Returns the activity that these lines show, the lowest line first; none when this rule does not match.
    fn reads(&self, lines: &[&str]) -> Option<Activity> {
        if self.last.as_ref().is_some_and(|last| !lines.first().is_some_and(|line| last.is_match(line))) {
            return None;
        }
        let region = &lines[..self.lines.min(lines.len())];
        let line_of = |pattern: &Regex| region.iter().copied().find(|line| pattern.is_match(line));
        let first = self.all.iter().map(line_of).collect::<Option<Vec<_>>>()?.first().copied();
        if self.none.iter().any(|pattern| line_of(pattern).is_some()) {
            return None;
        }
        let captured = self.words.as_ref().and_then(|words| lines.iter().find_map(|line| words.captures(line)));
        let captured = captured.and_then(|found| found.get(1).or(found.get(0))).map(|words| words.as_str());
        Some(activity(self.says, self.kind, captured.or(first).map(trim).unwrap_or_default()))
    }
}

fn activity(says: Says, kind: QuestionKind, words: &str) -> Activity {
    match says {
        Says::Asks => Activity::Asks(Question::new(kind, words)),
        Says::Working => Activity::Working,
        Says::Idle => Activity::Idle,
        Says::Failing => Activity::Failing(one_line(words)),
        Says::Failed => Activity::Failed(one_line(words)),
    }
}

fn pattern(pattern: String) -> Result<Regex, PatternError> {
    Regex::new(&pattern).map_err(|why| PatternError::Pattern { pattern, why })
}

/// Whether a line holds nothing but blanks and the lines of a box.
fn is_blank(line: &str) -> bool {
    trim(line).is_empty()
}

/// Returns a line without the blanks and the box lines around it (U+2500 to U+259F: box drawing and block elements).
fn trim(line: &str) -> &str {
    line.trim_matches(|c: char| c.is_whitespace() || ('\u{2500}'..='\u{259f}').contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_patterns_are_read() {
        let patterns = Patterns::read(BUILT_IN).expect("good patterns");
        assert!(!patterns.titles.is_empty() && !patterns.screens.is_empty());
    }

    #[test]
    fn a_screen_is_read_from_below_and_words_higher_up_are_prose() {
        let patterns = Patterns::read(
            "version = 1\n[[screen]]\nlines = 2\nall = ['to confirm']\nwords = '(Do you .*\\?)'\nsays = 'asks'\nkind = 'permission'",
        )
        .expect("good patterns");
        let asks = Activity::Asks(Question { kind: QuestionKind::Permission, text: "Do you want this?".into() });
        assert_eq!(patterns.screen("│ Do you want this?   │\n\n > Yes\n Enter to confirm\n\n"), Some(asks));
        assert_eq!(patterns.screen("press Enter to confirm\nand so on\n>\n"), None);
    }

    #[test]
    fn a_file_of_another_version_or_with_a_bad_pattern_is_refused_in_words() {
        let why = |file: &str| Patterns::read(file).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(why("version = 2").contains("version 2"), "{}", why("version = 2"));
        assert!(why("version = 1\n[[title]]\nmatch = '('\nsays = 'idle'").starts_with("`(` is not a pattern"));
    }
}
