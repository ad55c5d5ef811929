//! The writing end of a run's transcript, and the memory that replaces it while the disk refuses writes.
//!
//! ```text
//!            write fails                     every RETRY at most, when output comes, or at the end
//!  Writing ──────────────▶ Failing (the last RING_BYTES_MAX bytes in memory) ──────────▶ Writing
//! ```
//!
//! **Invariant:** offsets are absolute. Bytes that never reached the disk are a gap between two segments
//! (`a_refusing_disk_leaves_a_gap_and_nothing_else`).

use crate::clock;
use crate::transcript::{self, Piece, Reader};
use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The most that is held in memory while the disk refuses, bytes. Beyond it, the oldest is lost: a gap in the
/// transcript, of which readers are told.
const RING_BYTES_MAX: usize = 256 * 1024;

/// The shortest time between two attempts to write to a disk that refuses.
const RETRY: Duration = Duration::from_millis(500);

/// The smallest size of a segment, bytes.
const SEGMENT_BYTES_MIN: u64 = 4 * 1024;

/// The change that a write made to the transcript's state.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Health {
    /// The write changed nothing in the state.
    Same,
    /// The disk refuses writes, for this reason.
    Failing(String),
    /// The disk accepts writes again.
    Recovered,
}

/// The transcript of a run, as its keeper holds it.
#[derive(Debug)]
pub(super) struct Transcript {
    directory: PathBuf,
    segment_bytes: u64,
    segments_max: usize,
    /// The open segment: its first byte's offset, and the file.
    segment: Option<(u64, File)>,
    newest: u64,
    failing: Option<Failing>,
    times: Times,
}

/// The marks beside a segment that record when its bytes came; see [`crate::transcript`].
#[derive(Debug, Default)]
struct Times {
    /// The file with the marks of the open segment.
    file: Option<File>,
    marked_ms: Option<u64>,
    count: u64,
}

/// The number of marks beside one segment after which their interval grows by its length, so that marks stay few.
const MARKS_PER_INTERVAL: u64 = 16 * 1024;

#[derive(Debug)]
struct Failing {
    /// The newest bytes; the last one has the offset `newest - 1`.
    ring: VecDeque<u8>,
    reason: String,
    tried: Instant,
}

impl Transcript {
    /// Opens a transcript that continues behind the output that this directory holds already.
    pub(super) fn open(directory: &Path, segment_bytes: u64, segments_max: u32) -> Transcript {
        Transcript {
            directory: directory.to_owned(),
            segment_bytes: segment_bytes.max(SEGMENT_BYTES_MIN),
            segments_max: segments_max.max(1) as usize,
            segment: None,
            newest: transcript::bounds(directory).map_or(0, |bounds| bounds.end),
            failing: None,
            times: Times::default(),
        }
    }

    /// The offset behind the newest byte.
    pub(super) fn newest(&self) -> u64 {
        self.newest
    }

    /// The offset of the oldest byte that can still be read.
    pub(super) fn oldest(&self) -> u64 {
        let on_disk = transcript::bounds(&self.directory).ok().filter(|bounds| !bounds.is_empty());
        on_disk.map_or(self.ring_start(), |bounds| bounds.start)
    }

    /// Returns why the disk refuses writes, while it does.
    pub(super) fn failure(&self) -> Option<&str> {
        self.failing.as_ref().map(|failing| failing.reason.as_str())
    }

    /// The number of bytes that a reader may lag before output could be lost to it.
    pub(super) fn lag_bytes_max(&self) -> u64 {
        match &self.failing {
            Some(_) => RING_BYTES_MAX as u64 / 2,
            None => (self.segment_bytes * (self.segments_max as u64 - 1)).max(self.segment_bytes / 2),
        }
    }

