//! The launch record, which a keeper gets at its start through its standard input: never through arguments or a file,
//! because the environment may hold secrets.

use super::fields::{
    Fields, LaunchError, begin, finish, put_arguments, put_bytes, put_environment, put_optional, put_path, put_span,
    read_whole,
};
use std::ffi::OsString;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The version of the layout that this build writes. A later one only appends fields, which an older keeper does not
/// read.
const VERSION: u16 = 1;

/// Everything that a keeper needs to start one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// The run's mark, which is put into the agent's environment as `QD_RUN`, and by which stray processes are found.
    pub mark: String,
    /// Path of the run's own directory, mode 0700: lock, transcript, exit record.
    pub directory: PathBuf,
    /// Path of the socket on which the keeper listens, mode 0600.
    pub socket: PathBuf,
    /// The program, looked up on the PATH of `environment` when it has no slash.
    pub program: OsString,
    /// The arguments of the program, without the program itself.
    pub arguments: Vec<OsString>,
    /// The whole environment of the program.
    pub environment: Vec<(OsString, OsString)>,
    /// The working directory of the program. It must exist.
    pub working_directory: PathBuf,
    /// The terminal's size at the start: columns, rows.
    pub size: (u16, u16),
    /// The resource limits of the agent's process.
    pub limits: Limits,
    /// Path of a cgroup (v2) for the process tree, which is removed afterwards; none where there is no cgroup.
    pub cgroup: Option<PathBuf>,
    /// The action of the keeper when no supervisor is connected.
    pub on_loss: OnLoss,
    /// The number of the signal by which the run is asked to end when `on_loss` says so.
    pub stop_signal: i32,
    /// The time from that signal to SIGKILL.
    pub stop_grace: Duration,
    /// The size of one transcript file, bytes; a full one is closed and the next begun.
    pub transcript_segment_bytes: u64,
    /// The most transcript files that are kept.
    pub transcript_segments_max: u32,
    /// Path of a file that is the program's standard input, instead of the terminal.
    pub input: Option<PathBuf>,
}

/// The limits on the agent's process, which its children inherit (setrlimit(2), and the cgroup where it can).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// The address space of each process (RLIMIT_AS), or memory.max of the cgroup, bytes.
    pub memory_bytes: Option<u64>,
    /// The number of processes: RLIMIT_NPROC counts the user's processes, pids.max of the cgroup counts the tree's.
    pub processes: Option<u64>,
    /// The open files of each process (RLIMIT_NOFILE).
    pub open_files: Option<u64>,
}

/// The action of a keeper when no supervisor is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnLoss {
    /// The keeper continues for this long, then stops the run.
    Keep(Duration),
    /// The keeper stops the run: signal, grace, SIGKILL.
    Stop,
    /// The keeper sends SIGKILL to the whole tree.
    Kill,
}

impl Launch {
    /// Encodes this launch as bytes: their count as u32, a version as u16, then each field, all little-endian; texts
    /// and lists are preceded by their length as u32.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = begin(VERSION);
        put_bytes(&mut out, self.mark.as_bytes());
        put_path(&mut out, &self.directory);
        put_path(&mut out, &self.socket);
        put_bytes(&mut out, self.program.as_bytes());
        put_arguments(&mut out, &self.arguments);
        put_environment(&mut out, &self.environment);
        put_path(&mut out, &self.working_directory);
        out.extend_from_slice(&self.size.0.to_le_bytes());
        out.extend_from_slice(&self.size.1.to_le_bytes());
        put_optional(&mut out, self.limits.memory_bytes);
        put_optional(&mut out, self.limits.processes);
        put_optional(&mut out, self.limits.open_files);
        put_path(&mut out, self.cgroup.as_deref().unwrap_or(Path::new("")));
        let (on_loss, keep) = match self.on_loss {
            OnLoss::Keep(keep) => (ON_LOSS_KEEP, keep),
            OnLoss::Stop => (ON_LOSS_STOP, Duration::ZERO),
            OnLoss::Kill => (ON_LOSS_KILL, Duration::ZERO),
        };
        out.push(on_loss);
        put_span(&mut out, keep);
        out.extend_from_slice(&self.stop_signal.to_le_bytes());
        put_span(&mut out, self.stop_grace);
        out.extend_from_slice(&self.transcript_segment_bytes.to_le_bytes());
        out.extend_from_slice(&self.transcript_segments_max.to_le_bytes());
        put_path(&mut out, self.input.as_deref().unwrap_or(Path::new("")));
        finish(out)
    }

    /// Reads one launch, and not a byte more.
    pub fn read(mut from: impl Read) -> Result<Launch, LaunchError> {
        Launch::decode(&read_whole(&mut from)?)
    }

    /// Decodes the bytes behind the length. Fields behind the last known one are ignored.
    fn decode(bytes: &[u8]) -> Result<Launch, LaunchError> {
        let mut fields = Fields::of(bytes);
        fields.u16("version")?;
        let mark = String::from_utf8(fields.bytes("mark")?.to_vec()).map_err(|_| LaunchError::Malformed("mark"))?;
        Ok(Launch {
            mark,
            directory: fields.path("directory")?,
            socket: fields.path("socket")?,
            program: fields.os_string("program")?,
            arguments: fields.arguments()?,
            environment: fields.environment()?,
            working_directory: fields.path("working_directory")?,
            size: (fields.u16("size")?, fields.u16("size")?),
            limits: Limits {
                memory_bytes: fields.optional("memory_bytes")?,
                processes: fields.optional("processes")?,
                open_files: fields.optional("open_files")?,
            },
            cgroup: Some(fields.path("cgroup")?).filter(|path| !path.as_os_str().is_empty()),
            on_loss: on_loss(&mut fields)?,
            stop_signal: fields.u32("stop_signal")? as i32,
            stop_grace: fields.span("stop_grace")?,
            transcript_segment_bytes: fields.u64("transcript_segment_bytes")?,
            transcript_segments_max: fields.u32("transcript_segments_max")?,
            input: fields.later(|fields| fields.path("input"))?.filter(|path| !path.as_os_str().is_empty()),
        })
    }
}

