//! `qd sync`: scopes that are synchronised in the order of what they depend on. One file per verb.

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

/// What can be done with scopes.
#[derive(Subcommand, Debug)]
enum Verb {
    /// Start the synchronisation of a scope; queue it until all that it depends on is completed
    ///
    /// When its turn comes, the agent that queued it gets a message (sync.started). If the agent's run ends meanwhile,
    /// the scope has failed, and may be started again, three times until it completes.
    Start(start::Start),
    /// A scope is done: what waits for it starts
    Complete(act::Complete),
    /// The synchronisation of a scope did not work
    Fail(act::Fail),
    /// A scope changed: it and all that depends on it are to be synchronised anew
    Change(act::Change),
    /// List scopes, and where they stand
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
