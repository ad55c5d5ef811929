//! A recording as it is read from disk.

use quarterdeck_core::status::QuestionKind;
use quarterdeck_core::time::Span;
use serde_json::Value;
use std::path::Path;

/// What a program wrote in one moment, what was typed, and what was true.
pub(crate) struct Recording {
    /// The file's name.
    pub(crate) name: String,
    pub(crate) columns: u16,
    pub(crate) rows: u16,
    pub(crate) moments: Vec<Moment>,
}

/// Something that happened.
pub(crate) struct Moment {
    /// Since the beginning.
    pub(crate) at: Span,
    pub(crate) what: What,
}

/// What happened.
pub(crate) enum What {
    Output(String),
    Typed(String),
    True(Label),
}

/// What is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Label {
    Starting,
    Working,
    /// Its turn is over, or none has begun.
    AtRest,
    Asks(QuestionKind),
    Error,
}

impl Label {
    pub(crate) fn read(word: &str) -> Option<Label> {
        Some(match word {
            "starting" => Label::Starting,
            "working" => Label::Working,
            "idle" | "done" => Label::AtRest,
            "asks permission" => Label::Asks(QuestionKind::Permission),
            "asks question" => Label::Asks(QuestionKind::Question),
            "asks trust" => Label::Asks(QuestionKind::Trust),
            "error" => Label::Error,
            _ => return None,
        })
    }
}

impl Recording {
    /// Reads a file; a line that makes no sense fails the test.
    pub(crate) fn read(path: &Path) -> Recording {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(path).expect("a recording");
        let mut lines =
            text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|why| panic!("{name}: {why}")));
        let header = lines.next().expect("a header");
        let number = |key: &str| header[key].as_u64().unwrap_or_else(|| panic!("{name}: no {key}")) as u16;
        let moments = lines.map(|line| moment(&line).unwrap_or_else(|| panic!("{name}: {line}"))).collect();
        Recording { columns: number("width"), rows: number("height"), moments, name: name.clone() }
    }
}

fn moment(line: &Value) -> Option<Moment> {
    let at = Span((line[0].as_f64()? * 1_000.0) as u64);
    let text = line[2].as_str()?;
    let what = match line[1].as_str()? {
        "o" => What::Output(text.to_owned()),
        "i" => What::Typed(text.to_owned()),
        "l" => What::True(Label::read(text)?),
        _ => return None,
    };
    Some(Moment { at, what })
}
