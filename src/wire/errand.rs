//! The protocol of errands: commands that are run on a task's behalf, such as its `verify`. The helper that runs one
//! (`qd __errand`) reads an [`Errand`] from its standard input and writes an [`ErrandEnd`] to its standard output. It
//! kills all processes of the errand as soon as its standard input ends, so none outlives the supervisor that wanted
//! it.

use super::fields::{
    Fields, LaunchError, begin, finish, put_arguments, put_bytes, put_environment, put_path, put_span, read_whole,
};
use quarterdeck_core::ending::Exit;
use std::ffi::OsString;
use std::fmt;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

const VERSION: u16 = 1;

/// A command to run to its end, with all processes that it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errand {
    /// The mark that is put into its environment as `QD_RUN`, by which the remaining processes of a killed helper are
    /// found.
    pub mark: String,
    /// The program, looked up on the PATH of `environment` when it has no slash.
    pub program: OsString,
    /// The arguments of the program, without the program itself.
    pub arguments: Vec<OsString>,
    /// The whole environment of the program.
    pub environment: Vec<(OsString, OsString)>,
    /// The working directory of the program. It must exist.
    pub working_directory: PathBuf,
    /// Path of the file that gets the newest output of the command, mode 0600; an old file is replaced.
    pub log: PathBuf,
    /// The most bytes of the output that are kept.
    pub log_bytes_max: u64,
    /// The longest time that the command may take; then it is killed.
    pub limit: Duration,
}

/// The way in which an errand ended. No process of it remains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrandEnd {
    /// The command ended by itself.
    Ended(Exit),
    /// The command took longer than its limit.
    Late,
    /// The command could not be started, for this reason.
    NotStarted(String),
}

impl Errand {
    /// Encodes this errand as bytes, in the layout of a [`Launch`](super::launch::Launch).
    pub fn encode(&self) -> Vec<u8> {
        let mut out = begin(VERSION);
        put_bytes(&mut out, self.mark.as_bytes());
        put_bytes(&mut out, self.program.as_bytes());
        put_arguments(&mut out, &self.arguments);
        put_environment(&mut out, &self.environment);
        put_path(&mut out, &self.working_directory);
        put_path(&mut out, &self.log);
        out.extend_from_slice(&self.log_bytes_max.to_le_bytes());
        put_span(&mut out, self.limit);
        finish(out)
    }

    /// Reads one errand, and not a byte more.
    ///
    /// # Errors
    /// When it can't be read, or is not an errand.
    pub fn read(mut from: impl Read) -> Result<Errand, LaunchError> {
        Errand::decode(&read_whole(&mut from)?)
    }

    fn decode(bytes: &[u8]) -> Result<Errand, LaunchError> {
        let mut fields = Fields::of(bytes);
        fields.u16("version")?;
        Ok(Errand {
            mark: String::from_utf8(fields.bytes("mark")?.to_vec()).map_err(|_| LaunchError::Malformed("mark"))?,
            program: fields.os_string("program")?,
            arguments: fields.arguments()?,
            environment: fields.environment()?,
            working_directory: fields.path("working_directory")?,
            log: fields.path("log")?,
            log_bytes_max: fields.u64("log_bytes_max")?,
            limit: fields.span("limit")?,
        })
    }
}

impl fmt::Display for ErrandEnd {
    /// Writes the line by which the helper reports the end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ErrandEnd::Ended(Exit::Code(code)) => write!(f, "exit {code}"),
            ErrandEnd::Ended(Exit::Signal(signal)) => write!(f, "signal {signal}"),
            ErrandEnd::Late => f.write_str("late"),
            ErrandEnd::NotStarted(why) => write!(f, "not started: {}", why.replace(char::is_control, " ")),
        }
    }
}

impl FromStr for ErrandEnd {
    type Err = LaunchError;

    fn from_str(line: &str) -> Result<ErrandEnd, LaunchError> {
        let malformed = LaunchError::Malformed("end");
        let line = line.trim_end_matches('\n');
        match line.split_once(' ') {
            None if line == "late" => Ok(ErrandEnd::Late),
            Some(("exit", code)) => code.parse().map(|code| ErrandEnd::Ended(Exit::Code(code))).map_err(|_| malformed),
            Some(("signal", signal)) => {
                signal.parse().map(|signal| ErrandEnd::Ended(Exit::Signal(signal))).map_err(|_| malformed)
            }
            _ => line.strip_prefix("not started: ").map(|why| ErrandEnd::NotStarted(why.to_owned())).ok_or(malformed),
        }
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

    prop_compose! {
        fn errand()(
            mark in ".*",
            program in os_string(),
            arguments in prop::collection::vec(os_string(), 0..4),
            environment in prop::collection::vec((os_string(), os_string()), 0..4),
            paths in prop::array::uniform2(os_string()),
            log_bytes_max in any::<u64>(),
            limit_ms in any::<u64>(),
        ) -> Errand {
            let [working_directory, log] = paths.map(PathBuf::from);
            Errand {
                mark, program, arguments, environment, working_directory, log, log_bytes_max,
                limit: Duration::from_millis(limit_ms),
            }
        }
    }

    fn end() -> impl Strategy<Value = ErrandEnd> {
        prop_oneof![
            any::<i32>().prop_map(|code| ErrandEnd::Ended(Exit::Code(code))),
            any::<i32>().prop_map(|signal| ErrandEnd::Ended(Exit::Signal(signal))),
            Just(ErrandEnd::Late),
            "[^\\p{C}\n]*".prop_map(ErrandEnd::NotStarted),
        ]
    }

    proptest! {
        #[test]
        fn round_trip(errand in errand(), end in end()) {
            prop_assert_eq!(Errand::read(&errand.encode()[..]).unwrap(), errand);
            prop_assert_eq!(format!("{end}\n").parse::<ErrandEnd>().unwrap(), end);
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), line in "\\PC*") {
            let _ = Errand::decode(&bytes);
            let _ = line.parse::<ErrandEnd>();
        }
    }
}
