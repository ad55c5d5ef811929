//! Keys, pastes and the mouse as the bytes a program in a terminal expects (xterm's ctlseqs, legacy form).

use super::input::{Button, Code, Did, Held, Key, Mouse};
use crate::term::frame::{Modes, Mouse as Wants};

/// The bytes of a key press. Empty for a key that has none.
pub fn encode(key: &Key, modes: &Modes) -> Vec<u8> {
    let held = key.held;
    match key.code {
        Code::Char(character) => text(character, held),
        Code::Enter => alt(held, b"\r"),
        Code::Esc => alt(held, b"\x1b"),
        Code::Tab => alt(held, b"\t"),
        Code::BackTab => b"\x1b[Z".to_vec(),
        Code::Backspace => alt(held, if held.ctrl { b"\x08" } else { b"\x7f" }),
        Code::Up => cursor(b'A', held, modes),
        Code::Down => cursor(b'B', held, modes),
        Code::Right => cursor(b'C', held, modes),
        Code::Left => cursor(b'D', held, modes),
        Code::Home => cursor(b'H', held, modes),
        Code::End => cursor(b'F', held, modes),
        Code::Insert => tilde(2, held),
        Code::Delete => tilde(3, held),
        Code::PageUp => tilde(5, held),
        Code::PageDown => tilde(6, held),
        Code::F(number) => function(number, held),
    }
}

/// A paste, wrapped when the program asked for it. What would end the wrapping early is taken out, so pasted
/// text can never run as typed.
pub fn paste(text: &str, modes: &Modes) -> Vec<u8> {
    let typed = text.replace("\r\n", "\r").replace('\n', "\r");
    if !modes.bracketed_paste {
        return typed.into_bytes();
    }
    format!("\x1b[200~{}\x1b[201~", typed.replace('\x1b', "")).into_bytes()
}

/// A focus change (mode 1004).
pub fn focus(gained: bool) -> Vec<u8> {
    if gained { b"\x1b[I".to_vec() } else { b"\x1b[O".to_vec() }
}

/// What the mouse did at a cell of the program's screen, if the program wants to hear it.
pub fn mouse(mouse: &Mouse, modes: &Modes) -> Option<Vec<u8>> {
    let wanted = match (modes.mouse, mouse.did) {
        (Wants::Off, _) => false,
        (Wants::Click, did) => !matches!(did, Did::Drag(_) | Did::Move),
        (Wants::Drag, did) => did != Did::Move,
        (Wants::Motion, _) => true,
    };
    if !wanted {
        return None;
    }
    let number = |button| match button {
        Button::Left => 0,
        Button::Middle => 1,
        Button::Right => 2,
    };
    let released = matches!(mouse.did, Did::Release(_));
    let base = match mouse.did {
        Did::Press(button) => number(button),
        Did::Release(button) if modes.mouse_sgr => number(button),
        Did::Release(_) => 3,
        Did::Drag(button) => 32 + number(button),
        Did::Move => 35,
        Did::WheelUp => 64,
        Did::WheelDown => 65,
    };
    let held = mouse.held;
    let code = base + 4 * u32::from(held.shift) + 8 * u32::from(held.alt) + 16 * u32::from(held.ctrl);
    let (column, row) = (u32::from(mouse.column) + 1, u32::from(mouse.row) + 1);
    if modes.mouse_sgr {
        let end = if released { 'm' } else { 'M' };
        return Some(format!("\x1b[<{code};{column};{row}{end}").into_bytes());
    }
    let byte = |value: u32| u8::try_from(value + 32).ok();
    Some(vec![0x1b, b'[', b'M', byte(code)?, byte(column)?, byte(row)?])
}

fn alt(held: Held, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 1);
    if held.alt {
        out.push(0x1b);
    }
    out.extend_from_slice(bytes);
    out
}

fn text(character: char, held: Held) -> Vec<u8> {
    let mut buffer = [0; 4];
    let control = held.ctrl.then(|| control(character)).flatten();
    match control {
        Some(byte) => alt(held, &[byte]),
        None => alt(held, character.encode_utf8(&mut buffer).as_bytes()),
    }
}

/// The C0 byte of Ctrl with a character, where there is one.
fn control(character: char) -> Option<u8> {
    match character {
        ' ' | '@' | '2' => Some(0x00),
        'a'..='z' => Some(character as u8 - b'a' + 1),
        'A'..='Z' => Some(character as u8 - b'A' + 1),
        '[' | '3' => Some(0x1b),
        '\\' | '4' => Some(0x1c),
        ']' | '5' => Some(0x1d),
        '^' | '6' | '~' => Some(0x1e),
        '_' | '7' | '/' => Some(0x1f),
        '8' | '?' => Some(0x7f),
        _ => None,
    }
}

/// xterm's modifier parameter: 1 and a bit for each.
fn modifier(held: Held) -> u8 {
    1 + u8::from(held.shift) + 2 * u8::from(held.alt) + 4 * u8::from(held.ctrl)
}

