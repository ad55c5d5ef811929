//! A run whose program lives and can do nothing: its turn has ended because its provider bars it ([`crate::barred`]). It
//! takes no task until the quota is renewed, or until its program does something else: works, idles, asks another question.

use super::{Act, Moment, Run};
use crate::barred::Barred;
use crate::event::TimerId;
use crate::time::Span;
use alloc::string::String;

impl Run {
    /// What bars its program, by the last line that was heard of it.
    pub fn barred(&self) -> Option<Barred> {
        self.barred
    }

    /// The line that says that.
    pub fn last_line(&self) -> Option<String> {
        self.last_line.clone()
    }

    /// Its turn ended for want of quota, and this is how long there is none.
    pub fn wait_for_quota(&mut self, span: Span, moment: &mut Moment<'_>) {
        self.arm(TimerId::Readiness(self.id), span, moment);
    }

    /// Whether it waits for its quota already.
    pub fn waits_for_quota(&self) -> bool {
        self.barred.is_some() && self.timers.has(TimerId::Readiness(self.id))
    }

    /// Its program is barred no more. Nothing, if it was not.
    pub fn unbar(&mut self, moment: &mut Moment<'_>) {
        if self.barred.take().is_some() && self.exit.is_none() {
            self.last_line = None;
            moment.ask(self.timers.disarm(TimerId::Readiness(self.id)));
            moment.acts.push(Act::Free);
        }
    }
}
