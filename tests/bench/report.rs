//! The table of results: a row per promise, with the measured value, the value it was compared with, and whether the
//! promise was kept.

use std::fmt::Write;

/// The row of one promise.
pub(crate) struct Row {
    what: String,
    measured: String,
    baseline: String,
    ratio: String,
    reach: String,
    verdict: Verdict,
    notes: Vec<String>,
}

/// Whether a promise was kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The promise was kept.
    Reached,
    /// The promise was not kept.
    Missed,
    /// The promise could not be measured; a note says why.
    Unmeasured,
}

impl Verdict {
    /// Returns `Reached` when `value` is no larger than `limit`.
    pub(crate) fn at_most(value: f64, limit: f64) -> Verdict {
        if value <= limit { Verdict::Reached } else { Verdict::Missed }
    }

    /// Returns `Reached` when `value` is no smaller than `limit`.
    pub(crate) fn at_least(value: f64, limit: f64) -> Verdict {
        if value >= limit { Verdict::Reached } else { Verdict::Missed }
    }

    /// Returns `Reached` when both verdicts are `Reached`.
    pub(crate) fn and(self, other: Verdict) -> Verdict {
        if self == Verdict::Reached { other } else { self }
    }

    fn word(self) -> &'static str {
        match self {
            Verdict::Reached => "reached",
            Verdict::Missed => "MISSED",
            Verdict::Unmeasured => "not measured",
        }
    }
}

impl Row {
    /// Makes a row with the measured value and the promise.
    pub(crate) fn new(what: &str, measured: String, reach: &str, verdict: Verdict) -> Row {
        let none = String::from("–");
        let (baseline, ratio) = (none.clone(), none);
        Row { what: what.into(), measured, baseline, ratio, reach: reach.into(), verdict, notes: Vec::new() }
    }

    /// Makes a row for a figure that could not be measured.
    pub(crate) fn unmeasured(what: &str, why: &str) -> Row {
        Row::new(what, "–".into(), "–", Verdict::Unmeasured).note(why.into())
    }

    /// Adds to the row the value that it was compared with, measured in the same run.
    pub(crate) fn against(mut self, baseline: String) -> Row {
        self.baseline = baseline;
        self
    }

    /// Adds to the row the ratio to the baseline.
    pub(crate) fn ratio(mut self, ratio: f64) -> Row {
        self.ratio = format!("{ratio:.2}");
        self
    }

    /// Adds to the row a further line: CPU-seconds, other peers, or what was not measured and why.
    pub(crate) fn note(mut self, note: String) -> Row {
        self.notes.push(note);
        self
    }

    fn cells(&self) -> [&str; 6] {
        [&self.what, &self.measured, &self.baseline, &self.ratio, &self.reach, self.verdict.word()]
    }
}

/// Returns the rows, aligned, each followed by its notes.
pub(crate) fn table(rows: &[Row]) -> String {
    let head = ["figure", "measured", "baseline in this run", "ratio", "reach", "verdict"];
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row.cells()[column]).chain([head[column]]);
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: [usize; 6] = std::array::from_fn(width);
    let mut text = line(&head, &widths);
    text += &line(&widths.map(|width| "─".repeat(width)).each_ref().map(String::as_str), &widths);
    for row in rows {
        text += &line(&row.cells(), &widths);
        for note in &row.notes {
            let _ = writeln!(text, "  · {note}");
        }
    }
    text
}

fn line(cells: &[&str; 6], widths: &[usize; 6]) -> String {
    let padded: Vec<String> = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
    format!("{}\n", padded.join("  ").trim_end())
}
