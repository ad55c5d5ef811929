//! The file into which a user wants a result written. All options that name a file use this module.
//!
//! The named file is written into and never replaced by something else: a FIFO, a device and a link stay what they are.
//! A regular file appears only when it is complete: it is written beside its place, then renamed into it. `-` is
//! standard output. Everything that can be refused is refused by [`Destination::prepare`], before any work is done; a
//! file that the command itself reads is refused as a destination.

use super::exit::Exit;
use super::failure::Failure;
use rustix::fs::{Access, access};
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// What happens to the earlier content of a regular file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// The earlier content is replaced once the new text is complete.
    Replaced,
    /// The earlier content stays, and the new text is appended to it.
    Kept,
}

/// A file that a user named, and that can be written as far as that can be known in advance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    path: PathBuf,
    before: Before,
}

/// The name of standard output, as in other commands (POSIX, utility syntax guideline 13).
const STANDARD_OUTPUT: &str = "-";

/// An open destination while it is written.
#[derive(Debug)]
pub enum Sink {
    /// A temporary file beside a regular file, until it is complete.
    Aside(NamedTempFile),
    /// The named file itself, which exists already.
    Into(File),
}

impl Destination {
    /// Makes sure that the file can be written later; a missing directory is created. `reads` are the files and
    /// directories that the command works with.
    ///
    /// # Errors
    /// An error is returned if the path is a directory, its directory cannot be created, it may not be written, or it
    /// is one of `reads` or is within one.
    pub fn prepare(path: &Path, before: Before, reads: &[&Path]) -> Result<Destination, Failure> {
        let destination = Destination { path: path.to_owned(), before };
        if reads.iter().any(|read| destination.is_within(read)) {
            let what = format!("cannot write {}: this command reads it", path.display());
            return Err(Failure::new(Exit::Usage, what).hint("name another file"));
        }
        destination.check().map_err(|error| destination.unwritable(error, Exit::Usage))?;
        Ok(destination)
    }

    /// Whether the destination is this file, or is within this directory.
    pub fn is_within(&self, other: &Path) -> bool {
        let same_file = |own: &fs::Metadata, other: &fs::Metadata| {
            own.is_file() && (own.dev(), own.ino()) == (other.dev(), other.ino())
        };
        if let (Ok(own), Ok(other)) = (fs::metadata(&self.path), fs::metadata(other))
            && same_file(&own, &other)
        {
            return true;
        }
        let own = self.path.canonicalize().or_else(|_| {
            self.directory().canonicalize().map(|directory| directory.join(self.path.file_name().unwrap_or_default()))
        });
        own.and_then(|own| other.canonicalize().map(|other| own.starts_with(other))).unwrap_or(false)
    }

    fn is_standard_output(&self) -> bool {
        self.path.as_os_str() == STANDARD_OUTPUT
    }

