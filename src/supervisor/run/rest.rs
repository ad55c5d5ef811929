//! Output that a keeper wrote to disk and nobody read from it before it was gone.

use crate::transcript::Reader;
use std::path::Path;

/// Read from the transcript at a time.
const PIECE_BYTES: usize = 256 * 1024;

/// A transcript from some offset on, read beside the tasks.
pub(super) struct Rest(Reader);

impl Rest {
    /// What there is from this offset on.
    pub(super) fn from(directory: &Path, offset: u64) -> Rest {
        Rest(Reader::new(directory, offset))
    }

    /// The next piece with the offset of its first byte, and what comes behind it; none at the end, or when the disk
    /// refuses.
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
