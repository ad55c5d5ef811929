//! The window's title, and the stack it is saved on (XTWINOPS 22 and 23).

use super::signals::plain_title;
use serde::{Deserialize, Serialize};

/// How many titles the stack holds; xterm keeps 10. Beyond it, the oldest are dropped whole, and a program that
/// restores more than so many sees its newest title stay.
const DEPTH_MAX: usize = 16;

/// The title and the saved ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Titles {
    current: String,
    saved: Vec<String>,
}

impl Titles {
    /// The title, as [`super::frame::Frame::title`] says.
    pub(super) fn current(&self) -> &str {
        &self.current
    }

    /// Returns whether the title changed.
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

    /// Returns whether the title changed.
    pub(super) fn pop(&mut self) -> bool {
        self.saved.pop().is_some_and(|title| self.set(&title))
    }
}
