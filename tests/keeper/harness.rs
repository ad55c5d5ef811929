//! A keeper in a directory of its own, and a supervisor that is nothing but the wire.

use quarterdeck::process::{self, Also, Identity, ProcessStat};
use quarterdeck::wire::codec::Decoder;
use quarterdeck::wire::launch::{Launch, Limits, OnLoss};
use quarterdeck::wire::record::ExitRecord;
use quarterdeck::wire::{FromKeeper, ToKeeper, VERSIONS, Versions};
use quarterdeck_core::ending::{Exit, TreeReport};
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Nothing here takes as long; what does has failed.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

static RUNS: AtomicU32 = AtomicU32::new(0);

/// A run in preparation, and later the keeper that holds it. Leaves no process.
pub(crate) struct Run {
    _directory: TempDir,
    pub(crate) launch: Launch,
    pub(crate) keeper: Option<Child>,
}

impl Run {
    /// A run of this program.
    pub(crate) fn of(program: &str, arguments: &[&str]) -> Run {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().canonicalize().unwrap();
        let number = RUNS.fetch_add(1, Ordering::Relaxed);
        let environment = [("PATH", std::env::var("PATH").unwrap()), ("TERM", "xterm-256color".into())];
        let launch = Launch {
            mark: format!("test-{}-{number}", std::process::id()),
            directory: path.clone(),
            socket: path.join("socket"),
            program: program.into(),
            arguments: arguments.iter().map(OsString::from).collect(),
            environment: environment.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
            working_directory: path,
            size: (80, 24),
            limits: Limits::default(),
            cgroup: None,
            on_loss: OnLoss::Kill,
            stop_signal: libc::SIGTERM,
            stop_grace: Duration::from_secs(15),
            transcript_segment_bytes: 16 * 1024 * 1024,
            transcript_segments_max: 4,
            input: None,
        };
        Run { _directory: directory, launch, keeper: None }
    }

    /// A run of a shell script.
    pub(crate) fn shell(script: &str) -> Run {
        Run::of("sh", &["-c", script])
    }

    /// Starts the keeper and returns when it listens.
    pub(crate) fn start(&mut self) -> &mut Run {
        let (mut child, said) = spawn(&self.launch);
        if said != quarterdeck::wire::READY {
            let mut why = String::new();
            child.stderr.take().unwrap().read_to_string(&mut why).unwrap();
            panic!("no keeper: {:?}: {why}", child.wait());
        }
        self.keeper = Some(child);
        self
    }

    pub(crate) fn keeper_pid(&self) -> u32 {
        self.keeper.as_ref().unwrap().id()
    }

    /// A supervisor that has seen nothing yet.
    pub(crate) fn supervise(&self) -> Supervisor {
        Supervisor::connect(&self.launch.socket, 0)
    }

    /// Starts the keeper, and a supervisor of it.
    pub(crate) fn started(&mut self) -> Supervisor {
        self.start();
        self.supervise()
    }

    pub(crate) fn exit_record(&self) -> Option<ExitRecord> {
        ExitRecord::read(&self.launch.directory).unwrap()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.launch.directory.join(name)
    }

    /// Waits for the keeper's own end.
    pub(crate) fn keeper_ended(&mut self) -> std::process::ExitStatus {
        let keeper = self.keeper.as_mut().unwrap();
        until("the keeper ends", || keeper.try_wait().unwrap())
    }

    /// Kills the keeper as nobody should.
    pub(crate) fn kill_keeper(&mut self) {
        if let Some(mut keeper) = self.keeper.take() {
            let _ = keeper.kill();
            keeper.wait().unwrap();
        }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.kill_keeper();
        let _ = process::sweep_by_mark(&self.launch.mark, Also::default(), LIMIT);
        if let Some(cgroup) = &self.launch.cgroup {
            let _ = std::fs::remove_dir(cgroup);
        }
    }
}

/// A keeper process that was told its launch, and the first line it said.
pub(crate) fn spawn(launch: &Launch) -> (Child, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_qd"));
    command.arg("__keeper").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(&launch.encode());
    let mut said = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
    (child, said)
}

