//! A run's transcript: every byte that its terminal put out, on disk, addressed by the byte's absolute offset.
//!
//! It is a row of segments, files `transcript.<offset of the first byte, 20 digits>` in the run's directory. The keeper
//! appends to the last one and drops the oldest; any program may read, at any time. Where bytes are missing (rotated
//! away, or the disk was full) the next segment simply begins later.
//!
//! Beside each segment is `times.<the same digits>`, the times at which its bytes came: marks of 16 bytes, an offset
//! and milliseconds since the Unix epoch, both little-endian. They are a help: without them a transcript is complete,
//! but the times of its bytes are known less exactly.

use crate::regular::{self, Links};
use quarterdeck_core::ids::RunId;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

const PREFIX: &str = "transcript.";
const TIMES_PREFIX: &str = "times.";

/// The size of a mark, bytes.
const MARK_BYTES: usize = 16;
/// The shortest time between two marks, and so their precision.
pub const MARK_INTERVAL_MS: u64 = 1_000;

/// The name of the file in a run's directory that holds its agent's name.
pub const AGENT_FILE: &str = "agent";

/// A file of a transcript, with the range of its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The range of offsets of the bytes in the segment.
    pub range: Range<u64>,
    /// Path of the segment's file.
    pub path: PathBuf,
}

/// Returns the path of the segment that begins at this offset.
pub fn segment_path(directory: &Path, start: u64) -> PathBuf {
    directory.join(format!("{PREFIX}{start:020}"))
}

/// Returns the path of the marks beside the segment that begins at this offset.
pub fn times_path(directory: &Path, start: u64) -> PathBuf {
    directory.join(format!("{TIMES_PREFIX}{start:020}"))
}

/// Encodes a mark: the byte at `offset` came at `at_ms`.
pub fn mark(offset: u64, at_ms: u64) -> [u8; MARK_BYTES] {
    let mut mark = [0; MARK_BYTES];
    mark[..8].copy_from_slice(&offset.to_le_bytes());
    mark[8..].copy_from_slice(&at_ms.to_le_bytes());
    mark
}

/// Reads the marks beside a segment as (offset, milliseconds since the Unix epoch); empty when they can't be read.
fn marks(directory: &Path, start: u64) -> Vec<(u64, u64)> {
    let bytes = regular::bytes(&times_path(directory, start), regular::LARGE_BYTES_MAX).unwrap_or_default();
    let number = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().unwrap_or_default());
    bytes.chunks_exact(MARK_BYTES).map(|mark| (number(&mark[..8]), number(&mark[8..]))).collect()
}

/// Returns the offset from which bytes were written since an instant, to about [`MARK_INTERVAL_MS`]; the end when none
/// were. All bytes of a segment without marks count as written at the time of its last change.
///
/// # Errors
/// When the system can't read the directory.
pub fn offset_at(directory: &Path, since_ms: u64) -> io::Result<u64> {
    let mut end = 0;
    for segment in segments(directory)? {
        let marks = marks(directory, segment.range.start);
        let found = match marks.is_empty() {
            true => (written_ms(&segment.path) >= since_ms).then_some(segment.range.start),
            false => {
                let is_since = |at_ms: u64| at_ms.saturating_add(MARK_INTERVAL_MS) > since_ms;
                marks.iter().find(|(_, at_ms)| is_since(*at_ms)).map(|(offset, _)| *offset)
            }
        };
        if let Some(offset) = found {
            return Ok(offset);
        }
        end = segment.range.end;
    }
    Ok(end)
}

