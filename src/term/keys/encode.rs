//! Encodes key presses as xterm does (<https://invisible-island.net/xterm/ctlseqs/ctlseqs.html>, PC-style function
//! keys) and as kitty does (<https://sw.kovidgoyal.net/kitty/keyboard-protocol/>). Of kitty's events only presses are
//! sent, no repeats and no releases.

use super::key::{FUNCTION_KEY_MAX, Key, KeyCode, Modifiers};
use crate::frame::Modes;

/// Kitty's flag by which keys that would be ambiguous are sent as `CSI … u`.
const DISAMBIGUATE: u8 = 1;
/// Kitty's flag by which the shifted character is sent beside the plain one.
const ALTERNATE_KEYS: u8 = 4;
/// Kitty's flag by which all keys are sent as `CSI … u`.
const ALL_KEYS: u8 = 8;
/// Kitty's flag by which the text that a key makes is sent with it.
const ASSOCIATED_TEXT: u8 = 16;

/// The number at which kitty's numbers for F13 and above start.
const KITTY_F13: u32 = 57_376;

/// The form in which a key is sent that is neither a character nor one of Enter, Tab, Backspace, Escape.
enum Form {
    /// The form `CSI letter`, with modifiers `CSI 1;m letter`, in application cursor mode `SS3 letter`.
    Cursor(char),
    /// The form `SS3 letter`, with modifiers `CSI 1;m letter`, of F1 to F4.
    Keypad(char),
    /// The form `CSI number ~`, with modifiers `CSI number;m ~`.
    Tilde(u8),
    /// The form `CSI number u`, which only kitty's protocol has.
    Kitty(u32),
}

/// Returns the bytes for a key press; none for a key that has no encoding.
pub fn encode_key(key: Key, modes: &Modes) -> Vec<u8> {
    let flags = modes.keyboard_flags;
    match key.code {
        KeyCode::Char(character) => char_key(character, key.modifiers, flags),
        KeyCode::Enter => control_key(key, 13, b"\r", flags),
        KeyCode::Tab => control_key(key, 9, b"\t", flags),
        KeyCode::Backspace => control_key(key, 127, b"\x7f", flags),
        KeyCode::Escape => control_key(key, 27, b"\x1b", flags),
        _ => form(key.code, flags).map(|form| function_key(&form, key.modifiers, modes)).unwrap_or_default(),
    }
}

fn char_key(character: char, modifiers: Modifiers, flags: u8) -> Vec<u8> {
    let makes_text = modifiers.without(Modifiers::SHIFT) == Modifiers::NONE;
    let kitty = flags & ALL_KEYS != 0 || (flags & DISAMBIGUATE != 0 && !makes_text);
    if kitty { kitty_char(character, modifiers, makes_text, flags) } else { legacy_char(character, modifiers) }
}

fn kitty_char(character: char, modifiers: Modifiers, makes_text: bool, flags: u8) -> Vec<u8> {
    let plain = lowercase(character);
    let modifiers = if plain == character { modifiers } else { modifiers.with(Modifiers::SHIFT) };
    let mut sequence = format!("\x1b[{}", plain as u32);
    if flags & ALTERNATE_KEYS != 0 && plain != character {
        sequence.push_str(&format!(":{}", character as u32));
    }
    let text = flags & ASSOCIATED_TEXT != 0 && makes_text;
    match (modifiers != Modifiers::NONE, text) {
        (false, false) => {}
        (true, false) => sequence.push_str(&format!(";{}", modifiers.parameter())),
        (false, true) => sequence.push_str(&format!(";;{}", character as u32)),
        (true, true) => sequence.push_str(&format!(";{};{}", modifiers.parameter(), character as u32)),
    }
    sequence.push('u');
    sequence.into_bytes()
}

fn legacy_char(character: char, modifiers: Modifiers) -> Vec<u8> {
    let mut bytes = Vec::new();
    if modifiers.contains(Modifiers::ALT) {
        bytes.push(0x1b);
    }
    match control_code(character) {
        Some(code) if modifiers.contains(Modifiers::CTRL) => bytes.push(code),
        _ => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
    }
    bytes
}

