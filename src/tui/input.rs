//! The dashboard's own types for what a person does, and how chords are written: `ctrl-]`, `pageup`, `K`, `alt-f5`.

pub use crate::term::keys::{Button, MouseAction};
use crossterm::event as raw;
use std::fmt;

/// An event that a person or their terminal caused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputEvent {
    /// A key was pressed, or it repeats.
    Key(Key),
    /// The mouse moved, or one of its buttons or its wheel was used.
    Mouse(Mouse),
    /// The user pasted a text.
    Paste(String),
    /// The terminal has a new size: columns, rows.
    Resize(u16, u16),
    /// The terminal's window gained the focus.
    FocusGained,
    /// The terminal's window lost the focus.
    FocusLost,
}

/// A key with the modifiers that were held down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The key that was pressed.
    pub code: Code,
    /// The modifiers held with the key. Shift is not recorded for characters, because the character shows it.
    pub held: Held,
}

/// A key of the keyboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// A key that types this character.
    Char(char),
    /// A function key, by its number from 1.
    F(u8),
    Enter,
    Esc,
    Tab,
    BackTab,
    Backspace,
    Delete,
    Insert,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
}

/// The modifiers that were held down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Held {
    /// Whether Ctrl was held down.
    pub ctrl: bool,
    /// Whether Alt, or Option, was held down.
    pub alt: bool,
    /// Whether Shift was held down.
    pub shift: bool,
}

/// An action of the mouse, at a cell of the user's terminal, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mouse {
    /// The action of the mouse.
    pub did: MouseAction,
    /// Column of the cell, from 0.
    pub column: u16,
    /// Row of the cell, from 0.
    pub row: u16,
    /// The modifiers held during the action.
    pub held: Held,
}

impl Key {
    /// Returns a key without modifiers.
    pub const fn plain(code: Code) -> Key {
        Key { code, held: Held { ctrl: false, alt: false, shift: false } }
    }

    /// Returns a character with Ctrl held.
    pub const fn ctrl(character: char) -> Key {
        Key { code: Code::Char(character), held: Held { ctrl: true, alt: false, shift: false } }
    }

    /// Returns the character that the key types, if it types one.
    pub fn typed(&self) -> Option<char> {
        match self.code {
            Code::Char(character) if !self.held.ctrl && !self.held.alt => Some(character),
            _ => None,
        }
    }

    /// Whether the key could be part of a text that is typed or pasted: a character, the end of a line, a tab.
    pub fn could_be_text(&self) -> bool {
        let ends = matches!(self.code, Code::Enter | Code::Tab) && self.held == Held::default();
        ends || self.typed().is_some()
    }
}

/// The keys that have a name: the name in a keymap, the key, and the name that people are shown.
const NAMED: &[(&str, Code, &str)] = &[
    ("enter", Code::Enter, "Enter"),
    ("esc", Code::Esc, "Esc"),
    ("tab", Code::Tab, "Tab"),
    ("backtab", Code::BackTab, "Shift-Tab"),
    ("backspace", Code::Backspace, "Backspace"),
    ("delete", Code::Delete, "Del"),
    ("insert", Code::Insert, "Ins"),
    ("up", Code::Up, "↑"),
    ("down", Code::Down, "↓"),
    ("left", Code::Left, "←"),
    ("right", Code::Right, "→"),
    ("home", Code::Home, "Home"),
    ("end", Code::End, "End"),
    ("pageup", Code::PageUp, "PgUp"),
    ("pagedown", Code::PageDown, "PgDn"),
    ("space", Code::Char(' '), "Space"),
];

/// Reads a chord in the form in which a keymap writes it.
///
/// # Errors
/// The text is not a chord; the error says what is wrong with it.
pub fn parse_chord(text: &str) -> Result<Key, String> {
    let mut held = Held::default();
    let mut rest = text;
    while let Some((modifier, tail)) = rest.split_once('-').filter(|(head, tail)| !head.is_empty() && !tail.is_empty())
    {
        match modifier.to_ascii_lowercase().as_str() {
            "ctrl" => held.ctrl = true,
            "alt" => held.alt = true,
            "shift" => held.shift = true,
            other => return Err(format!("`{text}`: `{other}` is not a modifier; known are ctrl, alt and shift")),
        }
        rest = tail;
    }
    let code = parse_code(rest).ok_or_else(|| {
        format!("`{text}`: `{rest}` is neither one character nor a key's name such as enter, pageup or f5")
    })?;
    Ok(normalised(code, held))
}

fn parse_code(text: &str) -> Option<Code> {
    let mut characters = text.chars();
    if let (Some(only), None) = (characters.next(), characters.next()) {
        return (!only.is_control()).then_some(Code::Char(only));
    }
    let lower = text.to_ascii_lowercase();
    if let Some((_, code, _)) = NAMED.iter().find(|(name, ..)| *name == lower) {
        return Some(*code);
    }
    let number: u8 = lower.strip_prefix('f')?.parse().ok()?;
    (1..=24).contains(&number).then_some(Code::F(number))
}

