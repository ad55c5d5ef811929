//! `qd msg send`: sends a message to agents by name, or to a topic.

use crate::api;
use crate::api::messages::{NewMessage, Via};
use crate::cli::Context;
use crate::cli::complete;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::time::parse_span;
use clap::Args;
use std::io::Read;
use std::time::Duration;

/// The topic to which `--broadcast` sends.
const BROADCAST_TOPIC: &str = "broadcast.all";
/// How much of standard input is read for a message, in bytes. Beyond it, the message is refused; the supervisor's own
/// limit is smaller.
const STDIN_BYTES_MAX: u64 = 1 << 20;

/// The command-line arguments of `qd msg send`.
#[derive(Args, Debug)]
pub struct Send {
    /// Names of agents, then the text of the message; - reads the text from standard input
    #[arg(value_name = "NAME… TEXT", required = true, add = complete::agent())]
    names_and_text: Vec<String>,
    /// Topic of the message; without names the message goes to all subscribers of the topic: agent.builder.task,
    /// workflow.p3.events
    #[arg(long, value_name = "TOPIC")]
    topic: Option<String>,
    /// Send the message to every agent
    #[arg(long, conflicts_with = "topic")]
    broadcast: bool,
    /// Identifier of the message or subject that this message answers or belongs to
    #[arg(long, value_name = "ID")]
    correlation: Option<String>,
    /// Give the message up if nobody has read it after this time (10m) [default: 1h]
    #[arg(long, value_name = "DURATION", value_parser = parse_span)]
    ttl: Option<Duration>,
    /// Also type the message into the agent's terminal once the agent is idle; never while it asks a person
    #[arg(long)]
    terminal: bool,
    /// Print the numbers of the messages as JSON
    #[arg(long)]
    json: bool,
}

impl Send {
    /// Runs `qd msg send` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let mut to = self.names_and_text;
        let body = match to.pop() {
            Some(text) if text == "-" => read_stdin()?,
            text => text.unwrap_or_default(),
        };
        if self.broadcast && !to.is_empty() {
            let failure = Failure::new(Exit::Usage, "a message to every agent must not name agents");
            return Err(failure.hint("put the text in quotes"));
        }
        let topic = if self.broadcast { Some(BROADCAST_TOPIC.to_owned()) } else { self.topic };
        let via = if self.terminal { Via::Terminal } else { Via::Inbox };
        let ttl_ms = self.ttl.map(|ttl| u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX));
        let message = NewMessage { to, topic: topic.clone(), body, correlation: self.correlation, via, ttl_ms };
        let sent = context.client().await?.call(&api::messages::SEND_MESSAGE, &[], &message).await?;
        if self.json {
            context.out.json(&sent)?;
            return Ok(Exit::Ok);
        }
        if sent.messages.is_empty() {
            eprintln!("nobody subscribes to {}", topic.unwrap_or_default());
        }
        sent.messages.iter().try_for_each(|message| context.out.line(format!("{} to {}", message.id, message.to)))?;
        Ok(Exit::Ok)
    }
}

fn read_stdin() -> Result<String, Failure> {
    let mut text = String::new();
    let read = std::io::stdin().take(STDIN_BYTES_MAX).read_to_string(&mut text);
    read.map_err(|error| Failure::new(Exit::Failed, "cannot read standard input").because(error))?;
    Ok(text.trim_end_matches('\n').to_owned())
}
