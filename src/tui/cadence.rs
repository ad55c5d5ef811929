//! Decides when a letter is a command, and when it answers a question: a text that is typed or pasted while letters are
//! commands must not end an agent. Pure: instants come from outside.
//!
//! * [`Cadence`]: letters that come faster than a person presses commands are a text, and trigger nothing.
//! * [`Reading`]: a letter answers a question only once the question was shown long enough to be seen.
//!
//! A command that the same key can reverse (pause, start, retry) is done at once; a command that ends, discards or
//! takes away something asks first.

use super::input::{InputEvent, Key};

/// Letters closer together than this are part of a text. Commands of a person come 80 ms apart or more.
pub const FAST_MS: u64 = 30;
/// A text ends when none of its letters came for this long; its letters are not evenly spaced.
pub const TEXT_QUIET_MS: u64 = 300;
/// A question is shown for at least this long before a letter answers it.
pub const READ_MS: u64 = 150;
/// The shortest time that a question is shown before a letter answers it, when the letter that asked it came among
/// others: the letters may be a text that is typed slowly.
pub const READ_AMID_LETTERS_MS: u64 = 600;

/// The meaning of a key in the place where keys go now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// The key cannot be part of a text, or a text is being written: the key is passed on unchanged.
    Plain,
    /// The key only moves the selection or the view: it does no harm, and it repeats fast while it is held down.
    Moves,
    /// The key is a command, or the answer to a question, but it could be part of a text.
    Commands,
}

/// Distinguishes commands from letters of a text by their speed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cadence {
    /// A command that is held back until it is clear that no text follows, and when it came.
    held: Option<(Key, u64)>,
    /// The key that moved the selection or the view last.
    moved: Option<Key>,
    /// The instant until which every letter that could be part of a text is taken as text.
    text_until_ms: u64,
}

impl Cadence {
    /// Takes an event that came at `now_ms`. Returns the events to handle now, in order; a text that came as keys is
    /// returned as a paste.
    pub fn take(&mut self, event: InputEvent, sort: Sort, now_ms: u64) -> Vec<InputEvent> {
        let InputEvent::Key(key) = event else { return self.with_held(event) };
        match sort {
            Sort::Plain => {
                // The rest of a text may come when its field is closed already.
                let quiet_ms = match (key.typed(), key.could_be_text()) {
                    (Some(_), _) => TEXT_QUIET_MS,
                    (None, true) => FAST_MS,
                    (None, false) => 0,
                };
                self.text_until_ms = now_ms + quiet_ms;
                self.with_held(event)
            }
            Sort::Moves if self.moved == Some(key) && self.held.is_none() => vec![event],
            Sort::Moves | Sort::Commands => {
                let before = self.settle(now_ms);
                let after = self.follow(key, sort, now_ms);
                before.into_iter().chain(after).collect()
            }
        }
    }

    /// Decides what a key is that follows other keys.
    fn follow(&mut self, key: Key, sort: Sort, now_ms: u64) -> Option<InputEvent> {
        if self.held.is_some() || now_ms < self.text_until_ms {
            return Some(self.text(key, now_ms));
        }
        if sort == Sort::Commands {
            (self.held, self.moved) = (Some((key, now_ms)), None);
            return None;
        }
        (self.moved, self.text_until_ms) = (Some(key), now_ms + FAST_MS);
        Some(InputEvent::Key(key))
    }

    /// Returns the command that was held back long enough, if there is one.
    pub fn settle(&mut self, now_ms: u64) -> Option<InputEvent> {
        // If the clock was set back, the command must not be held forever.
        let due = self.held.is_some_and(|(_, at_ms)| now_ms < at_ms || now_ms - at_ms >= FAST_MS);
        self.held.take_if(|_| due).map(|(key, _)| InputEvent::Key(key))
    }

    /// Returns the instant at which [`Cadence::settle`] must be called.
    pub fn due_ms(&self) -> Option<u64> {
        self.held.map(|(_, at_ms)| at_ms + FAST_MS)
    }

    fn with_held(&mut self, event: InputEvent) -> Vec<InputEvent> {
        self.moved = None;
        self.held.take().map(|(key, _)| InputEvent::Key(key)).into_iter().chain([event]).collect()
    }

    fn text(&mut self, key: Key, now_ms: u64) -> InputEvent {
        self.text_until_ms = now_ms + TEXT_QUIET_MS;
        self.moved = None;
        let keys = self.held.take().map(|(key, _)| key).into_iter().chain([key]);
        InputEvent::Paste(keys.filter_map(|key| key.typed()).collect())
    }
}

/// Tracks whether a question on the dashboard was shown long enough to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    shown: Shown,
    /// The last letter and when it came. `run` counts how many different ones came one after the other.
    letters: Option<(Key, u64)>,
    run: u32,
    may_answer: bool,
}

/// How far the drawing after the last key has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Shown {
    #[default]
    No,
    /// A drawing with the result of the key is being written to the terminal.
    Drawing,
    /// The terminal shows the drawing since this instant.
    Since(u64),
}

impl Reading {
    /// Records a key or a click: its result has not been read yet. `counts`: the key is a letter that could be part of
    /// a text.
    pub fn pressed(&mut self, key: Option<Key>, counts: bool, now_ms: u64) {
        let needed_ms = if self.run > 1 { READ_AMID_LETTERS_MS } else { READ_MS };
        self.may_answer = matches!(self.shown, Shown::Since(at_ms) if now_ms.saturating_sub(at_ms) >= needed_ms);
        self.shown = Shown::No;
        if key.is_none_or(|key| !key.could_be_text()) {
            self.letters = None;
        }
        if let Some(key) = key.filter(|_| counts) {
            self.run = match self.letters {
                Some((last, at_ms)) if now_ms.saturating_sub(at_ms) < READ_AMID_LETTERS_MS => {
                    self.run + u32::from(last != key)
                }
                // A key that is not part of a text, or a pause, is between the letters.
                _ => 1,
            };
            self.letters = Some((key, now_ms));
        }
    }

