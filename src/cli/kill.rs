//! `qd kill`: sends SIGKILL to the whole process trees of agents.

use super::Context;
use super::act::{Acting, Deed, killed};
use crate::api::agents::Action;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::Args;

/// The command-line arguments of `qd kill`.
#[derive(Args, Debug)]
pub struct Kill {
    #[command(flatten)]
    acting: Acting,
}

impl Kill {
    /// Runs `qd kill` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let deed =
            Deed { action: Action::Kill, fits: |agent| agent.state.is_going(), accepted: "killing", settles: killed };
        self.acting.run(context, deed).await
    }
}