/// Returns when a file was last written, in milliseconds since the Unix epoch; now when the system does not say.
fn written_ms(path: &Path) -> u64 {
    let written = fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    let since = written.and_then(|written| written.duration_since(UNIX_EPOCH).ok());
    since.map_or(u64::MAX, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// Lists the segments in this directory, oldest first. One that is removed meanwhile is omitted.
pub fn segments(directory: &Path) -> io::Result<Vec<Segment>> {
    let mut segments = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let digits = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        let Some(start) = digits.and_then(|digits| digits.parse::<u64>().ok()) else { continue };
        let Some(metadata) = entry.metadata().ok().filter(|metadata| metadata.is_file()) else { continue };
        segments.push(Segment { range: start..start.saturating_add(metadata.len()), path: entry.path() });
    }
    segments.sort_by_key(|segment| segment.range.start);
    Ok(segments)
}

/// Returns the range from the oldest byte on disk to the one behind the newest; gaps may be inside. `0..0` while there
/// is nothing.
pub fn bounds(directory: &Path) -> io::Result<Range<u64>> {
    let segments = segments(directory)?;
    let oldest = segments.first().map_or(0, |segment| segment.range.start);
    let newest = segments.last().map_or(0, |segment| segment.range.end);
    Ok(oldest..newest)
}

/// Lists the runs on disk by their agents' names, each agent's oldest first. A directory that does not exist holds no
/// runs.
///
/// # Errors
/// When the system can't read the directory.
pub fn runs(runs_directory: &Path) -> io::Result<BTreeMap<String, Vec<RunId>>> {
    let entries = match fs::read_dir(runs_directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        entries => entries?,
    };
    let mut runs: BTreeMap<String, Vec<RunId>> = BTreeMap::new();
    for entry in entries {
        let entry = entry?;
        if let (Some(run), Some(agent)) = (run_of(&entry), agent_of(&entry.path())) {
            runs.entry(agent).or_default().push(run);
        }
    }
    runs.values_mut().for_each(|runs| runs.sort_unstable());
    Ok(runs)
}

/// Returns the agent whose run has this directory, if the directory says so.
pub fn agent_of(directory: &Path) -> Option<String> {
    let name = regular::text(&directory.join(AGENT_FILE), regular::SMALL_BYTES_MAX).ok()?;
    Some(name.trim_end().to_owned())
}

/// Returns the run whose directory this is.
pub fn run_of(entry: &fs::DirEntry) -> Option<RunId> {
    entry.file_name().to_str()?.strip_prefix('r')?.parse().ok().map(RunId)
}

/// The result of one read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The offset of the first byte that was read. Larger than asked for where bytes are missing.
    pub offset: u64,
    /// The number of bytes in the buffer; 0: there is nothing newer (yet).
    pub length: usize,
}

/// Reads a transcript from an offset on, across segments and gaps, while it is being written.
#[derive(Debug)]
pub struct Reader {
    directory: PathBuf,
    position: u64,
    open: Option<(u64, File)>,
}

impl Reader {
    /// Makes a reader whose first byte is the one at `from`, or the first later one that exists.
    pub fn new(directory: &Path, from: u64) -> Reader {
        Reader { directory: directory.to_owned(), position: from, open: None }
    }

    /// Returns the offset of the next byte that the reader returns.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Moves the reader to another offset. No file stays open.
    pub fn seek(&mut self, to: u64) {
        self.position = to;
        self.open = None;
    }

