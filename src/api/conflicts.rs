//! Conflicts: files that were written by someone else than their holder, of which both versions are kept.
//!
//! | request | answer |
//! |---|---|
//! | `GET /conflicts` | a list of [`Conflict`], newest first |
//! | `GET /conflicts/{id}` | [`ConflictDetail`] |
//! | `POST /conflicts/{id}/take` [`Take`] | [`Conflict`] |

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One write by someone else into what another held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Conflict {
    /// Its name, which begins with the time.
    pub id: String,
    /// When it was seen, in milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// The lease of whoever held the files: `l6`.
    pub lease: String,
    /// The files, from the root of the shared workspace.
    pub files: Vec<String>,
    /// The version that was taken last, of some of its files or of all; none: nobody has chosen.
    #[serde(default)]
    pub taken: Option<Version>,
}

/// Which version of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Version {
    /// As its holder left it.
    Before,
    /// As the other wrote it.
    After,
}

/// One conflict with the versions of its files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConflictDetail {
    /// The conflict.
    pub conflict: Conflict,
    /// Each file in its versions.
    pub versions: Vec<FileVersions>,
}

/// A file in its versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FileVersions {
    /// The file.
    pub file: String,
    /// As its holder left it.
    pub before: Content,
    /// As the other wrote it.
    pub after: Content,
    /// As it is now.
    pub now: Content,
}

/// What is in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// There is no such file.
    Missing,
    /// A text.
    Text(String),
    /// No text, or it can't be read.
    Other,
    /// It was not kept, since it is too large or the scope has too many files. Such a version can't be taken.
    Unkept,
}

/// `POST /conflicts/{id}/take`: let files of a conflict be this version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Take {
    /// The version that the files become.
    pub version: Version,
    /// Only these of its files, from the root of the shared workspace; none: all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
}

/// A line of the difference between two versions of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// From which line on they differ, from 1.
    At(usize),
    /// In the version before.
    Before(&'a str),
    /// In the version after.
    After(&'a str),
    /// What is to be known of the versions.
    Remark(&'static str),
}

impl FileVersions {
    /// How the versions differ: what begins and ends alike is left out.
    pub fn difference(&self) -> Vec<Line<'_>> {
        let mut lines = match (&self.before, &self.after) {
            (Content::Unkept, Content::Unkept) => vec![Line::Remark("neither version was kept")],
            (Content::Unkept, _) => vec![Line::Remark("the version before was not kept, and can't be taken")],
            (_, Content::Unkept) => vec![Line::Remark("the version after was not kept, and can't be taken")],
            (Content::Other, _) | (_, Content::Other) => vec![Line::Remark("no text: it can't be shown")],
            (before, after) => changed(before.text(), after.text()),
        };
        lines.extend((self.before == Content::Missing).then_some(Line::Remark("before, there was no such file")));
        lines.extend((self.after == Content::Missing).then_some(Line::Remark("after, there was no such file")));
        lines.push(Line::Remark(match () {
            () if !self.now.is_known() => "what is in the file now can't be compared",
            () if self.now == self.before => "now the file is the version before",
            () if self.now == self.after => "now the file is the version after",
            () => "now the file is neither version",
        }));
        lines
    }
}

impl Content {
    /// The text; empty when there is none.
    fn text(&self) -> &str {
        match self {
            Content::Text(text) => text,
            Content::Missing | Content::Other | Content::Unkept => "",
        }
    }

    fn is_known(&self) -> bool {
        matches!(self, Content::Text(_) | Content::Missing)
    }
}

fn changed<'a>(before: &'a str, after: &'a str) -> Vec<Line<'a>> {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let alike = old.iter().zip(&new).take_while(|(one, other)| one == other).count();
    let (old, new) = (&old[alike..], &new[alike..]);
    let end = old.iter().rev().zip(new.iter().rev()).take_while(|(one, other)| one == other).count();
    let mut lines = vec![Line::At(alike + 1)];
    lines.extend(old[..old.len() - end].iter().map(|line| Line::Before(line)));
    lines.extend(new[..new.len() - end].iter().map(|line| Line::After(line)));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_shown_with_its_line() {
        use Line::{After, At, Before};
        assert_eq!(changed("a\nb\nc\n", "a\nx\ny\nc\n"), [At(2), Before("b"), After("x"), After("y")]);
        assert_eq!(changed("", "new\n"), [At(1), After("new")]);
        assert_eq!(changed("a\na\n", "a\n"), [At(2), Before("a")]);
    }

    #[test]
    fn what_was_not_kept_is_told_from_a_file_that_was_not_there() {
        let text = |text: &str| Content::Text(text.to_owned());
        let of = |before, after, now| FileVersions { file: "f".to_owned(), before, after, now };
        let said = |versions: FileVersions| {
            let lines = versions.difference();
            let remarks = lines.iter().filter_map(|line| match line {
                Line::Remark(remark) => Some(*remark),
                _ => None,
            });
            remarks.collect::<Vec<&str>>()
        };
        let unkept = said(of(Content::Unkept, text("b\n"), text("b\n")));
        assert_eq!(
            unkept,
            ["the version before was not kept, and can't be taken", "now the file is the version after"]
        );
        let missing = said(of(Content::Missing, text("b\n"), Content::Missing));
        assert_eq!(missing, ["before, there was no such file", "now the file is the version before"]);
        let large = said(of(text("a\n"), text("b\n"), Content::Other));
        assert_eq!(large, ["what is in the file now can't be compared"]);
    }
}
