//! The supervisor: one process per fleet, which decides everything and loses nothing when it dies.
//!
//! ```text
//!   clients ── http ──┐                       ┌── journal (every input, every fact)
//!                     ├─► kernel ── effects ──┼── performer ─► workspaces, keepers, probes
//!   keepers ── run ───┘   (one loop)          └── feed ─► followers
//!               └── screen ─► pictures ─► viewers (never through the kernel)
//! ```
//!
//! Reading order: [`start`] and [`open`] (from nothing, or from the runs and the journal of an earlier one, to
//! serving), [`kernel`] (the loop), [`perform`] (effects into acts), [`keepers`] and [`run`] (one run's keeper and
//! screen), [`journal`], [`http`].

mod adoption;
mod asked;
mod clean;
mod commits;
mod configs;
mod context;
mod execs;
mod feed;
mod folder;
mod health;
mod history;
mod holders;
mod http;
mod journal;
mod keepers;
mod kernel;
mod launch;
mod lock;
mod logging;
mod memory;
mod metrics;
mod open;
mod perform;
mod post;
mod postmen;
mod probe;
mod problem;
mod reload;
mod roster;
mod run;
mod shelf;
mod start;
mod statefile;
mod strays;
mod tasks;
mod timers;
mod token;
mod tools;
mod words;
mod work;
mod workspaces;
mod writes;

pub use clean::{CleanError, alone as clean_alone};
pub use start::main;
