//! The user's terminal, taken over and given back exactly once: on return, on an error and on a panic.

use crate::term::frame::Size;
use std::io::{self, Write};

/// Switches off whatever an agent may have had switched on, shows the cursor and leaves the alternate screen.
const RESTORE: &str = "\x1b[?1l\x1b>\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1004l\x1b[?1006l\x1b[?2004l\x1b[?2026l\
                       \x1b[0m\x1b[0 q\x1b[?25h\x1b[?1049l";

/// The terminal while it is ours. Dropping it gives it back.
#[derive(Debug)]
pub struct Terminal(());

impl Terminal {
    /// Raw mode and the alternate screen.
    ///
    /// # Errors
    /// What the system says; standard input is no terminal, for one.
    pub fn enter() -> io::Result<Terminal> {
        crossterm::terminal::enable_raw_mode()?;
        let terminal = Terminal(());
        terminal.write("\x1b[?1049h\x1b[2J")?;
        Ok(terminal)
    }

    /// Writes bytes that a painter made.
    ///
    /// # Errors
    /// What the system says.
    pub fn write(&self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    /// The size left for the agent: all but the last row, which says where keys go.
    pub fn room(&self) -> Size {
        let (columns, rows) = crossterm::terminal::size().unwrap_or((80, 24));
        Size::clamped(columns, rows.saturating_sub(1))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // There is nobody left to tell when the terminal itself is gone.
        let _ = self.write(RESTORE);
        let _ = crossterm::terminal::disable_raw_mode();
    }
}
