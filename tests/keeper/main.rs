//! The keeper, with real terminals and processes: each test has a directory, a socket and a mark of its own, waits
//! on facts within a limit, and leaves no process.

mod ending;
mod errand;
mod harness;
mod losses;
mod program;
mod relay;
mod tree;
