//! The tools of every case: a fleet of its own with its own sockets, the `qd` of this build, facts to wait for, the
//! process table, and the check at the end that nothing remains.
//!
//! Nothing here sleeps for a fixed time. Where the product announces something, a case waits for the fact ([`facts`]);
//! where the operating system does (a process ends), it waits for that ([`processes`]); things that neither announces
//! (the text on a screen, a file) are looked at again until a deadline ([`eventually`]).

pub(crate) mod command;
pub(crate) mod config;
pub(crate) mod console;
pub(crate) mod drop_check;
pub(crate) mod facts;
pub(crate) mod fleet;
pub(crate) mod http;
pub(crate) mod mcp;
pub(crate) mod pace;
pub(crate) mod processes;
pub(crate) mod repository;

pub(crate) use console::Console;
pub(crate) use facts::{Facts, Heard};
pub(crate) use fleet::Fleet;
pub(crate) use pace::{DEADLINE, eventually, within};
