//! Reading what runs have written, from the files their keepers leave in the state directory.
//!
//! ```text
//!  .quarterdeck/runs/r17/agent                the agent's name
//!  .quarterdeck/runs/r17/transcript.0         output from byte 0 on …
//!  .quarterdeck/runs/r17/transcript.16777216  … and from this byte on; older files go when there are too many
//! ```
//!
//! The files are only ever appended to, so they are read while a keeper writes them, and after everybody is gone.

use quarterdeck_core::ids::RunId;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// The file in a run's directory that holds its agent's name.
pub const AGENT_FILE: &str = "agent";

/// Bytes handed out at a time.
const CHUNK_BYTES: usize = 64 * 1024;

/// The runs of an agent that are on disk, oldest first.
///
/// # Errors
/// What the system says; a state directory that does not exist holds no runs.
pub fn runs_of(runs_directory: &Path, agent: &str) -> io::Result<Vec<RunId>> {
    let entries = match fs::read_dir(runs_directory) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut runs = Vec::new();
    for entry in entries {
        let entry = entry?;
        let Some(run) = number_after(&entry.file_name(), "r") else { continue };
        if fs::read_to_string(entry.path().join(AGENT_FILE)).is_ok_and(|name| name.trim_end() == agent) {
            runs.push(RunId(run));
        }
    }
    runs.sort_unstable();
    Ok(runs)
}

/// One run's output, in order, from the oldest byte that is still there.
#[derive(Debug)]
pub struct Reader {
    directory: PathBuf,
    open: Option<File>,
    /// The absolute offset of the next byte to read.
    offset: u64,
}

impl Reader {
    /// The output of the run with this directory.
    pub fn new(directory: &Path) -> Reader {
        Reader { directory: directory.to_owned(), open: None, offset: 0 }
    }

    /// The next bytes; none when there are no more for now. Bytes that are gone from the disk are passed over.
    ///
    /// # Errors
    /// What the system says.
    pub fn read(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(bytes) = self.read_open()? {
                return Ok(Some(bytes));
            }
            let Some((start, path)) = self.next_segment()? else { return Ok(None) };
            // What was added to the old file before the new one was begun.
            if let Some(bytes) = self.read_open()? {
                return Ok(Some(bytes));
            }
            self.open = match File::open(path) {
                Err(error) if error.kind() == ErrorKind::NotFound => None,
                opened => Some(opened?),
            };
            self.offset = start;
        }
    }

    fn read_open(&mut self) -> io::Result<Option<Vec<u8>>> {
        let Some(file) = &mut self.open else { return Ok(None) };
        let mut bytes = vec![0; CHUNK_BYTES];
        let count = file.read(&mut bytes)?;
        bytes.truncate(count);
        self.offset += count as u64;
        Ok((count > 0).then_some(bytes))
    }

    /// The first file that begins at our offset or later, other than an empty one we are reading already.
    fn next_segment(&self) -> io::Result<Option<(u64, PathBuf)>> {
        let mut next: Option<(u64, PathBuf)> = None;
        for entry in fs::read_dir(&self.directory)? {
            let entry = entry?;
            let Some(start) = number_after(&entry.file_name(), "transcript.") else { continue };
            let later = start > self.offset || (start == self.offset && !self.reads_from(start));
            if later && next.as_ref().is_none_or(|(first, _)| start < *first) {
                next = Some((start, entry.path()));
            }
        }
        Ok(next)
    }

    /// Whether the open file is the one that begins at `start`: nothing has been read from it yet.
    fn reads_from(&self, start: u64) -> bool {
        let same_file = |file: &File| {
            use std::os::unix::fs::MetadataExt;
            let open = file.metadata().ok()?;
            let found = fs::metadata(self.directory.join(format!("transcript.{start}"))).ok()?;
            Some((open.dev(), open.ino()) == (found.dev(), found.ino()))
        };
        self.open.as_ref().and_then(same_file).unwrap_or(false)
    }
}

fn number_after(name: &OsStr, prefix: &str) -> Option<u64> {
    name.to_str()?.strip_prefix(prefix)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Write;

    fn everything(reader: &mut Reader) -> String {
        let mut text = Vec::new();
        while let Some(bytes) = reader.read().expect("readable") {
            text.extend(bytes);
        }
        String::from_utf8(text).expect("text")
    }

    fn append(directory: &Path, offset: u64, text: &str) {
        let path = directory.join(format!("transcript.{offset}"));
        let mut file = File::options().create(true).append(true).open(path).expect("a file");
        file.write_all(text.as_bytes()).expect("written");
    }

    #[test]
    fn files_are_read_in_the_order_of_their_offsets_and_as_they_grow() {
        let directory = tempfile::tempdir().expect("a directory");
        let mut reader = Reader::new(directory.path());
        assert_eq!(everything(&mut reader), "");
        append(directory.path(), 0, "");
        assert_eq!(everything(&mut reader), "");
        append(directory.path(), 0, "0123456789");
        append(directory.path(), 10, "ab");
        assert_eq!(everything(&mut reader), "0123456789ab");
        append(directory.path(), 10, "cd");
        append(directory.path(), 14, "");
        assert_eq!(everything(&mut reader), "cd");
        append(directory.path(), 14, "!");
        assert_eq!(everything(&mut reader), "!");
    }

    #[test]
    fn what_is_gone_is_passed_over() {
        let directory = tempfile::tempdir().expect("a directory");
        append(directory.path(), 100, "late");
        append(directory.path(), 200, "later");
        assert_eq!(everything(&mut Reader::new(directory.path())), "latelater");
    }

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

    proptest! {
        #[test]
        fn nothing_is_lost_or_read_twice(pieces in proptest::collection::vec(("[a-z]{0,6}", any::<bool>()), 0..12)) {
            let directory = tempfile::tempdir().expect("a directory");
            let mut reader = Reader::new(directory.path());
            let (mut written, mut read, mut start) = (String::new(), String::new(), 0);
            for (text, rotate) in &pieces {
                if *rotate {
                    start = written.len() as u64;
                }
                append(directory.path(), start, text);
                written.push_str(text);
                read.push_str(&everything(&mut reader));
            }
            prop_assert_eq!(read, written);
        }
    }
}
