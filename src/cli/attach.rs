//! `qd attach`: shows one agent's terminal in the user's own terminal.

use super::Context;
use super::dashboard::{can_be_drawn_on, show};
use crate::cli::complete;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::tui::{Mode, Outcome};
use clap::Args;
use std::io::IsTerminal;

/// The command-line arguments of `qd attach`.
#[derive(Args, Debug)]
pub struct Attach {
    /// Name of the agent to attach to
    #[arg(add = complete::agent())]
    name: String,
}

impl Attach {
    /// Runs `qd attach` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let name = self.name;
        if !context.out.is_terminal() || !std::io::stdin().is_terminal() {
            let failure = Failure::new(Exit::Usage, "attach needs a terminal");
            return Err(failure.hint(format!("`qd screen {name}` prints it, `qd send {name}` types into it")));
        }
        can_be_drawn_on(std::env::var("TERM").ok().as_deref())?;
        let client = context.client().await?;
        client.agent(&name).await?;
        let background = context.background()?;
        match show(client, background, Mode::Attach { agent: name.clone() }).await? {
            Outcome::Left => context.out.line(format!("detached from {name}; it continues"))?,
            Outcome::FleetStopped => context.out.line("the fleet has ended")?,
            Outcome::AgentEnded { agent, exit_code, exit_signal } => {
                let how = match (exit_code, exit_signal) {
                    (Some(code), _) => format!(": exit {code}"),
                    (None, Some(signal)) => format!(": signal {signal}"),
                    (None, None) => String::new(),
                };
                context.out.line(format!("{agent} has ended{how}"))?;
            }
            Outcome::NoSuchAgent { agent } => {
                return Err(Failure::new(Exit::Refused, format!("there is no agent called `{agent}`")));
            }
            Outcome::Signalled { signal } => return Ok(Exit::of_signal(signal)),
            Outcome::LinkClosed => return Err(super::dashboard::link_closed()),
        }
        Ok(Exit::Ok)
    }
}
