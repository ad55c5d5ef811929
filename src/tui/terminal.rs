//! Takes the user's terminal, restores it exactly once, and lends it to the shell while the process is suspended.
//!
//! ```text
//!  take ─► taken ─► restored         on return, on an error, on a panic (hook), on SIGTERM, SIGHUP, SIGINT
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

/// Saves the window's title on the terminal's stack (xterm's XTWINOPS 22).
const KEEP_TITLE: &str = "\x1b[22;2t";
/// Restores the window's title from the terminal's stack (xterm's XTWINOPS 23).
const GIVE_TITLE_BACK: &str = "\x1b[23;2t";

/// Whether this process has taken the terminal. There is one flag per process, as there is one terminal.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// The thread that took the user's terminal.
static TAKER: Mutex<Option<ThreadId>> = Mutex::new(None);
static HOOK: Once = Once::new();
static INPUT: Once = Once::new();

/// A guard that holds the terminal; dropping it restores the terminal.
#[derive(Debug)]
pub(super) struct Guard(());

impl Guard {
    /// Takes the terminal: raw mode, alternate screen, mouse, bracketed paste, focus events, and the part of the kitty
    /// keyboard protocol that distinguishes Esc from the start of a sequence (terminals without it ignore the request).
    ///
    /// # Errors
    /// Standard output is not a terminal, or does not accept the settings; then nothing stays changed.
    pub(super) fn take() -> io::Result<Guard> {
        *TAKER.lock().unwrap_or_else(PoisonError::into_inner) = Some(std::thread::current().id());
        HOOK.call_once(hook_panics);
        INPUT.call_once(never_wait_for_input);
        enter()?;
        Ok(Guard(()))
    }

    /// Restores the terminal for the shell and stops this process, as Ctrl-Z does; takes the terminal again after `fg`.
    ///
    /// # Errors
    /// The terminal can't be taken again.
    pub(super) fn suspend(&self) -> io::Result<()> {
        give_back();
        raise(Signal::SIGTSTP)?;
        enter()
    }

    /// Takes the terminal again after this process was stopped and continued from outside; another program may have
    /// changed all settings meanwhile.
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

/// Replaces standard input by the terminal, opened a second time for this process alone, so that reading does not wait.
///
/// crossterm reads until an event is whole (0.29, `event/source/unix/mio.rs`); after half a sequence it would wait for
/// the rest, on the thread that draws. The shell shares the open file that this process was given, so that file stays
/// as it is.
fn never_wait_for_input() {
    let path = if rustix::termios::isatty(io::stdin()) { "/proc/self/fd/0" } else { "/dev/tty" };
    let opened = opened_once_more(path).and_then(|own| Ok(rustix::stdio::dup2_stdin(&own)?));
    if let Err(error) = opened {
        tracing::debug!(%error, "the terminal can't be opened again: half a key sequence may hold up the screen");
    }
}

/// Opens the terminal a second time for this process alone, so that neither reading nor writing waits.
///
/// # Errors
/// The terminal may not be opened.
pub(super) fn opened_once_more(path: &str) -> io::Result<OwnedFd> {
    let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    Ok(rustix::fs::open(path, flags, Mode::empty())?)
}

/// Installs a panic hook. A panic of the thread that draws restores the terminal before it is printed; a panic of
/// another thread is logged, because the dashboard still uses the terminal.
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

/// Sends a query to the terminal; the answer comes as input.
///
/// # Errors
/// The terminal is gone.
pub(super) fn ask(query: &str) -> io::Result<()> {
    execute!(io::stdout(), Print(query))
}

/// Discards the bytes that the terminal has not taken yet, undoes a Ctrl-S, and wakes a thread that still waits to
/// write. Flushing alone does not wake it on Linux (`pty_flush_buffer`), but stopping and starting the output does.
pub(super) fn unblock() {
    // A terminal that is gone can't be unblocked, and blocks nobody.
    let _ = tcflush(io::stdout(), FlushArg::TCOFLUSH);
    let _ = tcflow(io::stdout(), FlowArg::TCOOFF);
    let _ = tcflow(io::stdout(), FlowArg::TCOON);
}

/// Restores the terminal. Does nothing when this process has not taken it, so it may be called from anywhere, and
/// twice.
fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    // If one step fails, the rest must still be tried. There is nobody to whom the error could be told.
    let mut out = io::stdout();
    let _ = execute!(out, crossterm::terminal::EndSynchronizedUpdate, crossterm::style::ResetColor);
    let _ = execute!(out, DisableFocusChange, DisableBracketedPaste, DisableMouseCapture);
    let _ = execute!(out, PopKeyboardEnhancementFlags, cursor::SetCursorStyle::DefaultUserShape, cursor::Show);
    let _ = execute!(out, LeaveAlternateScreen, Print(GIVE_TITLE_BACK));
    let _ = out.flush();
    let _ = disable_raw_mode();
}