const ON_LOSS_KEEP: u8 = 0;
const ON_LOSS_STOP: u8 = 1;
const ON_LOSS_KILL: u8 = 2;

fn on_loss(fields: &mut Fields<'_>) -> Result<OnLoss, LaunchError> {
    let [kind] = fields.array("on_loss")?;
    let keep = fields.span("on_loss")?;
    match kind {
        ON_LOSS_KEEP => Ok(OnLoss::Keep(keep)),
        ON_LOSS_STOP => Ok(OnLoss::Stop),
        ON_LOSS_KILL => Ok(OnLoss::Kill),
        _ => Err(LaunchError::Malformed("on_loss")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::os::unix::ffi::OsStringExt;

    fn os_string() -> impl Strategy<Value = OsString> {
        prop::collection::vec(any::<u8>(), 0..20).prop_map(OsString::from_vec)
    }

    fn on_loss() -> impl Strategy<Value = OnLoss> {
        prop_oneof![
            (0..u64::MAX).prop_map(|ms| OnLoss::Keep(Duration::from_millis(ms))),
            Just(OnLoss::Stop),
            Just(OnLoss::Kill),
        ]
    }

    fn limits() -> impl Strategy<Value = Limits> {
        let limit = || prop::option::of(0..u64::MAX);
        (limit(), limit(), limit()).prop_map(|(memory_bytes, processes, open_files)| Limits {
            memory_bytes,
            processes,
            open_files,
        })
    }

    prop_compose! {
        fn launch()(
            mark in ".*",
            paths in prop::array::uniform5(os_string()),
            program in os_string(),
            arguments in prop::collection::vec(os_string(), 0..6),
            environment in prop::collection::vec((os_string(), os_string()), 0..6),
            size in any::<(u16, u16)>(),
            limits in limits(),
            on_loss in on_loss(),
            stop_signal in any::<i32>(),
            grace_ms in any::<u64>(),
            transcript in any::<(u64, u32)>(),
        ) -> Launch {
            let [directory, socket, working_directory, cgroup, input] = paths.map(PathBuf::from);
            Launch {
                mark, directory, socket, program, arguments, environment, working_directory, size, limits,
                cgroup: Some(cgroup).filter(|path| !path.as_os_str().is_empty()),
                on_loss, stop_signal,
                stop_grace: Duration::from_millis(grace_ms),
                transcript_segment_bytes: transcript.0,
                transcript_segments_max: transcript.1,
                input: Some(input).filter(|path| !path.as_os_str().is_empty()),
            }
        }
    }

    proptest! {
        #[test]
        fn round_trip_and_later_fields_are_ignored(launch in launch(), later in prop::collection::vec(any::<u8>(), 0..9)) {
            let mut bytes = launch.encode();
            prop_assert_eq!(&Launch::read(&bytes[..]).unwrap(), &launch);
            bytes.extend_from_slice(&later);
            prop_assert_eq!(Launch::decode(&bytes[4..]).unwrap(), launch);
        }

        #[test]
        fn what_an_older_build_wrote_is_read(launch in launch()) {
            let launch = Launch { input: None, ..launch };
            let bytes = launch.encode();
            prop_assert_eq!(Launch::decode(&bytes[4..bytes.len() - 4]).unwrap(), launch);
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = Launch::decode(&bytes);
            let _ = Launch::read(&bytes[..]);
        }

        #[test]
        fn a_cut_launch_is_an_error(launch in launch(), keep in 0.0..1.0f64) {
            let bytes = launch.encode();
            let cut = (bytes.len() as f64 * keep) as usize;
            prop_assert!(Launch::read(&bytes[..cut]).is_err());
        }
    }
}
