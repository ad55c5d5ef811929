//! The process that holds one run: the PTY, the process tree, the transcript, the exit record. It leaves every decision
//! to the supervisor that the supervisor can make, and outlives it.
//!
//! ```text
//!  stdin: Launch ──▶ birth ──▶ program ──▶ turn (one thread, one poll loop)
//!                                            ├ terminal    the PTY: always drained, never waited for
//!                                            ├ transcript  every byte, on disk; in memory while the disk refuses
//!                                            ├ input       the input to be typed: bounded
//!                                            ├ queries     answers DA1 and DSR while no supervisor is there
//!                                            ├ tree        signals, freezes and kills everything below us
//!                                            ├ link        the socket, and the one connection that counts
//!                                            └ life        when to stop, to kill and to end, by ourselves
//! ```
//!
//! **Invariant:** an agent without output costs no wake-up (`silence_wakes_nobody`). **Invariant:** output is never
//! lost or doubled across connections (`reconnects_lose_and_double_nothing`). **Invariant:** the tree is called empty
//! only when wait(2) says that this process, its subreaper, has no more children.

mod birth;
mod connection;
mod ending;
pub mod errand;
mod exit;
mod input;
mod life;
mod link;
mod program;
mod queries;
mod terminal;
mod transcript;
mod tree;
mod turn;

pub use exit::{EXIT_HELD, EXIT_LAUNCH, EXIT_SYSTEM};

use std::process::ExitCode;

/// Runs the whole life of a keeper, as `qd __keeper`. It reads a [`Launch`](crate::wire::launch::Launch) from its
/// standard input, and writes [`READY`](crate::wire::READY) when it listens. If it can't, it writes a sentence to its
/// standard error and ends with one of the codes here. It must be called before any thread or runtime is started.
pub fn run() -> ExitCode {
    match birth::be_born() {
        Ok(newborn) => {
            turn::Keeper::new(newborn).live();
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("qd keeper: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}
