//! Converts keys and mouse events of the dashboard into those of [`crate::term::keys`], which knows the bytes that a
//! program gets.

use super::input::{Code, Held, Key, Mouse};
use crate::term::frame::Modes;
use crate::term::keys::{self, KeyCode, Modifiers, MouseEvent};

/// Returns the bytes of a key press. Empty for a key that has none.
pub fn key(key: &Key, modes: &Modes) -> Vec<u8> {
    let (code, added) = match key.code {
        Code::Char(character) => (KeyCode::Char(character), Modifiers::NONE),
        Code::F(number) => (KeyCode::Function(number), Modifiers::NONE),
        Code::Enter => (KeyCode::Enter, Modifiers::NONE),
        Code::Esc => (KeyCode::Escape, Modifiers::NONE),
        Code::Tab => (KeyCode::Tab, Modifiers::NONE),
        Code::BackTab => (KeyCode::Tab, Modifiers::SHIFT),
        Code::Backspace => (KeyCode::Backspace, Modifiers::NONE),
        Code::Delete => (KeyCode::Delete, Modifiers::NONE),
        Code::Insert => (KeyCode::Insert, Modifiers::NONE),
        Code::Up => (KeyCode::Up, Modifiers::NONE),
        Code::Down => (KeyCode::Down, Modifiers::NONE),
        Code::Left => (KeyCode::Left, Modifiers::NONE),
        Code::Right => (KeyCode::Right, Modifiers::NONE),
        Code::Home => (KeyCode::Home, Modifiers::NONE),
        Code::End => (KeyCode::End, Modifiers::NONE),
        Code::PageUp => (KeyCode::PageUp, Modifiers::NONE),
        Code::PageDown => (KeyCode::PageDown, Modifiers::NONE),
    };
    keys::encode_key(keys::Key::with(code, modifiers(key.held).with(added)), modes)
}

/// Returns the bytes of a mouse event at a cell of the program's screen. Empty when the program does not want it.
pub fn mouse(mouse: &Mouse, modes: &Modes) -> Vec<u8> {
    let event =
        MouseEvent { action: mouse.did, column: mouse.column, row: mouse.row, modifiers: modifiers(mouse.held) };
    keys::encode_mouse(event, modes)
}

fn modifiers(held: Held) -> Modifiers {
    let each = [(held.shift, Modifiers::SHIFT), (held.alt, Modifiers::ALT), (held.ctrl, Modifiers::CTRL)];
    each.into_iter().filter(|(on, _)| *on).fold(Modifiers::NONE, |all, (_, modifier)| all.with(modifier))
}