    /// Appends output to the transcript.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Health {
        self.newest += bytes.len() as u64;
        if let Some(failing) = &mut self.failing {
            failing.remember(bytes);
            return if failing.tried.elapsed() >= RETRY { self.retry() } else { Health::Same };
        }
        match self.write(self.newest - bytes.len() as u64, bytes) {
            Ok(()) => Health::Same,
            Err((written, error)) => {
                let reason = error.to_string();
                let mut failing = Failing { ring: VecDeque::new(), reason: reason.clone(), tried: Instant::now() };
                failing.remember(&bytes[written..]);
                self.failing = Some(failing);
                Health::Failing(reason)
            }
        }
    }

    /// The time of the next attempt to write to a disk that refused, even if no more output comes.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.failing.as_ref().map(|failing| failing.tried + RETRY)
    }

    /// Tries again to write to a disk that refused.
    pub(super) fn retry(&mut self) -> Health {
        let Some(mut failing) = self.failing.take() else { return Health::Same };
        let start = self.newest - failing.ring.len() as u64;
        match self.write(start, failing.ring.make_contiguous()) {
            Ok(()) => Health::Recovered,
            Err((written, error)) => {
                failing.ring.drain(..written);
                (failing.reason, failing.tried) = (error.to_string(), Instant::now());
                self.failing = Some(failing);
                Health::Same
            }
        }
    }

    /// Reads at the reader's position, from memory if the disk does not have the bytes.
    pub(super) fn read(&self, reader: &mut Reader, buffer: &mut [u8]) -> Piece {
        match reader.read(buffer) {
            Ok(piece) if piece.length > 0 => piece,
            // Bytes that can't be read are treated as gone: the reader continues with the bytes in memory.
            _ => self.read_ring(reader, buffer),
        }
    }

    fn read_ring(&self, reader: &mut Reader, buffer: &mut [u8]) -> Piece {
        let offset = reader.position().max(self.ring_start()).min(self.newest);
        let skipped = (offset - self.ring_start().min(offset)) as usize;
        let ring = self.failing.as_ref().map(|failing| failing.ring.range(skipped..));
        let mut length = 0;
        for (to, from) in buffer.iter_mut().zip(ring.into_iter().flatten()) {
            *to = *from;
            length += 1;
        }
        reader.seek(offset + length as u64);
        Piece { offset, length }
    }

    fn ring_start(&self) -> u64 {
        self.newest - self.failing.as_ref().map_or(0, |failing| failing.ring.len() as u64)
    }

    /// Writes bytes that begin at `start`; on failure, returns how many of them were written.
    fn write(&mut self, start: u64, bytes: &[u8]) -> Result<(), (usize, io::Error)> {
        let mut written = 0;
        while written < bytes.len() {
            let at = start + written as u64;
            let fail = |error| (written, error);
            self.segment_for(at).map_err(fail)?;
            self.times.mark(at, clock::now_ms());
            let (mut file, room) = self.segment_for(at).map_err(fail)?;
            let end = bytes.len().min(written.saturating_add(room));
            match file.write(&bytes[written..end]) {
                Ok(0) => return self.give_up(written, io::ErrorKind::WriteZero.into()),
                Ok(count) => written += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return self.give_up(written, error),
            }
        }
        Ok(())
    }

    /// Closes the segment: bytes that come after a failed write begin another.
    fn give_up(&mut self, written: usize, error: io::Error) -> Result<(), (usize, io::Error)> {
        self.segment = None;
        Err((written, error))
    }

    /// Returns the file for the byte at this offset, and the number of bytes that still fit into it.
    fn segment_for(&mut self, offset: u64) -> io::Result<(&File, usize)> {
        let full = |(start, _): &(u64, File)| offset - start >= self.segment_bytes;
        if self.segment.is_none() || self.segment.as_ref().is_some_and(full) {
            self.segment = None;
            let path = transcript::segment_path(&self.directory, offset);
            let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
            self.drop_oldest();
            self.times = Times::beside(&self.directory, offset);
            self.segment = Some((offset, file));
        }
        let (start, file) = self.segment.as_ref().ok_or(io::ErrorKind::NotFound)?;
        Ok((file, usize::try_from(start + self.segment_bytes - offset).unwrap_or(usize::MAX)))
    }

    fn drop_oldest(&self) {
        let segments = transcript::segments(&self.directory).unwrap_or_default();
        let surplus = segments.len().saturating_sub(self.segments_max);
        for segment in &segments[..surplus] {
            // A segment that can't be removed is tried again at the next rotation.
            let _ = fs::remove_file(&segment.path);
            let _ = fs::remove_file(transcript::times_path(&self.directory, segment.range.start));
        }
    }
}

impl Times {
    /// Opens the marks beside a segment. Marks are a help: where they can't be written, there are none.
    fn beside(directory: &Path, start: u64) -> Times {
        let path = transcript::times_path(directory, start);
        Times { file: OpenOptions::new().create(true).append(true).mode(0o600).open(path).ok(), ..Times::default() }
    }

