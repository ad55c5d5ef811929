//! Reads from a program's terminal what the program is doing: reports, titles, screens, bells and silence become the
//! signs that the core judges ([`quarterdeck_core::status`]).
//!
//! ```text
//!  terminal ─┬─ OSC 7501 ──────────────► Reported ┐
//!            ├─ title ──► patterns ────► Titled   │
//!            ├─ screen ─► patterns ────► Shows    ├──► Signs ──► Verdict
//!            ├─ bell, notification ────► Called   │   (core)
//!            └─ bytes, keys ───────────► Wrote …  ┘
//!   /proc ───── when something is due ─► Measured ┘
//! ```
//!
//! Why a program ended is read from its last lines ([`ending()`]); why a turn of it ended, from the words of the
//! verdict ([`turn_ending`]). The patterns are data: `assets/status.toml`.

mod ending;
mod patterns;
mod words;

pub use ending::{Last, ending, turn_ending};

pub use patterns::{PatternError, Patterns};
pub use words::{WORDS_CHARS_MAX, last_words};

use crate::term::{BlockedKind, ProgramState, ProgramStatus, TermSignal, Terminal};
use quarterdeck_core::status::{Activity, Observation, Question, QuestionKind, Signs, Stroke, Verdict, Vitals};
use quarterdeck_core::time::{Span, Time};

/// Watches one program through its terminal.
pub struct Watcher {
    signs: Signs,
    /// Whether a key was pressed and nothing was drawn since.
    key: bool,
}

impl Watcher {
    /// Makes a watcher for a program that starts now.
    pub fn new(now: Time) -> Watcher {
        Watcher { signs: Signs::new(now), key: false }
    }

    /// Makes a watcher for a program that was adopted, with the screen of its terminal and its last known verdict.
    pub fn resumed(terminal: &mut Terminal, known: Option<Verdict>, now: Time) -> Watcher {
        let says = [reported(terminal), titled(terminal), shows(terminal)];
        Watcher { signs: Signs::resumed(known, says, now), key: false }
    }

    /// Sets the time without a sign of life after which the program is unresponsive; none: never.
    pub fn unresponsive_after(self, after: Option<Span>) -> Watcher {
        Watcher { signs: self.signs.unresponsive_after(after), ..self }
    }

    /// Records that the program's processes were frozen, and run again.
    pub fn thawed(&mut self, now: Time) {
        self.signs.observe(Observation::Thawed, now);
    }

    /// Records a measurement of the program's processes; none if it failed.
    pub fn measured(&mut self, vitals: Option<Vitals>, now: Time) {
        self.signs.observe(Observation::Measured(vitals), now);
    }

    /// Returns when the program's processes must be measured; none if no measurement is needed.
    pub fn measures_at(&self) -> Option<Time> {
        self.signs.measures_at()
    }

    /// Records a signal that the terminal gave.
    pub fn signal(&mut self, signal: &TermSignal, terminal: &Terminal, now: Time) {
        let observation = match signal {
            TermSignal::Bell => Observation::Called(String::new()),
            TermSignal::Notification(text) => Observation::Called(text.clone()),
            TermSignal::ProgramReported => reported(terminal),
            TermSignal::TitleChanged => titled(terminal),
            TermSignal::Progress(_) | TermSignal::Command(_) | TermSignal::EmulatorRestarted => return,
        };
        self.signs.observe(observation, now);
    }

    /// Records that the program wrote these bytes, either by itself or in answer to a key or a change of size.
    pub fn wrote(&mut self, bytes: &[u8], why: Wrote, now: Time) {
        if self.key && bytes.iter().any(|byte| matches!(byte, 0x1b | b'\n')) {
            self.key = false;
            self.signs.observe(Observation::Drew, now);
        }
        if why == Wrote::OfItsOwn {
            self.signs.observe(Observation::Wrote, now);
        }
    }

    /// Records that these bytes were typed. Reports of the mouse and of the window's focus, and keys that only move
    /// something, do not count as an answer to a question.
    pub fn typed(&mut self, bytes: &[u8], now: Time) {
        if let Some(stroke) = stroke(bytes) {
            self.key = stroke == Stroke::Key;
            self.signs.observe(Observation::Typed(stroke), now);
        }
    }

    /// Reads the whole screen, which is worth doing when it has changed and come to rest.
    pub fn look(&mut self, terminal: &mut Terminal, now: Time) {
        self.signs.observe(shows(terminal), now);
    }

    /// Returns what the program is doing now.
    pub fn verdict(&mut self, now: Time) -> &Verdict {
        self.signs.verdict(now)
    }

    /// Returns when the verdict changes if nothing happens before; none if it does not change by itself.
    pub fn changes_at(&self) -> Option<Time> {
        self.signs.changes_at()
    }
}

/// The cause of a program's output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrote {
    /// The program wrote by itself, not in answer to input.
    OfItsOwn,
    /// The program wrote to echo a key, or to redraw itself.
    InAnswer,
}

/// Returns the kind of keystroke that typed bytes are; none for bytes that can answer no question.
pub fn stroke(bytes: &[u8]) -> Option<Stroke> {
    let moves = bytes.starts_with(b"\x1b") && bytes.len() > 1 && !bytes.starts_with(b"\x1b[200~");
    match bytes.last() {
        _ if moves => None,
        Some(b'\r' | b'\n' | 0x03 | 0x04) => Some(Stroke::Sent),
        Some(_) => Some(Stroke::Key),
        None => None,
    }
}

fn reported(terminal: &Terminal) -> Observation {
    Observation::Reported(terminal.program().map(activity))
}

fn activity(ProgramStatus { state, message }: &ProgramStatus) -> Activity {
    let asks = |kind| Activity::Asks(Question::new(kind, message));
    match state {
        ProgramState::Idle => Activity::Idle,
        ProgramState::Working => Activity::Working,
        ProgramState::Done => Activity::Done,
        ProgramState::Blocked(BlockedKind::Auth) => asks(QuestionKind::Login),
        ProgramState::Blocked(BlockedKind::Question) => asks(QuestionKind::Question),
        ProgramState::Blocked(BlockedKind::Permission) if message.contains("trust this folder") => {
            asks(QuestionKind::Trust)
        }
        ProgramState::Blocked(BlockedKind::Permission) => asks(QuestionKind::Permission),
        ProgramState::Error => Activity::Failed(quarterdeck_core::status::one_line(message)),
    }
}

fn titled(terminal: &Terminal) -> Observation {
    Observation::Titled(Patterns::built_in().title(terminal.title()))
}

fn shows(terminal: &mut Terminal) -> Observation {
    Observation::Shows(Patterns::built_in().screen(&terminal.text()))
}
