//! Where a text stands on a screen, and whether it still stands there.
//!
//! A box into which a text was typed looks the same in no two programs, and the same text moves up into the
//! conversation when it is submitted, in Gemini CLI within the same frame of lines. What all have in common: the rows
//! that came with the text hold pieces of it, the cursor stands at its end, and both stay as they are, in relation to each
//! other, as long as the text is not submitted.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

/// A screen as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture {
    /// Its rows, top first, without trailing blanks.
    pub rows: Vec<String>,
    /// Where the cursor is, from 0: column, row.
    pub cursor: (u16, u16),
}

/// Letters that follow each other in a row and in the text: so many make a piece of it.
const PIECE_CHARS: usize = 8;
/// Letters at the beginning and at the end of a long text that are looked for on the screen. Beyond it, the middle is
/// not compared; it is typed all the same.
const TEXT_CHARS_MAX: usize = 4_000;
/// Rows at the end of a text that are compared. Beyond it, earlier rows are not compared.
const ROWS_MAX: usize = 4;
/// A cursor no further from the text than so many rows belongs to it. Beyond it, the cursor says nothing about the
/// text.
const CURSOR_ROWS_MAX: isize = 2;
/// Letters by which what stands below a text is recognised; further right a program may write the time.
const BELOW_CHARS: usize = 8;

/// A text on a screen: its last rows, and what is around them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// A piece for each row, top first.
    pieces: Vec<Piece>,
    /// What stands below.
    below: Below,
    /// Where the cursor is: column, and row from the last row of the text. None: far from it.
    cursor: Option<(u16, isize)>,
}

/// A text that was typed and could not be submitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Left {
    /// It stood there.
    Shown(Shown),
    /// It did not show: it is lost, or something stood before it.
    Unseen {
        /// The text.
        text: String,
        /// The screen before it was typed.
        before: Picture,
    },
}

impl Left {
    /// What is left of it on this screen; none when it is gone.
    pub fn on(self, picture: &Picture) -> Option<Left> {
        match self {
            Left::Shown(shown) => shown.stands_in(picture).then_some(Left::Shown(shown)),
            Left::Unseen { text, before } => match Shown::find(&text, &before, picture) {
                Some(shown) => Some(Left::Shown(shown)),
                None => Some(Left::Unseen { text, before }),
            },
        }
    }

    /// Whether it stands in the program's box.
    pub fn stands(&self) -> bool {
        matches!(self, Left::Shown(_))
    }
}

/// A part of a row that is a part of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    column: usize,
    letters: Vec<char>,
}

/// What stands below a text.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Below {
    /// The beginning of the first row that is not blank.
    begins: Vec<char>,
    /// Rows down to the last one that is not blank.
    rows: usize,
}

impl Shown {
    /// Where `text` stands in `after`, and did not in `before`. The lowest place counts, for that is where programs have
    /// their box. Programs show a long text as a note, `[Pasted text #1 +19 lines]`.
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

    /// Whether it stands in `picture` as it did, wherever the rows have moved; also with one more row: an Enter that was
    /// taken for a line break.
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

/// The cursor in relation to a row: its column, and the rows down to it.
fn cursor_from(picture: &Picture, row: usize) -> Option<(u16, isize)> {
    let (column, at) = picture.cursor;
    Some((column, isize::try_from(at).ok()? - isize::try_from(row).ok()?))
}

/// The rows that are in `after` and not in `before`, wherever those have moved: of equal rows the lowest are new.
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

/// `[Pasted text #1 +19 lines]`, `[Pasted Content 1024 chars]`.
fn note_of_a_paste(letters: &[char]) -> Option<Piece> {
    let open = letters.iter().rposition(|letter| *letter == '[')?;
    let close = open + letters[open..].iter().position(|letter| *letter == ']')?;
    let note: String = letters[open..=close].iter().flat_map(|letter| letter.to_lowercase()).collect();
    note.contains("paste").then(|| Piece { column: open, letters: letters[open..=close].to_vec() })
}

/// The letters of a text, cut into overlapping pieces of [`PIECE_CHARS`]; a shorter line is one by itself.
struct Pieces(BTreeSet<Vec<char>>);

impl Pieces {
    /// Blanks count for nothing: programs break lines where they like.
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

    /// From the first to the last letter of a row that belongs to a piece.
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

/// Whether what is from `first` to `last` is no part of a longer word.
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
