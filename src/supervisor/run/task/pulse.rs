//! Measures the processes of a run when that is due.

use super::{Phase, Task};
use crate::supervisor::run::vitals::{Pulse, measure};
use tokio::time::Instant;

impl Task {
    /// Returns when the processes must be measured.
    pub(in crate::supervisor::run) fn pulse_due(&self, now: Instant) -> Option<Instant> {
        let measurable = self.phase == Phase::Live && !self.patience.is_frozen();
        self.screen.measures_at(now).filter(|_| measurable)
    }

    /// Measures the processes if that is due.
    pub(in crate::supervisor::run) async fn feel_pulse(&mut self) {
        let verdict = self.screen.verdict(Instant::now()).clone();
        self.pulse.hears(&verdict);
        if self.pulse_due(Instant::now()).is_none_or(|due| due > Instant::now()) {
            return;
        }
        let Pulse { pid, speaker } = self.pulse;
        let measured = tokio::task::spawn_blocking(move || measure(pid?, speaker)).await;
        self.screen.measured(measured.ok().flatten(), Instant::now());
    }
}