/// Returns the control code that Control and a character send: its low five bits, or one of xterm's codes for seven
/// digits.
fn control_code(character: char) -> Option<u8> {
    match character {
        '@'..='_' | 'a'..='z' => Some(character as u8 & 0x1f),
        ' ' | '2' => Some(0),
        '3'..='7' => Some(character as u8 - b'3' + 0x1b),
        '/' => Some(0x1f),
        '8' | '?' => Some(0x7f),
        _ => None,
    }
}

/// Encodes Enter, Tab, Backspace or Escape: one byte each as long as that is not ambiguous.
fn control_key(key: Key, number: u8, plain: &[u8], flags: u8) -> Vec<u8> {
    let modified = key.modifiers != Modifiers::NONE;
    let escape = key.code == KeyCode::Escape;
    let kitty = flags & ALL_KEYS != 0 || (flags & DISAMBIGUATE != 0 && (modified || escape));
    if kitty {
        return match modified {
            true => format!("\x1b[{number};{}u", key.modifiers.parameter()).into_bytes(),
            false => format!("\x1b[{number}u").into_bytes(),
        };
    }
    let mut bytes = if key.modifiers.contains(Modifiers::ALT) { vec![0x1b] } else { Vec::new() };
    bytes.extend_from_slice(match key.code {
        KeyCode::Tab if key.modifiers.contains(Modifiers::SHIFT) => b"\x1b[Z",
        KeyCode::Backspace if key.modifiers.contains(Modifiers::CTRL) => b"\x08",
        _ => plain,
    });
    bytes
}

fn form(code: KeyCode, flags: u8) -> Option<Form> {
    Some(match code {
        KeyCode::Up => Form::Cursor('A'),
        KeyCode::Down => Form::Cursor('B'),
        KeyCode::Right => Form::Cursor('C'),
        KeyCode::Left => Form::Cursor('D'),
        KeyCode::End => Form::Cursor('F'),
        KeyCode::Home => Form::Cursor('H'),
        KeyCode::Insert => Form::Tilde(2),
        KeyCode::Delete => Form::Tilde(3),
        KeyCode::PageUp => Form::Tilde(5),
        KeyCode::PageDown => Form::Tilde(6),
        // `CSI R` is also the answer to a cursor query, so kitty uses another form for F3.
        KeyCode::Function(3) if flags != 0 => Form::Tilde(13),
        KeyCode::Function(number @ 1..=4) => Form::Keypad(char::from(b'P' + number - 1)),
        KeyCode::Function(number @ 5..=12) => Form::Tilde([15, 17, 18, 19, 20, 21, 23, 24][usize::from(number) - 5]),
        KeyCode::Function(number @ 13..=FUNCTION_KEY_MAX) if flags != 0 => {
            Form::Kitty(KITTY_F13 + u32::from(number) - 13)
        }
        KeyCode::Function(number @ 13..=20) => Form::Tilde([25, 26, 28, 29, 31, 32, 33, 34][usize::from(number) - 13]),
        _ => return None,
    })
}

fn function_key(form: &Form, modifiers: Modifiers, modes: &Modes) -> Vec<u8> {
    let modifier = (modifiers != Modifiers::NONE).then(|| modifiers.parameter());
    let legacy = modes.keyboard_flags == 0;
    match (form, modifier) {
        (Form::Cursor(letter) | Form::Keypad(letter), Some(modifier)) => format!("\x1b[1;{modifier}{letter}"),
        (Form::Cursor(letter), None) if modes.application_cursor && legacy => format!("\x1bO{letter}"),
        (Form::Cursor(letter), None) => format!("\x1b[{letter}"),
        (Form::Keypad(letter), None) if legacy => format!("\x1bO{letter}"),
        (Form::Keypad(letter), None) => format!("\x1b[{letter}"),
        (Form::Tilde(number), Some(modifier)) => format!("\x1b[{number};{modifier}~"),
        (Form::Tilde(number), None) => format!("\x1b[{number}~"),
        (Form::Kitty(number), Some(modifier)) => format!("\x1b[{number};{modifier}u"),
        (Form::Kitty(number), None) => format!("\x1b[{number}u"),
    }
    .into_bytes()
}

