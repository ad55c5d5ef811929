//! Remembers what the user's terminal shows, and makes the bytes that change it to what it should show. If nothing
//! differs there are no bytes, so a message that changes nothing visible costs no drawing.

use super::letters::Letters;
use super::model::Model;
use super::seen::Seen;
use super::view::{self, Drawing};
use super::widget::cursor::CursorAt;
use crate::term::frame::CursorShape;
use crossterm::cursor::{Hide, MoveTo, SetCursorStyle, Show};
use crossterm::queue;
use crossterm::terminal::{BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, SetTitle};
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::io::{self, Write};
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

/// The contents of the user's terminal, and the next drawing.
pub(super) struct Canvas {
    shown: Buffer,
    /// The buffer of the next drawing. `wiped` says whether it is blank.
    next: Buffer,
    wiped: bool,
    cursor: Option<CursorAt>,
    title: String,
    /// Whether it is unknown what the terminal shows.
    unknown: bool,
    letters: Letters,
    sheet: Sheet,
    backend: CrosstermBackend<Sheet>,
}

impl Canvas {
    /// Returns a canvas for a terminal whose contents are unknown.
    pub(super) fn new(letters: Letters) -> Canvas {
        let sheet = Sheet::default();
        let backend = CrosstermBackend::new(sheet.clone());
        let (shown, next) = (Buffer::default(), Buffer::default());
        Canvas { shown, next, wiped: true, cursor: None, title: String::new(), unknown: true, letters, sheet, backend }
    }

    /// Makes the next drawing write every cell.
    pub(super) fn forget(&mut self) {
        self.unknown = true;
    }

    /// Clears the buffer for the next drawing in advance, so that it need not be done when a key's echo has come.
    pub(super) fn wipe(&mut self) {
        if !mem::replace(&mut self.wiped, true) {
            self.next.reset();
        }
    }

    /// Adds a terminal command to the next drawing.
    ///
    /// # Errors
    /// No error is known, because the bytes are gathered in memory.
    pub(super) fn add(&mut self, command: impl crossterm::Command) -> io::Result<()> {
        queue!(self.sheet, command)
    }

    /// Draws the model. Returns the bytes that make the terminal show it, none if the terminal shows it already; and the
    /// places that can be clicked.
    ///
    /// # Errors
    /// No error is known, because the bytes are gathered in memory.
    pub(super) fn draw(&mut self, model: &Model) -> io::Result<(Option<Vec<u8>>, Seen)> {
        let area = Rect::new(0, 0, model.size.0, model.size.1);
        self.wipe();
        if self.next.area != area {
            self.next = Buffer::empty(area);
        }
        self.wiped = false;
        let Drawing { cursor, seen } = view::draw(model, &mut self.next);
        self.letters.write(&mut self.next);
        let title = self.letters.text(&view::title(model));
        if self.unknown || self.shown.area != area {
            self.shown = Buffer::empty(area);
            self.unknown = true;
        }
        let mut changes = self.shown.diff_iter(&self.next).peekable();
        let added = self.sheet.take();
        let same = changes.peek().is_none() && cursor == self.cursor && title == self.title && !self.unknown;
        if same && added.is_empty() {
            return Ok((None, seen));
        }
        let sheet = &mut self.sheet;
        sheet.write_all(&added)?;
        queue!(sheet, BeginSynchronizedUpdate, Hide)?;
        if self.unknown {
            queue!(sheet, Clear(ClearType::All))?;
        }
        if self.unknown || title != self.title {
            queue!(sheet, SetTitle(&title))?;
        }
        self.backend.draw(changes)?;
        if let Some(CursorAt { position, shape }) = cursor {
            queue!(sheet, MoveTo(position.x, position.y), style(shape), Show)?;
        }
        queue!(sheet, EndSynchronizedUpdate)?;
        mem::swap(&mut self.shown, &mut self.next);
        (self.cursor, self.title, self.unknown) = (cursor, title, false);
        Ok((Some(self.sheet.take()), seen))
    }
}

fn style(shape: CursorShape) -> SetCursorStyle {
    match shape {
        CursorShape::Hidden | CursorShape::Block => SetCursorStyle::SteadyBlock,
        CursorShape::Underline => SetCursorStyle::SteadyUnderScore,
        CursorShape::Bar => SetCursorStyle::SteadyBar,
    }
}

/// A buffer in which a drawing is gathered before it is written. All clones share one buffer, because the backend keeps
/// one of them.
#[derive(Clone, Debug, Default)]
struct Sheet(Arc<Mutex<Vec<u8>>>);

impl Sheet {
    /// Returns the gathered bytes and empties the buffer.
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Sheet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::demo;
    use super::*;

    #[test]
    fn what_is_shown_already_is_not_drawn_again() {
        let mut model = demo::model(80, 24);
        let mut canvas = Canvas::new(Letters::Unicode);
        let whole = canvas.draw(&model).unwrap().0.unwrap().len();
        assert_eq!(canvas.draw(&model).unwrap().0, None);
        model.now_ms += 3_000;
        let some = canvas.draw(&model).unwrap().0.unwrap().len();
        assert!(some * 10 < whole, "an age alone took {some} bytes, the whole {whole}");
        canvas.forget();
        assert!(canvas.draw(&model).unwrap().0.unwrap().len() >= whole - 10);
    }
}
