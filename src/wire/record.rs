//! What a keeper leaves on disk beside the transcript, so that whoever comes later learns who holds a run and how
//! it ended: `<directory>/keeper` while it lives, `<directory>/exit` once the agent's process is gone.
//!
//! Both are lines of `name value`; unknown names are ignored, so a later keeper may say more. Both are written
//! beside their place and renamed into it: a reader sees all of a record, or none. Nothing waits for the disk: whoever
//! is killed, what was written stays; after a power cut no run of that boot is left to be told of, and the boot id
//! says so.

use crate::process::Identity;
use crate::regular;
use quarterdeck_core::ending::{Exit, TreeReport};
use std::fmt::{self, Display, Formatter};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Who holds a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeeperRecord {
    /// The keeper's process, recognisable across pid reuse and reboots.
    pub identity: Identity,
    /// The highest protocol version it speaks.
    pub version: u16,
    /// Where it listens.
    pub socket: PathBuf,
    /// The run's mark.
    pub mark: String,
}

/// How a run ended, or could not begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExitRecord {
    /// The ending.
    pub ending: Ending,
    /// When the agent's process was started, milliseconds since 1970.
    pub started_unix_ms: u64,
    /// When it was reaped.
    pub ended_unix_ms: u64,
    /// Processor time of the process and of all that was reaped before it, in user code, microseconds.
    pub user_us: u64,
    /// The same in the kernel.
    pub system_us: u64,
    /// The largest resident size any single one of them had, bytes.
    pub resident_max_bytes: u64,
    /// Bytes the terminal put out.
    pub output_bytes: u64,
    /// What it took to empty the tree; none while processes of it are left.
    pub emptied: Option<TreeReport>,
}

/// The ending of a run's own process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It ran, and ended so.
    Exited(Exit),
    /// It could not be started; a sentence for people.
    StartFailed(String),
}

impl KeeperRecord {
    /// The record's name in the run's directory.
    pub const FILE: &str = "keeper";

    /// The record in this directory; none if there is no (whole) one.
    pub fn read(directory: &Path) -> io::Result<Option<Self>> {
        read(directory, Self::FILE)
    }

    /// Puts the record into the directory, replacing one that is there.
    pub fn write(&self, directory: &Path) -> io::Result<()> {
        write(directory, Self::FILE, self)
    }
}

impl ExitRecord {
    /// The record's name in the run's directory.
    pub const FILE: &str = "exit";

    /// The record in this directory; none if there is no (whole) one.
    pub fn read(directory: &Path) -> io::Result<Option<Self>> {
        read(directory, Self::FILE)
    }

    /// Puts the record into the directory, replacing one that is there; for whoever comes after any process was killed.
    pub fn write(&self, directory: &Path) -> io::Result<()> {
        write(directory, Self::FILE, self)
    }
}

fn read<T: FromStr>(directory: &Path, name: &str) -> io::Result<Option<T>> {
    match regular::text(&directory.join(name), regular::SMALL_BYTES_MAX) {
        Ok(text) => Ok(text.parse().ok()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn write(directory: &Path, name: &str, record: &impl Display) -> io::Result<()> {
    let beside = directory.join(format!("{name}.new"));
    regular::write_private(&beside, record.to_string())?;
    fs::rename(&beside, directory.join(name))
}

impl Display for KeeperRecord {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "pid {}", self.identity.pid)?;
        writeln!(f, "start_time_ticks {}", self.identity.start_time_ticks)?;
        writeln!(f, "boot_id {}", self.identity.boot_id)?;
        writeln!(f, "version {}", self.version)?;
        writeln!(f, "mark {}", self.mark)?;
        writeln!(f, "socket {}", self.socket.display())
    }
}

impl FromStr for KeeperRecord {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Ok(KeeperRecord {
            identity: Identity {
                pid: number(text, "pid")?,
                start_time_ticks: number(text, "start_time_ticks")?,
                boot_id: value(text, "boot_id")?.to_owned(),
            },
            version: number(text, "version")?,
            socket: PathBuf::from(value(text, "socket")?),
            mark: value(text, "mark")?.to_owned(),
        })
    }
}

