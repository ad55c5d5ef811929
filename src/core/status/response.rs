//! Whether a program still responds. Nothing is measured while it shows signs of life by itself.
//!
//! | it is expected to           | because                            | it does not, when for [`UNRESPONSIVE_AFTER`] it         |
//! |-----------------------------|------------------------------------|---------------------------------------------------------|
//! | show a sign of life         | it says that it works              | writes nothing, its processes use no processor time, and it has begun no other process since its turn began |
//! | read what is typed          | its terminal hands each key on     | has left bytes unread, and has read none                |
//!
//! A tool that works silently is a sign of life: it uses processor time, or is a process that began with this turn.
//!
//! **Invariant:** a program that neither says that it works nor was typed anything is never measured
//! (`tests/brain/response.rs`, `nothing_is_measured_without_a_reason`).

use super::verdict::{SILENCE, Symptom};
use crate::time::{Span, Time};
use serde::{Deserialize, Serialize};

/// So long without any sign of life, and a program is unresponsive, unless it is configured otherwise.
pub const UNRESPONSIVE_AFTER: Span = Span::from_secs(60);
/// Less processor time than this between two measurements is no sign of life: a runtime's own timers use as much.
const CPU_MIN: Span = Span(50);

/// A process that began so shortly before a turn belongs to it: what a program says is heard a little later, and the system
/// tells the begin of a process in hundredths of a second.
const TOOL_BEFORE_TURN: Span = Span(1_000);

/// What is measured of a program's processes at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Vitals {
    /// Processor time that its whole tree has used so far.
    pub cpu: Span,
    /// When the youngest of its processes began, the first one excluded; none: that one is alone.
    pub youngest_began: Option<Time>,
    /// Bytes that were typed and not read, while its terminal hands each key on at once.
    pub unread_bytes: u32,
    /// Whether those who had the terminal when they said that they work still live.
    pub speaker: Speaker,
}

/// What became of the processes that said that they work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Speaker {
    /// One of them lives.
    Lives,
    /// None of them lives.
    Gone,
}

/// What is known of whether one program responds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Response {
    /// So long without a sign of life; none: it is not looked at.
    after: Option<Span>,
    /// When something was typed that it may not have read.
    typed: Option<Time>,
    measured: Option<(Time, Vitals)>,
    /// Since when bytes lie there of which none is read.
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

/// What a measurement says of a program that works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    /// Nothing new: it was not due, or nothing could be measured.
    Unknown,
    /// It lives.
    Seen,
}

impl Response {
    pub(super) fn after(&mut self, after: Option<Span>) {
        self.after = after;
    }

    /// So long without a sign of life, and it is measured; none: never.
    pub(super) fn looked_at_after(&self) -> Option<Span> {
        self.after
    }

    /// Nothing of what was measured counts any more.
    pub(super) fn begins_anew(&mut self) {
        *self = Response { after: self.after, ..Response::default() };
    }

    /// It was known to be unresponsive when it was last heard of.
    pub(super) fn resume(&mut self, symptom: Symptom, since: Time) {
        self.symptom = Some((symptom, since));
    }

    pub(super) fn typed(&mut self, now: Time) {
        self.typed.get_or_insert(now);
    }

    /// It gave a sign of life. Whether it reads what is typed is another matter.
    pub(super) fn lives(&mut self) {
        self.symptom = self.symptom.filter(|(symptom, _)| *symptom != Symptom::Silent);
    }

    /// It does not say that it works any more.
    pub(super) fn rests(&mut self) {
        self.lives();
    }

    pub(super) fn symptom(&self) -> Option<(Symptom, Time)> {
        self.symptom
    }

    /// When it is to be measured next; none: nothing is expected of it.
    pub(super) fn measures_at(&self, works: Option<Working>) -> Option<Time> {
        let period = Span(self.after?.0.saturating_sub(SILENCE.0).max(SILENCE.0));
        let next = |from: Time| match self.measured {
            Some((at, _)) if at >= from => at + period,
            _ => from + SILENCE,
        };
        let of_work = works.map(|works| next(works.heard));
        of_work.into_iter().chain(self.typed.map(next)).min()
    }

    /// Takes a measurement in; none where nothing can be measured. Says whether it shows life.
    pub(super) fn measured(&mut self, vitals: Option<Vitals>, works: Option<Working>, now: Time) -> Life {
        let (before, Some(after)) = (self.measured.take(), self.after) else { return Life::Unknown };
        let Some(vitals) = vitals else {
            // It is asked again as late as if it had answered.
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

    /// Nothing that was typed waits.
    fn read_all(&mut self) {
        (self.typed, self.unread_since) = (None, None);
        self.symptom = self.symptom.filter(|(symptom, _)| *symptom != Symptom::Deaf);
    }
}
