//! Tells the kernel what a run's program is doing.

use super::Task;
use crate::config::ProgramKind;
use crate::status::{Last, ending, turn_ending};
use crate::supervisor::run::told::{STATUS_INTERVAL, Told};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use quarterdeck_core::event::Event;
use quarterdeck_core::status::{Activity, Verdict};
use tokio::time::Instant;

impl Task {
    /// Returns the last line that the program wrote, and whether that says that its provider bars it.
    pub(in crate::supervisor::run) fn last_line(&mut self) -> Option<Event> {
        let Last { barred, line } = match self.outset.kind {
            ProgramKind::Agent => ending(&self.screen.terminal.text(), Timestamp::now(), &TimeZone::system()),
            ProgramKind::Command => Last::words(&self.screen.terminal.text()),
        };
        (!line.is_empty()).then_some(Event::LastLine { run: self.outset.run, line, barred })
    }

    /// Returns the event that the provider does not let the program work, if its turn ends with this verdict for that
    /// reason.
    fn barred_by(&mut self, verdict: &Verdict) -> Option<Event> {
        // Codex reports first that there is an error, and a moment later which one.
        let has_no_words = |told: &Verdict| matches!(&told.activity, Activity::Failed(words) if words.is_empty());
        let begins = self.told.verdict.as_ref().is_none_or(|told| told.is_over_by(verdict) || has_no_words(told));
        if self.outset.kind == ProgramKind::Command || !begins {
            return None;
        }
        let text = self.screen.terminal.text();
        let Last { barred, line } = turn_ending(&verdict.activity, &text, Timestamp::now(), &TimeZone::system())?;
        Some(Event::LastLine { run: self.outset.run, line, barred })
    }

    /// Returns when the kernel must be told what the program is doing, if that must wait.
    pub(in crate::supervisor::run) fn status_due(&mut self) -> Option<Instant> {
        let news = self.news(Instant::now()).is_some();
        self.told.at.filter(|_| news).map(|at| at + STATUS_INTERVAL)
    }

    /// Returns what the program is doing now, if the kernel must be told.
    fn news(&mut self, now: Instant) -> Option<Verdict> {
        Some(self.screen.verdict(now)).filter(|verdict| self.told.is_news(verdict)).cloned()
    }

    /// Tells the kernel what the program is doing: the first change at once; of many quick changes only the last. A
    /// checkpoint of the screen is written then, so that the next supervisor does not report the same again.
    pub(in crate::supervisor::run) async fn tell_status(&mut self) {
        let now = Instant::now();
        if self.told.at.is_some_and(|at| now < at + STATUS_INTERVAL) {
            return;
        }
        let Some(verdict) = self.news(now) else { return };
        let barred = self.barred_by(&verdict);
        self.screen.summarise_if_stale(now);
        self.told = Told { verdict: Some(verdict.clone()), at: Some(now) };
        self.write_checkpoint();
        if let Some(barred) = barred {
            self.outset.kernel.tell(barred).await;
        }
        self.outset.kernel.tell(Event::Status { run: self.outset.run, verdict }).await;
    }
}
