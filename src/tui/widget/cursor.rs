//! The user's cursor, as a drawing wants it.

use crate::term::frame::CursorShape;
use ratatui::layout::Position;

/// Position and shape of the user's cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CursorAt {
    /// Position of the cursor on the user's terminal.
    pub position: Position,
    /// Shape of the cursor.
    pub shape: CursorShape,
}
