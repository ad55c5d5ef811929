//! The records that a keeper writes beside the transcript. They tell later readers which keeper holds a run, and how
//! the run ended: `<directory>/keeper` while the keeper is alive, `<directory>/exit` once the agent's process is gone.
//!
//! Both are lines of `name value`; unknown names are ignored, so a later keeper may write more. Both are written under
//! another name and renamed: a reader sees all of a record, or none. Nothing waits for the disk. When a process is
//! killed, its written records stay; after a power cut no run of that boot exists any more, and the boot id tells that.

use crate::process::Identity;
use crate::regular;
use quarterdeck_core::ending::{Exit, TreeReport};
use std::fmt::{self, Display, Formatter};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The record of the keeper that holds a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeeperRecord {
    /// The identity of the keeper's process, across reused pids and reboots.
    pub identity: Identity,
    /// The highest protocol version that the keeper speaks.
    pub version: u16,
    /// Path of the socket on which the keeper listens.
    pub socket: PathBuf,
    /// The mark of the run's processes.
    pub mark: String,
}

/// The record of how a run ended, or why it could not begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExitRecord {
    /// The ending of the run's own process.
    pub ending: Ending,
    /// The time at which the agent's process was started, in milliseconds since 1970.
    pub started_unix_ms: u64,
    /// The time at which the agent's process was reaped, in milliseconds since 1970.
    pub ended_unix_ms: u64,
    /// Processor time in user code of the process and of all that were reaped before it, microseconds.
    pub user_us: u64,
    /// Processor time in the operating system of the process and of all that were reaped before it, microseconds.
    pub system_us: u64,
    /// The largest resident size that any single one of these processes had, bytes.
    pub resident_max_bytes: u64,
    /// The number of bytes that the terminal put out.
    pub output_bytes: u64,
    /// The report on how the tree was emptied; none while processes of it remain.
    pub emptied: Option<TreeReport>,
}

/// The ending of a run's own process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The process ran, and ended in this way.
    Exited(Exit),
    /// The process could not be started; the text is a sentence for people.
    StartFailed(String),
}

impl KeeperRecord {
    /// The record's file name in the run's directory.
    pub const FILE: &str = "keeper";

    /// Reads the record in this directory; none if there is no complete one.
    pub fn read(directory: &Path) -> io::Result<Option<Self>> {
        read(directory, Self::FILE)
    }

    /// Puts the record into the directory, replacing an older one.
    pub fn write(&self, directory: &Path) -> io::Result<()> {
        write(directory, Self::FILE, self)
    }
}

impl ExitRecord {
    /// The record's file name in the run's directory.
    pub const FILE: &str = "exit";

    /// Reads the record in this directory; none if there is no complete one.
    pub fn read(directory: &Path) -> io::Result<Option<Self>> {
        read(directory, Self::FILE)
    }

    /// Puts the record into the directory, replacing an older one. It stays there even if any process is killed
    /// afterwards.
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
