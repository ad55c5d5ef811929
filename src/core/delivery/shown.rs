//! Finds a typed text on a screen, and tells whether it is still there.
//!
//! Each program shows its input box differently. A submitted text moves up into the conversation; in Gemini CLI it
//! moves within the same frame of lines. All programs have this in common: the rows that appeared with the text contain
//! pieces of it, and the cursor is at its end. Both stay unchanged, relative to each other, as long as the text is
//! not submitted.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

/// The content of a screen, as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture {
    /// The rows of the screen, top first, without trailing blanks.
    pub rows: Vec<String>,
    /// Position of the cursor, from 0: column, row.
    pub cursor: (u16, u16),
}

/// Number of consecutive letters in a row that must also follow each other in the text, to count as a piece of it.
const PIECE_CHARS: usize = 8;
/// Number of letters at the beginning and at the end of a long text that are searched for on the screen. Beyond it, the
/// middle is not compared; it is typed nevertheless.
const TEXT_CHARS_MAX: usize = 4_000;
/// Number of rows at the end of a text that are compared. Beyond it, earlier rows are not compared.
const ROWS_MAX: usize = 4;
/// The largest distance, in rows, at which the cursor belongs to the text. Beyond it, the cursor says nothing about the
/// text.
const CURSOR_ROWS_MAX: isize = 2;
/// Number of letters by which the row below a text is recognised; further right a program may write the time.
const BELOW_CHARS: usize = 8;

/// A typed text as a screen shows it: its last rows, and the content below them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The piece of the text in each row, top first.
    pieces: Vec<Piece>,
    /// The content of the screen below the text.
    below: Below,
    /// Position of the cursor: its column, and its row counted from the last row of the text. None if it is far from
    /// the text.
    cursor: Option<(u16, isize)>,
}

/// A text that was typed and could not be submitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Left {
    /// The text is on the screen, as described here.
    Shown(Shown),
    /// The text is not shown on the screen: it is lost, or something covers it.
    Unseen {
        /// The text that was typed.
        text: String,
        /// The screen before the text was typed.
        before: Picture,
    },
}

impl Left {
    /// Returns the unsubmitted text as this screen shows it; none when it is gone.
    pub fn on(self, picture: &Picture) -> Option<Left> {
        match self {
            Left::Shown(shown) => shown.stands_in(picture).then_some(Left::Shown(shown)),
            Left::Unseen { text, before } => match Shown::find(&text, &before, picture) {
                Some(shown) => Some(Left::Shown(shown)),
                None => Some(Left::Unseen { text, before }),
            },
        }
    }

    /// Whether the program's input box shows the text.
    pub fn stands(&self) -> bool {
        matches!(self, Left::Shown(_))
    }
}

/// A part of a screen row that is also a part of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    column: usize,
    letters: Vec<char>,
}

/// The content of a screen below a text.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Below {
    /// The beginning of the first row below that is not blank.
    begins: Vec<char>,
    /// Number of rows down to the last one that is not blank.
    rows: usize,
}

impl Shown {
    /// Finds the place where `text` is in `after` and was not in `before`. The lowest place counts, because
    /// programs have their input box at the bottom. Programs show a long text as a note, `[Pasted text #1 +19 lines]`.
    pub fn find(text: &str, before: &Picture, after: &Picture) -> Option<Shown> {
        let pieces = Pieces::of(text);
        let found = |row: usize| {
            let letters: Vec<char> = after.rows.get(row)?.chars().collect();
            let piece = pieces.longest_in(&letters).or_else(|| note_of_a_paste(&letters))?;
            let stood = before.rows.get(row).is_some_and(|was| piece.stands_in(was));
            (!stood).then_some(piece)
        };
        let new = new_rows(before, after);
        let last = new.iter().rev().copied().find(|row| found(*row).is_some())?;
        let first = (last.saturating_sub(ROWS_MAX - 1)..=last)
            .rev()
            .take_while(|row| new.contains(row) && found(*row).is_some())
            .last()?;
        Some(Shown {
            pieces: (first..=last).filter_map(found).collect(),
            below: Below::of(after, last),
            cursor: cursor_from(after, last).filter(|(_, rows)| rows.abs() <= CURSOR_ROWS_MAX),
        })
    }

    /// Whether the text is in `picture` as before, even if its rows have moved. One more row below is allowed: then
    /// the Enter was taken for a line break.
    pub fn stands_in(&self, picture: &Picture) -> bool {
        let rows = self.pieces.len();
        let here = |top: usize| {
            self.pieces
                .iter()
                .enumerate()
                .all(|(at, piece)| picture.rows.get(top + at).is_some_and(|row| piece.stands_in(row)))
        };
        let Some(top) = (0..=picture.rows.len().saturating_sub(rows)).rev().find(|top| here(*top)) else {
            return false;
        };
        let last = top + rows - 1;
        let below = Below::of(picture, last);
        if below.begins != self.below.begins {
            return false;
        }
        let grown = below.rows == self.below.rows + 1 && !below.begins.is_empty();
        match self.cursor {
            Some((column, row)) => {
                let now = cursor_from(picture, last);
                now == Some((column, row)) || grown && now.is_some_and(|(_, now)| now == row + 1)
            }
            None => grown || below.rows == self.below.rows,
        }
    }
}

