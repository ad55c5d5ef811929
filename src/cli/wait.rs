//! `qd wait`: waits until agents have a condition.
//!
//! A status (idle, waiting) is derived and no fact announces it. So this listens to the list of agents in the frame
//! stream, which reports every change of what is shown.

use super::Context;
use super::names::Names;
use crate::api::agents::{Agent, AgentState};
use crate::api::condition::Condition;
use crate::api::stream::{FromViewer, ToViewer};
use crate::client::Viewer;
use crate::clock::now_ms;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::time::parse_span;
use crate::tui::age;
use clap::Args;
use std::collections::BTreeSet;
use std::time::Duration;

/// The command-line arguments of `qd wait`.
#[derive(Args, Debug)]
pub struct Wait {
    #[command(flatten)]
    names: Names,
    /// Condition to wait for; with `ended`, a failure ends qd with 5
    #[arg(long, value_enum, value_name = "STATE", default_value_t = Condition::Ended)]
    until: Condition,
    /// Wait at most this long (10s, 5m), then end with 124
    #[arg(long, value_name = "DURATION", value_parser = parse_span)]
    timeout: Option<Duration>,
}

/// The relation of an agent to the awaited condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Reached,
    /// The agent may still reach the condition.
    Possible,
    /// The agent has ended and will not reach the condition by itself.
    Missed,
}

impl Wait {
    /// Runs `qd wait` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let waiting = wait(context, &self.names, self.until);
        match self.timeout {
            None => waiting.await,
            Some(timeout) => match tokio::time::timeout(timeout, waiting).await {
                Ok(exit) => exit,
                Err(_) => Err(Failure::new(Exit::TimedOut, format!("not reached after {timeout:?}"))
                    .hint("`qd explain NAME` says what is in the way")),
            },
        }
    }
}

async fn wait(context: &mut Context, names: &Names, until: Condition) -> Result<Exit, Failure> {
    let client = context.client().await?;
    let chosen = names.choose(client.agents().await?, |_| true)?;
    let mut left: BTreeSet<String> = chosen.into_iter().map(|agent| agent.name).collect();
    let mut exit = Exit::Ok;
    let mut viewer = Viewer::open(client.place()).await?;
    viewer.keys.send(&FromViewer::WatchFleet).await?;
    while !left.is_empty() {
        let Some(message) = viewer.pictures.next().await? else {
            return Err(Failure::new(Exit::Failed, "the supervisor ended while we waited"));
        };
        let ToViewer::Fleet { changed, removed, .. } = message else { continue };
        for agent in changed.iter().filter(|agent| left.contains(&agent.name)).cloned().collect::<Vec<Agent>>() {
            match standing(&agent, until) {
                Standing::Possible => continue,
                Standing::Reached => {
                    let asked = agent.question.as_ref().map(|question| age::text(question.since_ms, now_ms()));
                    let asked = asked.map(|age| format!(" (for {age})")).unwrap_or_default();
                    context.out.line(format!("{}: {}{asked}", agent.name, agent.summary))?
                }
                Standing::Missed => {
                    exit =
                        context.complain(Failure::new(Exit::AgentFailed, format!("{}: {}", agent.name, agent.summary)));
                }
            }
            left.remove(&agent.name);
        }
        for name in removed.iter().filter(|name| left.contains(*name)).cloned().collect::<Vec<String>>() {
            left.remove(&name);
            exit = context.complain(Failure::new(Exit::AgentFailed, format!("{name} was removed")));
        }
    }
    Ok(exit)
}

fn standing(agent: &Agent, until: Condition) -> Standing {
    let reached = match until {
        // An agent that was ready and has completed is not waited for.
        Condition::Ready => until.fits(agent) || agent.state == AgentState::Completed,
        Condition::Ended => until.fits(agent) && !agent.state.has_failed(),
        until => until.fits(agent),
    };
    match (reached, agent.state.is_going()) {
        (true, _) => Standing::Reached,
        (false, true) => Standing::Possible,
        (false, false) => Standing::Missed,
    }
}
