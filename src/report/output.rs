//! The output of results: text for people, aligned and coloured on a terminal, plain in a pipe; JSON for programs.

use super::color::Colors;
use crate::api::states::Look;
use crossterm::style::{ContentStyle, Stylize};
use serde::Serialize;
use std::io::{self, IsTerminal, Write};
use unicode_width::UnicodeWidthStr;

/// Standard output, with its width and its colours.
#[derive(Debug)]
pub struct Output {
    writer: io::Stdout,
    colors: Colors,
    /// The number of columns of the terminal; none in a pipe, where nothing is cut.
    columns: Option<usize>,
}

/// The meaning of a cell's text, which decides its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// The text has no special meaning.
    Plain,
    /// The text is a heading, or a detail of little importance.
    Faint,
    /// The text says that something is as it should be.
    Good,
    /// The text says that something should be looked at.
    Warning,
    /// The text says that something failed.
    Bad,
    /// The text is of special interest.
    Notable,
}

impl From<Look> for Tone {
    fn from(look: Look) -> Tone {
        match look {
            Look::Idle | Look::Blocked | Look::UnderWay => Tone::Plain,
            Look::Snoozed | Look::Cancelled | Look::Off => Tone::Faint,
            Look::Done => Tone::Good,
            Look::NeedsYou | Look::Held => Tone::Warning,
            Look::Failed => Tone::Bad,
            Look::Working | Look::Verifying | Look::Paused => Tone::Notable,
        }
    }
}

/// One cell of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    text: String,
    tone: Tone,
    side: Side,
}

/// The side to which a cell's text is aligned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Left,
    /// To the right, as for numbers, so that their digits are below each other.
    Right,
}

impl Cell {
    /// Returns a cell. Control characters in its text become visible blanks, so that no agent can draw on the user's
    /// terminal through its title or last line.
    pub fn new(tone: impl Into<Tone>, text: impl AsRef<str>) -> Cell {
        Cell { text: clean(text.as_ref()), tone: tone.into(), side: Side::Left }
    }

    /// Returns a cell without colour.
    pub fn plain(text: impl AsRef<str>) -> Cell {
        Cell::new(Tone::Plain, text)
    }

    /// Returns the cell aligned to the right, as for numbers.
    pub fn right(self) -> Cell {
        Cell { side: Side::Right, ..self }
    }

    fn width(&self) -> usize {
        self.text.width()
    }
}

impl Output {
    /// Returns standard output with its current width and colours.
    pub fn stdout() -> Output {
        let writer = io::stdout();
        let terminal = writer.is_terminal();
        Output {
            colors: Colors::on(&writer),
            writer,
            columns: terminal.then(|| crossterm::terminal::size().map_or(80, |(columns, _)| usize::from(columns))),
        }
    }

    /// Whether lines can be drawn again: a terminal that can do more than print lines.
    pub fn is_drawable(&self) -> bool {
        self.is_terminal() && std::env::var_os("TERM").is_some_and(|term| term != "dumb")
    }

    /// Whether the output is a terminal, so that a person looks at it.
    pub fn is_terminal(&self) -> bool {
        self.columns.is_some()
    }

    /// Returns the number of columns of the terminal; none in a pipe.
    pub fn columns(&self) -> Option<usize> {
        self.columns
    }

    /// Returns whether colours are shown.
    pub fn colors(&self) -> Colors {
        self.colors
    }

    /// Prints one line of text.
    ///
    /// # Errors
    /// An error of the operating system is returned; if the reader went away, it is [`io::ErrorKind::BrokenPipe`].
    pub fn line(&mut self, line: impl AsRef<str>) -> io::Result<()> {
        writeln!(self.writer, "{}", line.as_ref())
    }

