//! Encodes key presses, pastes, mouse and focus events into the bytes that a program expects, by the
//! [`super::frame::Modes`] it has switched on.
//!
//! The types do not depend on an input library: the dashboard converts from its own, and `qd send --keys` and stop keys
//! parse names.

mod encode;
mod key;
mod mouse;
mod name;
mod paste;

pub use encode::encode_key;
pub use key::{FUNCTION_KEY_MAX, Key, KeyCode, Modifiers};
pub use mouse::{Button, MouseAction, MouseEvent, encode_mouse};
pub use name::KeyNameError;
pub use paste::encode_paste;

use super::frame::Modes;

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
