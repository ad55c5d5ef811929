//! `qd start`: starts agents, and returns when their processes run, have failed to start, or wait in the queue.

use super::Context;
use super::act::{Acting, Deed, started};
use crate::api::agents::Action;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::Args;

/// The command-line arguments of `qd start`.
#[derive(Args, Debug)]
pub struct Start {
    #[command(flatten)]
    acting: Acting,
}

impl Start {
    /// Runs `qd start` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let deed = Deed {
            action: Action::Start,
            fits: |agent| !agent.state.is_going(),
            accepted: "starting",
            settles: started,
        };
        self.acting.run(context, deed).await
    }
}
