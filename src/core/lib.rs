//! The brain of Quarterdeck: one value, [`Fleet`], and one door, [`Fleet::step`].
//!
//! There is no clock, file, thread, environment or hash map in here, and none can be named: the crate is
//! `no_std`. The same state, the same event and the same instant give the same effects, so one piece of code
//! runs in the supervisor, in the exhaustive model, in the seeded simulation and in a replay of a recorded day.
//!
//! Reading order: [`ids`] and [`time`], [`policy`] (what the configuration says), [`command`] (what a client
//! asks), [`event`] → [`effect`] (what happens to us → what we ask of the world), [`fact`] (what is recorded),
//! [`view`] (the fold over the facts). Then the small machines: [`timers`], [`run`] (the life of one run),
//! [`restart`] (what follows its end), [`start_order`] (who waits to start). Last [`fleet`], which holds them all,
//! routes what happens, and keeps the rules that cross them. Beside it stands [`delivery`]: what is typed into a terminal
//! when, and what became of it.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod asker;
pub mod barred;
pub mod command;
pub mod delivery;
pub mod effect;
pub mod ending;
pub mod event;
pub mod fact;
pub mod fleet;
pub mod health;
pub mod ids;
pub mod lock;
pub mod mail;
pub mod party;
pub mod plan;
pub mod policy;
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

/// So that the tests under `tests/` can be used from inside, where a rule can be broken.
#[cfg(test)]
extern crate self as quarterdeck_core;
#[cfg(test)]
#[macro_use]
extern crate std;

#[cfg(test)]
#[path = "tests/mutations/mod.rs"]
mod mutations;