    fn check(&self) -> io::Result<()> {
        if self.is_standard_output() {
            return Ok(());
        }
        match fs::metadata(&self.path) {
            Ok(found) if found.is_dir() => Err(ErrorKind::IsADirectory.into()),
            Ok(_) => Ok(access(&self.path, Access::WRITE_OK)?),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                if let Ok(target) = fs::read_link(&self.path) {
                    return Destination { path: self.directory().join(target), ..self.clone() }.check();
                }
                if self.path.file_name().is_none() {
                    return Err(error);
                }
                fs::create_dir_all(self.directory())?;
                Ok(access(self.directory(), Access::WRITE_OK | Access::EXEC_OK)?)
            }
            Err(error) => Err(error),
        }
    }

    /// Writes the whole text to the destination.
    ///
    /// # Errors
    /// An error of the operating system is returned.
    pub fn write(&self, text: &[u8]) -> Result<(), Failure> {
        let mut sink = self.open()?;
        sink.write_all(text).map_err(|error| self.unwritable(error, Exit::Failed))?;
        self.finish(sink)
    }

    /// Opens the destination for writing. A FIFO waits here for its reader.
    ///
    /// # Errors
    /// An error of the operating system is returned.
    pub fn open(&self) -> Result<Sink, Failure> {
        self.opened().map_err(|error| self.unwritable(error, Exit::Failed))
    }

    fn opened(&self) -> io::Result<Sink> {
        if self.is_standard_output() {
            return io::stdout().as_fd().try_clone_to_owned().map(|output| Sink::Into(output.into()));
        }
        if self.before == Before::Replaced && self.is_plain() {
            let made = tempfile::Builder::new()
                .prefix(".qd-")
                .make_in(self.directory(), |aside| {
                    OpenOptions::new().write(true).create_new(true).mode(0o666).open(aside)
                })
                .map(|aside| aside.into_parts());
            match made {
                Ok((file, aside)) => return Ok(Sink::Aside(NamedTempFile::from_parts(file, aside))),
                // The file may be writable though its directory is not.
                Err(error) if error.kind() == ErrorKind::PermissionDenied => {}
                Err(error) => return Err(error),
            }
        }
        let mut how = OpenOptions::new();
        how.create(true);
        match self.before {
            Before::Replaced => how.write(true).truncate(true),
            Before::Kept => how.append(true),
        };
        how.open(&self.path).map(Sink::Into)
    }

    /// Whether the path does not exist, or is a regular file with no other name. A link, a FIFO and a device are
    /// written into.
    fn is_plain(&self) -> bool {
        match fs::symlink_metadata(&self.path) {
            Ok(found) => found.is_file() && found.nlink() == 1,
            Err(_) => true,
        }
    }

    /// Completes the output and renames it into its place. A file that existed keeps its permissions.
    ///
    /// # Errors
    /// An error of the operating system is returned.
    pub fn finish(&self, sink: Sink) -> Result<(), Failure> {
        let placed = || -> io::Result<()> {
            let Sink::Aside(aside) = sink else { return Ok(()) };
            if let Ok(found) = fs::metadata(&self.path) {
                aside.as_file().set_permissions(fs::Permissions::from_mode(found.mode() & 0o7777))?;
            }
            aside.as_file().sync_data()?;
            aside.persist(&self.path).map(|_| ()).map_err(|error| error.error)
        };
        placed().map_err(|error| self.unwritable(error, Exit::Failed))
    }

    fn directory(&self) -> &Path {
        self.path.parent().filter(|parent| *parent != OsStr::new("")).unwrap_or(Path::new("."))
    }

    fn unwritable(&self, error: io::Error, exit: Exit) -> Failure {
        Failure::new(exit, format!("cannot write {}", self.path.display())).because(error)
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Sink::Aside(file) => file.write(bytes),
            Sink::Into(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Sink::Aside(file) => file.flush(),
            Sink::Into(file) => file.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{FileTypeExt, symlink};

    fn wrote(path: &Path, text: &str) -> Result<(), Failure> {
        Destination::prepare(path, Before::Replaced, &[])?.write(text.as_bytes())
    }

    #[test]
    fn what_is_no_plain_file_is_written_into_and_stays_what_it_is() {
        let directory = tempfile::tempdir().expect("a directory");
        let at = |name: &str| directory.path().join(name);
        let text = |name: &str| fs::read_to_string(at(name)).expect("a file");
        nix::unistd::mkfifo(&at("fifo"), nix::sys::stat::Mode::S_IRWXU).expect("a FIFO");
        let fifo = at("fifo");
        let reader = std::thread::spawn(move || fs::read_to_string(fifo).expect("read"));
        wrote(&at("fifo"), "told").expect("written");
        assert_eq!(reader.join().expect("a reader"), "told");
        assert!(fs::metadata(at("fifo")).expect("there").file_type().is_fifo());

        fs::write(at("real"), "a longer text of old").expect("a file");
        symlink("real", at("link")).expect("a link");
        symlink("not there yet", at("dangling")).expect("a link");
        fs::hard_link(at("real"), at("same")).expect("a name");
        wrote(&at("link"), "new").expect("written");
        wrote(&at("dangling"), "new").expect("written");
        assert!(at("link").is_symlink() && at("dangling").is_symlink());
        assert_eq!([text("real"), text("same"), text("not there yet")], ["new", "new", "new"]);
        wrote(Path::new("/dev/null"), "x").expect("written");
        assert!(fs::metadata("/dev/null").expect("there").file_type().is_char_device());
    }

    #[test]
    fn a_plain_file_is_replaced_when_all_of_it_is_there_and_keeps_its_permissions() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("plain");
        fs::write(&path, "old").expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("a mode");
        let destination = Destination::prepare(&path, Before::Replaced, &[]).expect("writable");
        let mut sink = destination.open().expect("open");
        sink.write_all(b"new").expect("written");
        assert_eq!(fs::read_to_string(&path).expect("a file"), "old");
        destination.finish(sink).expect("placed");
        assert_eq!(fs::read_to_string(&path).expect("a file"), "new");
        assert_eq!(fs::metadata(&path).expect("there").mode() & 0o777, 0o640);
        assert_eq!(fs::read_dir(directory.path()).expect("a directory").count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_directory_that_is_missing_is_made_and_what_cannot_be_written_is_refused_beforehand() {
        let directory = tempfile::tempdir().expect("a directory");
        let at = |name: &str| directory.path().join(name);
        wrote(&at("a/b/report.xml"), "x").expect("written");
        assert!(at("a/b/report.xml").is_file());
        fs::write(at("file"), "").expect("a file");
        symlink("not/yet/there.xml", at("dangling")).expect("a link");
        wrote(&at("dangling"), "x").expect("written");
        assert!(at("dangling").is_symlink() && at("not/yet/there.xml").is_file());
        for refused in [at("a"), at("file/report.xml"), PathBuf::from("/proc/nowhere/x.xml"), PathBuf::from("/")] {
            let failure = Destination::prepare(&refused, Before::Kept, &[]).expect_err("refused");
            assert_eq!(failure.exit, Exit::Usage, "{}", refused.display());
        }
    }

    #[test]
    fn what_the_command_reads_is_not_written_over_by_whatever_name() {
        let directory = tempfile::tempdir().expect("a directory");
        let at = |name: &str| directory.path().join(name);
        fs::write(at("plan.toml"), "[tasks.a]").expect("a file");
        fs::create_dir(at("state")).expect("a directory");
        symlink("plan.toml", at("link")).expect("a link");
        fs::hard_link(at("plan.toml"), at("same")).expect("a name");
        let (plan, state) = (at("plan.toml"), at("state"));
        for name in ["plan.toml", "state/../plan.toml", "link", "same", "state/journal", "state"] {
            let refused = Destination::prepare(&at(name), Before::Replaced, &[&plan, &state]);
            assert_eq!(refused.expect_err("refused").exit, Exit::Usage, "{name}");
        }
        Destination::prepare(&at("plan.xml"), Before::Replaced, &[&plan, &state]).expect("another");
        Destination::prepare(Path::new("-"), Before::Replaced, &[&plan, &state]).expect("standard output");
        assert_eq!(fs::read_to_string(plan).expect("a file"), "[tasks.a]");
    }
}
