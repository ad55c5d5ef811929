//! The window's title, and the stack on which programs save it (XTWINOPS 22 and 23).

use super::signals::plain_title;
use serde::{Deserialize, Serialize};

/// How many titles the stack holds; xterm keeps 10. Beyond it, the oldest are dropped whole, and a program that
/// restores more titles than the stack has keeps the title that it has.
const DEPTH_MAX: usize = 16;

/// The window's title and the stack of saved titles.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Titles {
    current: String,
    saved: Vec<String>,
}

impl Titles {
    /// Returns the title, in the form that [`super::frame::Frame::title`] describes.
    pub(super) fn current(&self) -> &str {
        &self.current
    }

    /// Sets the title. Returns whether it changed.
    pub(super) fn set(&mut self, title: &str) -> bool {
        let title = plain_title(title);
        let changed = title != self.current;
        self.current = title;
        changed
    }

    pub(super) fn push(&mut self) {
        if self.saved.len() >= DEPTH_MAX {
            self.saved.remove(0);
        }
        self.saved.push(self.current.clone());
    }

    /// Restores the title that was saved last. Returns whether it changed.
    pub(super) fn pop(&mut self) -> bool {
        self.saved.pop().is_some_and(|title| self.set(&title))
    }
}