/// Waits for a fact that nothing announces. Fails when it does not come true within [`LIMIT`].
pub(crate) fn until<T>(what: &str, mut fact: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + LIMIT;
    loop {
        if let Some(found) = fact() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

/// Waits until this very process is gone.
pub(crate) fn until_gone(identity: &Identity) {
    until("a process is gone", || (!identity.is_alive()).then_some(()));
}

/// The number that this file holds, once it does.
pub(crate) fn pid_in(path: &Path) -> u32 {
    let read = || std::fs::read_to_string(path).ok().filter(|text| text.ends_with('\n'))?.trim().parse().ok();
    until("a process wrote its id", read)
}

/// Who is a stranger's or a friend's number now.
pub(crate) fn identity(pid: u32) -> Identity {
    Identity::of(pid).unwrap()
}

pub(crate) fn stat(pid: u32) -> ProcessStat {
    ProcessStat::of(pid).unwrap()
}

/// What a keeper said, without the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    Welcome { newest: u64 },
    Refused(Versions),
    Started(u32),
    StartFailed(String),
    Output,
    InputTaken(u64),
    InputDropped(u64),
    Frozen(u32),
    FreezeFailed(String),
    Thawed,
    Exited(Exit, u32),
    Emptied(TreeReport),
    TranscriptFailing(String),
    TranscriptRecovered,
    Closed,
}

/// The other end of the wire.
pub(crate) struct Supervisor {
    stream: UnixStream,
    decoder: Decoder,
    /// Everything put out, from the offset asked for.
    pub(crate) output: Vec<u8>,
    /// Where the output was asked from.
    pub(crate) from: u64,
    /// Bytes that the keeper said are gone.
    pub(crate) missing: u64,
    /// How many bytes the keeper has heard.
    pub(crate) heard: u64,
    /// Everything said, but output.
    pub(crate) said: Vec<Said>,
}

impl Supervisor {
    /// Connects and says hello.
    pub(crate) fn connect(socket: &Path, from: u64) -> Supervisor {
        Supervisor::connect_with(socket, from, VERSIONS)
    }

    pub(crate) fn connect_with(socket: &Path, from: u64, versions: Versions) -> Supervisor {
        let stream = UnixStream::connect(socket).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        stream.set_write_timeout(Some(LIMIT)).unwrap();
        let decoder = Decoder::new(64 * 1024);
        let mut supervisor =
            Supervisor { stream, decoder, output: Vec::new(), from, missing: 0, heard: 0, said: Vec::new() };
        supervisor.say(ToKeeper::Hello { versions, resume_from: from });
        supervisor
    }

    pub(crate) fn say(&mut self, message: ToKeeper<'_>) {
        let mut bytes = Vec::new();
        message.encode(&mut bytes);
        self.stream.write_all(&bytes).unwrap();
    }

    /// The next thing said. Output must follow on what came before, or say that bytes are missing.
    pub(crate) fn hear(&mut self) -> Said {
        loop {
            if let Some(message) = self.decoder.next_from_keeper().unwrap() {
                let said = match message {
                    FromKeeper::Output { offset, bytes } => {
                        let expected = self.from + self.missing + self.output.len() as u64;
                        assert!(offset >= expected, "output is doubled: {offset} after {expected}");
                        self.missing += offset - expected;
                        self.output.extend_from_slice(bytes);
                        return Said::Output;
                    }
                    FromKeeper::Heard { total } => {
                        self.heard = total;
                        continue;
                    }
                    FromKeeper::Welcome { newest, heard, .. } => {
                        self.heard = heard.unwrap();
                        Said::Welcome { newest }
                    }
                    FromKeeper::Refused { versions } => Said::Refused(versions),
                    FromKeeper::Started { pid } => Said::Started(pid),
                    FromKeeper::StartFailed { reason } => Said::StartFailed(reason.into()),
                    FromKeeper::InputTaken { total } => Said::InputTaken(total),
                    FromKeeper::InputDropped { total } => Said::InputDropped(total),
                    FromKeeper::Frozen { processes } => Said::Frozen(processes),
                    FromKeeper::FreezeFailed { reason } => Said::FreezeFailed(reason.into()),
                    FromKeeper::Thawed => Said::Thawed,
                    FromKeeper::Exited { exit, left } => Said::Exited(exit, left),
                    FromKeeper::Emptied { report } => Said::Emptied(report),
                    FromKeeper::TranscriptFailing { reason } => Said::TranscriptFailing(reason.into()),
                    FromKeeper::TranscriptRecovered => Said::TranscriptRecovered,
                };
                self.said.push(said.clone());
                return said;
            }
            match self.stream.read(self.decoder.space()) {
                Ok(0) => return Said::Closed,
                Ok(count) => self.decoder.filled(count),
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return Said::Closed,
                Err(error) => panic!("nothing more is said ({error}) after {:?}, {:?}", self.said, self.text()),
            }
        }
    }

    /// Hears until something is said that is wanted.
    pub(crate) fn until<T>(&mut self, mut wanted: impl FnMut(&Said) -> Option<T>) -> T {
        let deadline = Instant::now() + LIMIT;
        loop {
            let said = self.hear();
            if let Some(found) = wanted(&said) {
                return found;
            }
            assert!(said != Said::Closed, "closed after {:?}", self.said);
            assert!(Instant::now() < deadline, "waited in vain after {:?}", self.said);
        }
    }

    pub(crate) fn until_said(&mut self, wanted: Said) {
        self.until(|said| (*said == wanted).then_some(()));
    }

    pub(crate) fn until_started(&mut self) -> u32 {
        self.until(|said| if let Said::Started(pid) = said { Some(*pid) } else { None })
    }

    pub(crate) fn until_exited(&mut self) -> (Exit, u32) {
        self.until(|said| if let Said::Exited(exit, left) = said { Some((*exit, *left)) } else { None })
    }

    pub(crate) fn until_emptied(&mut self) -> TreeReport {
        self.until(|said| if let Said::Emptied(report) = said { Some(*report) } else { None })
    }

    /// Hears until the output holds this text.
    pub(crate) fn until_output(&mut self, text: &str) {
        let deadline = Instant::now() + LIMIT;
        while !self.text().contains(text) {
            assert!(self.hear() != Said::Closed && Instant::now() < deadline, "no {text:?} in {:?}", self.text());
        }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.output).into_owned()
    }
}
