//! A key: its code, and what was held down with it.

/// A key press.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// Which key.
    pub code: KeyCode,
    /// What is held with it.
    pub modifiers: Modifiers,
}

impl Key {
    /// A key with nothing held.
    pub const fn plain(code: KeyCode) -> Key {
        Key { code, modifiers: Modifiers::NONE }
    }

    /// A key with modifiers held.
    pub const fn with(code: KeyCode, modifiers: Modifiers) -> Key {
        Key { code, modifiers }
    }
}

/// A key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyCode {
    /// A character as typed: with Shift held it is the shifted one.
    Char(char),
    /// Enter.
    Enter,
    /// Tab. Shift-Tab is this with [`Modifiers::SHIFT`].
    Tab,
    /// Backspace.
    Backspace,
    /// Escape.
    Escape,
    /// Cursor up.
    Up,
    /// Cursor down.
    Down,
    /// Cursor left.
    Left,
    /// Cursor right.
    Right,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// Insert.
    Insert,
    /// Delete.
    Delete,
    /// A function key, from 1 to [`FUNCTION_KEY_MAX`]; others send nothing.
    Function(u8),
}

/// The last function key. Beyond it, there is none.
pub const FUNCTION_KEY_MAX: u8 = 24;

/// The modifiers held, as a sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Modifiers(pub(super) u8);

impl Modifiers {
    /// None.
    pub const NONE: Modifiers = Modifiers(0);
    /// Shift.
    pub const SHIFT: Modifiers = Modifiers(1);
    /// Alt.
    pub const ALT: Modifiers = Modifiers(2);
    /// Control.
    pub const CTRL: Modifiers = Modifiers(4);
    /// Super, the logo key.
    pub const SUPER: Modifiers = Modifiers(8);

    /// These and those.
    pub const fn with(self, other: Modifiers) -> Modifiers {
        Modifiers(self.0 | other.0)
    }

    /// These without those.
    pub const fn without(self, other: Modifiers) -> Modifiers {
        Modifiers(self.0 & !other.0)
    }

    /// Whether all of those are held.
    pub const fn contains(self, other: Modifiers) -> bool {
        self.0 & other.0 == other.0
    }

    /// xterm's and kitty's number: one more than the sum of the bits.
    pub(super) const fn parameter(self) -> u8 {
        self.0 + 1
    }
}
