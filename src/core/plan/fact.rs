//! What happened to the plans. The board is a fold over these.

use super::board::{Counts, Running, SkipCause, TaskEnd};
use super::spec::PlanSpec;
use crate::ids::{AgentId, PlanId, TaskId};
use crate::party::Party;
use crate::severity::Severity;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// What happened to the plans.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanFact {
    /// A plan was read. Its tasks are named `PREFIX.NAME`.
    Drafted { plan: PlanId, prefix: String, spec: Box<PlanSpec> },
    /// It is being checked.
    Validating { plan: PlanId },
    /// Nothing is wrong with it.
    Validated { plan: PlanId, tasks: u32, edges: u32, layers: u32 },
    /// Tasks were made of these nodes.
    TasksAdded { plan: PlanId, nodes: Vec<Added> },
    /// Its first tasks are there: it may run.
    Ready { plan: PlanId },
    /// It runs.
    Started { plan: PlanId },
    /// A node was made into a task for each of these items, which an earlier task's end told.
    Expanded { plan: PlanId, items: Vec<String>, node: Added },
    /// A node will never be made into a task.
    Skipped { plan: PlanId, node: u32, why: SkipCause },
    /// A node stands back because something that it needs failed; were that tried again, it would go on.
    HeldBack { plan: PlanId, node: u32, after: u32 },
    /// A task failed and the fail mode ends the plan: nothing starts any more but what waits for that failure.
    Stopping { plan: PlanId, failed: TaskId, spared: Vec<u32> },
    /// Nothing of it is assigned any more. The agents that were frozen with it.
    Paused { plan: PlanId, running: Running, frozen: Vec<AgentId> },
    /// An agent that began to work on it just before it was paused is frozen, too.
    Froze { plan: PlanId, agent: AgentId },
    /// It goes on.
    Resumed { plan: PlanId },
    /// It had failed, and goes on from its failed tasks.
    Reopened { plan: PlanId },
    /// Every task came to a good end.
    Completed { plan: PlanId, counts: Counts },
    /// It came to its end, and not every task to a good one.
    Failed { plan: PlanId, counts: Counts, reason: String },
    /// A person cancelled it.
    Cancelled {
        plan: PlanId,
        reason: String,
        #[serde(default)]
        by: Option<Party>,
    },
    /// An ended plan was dropped to make room.
    Forgotten { plan: PlanId },
}

impl PlanFact {
    /// The dotted type by which facts are filtered.
    pub fn type_name(&self) -> &'static str {
        match self {
            PlanFact::Drafted { .. } => "plan.drafted",
            PlanFact::Validating { .. } => "plan.validating",
            PlanFact::Validated { .. } => "plan.validated",
            PlanFact::TasksAdded { .. } => "plan.tasks_added",
            PlanFact::Ready { .. } => "plan.ready",
            PlanFact::Started { .. } => "plan.started",
            PlanFact::Expanded { .. } => "plan.expanded",
            PlanFact::Skipped { .. } => "plan.skipped",
            PlanFact::HeldBack { .. } => "plan.held_back",
            PlanFact::Stopping { .. } => "plan.stopping",
            PlanFact::Paused { .. } => "plan.paused",
            PlanFact::Froze { .. } => "plan.froze",
            PlanFact::Resumed { .. } => "plan.resumed",
            PlanFact::Reopened { .. } => "plan.reopened",
            PlanFact::Completed { .. } => "plan.completed",
            PlanFact::Failed { .. } => "plan.failed",
            PlanFact::Cancelled { .. } => "plan.cancelled",
            PlanFact::Forgotten { .. } => "plan.forgotten",
        }
    }

    /// How much it matters.
    pub fn severity(&self) -> Severity {
        match self {
            PlanFact::Failed { .. } => Severity::Error,
            PlanFact::Stopping { .. } | PlanFact::Cancelled { .. } => Severity::Warning,
            PlanFact::Validating { .. } | PlanFact::TasksAdded { .. } | PlanFact::Forgotten { .. } => Severity::Debug,
            _ => Severity::Info,
        }
    }

    /// The plan it is about.
    pub fn plan(&self) -> PlanId {
        match self {
            PlanFact::Drafted { plan, .. }
            | PlanFact::Validating { plan }
            | PlanFact::Validated { plan, .. }
            | PlanFact::TasksAdded { plan, .. }
            | PlanFact::Ready { plan }
            | PlanFact::Started { plan }
            | PlanFact::Expanded { plan, .. }
            | PlanFact::Skipped { plan, .. }
            | PlanFact::HeldBack { plan, .. }
            | PlanFact::Stopping { plan, .. }
            | PlanFact::Paused { plan, .. }
            | PlanFact::Froze { plan, .. }
            | PlanFact::Resumed { plan }
            | PlanFact::Reopened { plan }
            | PlanFact::Completed { plan, .. }
            | PlanFact::Failed { plan, .. }
            | PlanFact::Cancelled { plan, .. }
            | PlanFact::Forgotten { plan } => *plan,
        }
    }
}

/// A node and the tasks that were made of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Added {
    /// The node's place in the plan.
    pub node: u32,
    /// Its tasks, in the order of its items.
    pub tasks: Vec<TaskId>,
    /// Those of them that had come to their end by then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ended: Vec<(TaskId, TaskEnd)>,
}
