//! A terminal with a simulated person at it. It runs one program on a PTY of its own, reads as fast as it can, answers
//! queries as a terminal must, and measures how long a key takes to show.

use crate::measure;
use crate::outcome::{Doing, Outcome, until};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::process::Command;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The most of the newest output that is kept, bytes. Beyond it, the oldest is dropped.
const TAIL_BYTES_MAX: usize = 256 * 1024;

/// The queries that a terminal must answer, with their answers: DA1 as a VT220, no kitty keyboard, the cursor at home.
const ANSWERS: [(&[u8], &[u8]); 3] =
    [(b"\x1b[c", b"\x1b[?62;22c"), (b"\x1b[?u", b"\x1b[?0u"), (b"\x1b[6n", b"\x1b[1;1R")];

/// A program on a PTY, with a thread that reads its output.
pub(crate) struct Seat {
    child: Box<dyn Child + Send + Sync>,
    // Dropping the master hangs the terminal up; dropping portable-pty's writer types Ctrl-D. So both are kept.
    _master: Box<dyn MasterPty + Send>,
    keys: Keys,
    shared: Arc<Mutex<Shared>>,
    seen: Receiver<Instant>,
}

type Keys = Arc<Mutex<Box<dyn Write + Send>>>;

/// The state that the reader and the person share.
#[derive(Default)]
struct Shared {
    tail: Vec<u8>,
    total_bytes: u64,
    awaited: Option<Vec<u8>>,
}

impl Seat {
    /// Runs the command on a new terminal of this size (columns, rows).
    pub(crate) fn run(command: &Command, size: (u16, u16)) -> Outcome<Seat> {
        let pair = native_pty_system()
            .openpty(PtySize { cols: size.0, rows: size.1, pixel_width: 0, pixel_height: 0 })
            .doing("a terminal")?;
        let child = pair.slave.spawn_command(translated(command)).doing("a program on a terminal")?;
        drop(pair.slave);
        let reader = pair.master.try_clone_reader().doing("a terminal")?;
        let keys: Keys = Arc::new(Mutex::new(pair.master.take_writer().doing("a terminal")?));
        let shared = Arc::new(Mutex::new(Shared::default()));
        let (saw, seen) = channel();
        let (reader_keys, reader_shared) = (Arc::clone(&keys), Arc::clone(&shared));
        std::thread::spawn(move || read(reader, &reader_keys, &reader_shared, &saw));
        Ok(Seat { child, _master: pair.master, keys, shared, seen })
    }

    /// Returns the program's process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.process_id().unwrap_or(0)
    }

    /// Waits until this text was printed in one piece.
    pub(crate) fn wait_for(&self, text: &str, within: Duration) -> Outcome<()> {
        let shown = until(&format!("a terminal shows {text:?}"), within, || {
            let ended = !measure::lives(self.pid());
            let shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
            let found = find(&shared.tail, text.as_bytes()).is_some();
            (found || ended).then_some(found)
        });
        let why = match shown {
            Ok(true) => return Ok(()),
            Ok(false) => format!("the program ended without showing {text:?}"),
            Err(why) => why.to_string(),
        };
        Err(format!("{why}; the last it showed: {:?}", self.tail(400)).into())
    }

    /// Waits until nothing was printed for this long.
    pub(crate) fn wait_quiet(&self, span: Duration) {
        let mut before = self.total_bytes();
        loop {
            std::thread::sleep(span);
            let now = self.total_bytes();
            if now == before {
                return;
            }
            before = now;
        }
    }

    /// Returns the last bytes that were printed.
    pub(crate) fn tail(&self, bytes: usize) -> String {
        let shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&shared.tail[shared.tail.len().saturating_sub(bytes)..]).into_owned()
    }

    /// Returns how many bytes were printed so far.
    pub(crate) fn total_bytes(&self) -> u64 {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).total_bytes
    }

    /// Types these bytes into the terminal.
    pub(crate) fn type_keys(&self, keys: &[u8]) -> Outcome<()> {
        let mut writer = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        writer.write_all(keys).and_then(|()| writer.flush()).doing("typing")
    }

    /// Types one key and returns how long it took until `answer` was printed.
    pub(crate) fn key_to_echo(&self, key: u8, answer: char) -> Outcome<Duration> {
        while self.seen.try_recv().is_ok() {}
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).awaited = Some(answer.to_string().into_bytes());
        let typed = Instant::now();
        self.type_keys(&[key])?;
        let seen = self.seen.recv_timeout(Duration::from_secs(3));
        let seen = seen.map_err(|_| format!("no echo {answer:?}; the last shown: {:?}", self.tail(300)))?;
        Ok(seen.saturating_duration_since(typed))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        // A viewer that outlives its seat would disturb the next measurement; it has nothing to lose.
        let _ = self.child.kill();
        let pid = self.pid();
        let _ = until("a program ends", Duration::from_secs(2), || (!measure::lives(pid)).then_some(()));
        let _ = self.child.try_wait();
    }
}

/// Translates a command for portable-pty: the same program, arguments, directory and added environment.
fn translated(command: &Command) -> CommandBuilder {
    let mut builder = CommandBuilder::new(command.get_program());
    builder.args(command.get_args());
    match command.get_current_dir() {
        Some(directory) => builder.cwd(directory),
        None => builder.cwd(std::env::temp_dir()),
    }
    builder.env("TERM", "xterm-256color");
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => builder.env(name, value),
            None => builder.env_remove(name),
        }
    }
    builder
}

/// Reads the output until the terminal hangs up.
fn read(mut reader: Box<dyn Read + Send>, keys: &Keys, shared: &Mutex<Shared>, saw: &Sender<Instant>) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = reader.read(&mut buffer) {
        let at = Instant::now();
        let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh_from = shared.tail.len().saturating_sub(8);
        shared.tail.extend_from_slice(&buffer[..count]);
        shared.total_bytes += count as u64;
        let fresh = &shared.tail[fresh_from..];
        let echoed = shared.awaited.as_deref().is_some_and(|awaited| find(fresh, awaited).is_some());
        let answers = ANSWERS.iter().filter(|(question, _)| find(&buffer[..count], question).is_some());
        let answer: Vec<u8> = answers.flat_map(|(_, answer)| answer.iter().copied()).collect();
        if echoed {
            shared.awaited = None;
            let _ = saw.send(at);
        }
        let surplus = shared.tail.len().saturating_sub(TAIL_BYTES_MAX);
        if surplus > TAIL_BYTES_MAX / 2 {
            shared.tail.drain(..surplus);
        }
        drop(shared);
        if !answer.is_empty() {
            let _ = keys.lock().unwrap_or_else(PoisonError::into_inner).write_all(&answer);
        }
    }
}

/// Returns the index at which `needle` begins.
fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let (first, _) = needle.split_first()?;
    let mut from = 0;
    while let Some(at) = haystack[from..].iter().position(|byte| byte == first) {
        if haystack[from + at..].starts_with(needle) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}
