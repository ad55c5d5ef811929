//! Locks: which party may touch which scope, decided by one arbiter.
//!
//! The stored state is [`LockTable`], a fold over [`LockFact`]s and a part of the view. Every decision is made from
//! that table.
//!
//! ```text
//!             all free, and nobody before it wants any of it
//!  asked ──┬──────────────────────────────────────────────► lease ──► released · expired · forced · holder ended
//!          ├─ else ─► waiting ─────────────────────────────►  ▲
//!          │             └─► timed out · withdrawn · holder ended · refused
//!          └─ would close a cycle of waiters ─► refused at once
//! ```
//!
//! A lease is one granted request: a set of scopes, all or none, under one fencing token. Requests are considered in
//! the order in which they were made. A request is granted when every scope that it wants is free and no earlier
//! request wants a scope that conflicts with them, so no request is overtaken by one that it waits for. A party never
//! blocks itself. A run and the task that it works on are one party.
//!
//! Reading order: `lease`, [`request`] (the commands and their answers), [`fact`] (the facts), [`table`] (the stored
//! state), [`check`] (whether a token allows an access), `line` (which requests and leases block a request), `cycle`
//! (cycles of waiting requests), `machine` (the decisions).

pub mod check;
mod cycle;
pub mod fact;
mod fold;
mod lease;
pub(crate) mod line;
pub(crate) mod machine;
pub mod policy;
pub mod request;
pub mod table;

pub use check::Checked;
pub use fact::{LockFact, WaitEnd};
pub use lease::{Blocker, CycleStep, Deadline, EndedLease, Evidence, Grant, Holding, Lease, LeaseEnd, Process};
pub use policy::{Enforce, LockPolicy};
pub use request::{
    Acquire, LockAnswer, LockCommand, LockDenied, LockEffect, LockEvent, LockSettled, LockTimer, TaskLocks, Which,
};
pub use table::{LockStatistics, LockTable, RefusedCycle, Request};
