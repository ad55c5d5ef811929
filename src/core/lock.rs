//! Locks: who may touch which scope, decided by one arbiter.
//!
//! What is stored is [`LockTable`], a fold over [`LockFact`]s and a part of the view; what is decided is decided from it.
//!
//! ```text
//!             all free, and nobody before it wants any of it
//!  asked ──┬──────────────────────────────────────────────► lease ──► released · expired · forced · holder ended
//!          ├─ else ─► waiting ─────────────────────────────►  ▲
//!          │             └─► timed out · withdrawn · holder ended · refused
//!          └─ would close a cycle of waiters ─► refused at once
//! ```
//!
//! A lease is one granted request: a set of scopes, all or none, under one fencing token. Requests are looked at in
//! the order in which they were asked; one is granted when all it wants is free and no request before it wants
//! something that conflicts, so nobody is overtaken by whom it waits for. A party is never in its own way; a run and
//! the task that it works on are one party.
//!
//! Reading order: `lease`, [`request`] (what is asked and answered), [`fact`] (what happens), [`table`] (what is known),
//! [`check`] (whether a token allows something), `line` (who is in the way of what), `cycle` (who waits in a circle),
//! [`rules`] (what a test may break).

pub mod check;
mod cycle;
pub mod fact;
mod fold;
mod lease;
pub(crate) mod line;
pub mod policy;
pub mod request;
pub mod rules;
pub mod table;

pub use check::Checked;
pub use fact::{LockFact, WaitEnd};
pub use lease::{Blocker, CycleStep, Deadline, EndedLease, Evidence, Grant, Holding, Lease, LeaseEnd, Process};
pub use policy::{Enforce, LockPolicy};
pub use request::{
    Acquire, LockAnswer, LockCommand, LockDenied, LockEffect, LockEvent, LockSettled, LockTimer, TaskLocks, Which,
};
pub use rules::{Rule, Rules};
pub use table::{LockStatistics, LockTable, RefusedCycle, Request};
