//! Output that was read and is not on the screen yet.
//!
//! Drawing can cost a program's terminal much more than writing cost the program. So output is drawn in slices, for
//! [`TURN_TIME`] at a time: then orders and questions get their turn. And an ending does not wait for a backlog: its
//! exit is told behind its output, so what is not drawn when its ending is looked at ([`super::ending`]) is left out of
//! the picture. The transcript has every byte.

use super::outset::Adopted;
use super::task::Task;
use crate::transcript;
use std::time::Duration;
use tokio::time::Instant;

/// Drawn at a time.
pub(super) const SLICE_BYTES: usize = 8 * 1024;
/// How long output is drawn before others get their turn.
pub(super) const TURN_TIME: Duration = Duration::from_millis(8);
/// Less than this is drawn in a moment.
const BACKLOG_BYTES_MIN: u64 = 64 * 1024;

/// What is behind.
#[derive(Default)]
pub(super) struct Behind {
    /// Read, not drawn.
    bytes: Vec<u8>,
    drawn: usize,
    /// Whether messages may be left that were read and not looked at.
    pub(super) unread: bool,
}

impl Behind {
    /// Whether there is something to be drawn or looked at without reading.
    pub(super) fn has_more(&self) -> bool {
        self.unread || self.drawn < self.bytes.len()
    }

    /// The next slice to be drawn; none when all is.
    fn slice(&mut self) -> Option<Vec<u8>> {
        let rest = &self.bytes[self.drawn..];
        let slice = rest[..rest.len().min(SLICE_BYTES)].to_vec();
        self.drawn += slice.len();
        if self.drawn == self.bytes.len() {
            (self.bytes, self.drawn) = (Vec::new(), 0);
        }
        (!slice.is_empty()).then_some(slice)
    }

    /// Forgets what was read: the connection is another.
    pub(super) fn clear(&mut self) {
        (self.bytes, self.drawn, self.unread) = (Vec::new(), 0, false);
    }
}

impl Task {
    /// Draws output for as long as this turn may take; what is left is drawn in the next ones.
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

    /// Draws the next bytes of output.
    fn draw_slice(&mut self, bytes: &[u8]) {
        let now = Instant::now();
        self.offset += bytes.len() as u64;
        match self.outset.adopted {
            Adopted::Yes if self.offset <= self.answered_below => self.screen.advance_past(bytes, now),
            _ => self.screen.advance(bytes, now),
        }
        self.typist.answered(now);
        let terminal = &mut self.screen.terminal;
        // Text that nobody had to look at does not empty a screen.
        let shows = |showed: bool| (showed && terminal.has_unseen()) || !terminal.last_line().is_empty();
        self.courier.answered(shows, now);
    }

    /// Draws what is behind, for as long as this turn may take. Returns whether all is drawn.
    pub(super) fn draw_behind(&mut self, until: Instant) -> bool {
        while let Some(slice) = self.behind.slice() {
            self.draw_slice(&slice);
            if Instant::now() >= until {
                break;
            }
        }
        self.behind.bytes.is_empty()
    }

    /// The offset behind what is not drawn yet, if that takes more than a moment.
    pub(super) fn backlog(&self) -> Option<u64> {
        let newest = transcript::bounds(&self.outset.directory).ok()?.end;
        (newest >= self.offset + BACKLOG_BYTES_MIN).then_some(newest)
    }

    /// Leaves out of the picture what is not drawn below this offset, and says so in it.
    pub(super) fn drop_backlog(&mut self, newest: u64) {
        let left_out = newest.saturating_sub(self.offset);
        tracing::info!(run = %self.outset.run, left_out, "output of a run that is being ended is not drawn");
        self.behind.clear();
        self.screen.terminal.end_sync();
        // The string terminator ends whatever sequence the last byte was in.
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
