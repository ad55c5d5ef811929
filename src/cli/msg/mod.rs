//! `qd msg`: messages to agents, and your own messages. There is one file for each subcommand; [`show`] prints
//! messages.

pub mod ack;
pub mod history;
pub mod inbox;
mod oneself;
pub mod send;
pub mod show;
pub mod subscribe;
pub mod watch;

use super::Context;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::{Args, Subcommand};

/// The command-line arguments of `qd msg`.
#[derive(Args, Debug)]
pub struct Msg {
    #[command(subcommand)]
    verb: Verb,
}

/// The subcommands of `qd msg`.
#[derive(Subcommand, Debug)]
enum Verb {
    /// Send a message to agents by name, or to a topic
    ///
    /// A message to a topic goes to the agents that subscribe to it; agent.NAME.* and broadcast.** reach agents without
    /// a subscription. The message stays in each inbox until it is acknowledged, for an hour at most by default.
    ///
    /// For example: qd msg send builder 'The parser is done.', or qd msg send --topic workflow.p3.events 'step 2 of 5'
    Send(send::Send),
    /// Show the messages in an inbox; by default your own, within an agent's run
    ///
    /// A message that an agent reads counts as delivered, and is shown again until it is acknowledged (--ack). When a
    /// person reads an agent's inbox, nothing counts as delivered.
    Inbox(inbox::Inbox),
    /// Acknowledge messages, which removes them from the inbox
    Ack(ack::Ack),
    /// Print the events of messages as they happen
    Watch(watch::Watch),
    /// List the messages in all inboxes, and the last ones that were acknowledged, failed or expired
    History(history::History),
    /// Subscribe an agent to topics; by default the agent in whose run this is called
    ///
    /// In a pattern, * matches one word, and ** at the end matches one or more: 'workflow.*.events', 'agent.**'.
    /// Subscriptions remain when the agent is restarted. Prints what the agent subscribes to.
    Subscribe(subscribe::Subscribe),
}

impl Msg {
    /// Runs `qd msg` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        match self.verb {
            Verb::Send(verb) => verb.run(context).await,
            Verb::Inbox(verb) => verb.run(context).await,
            Verb::Ack(verb) => verb.run(context).await,
            Verb::Watch(verb) => verb.run(context).await,
            Verb::History(verb) => verb.run(context).await,
            Verb::Subscribe(verb) => verb.run(context).await,
        }
    }
}