fn cursor(letter: u8, held: Held, modes: &Modes) -> Vec<u8> {
    match (modifier(held), modes.application_cursor) {
        (1, true) => vec![0x1b, b'O', letter],
        (1, false) => vec![0x1b, b'[', letter],
        (parameter, _) => format!("\x1b[1;{parameter}{}", char::from(letter)).into_bytes(),
    }
}

fn tilde(number: u8, held: Held) -> Vec<u8> {
    match modifier(held) {
        1 => format!("\x1b[{number}~").into_bytes(),
        parameter => format!("\x1b[{number};{parameter}~").into_bytes(),
    }
}

fn function(number: u8, held: Held) -> Vec<u8> {
    let parameter = modifier(held);
    match number {
        1..=4 if parameter == 1 => vec![0x1b, b'O', b'P' + number - 1],
        1..=4 => format!("\x1b[1;{parameter}{}", char::from(b'P' + number - 1)).into_bytes(),
        5 => tilde(15, held),
        6..=10 => tilde(number + 11, held),
        11..=14 => tilde(number + 12, held),
        15 | 16 => tilde(number + 13, held),
        17..=20 => tilde(number + 14, held),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What xterm sends in its default state, by its ctlseqs document.
    #[test]
    fn keys_are_sent_as_xterm_sends_them() {
        let shift = Held { shift: true, ..Held::default() };
        let ctrl = Held { ctrl: true, ..Held::default() };
        let alt = Held { alt: true, ..Held::default() };
        for (code, held, bytes) in [
            (Code::Char('a'), Held::default(), &b"a"[..]),
            (Code::Char('ü'), Held::default(), "ü".as_bytes()),
            (Code::Char('c'), ctrl, b"\x03"),
            (Code::Char(']'), ctrl, b"\x1d"),
            (Code::Char(' '), ctrl, b"\0"),
            (Code::Char('x'), alt, b"\x1bx"),
            (Code::Enter, Held::default(), b"\r"),
            (Code::Esc, Held::default(), b"\x1b"),
            (Code::Backspace, Held::default(), b"\x7f"),
            (Code::BackTab, Held::default(), b"\x1b[Z"),
            (Code::Up, Held::default(), b"\x1b[A"),
            (Code::Up, ctrl, b"\x1b[1;5A"),
            (Code::End, shift, b"\x1b[1;2F"),
            (Code::PageUp, Held::default(), b"\x1b[5~"),
            (Code::Delete, ctrl, b"\x1b[3;5~"),
            (Code::F(1), Held::default(), b"\x1bOP"),
            (Code::F(5), Held::default(), b"\x1b[15~"),
            (Code::F(10), Held::default(), b"\x1b[21~"),
            (Code::F(12), shift, b"\x1b[24;2~"),
        ] {
            assert_eq!(encode(&Key { code, held }, &Modes::default()), bytes, "{code:?} with {held:?}");
        }
        let application = Modes { application_cursor: true, ..Modes::default() };
        assert_eq!(encode(&Key::plain(Code::Up), &application), b"\x1bOA");
    }

    #[test]
    fn a_paste_can_not_break_out_of_its_brackets() {
        let modes = Modes { bracketed_paste: true, ..Modes::default() };
        assert_eq!(paste("a\x1b[201~rm -rf\n", &modes), b"\x1b[200~a[201~rm -rf\r\x1b[201~");
        assert_eq!(paste("a\r\nb", &Modes::default()), b"a\rb");
    }

    #[test]
    fn the_mouse_is_told_only_what_was_asked_for() {
        let at = |did| Mouse { did, column: 4, row: 9, held: Held::default() };
        let sgr = |mouse| Modes { mouse, mouse_sgr: true, ..Modes::default() };
        assert_eq!(mouse(&at(Did::Press(Button::Left)), &Modes::default()), None);
        assert_eq!(mouse(&at(Did::Press(Button::Left)), &sgr(Wants::Click)), Some(b"\x1b[<0;5;10M".to_vec()));
        assert_eq!(mouse(&at(Did::Release(Button::Left)), &sgr(Wants::Click)), Some(b"\x1b[<0;5;10m".to_vec()));
        assert_eq!(mouse(&at(Did::Drag(Button::Left)), &sgr(Wants::Click)), None);
        assert_eq!(mouse(&at(Did::Drag(Button::Left)), &sgr(Wants::Drag)), Some(b"\x1b[<32;5;10M".to_vec()));
        assert_eq!(mouse(&at(Did::Move), &sgr(Wants::Drag)), None);
        let legacy = Modes { mouse: Wants::Click, ..Modes::default() };
        assert_eq!(mouse(&at(Did::WheelUp), &legacy), Some(vec![0x1b, b'[', b'M', 96, 37, 42]));
    }
}
