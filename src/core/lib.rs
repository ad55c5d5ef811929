//! The core of Quarterdeck, where all decisions are made: one type, [`Fleet`], and one entry point, [`Fleet::step`].
//!
//! The core contains no clock, file, thread, environment or hash map, and cannot name one: the crate is `no_std`. The
//! same state, the same event and the same instant give the same effects, so the same code runs in the supervisor, in
//! the exhaustive model, in the seeded simulation and in a replay of a recorded day.
//!
//! Reading order:
//!
//! 1. [`ids`] and [`time`];
//! 2. [`policy`]: the configuration, as far as decisions need it;
//! 3. [`command`]: the commands of clients; [`ask`] says which answer each of them gets;
//! 4. [`event`] and [`effect`]: what happened, and what the core asks the shell to do;
//! 5. [`fact`]: the entries of the journal; [`view`]: the state folded from the facts;
//! 6. the small state machines: [`timers`], [`run`] (the life of one run), [`restart`] (what follows the end of a run),
//!    [`start_order`] (the queue of agents that wait to start);
//! 7. the machines of the coordination, `machine` in [`sync`], [`shared`], [`mail`], [`lock`], [`task`] and
//!    [`plan`]: each gets its own table, its limits, what it may read of others, and a `recorder`, and can change
//!    nothing else;
//! 8. [`fleet`], which holds all state machines, routes each event, carries out what the machines decide, and has the
//!    rules that concern several of them.
//!
//! [`delivery`] is not part of [`fleet`]: it decides when text is typed into a terminal, and what the result was.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod agent;
pub mod ask;
pub mod asker;
pub mod barred;
pub mod command;
mod crew;
pub mod delivery;
pub mod effect;
pub mod ending;
pub mod event;
pub mod fact;
pub mod fleet;
pub mod graph;
pub mod health;
pub mod ids;
pub mod lock;
pub mod mail;
mod parties;
pub mod party;
pub mod plan;
pub mod policy;
mod recorder;
pub mod restart;
pub mod run;
pub mod scope;
pub mod severity;
pub mod shared;
pub mod start_order;
pub mod status;
pub mod sync;
pub mod task;
pub mod time;
pub mod timers;
pub mod view;
pub mod violation;

pub use fleet::Fleet;
