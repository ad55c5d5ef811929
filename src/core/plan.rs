//! Plans: DAGs of tasks, what a failure does to them, and when they are over.
//!
//! What is stored is [`PlanBoard`], a fold over [`PlanFact`]s (and over the ends of tasks) and a part of the view; what
//! is decided is decided from it. [`spec`] is what is to be done, [`graph`] says whether that can be done at all,
//! [`board`] is where each plan stands.
//!
//! ```text
//!  draft ─► validating ─► ready ─► running ─► completed      every task came to a good end
//!                                     │  ├──► failed         one did not
//!                                     │  └──► cancelled      a person said so
//!                                     └─ paused ⇄ not paused (orthogonal)
//! ```

pub mod board;
mod fact;
pub(crate) mod fill;
mod fold;
pub mod graph;
mod policy;
pub mod spec;

pub use board::{Counts, Member, Node, NodeState, Paused, Plan, PlanBoard, PlanState, Running, SkipCause, TaskEnd};
pub use fact::{Added, PlanFact};
pub use graph::Fault;
pub use policy::PlanPolicy;
pub use spec::{FailMode, Items, Piece, PlanNeed, PlanSpec, PlanTask, Said};

use crate::ids::PlanId;
use crate::party::Party;
use alloc::boxed::Box;
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// What a client asks of the plans.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanCommand {
    /// Check a plan, make its tasks, and begin.
    Start { spec: Box<PlanSpec> },
    /// End it; what works on its tasks is stopped.
    Cancel {
        plan: PlanId,
        reason: String,
        #[serde(default)]
        by: Option<Party>,
    },
    /// Assign none of its tasks any more.
    Pause { plan: PlanId, running: Running },
    /// Go on; agents that the pause froze go on with it. One that failed goes on from its failed tasks.
    Resume { plan: PlanId },
}

/// What it gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanAnswer {
    /// It is done; the facts tell how the plan goes on.
    Accepted { plan: PlanId },
}

/// Why it is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanDenied {
    /// No such plan.
    UnknownPlan,
    /// It can't be run as it is.
    Invalid { fault: Fault },
    /// It came to its end already.
    Over { state: PlanState },
    /// It is paused already.
    AlreadyPaused,
    /// It is not paused.
    NotPaused,
    /// As many plans run as may.
    TooMany { plans_max: u32 },
    /// One of its tasks can't be taken: the names and numbers of tasks have limits of their own.
    TaskRefused { task: String, denied: crate::task::TaskDenied },
    /// The fleet is ending.
    ShuttingDown,
}