/// Returns the character without Shift, as far as that is the same on all keyboards.
fn lowercase(character: char) -> char {
    let mut lower = character.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(one), None) => one,
        _ => character,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(name: &str, modes: Modes) -> String {
        String::from_utf8(encode_key(Key::parse(name).unwrap(), &modes)).unwrap()
    }

    fn kitty(flags: u8) -> Modes {
        Modes { keyboard_flags: flags, ..Modes::default() }
    }

    #[test]
    fn legacy_keys_are_xterms() {
        let application = Modes { application_cursor: true, ..Modes::default() };
        let table = [
            ("a", "a"),
            ("A", "A"),
            ("é", "é"),
            ("ctrl-c", "\x03"),
            ("ctrl-space", "\0"),
            ("ctrl-[", "\x1b"),
            ("ctrl-/", "\x1f"),
            ("ctrl-7", "\x1f"),
            ("ctrl-?", "\x7f"),
            ("alt-x", "\x1bx"),
            ("ctrl-alt-c", "\x1b\x03"),
            ("enter", "\r"),
            ("alt-enter", "\x1b\r"),
            ("tab", "\t"),
            ("shift-tab", "\x1b[Z"),
            ("backspace", "\x7f"),
            ("ctrl-backspace", "\x08"),
            ("esc", "\x1b"),
            ("up", "\x1b[A"),
            ("ctrl-left", "\x1b[1;5D"),
            ("shift-home", "\x1b[1;2H"),
            ("delete", "\x1b[3~"),
            ("ctrl-delete", "\x1b[3;5~"),
            ("f1", "\x1bOP"),
            ("f3", "\x1bOR"),
            ("shift-f3", "\x1b[1;2R"),
            ("f5", "\x1b[15~"),
            ("f12", "\x1b[24~"),
            ("f20", "\x1b[34~"),
        ];
        for (name, expected) in table {
            assert_eq!(bytes(name, Modes::default()), expected, "{name}");
        }
        assert_eq!(bytes("up", application), "\x1bOA");
        assert_eq!(bytes("ctrl-up", application), "\x1b[1;5A");
    }

    #[test]
    fn kitty_flag_1_leaves_text_alone_and_tells_the_rest_apart() {
        let table = [
            ("a", "a"),
            ("A", "A"),
            ("enter", "\r"),
            ("tab", "\t"),
            ("backspace", "\x7f"),
            ("esc", "\x1b[27u"),
            ("ctrl-i", "\x1b[105;5u"),
            ("ctrl-c", "\x1b[99;5u"),
            ("alt-A", "\x1b[97;4u"),
            ("shift-enter", "\x1b[13;2u"),
            ("shift-tab", "\x1b[9;2u"),
            ("up", "\x1b[A"),
            ("f1", "\x1b[P"),
            ("f3", "\x1b[13~"),
            ("f13", "\x1b[57376u"),
        ];
        for (name, expected) in table {
            assert_eq!(bytes(name, kitty(1)), expected, "{name}");
        }
    }

    #[test]
    fn kitty_flag_8_reports_every_key() {
        assert_eq!(bytes("a", kitty(8)), "\x1b[97u");
        assert_eq!(bytes("A", kitty(8)), "\x1b[97;2u");
        assert_eq!(bytes("A", kitty(8 | 4)), "\x1b[97:65;2u");
        assert_eq!(bytes("A", kitty(8 | 16)), "\x1b[97;2;65u");
        assert_eq!(bytes("a", kitty(8 | 16)), "\x1b[97;;97u");
        assert_eq!(bytes("enter", kitty(8)), "\x1b[13u");
    }
}
