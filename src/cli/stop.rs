//! `qd stop`: asks agents to end, and returns when their whole process trees have ended.

use super::Context;
use super::act::{Acting, Deed, stopped};
use crate::api::agents::Action;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::Args;

/// The command-line arguments of `qd stop`.
#[derive(Args, Debug)]
pub struct Stop {
    #[command(flatten)]
    acting: Acting,
}

impl Stop {
    /// Runs `qd stop` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let deed =
            Deed { action: Action::Stop, fits: |agent| agent.state.is_going(), accepted: "stopping", settles: stopped };
        self.acting.run(context, deed).await
    }
}
