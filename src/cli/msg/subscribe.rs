//! `qd msg subscribe`: changes the topics that an agent subscribes to.

use super::oneself::agent_or_oneself;
use crate::api;
use crate::api::messages::ChangeSubscriptions;
use crate::cli::{Context, complete};
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::Args;

/// The command-line arguments of `qd msg subscribe`.
#[derive(Args, Debug)]
pub struct Subscribe {
    /// Patterns of topics; without any, only print what the agent subscribes to
    #[arg(value_name = "PATTERN")]
    topics: Vec<String>,
    /// Name of the agent [default: the agent in whose run this is called]
    #[arg(long, value_name = "NAME", add = complete::agent())]
    agent: Option<String>,
    /// Remove the subscriptions to these topics
    #[arg(long, requires = "topics")]
    remove: bool,
}

impl Subscribe {
    /// Runs `qd msg subscribe` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let client = context.client().await?;
        let agent = agent_or_oneself(self.agent, &client)?;
        let change = match self.remove {
            true => ChangeSubscriptions { remove: self.topics, ..ChangeSubscriptions::default() },
            false => ChangeSubscriptions { add: self.topics, ..ChangeSubscriptions::default() },
        };
        let now = match change.add.is_empty() && change.remove.is_empty() {
            true => client.call(&api::messages::LIST_SUBSCRIPTIONS, &[&agent], &()).await?,
            false => client.call(&api::messages::CHANGE_SUBSCRIPTIONS, &[&agent], &change).await?,
        };
        now.topics.iter().try_for_each(|topic| context.out.line(topic))?;
        Ok(Exit::Ok)
    }
}
