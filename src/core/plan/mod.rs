//! Plans: graphs (DAGs) of tasks, the effect of a failure on them, and when they have ended.
//!
//! The stored state is [`PlanBoard`], a fold over [`PlanFact`]s and over the ends of tasks, and a part of the view.
//! Every decision is made from that board, in `machine`. [`spec`] describes the work, [`graph`] checks whether the work
//! can be done at all, and [`board`] holds the state of each plan.
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
pub(crate) mod machine;
mod policy;
mod read;
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

/// A command from a client about plans.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanCommand {
    /// Check a plan, create its tasks, and start it.
    Start { spec: Box<PlanSpec> },
    /// Cancel a plan. The runs that work on its tasks are stopped.
    Cancel {
        plan: PlanId,
        reason: String,
        #[serde(default)]
        by: Option<Party>,
    },
    /// Pause a plan: none of its tasks is assigned any more.
    Pause { plan: PlanId, running: Running },
    /// Resume a plan, and the agents that its pause froze. A failed plan continues from its failed tasks.
    Resume { plan: PlanId },
}

/// The answer to a command about plans.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanAnswer {
    /// The command was accepted; the facts tell how the plan continues.
    Accepted { plan: PlanId },
}

/// The reason why a command about plans was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanDenied {
    /// No plan with this number exists.
    UnknownPlan,
    /// The plan cannot be run, because of this fault.
    Invalid { fault: Fault },
    /// The plan has already ended.
    Over { state: PlanState },
    /// The plan is already paused.
    AlreadyPaused,
    /// The plan is not paused.
    NotPaused,
    /// The number of running plans is at its limit.
    TooMany { plans_max: u32 },
    /// One of the plan's tasks was refused, for example because its name or the number of tasks exceeds a limit.
    TaskRefused { task: String, denied: crate::task::TaskDenied },
    /// The fleet is shutting down.
    ShuttingDown,
}