    /// Whether the key that was pressed last may answer the question that was shown before it.
    pub fn may_answer(&self) -> bool {
        self.may_answer
    }

    /// Records that a drawing of the present state begins.
    pub fn drawing(&mut self) {
        if self.shown == Shown::No {
            self.shown = Shown::Drawing;
        }
    }

    /// Records that the drawing that was begun is shown on the terminal.
    pub fn drawn(&mut self, now_ms: u64) {
        if self.shown == Shown::Drawing {
            self.shown = Shown::Since(now_ms);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::input::Code;

    fn key(character: char) -> InputEvent {
        InputEvent::Key(Key::plain(Code::Char(character)))
    }

    /// Types letters `gap_ms` apart. Returns the events to handle, each with its instant.
    fn typed(cadence: &mut Cadence, letters: &str, sort: Sort, gap_ms: u64) -> Vec<InputEvent> {
        let mut out = Vec::new();
        for (index, letter) in letters.chars().enumerate() {
            let now_ms = 1_000 + index as u64 * gap_ms;
            out.extend(cadence.settle(now_ms));
            out.extend(cadence.take(key(letter), sort, now_ms));
        }
        out.extend(cadence.settle(1_000_000));
        out
    }

    fn commands(events: &[InputEvent]) -> usize {
        events.iter().filter(|event| matches!(event, InputEvent::Key(_))).count()
    }

    #[test]
    fn letters_at_a_persons_pace_are_commands_and_faster_ones_are_text() {
        assert_eq!(typed(&mut Cadence::default(), "pse", Sort::Commands, 80), [key('p'), key('s'), key('e')]);
        for gap_ms in [0, 1, 29] {
            assert_eq!(commands(&typed(&mut Cadence::default(), "please stop", Sort::Commands, gap_ms)), 0);
        }
    }

    #[test]
    fn a_text_stays_one_however_its_letters_are_spaced() {
        let mut cadence = Cadence::default();
        let mut done = Vec::new();
        for (letter, at_ms) in [('p', 0), ('s', 20), ('s', 90), ('r', 290)] {
            done.extend(cadence.settle(at_ms));
            done.extend(cadence.take(key(letter), Sort::Commands, at_ms));
        }
        assert_eq!(commands(&done), 0, "{done:?}");
        assert_eq!(cadence.take(key('s'), Sort::Commands, 600), [], "held");
        assert_eq!(cadence.settle(630), Some(key('s')));
    }

    #[test]
    fn a_key_that_is_held_down_to_move_goes_on_moving() {
        let moves = typed(&mut Cadence::default(), "jjjjj", Sort::Moves, 10);
        assert_eq!(commands(&moves), 5);
        assert_eq!(commands(&typed(&mut Cadence::default(), "jkjk", Sort::Moves, 10)), 1, "but two are a text");
    }

    #[test]
    fn what_is_written_passes_at_once_and_its_rest_is_no_command() {
        let mut cadence = Cadence::default();
        assert_eq!(cadence.take(key('x'), Sort::Plain, 0), [key('x')]);
        let rest = cadence.take(key('s'), Sort::Commands, 100);
        assert_eq!(commands(&rest), 0, "the agent it was written to has gone meanwhile: {rest:?}");
        cadence.take(InputEvent::Key(Key::ctrl(']')), Sort::Plain, 500);
        cadence.take(key('s'), Sort::Commands, 510);
        assert_eq!(cadence.settle(540), Some(key('s')), "after a chord that leaves, a letter is a command");
    }

    #[test]
    fn a_key_that_no_text_has_passes_after_what_was_held() {
        let mut cadence = Cadence::default();
        cadence.take(key('s'), Sort::Commands, 0);
        let esc = InputEvent::Key(Key::plain(Code::Esc));
        assert_eq!(cadence.take(esc.clone(), Sort::Plain, 5), [key('s'), esc]);
        assert_eq!(cadence.due_ms(), None);
    }

    /// Types `before`, waits `after_ms` after the question was drawn, and presses a letter. Returns whether it may
    /// answer.
    fn answers(before: &str, gap_ms: u64, after_ms: u64) -> bool {
        let mut reading = Reading::default();
        let mut now_ms = 10_000;
        for letter in before.chars() {
            now_ms += gap_ms;
            reading.pressed(Some(Key::plain(Code::Char(letter))), true, now_ms);
            reading.drawing();
            reading.drawn(now_ms);
        }
        reading.pressed(Some(Key::plain(Code::Char('s'))), true, now_ms + after_ms);
        reading.may_answer()
    }

    #[test]
    fn a_letter_answers_only_what_was_on_the_screen_for_a_while() {
        assert!(answers("s", 0, READ_MS));
        assert!(!answers("s", 0, READ_MS - 1));
        assert!(!answers("pas", 200, 250), "a word typed slowly");
        assert!(answers("pas", 200, READ_AMID_LETTERS_MS));
        assert!(answers("ss", 100, READ_MS), "the same key over and over is no word");
        let mut undrawn = Reading::default();
        undrawn.pressed(Some(Key::plain(Code::Char('s'))), true, 0);
        undrawn.drawn(0);
        undrawn.pressed(Some(Key::plain(Code::Char('s'))), true, 5_000);
        assert!(!undrawn.may_answer(), "what was drawn before is not what is asked now");
    }
}