    /// Records when the byte at this offset came, unless one shortly before it has a mark.
    fn mark(&mut self, offset: u64, now_ms: u64) {
        let interval_ms = transcript::MARK_INTERVAL_MS * (1 + self.count / MARKS_PER_INTERVAL);
        if self.marked_ms.is_some_and(|at_ms| now_ms.abs_diff(at_ms) < interval_ms) {
            return;
        }
        let written = self.file.as_mut().map(|file| file.write_all(&transcript::mark(offset, now_ms)));
        if !matches!(written, Some(Ok(()))) {
            self.file = None;
        }
        (self.marked_ms, self.count) = (Some(now_ms), self.count + 1);
    }
}

impl Failing {
    fn remember(&mut self, bytes: &[u8]) {
        let newest = &bytes[bytes.len().saturating_sub(RING_BYTES_MAX)..];
        let surplus = (self.ring.len() + newest.len()).saturating_sub(RING_BYTES_MAX);
        self.ring.drain(..surplus);
        self.ring.extend(newest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(transcript: &Transcript, from: u64) -> Vec<(u64, Vec<u8>)> {
        let mut reader = Reader::new(&transcript.directory, from);
        let mut pieces = Vec::new();
        let mut buffer = vec![0; 1 << 20];
        loop {
            let piece = transcript.read(&mut reader, &mut buffer);
            if piece.length == 0 {
                return pieces;
            }
            pieces.push((piece.offset, buffer[..piece.length].to_vec()));
        }
    }

    #[test]
    fn rotates_by_size_and_keeps_so_many() {
        let directory = tempfile::tempdir().unwrap();
        let mut transcript = Transcript::open(directory.path(), 4096, 3);
        for byte in 0..10u8 {
            assert_eq!(transcript.append(&[byte; 2048]), Health::Same);
        }
        let segments = transcript::segments(directory.path()).unwrap();
        let ranges: Vec<_> = segments.into_iter().map(|segment| segment.range).collect();
        assert_eq!(ranges, [8192..12288, 12288..16384, 16384..20480]);
        assert_eq!((transcript.oldest(), transcript.newest()), (8192, 20480));
        let again = Transcript::open(directory.path(), 4096, 3);
        assert_eq!(again.newest(), 20480);
    }

    #[test]
    fn no_segment_grows_beyond_its_size_whatever_comes_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let mut transcript = Transcript::open(directory.path(), 4096, 3);
        assert_eq!(transcript.append(&[b'a'; 1000]), Health::Same);
        assert_eq!(transcript.append(&[b'b'; 20_000]), Health::Same);
        let segments = transcript::segments(directory.path()).unwrap();
        let ranges: Vec<_> = segments.into_iter().map(|segment| segment.range).collect();
        assert_eq!(ranges, [12288..16384, 16384..20480, 20480..21000]);
    }

    #[test]
    fn a_refusing_disk_leaves_a_gap_and_nothing_else() {
        let root = tempfile::tempdir().unwrap();
        let directory = root.path().join("run");
        fs::create_dir(&directory).unwrap();
        let mut transcript = Transcript::open(&directory, 4096, 100);
        assert_eq!(transcript.append(&[b'a'; 4096]), Health::Same);
        // The full segment is closed; the next one can't be made, because its name is taken by a directory.
        let taken = transcript::segment_path(&directory, 4096);
        fs::create_dir(&taken).unwrap();
        assert!(matches!(transcript.append(&[b'b'; 1000]), Health::Failing(_)));
        assert_eq!(transcript.append(&vec![b'c'; RING_BYTES_MAX]), Health::Same);
        assert!(transcript.failure().is_some());
        let memory = all(&transcript, 4096);
        assert_eq!(memory, [(5096, vec![b'c'; RING_BYTES_MAX])]);

        fs::remove_dir(&taken).unwrap();
        assert_eq!(transcript.retry(), Health::Recovered);
        assert_eq!(transcript.append(b"d"), Health::Same);
        assert_eq!(transcript.newest(), 5097 + RING_BYTES_MAX as u64);
        let disk = all(&transcript, 0);
        assert_eq!(disk[0], (0, vec![b'a'; 4096]));
        assert_eq!(disk[1].0, 5096);
        let bytes: Vec<u8> = disk[1..].iter().flat_map(|(_, bytes)| bytes.clone()).collect();
        assert_eq!(bytes.len(), RING_BYTES_MAX + 1);
        assert!(bytes[..RING_BYTES_MAX].iter().all(|byte| *byte == b'c') && bytes.ends_with(b"d"));
    }
}
