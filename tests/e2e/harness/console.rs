//! A person's terminal, simulated: a PTY with a program in it, read by a terminal emulator that answers queries as a
//! real one does, and typed into.

use super::fleet::Fleet;
use super::pace::DEADLINE;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use quarterdeck::term::Terminal;
use quarterdeck::term::frame::Size;
use quarterdeck::tui::cadence::{READ_AMID_LETTERS_MS, READ_MS};
use std::fs::File;
use std::io::{PipeReader, PipeWriter, Read, Write, pipe};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The number of lines that the emulator keeps above the screen.
const HISTORY_LINES: u32 = 2_000;

/// A terminal with a program in it.
pub(crate) struct Console {
    master: Box<dyn MasterPty + Send>,
    line: File,
    child: Box<dyn Child + Send + Sync>,
    shown: Arc<Shown>,
    /// A pipe that is closed to end the watcher, which holds a descriptor of the terminal that a hang-up must close.
    stop: Option<PipeWriter>,
    watcher: Option<JoinHandle<()>>,
    /// Whether the process may outlive its terminal.
    spare_the_child: bool,
}

/// The output so far, and a condition that wakes threads which wait for more.
struct Shown {
    state: Mutex<State>,
    more: Condvar,
}

struct State {
    terminal: Terminal,
    bytes: Vec<u8>,
    ended: bool,
}

impl Console {
    /// Opens a terminal of this size and runs a shell script in it. `$QD` is the program under test.
    #[track_caller]
    pub(crate) fn open(fleet: &Fleet, columns: u16, rows: u16, script: &str) -> Console {
        let mut command = CommandBuilder::new("sh");
        command.args(["-c", script]);
        command.cwd(&fleet.root);
        command.env_clear();
        fleet.environment().into_iter().for_each(|(name, value)| command.env(name, value));
        command.env("QD", env!("CARGO_BIN_EXE_qd"));
        command.env("COLORTERM", "truecolor");
        Console::run(command, columns, rows)
    }

    /// Opens a terminal of this size and runs a command in it.
    #[track_caller]
    pub(crate) fn run(command: CommandBuilder, columns: u16, rows: u16) -> Console {
        let pair = native_pty_system().openpty(size(columns, rows)).expect("a PTY");
        let child = pair.slave.spawn_command(command).expect("a process");
        drop(pair.slave);
        let (line, watched) = (line(&*pair.master), line(&*pair.master));
        let (stopped, stop) = pipe().expect("a pipe");
        let terminal = Terminal::new(Size::clamped(columns, rows), HISTORY_LINES);
        let state = Mutex::new(State { terminal, bytes: Vec::new(), ended: false });
        let shown = Arc::new(Shown { state, more: Condvar::new() });
        let seen = Arc::clone(&shown);
        let watcher = Some(std::thread::spawn(move || watch(watched, &seen, &stopped)));
        Console { master: pair.master, line, child, shown, stop: Some(stop), watcher, spare_the_child: false }
    }

    /// Types these bytes into the terminal.
    #[track_caller]
    pub(crate) fn send(&self, bytes: impl AsRef<[u8]>) {
        (&self.line).write_all(bytes.as_ref()).expect("the terminal takes input");
    }

    /// Answers a question on the screen with a letter. A dashboard accepts no answer before a person can have read the
    /// question, so this waits for longer than that; nothing on the screen tells when it is over.
    #[track_caller]
    pub(crate) fn answer(&self, letter: &str) {
        std::thread::sleep(Duration::from_millis(READ_MS + READ_AMID_LETTERS_MS));
        self.send(letter);
    }

    /// Changes the terminal's size.
    pub(crate) fn resize(&self, columns: u16, rows: u16) {
        self.shown.lock().terminal.resize(Size::clamped(columns, rows));
        self.master.resize(size(columns, rows)).expect("a size");
    }

    /// Returns the screen as text.
    pub(crate) fn text(&self) -> String {
        self.shown.lock().terminal.text()
    }

