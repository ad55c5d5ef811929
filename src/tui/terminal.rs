//! The user's terminal: taken, given back exactly once, lent to the shell while suspended.
//!
//! ```text
//!  take ─► taken ─► give back        on return, on an error, on a panic (hook), on SIGTERM, SIGHUP, SIGINT
//!            ▲ │
//!       fg   │ ▼ Ctrl-Z
//!          lent
//! ```

use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste, EnableFocusChange,
    EnableMouseCapture, KeyboardEnhancementFlags, PopKeyboardEnhancementFlags, PushKeyboardEnhancementFlags,
};
use crossterm::style::Print;
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, execute};
use nix::sys::signal::{Signal, raise};
use nix::sys::termios::{FlowArg, FlushArg, tcflow, tcflush};
use rustix::fs::{Mode, OFlags};
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, Once, PoisonError};
use std::thread::ThreadId;

/// Puts the window's title on the terminal's stack, and takes it from there (xterm's XTWINOPS 22 and 23).
const KEEP_TITLE: &str = "\x1b[22;2t";
/// See [`KEEP_TITLE`].
const GIVE_TITLE_BACK: &str = "\x1b[23;2t";

/// Whether the terminal is ours now. One per process, as there is one terminal.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// Who took it.
static TAKER: Mutex<Option<ThreadId>> = Mutex::new(None);
static HOOK: Once = Once::new();
static INPUT: Once = Once::new();

/// The terminal is ours while this lives.
#[derive(Debug)]
pub(super) struct Guard(());

impl Guard {
    /// Takes the terminal: raw mode, alternate screen, mouse, bracketed paste, focus events, and of the kitty
    /// keyboard protocol what tells Esc from the start of a sequence (terminals without it ignore the request).
    ///
    /// # Errors
    /// Standard output is not a terminal, or does not take it; then nothing stays changed.
    pub(super) fn take() -> io::Result<Guard> {
        *TAKER.lock().unwrap_or_else(PoisonError::into_inner) = Some(std::thread::current().id());
        HOOK.call_once(hook_panics);
        INPUT.call_once(never_wait_for_input);
        enter()?;
        Ok(Guard(()))
    }

    /// Gives the terminal to the shell and stops this process, as Ctrl-Z does; takes it again after `fg`.
    ///
    /// # Errors
    /// The terminal can't be taken again.
    pub(super) fn suspend(&self) -> io::Result<()> {
        give_back();
        raise(Signal::SIGTSTP)?;
        enter()
    }

    /// Takes the terminal again after this process was stopped and continued from outside, when whoever used it
    /// meanwhile may have changed everything.
    ///
    /// # Errors
    /// The terminal can't be taken again.
    pub(super) fn retake(&self) -> io::Result<()> {
        give_back();
        enter()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        give_back();
    }
}

/// Opens the terminal once more for this process alone, such that reading does not wait, in place of standard input.
///
/// crossterm reads until an event is whole (0.29, `event/source/unix/mio.rs`); of half a sequence it would wait for the
/// rest, on the thread that draws. The open file that we were given is the shell's too, and stays as it is.
fn never_wait_for_input() {
    let path = if rustix::termios::isatty(io::stdin()) { "/proc/self/fd/0" } else { "/dev/tty" };
    let opened = opened_once_more(path).and_then(|own| Ok(rustix::stdio::dup2_stdin(&own)?));
    if let Err(error) = opened {
        tracing::debug!(%error, "the terminal can't be opened once more: half a key sequence may hold up the screen");
    }
}

/// A terminal opened once more for this process alone, such that neither reading nor writing waits.
///
/// # Errors
/// It may not be opened.
pub(super) fn opened_once_more(path: &str) -> io::Result<OwnedFd> {
    let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    Ok(rustix::fs::open(path, flags, Mode::empty())?)
}

/// A panic of the thread that draws gives the terminal back before it is told. One of another thread, while the
/// screen goes on, is not told over the screen but logged.
fn hook_panics() {
    let next = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let taker = *TAKER.lock().unwrap_or_else(PoisonError::into_inner);
        if !TAKEN.load(Ordering::SeqCst) || taker == Some(std::thread::current().id()) {
            give_back();
            next(panic);
        } else {
            tracing::error!("{panic}");
        }
    }));
}

fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    let entered = execute!(
        io::stdout(),
        EnterAlternateScreen,
        PushKeyboardEnhancementFlags(KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES),
        EnableMouseCapture,
        EnableBracketedPaste,
        EnableFocusChange,
        Print(KEEP_TITLE),
        cursor::Hide,
    );
    if entered.is_err() {
        give_back();
    }
    entered
}

/// Asks the terminal something; what it answers comes as input.
///
/// # Errors
/// The terminal is gone.
pub(super) fn ask(query: &str) -> io::Result<()> {
    execute!(io::stdout(), Print(query))
}

/// Throws away what the terminal has not taken yet, undoes a Ctrl-S, and wakes a thread that still waits for room.
/// Flushing alone does not wake it on Linux (`pty_flush_buffer`), but being stopped and started does.
pub(super) fn unblock() {
    // A terminal that is gone can't be unblocked, and blocks nobody.
    let _ = tcflush(io::stdout(), FlushArg::TCOFLUSH);
    let _ = tcflow(io::stdout(), FlowArg::TCOOFF);
    let _ = tcflow(io::stdout(), FlowArg::TCOON);
}

/// Gives the terminal back as it was. Does nothing when it is not ours, so it may be called from anywhere, twice.
fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    // Whatever fails here, the rest must still be tried, and there is nobody left to tell.
    let mut out = io::stdout();
    let _ = execute!(out, crossterm::terminal::EndSynchronizedUpdate, crossterm::style::ResetColor);
    let _ = execute!(out, DisableFocusChange, DisableBracketedPaste, DisableMouseCapture);
    let _ = execute!(out, PopKeyboardEnhancementFlags, cursor::SetCursorStyle::DefaultUserShape, cursor::Show);
    let _ = execute!(out, LeaveAlternateScreen, Print(GIVE_TITLE_BACK));
    let _ = out.flush();
    let _ = disable_raw_mode();
}
