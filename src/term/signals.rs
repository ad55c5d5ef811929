//! Signals: messages from a program to the person in front of the terminal, apart from the screen's picture.

use super::cut::plain;
use super::frame::TITLE_CHARS_MAX;
use super::marks::{self, CommandMark};
use std::collections::VecDeque;

/// A signal by which a program asks for attention.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TermSignal {
    /// The program rang the bell (BEL). Several bells between two calls of `take` are one signal.
    Bell,
    /// The title changed; the newest is in the frame. Several changes between two calls of `take` are one signal.
    TitleChanged,
    /// The text of a notification (OSC 9, 99, 777) without control characters, at most [`NOTIFICATION_CHARS_MAX`]
    /// characters. A longer one ends with `…`.
    Notification(String),
    /// The program reported its own state (OSC 7501): see [`super::Terminal::program`]. Several reports between two
    /// calls of `take` are one signal.
    ProgramReported,
    /// The program reported progress (OSC 9;4). Only the newest between two calls of `take` is kept.
    Progress(Progress),
    /// A mark of shell integration says that a command began or ended.
    Command(CommandMark),
    /// The emulator failed on these bytes and was started again; the contents of the screen are lost.
    EmulatorRestarted,
}

/// Progress as ConEmu's OSC 9;4 reports it, in percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The work is done, and its progress is no longer shown.
    Done,
    /// The work is under way, at this percentage.
    Normal(u8),
    /// The work failed at this percentage.
    Error(u8),
    /// The work is under way, at an unknown percentage.
    Indeterminate,
    /// The work waits or is degraded, at this percentage.
    Warning(u8),
}

/// The longest notification that is kept, in characters. Beyond it, it ends with `…`.
pub const NOTIFICATION_CHARS_MAX: usize = 256;

/// How many notifications are kept between two calls of `take`, which are milliseconds apart. Beyond it, the oldest are
/// dropped whole.
const NOTIFICATIONS_MAX: usize = 16;

/// How many marks of commands are kept between two calls of `take`. Beyond it, the oldest are dropped.
const COMMANDS_MAX: usize = 64;

/// The signals since the last call of `take`.
#[derive(Debug, Default)]
pub(super) struct Signals {
    bell: bool,
    title: bool,
    restarted: bool,
    reported: bool,
    progress: Option<Progress>,
    notifications: VecDeque<String>,
    commands: VecDeque<CommandMark>,
}

impl Signals {
    pub(super) fn bell(&mut self) {
        self.bell = true;
    }

    pub(super) fn title_changed(&mut self) {
        self.title = true;
    }

    pub(super) fn program_reported(&mut self) {
        self.reported = true;
    }

    pub(super) fn emulator_restarted(&mut self) {
        self.restarted = true;
    }

    /// Handles an operating system command without introducer and terminator. Returns whether it was one that only
    /// signals.
    pub(super) fn command(&mut self, content: &[u8]) -> bool {
        let Some((code, rest)) = split(content) else { return false };
        match code {
            b"9" => self.conemu_or_iterm(rest),
            b"99" => self.kitty(rest),
            b"777" => self.urxvt(rest),
            b"133" | b"633" => self.mark(rest),
            _ => return false,
        }
        true
    }

    /// Returns the signals since the last call, and forgets them.
    pub(super) fn take(&mut self) -> Vec<TermSignal> {
        let taken = std::mem::take(self);
        let flags = [
            (taken.restarted, TermSignal::EmulatorRestarted),
            (taken.bell, TermSignal::Bell),
            (taken.title, TermSignal::TitleChanged),
            (taken.reported, TermSignal::ProgramReported),
        ];
        let mut signals: Vec<TermSignal> =
            flags.into_iter().filter(|(set, _)| *set).map(|(_, signal)| signal).collect();
        signals.extend(taken.progress.map(TermSignal::Progress));
        signals.extend(taken.commands.into_iter().map(TermSignal::Command));
        signals.extend(taken.notifications.into_iter().map(TermSignal::Notification));
        signals
    }

    /// Reads an OSC 9: `9;4;STATE;PERCENT` is progress, `9;1` to `9;12` are ConEmu's other commands, everything else is
    /// iTerm2's text.
    fn conemu_or_iterm(&mut self, rest: &[u8]) {
        let (command, arguments) = split(rest).unwrap_or((rest, b""));
        match number(command) {
            Some(4) => self.progress = progress(arguments).or(self.progress),
            Some(1..=12) => {}
            _ => self.notify(rest),
        }
    }

