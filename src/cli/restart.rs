//! `qd restart`: ends agents and starts them with the newest configuration.

use super::Context;
use super::act::{Acting, Deed, started};
use crate::api::agents::Action;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::Args;

/// The command-line arguments of `qd restart`.
#[derive(Args, Debug)]
pub struct Restart {
    #[command(flatten)]
    acting: Acting,
}

impl Restart {
    /// Runs `qd restart` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let deed = Deed {
            action: Action::Restart,
            fits: |agent| agent.state.is_live(),
            accepted: "restarting",
            settles: started,
        };
        self.acting.run(context, deed).await
    }
}
