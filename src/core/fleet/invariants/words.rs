//! Violations in words, with the number that they have in the design's list.

use super::Violation;
use core::fmt;

impl Violation {
    /// The number of the invariant that does not hold; none for one that is not in the list.
    pub fn number(&self) -> Option<u8> {
        match self {
            Violation::HolderGone(_) => Some(1),
            Violation::LeasesConflict(..) | Violation::UnitsDisagree(_) => Some(2),
            Violation::TokenNotNew(_) => Some(3),
            Violation::WaitsInACircle(_) => Some(4),
            Violation::WaitsForNothing(_) => Some(5),
            Violation::LiveRunsDiffer => Some(6),
            Violation::EndedTwice(_) => Some(7),
            Violation::TooManyLive => Some(8),
            Violation::WaiterGone(_) | Violation::AllyGone(_) => Some(10),
            Violation::SyncOutOfOrder(_) => Some(11),
            Violation::BudgetExceeded(_) => Some(12),
            Violation::TimersDisagree(_) | Violation::LeaseTimeDisagrees(_) | Violation::RequestTimeDisagrees(_) => {
                Some(14)
            }
            Violation::ViewDiffers(_) => Some(15),
            Violation::Task(violation) => violation.number(),
            Violation::FrozenInPhase(_)
            | Violation::QueueDiffers(_)
            | Violation::PlaceLeftFree
            | Violation::PlannedInShutdown(_)
            | Violation::PlanDiffers(_)
            | Violation::LiveAfterShutdown => None,
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(number) = self.number() {
            write!(f, "invariant {number}: ")?;
        }
        match self {
            Violation::HolderGone(lease) => write!(f, "the holder of {lease} is no more, or may hold it for ever"),
            Violation::LeasesConflict(one, other) => write!(f, "{one} and {other} conflict"),
            Violation::UnitsDisagree(lease) => write!(f, "{lease} holds a unit that is not its own"),
            Violation::TokenNotNew(lease) => write!(f, "the token of {lease} is not new"),
            Violation::WaitsInACircle(request) => write!(f, "{request} waits in a circle"),
            Violation::WaitsForNothing(request) => write!(f, "{request} waits for what is free"),
            Violation::WaiterGone(request) => write!(f, "whoever asked {request} is no more"),
            Violation::AllyGone(task) => write!(f, "the run that worked on {task} is no more"),
            Violation::Task(violation) => violation.fmt(f),
            Violation::LiveRunsDiffer => f.write_str("the index of live runs differs from the agents"),
            Violation::EndedTwice(run) => write!(f, "{run} lives and has its ending"),
            Violation::TooManyLive => f.write_str("more runs live than may"),
            Violation::BudgetExceeded(agent) => write!(f, "{agent} was restarted more often than its budget allows"),
            Violation::TimersDisagree(run) => write!(f, "the timers of {run} do not fit its state"),
            Violation::LeaseTimeDisagrees(lease) => write!(f, "the time of {lease} does not go with its holder's"),
            Violation::RequestTimeDisagrees(request) => {
                write!(f, "the time of {request} does not go with that of whoever asked")
            }
            Violation::ViewDiffers(agent) => write!(f, "the view shows {agent} other than it is"),
            Violation::FrozenInPhase(run) => write!(f, "{run} is frozen where it can't be"),
            Violation::QueueDiffers(agent) => write!(f, "{agent} stands in a line that the view does not show"),
            Violation::PlaceLeftFree => f.write_str("a place is free and someone waits for one"),
            Violation::PlannedInShutdown(agent) => write!(f, "{agent} is to start while the fleet ends"),
            Violation::PlanDiffers(plan) => write!(f, "{plan} is counted other than its tasks stand"),
            Violation::SyncOutOfOrder(scope) => write!(f, "{scope} is synchronised before what it depends on"),
            Violation::LiveAfterShutdown => f.write_str("a run lives after the shutdown"),
        }
    }
}
