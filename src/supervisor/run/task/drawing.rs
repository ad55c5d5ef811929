//! Draws the output of a run in slices, and keeps the output that is not drawn yet.

use super::Task;
use crate::supervisor::run::behind::{BACKLOG_BYTES_MIN, SLICE_BYTES};
use crate::supervisor::run::outset::Adopted;
use crate::transcript;
use tokio::time::Instant;

impl Task {
    /// Draws output for as long as this turn may take; the remainder is drawn in the next turns.
    pub(in crate::supervisor::run) fn draw(&mut self, bytes: &[u8], until: Instant) {
        let mut slices = bytes.chunks(SLICE_BYTES);
        for slice in slices.by_ref() {
            self.draw_slice(slice);
            if Instant::now() >= until {
                break;
            }
        }
        slices.for_each(|slice| self.behind.bytes.extend_from_slice(slice));
    }

    /// Draws the next bytes of output, and updates the state that depends on them.
    fn draw_slice(&mut self, bytes: &[u8]) {
        let now = Instant::now();
        self.offset += bytes.len() as u64;
        match self.outset.adopted {
            Adopted::Yes if self.offset <= self.answered_below => self.screen.advance_past(bytes, now),
            _ => self.screen.advance(bytes, now),
        }
        self.typist.answered(now);
        let terminal = &mut self.screen.terminal;
        // A screen with text that was not examined yet does not count as empty.
        let shows = |showed: bool| (showed && terminal.has_unseen()) || !terminal.last_line().is_empty();
        self.courier.answered(shows, now);
    }

    /// Draws the backlog for as long as this turn may take. Returns whether all is drawn.
    pub(in crate::supervisor::run) fn draw_behind(&mut self, until: Instant) -> bool {
        while let Some(slice) = self.behind.slice() {
            self.draw_slice(&slice);
            if Instant::now() >= until {
                break;
            }
        }
        self.behind.bytes.is_empty()
    }

    /// Returns the offset after the output that is not drawn yet, if drawing that takes more than a moment.
    pub(in crate::supervisor::run) fn backlog(&self) -> Option<u64> {
        let newest = transcript::bounds(&self.outset.directory).ok()?.end;
        (newest >= self.offset + BACKLOG_BYTES_MIN).then_some(newest)
    }

    /// Omits from the picture the output below this offset that is not drawn, and writes a note about that into it.
    pub(in crate::supervisor::run) fn drop_backlog(&mut self, newest: u64) {
        let left_out = newest.saturating_sub(self.offset);
        tracing::info!(run = %self.outset.run, left_out, "output of a run that is being ended is not drawn");
        self.omitted.bytes += left_out;
        self.behind.clear();
        self.screen.terminal.end_sync();
        self.offset = newest;
        self.note_omitted();
    }

    /// Writes the note about omitted output again, if later output may have been drawn over it.
    pub(in crate::supervisor::run) fn repeat_note(&mut self) {
        if self.omitted.bytes > 0 && self.offset > self.omitted.noted_at {
            self.note_omitted();
        }
    }

    fn note_omitted(&mut self) {
        let omitted = self.omitted.bytes;
        // The string terminator ends the sequence in which the last byte may be.
        let note =
            format!("\x1b\\\r\n[{omitted} bytes are not shown: the run was being ended; the transcript has them]\r\n");
        self.screen.advance_past(note.as_bytes(), Instant::now());
        self.omitted.noted_at = self.offset;
    }
}
