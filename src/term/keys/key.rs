//! A key: its code, and what was held down with it.

/// A key press: a key and the modifiers held with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// The key that was pressed.
    pub code: KeyCode,
    /// The modifiers that were held during the action.
    pub modifiers: Modifiers,
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

/// The number of the last function key. Beyond it, there is no function key.
pub const FUNCTION_KEY_MAX: u8 = 24;

/// The modifiers that are held, as a sum of bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Modifiers(pub(super) u8);

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
    pub(super) const fn parameter(self) -> u8 {
        self.0 + 1
    }
}
