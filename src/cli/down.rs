//! `qd down`: ends every agent, then the supervisor.

use super::Context;
use crate::api::events::{EventQuery, Severity};
use crate::api::system::ShutdownRequest;
use crate::client::{Client, ClientError, Followed, ensure};
use crate::report::exit::Exit;
use crate::report::facts::line;
use crate::report::failure::Failure;
use clap::Args;

/// What `qd down` takes.
#[derive(Args, Debug)]
pub struct Down {
    /// SIGKILL every agent at once, without its stop keys, stop signal and grace
    #[arg(long)]
    kill: bool,
    /// Return as soon as the request is accepted, rather than when all is down
    #[arg(long)]
    no_wait: bool,
}

impl Down {
    /// Does it.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let place = context.place()?;
        let client = match Client::connect(&place).await {
            // Its agents may live on; a new supervisor adopts them, so that they are ended too. A hello that breaks off
            // is said again before one is started.
            Err(ClientError::Stale { .. } | ClientError::Broken { .. }) => {
                ensure(&place, &context.background()?).await?.0
            }
            connected => connected?,
        };
        let since = client.hello().newest_seq;
        client.shutdown(ShutdownRequest { kill: self.kill }).await?;
        if self.no_wait {
            context.out.line(format!("ending fleet {}", client.hello().fleet))?;
            return Ok(Exit::Ok);
        }
        tell(context, &client, since).await?;
        client.gone().await;
        context.out.line(format!("fleet {} is down", client.hello().fleet))?;
        Ok(Exit::Ok)
    }
}

/// Prints facts until the supervisor ends the stream with itself.
async fn tell(context: &mut Context, client: &Client, since_seq: u64) -> Result<(), Failure> {
    let filters = EventQuery { since_seq: Some(since_seq), severity: Some(Severity::Info), ..EventQuery::default() };
    let mut facts = match client.follow(&filters).await {
        Ok(facts) => facts,
        // It had nothing to end and is gone already.
        Err(error) if error.is_absent() || matches!(error, ClientError::Broken { .. }) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    while let Some(heard) = facts.next().await? {
        if let Followed::Fact(fact) = heard {
            context.out.line(line(&fact, context.out.colors()))?;
        }
    }
    Ok(())
}
