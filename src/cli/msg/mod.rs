//! `qd msg`: messages to agents, and one's own. One file per verb, and [`show`]: how messages are told.

pub mod ack;
pub mod history;
pub mod inbox;
pub mod send;
pub mod show;
pub mod subscribe;
pub mod watch;

use super::Context;
use crate::client::Client;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::{Args, Subcommand};

/// The command-line arguments of `qd msg`.
#[derive(Args, Debug)]
pub struct Msg {
    #[command(subcommand)]
    verb: Verb,
}

/// What can be done with messages.
#[derive(Subcommand, Debug)]
enum Verb {
    /// Send a message to agents by name, or to a topic
    ///
    /// A topic's message goes to the agents that subscribe to it; agent.NAME.* and broadcast.** reach them by
    /// themselves. It lies in each inbox until it is acknowledged, an hour at most unless told otherwise.
    ///
    /// For example: qd msg send builder 'The parser is done.', or
    /// qd msg send --topic workflow.p3.events 'step 2 of 5'
    Send(send::Send),
    /// Show what lies in an inbox: one's own within an agent's run
    ///
    /// What an agent reads counts as delivered, and is shown again until it is acknowledged (--ack). A person who looks
    /// into an agent's inbox only looks.
    Inbox(inbox::Inbox),
    /// Say that messages arrived: they leave the inbox
    Ack(ack::Ack),
    /// Print what happens to messages as it happens
    Watch(watch::Watch),
    /// List messages: those that lie in inboxes, and the last ones that are done with
    History(history::History),
    /// Subscribe an agent to topics: oneself within an agent's run
    ///
    /// In a pattern * is one word, and ** at the end one or more: 'workflow.*.events', 'agent.**'. It stays so however
    /// often the agent is restarted. Prints what the agent subscribes to.
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

/// The agent that is named, or oneself within an agent's run.
fn agent_or_oneself(named: Option<String>, client: &Client) -> Result<String, Failure> {
    named.or_else(|| client.own_agent()).ok_or_else(|| {
        Failure::new(Exit::Usage, "this is no agent's run, so it has no inbox of its own")
            .hint("say whose: --agent NAME")
    })
}