    /// Reads kitty's notification `99;KEY=VALUE:…;TEXT` (<https://sw.kovidgoyal.net/kitty/desktop-notifications/>).
    /// Base64 and the parts that are neither title nor body are not shown.
    fn kitty(&mut self, rest: &[u8]) {
        let Some((metadata, text)) = split(rest) else { return };
        let mut pairs = metadata.split(|byte| *byte == b':');
        let shown = pairs.all(|pair| match pair {
            b"e=1" => false,
            [b'p', b'=', part @ ..] => part == b"title" || part == b"body",
            _ => true,
        });
        if shown {
            self.notify(text);
        }
    }

    /// Reads urxvt's notification `777;notify;TITLE;BODY`.
    fn urxvt(&mut self, rest: &[u8]) {
        let Some((b"notify", text)) = split(rest) else { return };
        match split(text) {
            Some((title, body)) => self.notify(&[title, b": ", body].concat()),
            None => self.notify(text),
        }
    }

    fn mark(&mut self, arguments: &[u8]) {
        let Some(mark) = marks::read(arguments) else { return };
        if self.commands.len() == COMMANDS_MAX {
            self.commands.pop_front();
        }
        self.commands.push_back(mark);
    }

    fn notify(&mut self, text: &[u8]) {
        let text = plain(&String::from_utf8_lossy(text), NOTIFICATION_CHARS_MAX);
        if text.is_empty() {
            return;
        }
        if self.notifications.len() == NOTIFICATIONS_MAX {
            self.notifications.pop_front();
        }
        self.notifications.push_back(text);
    }
}

/// Returns a title in the form in which it is kept.
pub(super) fn plain_title(title: &str) -> String {
    plain(title, TITLE_CHARS_MAX)
}

pub(super) fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = bytes.iter().position(|byte| *byte == b';')?;
    Some((&bytes[..at], &bytes[at + 1..]))
}

fn number(bytes: &[u8]) -> Option<u8> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

fn progress(arguments: &[u8]) -> Option<Progress> {
    let (state, percent) = split(arguments).unwrap_or((arguments, b""));
    let percent = number(percent).unwrap_or(0).min(100);
    match number(state)? {
        0 => Some(Progress::Done),
        1 => Some(Progress::Normal(percent)),
        2 => Some(Progress::Error(percent)),
        3 => Some(Progress::Indeterminate),
        4 => Some(Progress::Warning(percent)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(commands: &[&[u8]]) -> Vec<TermSignal> {
        let mut signals = Signals::default();
        for command in commands {
            signals.command(command);
        }
        signals.take()
    }

    #[test]
    fn every_dialect_of_notification_is_understood() {
        let note = |text: &str| vec![TermSignal::Notification(text.to_owned())];
        assert_eq!(after(&[b"9;needs you"]), note("needs you"));
        assert_eq!(after(&[b"9;needs; you"]), note("needs; you"));
        assert_eq!(after(&[b"99;i=1:d=0:p=title;done"]), note("done"));
        assert_eq!(after(&[b"99;i=1:p=icon;x"]), vec![]);
        assert_eq!(after(&[b"777;notify;Build;failed"]), note("Build: failed"));
        assert_eq!(after(&[b"9;9;/home"]), vec![]);
        assert_eq!(after(&[b"9;a\x1bb\xc2\x9bc"]), note("abc"));
    }

    #[test]
    fn only_the_newest_progress_is_kept() {
        assert_eq!(after(&[b"9;4;1;10", b"9;4;1;200"]), vec![TermSignal::Progress(Progress::Normal(100))]);
        assert_eq!(after(&[b"9;4;3", b"9;4;7;1"]), vec![TermSignal::Progress(Progress::Indeterminate)]);
        assert_eq!(after(&[b"9;4;0"]), vec![TermSignal::Progress(Progress::Done)]);
    }

    #[test]
    fn a_flood_is_bounded_and_taken_once() {
        let mut signals = Signals::default();
        for count in 0..1_000 {
            signals.bell();
            signals.command(format!("9;note {count} {}", "x".repeat(1_000)).as_bytes());
        }
        let taken = signals.take();
        assert_eq!(taken.len(), 1 + NOTIFICATIONS_MAX);
        assert!(taken.iter().all(|signal| match signal {
            TermSignal::Notification(text) => text.chars().count() == NOTIFICATION_CHARS_MAX && text.ends_with('…'),
            _ => true,
        }));
        assert_eq!(signals.take(), vec![]);
    }
}
