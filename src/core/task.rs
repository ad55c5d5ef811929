//! Tasks: what is to be done, by whom, in which order, and what came of it.
//!
//! ```text
//!             all it needs have ended            an agent for it
//!  held ─────────────────────────────► queued ──────────────────► assigned ─► running ─► verifying ─► done
//!   ▲ │  why: needs · parts · nobody ·    │  stands in an agent's     │           │           │
//!   │ │  no agent · locks · backoff       └► own queue: lined up ─────┤           │           ├────► failed
//!   │ └────────────────────────────────────────────────────────────── │ ──────────│────────── │ ───► cancelled
//!   └──────────────────── an attempt failed, and there are more ──────┴───────────┴───────────┘
//! ```
//!
//! What is stored is [`TaskBoard`], a fold over [`TaskFact`]s and a part of the view; what is decided is decided from
//! it, in `fleet/tasks`. Reading order: [`limits`], [`spec`] (what is ordered), [`policy`], [`routing`], [`command`], [`event`] (what
//! happens and what is asked of the world), `trouble` (why an attempt came to nothing), [`fact`], [`line`](mod@line) (the order in which tasks go to agents), [`board`], `fold`.

pub mod board;
pub mod command;
pub mod event;
pub mod fact;
mod fold;
pub mod limits;
pub mod line;
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
