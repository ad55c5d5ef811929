//! The consequences of a violated invariant: it is recorded with its evidence, and scopes that nobody holds are freed.
//!
//! The shell calls [`Fleet::check_invariants`] as often as the policy says. If the result differs from what the view
//! shows, the shell steps [`crate::event::Event::SafetyDiffers`], and this file decides what to do. A violation is
//! recorded once, however long it lasts, and its end is recorded once.

use super::{Fleet, Step};
use crate::fact::FactKind;
use crate::policy::{Recovery, SafetyPolicy};
use crate::violation::Violation;

impl Fleet {
    /// Returns when the invariants must be checked, and what follows from a violation.
    pub fn safety(&self) -> SafetyPolicy {
        self.policy.safety
    }

    /// Whether the view still shows the current violations. This takes as long as a check of all invariants.
    pub fn safety_is_as_shown(&self) -> bool {
        self.check_invariants().err() == self.view.violation
    }
}

impl Step<'_> {
    /// Checks the invariants again, records any difference, and recovers if the policy allows it.
    pub(super) fn look_at_safety(&mut self) {
        self.record_safety();
        if self.fleet.view.violation.is_some() && self.fleet.policy.safety.recovery == Recovery::Automatic {
            self.free_what_nobody_holds();
            self.record_safety();
        }
    }

    fn record_safety(&mut self) {
        let kind = match self.fleet.check_invariants().err() {
            violation if violation == self.fleet.view.violation => return,
            Some(violation) => {
                let evidence = self.fleet.evidence(&violation);
                FactKind::InvariantViolated { violation, evidence }
            }
            None => FactKind::InvariantsRestored,
        };
        let agent = match &kind {
            FactKind::InvariantViolated { violation, .. } => self.fleet.concerned(violation),
            _ => None,
        };
        self.record(agent, None, kind);
    }
}

impl Fleet {
    /// Returns the agent that a violation is about, if it is about one.
    fn concerned(&self, violation: &Violation) -> Option<crate::ids::AgentId> {
        match violation {
            Violation::EndedTwice(run) | Violation::TimersDisagree(run) | Violation::FrozenInPhase(run) => {
                self.agent_of(*run)
            }
            Violation::BudgetExceeded(agent)
            | Violation::ViewDiffers(agent)
            | Violation::QueueDiffers(agent)
            | Violation::PlannedInShutdown(agent) => Some(*agent),
            _ => None,
        }
    }
}
