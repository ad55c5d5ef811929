//! `qd resume`: lets the frozen process trees of agents run again.

use super::Context;
use super::act::{Acting, Deed, resumed};
use crate::api::agents::{Action, Status};
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::Args;

/// The command-line arguments of `qd resume`.
#[derive(Args, Debug)]
pub struct Resume {
    #[command(flatten)]
    acting: Acting,
}

impl Resume {
    /// Runs `qd resume` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let deed = Deed {
            action: Action::Resume,
            fits: |agent| agent.status == Status::Paused,
            accepted: "resuming",
            settles: resumed,
        };
        self.acting.run(context, deed).await
    }
}
