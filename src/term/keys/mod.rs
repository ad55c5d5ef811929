//! Encodes key presses, pastes, mouse and focus events into the bytes that a program expects, by the
//! [`super::frame::Modes`] it has switched on.
//!
//! The types do not depend on an input library: the dashboard converts from its own, and `qd send --keys` and stop keys
//! parse names.

mod encode;
mod mouse;
mod name;
mod paste;

pub use encode::encode_key;
pub use mouse::{Button, MouseAction, MouseEvent, encode_mouse};
pub use name::KeyNameError;
pub use paste::encode_paste;

use super::frame::Modes;

/// A key press: a key and the modifiers held with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// The key that was pressed.
    pub code: KeyCode,
    /// The modifiers that were held with the key.
    pub modifiers: Modifiers,
}

/// A key of the keyboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyCode {
    /// A character as typed: with Shift held it is the shifted one.
    Char(char),
    /// The Enter key of the keyboard.
    Enter,
    /// The Tab key. Shift-Tab is this key with [`Modifiers::SHIFT`].
    Tab,
    /// The Backspace key, which deletes backwards.
    Backspace,
    /// The Escape key of the keyboard.
    Escape,
    /// The cursor key that points up.
    Up,
    /// The cursor key that points down.
    Down,
    /// The cursor key that points left.
    Left,
    /// The cursor key that points right.
    Right,
    /// The Home key of the keyboard.
    Home,
    /// The End key of the keyboard.
    End,
    /// The Page Up key.
    PageUp,
    /// The Page Down key.
    PageDown,
    /// The Insert key of the keyboard.
    Insert,
    /// The Delete key of the keyboard.
    Delete,
    /// A function key, from 1 to [`FUNCTION_KEY_MAX`]; others send nothing.
    Function(u8),
}

/// The number of the last function key. Beyond it, there is none.
pub const FUNCTION_KEY_MAX: u8 = 24;

/// The modifiers that are held, as a sum of bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Modifiers(u8);

impl Modifiers {
    /// No modifier is held with the key.
    pub const NONE: Modifiers = Modifiers(0);
    /// The Shift key as a modifier.
    pub const SHIFT: Modifiers = Modifiers(1);
    /// The Alt key as a modifier.
    pub const ALT: Modifiers = Modifiers(2);
    /// The Control key as a modifier.
    pub const CTRL: Modifiers = Modifiers(4);
    /// The Super key (the logo key) as a modifier.
    pub const SUPER: Modifiers = Modifiers(8);

    /// Returns the modifiers that are in this set or in `other`.
    pub const fn with(self, other: Modifiers) -> Modifiers {
        Modifiers(self.0 | other.0)
    }

    /// Returns the modifiers of this set that are not in `other`.
    pub const fn without(self, other: Modifiers) -> Modifiers {
        Modifiers(self.0 & !other.0)
    }

    /// Whether this set contains all modifiers of `other`.
    pub const fn contains(self, other: Modifiers) -> bool {
        self.0 & other.0 == other.0
    }

    /// Returns the number of the modifiers in xterm's and kitty's sequences: the sum of the bits plus one.
    const fn parameter(self) -> u8 {
        self.0 + 1
    }
}

impl Key {
    /// Returns a key press with no modifiers.
    pub const fn plain(code: KeyCode) -> Key {
        Key { code, modifiers: Modifiers::NONE }
    }

    /// Returns a key press with these modifiers.
    pub const fn with(code: KeyCode, modifiers: Modifiers) -> Key {
        Key { code, modifiers }
    }
}

/// A change of the focus of the viewer's window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Focus {
    /// The window of the viewer gained the focus.
    Gained,
    /// The window of the viewer lost the focus.
    Lost,
}

/// Returns the bytes for a change of focus; none unless the program asked for them (mode 1004).
pub fn encode_focus(focus: Focus, modes: &Modes) -> Vec<u8> {
    match (modes.focus_events, focus) {
        (false, _) => Vec::new(),
        (true, Focus::Gained) => b"\x1b[I".to_vec(),
        (true, Focus::Lost) => b"\x1b[O".to_vec(),
    }
}
