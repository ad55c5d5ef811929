//! Output that was read from the keeper and is not drawn on the screen yet.
//!
//! Drawing output can take much longer than writing it took the program. So output is drawn in slices, for
//! [`TURN_TIME`] at a time; then orders and questions are handled. The ending of a run does not wait for a backlog: its
//! exit is reported after its output, so output that is not drawn when the ending is checked ([`super::ending`]) is
//! omitted from the picture. The transcript has every byte.

use super::outset::Adopted;
use super::task::Task;
use crate::transcript;
use std::time::Duration;
use tokio::time::Instant;

/// The number of bytes that are drawn at a time.
pub(super) const SLICE_BYTES: usize = 8 * 1024;
/// How long output is drawn before orders and questions are handled.
pub(super) const TURN_TIME: Duration = Duration::from_millis(8);
/// The backlog below which all output is drawn in a moment.
const BACKLOG_BYTES_MIN: u64 = 64 * 1024;

/// The output that is read but not drawn.
#[derive(Default)]
pub(super) struct Behind {
    /// The bytes that are read and not drawn.
    bytes: Vec<u8>,
    drawn: usize,
    /// Whether messages may remain that were read and not processed.
    pub(super) unread: bool,
}

impl Behind {
    /// Whether there is something to draw or process without reading.
    pub(super) fn has_more(&self) -> bool {
        self.unread || self.drawn < self.bytes.len()
    }

    /// Returns the next slice to be drawn; none when all is drawn.
    fn slice(&mut self) -> Option<Vec<u8>> {
        let rest = &self.bytes[self.drawn..];
        let slice = rest[..rest.len().min(SLICE_BYTES)].to_vec();
        self.drawn += slice.len();
        if self.drawn == self.bytes.len() {
            (self.bytes, self.drawn) = (Vec::new(), 0);
        }
        (!slice.is_empty()).then_some(slice)
    }

    /// Forgets the bytes that were read, because the connection is a new one.
    pub(super) fn clear(&mut self) {
        (self.bytes, self.drawn, self.unread) = (Vec::new(), 0, false);
    }
}

impl Task {
    /// Draws output for as long as this turn may take; the remainder is drawn in the next turns.
    pub(super) fn draw(&mut self, bytes: &[u8], until: Instant) {
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
    pub(super) fn draw_behind(&mut self, until: Instant) -> bool {
        while let Some(slice) = self.behind.slice() {
            self.draw_slice(&slice);
            if Instant::now() >= until {
                break;
            }
        }
        self.behind.bytes.is_empty()
    }

    /// Returns the offset after the output that is not drawn yet, if drawing that takes more than a moment.
    pub(super) fn backlog(&self) -> Option<u64> {
        let newest = transcript::bounds(&self.outset.directory).ok()?.end;
        (newest >= self.offset + BACKLOG_BYTES_MIN).then_some(newest)
    }

    /// Omits from the picture the output below this offset that is not drawn, and writes a note about that into it.
    pub(super) fn drop_backlog(&mut self, newest: u64) {
        let left_out = newest.saturating_sub(self.offset);
        tracing::info!(run = %self.outset.run, left_out, "output of a run that is being ended is not drawn");
        self.behind.clear();
        self.screen.terminal.end_sync();
        // The string terminator ends the sequence in which the last byte may be.
        let note =
            format!("\x1b\\\r\n[{left_out} bytes are not shown, for the ending's sake; the transcript has them]\r\n");
        self.screen.advance_past(note.as_bytes(), Instant::now());
        self.offset = newest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_behind_comes_in_slices_and_in_order() {
        let mut behind = Behind::default();
        assert!(!behind.has_more() && behind.slice().is_none());
        behind.bytes = (0..SLICE_BYTES * 2 + 1).map(|at| at as u8).collect();
        let all = behind.bytes.clone();
        let mut drawn = Vec::new();
        while let Some(slice) = behind.slice() {
            assert!(slice.len() <= SLICE_BYTES);
            drawn.extend(slice);
        }
        assert!(drawn == all && !behind.has_more());
    }
}
