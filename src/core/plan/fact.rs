//! The facts about plans. The board is a fold over these facts.

use super::board::{Counts, Running, SkipCause, TaskEnd};
use super::spec::PlanSpec;
use crate::ids::{AgentId, PlanId, TaskId};
use crate::party::Party;
use crate::severity::Severity;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// A fact about the plans.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanFact {
    /// A plan was read. The names of its tasks are `PREFIX.NAME`.
    Drafted { plan: PlanId, prefix: String, spec: Box<PlanSpec> },
    /// The plan is being checked.
    Validating { plan: PlanId },
    /// The plan was checked and has no faults.
    Validated { plan: PlanId, tasks: u32, edges: u32, layers: u32 },
    /// Tasks were made from these nodes.
    TasksAdded { plan: PlanId, nodes: Vec<Added> },
    /// The first tasks of the plan were made: the plan may run.
    Ready { plan: PlanId },
    /// The plan has been started.
    Started { plan: PlanId },
    /// A node got a task for each of these items, which came from the end of an earlier task.
    Expanded { plan: PlanId, items: Vec<String>, node: Added },
    /// The tasks of this node will never be made.
    Skipped { plan: PlanId, node: u32, why: SkipCause },
    /// A node is held back because the node `after` failed; it continues if that one is tried again and succeeds.
    HeldBack { plan: PlanId, node: u32, after: u32 },
    /// A task failed, and the fail mode ends the plan: nothing starts any more except the `spared` nodes, which wait
    /// for that failure.
    Stopping { plan: PlanId, failed: TaskId, spared: Vec<u32> },
    /// The plan is paused: none of its tasks is assigned any more. `frozen` are the agents that were frozen with it.
    Paused { plan: PlanId, running: Running, frozen: Vec<AgentId> },
    /// An agent that began to work on the plan just before it was paused is frozen, too.
    Froze { plan: PlanId, agent: AgentId },
    /// The plan continues after a pause.
    Resumed { plan: PlanId },
    /// The plan had failed, and continues from its failed tasks.
    Reopened { plan: PlanId },
    /// Every task of the plan ended well.
    Completed { plan: PlanId, counts: Counts },
    /// The plan ended, and at least one task did not end well.
    Failed { plan: PlanId, counts: Counts, reason: String },
    /// A person cancelled the plan.
    Cancelled {
        plan: PlanId,
        reason: String,
        #[serde(default)]
        by: Option<Party>,
    },
    /// The record of an ended plan was deleted to make room.
    Forgotten { plan: PlanId },
}

impl PlanFact {
    /// Returns the dotted type name by which facts are filtered.
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

    /// Returns the severity of the fact.
    pub fn severity(&self) -> Severity {
        match self {
            PlanFact::Failed { .. } => Severity::Error,
            PlanFact::Stopping { .. } | PlanFact::Cancelled { .. } => Severity::Warning,
            PlanFact::Validating { .. } | PlanFact::TasksAdded { .. } | PlanFact::Forgotten { .. } => Severity::Debug,
            _ => Severity::Info,
        }
    }

    /// Returns the plan that the fact is about.
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

/// A node and the tasks that were made from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Added {
    /// The node's place in the plan.
    pub node: u32,
    /// The tasks of the node, in the order of its items.
    pub tasks: Vec<TaskId>,
    /// The tasks of the node that had already ended at that time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ended: Vec<(TaskId, TaskEnd)>,
}
