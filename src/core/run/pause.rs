//! Freezing and thawing of a run's whole process tree.
//!
//! ```text
//!  running ──pause──► freezing ──Frozen──► frozen ──resume──► thawing ──Thawed──► running
//!     ▲                  │ └──────────resume─────────────────────▲
//!     └───FreezeFailed───┘
//! ```
//!
//! From the request to freeze until the tree runs again, the run's timers are suspended.

use super::freeze::Freeze;
use super::{Moment, Phase, Run};
use crate::command::Denied;
use crate::effect::Effect;
use crate::fact::FactKind;
use crate::time::Time;
use alloc::string::String;

impl Run {
    /// Asks the shell to freeze the run's process tree.
    pub fn pause(&mut self, moment: &mut Moment<'_>) -> Result<(), Denied> {
        if !matches!(self.phase, Phase::Starting | Phase::Ready) || self.exit.is_some() {
            return Err(Denied::NotPausable);
        }
        if self.freeze != Freeze::Running {
            return Err(Denied::AlreadyPaused);
        }
        self.freeze = Freeze::Freezing;
        self.paused.begin(moment.now);
        moment.record(FactKind::Pausing);
        moment.ask(self.timers.hold(moment.now));
        moment.ask([Effect::Freeze { run: self.id }]);
        Ok(())
    }

    /// Asks the shell to let the run's process tree run again.
    pub fn resume(&mut self, moment: &mut Moment<'_>) -> Result<(), Denied> {
        if self.freeze == Freeze::Running {
            return Err(Denied::NotPaused);
        }
        self.freeze = Freeze::Thawing;
        moment.ask([Effect::Thaw { run: self.id }]);
        Ok(())
    }

    pub(super) fn frozen(&mut self, processes: u32, moment: &mut Moment<'_>) {
        if self.freeze == Freeze::Freezing {
            self.freeze = Freeze::Frozen;
            moment.record(FactKind::Paused { processes });
        }
    }

    pub(super) fn freeze_failed(&mut self, reason: String, moment: &mut Moment<'_>) {
        if matches!(self.freeze, Freeze::Freezing | Freeze::Thawing) {
            moment.record(FactKind::PauseFailed { reason });
            self.go_on(moment);
        }
    }

    pub(super) fn thawed(&mut self, moment: &mut Moment<'_>) {
        if self.freeze == Freeze::Thawing {
            moment.record(FactKind::Resumed);
            self.go_on(moment);
        }
    }

    fn go_on(&mut self, moment: &mut Moment<'_>) {
        self.run_again(moment.now);
        moment.ask(self.timers.release(moment.now));
    }

    /// Counts the process tree as running from `now` on.
    pub(super) fn run_again(&mut self, now: Time) {
        self.freeze = Freeze::Running;
        self.paused.end(now);
    }
}