/// Returns one form for keys that terminals report in several. A legacy terminal sends the same byte for Ctrl-5 and
/// Ctrl-], and crossterm reads it as the former; a shifted character is the character itself.
fn normalised(code: Code, mut held: Held) -> Key {
    let code = match code {
        Code::Char(digit @ '4'..='7') if held.ctrl => Code::Char(['\\', ']', '^', '_'][digit as usize - '4' as usize]),
        Code::Char(character) if held.ctrl => Code::Char(character.to_ascii_lowercase()),
        Code::Char(character) if held.shift && character.is_ascii_lowercase() => {
            Code::Char(character.to_ascii_uppercase())
        }
        Code::Tab if held.shift => Code::BackTab,
        other => other,
    };
    if matches!(code, Code::Char(_)) && !held.ctrl || code == Code::BackTab {
        held.shift = false;
    }
    Key { code, held }
}

impl fmt::Display for Key {
    /// Writes the chord as the key bar and the help show it: `Ctrl-]`, `PgUp`, `K`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (on, name) in [(self.held.ctrl, "Ctrl-"), (self.held.alt, "Alt-"), (self.held.shift, "Shift-")] {
            if on {
                f.write_str(name)?;
            }
        }
        match (NAMED.iter().find(|(_, code, _)| *code == self.code), self.code) {
            (Some((_, _, shown)), _) => f.write_str(shown),
            (None, Code::Char(character)) => write!(f, "{character}"),
            (None, Code::F(number)) => write!(f, "F{number}"),
            (None, _) => Ok(()),
        }
    }
}

/// Converts an event of crossterm; none for events without use (key releases, lone modifiers).
pub fn from_crossterm(event: raw::Event) -> Option<InputEvent> {
    match event {
        raw::Event::Key(key) => from_key(key).map(InputEvent::Key),
        raw::Event::Mouse(mouse) => from_mouse(mouse).map(InputEvent::Mouse),
        raw::Event::Paste(text) => Some(InputEvent::Paste(text)),
        raw::Event::Resize(columns, rows) => Some(InputEvent::Resize(columns, rows)),
        raw::Event::FocusGained => Some(InputEvent::FocusGained),
        raw::Event::FocusLost => Some(InputEvent::FocusLost),
    }
}

fn from_key(key: raw::KeyEvent) -> Option<Key> {
    if key.kind == raw::KeyEventKind::Release {
        return None;
    }
    let code = match key.code {
        raw::KeyCode::Char(character) => Code::Char(character),
        raw::KeyCode::F(number) => Code::F(number),
        raw::KeyCode::Enter => Code::Enter,
        raw::KeyCode::Esc => Code::Esc,
        raw::KeyCode::Tab => Code::Tab,
        raw::KeyCode::BackTab => Code::BackTab,
        raw::KeyCode::Backspace => Code::Backspace,
        raw::KeyCode::Delete => Code::Delete,
        raw::KeyCode::Insert => Code::Insert,
        raw::KeyCode::Up => Code::Up,
        raw::KeyCode::Down => Code::Down,
        raw::KeyCode::Left => Code::Left,
        raw::KeyCode::Right => Code::Right,
        raw::KeyCode::Home => Code::Home,
        raw::KeyCode::End => Code::End,
        raw::KeyCode::PageUp => Code::PageUp,
        raw::KeyCode::PageDown => Code::PageDown,
        raw::KeyCode::Null => return Some(Key::ctrl(' ')),
        _ => return None,
    };
    Some(normalised(code, held(key.modifiers)))
}

fn from_mouse(mouse: raw::MouseEvent) -> Option<Mouse> {
    let button = |button| match button {
        raw::MouseButton::Left => Button::Left,
        raw::MouseButton::Middle => Button::Middle,
        raw::MouseButton::Right => Button::Right,
    };
    let did = match mouse.kind {
        raw::MouseEventKind::Down(which) => MouseAction::Press(button(which)),
        raw::MouseEventKind::Up(which) => MouseAction::Release(button(which)),
        raw::MouseEventKind::Drag(which) => MouseAction::Drag(button(which)),
        raw::MouseEventKind::Moved => MouseAction::Move,
        raw::MouseEventKind::ScrollUp => MouseAction::WheelUp,
        raw::MouseEventKind::ScrollDown => MouseAction::WheelDown,
        _ => return None,
    };
    Some(Mouse { did, column: mouse.column, row: mouse.row, held: held(mouse.modifiers) })
}

fn held(modifiers: raw::KeyModifiers) -> Held {
    Held {
        ctrl: modifiers.contains(raw::KeyModifiers::CONTROL),
        alt: modifiers.contains(raw::KeyModifiers::ALT),
        shift: modifiers.contains(raw::KeyModifiers::SHIFT),
    }
}
