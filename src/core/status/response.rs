//! Tells whether a program still responds. Nothing is measured while the program shows signs of life by itself.
//!
//! | expected of the program     | because                            | it is unresponsive if for [`UNRESPONSIVE_AFTER`] it     |
//! |-----------------------------|------------------------------------|---------------------------------------------------------|
//! | to show a sign of life      | it says that it works              | writes nothing, its processes use no processor time, and it has begun no other process since its turn began |
//! | to read typed input         | its terminal hands each key on     | has unread bytes, and has read none                     |
//!
//! A tool that works silently is a sign of life: it uses processor time, or is a process that began with this turn.
//!
//! **Invariant:** a program that neither says that it works nor was typed anything is never measured
//! (`nothing_is_measured_without_a_reason` in `src/core/tests/brain/response.rs`).

use super::verdict::{SILENCE, Symptom};
use crate::time::{Span, Time};
use serde::{Deserialize, Serialize};

/// The longest time without a sign of life until a program counts as unresponsive, unless it is configured otherwise.
pub const UNRESPONSIVE_AFTER: Span = Span::from_secs(60);
/// The least processor time between two measurements that counts as a sign of life; the timers of an idle runtime use
/// less.
const CPU_MIN: Span = Span(50);

/// The longest time before a turn at which a process may begin and still belong to that turn. The program's report of
/// the turn arrives a little late, and the system gives the start of a process only in hundredths of a second.
const TOOL_BEFORE_TURN: Span = Span(1_000);

/// The measured values of a program's processes at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Vitals {
    /// Processor time that the program's whole tree has used so far.
    pub cpu: Span,
    /// When the youngest process of the tree began, not counting the first one; none if there is only that one.
    pub youngest_began: Option<Time>,
    /// Number of typed bytes that the program has not read, while its terminal hands each key on at once.
    pub unread_bytes: u32,
    /// Whether the processes that reported the program's work still live.
    pub speaker: Speaker,
}

/// Whether the processes that reported that they work still live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Speaker {
    /// At least one of the reporting processes lives.
    Lives,
    /// None of the reporting processes lives any more.
    Gone,
}

/// The record of whether one program responds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Response {
    /// The span without a sign of life after which the program is unresponsive; none if it is not checked.
    after: Option<Span>,
    /// When text was typed that the program may not have read.
    typed: Option<Time>,
    measured: Option<(Time, Vitals)>,
    /// Since when typed bytes are waiting of which the program has read none.
    unread_since: Option<Time>,
    symptom: Option<(Symptom, Time)>,
}

impl Default for Response {
    fn default() -> Response {
        Response { after: Some(UNRESPONSIVE_AFTER), typed: None, measured: None, unread_since: None, symptom: None }
    }
}

/// Since when a program says that it works, and when it last showed a sign of life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Working {
    pub(super) since: Time,
    pub(super) heard: Time,
}

/// Whether a measurement of a working program shows life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    /// The measurement tells nothing new: it was not due, or nothing could be measured.
    Unknown,
    /// The measurement shows that the program lives.
    Seen,
}

impl Response {
    pub(super) fn after(&mut self, after: Option<Span>) {
        self.after = after;
    }

    /// Returns the span without a sign of life after which the program is unresponsive; none if it is not checked.
    pub(super) fn looked_at_after(&self) -> Option<Span> {
        self.after
    }

    /// Forgets all measurements, so that none of them counts any more.
    pub(super) fn begins_anew(&mut self) {
        *self = Response { after: self.after, ..Response::default() };
    }

    /// Continues with a program that an earlier supervisor found unresponsive.
    pub(super) fn resume(&mut self, symptom: Symptom, since: Time) {
        self.symptom = Some((symptom, since));
    }

    pub(super) fn typed(&mut self, now: Time) {
        self.typed.get_or_insert(now);
    }

    /// Notes a sign of life. It does not tell whether the program reads typed input.
    pub(super) fn lives(&mut self) {
        self.symptom = self.symptom.filter(|(symptom, _)| *symptom != Symptom::Silent);
    }

    /// Notes that the program no longer says that it works.
    pub(super) fn rests(&mut self) {
        self.lives();
    }

    pub(super) fn symptom(&self) -> Option<(Symptom, Time)> {
        self.symptom
    }

    /// Returns when the program must be measured next; none if nothing is expected of it.
    pub(super) fn measures_at(&self, works: Option<Working>) -> Option<Time> {
        let period = Span(self.after?.0.saturating_sub(SILENCE.0).max(SILENCE.0));
        let next = |from: Time| match self.measured {
            Some((at, _)) if at >= from => at + period,
            _ => from + SILENCE,
        };
        let of_work = works.map(|works| next(works.heard));
        of_work.into_iter().chain(self.typed.map(next)).min()
    }

    /// Takes in a measurement, or none if the program cannot be measured. Returns whether it shows life.
    pub(super) fn measured(&mut self, vitals: Option<Vitals>, works: Option<Working>, now: Time) -> Life {
        let (before, Some(after)) = (self.measured.take(), self.after) else { return Life::Unknown };
        let Some(vitals) = vitals else {
            // The next measurement is as late as if this one had succeeded.
            let nothing = Vitals { cpu: Span(0), youngest_began: None, unread_bytes: 0, speaker: Speaker::Lives };
            self.measured = Some((now, before.map_or(nothing, |(_, vitals)| vitals)));
            self.read_all();
            return Life::Unknown;
        };
        self.measured = Some((now, vitals));
        self.look_at_keys(before.map(|(_, vitals)| vitals), vitals, after, now);
        let Some((works, (_, before))) =
            works.zip(before.filter(|(at, _)| works.is_some_and(|works| *at >= works.heard)))
        else {
            return Life::Unknown;
        };
        let used = vitals.cpu.0.saturating_sub(before.cpu.0) >= CPU_MIN.0;
        let has_tool = vitals.youngest_began.is_some_and(|began| began + TOOL_BEFORE_TURN >= works.since);
        if used || has_tool {
            self.lives();
            return Life::Seen;
        }
        if self.symptom.is_none() && now >= works.heard + after {
            self.symptom = Some((Symptom::Silent, works.heard));
        }
        Life::Unknown
    }

    fn look_at_keys(&mut self, before: Option<Vitals>, now_is: Vitals, after: Span, now: Time) {
        let before = before.map_or(0, |before| before.unread_bytes);
        if now_is.unread_bytes == 0 {
            return self.read_all();
        }
        if now_is.unread_bytes < before {
            self.unread_since = Some(now);
            self.symptom = self.symptom.filter(|(symptom, _)| *symptom != Symptom::Deaf);
        }
        let since = *self.unread_since.get_or_insert(self.typed.unwrap_or(now));
        if now >= since + after {
            self.symptom = Some((Symptom::Deaf, since));
        }
    }

    /// Notes that no typed input is waiting to be read.
    fn read_all(&mut self) {
        (self.typed, self.unread_since) = (None, None);
        self.symptom = self.symptom.filter(|(symptom, _)| *symptom != Symptom::Deaf);
    }
}
