//! `qd up`: the fleet in the background, without a dashboard.

use super::Context;
use crate::api::system::Hello;
use crate::client::ensure::{Lifetime, take_over};
use crate::client::{Background, Client, Joined, ensure};
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::Args;

/// What `qd up` takes.
#[derive(Args, Debug)]
pub struct Up {
    /// Replace the running supervisor by this qd's; agents that outlive their supervisor go on
    #[arg(long)]
    takeover: bool,
    /// What the supervisor says of itself
    #[arg(long)]
    json: bool,
}

impl Up {
    /// Does it.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let place = context.place()?;
        if self.takeover {
            take_over(&place).await?;
        }
        let (client, joined) = ensure(&place, &Background::this_program(Lifetime::Configured)?).await?;
        match self.json {
            true => context.out.json(client.hello())?,
            false => context.out.line(sentence(&client, joined).await?)?,
        }
        Ok(Exit::Ok)
    }
}

async fn sentence(client: &Client, joined: Joined) -> Result<String, Failure> {
    let agents = client.agents().await?.len();
    let hello = client.hello();
    Ok(match joined {
        Joined::Running => format!("fleet {} runs already ({agents} agents, supervisor {})", hello.fleet, hello.pid),
        Joined::Started => {
            format!("fleet {} is up ({agents} agents, supervisor {}){}", hello.fleet, hello.pid, adoption(hello))
        }
    })
}

/// What a supervisor found of an earlier one; empty when there was nothing.
pub(super) fn adoption(hello: &Hello) -> String {
    let found = hello.adoption;
    if found == Default::default() {
        return String::new();
    }
    format!(": adopted {}, lost {}, reaped {}", found.adopted, found.lost, found.reaped)
}