    /// Fills the buffer with the next bytes. A follower that gets none asks again when a file in the directory has
    /// changed.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<Piece> {
        if let Some(piece) = self.read_open(buffer)? {
            return Ok(piece);
        }
        if let Some(segment) = self.next_segment()? {
            match regular::open_file(&segment.path, Links::Follow) {
                Ok(file) => self.open = Some((segment.range.start, file)),
                // It was the oldest and was dropped since it was listed; the next read finds the remaining ones.
                Err(error) if error.kind() == io::ErrorKind::NotFound => return self.read(buffer),
                Err(error) => return Err(error),
            }
            self.position = self.position.max(segment.range.start);
            if let Some(piece) = self.read_open(buffer)? {
                return Ok(piece);
            }
        }
        Ok(Piece { offset: self.position, length: 0 })
    }

    /// Reads on in the open segment, if the position is in it.
    fn read_open(&mut self, buffer: &mut [u8]) -> io::Result<Option<Piece>> {
        let Some((start, file)) = &self.open else { return Ok(None) };
        let Some(within) = self.position.checked_sub(*start) else { return Ok(None) };
        let length = file.read_at(buffer, within)?;
        let offset = self.position;
        self.position += length as u64;
        Ok((length > 0).then_some(Piece { offset, length }))
    }

    /// Returns the segment that holds the position, or the first one behind it.
    fn next_segment(&self) -> io::Result<Option<Segment>> {
        Ok(segments(&self.directory)?.into_iter().find(|segment| segment.range.end > self.position))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_found_by_their_agents_name_oldest_first() {
        let directory = tempfile::tempdir().expect("a directory");
        assert_eq!(runs(&directory.path().join("nowhere")).expect("none"), BTreeMap::new());
        for (run, agent) in [("r10", "a\n"), ("r9", "a"), ("r11", "b"), ("lost+found", "a")] {
            fs::create_dir(directory.path().join(run)).expect("a directory");
            fs::write(directory.path().join(run).join(AGENT_FILE), agent).expect("written");
        }
        fs::create_dir(directory.path().join("r12")).expect("a run without a name");
        let expected = [("a".to_owned(), vec![RunId(9), RunId(10)]), ("b".to_owned(), vec![RunId(11)])];
        assert_eq!(runs(directory.path()).expect("listed"), BTreeMap::from(expected));
    }

    #[test]
    fn what_was_written_since_an_instant_is_found_by_marks_else_by_segments() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path();
        assert_eq!(offset_at(path, 5).expect("nothing"), 0);
        fs::write(segment_path(path, 0), "0123456789").expect("written");
        let marks = [mark(0, 10_000), mark(4, 20_000), mark(6, 60_000)].concat();
        fs::write(times_path(path, 0), [&marks[..], b"torn"].concat()).expect("written");
        fs::write(segment_path(path, 10), "abc").expect("written");
        fs::write(times_path(path, 10), mark(10, 90_000)).expect("written");
        let found = [0, 10_500, 11_000, 20_000, 59_000, 60_500, 61_000, 90_999, 91_000];
        let found = found.map(|since_ms| offset_at(path, since_ms).expect("readable"));
        assert_eq!(found, [0, 0, 4, 4, 6, 6, 10, 10, 13]);
        fs::remove_file(times_path(path, 0)).expect("gone");
        assert_eq!(offset_at(path, 61_000).expect("readable"), 0, "this segment was written just now");
    }

    fn read_all(reader: &mut Reader) -> Vec<(u64, String)> {
        let mut pieces = Vec::new();
        let mut buffer = [0; 4];
        loop {
            let piece = reader.read(&mut buffer).unwrap();
            if piece.length == 0 {
                return pieces;
            }
            pieces.push((piece.offset, String::from_utf8_lossy(&buffer[..piece.length]).into_owned()));
        }
    }

    fn piece(offset: u64, text: &str) -> (u64, String) {
        (offset, text.to_owned())
    }

    #[test]
    fn reads_across_segments_and_gaps_and_follows() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        assert_eq!(bounds(path).unwrap(), 0..0);
        fs::write(segment_path(path, 10), "abcdef").unwrap();
        fs::write(segment_path(path, 16), "gh").unwrap();
        fs::write(segment_path(path, 100), "xyz").unwrap();
        fs::write(path.join("transcript.torn"), "?").unwrap();
        assert_eq!(bounds(path).unwrap(), 10..103);

        let mut reader = Reader::new(path, 3);
        let expected = [piece(10, "abcd"), piece(14, "ef"), piece(16, "gh"), piece(100, "xyz")];
        assert_eq!(read_all(&mut reader), expected);
        assert_eq!(reader.position(), 103);

        fs::write(segment_path(path, 100), "xyz12").unwrap();
        fs::write(segment_path(path, 105), "!").unwrap();
        assert_eq!(read_all(&mut reader), [piece(103, "12"), piece(105, "!")]);

        reader.seek(12);
        fs::remove_file(segment_path(path, 10)).unwrap();
        assert_eq!(read_all(&mut Reader::new(path, 12))[0], piece(16, "gh"));
    }
}
