//! Runs whose program lives but cannot work, because its turn ended for lack of a login or a quota ([`crate::barred`]).
//! Such a run takes no task until the quota is renewed, or until its program does something else: works, idles, or asks
//! another question.

use super::{Act, Moment, Run};
use crate::barred::Barred;
use crate::event::TimerId;
use crate::time::Span;
use alloc::string::String;

impl Run {
    /// Returns why the provider does not let the program work, as the last reported line tells it.
    pub fn barred(&self) -> Option<Barred> {
        self.barred
    }

    /// Returns the line of output that tells why the provider does not let the program work.
    pub fn last_line(&self) -> Option<String> {
        self.last_line.clone()
    }

    /// Starts the wait for the quota after a turn ended because the quota was used up; the wait lasts for `span`.
    pub fn wait_for_quota(&mut self, span: Span, moment: &mut Moment<'_>) {
        self.arm(TimerId::Readiness(self.id), span, moment);
    }

    /// Whether the run already waits for its program's quota.
    pub fn waits_for_quota(&self) -> bool {
        self.barred.is_some() && self.timers.has(TimerId::Readiness(self.id))
    }

    /// Lets the run take tasks again, because its provider lets its program work again. Does nothing if it was not
    /// barred.
    pub fn unbar(&mut self, moment: &mut Moment<'_>) {
        if self.barred.take().is_some() && self.exit.is_none() {
            self.last_line = None;
            moment.ask(self.timers.disarm(TimerId::Readiness(self.id)));
            moment.acts.push(Act::Free);
        }
    }
}
