//! Encodes mouse events as xterm does: in the SGR form (mode 1006) and in the old one, whose coordinates end at 223.

use super::encode_key;
use super::key::{Key, KeyCode, Modifiers};
use crate::frame::{Modes, Mouse};

/// An action of the mouse over a cell of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MouseEvent {
    /// The action of the mouse.
    pub action: MouseAction,
    /// The column of the cell, from 0.
    pub column: u16,
    /// The row of the cell, from 0.
    pub row: u16,
    /// The modifiers that were held during the action.
    pub modifiers: Modifiers,
}

/// An action of the mouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MouseAction {
    /// A button was pressed down.
    Press(Button),
    /// A button was released.
    Release(Button),
    /// The mouse moved with this button down.
    Drag(Button),
    /// The mouse moved with no button down.
    Move,
    /// The wheel turned away from the hand.
    WheelUp,
    /// The wheel turned towards the hand.
    WheelDown,
}

/// A button of the mouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Button {
    /// The left button, the first one.
    Left,
    /// The middle button, the wheel pressed.
    Middle,
    /// The right button, the second one.
    Right,
}

/// Lines that one notch of the wheel scrolls in a program that takes only keys.
const WHEEL_LINES: usize = 3;

/// The highest coordinate that the old encoding can express. Beyond it, the click is not sent.
const OLD_COORDINATE_MAX: u16 = 223;

/// Returns the bytes for a mouse event; none when the program does not want it. On the alternate screen of a program
/// that wants no mouse events, the wheel is sent as cursor keys (mode 1007, on by default as in xterm's relatives).
pub fn encode_mouse(event: MouseEvent, modes: &Modes) -> Vec<u8> {
    if !wanted(event.action, modes.mouse) {
        return wheel_as_keys(event.action, modes);
    }
    let (column, row) = (event.column.saturating_add(1), event.row.saturating_add(1));
    let code = code(event.action) + modifier_bits(event.modifiers);
    let release = matches!(event.action, MouseAction::Release(_));
    if modes.mouse_sgr {
        let last = if release { 'm' } else { 'M' };
        return format!("\x1b[<{code};{column};{row}{last}").into_bytes();
    }
    if column > OLD_COORDINATE_MAX || row > OLD_COORDINATE_MAX {
        return Vec::new();
    }
    // The old encoding does not say which button was released.
    let code = if release { 3 + modifier_bits(event.modifiers) } else { code };
    vec![0x1b, b'[', b'M', code + 32, column as u8 + 32, row as u8 + 32]
}

fn wanted(action: MouseAction, mouse: Mouse) -> bool {
    match action {
        MouseAction::Move => mouse == Mouse::Motion,
        MouseAction::Drag(_) => matches!(mouse, Mouse::Drag | Mouse::Motion),
        _ => mouse != Mouse::Off,
    }
}

fn wheel_as_keys(action: MouseAction, modes: &Modes) -> Vec<u8> {
    let code = match action {
        MouseAction::WheelUp => KeyCode::Up,
        MouseAction::WheelDown => KeyCode::Down,
        _ => return Vec::new(),
    };
    if modes.mouse != Mouse::Off || !modes.alternate_screen {
        return Vec::new();
    }
    encode_key(Key::plain(code), modes).repeat(WHEEL_LINES)
}

fn code(action: MouseAction) -> u8 {
    match action {
        MouseAction::Press(button) | MouseAction::Release(button) => button as u8,
        MouseAction::Drag(button) => 32 + button as u8,
        MouseAction::Move => 35,
        MouseAction::WheelUp => 64,
        MouseAction::WheelDown => 65,
    }
}

fn modifier_bits(modifiers: Modifiers) -> u8 {
    let bits = [(Modifiers::SHIFT, 4), (Modifiers::ALT, 8), (Modifiers::CTRL, 16)];
    bits.into_iter().filter(|(modifier, _)| modifiers.contains(*modifier)).map(|(_, bit)| bit).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(action: MouseAction) -> MouseEvent {
        MouseEvent { action, column: 9, row: 4, modifiers: Modifiers::NONE }
    }

    fn sgr(mouse: Mouse) -> Modes {
        Modes { mouse, mouse_sgr: true, ..Modes::default() }
    }

    #[test]
    fn sgr_says_button_place_and_direction() {
        let bytes = |action| String::from_utf8(encode_mouse(event(action), &sgr(Mouse::Motion))).unwrap();
        assert_eq!(bytes(MouseAction::Press(Button::Left)), "\x1b[<0;10;5M");
        assert_eq!(bytes(MouseAction::Release(Button::Right)), "\x1b[<2;10;5m");
        assert_eq!(bytes(MouseAction::Drag(Button::Middle)), "\x1b[<33;10;5M");
        assert_eq!(bytes(MouseAction::Move), "\x1b[<35;10;5M");
        assert_eq!(bytes(MouseAction::WheelDown), "\x1b[<65;10;5M");
        let held = MouseEvent { modifiers: Modifiers::CTRL.with(Modifiers::SHIFT), ..event(MouseAction::WheelUp) };
        assert_eq!(encode_mouse(held, &sgr(Mouse::Click)), b"\x1b[<84;10;5M");
    }

    #[test]
    fn only_what_is_wanted_is_sent() {
        let drag = event(MouseAction::Drag(Button::Left));
        assert!(encode_mouse(drag, &sgr(Mouse::Click)).is_empty());
        assert!(!encode_mouse(drag, &sgr(Mouse::Drag)).is_empty());
        assert!(encode_mouse(event(MouseAction::Move), &sgr(Mouse::Drag)).is_empty());
        assert!(encode_mouse(event(MouseAction::Press(Button::Left)), &sgr(Mouse::Off)).is_empty());
    }

    #[test]
    fn the_old_encoding_ends_at_223() {
        let modes = Modes { mouse: Mouse::Click, ..Modes::default() };
        assert_eq!(encode_mouse(event(MouseAction::Press(Button::Left)), &modes), b"\x1b[M \x2a\x25");
        assert_eq!(encode_mouse(event(MouseAction::Release(Button::Left)), &modes), b"\x1b[M#\x2a\x25");
        let far = MouseEvent { column: 223, ..event(MouseAction::Press(Button::Left)) };
        assert!(encode_mouse(far, &modes).is_empty());
    }

    #[test]
    fn the_wheel_scrolls_a_pager_that_knows_no_mouse() {
        let pager = Modes { alternate_screen: true, application_cursor: true, ..Modes::default() };
        assert_eq!(encode_mouse(event(MouseAction::WheelUp), &pager), b"\x1bOA\x1bOA\x1bOA");
        assert!(encode_mouse(event(MouseAction::WheelUp), &Modes::default()).is_empty());
    }
}
