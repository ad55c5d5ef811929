//! `qd sync complete`, `qd sync fail` and `qd sync change`.

use super::status::sentence;
use crate::api::state::SyncRequest;
use crate::cli::Context;
use crate::client::state::SyncAct;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::Args;

/// The command-line arguments of `qd sync complete`.
#[derive(Args, Debug)]
pub struct Complete {
    /// Name of the scope that is completed
    pub scope: String,
}

/// The command-line arguments of `qd sync fail`.
#[derive(Args, Debug)]
pub struct Fail {
    /// Name of the scope that failed
    pub scope: String,
    /// Why the synchronisation failed, in words
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

/// The command-line arguments of `qd sync change`.
#[derive(Args, Debug)]
pub struct Change {
    /// Name of the scope that changed
    pub scope: String,
}

/// Carries out one of the three subcommands, and prints the scope's new state.
///
/// # Errors
/// An error is returned if the supervisor refuses it or cannot be reached.
pub async fn run(context: &mut Context, act: SyncAct, scope: String, reason: Option<String>) -> Result<Exit, Failure> {
    let request = SyncRequest { scope, reason, ..SyncRequest::default() };
    let scope = context.client().await?.sync(act, &request).await?;
    context.out.line(sentence(&scope))?;
    Ok(Exit::Ok)
}
