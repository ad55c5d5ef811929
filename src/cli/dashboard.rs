//! `qd` alone: the fleet on a screen; without a terminal on standard output, the fleet to its end.

use super::Context;
use super::ps;
use super::run::Run;
use crate::client::ensure::Lifetime;
use crate::client::{Background, ensure};
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::time::now_ms;

/// Does it.
pub async fn run(context: &mut Context) -> Result<Exit, Failure> {
    if !context.out.is_terminal() {
        return Run::headless_by_default().run(context).await;
    }
    let (client, _) = ensure(&context.place()?, &Background::this_program(Lifetime::Configured)?).await?;
    let agents = client.agents().await?;
    context.out.table(&ps::rows(&agents, now_ms()))?;
    Ok(Exit::Ok)
}