impl Display for ExitRecord {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.ending {
            Ending::Exited(Exit::Code(code)) => writeln!(f, "code {code}")?,
            Ending::Exited(Exit::Signal(signal)) => writeln!(f, "signal {signal}")?,
            Ending::StartFailed(reason) => writeln!(f, "start_failed {}", reason.replace('\n', " "))?,
        }
        writeln!(f, "started_unix_ms {}", self.started_unix_ms)?;
        writeln!(f, "ended_unix_ms {}", self.ended_unix_ms)?;
        writeln!(f, "user_us {}", self.user_us)?;
        writeln!(f, "system_us {}", self.system_us)?;
        writeln!(f, "resident_max_bytes {}", self.resident_max_bytes)?;
        writeln!(f, "output_bytes {}", self.output_bytes)?;
        if let Some(report) = self.emptied {
            writeln!(f, "left_on_signal {}", report.left_on_signal)?;
            writeln!(f, "killed {}", report.killed)?;
        }
        writeln!(f, "end")
    }
}

impl FromStr for ExitRecord {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let emptied = match (number(text, "left_on_signal"), number(text, "killed")) {
            (Ok(left_on_signal), Ok(killed)) => Some(TreeReport { left_on_signal, killed }),
            _ => None,
        };
        Ok(ExitRecord {
            ending: text.parse()?,
            started_unix_ms: number(text, "started_unix_ms")?,
            ended_unix_ms: number(text, "ended_unix_ms")?,
            user_us: number(text, "user_us")?,
            system_us: number(text, "system_us")?,
            resident_max_bytes: number(text, "resident_max_bytes")?,
            output_bytes: number(text, "output_bytes")?,
            emptied,
        })
    }
}

impl FromStr for Ending {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if let Ok(code) = number(text, "code") {
            Ok(Ending::Exited(Exit::Code(code)))
        } else if let Ok(signal) = number(text, "signal") {
            Ok(Ending::Exited(Exit::Signal(signal)))
        } else {
            value(text, "start_failed").map(|reason| Ending::StartFailed(reason.to_owned()))
        }
    }
}

fn value<'a>(text: &'a str, name: &str) -> Result<&'a str, ()> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).ok_or(())
}

fn number<T: FromStr>(text: &str, name: &str) -> Result<T, ()> {
    value(text, name)?.parse().map_err(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn exit_record(ending: Ending, emptied: Option<TreeReport>) -> ExitRecord {
        ExitRecord {
            ending,
            started_unix_ms: 1,
            ended_unix_ms: 2,
            user_us: 3,
            system_us: 4,
            resident_max_bytes: 5,
            output_bytes: 6,
            emptied,
        }
    }

    #[test]
    fn records_are_read_as_they_were_written() {
        let directory = tempfile::tempdir().unwrap();
        let identity = Identity { pid: 7, start_time_ticks: 8, boot_id: "b-o-o-t".into() };
        let keeper =
            KeeperRecord { identity, version: 1, socket: "/run/qd/r 17.sock".into(), mark: "fleet r17".into() };
        keeper.write(directory.path()).unwrap();
        assert_eq!(KeeperRecord::read(directory.path()).unwrap(), Some(keeper));

        assert_eq!(ExitRecord::read(directory.path()).unwrap(), None);
        let report = TreeReport { left_on_signal: 2, killed: 1 };
        for ending in [
            Ending::Exited(Exit::Code(3)),
            Ending::Exited(Exit::Signal(9)),
            Ending::StartFailed("exec: no such file: claude: is it on PATH?".into()),
        ] {
            for emptied in [None, Some(report)] {
                let record = exit_record(ending.clone(), emptied);
                record.write(directory.path()).unwrap();
                assert_eq!(ExitRecord::read(directory.path()).unwrap(), Some(record));
            }
        }
        assert!(!directory.path().join("exit.new").exists());
    }

    #[test]
    fn half_a_record_is_none() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("exit"), "code 3\nstarted_unix_ms 1\n").unwrap();
        assert_eq!(ExitRecord::read(directory.path()).unwrap(), None);
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(text in "[a-z_ 0-9\n]*") {
            let _ = text.parse::<KeeperRecord>();
            let _ = text.parse::<ExitRecord>();
        }
    }
}
