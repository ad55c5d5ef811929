//! The timers of one run: armed while its tree runs, suspended while it is frozen.
//!
//! A timer that is suspended keeps the rest of its span, and runs for exactly that time when the tree runs again.

use crate::effect::Effect;
use crate::event::{Armed, TimerId};
use crate::time::{Span, Time};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// The timers of one run, at most one of a kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Timers {
    flow: Flow,
    timers: Vec<Timer>,
}

/// Whether time passes for these timers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Flow {
    /// Time passes for these timers.
    #[default]
    Passing,
    /// These timers are suspended, because the tree is frozen.
    Still,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Timer {
    id: TimerId,
    clock: Clock,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename = "TimerClock")]
pub enum Clock {
    /// The timer comes due at this instant.
    Due(Time),
    /// The timer is suspended, and this span remains.
    Left(Span),
}

/// The meaning of a timer that fired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Firing {
    /// The timer came due, and is no longer armed.
    Due,
    /// The timer was moved meanwhile, and this span remains; the shell must arm it again.
    Early(Span),
    /// The timer is not armed: it was disarmed, or is suspended.
    Stale,
}

impl Timers {
    /// Arms the timer `id`, or moves it. While the timers are suspended, the whole span is kept for later, and there is
    /// no effect for the shell.
    pub fn arm(&mut self, id: TimerId, span: Span, now: Time) -> Option<Effect> {
        self.timers.retain(|timer| timer.id != id);
        let clock = match self.flow {
            Flow::Passing => Clock::Due(now + span),
            Flow::Still => Clock::Left(span),
        };
        self.timers.push(Timer { id, clock });
        matches!(self.flow, Flow::Passing).then_some(Effect::Arm { timer: id, span })
    }

    /// Disarms the timer `id`. Returns the effect that disarms it in the shell, if it is armed there.
    pub fn disarm(&mut self, id: TimerId) -> Option<Effect> {
        let at = self.timers.iter().position(|timer| timer.id == id)?;
        disarming(&self.timers.swap_remove(at))
    }

    /// Disarms all timers, and lets time pass again.
    pub fn clear(&mut self) -> impl Iterator<Item = Effect> {
        self.flow = Flow::Passing;
        core::mem::take(&mut self.timers).into_iter().filter_map(|timer| disarming(&timer))
    }

    /// Suspends all timers, and returns the effects that disarm them in the shell.
    pub fn hold(&mut self, now: Time) -> Vec<Effect> {
        self.flow = Flow::Still;
        let effects = self.timers.iter().filter_map(disarming).collect();
        for timer in &mut self.timers {
            if let Clock::Due(due) = timer.clock {
                timer.clock = Clock::Left(due - now);
            }
        }
        effects
    }

    /// Lets time pass again: each timer continues with the rest of its span.
    pub fn release(&mut self, now: Time) -> Vec<Effect> {
        self.flow = Flow::Passing;
        let mut effects = Vec::new();
        for timer in &mut self.timers {
            if let Clock::Left(span) = timer.clock {
                timer.clock = Clock::Due(now + span);
                effects.push(Effect::Arm { timer: timer.id, span });
            }
        }
        effects
    }

    /// Handles the firing of the timer `id` at `now`, and returns its meaning.
    pub fn fire(&mut self, id: TimerId, now: Time) -> Firing {
        let Some(at) = self.timers.iter().position(|timer| timer.id == id) else {
            return Firing::Stale;
        };
        match self.timers[at].clock {
            Clock::Due(due) if due <= now => {
                self.timers.swap_remove(at);
                Firing::Due
            }
            Clock::Due(due) => Firing::Early(due - now),
            Clock::Left(_) => Firing::Stale,
        }
    }

    /// Returns the timers that the shell must have armed.
    pub fn armed(&self) -> impl Iterator<Item = Armed> {
        self.timers.iter().filter_map(|timer| match timer.clock {
            Clock::Due(due) => Some(Armed { timer: timer.id, due }),
            Clock::Left(_) => None,
        })
    }

    /// Returns the purposes of all timers, running or suspended.
    pub fn ids(&self) -> impl Iterator<Item = TimerId> {
        self.timers.iter().map(|timer| timer.id)
    }

    /// Whether there is a timer `id`, running or suspended.
    pub fn has(&self, id: TimerId) -> bool {
        self.ids().any(|other| other == id)
    }

    /// Returns whether time passes for these timers.
    pub fn flow(&self) -> Flow {
        self.flow
    }
}

fn disarming(timer: &Timer) -> Option<Effect> {
    match timer.clock {
        Clock::Due(_) => Some(Effect::Disarm { timer: timer.id }),
        Clock::Left(_) => None,
    }
}
