//! `qd sync complete`, `fail` and `change`.

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
    /// Which scope
    pub scope: String,
}

/// The command-line arguments of `qd sync fail`.
#[derive(Args, Debug)]
pub struct Fail {
    /// Which scope
    pub scope: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

/// The command-line arguments of `qd sync change`.
#[derive(Args, Debug)]
pub struct Change {
    /// Which scope
    pub scope: String,
}

/// Does one of them, and says where the scope stands by then.
///
/// # Errors
/// It is refused, or the supervisor can't be asked.
pub async fn run(context: &mut Context, act: SyncAct, scope: String, reason: Option<String>) -> Result<Exit, Failure> {
    let request = SyncRequest { scope, reason, ..SyncRequest::default() };
    let scope = context.client().await?.sync(act, &request).await?;
    context.out.line(sentence(&scope))?;
    Ok(Exit::Ok)
}