    /// Returns every byte that was printed so far.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.shown.lock().bytes.clone()
    }

    /// Returns the terminal modes that the program has switched on, for comparing.
    pub(crate) fn modes(&self) -> String {
        let frame = self.shown.lock().terminal.frame();
        format!("{:?} cursor {:?}", frame.modes, frame.cursor.shape)
    }

    /// Returns the id of the process in the terminal.
    pub(crate) fn pid(&self) -> u32 {
        self.child.process_id().expect("a process")
    }

    /// Waits until the screen shows a text, and returns the screen.
    #[track_caller]
    pub(crate) fn until(&self, text: &str) -> String {
        self.until_true(&format!("{text:?} on the screen"), |screen| screen.contains(text))
    }

    /// Waits until the screen satisfies a condition, and returns the screen.
    #[track_caller]
    pub(crate) fn until_true(&self, what: &str, fits: impl Fn(&str) -> bool) -> String {
        let end = Instant::now() + DEADLINE;
        let mut state = self.shown.lock();
        loop {
            state.terminal.end_sync();
            let screen = state.terminal.text();
            if fits(&screen) {
                return screen;
            }
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero() && !state.ended, "still waiting for {what}; the screen shows:\n{screen}");
            state = self.shown.more.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until the program has ended and everything it wrote was read. Returns its exit code.
    #[track_caller]
    pub(crate) fn end(&mut self) -> u32 {
        let end = Instant::now() + DEADLINE;
        let mut state = self.shown.lock();
        while !state.ended {
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "the program has not ended; the screen shows:\n{}", state.terminal.text());
            state = self.shown.more.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        drop(state);
        self.child.wait().expect("an exit code").exit_code()
    }

    /// Takes the terminal away, as a closed window or a dropped line does: its programs get SIGHUP. The process is not
    /// killed, and does whatever it does then.
    pub(crate) fn hang_up(mut self) {
        self.spare_the_child = true;
    }

    fn stop_watching(&mut self) {
        self.stop = None;
        let _ended_well = self.watcher.take().map(JoinHandle::join);
    }
}

impl Shown {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        self.stop_watching();
        if !self.spare_the_child {
            let _ended_already = self.child.kill();
            let _reaped_already = self.child.wait();
        }
    }
}

/// Reads into the emulator, and writes its answers back, until the program is gone or the watcher is stopped.
fn watch(mut line: File, shown: &Shown, stopped: &PipeReader) {
    let mut buffer = vec![0; 65_536];
    while readable(&line, stopped) {
        let length = match line.read(&mut buffer) {
            Ok(length) if length > 0 => length,
            // EIO: the last program has closed the terminal.
            _ => break,
        };
        let mut state = shown.lock();
        state.terminal.advance(&buffer[..length]);
        state.bytes.extend_from_slice(&buffer[..length]);
        let replies = state.terminal.take_replies();
        drop(state);
        let _gone = line.write_all(&replies);
        shown.more.notify_all();
    }
    shown.lock().ended = true;
    shown.more.notify_all();
}

/// Waits until there is output to read; returns false when the watcher is stopped.
fn readable(line: &File, stopped: &PipeReader) -> bool {
    let wanted = PollFlags::POLLIN;
    let mut watched = [PollFd::new(line.as_fd(), wanted), PollFd::new(stopped.as_fd(), wanted)];
    while poll(&mut watched, PollTimeout::NONE) == Err(nix::errno::Errno::EINTR) {}
    let told = |index: usize| watched[index].any().unwrap_or(false);
    !told(1)
}

/// Opens a further descriptor of the terminal, because portable-pty's writer types an end-of-file when it is dropped.
fn line(master: &dyn MasterPty) -> File {
    let fd = master.as_raw_fd().expect("a PTY has a descriptor");
    // SAFETY: the descriptor is open for as long as `master` is, which outlives this borrow of it.
    let borrowed = unsafe { BorrowedFd::borrow_raw(fd) };
    File::from(borrowed.try_clone_to_owned().expect("a descriptor"))
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}
