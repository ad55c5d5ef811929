//! `qd pause`: freezes the whole process trees of agents.

use super::Context;
use super::act::{Acting, Deed, paused};
use crate::api::agents::{Action, Status};
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::Args;

/// The command-line arguments of `qd pause`.
#[derive(Args, Debug)]
pub struct Pause {
    #[command(flatten)]
    acting: Acting,
}

impl Pause {
    /// Runs `qd pause` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let deed = Deed {
            action: Action::Pause,
            fits: |agent| agent.state.is_live() && agent.status != Status::Paused,
            accepted: "pausing",
            settles: paused,
        };
        self.acting.run(context, deed).await
    }
}
