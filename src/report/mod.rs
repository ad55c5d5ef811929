//! The output of `qd`: results on standard output, aligned for people or as JSON for programs; errors with their causes
//! and what to do about them; facts as lines; exit codes that keep their meaning. Subcommands and headless runs share
//! it.

pub mod color;
pub mod destination;
pub mod exit;
pub mod facts;
pub mod failure;
pub mod output;
pub mod progress;
pub mod time;
