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
pub(crate) mod fill;
mod fold;
pub mod graph;
pub mod spec;

pub use board::{Counts, Member, Node, NodeState, Paused, Plan, PlanBoard, PlanState};
pub use graph::Fault;
pub use spec::{FailMode, Items, Piece, PlanNeed, PlanSpec, PlanTask, Said};

use crate::ids::{AgentId, PlanId, TaskId};
use crate::party::Party;
use crate::severity::Severity;
use crate::task::{TaskText, When};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
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

/// What happens to tasks that run while their plan is paused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Running {
    /// They go on to their end.
    #[default]
    GoOn,
    /// Their agents are frozen.
    Freeze,
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

/// How a task of a plan came to its end, as far as its plan cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskEnd {
    /// Done, and not refuted.
    Done,
    /// Failed.
    Failed,
    /// Passed over: what it needs did not end as it must.
    Skipped,
    /// Someone cancelled it.
    Cancelled,
}

impl TaskEnd {
    /// Whether something that needs it in this way may go on.
    pub fn satisfies(self, when: When) -> bool {
        match when {
            When::Done => self == TaskEnd::Done,
            When::Failed => self == TaskEnd::Failed,
            When::Settled => true,
        }
    }
}

/// Why a node is never made into a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipCause {
    /// This node did not end as it must.
    Needs { node: u32, when: When },
    /// The list it is made over has more items than may be, or would make more edges.
    TooManyItems { items: u32, items_max: u32 },
    /// The plan is being stopped.
    Stopping,
    /// A task of it was refused.
    Refused,
    /// A task of it was refused: with what is filled in, this text of it is longer than it may be.
    TooLong { text: TaskText, bytes_max: u32 },
    /// The list it is made over is longer than what this node could tell: only the end of it is known.
    ListCut { node: u32 },
}

/// What the configuration says of the plans.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct PlanPolicy {
    /// Tasks of one plan, lists that are written down counted in full.
    pub tasks_max: u32,
    /// Edges of one plan, counted in the same way.
    pub edges_max: u32,
    /// Tasks one after the other.
    pub depth_max: u32,
    /// Items of one list.
    pub items_max: u32,
    /// Plans that have not come to their end, at one time.
    pub running_max: u32,
    /// Plans that are kept after their end.
    pub kept_max: u32,
}

impl Default for PlanPolicy {
    fn default() -> Self {
        PlanPolicy {
            tasks_max: 10_000,
            edges_max: 100_000,
            depth_max: 1_000,
            items_max: 1_000,
            running_max: 20,
            kept_max: 50,
        }
    }
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
