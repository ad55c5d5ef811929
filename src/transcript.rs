//! A run's transcript: every byte its terminal put out, on disk, addressed by the byte's absolute offset.
//!
//! It is a row of segments, files `transcript.<offset of the first byte, 20 digits>` in the run's directory. The
//! keeper appends to the last one and drops the oldest; anyone may read, at any time. Where bytes are missing
//! (rotated away, or the disk was full) the next segment simply begins later.

use crate::regular::{self, Links};
use quarterdeck_core::ids::RunId;
use std::fs::{self, File};
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

const PREFIX: &str = "transcript.";

/// The file in a run's directory that holds its agent's name.
pub const AGENT_FILE: &str = "agent";

/// One file of a transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The bytes it holds.
    pub range: Range<u64>,
    /// Where it is.
    pub path: PathBuf,
}

/// The path of the segment that begins at this offset.
pub fn segment_path(directory: &Path, start: u64) -> PathBuf {
    directory.join(format!("{PREFIX}{start:020}"))
}

/// The segments in this directory, oldest first. One that is removed meanwhile is left out.
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

/// From the oldest byte on disk to one past the newest; gaps may be between. `0..0` while there is nothing.
pub fn bounds(directory: &Path) -> io::Result<Range<u64>> {
    let segments = segments(directory)?;
    let oldest = segments.first().map_or(0, |segment| segment.range.start);
    let newest = segments.last().map_or(0, |segment| segment.range.end);
    Ok(oldest..newest)
}

/// The runs of an agent that are on disk, oldest first.
///
/// # Errors
/// What the system says; a directory that does not exist holds no runs.
pub fn runs_of(runs_directory: &Path, agent: &str) -> io::Result<Vec<RunId>> {
    let entries = match fs::read_dir(runs_directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut runs = Vec::new();
    for entry in entries {
        let entry = entry?;
        let Some(run) = run_of(&entry) else { continue };
        if agent_of(&entry.path()).is_some_and(|name| name == agent) {
            runs.push(run);
        }
    }
    runs.sort_unstable();
    Ok(runs)
}

/// The agent whose run has this directory, as far as it says.
pub fn agent_of(directory: &Path) -> Option<String> {
    let name = regular::text(&directory.join(AGENT_FILE), regular::SMALL_BYTES_MAX).ok()?;
    Some(name.trim_end().to_owned())
}

/// The run whose directory this is.
pub fn run_of(entry: &fs::DirEntry) -> Option<RunId> {
    entry.file_name().to_str()?.strip_prefix('r')?.parse().ok().map(RunId)
}

/// What one read brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The offset of its first byte. Larger than asked for where bytes are missing.
    pub offset: u64,
    /// How many bytes of the buffer are filled; 0: nothing newer is there (yet).
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
    /// A reader whose first byte is the one at `from`, or the first later one there is.
    pub fn new(directory: &Path, from: u64) -> Reader {
        Reader { directory: directory.to_owned(), position: from, open: None }
    }

    /// The offset of the next byte.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Goes to another offset. No file stays open.
    pub fn seek(&mut self, to: u64) {
        self.position = to;
        self.open = None;
    }

    /// Fills the buffer with what comes next. A follower that gets nothing asks again when a file in the
    /// directory has changed.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<Piece> {
        if let Some(piece) = self.read_open(buffer)? {
            return Ok(piece);
        }
        if let Some(segment) = self.next_segment()? {
            match regular::open_file(&segment.path, Links::Follow) {
                Ok(file) => self.open = Some((segment.range.start, file)),
                // It was the oldest and was dropped since it was listed; the next read finds what is left.
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

    /// The segment that holds the position, or the first one behind it.
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
        assert_eq!(runs_of(&directory.path().join("nowhere"), "a").expect("none"), []);
        for (run, agent) in [("r10", "a\n"), ("r9", "a"), ("r11", "b"), ("lost+found", "a")] {
            fs::create_dir(directory.path().join(run)).expect("a directory");
            fs::write(directory.path().join(run).join(AGENT_FILE), agent).expect("written");
        }
        fs::create_dir(directory.path().join("r12")).expect("a run without a name");
        assert_eq!(runs_of(directory.path(), "a").expect("listed"), [RunId(9), RunId(10)]);
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
