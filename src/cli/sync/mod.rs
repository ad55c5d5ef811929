//! `qd sync`: synchronises scopes in the order of their dependencies. There is one file for each subcommand.

pub mod act;
pub mod start;
pub mod status;

use super::Context;
use crate::client::state::SyncAct;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::{Args, Subcommand};

/// The command-line arguments of `qd sync`.
#[derive(Args, Debug)]
pub struct Sync {
    #[command(subcommand)]
    verb: Verb,
}

/// The subcommands of `qd sync`.
#[derive(Subcommand, Debug)]
enum Verb {
    /// Start the synchronisation of a scope; queue it until everything that it depends on is completed
    ///
    /// When the scope's turn comes, the agent that queued it gets a message (sync.started). If the agent's run ends
    /// before the scope completes, the scope has failed. It may then be started again, at most three times.
    Start(start::Start),
    /// Report that a scope is completed: the scopes that wait for it start
    Complete(act::Complete),
    /// Report that the synchronisation of a scope failed
    Fail(act::Fail),
    /// Report that a scope changed: it and all that depend on it must be synchronised again
    Change(act::Change),
    /// List the scopes and the states of their synchronisation
    Status(status::Status),
}

impl Sync {
    /// Runs `qd sync` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        match self.verb {
            Verb::Start(verb) => verb.run(context).await,
            Verb::Complete(act::Complete { scope }) => act::run(context, SyncAct::Complete, scope, None).await,
            Verb::Fail(act::Fail { scope, reason }) => act::run(context, SyncAct::Fail, scope, reason).await,
            Verb::Change(act::Change { scope }) => act::run(context, SyncAct::Change, scope, None).await,
            Verb::Status(verb) => verb.run(context).await,
        }
    }
}
