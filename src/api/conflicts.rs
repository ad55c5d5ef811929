//! Conflicts: files that another party than their holder wrote. Both versions of each file are kept.

use super::route::routes;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

routes! {
    pub const ROUTES;
    pub const LIST_CONFLICTS: GET "/conflicts", () => Vec<Conflict>;
    pub const GET_CONFLICT: GET "/conflicts/{name}", () => ConflictDetail;
    pub const TAKE_CONFLICT: POST "/conflicts/{name}/take", Take => Conflict;
}

/// One write by one party into files that another party held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Conflict {
    /// The conflict's name, which begins with its time.
    pub id: String,
    /// When the conflict was detected, in milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// The lease of the party that held the files: `l6`.
    pub lease: String,
    /// Paths of the files, relative to the root of the shared workspace.
    pub files: Vec<String>,
    /// The version that was taken last, for some or all of the files; none if nobody has chosen.
    #[serde(default)]
    pub taken: Option<Version>,
}

/// A version of a file in a conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Version {
    /// The version before the other party's write.
    Before,
    /// The version after the other party's write.
    After,
}

/// One conflict with all versions of its files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConflictDetail {
    /// The conflict, as it is listed.
    pub conflict: Conflict,
    /// Each file of the conflict with its versions.
    pub versions: Vec<FileVersions>,
}

/// One file of a conflict with its versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FileVersions {
    /// Path of the file, relative to the root of the shared workspace.
    pub file: String,
    /// Content of the file before the other party's write.
    pub before: Content,
    /// Content of the file after the other party's write.
    pub after: Content,
    /// Content of the file as it is now.
    pub now: Content,
}

/// The content of a version of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// The file does not exist in this version.
    Missing,
    /// The file's content as text.
    Text(String),
    /// The file is not text, or it cannot be read.
    Other,
    /// The content was not kept, because the file is too large or the scope has too many files. Such a version cannot
    /// be taken.
    Unkept,
}

/// Body of `POST /conflicts/{id}/take`: give files of a conflict the content of one version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Take {
    /// The version whose content the files get.
    pub version: Version,
    /// The files to change, relative to the root of the shared workspace; none means all files of the conflict.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
}

/// A line of the difference between two versions of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// The line number, from 1, at which the versions begin to differ.
    At(usize),
    /// A line of the version before.
    Before(&'a str),
    /// A line of the version after.
    After(&'a str),
    /// A remark on the versions, such as that one does not exist.
    Remark(&'static str),
}

impl FileVersions {
    /// Returns the difference between the versions; equal lines at the beginning and the end are omitted.
    pub fn difference(&self) -> Vec<Line<'_>> {
        let mut lines = match (&self.before, &self.after) {
            (Content::Unkept, Content::Unkept) => vec![Line::Remark("neither version was kept")],
            (Content::Unkept, _) => vec![Line::Remark("the version before was not kept, and can't be taken")],
            (_, Content::Unkept) => vec![Line::Remark("the version after was not kept, and can't be taken")],
            (Content::Other, _) | (_, Content::Other) => {
                vec![Line::Remark("the file is not text, so it can't be shown")]
            }
            (before, after) => changed(before.text(), after.text()),
        };
        lines.extend(
            (self.before == Content::Missing).then_some(Line::Remark("the file did not exist in the version before")),
        );
        lines.extend(
            (self.after == Content::Missing).then_some(Line::Remark("the file does not exist in the version after")),
        );
        lines.push(Line::Remark(match () {
            () if !self.now.is_known() => "what is in the file now can't be compared",
            () if self.now == self.before => "now the file is the version before",
            () if self.now == self.after => "now the file is the version after",
            () => "now the file equals neither version",
        }));
        lines
    }
}

impl Content {
    /// Returns the text; empty when there is none.
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
        assert_eq!(missing, ["the file did not exist in the version before", "now the file is the version before"]);
        let large = said(of(text("a\n"), text("b\n"), Content::Other));
        assert_eq!(large, ["what is in the file now can't be compared"]);
    }
}
