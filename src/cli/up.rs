//! `qd up`: starts the fleet in the background, without a dashboard.

use super::Context;
use crate::api::system::Hello;
use crate::client::ensure::take_over;
use crate::client::{Client, Joined, ensure};
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::Args;

/// The command-line arguments of `qd up`.
#[derive(Args, Debug)]
pub struct Up {
    /// Replace the running supervisor by one of this program, for example after an upgrade; agents that outlive their
    /// supervisor continue to run
    #[arg(long)]
    takeover: bool,
    /// Print the supervisor's hello as JSON
    #[arg(long, conflicts_with = "socket")]
    json: bool,
    /// Print the path of the supervisor's socket, for curl --unix-socket
    #[arg(long)]
    socket: bool,
}

impl Up {
    /// Runs `qd up` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let place = context.place_said()?;
        if self.takeover {
            take_over(&place).await?;
        }
        let (client, joined) = ensure(&place, &context.background()?).await?;
        match (self.json, self.socket) {
            (true, _) => context.out.json(client.hello())?,
            (_, true) => context.out.line(place.control_socket.display().to_string())?,
            _ => context.out.line(sentence(&client, joined).await?)?,
        }
        Ok(Exit::Ok)
    }
}

async fn sentence(client: &Client, joined: Joined) -> Result<String, Failure> {
    let agents = match client.agents().await?.len() {
        1 => "1 agent".to_owned(),
        many => format!("{many} agents"),
    };
    let hello = client.hello();
    Ok(match joined {
        Joined::Running => format!("fleet {} runs already ({agents}, supervisor {})", hello.fleet, hello.pid),
        Joined::Started => {
            format!("fleet {} is up ({agents}, supervisor {}){}", hello.fleet, hello.pid, adoption(hello))
        }
    })
}

/// Returns what a supervisor found of an earlier one, in words; empty when there was nothing.
pub(super) fn adoption(hello: &Hello) -> String {
    let found = hello.adoption;
    if found == Default::default() {
        return String::new();
    }
    format!(": adopted {}, lost {}, reaped {}", found.adopted, found.lost, found.reaped)
}