    /// Prints one value as JSON for people and programs alike, indented.
    ///
    /// # Errors
    /// Errors are the same as those of [`Output::line`].
    pub fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        self.line(serde_json::to_string_pretty(value)?)
    }

    /// Prints one value as one line of JSON.
    ///
    /// # Errors
    /// Errors are the same as those of [`Output::line`].
    pub fn json_line(&mut self, value: &impl Serialize) -> io::Result<()> {
        self.line(serde_json::to_string(value)?)
    }

    /// Prints rows with their columns aligned.
    ///
    /// # Errors
    /// Errors are the same as those of [`Output::line`].
    pub fn table(&mut self, rows: &[Vec<Cell>]) -> io::Result<()> {
        table(rows, self.colors, self.columns).iter().try_for_each(|line| self.line(line))
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// Returns rows as lines: columns are two blanks apart, and the last one is cut at the terminal's edge.
pub fn table(rows: &[Vec<Cell>], colors: Colors, columns: Option<usize>) -> Vec<String> {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..count)
        .map(|column| rows.iter().filter_map(|row| row.get(column)).map(Cell::width).max().unwrap_or(0))
        .collect();
    rows.iter().map(|row| table_line(row, &widths, colors, columns)).collect()
}

fn table_line(row: &[Cell], widths: &[usize], colors: Colors, columns: Option<usize>) -> String {
    let mut line = String::new();
    let mut used = 0;
    for (index, (cell, width)) in row.iter().zip(widths).enumerate() {
        let last = index + 1 == row.len();
        let room = columns.map_or(usize::MAX, |columns| columns.saturating_sub(used));
        let text = if last { cut(&cell.text, room) } else { cell.text.clone() };
        let blank = " ".repeat(width - cell.width());
        if cell.side == Side::Right {
            line.push_str(&blank);
        }
        line.push_str(&painted(&text, cell.tone, colors));
        if !last && cell.side == Side::Left {
            line.push_str(&blank);
        }
        if !last {
            line.push_str("  ");
        }
        used += width + 2;
    }
    line.truncate(line.trim_end_matches(' ').len());
    line
}

/// Returns as much of a text as fits, with an ellipsis where something is missing.
fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut kept = String::new();
    for character in text.chars() {
        kept.push(character);
        if kept.width() + 1 > columns {
            kept.pop();
            break;
        }
    }
    kept.push('…');
    kept
}

/// Returns a text in the colour of its tone.
pub fn painted(text: &str, tone: impl Into<Tone>, colors: Colors) -> String {
    let style = match (colors, tone.into()) {
        (Colors::Plain, _) | (_, Tone::Plain) => return text.to_owned(),
        (_, Tone::Faint) => ContentStyle::new().dim(),
        (_, Tone::Good) => ContentStyle::new().green(),
        (_, Tone::Warning) => ContentStyle::new().yellow(),
        (_, Tone::Bad) => ContentStyle::new().red(),
        (_, Tone::Notable) => ContentStyle::new().cyan(),
    };
    style.apply(text).to_string()
}

/// Returns a text whose control characters are replaced by blanks.
pub fn clean(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(cells: &[&[&str]]) -> Vec<Vec<Cell>> {
        cells.iter().map(|row| row.iter().map(Cell::plain).collect()).collect()
    }

    #[test]
    fn columns_are_aligned_by_what_they_show_and_the_last_is_cut() {
        let rows = rows(&[&["NAME", "LAST"], &["日本", "abcdefgh"], &["a", "x"]]);
        assert_eq!(table(&rows, Colors::Plain, None), ["NAME  LAST", "日本  abcdefgh", "a     x"]);
        assert_eq!(table(&rows, Colors::Plain, Some(10)), ["NAME  LAST", "日本  abc…", "a     x"]);
    }

    #[test]
    fn numbers_stand_below_each_other() {
        let number = |text: &str| Cell::plain(text).right();
        let rows = [vec![number("CPU"), Cell::plain("WHAT")], vec![number("12%"), Cell::plain("x")], vec![number("-")]];
        assert_eq!(table(&rows, Colors::Plain, None), ["CPU  WHAT", "12%  x", "  -"]);
    }

    #[test]
    fn what_an_agent_writes_can_not_draw_on_the_users_terminal() {
        assert_eq!(Cell::plain("a\x1b[31mb\nc\u{9b}d").text, "a [31mb c d");
    }

    proptest! {
        #[test]
        fn nothing_is_wider_than_the_terminal(text in ".{0,40}", columns in 1usize..40) {
            prop_assert!(cut(&clean(&text), columns).width() <= columns);
        }
    }
}
