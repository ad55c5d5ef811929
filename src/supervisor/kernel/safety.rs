//! Checks that the invariants hold: after every step, or from time to time, and when the fleet's health is asked for.

use super::{Kernel, Turn};
use quarterdeck_core::event::Event;
use quarterdeck_core::policy::SafetyChecks;

/// Without `[safety] strict`, a check follows each step whose number is a multiple of this.
const STEPS_BETWEEN_CHECKS: u64 = 1_024;

impl Kernel {
    /// Checks the invariants after a step, if this step is one to be checked.
    pub(super) fn check_if_due(&mut self, turn: &mut Turn) {
        let due = match self.fleet.safety().checks {
            SafetyChecks::EveryStep => true,
            SafetyChecks::Sampled => self.steps.is_multiple_of(STEPS_BETWEEN_CHECKS),
        };
        if due {
            self.look_at_safety(turn);
        }
    }

    /// Checks all invariants. The core decides what happens if one does not hold.
    pub(super) fn look_at_safety(&mut self, turn: &mut Turn) {
        if !self.fleet.safety_is_as_shown() {
            self.step_alone(Event::SafetyDiffers, turn);
        }
    }

    /// Returns the invariant that does not hold, with the evidence; none if all hold.
    pub(super) fn violation(&self) -> Option<String> {
        let violation = self.fleet.check_invariants().err()?;
        Some(format!("{violation}: {}", self.fleet.evidence(&violation)))
    }
}
