//! Connects to a fleet's supervisor: the one that runs, or a new one in the background.
//!
//! ```text
//!  qd ──hello──► answers ────────────────────────────────────────────► joined
//!   └── nobody ─► start lock ─► hello again ─► answers ──────────────► joined (another qd was faster)
//!                     └── nobody ─► spawn `qd __supervisor`, read its standard output:
//!                                       `R` + hello as JSON, end of file ─► started
//!                                       `E` + what failed,   end of file ─► told to the user
//! ```
//!
//! The client that starts a supervisor holds the start lock until that supervisor is ready, so if two clients start one
//! at once, the second waits and joins; the lock ends with its holder. Readiness is a byte in a pipe: nothing is
//! polled. The new supervisor leaves the caller's session by itself (setsid(2)) and replaces its standard output by
//! `/dev/null` once it has reported its result.

use super::control::Client;
use super::error::ClientError;
use super::http::{ANSWER_DEADLINE, connect};
use super::process::Process;
use crate::place::{Place, RUNTIME_VARIABLE};
use crate::regular::{self, Links};
use rustix::fs::{FlockOperation, flock};
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// How long a supervisor may take to be ready. It reads the journal and adopts every keeper first.
const START_DEADLINE: Duration = Duration::from_secs(30);

/// The longest report of a supervisor that could not start, in bytes. Beyond it, the rest is in its log.
const WORD_BYTES_MAX: u64 = 64 * 1024;

/// The size of the file that holds a supervisor's standard error, in bytes. Beyond it, a new start empties the file.
const LAST_WORDS_BYTES_MAX: u64 = 1024 * 1024;

/// How many of the last bytes that a supervisor printed are shown when it dies without a report.
const LAST_WORDS_SHOWN_BYTES: u64 = 2_000;

/// The pauses before a hello that broke off is repeated.
const BROKEN_HELLO_PAUSES: [Duration; 3] =
    [Duration::from_millis(5), Duration::from_millis(20), Duration::from_millis(100)];

/// The settings of a supervisor that is started when none runs.
#[derive(Clone, Debug)]
pub struct Background {
    /// Path of the program to start: `qd` itself.
    pub program: PathBuf,
    /// Whether agents end with their supervisor (`on_supervisor_loss = "kill"`) even if the configuration says
    /// otherwise.
    pub lifetime: Lifetime,
    /// How much the supervisor logs.
    pub verbosity: Verbosity,
}

/// The levels of a supervisor's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verbosity {
    /// The level that `QD_LOG` names; by default, messages of general interest.
    Usual,
    /// Every event and its effects.
    Debug,
}

/// Whether agents outlive their supervisor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// Agents outlive their supervisor if the configuration says so.
    Configured,
    /// Agents do not outlive their supervisor: this is for continuous integration, where no process may remain.
    Headless,
}

/// Whether a supervisor was found or started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joined {
    /// The supervisor was running already.
    Running,
    /// The supervisor was started by this call.
    Started,
}

impl Background {
    /// Returns settings that start this very program, as it is on disk.
    ///
    /// # Errors
    /// [`ClientError::System`] when the system can't say which program this is.
    pub fn this_program(lifetime: Lifetime, verbosity: Verbosity) -> Result<Background, ClientError> {
        let program = std::env::current_exe()
            .map_err(|error| ClientError::system("cannot find the path of this program", error))?;
        // A program file that was replaced by an upgrade can only be found by its old inode.
        let program = if program.exists() { program } else { PathBuf::from("/proc/self/exe") };
        Ok(Background { program, lifetime, verbosity })
    }

    fn command(&self, place: &Place) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("__supervisor").arg("--root").arg(&place.config_path);
        // The supervisor must listen where we look for it, however each of the two found the place.
        command.env(RUNTIME_VARIABLE, place.runtime_base());
        if self.lifetime == Lifetime::Headless {
            command.arg("--headless");
        }
        if self.verbosity == Verbosity::Debug {
            command.env("QD_LOG", "debug");
        }
        command
    }
}

/// Returns a client of the fleet's supervisor, and starts a supervisor in the background if none answers.
///
/// # Errors
/// [`ClientError::CannotStart`] with the supervisor's own report (an invalid configuration, for example), and every
/// error of [`Client::connect`] except the absence of a supervisor.
pub async fn ensure(place: &Place, background: &Background) -> Result<(Client, Joined), ClientError> {
    if let Some(client) = present(place).await? {
        return Ok((client, Joined::Running));
    }
    place.prepare()?;
    let _held_until_ready = start_lock(place).await?;
    if let Some(client) = present(place).await? {
        return Ok((client, Joined::Running));
    }
    match start(place, background).await {
        Ok(()) => Ok((Client::connect(place).await?, Joined::Started)),
        // Someone else started a supervisor in the meantime: ours found that the fleet is taken.
        Err(error) => match present(place).await {
            Ok(Some(client)) => Ok((client, Joined::Running)),
            _ => Err(error),
        },
    }
}

