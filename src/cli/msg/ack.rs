//! `qd msg ack`: acknowledges messages.

use crate::api;
use crate::cli::Context;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::Args;

/// The command-line arguments of `qd msg ack`.
#[derive(Args, Debug)]
pub struct Ack {
    /// Numbers of the messages to acknowledge: m9
    #[arg(value_name = "MESSAGE", required = true)]
    messages: Vec<String>,
}

impl Ack {
    /// Runs `qd msg ack` and returns its exit code. If one message cannot be acknowledged, the others still are.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let client = context.client().await?;
        let mut exit = Exit::Ok;
        for message in &self.messages {
            match client.call(&api::messages::ACKNOWLEDGE_MESSAGE, &[message], &()).await {
                Ok(message) => context.out.line(format!("{} acknowledged", message.id))?,
                Err(error) => exit = context.complain(error.into()),
            }
        }
        Ok(exit)
    }
}