/// Returns the position of the cursor relative to a row: its column, and the number of rows down to it.
fn cursor_from(picture: &Picture, row: usize) -> Option<(u16, isize)> {
    let (column, at) = picture.cursor;
    Some((column, isize::try_from(at).ok()? - isize::try_from(row).ok()?))
}

/// Returns the rows that are in `after` and not in `before`, wherever the old rows have moved; of equal rows the lowest
/// count as new.
fn new_rows(before: &Picture, after: &Picture) -> Vec<usize> {
    let mut old: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &before.rows {
        *old.entry(row).or_default() += 1;
    }
    let mut new = Vec::new();
    for (at, row) in after.rows.iter().enumerate() {
        match old.get_mut(row.as_str()) {
            Some(count) if *count > 0 => *count -= 1,
            _ => new.push(at),
        }
    }
    new
}

/// Finds a note that replaces a pasted text, for example `[Pasted text #1 +19 lines]` or `[Pasted Content 1024
/// chars]`.
fn note_of_a_paste(letters: &[char]) -> Option<Piece> {
    let open = letters.iter().rposition(|letter| *letter == '[')?;
    let close = open + letters[open..].iter().position(|letter| *letter == ']')?;
    let note: String = letters[open..=close].iter().flat_map(|letter| letter.to_lowercase()).collect();
    note.contains("paste").then(|| Piece { column: open, letters: letters[open..=close].to_vec() })
}

/// The letters of a text, cut into overlapping pieces of [`PIECE_CHARS`]; a shorter line is one piece.
struct Pieces(BTreeSet<Vec<char>>);

impl Pieces {
    /// Cuts a text into its pieces, without blanks, because programs break lines in different places.
    fn of(text: &str) -> Pieces {
        let letters =
            || text.chars().filter(|letter| *letter == '\n' || !letter.is_whitespace() && !letter.is_control());
        let begin: Vec<char> = letters().take(TEXT_CHARS_MAX).collect();
        let mut end: Vec<char> = letters().rev().take(TEXT_CHARS_MAX).collect();
        end.reverse();
        let lines = [begin, end];
        let lines = lines.iter().flat_map(|letters| letters.split(|letter| *letter == '\n'));
        let cut = |line: &[char]| {
            let length = line.len().clamp(1, PIECE_CHARS);
            line.windows(length).map(<[char]>::to_vec).collect::<Vec<_>>()
        };
        Pieces(lines.flat_map(cut).collect())
    }

    /// Returns the part of a row from the first to the last letter that belongs to a piece.
    fn longest_in(&self, row: &[char]) -> Option<Piece> {
        let letters: Vec<(usize, char)> =
            row.iter().copied().enumerate().filter(|(_, letter)| !letter.is_whitespace()).collect();
        let found = (1..=PIECE_CHARS).flat_map(|length| letters.windows(length)).filter_map(|window| {
            let (first, last) = (window.first()?.0, window.last()?.0);
            let piece: Vec<char> = window.iter().map(|(_, letter)| *letter).collect();
            let counts = self.0.contains(&piece) && (piece.len() == PIECE_CHARS || stands_alone(row, first, last));
            counts.then_some((first, last))
        });
        let (first, last) = found.reduce(|(first, last), (from, to)| (first.min(from), last.max(to)))?;
        Some(Piece { column: first, letters: row[first..=last].to_vec() })
    }
}

/// Whether the letters from `first` to `last` are not part of a longer word.
fn stands_alone(row: &[char], first: usize, last: usize) -> bool {
    let word = |at: Option<&char>| at.is_some_and(|letter| letter.is_alphanumeric());
    let before = first.checked_sub(1).and_then(|at| row.get(at));
    !word(before) && !word(row.get(last + 1))
}

impl Piece {
    fn stands_in(&self, row: &str) -> bool {
        let mut letters = row.chars().skip(self.column);
        self.letters.iter().all(|letter| letters.next() == Some(*letter))
    }
}

impl Below {
    fn of(picture: &Picture, row: usize) -> Below {
        let rows = picture.rows.get(row + 1..).unwrap_or_default();
        let blank = |row: &&String| row.trim().is_empty();
        let begins = rows.iter().find(|row| !blank(row)).map(|row| row.trim().chars().take(BELOW_CHARS).collect());
        let last = rows.iter().rposition(|row| !blank(&row)).map_or(0, |last| last + 1);
        Below { begins: begins.unwrap_or_default(), rows: last }
    }
}
