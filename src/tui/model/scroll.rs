//! A frozen copy of a terminal and its history, which is scrolled and searched while the program continues.

use crate::term::frame::{Frame, Row};
use std::sync::Arc;

/// The most lines of history that are requested for a copy. Beyond it, `qd logs` shows the older ones.
pub const HISTORY_LINES_MAX: u32 = 10_000;
/// The longest search in a terminal, in characters. Beyond it, further characters are refused.
pub const SEARCH_CHARS_MAX: usize = 200;

/// A frozen copy of a terminal that is scrolled and searched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scroll {
    /// Name of the agent whose terminal was copied.
    pub agent: String,
    /// Rows of the history and the screen, oldest first.
    pub rows: Vec<Arc<Row>>,
    /// Number of lines between the lowest shown and the newest.
    pub back: usize,
    /// Whether the history above the screen was received.
    pub history: History,
    /// The search in the frozen copy.
    pub search: Search,
}

/// Whether the history above the screen was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum History {
    /// The history is not here yet, and only the screen is shown. The view moves back `then_back` lines when it comes.
    Asked { then_back: usize },
    /// The history is here. `complete` says that there are no older lines.
    Here { complete: bool },
}

/// A search in the frozen copy of a terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// Text that is searched for; empty for none.
    pub text: String,
    /// Whether the search text is still being written.
    pub editing: bool,
    /// Row of the match at which the user is.
    pub at: Option<usize>,
    /// Number of that match, counted from the newest, and the number of rows that match.
    pub place: Option<(usize, usize)>,
}

impl Scroll {
    /// Copies the frame that is shown now; the view moves `then_back` lines back once the history is here.
    pub fn freeze(agent: &str, frame: &Frame, then_back: usize) -> Scroll {
        let history = match frame.history_lines {
            0 => History::Here { complete: true },
            _ => History::Asked { then_back },
        };
        Scroll { agent: agent.to_owned(), rows: frame.rows.clone(), back: 0, history, search: Search::default() }
    }

    /// Stores the history, which includes the screen below it.
    pub fn take_history(&mut self, rows: Vec<Arc<Row>>, complete: bool, height: u16) {
        let History::Asked { then_back } = self.history else { return };
        if !rows.is_empty() {
            self.rows = rows;
        }
        self.history = History::Here { complete };
        (self.search.at, self.search.place) = (None, None);
        self.move_back(then_back as isize, height);
    }

    /// Moves `lines` lines back, or forwards when negative. The move is repeated when the history comes, if it is not
    /// here yet.
    pub fn move_back(&mut self, lines: isize, height: u16) {
        let most = self.rows.len().saturating_sub(usize::from(height));
        if let History::Asked { then_back } = &mut self.history {
            *then_back = then_back.saturating_add_signed(lines);
        }
        self.back = self.back.saturating_add_signed(lines).min(most);
    }

    /// Returns the rows that are shown in a panel of this height.
    pub fn visible(&self, height: u16) -> &[Arc<Row>] {
        let first = self.first(height);
        let end = (first + usize::from(height)).min(self.rows.len());
        &self.rows[first..end]
    }

    /// Returns the index of the first row that is shown.
    pub fn first(&self, height: u16) -> usize {
        self.rows.len().saturating_sub(usize::from(height)).saturating_sub(self.back)
    }

    /// Whether the newest line is visible, and no other place was asked for.
    pub fn is_at_newest(&self) -> bool {
        self.back == 0 && !matches!(self.history, History::Asked { then_back: 1.. })
    }

    /// Whether a row contains the search text.
    pub fn matches(&self, row: &Row) -> bool {
        !self.search.text.is_empty() && contains(&row.text(), &self.search.text)
    }

    /// Goes to the next match, back in time or forwards, and continues at the other end. Returns whether there is a
    /// match.
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

    /// Whether the place that is shown is within the copy.
    pub fn is_sound(&self) -> bool {
        self.back <= self.rows.len() && self.search.at.is_none_or(|at| at < self.rows.len())
    }
}

/// The direction in which a search goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Back,
    On,
}

/// Whether a text contains another; case matters only when the other contains a capital letter.
pub fn contains(text: &str, sought: &str) -> bool {
    if sought.chars().any(char::is_uppercase) {
        text.contains(sought)
    } else {
        text.to_lowercase().contains(&sought.to_lowercase())
    }
}
