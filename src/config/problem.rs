//! The problems of a configuration and their places, drawn one after the other in the way of a compiler.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The most problems that are reported at a time. Beyond it, the rest is reported when these are corrected: most follow
/// from them.
pub const PROBLEMS_MAX: usize = 50;

/// A single problem of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Text in one line that says what is wrong and what was expected.
    pub what: String,
    /// Advice on how to correct the problem.
    pub hint: Option<String>,
    /// The place of the problem, in bytes of the text; none when it has no place.
    pub span: Option<Range<usize>>,
}

/// Everything that is wrong with one configuration. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors {
    /// Path of the configuration file that is wrong.
    pub path: PathBuf,
    /// The problems of the configuration, in the order of the text.
    pub problems: Vec<Problem>,
    text: String,
}

/// A place in a text, for people: both numbers count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The number of the line in the text, from 1.
    pub line: usize,
    /// The column in the line, in characters from 1.
    pub column: usize,
}

impl Problem {
    /// Makes a problem that has a place.
    pub fn at(span: Range<usize>, what: impl Into<String>) -> Problem {
        Problem { what: what.into(), hint: None, span: Some(span) }
    }

    /// Adds to the problem a hint on how to correct it.
    pub fn hint(mut self, hint: impl Into<String>) -> Problem {
        self.hint = Some(hint.into());
        self
    }
}

impl ConfigErrors {
    pub(super) fn new(path: &Path, text: &str, mut problems: Vec<Problem>) -> ConfigErrors {
        problems.sort_by_key(|problem| problem.span.as_ref().map_or(usize::MAX, |span| span.start));
        problems.truncate(PROBLEMS_MAX);
        ConfigErrors { path: path.to_owned(), problems, text: text.to_owned() }
    }

    pub(super) fn unreadable(path: &Path, why: String) -> ConfigErrors {
        let problem = Problem { what: format!("can't read {}: {why}", path.display()), hint: None, span: None };
        ConfigErrors { path: path.to_owned(), problems: vec![problem], text: String::new() }
    }

    /// Returns the place of a problem; none when it has no place.
    pub fn place(&self, problem: &Problem) -> Option<Place> {
        problem.span.as_ref().map(|span| self.locate(span).0)
    }

    /// All problems in one line, for a banner or a fact: the first, its hint, and how many more there are.
    pub fn summary(&self) -> String {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let first = self.problems.first().map_or_else(String::new, |problem| {
            let place = self
                .place(problem)
                .map_or_else(String::new, |place| format!("{name}:{}:{}: ", place.line, place.column));
            let hint = problem.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
            format!("{place}{}{hint}", problem.what)
        });
        match self.problems.len() {
            0 | 1 => first,
            count => format!("{first} (and {} more)", count - 1),
        }
    }

    /// Returns the place of a span's start, the line it is in, and the span within that line in bytes.
    fn locate(&self, span: &Range<usize>) -> (Place, &str, Range<usize>) {
        let start = floor_char_boundary(&self.text, span.start);
        let line_start = self.text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let line_end = self.text[start..].find('\n').map_or(self.text.len(), |newline| start + newline);
        let source = self.text[line_start..line_end].trim_end_matches('\r');
        let line = self.text[..line_start].bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = self.text[line_start..start].chars().count() + 1;
        let within = (start - line_start).min(source.len());
        let end = floor_char_boundary(&self.text, span.end).clamp(start, line_end) - line_start;
        (Place { line, column }, source, within..end.clamp(within, source.len()))
    }

    fn draw(&self, problem: &Problem, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error: {}", problem.what)?;
        let mut gutter = String::from(" ");
        if let Some(span) = &problem.span {
            let (Place { line, column }, source, within) = self.locate(span);
            gutter = " ".repeat(line.to_string().len());
            writeln!(f, "{gutter}--> {}:{line}:{column}", self.path.display())?;
            writeln!(f, "{gutter} |")?;
            writeln!(f, "{line} | {}", printable(source))?;
            let indent: String = source[..within.start].chars().map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
            writeln!(f, "{gutter} | {indent}{}", "^".repeat(source[within].chars().count().max(1)))?;
        }
        match &problem.hint {
            Some(hint) => writeln!(f, "{gutter} = hint: {hint}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            self.draw(problem, f)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

/// The nearest character boundary at or before `index`.
fn floor_char_boundary(text: &str, index: usize) -> usize {
    (0..=index.min(text.len())).rev().find(|index| text.is_char_boundary(*index)).unwrap_or(0)
}

/// Returns a source line without the characters that would move a terminal's cursor or change its colours.
fn printable(line: &str) -> String {
    line.chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }).collect()
}
