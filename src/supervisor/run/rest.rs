//! Reads output that a keeper wrote to disk and that was not received before the keeper was gone.

use crate::transcript::Reader;
use std::path::Path;

/// The number of bytes that are read from the transcript at a time.
const PIECE_BYTES: usize = 256 * 1024;

/// A transcript from some offset on, read on a thread that may block.
pub(super) struct Rest(Reader);

impl Rest {
    /// Opens the transcript from this offset on.
    pub(super) fn from(directory: &Path, offset: u64) -> Rest {
        Rest(Reader::new(directory, offset))
    }

    /// Reads the next piece. Returns it with the offset of its first byte and the remaining transcript; none at the
    /// end, or if reading fails.
    pub(super) async fn next(mut self) -> Option<(u64, Vec<u8>, Rest)> {
        let reading = tokio::task::spawn_blocking(move || {
            let mut bytes = vec![0; PIECE_BYTES];
            let piece = self.0.read(&mut bytes).ok().filter(|piece| piece.length > 0)?;
            bytes.truncate(piece.length);
            Some((piece.offset, bytes, self))
        });
        reading.await.ok().flatten()
    }
}
