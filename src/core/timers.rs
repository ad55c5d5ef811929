//! The timers of one run: armed while its tree runs, standing still while it is frozen.
//!
//! A timer that stands still keeps what was left of its span and gets exactly that when the tree runs again.

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
    /// It passes.
    #[default]
    Passing,
    /// It stands still.
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
    /// It comes due then.
    Due(Time),
    /// It stands still, with so much left.
    Left(Span),
}

/// What a timer that fired means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Firing {
    /// It came due, and is armed no more.
    Due,
    /// It was moved meanwhile, and this much is left; the shell must be told again.
    Early(Span),
    /// Nobody waits for it.
    Stale,
}

impl Timers {
    /// Arms `id`, or moves it. While time stands still the whole span is kept for later, and the shell hears nothing.
    pub fn arm(&mut self, id: TimerId, span: Span, now: Time) -> Option<Effect> {
        self.timers.retain(|timer| timer.id != id);
        let clock = match self.flow {
            Flow::Passing => Clock::Due(now + span),
            Flow::Still => Clock::Left(span),
        };
        self.timers.push(Timer { id, clock });
        matches!(self.flow, Flow::Passing).then_some(Effect::Arm { timer: id, span })
    }

    /// Disarms `id`. The effect, where the shell has it armed.
    pub fn disarm(&mut self, id: TimerId) -> Option<Effect> {
        let at = self.timers.iter().position(|timer| timer.id == id)?;
        disarming(&self.timers.swap_remove(at))
    }

    /// Disarms all of them, and lets time pass again.
    pub fn clear(&mut self) -> impl Iterator<Item = Effect> {
        self.flow = Flow::Passing;
        core::mem::take(&mut self.timers).into_iter().filter_map(|timer| disarming(&timer))
    }

    /// Stands still from now on.
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

    /// Goes on with what was left.
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

    /// Takes note that `id` fired at `now`.
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

    /// Those the shell must have armed.
    pub fn armed(&self) -> impl Iterator<Item = Armed> {
        self.timers.iter().filter_map(|timer| match timer.clock {
            Clock::Due(due) => Some(Armed { timer: timer.id, due }),
            Clock::Left(_) => None,
        })
    }

    /// All of them, standing still or not.
    pub fn ids(&self) -> impl Iterator<Item = TimerId> {
        self.timers.iter().map(|timer| timer.id)
    }

    /// Whether `id` is there, standing still or not.
    pub fn has(&self, id: TimerId) -> bool {
        self.ids().any(|other| other == id)
    }

    /// Whether time passes for them.
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
