//! `qd lock`: who may touch which scope. One file per verb, and what they share: [`party`] (who asks), [`ask`] (ask
//! and wait), [`show`] (how leases are told).
//!
//! What is refused ends with a code of its own, so that a script can tell apart: held by others or waited too long
//! (124), a cycle (10), a lease or token that is no longer good (11), anything else (4).

pub mod acquire;
pub mod ask;
pub mod check;
pub mod conflict;
pub mod force;
pub mod guard;
pub mod history;
pub mod list;
pub mod party;
pub mod release;
pub mod renew;
pub mod run;
pub mod show;
pub mod watch;

use super::Context;
use crate::client::scopes::{ScopeError, Writer};
use crate::client::{Client, ClientError};
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::{Args, Subcommand};

/// What `qd lock` takes.
#[derive(Args, Debug)]
pub struct Lock {
    #[command(subcommand)]
    verb: Verb,
}

/// What can be done about locks.
#[derive(Subcommand, Debug)]
enum Verb {
    /// Take scopes: all of them, or none; waits until they are free
    ///
    /// A scope is a path of the repository (src/parser stands for all beneath it), or a resource of agents.toml (gpu,
    /// port). For an agent the lease ends with its run; for anyone else after --ttl, unless renewed. While it waits,
    /// standard error says whom for; Ctrl-C withdraws.
    Acquire(acquire::Acquire),
    /// Give back leases
    Release(release::Release),
    /// Lengthen a lease that has a time to live
    Renew(renew::Renew),
    /// List who holds what, and who waits for what
    List(list::List),
    /// Print what happened to locks
    History(history::History),
    /// Take a lease from its holder, who is told why; for persons only
    Force(force::Force),
    /// Look at files that were written by someone else than their holder, and choose a version
    ///
    /// Kept where agents share a workspace, with `enforce` in `[coordination]`.
    Conflict(conflict::Conflicts),
    /// Say whether a token still allows touching a scope; ends with 11 if not
    Check(check::Check),
    /// Hold scopes while a command runs, and end as it ends
    ///
    /// The lease is renewed while the command runs, and given back when it ends. Signals are passed on to it. In its
    /// environment are QD_LOCK_LEASE, QD_LOCK_TOKEN, QD_LOCK_SCOPES (a line each) and QD_LOCK_UNIT_NAME for the units
    /// of resources. A program that works on a task with locks has the same variables, and has these locks again at once
    /// when it asks for them. A command that can't be run ends qd with 127 or 126.
    ///
    /// For example: qd lock run port -- sh -c 'exec serve --port "$QD_LOCK_UNIT_PORT"'
    Run(run::Run),
    /// Whether the staged files may be committed; what the pre-commit guard runs
    #[command(hide = true)]
    Guard(guard::Guard),
}

impl Lock {
    /// Runs the verb and returns its exit code.
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

/// A failure with the exit code that tells what kind of refusal it was.
/// Scopes as this directory means them.
async fn meant(client: &Client, texts: Vec<String>) -> Result<Vec<String>, Failure> {
    let meant = Writer::here(client.place())?.mean(client, texts).await;
    meant.map_err(|error| match error {
        ScopeError::Client(error) => failed(error),
        error => {
            let failure = Failure::new(Exit::Usage, error.to_string());
            match error.hint() {
                Some(hint) => failure.hint(hint),
                None => failure,
            }
        }
    })
}

/// The same for one.
async fn meant_one(client: &Client, text: String) -> Result<String, Failure> {
    Ok(meant(client, vec![text]).await?.pop().unwrap_or_default())
}

fn failed(error: ClientError) -> Failure {
    let exit = match &error {
        ClientError::Problem(problem) => match problem.code.as_str() {
            "busy" | "timed_out" => Some(Exit::TimedOut),
            "cycle" => Some(Exit::Cycle),
            "lease_ended" | "unknown_lease" => Some(Exit::Stale),
            _ => None,
        },
        _ => None,
    };
    let mut failure = Failure::from(error);
    failure.exit = exit.unwrap_or(failure.exit);
    failure
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::error::Problem;

    #[test]
    fn each_kind_of_refusal_has_its_own_exit_code() {
        let code = |code: &str| {
            let (what, why) = ("the lock was not granted".into(), "because".into());
            failed(ClientError::Problem(Problem { status: 409, code: code.into(), what, why, hint: None })).exit.code()
        };
        let codes = ["busy", "timed_out", "cycle", "lease_ended", "unknown_lease", "bad_scope"].map(code);
        assert_eq!(codes, [124, 124, 10, 11, 11, 4]);
    }
}
