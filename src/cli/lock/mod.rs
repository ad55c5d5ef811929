//! `qd lock`: locks on paths and resources. There is one file for each subcommand. They share [`party`] (who asks),
//! [`ask`] (request and wait) and [`show`] (leases as text).
//!
//! Refusals have exit codes of their own, so that a script can distinguish them: held by others or waited too long
//! (124), a cycle of waiters (10), a lease or token that is no longer valid (11), anything else (4).

pub mod acquire;
pub mod ask;
pub mod check;
pub mod conflict;
pub mod force;
pub mod guard;
pub mod history;
pub mod list;
mod meant;
pub mod party;
pub mod release;
pub mod renew;
pub mod run;
pub mod show;
pub mod watch;

use super::Context;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::{Args, Subcommand};

/// The command-line arguments of `qd lock`.
#[derive(Args, Debug)]
pub struct Lock {
    #[command(subcommand)]
    verb: Verb,
}

/// The subcommands of `qd lock`.
#[derive(Subcommand, Debug)]
enum Verb {
    /// Lock scopes, all of them or none; wait until they are free
    ///
    /// A scope is a path of the repository (src/parser includes everything below it), or a resource of agents.toml
    /// (gpu, port). For an agent the lease ends with its run; for anyone else it ends after --ttl, unless it is
    /// renewed. While the request waits, standard error shows which parties are in the way; Ctrl-C withdraws the
    /// request.
    Acquire(acquire::Acquire),
    /// Release leases or scopes
    Release(release::Release),
    /// Extend a lease that has a time to live
    Renew(renew::Renew),
    /// List the leases and the requests that wait
    List(list::List),
    /// Print the history of locks
    History(history::History),
    /// Take a lease from its holder, who is told the reason; only people may do this
    Force(force::Force),
    /// Show files that another party than their holder wrote, and restore one of the versions
    ///
    /// Both versions are kept where agents share a workspace and `enforce` is set in `[coordination]`.
    Conflict(conflict::Conflicts),
    /// Check whether a token still allows changing a scope; end with 11 if it does not
    Check(check::Check),
    /// Hold scopes while a command runs, and end with the command's exit code
    ///
    /// The lease is renewed while the command runs, and released when it ends. Signals are passed on to the command.
    /// Its environment contains QD_LOCK_LEASE, QD_LOCK_TOKEN, QD_LOCK_SCOPES (one per line) and QD_LOCK_UNIT_NAME for
    /// the units of resources. A program that works on a task with locks has the same variables, and if it requests the
    /// locks of its task, they are granted at once. If the command cannot be run, qd ends with 127 or 126.
    ///
    /// For example: qd lock run port -- sh -c 'exec serve --port "$QD_LOCK_UNIT_PORT"'
    Run(run::Run),
    /// Check whether the staged files may be committed; the pre-commit hook runs this
    #[command(hide = true)]
    Guard(guard::Guard),
}

impl Lock {
    /// Runs `qd lock` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        match self.verb {
            Verb::Acquire(verb) => verb.run(context).await,
            Verb::Release(verb) => verb.run(context).await,
            Verb::Renew(verb) => verb.run(context).await,
            Verb::List(verb) => verb.run(context).await,
            Verb::History(verb) => verb.run(context).await,
            Verb::Force(verb) => verb.run(context).await,
            Verb::Conflict(verb) => verb.run(context).await,
            Verb::Check(verb) => verb.run(context).await,
            Verb::Run(verb) => verb.run(context).await,
            Verb::Guard(verb) => verb.run(context).await,
        }
    }
}