/// Returns a client, or none if no supervisor runs. A supervisor that is being killed may break the connection before
/// its socket refuses new ones, so a hello that breaks off is repeated.
async fn present(place: &Place) -> Result<Option<Client>, ClientError> {
    let mut pauses = BROKEN_HELLO_PAUSES.into_iter();
    loop {
        match (Client::connect(place).await, pauses.next()) {
            (Ok(client), _) => return Ok(Some(client)),
            (Err(error), _) if error.is_absent() => return Ok(None),
            (Err(ClientError::Broken { .. }), Some(pause)) => tokio::time::sleep(pause).await,
            (Err(error), _) => return Err(error),
        }
    }
}

async fn start_lock(place: &Place) -> Result<File, ClientError> {
    let path = place.runtime_directory.join("start.lock");
    let failed = |error| ClientError::system(format!("cannot lock {}", path.display()), error);
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(&path).map_err(failed)?;
    let locking = tokio::task::spawn_blocking(move || flock(&file, FlockOperation::LockExclusive).map(|()| file));
    match timeout(START_DEADLINE, locking).await {
        Err(_) => Err(ClientError::Silent { what: "another qd's start".to_owned(), waited: START_DEADLINE }),
        Ok(Err(error)) => Err(failed(io::Error::other(error))),
        Ok(Ok(locked)) => locked.map_err(|error| failed(error.into())),
    }
}

async fn start(place: &Place, background: &Background) -> Result<(), ClientError> {
    let (last_words, path) = last_words(place)?;
    let spawned = background
        .command(place)
        .stdin(match background.lifetime {
            Lifetime::Configured => Stdio::null(),
            Lifetime::Headless => Stdio::piped(),
        })
        .stdout(Stdio::piped())
        .stderr(Stdio::from(last_words))
        .current_dir(&place.root)
        .spawn();
    let mut child =
        spawned.map_err(|error| ClientError::system(format!("cannot run {}", background.program.display()), error))?;
    let word = timeout(START_DEADLINE, first_word(&mut child)).await;
    let word = word.map_err(|_| ClientError::Silent { what: "its start".to_owned(), waited: START_DEADLINE })?;
    match word.as_deref() {
        Ok([b'R', ..]) => {
            // The pipe is held until this process ends, in any way; a headless supervisor learns of that end by it.
            std::mem::forget(child.stdin.take());
            Ok(())
        }
        Ok([b'E', why @ ..]) => {
            Err(ClientError::CannotStart { why: String::from_utf8_lossy(why).trim_end().to_owned() })
        }
        Ok(_) => Err(ClientError::CannotStart { why: died(child.wait().await, &path) }),
        Err(error) => Err(ClientError::CannotStart { why: error.to_string() }),
    }
}

async fn first_word(child: &mut Child) -> io::Result<Vec<u8>> {
    let mut word = Vec::new();
    if let Some(output) = child.stdout.take() {
        output.take(WORD_BYTES_MAX).read_to_end(&mut word).await?;
    }
    Ok(word)
}

/// Opens the file that receives a supervisor's standard error, such as the message of a panic.
fn last_words(place: &Place) -> Result<(File, PathBuf), ClientError> {
    let path = place.state_directory.join("supervisor.stderr");
    let failed = |error| ClientError::system(format!("cannot open {}", path.display()), error);
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(&path).map_err(failed)?;
    if file.metadata().is_ok_and(|found| found.len() > LAST_WORDS_BYTES_MAX) {
        file.set_len(0).map_err(failed)?;
    }
    Ok((file, path))
}

fn died(status: io::Result<ExitStatus>, last_words: &Path) -> String {
    let how = status.map_or_else(|error| error.to_string(), |status| status.to_string());
    format!("it ended without an error message ({how})\n{}", tail(last_words).unwrap_or_default()).trim_end().to_owned()
}

fn tail(path: &Path) -> io::Result<String> {
    let mut file = regular::open_file(path, Links::Follow)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LAST_WORDS_SHOWN_BYTES)))?;
    // The file is being written: bytes that are added later are not needed.
    let mut bytes = Vec::new();
    file.take(LAST_WORDS_SHOWN_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Ends the fleet's supervisor, if there is one, and leaves its agents to the next supervisor. It is killed, which
/// works for every version and even if it hangs; a supervisor may be killed at any moment and loses nothing.
///
/// Agents whose `on_supervisor_loss` is `stop` or `kill` end with the supervisor.
///
/// # Errors
/// Every error of [`Client::connect`] except the absence of a supervisor; [`ClientError::System`] if it cannot be
/// ended.
pub async fn take_over(place: &Place) -> Result<(), ClientError> {
    let stream = match connect(place).await {
        Ok(stream) => stream,
        Err(error) if error.is_absent() => return Ok(()),
        Err(error) => return Err(error),
    };
    let failed = |error| ClientError::system("cannot end the supervisor", error);
    let peer = stream.peer_cred().map_err(failed)?;
    let pid = peer.pid().and_then(|pid| u32::try_from(pid).ok()).ok_or_else(|| failed(ErrorKind::NotFound.into()))?;
    // A supervisor that ended by itself in the meantime has released the fleet already.
    let Ok(process) = Process::of(pid) else { return Ok(()) };
    process.kill().map_err(failed)?;
    match process.is_gone_within(ANSWER_DEADLINE).await {
        true => Ok(()),
        false => Err(ClientError::Silent { what: "SIGKILL".to_owned(), waited: ANSWER_DEADLINE }),
    }
}
