//! Tasks: the work to be done, the agents that do it, its order, and its outcome.
//!
//! ```text
//!             all it needs have ended            an agent for it
//!  held ─────────────────────────────► queued ──────────────────► assigned ─► running ─► verifying ─► done
//!   ▲ │  why: needs · parts · nobody ·    │  is in an agent's         │           │           │
//!   │ │  no agent · locks · backoff       └► own queue: lined up ─────┤           │           ├────► failed
//!   │ └────────────────────────────────────────────────────────────── │ ──────────│────────── │ ───► cancelled
//!   └──────────────────── an attempt failed, and there are more ──────┴───────────┴───────────┘
//! ```
//!
//! The stored state is [`TaskBoard`], a fold over [`TaskFact`]s and a part of the view. Decisions are made from it in
//! `machine`, and which task goes to which agent in `fleet/tasks`.
//!
//! Reading order: [`limits`], [`spec`] (what a task is), [`policy`], [`routing`], [`command`], [`event`] (the events
//! and effects of tasks), `trouble` (why an attempt failed), [`fact`], [`line`](mod@line) (the order in which tasks go
//! to agents), [`board`] (the stored state), `fold`.

pub mod board;
pub mod command;
pub mod event;
pub mod fact;
mod fold;
pub mod limits;
pub mod line;
pub(crate) mod machine;
pub mod policy;
mod read;
mod revise;
pub mod routing;
pub mod spec;
mod trouble;

pub use board::{Claim, Clock, Desk, Happened, Held, Locked, Progress, Stage, Task, TaskBoard};
pub use command::{ClaimSettled, TaskAnswer, TaskCommand, TaskDenied, TaskText};
pub use event::{Answer, Artifact, Hope, Left, TaskEffect, TaskEvent, TaskTimer, Verdict};
pub use fact::TaskFact;
pub use policy::TaskPolicy;
pub use routing::Routing;
pub use spec::{Need, Placement, TaskSpec, TaskWorkspace, When, Work};
pub use trouble::{Counted, Stopped, Trouble, Word};
