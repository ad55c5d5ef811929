//! When a program calls a person: it rings, it sends a notification, or it says so in its title.
//!
//! A bell and a notification are moments: they call until someone has looked. A title is a state: it calls for as long
//! as it stands, whoever looks, and no longer.

use crate::term::TermSignal;
use quarterdeck_core::event::Signal;
use std::time::Duration;
use tokio::time::Instant;

/// The least time between two bells that become facts.
const BELL_INTERVAL: Duration = Duration::from_secs(10);
/// A bell that follows a key this closely answers the person who pressed it, and calls nobody.
const BELL_AFTER_KEY: Duration = Duration::from_secs(2);
/// The least time between two notifications that become facts, and between two titles that do.
const NOTIFICATION_INTERVAL: Duration = Duration::from_secs(1);

/// What agent programs write into their title while they wait for a permission or an answer: Codex
/// (`[ ! ] Action Required`, blinking with `[ . ]`) and Gemini CLI (`✋  Action Required`).
const TITLES_THAT_ASK: [&str; 1] = ["Action Required"];

/// Whether a title says that its program waits for a person.
pub(in crate::supervisor) fn asks_for_person(title: &str) -> bool {
    TITLES_THAT_ASK.iter().any(|words| title.contains(words))
}

/// Which of a program's calls become facts.
#[derive(Debug, Default)]
pub(super) struct Attention {
    bell_at: Option<Instant>,
    typed_at: Option<Instant>,
    notification_at: Option<Instant>,
    title_at: Option<Instant>,
    title_asks: bool,
}

impl Attention {
    /// As it stands with a program that has this title.
    pub(super) fn with_title(title: &str) -> Attention {
        Attention { title_asks: asks_for_person(title), ..Attention::default() }
    }

    /// Something was typed.
    pub(super) fn typed(&mut self, now: Instant) {
        self.typed_at = Some(now);
    }

    /// Whether a bell now would answer the person who pressed a key.
    pub(super) fn answers_key(&self, now: Instant) -> bool {
        self.typed_at.is_some_and(|at| now < at + BELL_AFTER_KEY)
    }

    /// Whether the title says that its program waits for a person.
    pub(super) fn title_asks(&self) -> bool {
        self.title_asks
    }

    /// The fact that this signal is, if it calls someone and none like it was recorded just before.
    pub(super) fn call(&mut self, signal: TermSignal, now: Instant) -> Option<Signal> {
        match signal {
            TermSignal::Bell if self.answers_key(now) => None,
            TermSignal::Bell => passes(&mut self.bell_at, BELL_INTERVAL, now).then_some(Signal::Bell),
            TermSignal::Notification(text) => {
                passes(&mut self.notification_at, NOTIFICATION_INTERVAL, now).then_some(Signal::Notification(text))
            }
            _ => None,
        }
    }

    /// The fact that the title now asks for a person and did not before.
    pub(super) fn title(&mut self, title: &str, now: Instant) -> Option<Signal> {
        let asked = std::mem::replace(&mut self.title_asks, asks_for_person(title));
        let begins = self.title_asks && !asked && passes(&mut self.title_at, NOTIFICATION_INTERVAL, now);
        begins.then(|| Signal::Notification(title.to_owned()))
    }
}

/// Whether the last one is long enough ago; then this is the last one.
fn passes(last: &mut Option<Instant>, interval: Duration, now: Instant) -> bool {
    let passes = last.is_none_or(|at| now >= at + interval);
    if passes {
        *last = Some(now);
    }
    passes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notification(text: &str) -> TermSignal {
        TermSignal::Notification(text.to_owned())
    }

    #[test]
    fn a_bell_that_answers_a_key_calls_nobody() {
        let (mut attention, start) = (Attention::default(), Instant::now());
        attention.typed(start);
        assert_eq!(attention.call(TermSignal::Bell, start + BELL_AFTER_KEY / 2), None);
        assert_eq!(attention.call(TermSignal::Bell, start + BELL_AFTER_KEY), Some(Signal::Bell));
    }

    #[test]
    fn a_flood_of_calls_is_a_few_facts() {
        let (mut attention, start) = (Attention::default(), Instant::now());
        let at = |tenth: u64| start + Duration::from_millis(tenth * 100);
        let bells = (0..200).filter_map(|tenth| attention.call(TermSignal::Bell, at(tenth))).count();
        let notifications = (0..20).filter_map(|tenth| attention.call(notification("done"), at(tenth))).count();
        assert_eq!((bells, notifications), (2, 2));
    }

    #[test]
    fn a_title_that_asks_is_told_once_for_as_long_as_it_stands() {
        let (mut attention, start) = (Attention::with_title("✦  Working… (repo)"), Instant::now());
        assert!(attention.title("[ ! ] Action Required | repo", start).is_some());
        assert_eq!(attention.title("[ . ] Action Required | repo", start + BELL_INTERVAL), None);
        assert_eq!(attention.title("◇  Ready (repo)", start + BELL_INTERVAL), None);
        let again = attention.title("✋  Action Required (repo)", start + BELL_INTERVAL);
        assert_eq!(again, Some(Signal::Notification("✋  Action Required (repo)".to_owned())));
    }

    #[test]
    fn an_adopted_program_that_asks_already_is_not_told_again() {
        let mut attention = Attention::with_title("✋  Action Required");
        assert_eq!(attention.title("✋  Action Required", Instant::now()), None);
    }
}
