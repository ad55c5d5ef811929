//! A frozen copy of a terminal and of what is above it, to be scrolled and searched while the program goes on.

use crate::term::frame::{Frame, Row};
use std::sync::Arc;

/// Lines asked for from above the screen. Beyond it, older ones are in `qd logs`.
pub const HISTORY_LINES_MAX: u32 = 10_000;
/// The longest search, in characters. Beyond it, no more is taken.
pub const SEARCH_CHARS_MAX: usize = 200;

/// A frozen copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scroll {
    /// Of whom.
    pub agent: String,
    /// History and screen, oldest first.
    pub rows: Vec<Arc<Row>>,
    /// Lines between the lowest shown and the newest.
    pub back: usize,
    /// What came of asking for history.
    pub history: History,
    /// What is searched for.
    pub search: Search,
}

/// What came of asking for history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum History {
    /// Not here yet; the screen alone is shown. Move back so many lines when it comes.
    Asked { then_back: usize },
    /// Here. `complete`: there is nothing older.
    Here { complete: bool },
}

/// A search.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// What for; empty for none.
    pub text: String,
    /// Whether it is being written.
    pub editing: bool,
    /// The row of the match the user is at.
    pub at: Option<usize>,
    /// Which match that is, counted from the newest, and how many rows match.
    pub place: Option<(usize, usize)>,
}

impl Scroll {
    /// A copy of what is shown now, to be moved so many lines back once the history is here.
    pub fn freeze(agent: &str, frame: &Frame, then_back: usize) -> Scroll {
        let history = match frame.history_lines {
            0 => History::Here { complete: true },
            _ => History::Asked { then_back },
        };
        Scroll { agent: agent.to_owned(), rows: frame.rows.clone(), back: 0, history, search: Search::default() }
    }

    /// Takes the history in, the screen that belongs below it included.
    pub fn take_history(&mut self, rows: Vec<Arc<Row>>, complete: bool, height: u16) {
        let History::Asked { then_back } = self.history else { return };
        if !rows.is_empty() {
            self.rows = rows;
        }
        self.history = History::Here { complete };
        (self.search.at, self.search.place) = (None, None);
        self.move_back(then_back as isize, height);
    }

    /// Moves so many lines back, or on when negative. Waits when the history is not here yet.
    pub fn move_back(&mut self, lines: isize, height: u16) {
        let most = self.rows.len().saturating_sub(usize::from(height));
        if let History::Asked { then_back } = &mut self.history {
            *then_back = then_back.saturating_add_signed(lines);
        }
        self.back = self.back.saturating_add_signed(lines).min(most);
    }

    /// The rows shown in a panel of this height.
    pub fn visible(&self, height: u16) -> &[Arc<Row>] {
        let first = self.first(height);
        let end = (first + usize::from(height)).min(self.rows.len());
        &self.rows[first..end]
    }

    /// The first row shown.
    pub fn first(&self, height: u16) -> usize {
        self.rows.len().saturating_sub(usize::from(height)).saturating_sub(self.back)
    }

    /// Whether the newest line is in sight, and nothing else was asked for.
    pub fn is_at_newest(&self) -> bool {
        self.back == 0 && !matches!(self.history, History::Asked { then_back: 1.. })
    }

    /// Whether a row matches the search.
    pub fn matches(&self, row: &Row) -> bool {
        !self.search.text.is_empty() && contains(&row.text(), &self.search.text)
    }

    /// Goes to the next match, back in time or on, and around at the end. Returns whether there is one.
    pub fn seek(&mut self, direction: Direction, height: u16) -> bool {
        let count = self.rows.len();
        let start = self.search.at.unwrap_or_else(|| (self.first(height) + usize::from(height)).min(count));
        let candidate = |step: usize| match direction {
            Direction::Back => (start + count - step % count.max(1)) % count.max(1),
            Direction::On => (start + step) % count.max(1),
        };
        let found = (1..=count).map(candidate).find(|index| self.matches(&self.rows[*index]));
        self.search.at = found;
        self.search.place = found.map(|index| {
            let matching: Vec<usize> = (0..count).rev().filter(|row| self.matches(&self.rows[*row])).collect();
            (matching.iter().take_while(|row| **row >= index).count(), matching.len())
        });
        if let Some(index) = found {
            let most = count.saturating_sub(usize::from(height));
            let below = count - 1 - index;
            let in_sight = index >= self.first(height) && index < self.first(height) + usize::from(height);
            if !in_sight {
                self.back = below.saturating_sub(usize::from(height) / 2).min(most);
            }
        }
        found.is_some()
    }

    /// Whether the place shown is within the copy.
    pub fn is_sound(&self) -> bool {
        self.back <= self.rows.len() && self.search.at.is_none_or(|at| at < self.rows.len())
    }
}

/// Which way a search goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Back,
    On,
}

/// Whether a text contains another; case matters only when what is sought has a capital in it.
pub fn contains(text: &str, sought: &str) -> bool {
    if sought.chars().any(char::is_uppercase) {
        text.contains(sought)
    } else {
        text.to_lowercase().contains(&sought.to_lowercase())
    }
}
