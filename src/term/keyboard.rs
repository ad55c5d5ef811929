//! The flags of the kitty keyboard protocol and their stacks (<https://sw.kovidgoyal.net/kitty/keyboard-protocol/>):
//! one stack per screen; a full stack drops its oldest entry.
//!
//! The stack of the emulator crate grows without limit and panics when it is full, so it is switched off there.

use alacritty_terminal::vte::ansi::{KeyboardModes, KeyboardModesApplyBehavior};
use serde::{Deserialize, Serialize};

/// The most entries that a stack holds. Beyond it, the oldest entry is dropped, as the protocol asks.
const DEPTH_MAX: usize = 32;

/// The keyboard flags in force, and the stack of each screen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Keyboard {
    flags: u8,
    shown: Vec<u8>,
    hidden: Vec<u8>,
}

impl Keyboard {
    /// Returns the keyboard flags in force.
    pub(super) fn flags(&self) -> u8 {
        self.flags
    }

    pub(super) fn push(&mut self, modes: KeyboardModes) {
        if self.shown.len() >= DEPTH_MAX {
            self.shown.remove(0);
        }
        self.flags = modes.bits();
        self.shown.push(self.flags);
    }

    pub(super) fn pop(&mut self, count: u16) {
        self.shown.truncate(self.shown.len().saturating_sub(usize::from(count)));
        self.take_top();
    }

    pub(super) fn apply(&mut self, modes: KeyboardModes, behavior: KeyboardModesApplyBehavior) {
        self.flags = match behavior {
            KeyboardModesApplyBehavior::Replace => modes.bits(),
            KeyboardModesApplyBehavior::Union => self.flags | modes.bits(),
            KeyboardModesApplyBehavior::Difference => self.flags & !modes.bits(),
        };
    }

    /// Switches to the stack of the other screen, which is shown now.
    pub(super) fn swap(&mut self) {
        std::mem::swap(&mut self.shown, &mut self.hidden);
        self.take_top();
    }

    fn take_top(&mut self) {
        self.flags = self.shown.last().copied().unwrap_or(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_stack_drops_its_oldest() {
        let mut keyboard = Keyboard::default();
        for _ in 0..10_000 {
            keyboard.push(KeyboardModes::REPORT_EVENT_TYPES);
        }
        keyboard.push(KeyboardModes::DISAMBIGUATE_ESC_CODES);
        assert_eq!((keyboard.flags(), keyboard.shown.len()), (1, DEPTH_MAX));
        keyboard.pop(1);
        assert_eq!(keyboard.flags(), 2);
        keyboard.pop(u16::MAX);
        assert_eq!(keyboard.flags(), 0);
    }

    #[test]
    fn each_screen_has_its_own_stack() {
        let mut keyboard = Keyboard::default();
        keyboard.push(KeyboardModes::DISAMBIGUATE_ESC_CODES);
        keyboard.swap();
        assert_eq!(keyboard.flags(), 0);
        keyboard.push(KeyboardModes::REPORT_ALL_KEYS_AS_ESC);
        keyboard.swap();
        assert_eq!(keyboard.flags(), 1);
    }
}
