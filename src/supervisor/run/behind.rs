//! Output that was read from the keeper and is not drawn on the screen yet.
//!
//! It can take much longer to draw output than to write it. So output is drawn in slices, for [`TURN_TIME`] at a time;
//! then orders and questions are handled. The ending of a run does not wait for a backlog. Its exit is reported after
//! its output; so output that is not drawn when the ending is checked ([`super::ending`]) is omitted from the picture.
//! The transcript has every byte.

use std::time::Duration;

/// The number of bytes that are drawn at a time.
pub(super) const SLICE_BYTES: usize = 8 * 1024;
/// How long output is drawn before orders and questions are handled.
pub(super) const TURN_TIME: Duration = Duration::from_millis(8);
/// The backlog below which all output is drawn in a moment.
pub(super) const BACKLOG_BYTES_MIN: u64 = 64 * 1024;

/// The output that is read but not drawn.
#[derive(Default)]
pub(super) struct Behind {
    /// The bytes that are read and not drawn.
    pub(super) bytes: Vec<u8>,
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
    pub(super) fn slice(&mut self) -> Option<Vec<u8>> {
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
