//! Verbs that do something with agents: ask for it, then wait for the fact that says it is done.
//!
//! The facts are followed from before the request on, so the one that is waited for can't be missed.

use super::Context;
use super::names::Names;
use crate::api::agents::{Action, Agent};
use crate::api::events::{EventQuery, EventRecord};
use crate::client::{Client, ClientError, Followed};
use crate::report::exit::Exit;
use crate::report::facts::Ended;
use crate::report::failure::Failure;
use crate::report::time::parse_span;
use clap::Args;
use std::collections::BTreeMap;
use std::time::Duration;

/// What every acting verb takes.
#[derive(Args, Debug)]
pub struct Acting {
    #[command(flatten)]
    names: Names,
    /// Return as soon as the request is accepted, rather than when it is done
    #[arg(long)]
    no_wait: bool,
    /// Wait at most this long (10s, 5m), then end with 124; what was asked for goes on
    #[arg(long, value_name = "DURATION", value_parser = parse_span, conflicts_with = "no_wait")]
    timeout: Option<Duration>,
}

/// What a verb asks for, and how it is seen to be done.
pub struct Deed {
    /// What is asked for.
    pub action: Action,
    /// What `--all` means.
    pub fits: fn(&Agent) -> bool,
    /// What was accepted, when nobody waits: `stopping`.
    pub accepted: &'static str,
    /// What a fact means for an agent that had this run when it was asked.
    pub settles: fn(run_before: Option<&str>, fact: &EventRecord) -> Option<Settled>,
}

/// How it came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// Done.
    Well(String),
    /// Something else happened.
    Badly(String),
}

impl Acting {
    /// Does it.
    pub async fn run(self, context: &mut Context, deed: Deed) -> Result<Exit, Failure> {
        let client = context.client().await?;
        let chosen = self.names.choose(client.agents().await?, deed.fits)?;
        if chosen.is_empty() {
            context.out.line("nothing to do")?;
            return Ok(Exit::Ok);
        }
        let (waited_for, mut exit) = ask(context, &client, &deed, chosen).await?;
        if self.no_wait {
            waited_for.keys().try_for_each(|name| context.out.line(format!("{} {name}", deed.accepted)))?;
            return Ok(exit);
        }
        let settling = settle(context, &client, &deed, waited_for);
        let settled = match self.timeout {
            None => settling.await,
            Some(timeout) => tokio::time::timeout(timeout, settling).await.unwrap_or_else(|_| Err(too_late(timeout))),
        };
        if exit == Exit::Ok {
            exit = settled?;
        }
        Ok(exit)
    }
}

/// Asks for each agent; a refusal is told and does not keep the others from being asked.
async fn ask(
    context: &mut Context,
    client: &Client,
    deed: &Deed,
    chosen: Vec<Agent>,
) -> Result<(BTreeMap<String, Option<String>>, Exit), Failure> {
    let mut accepted = BTreeMap::new();
    let mut exit = Exit::Ok;
    for agent in chosen {
        match client.act(&agent.name, deed.action).await {
            Ok(_) => _ = accepted.insert(agent.name, agent.run),
            Err(error @ ClientError::Problem(_)) => exit = context.complain(error.into()),
            Err(error) => return Err(error.into()),
        }
    }
    Ok((accepted, exit))
}

async fn settle(
    context: &mut Context,
    client: &Client,
    deed: &Deed,
    mut waited_for: BTreeMap<String, Option<String>>,
) -> Result<Exit, Failure> {
    let since_seq = Some(client.hello().newest_seq);
    let mut exit = Exit::Ok;
    if waited_for.is_empty() {
        return Ok(exit);
    }
    let mut facts = client.follow(&EventQuery { since_seq, ..EventQuery::default() }).await?;
    while let Some(heard) = facts.next().await? {
        let Followed::Fact(fact) = heard else { continue };
        let Some(name) = fact.agent.clone() else { continue };
        let Some(run_before) = waited_for.get(&name) else { continue };
        match (deed.settles)(run_before.as_deref(), &fact) {
            None => continue,
            Some(Settled::Well(text)) => context.out.line(text)?,
            Some(Settled::Badly(text)) => exit = context.complain(Failure::new(Exit::AgentFailed, text)),
        }
        waited_for.remove(&name);
        if waited_for.is_empty() {
            return Ok(exit);
        }
    }
    let left: Vec<String> = waited_for.into_keys().collect();
    let failure = Failure::new(Exit::Failed, format!("the supervisor ended before this was done: {}", left.join(", ")));
    Err(failure.hint("`qd up` starts a new one, which adopts the agents that still run"))
}

fn too_late(timeout: Duration) -> Failure {
    Failure::new(Exit::TimedOut, format!("it is not done after {timeout:?}")).hint("it goes on; `qd ps` shows how far")
}

/// `qd spawn`, `qd start` and `qd restart`: a run that is not the one from before has its process, or has ended. A
/// program may be silent for as long as it likes, so readiness is not waited for: `qd wait --until ready` does that.
pub fn started(run_before: Option<&str>, fact: &EventRecord) -> Option<Settled> {
    let name = fact.agent.as_deref()?;
    let new_run = fact.run.is_some() && fact.run.as_deref() != run_before;
    match (fact.kind.as_str(), Ended::of(fact)) {
        ("agent.started", _) if new_run => Some(Settled::Well(format!("started {name}"))),
        ("agent.queued", _) => Some(Settled::Well(format!("queued {name}: {}", fact.message))),
        ("agent.takes_tasks", _) => Some(Settled::Well(format!("{name} takes tasks, and starts with its next one"))),
        ("agent.dequeued", _) => Some(Settled::Badly(format!("{name} was taken out of the queue"))),
        ("agent.ended", Some(ended)) if new_run && ended.outcome == "completed" => {
            Some(Settled::Well(format!("started {name}; it has completed already")))
        }
        ("agent.ended", _) if new_run => Some(Settled::Badly(format!("{name} did not start: {}", fact.message))),
        _ => None,
    }
}

/// `qd stop`: its run has ended, or it left the queue.
pub fn stopped(_run_before: Option<&str>, fact: &EventRecord) -> Option<Settled> {
    ended("stopped", fact)
}

/// `qd kill`: as a stop, without asking.
pub fn killed(_run_before: Option<&str>, fact: &EventRecord) -> Option<Settled> {
    ended("killed", fact)
}

fn ended(how: &str, fact: &EventRecord) -> Option<Settled> {
    let name = fact.agent.as_deref()?;
    if fact.kind == "agent.dequeued" {
        return Some(Settled::Well(format!("{how} {name}: it was waiting to start")));
    }
    Some(Settled::Well(match Ended::of(fact)?.tree() {
        Some(tree) => format!("{how} {name}: {tree}"),
        None => format!("{how} {name}"),
    }))
}

/// `qd pause`: the whole tree is frozen.
pub fn paused(_run_before: Option<&str>, fact: &EventRecord) -> Option<Settled> {
    let name = fact.agent.as_deref()?;
    match fact.kind.as_str() {
        "agent.paused" => Some(Settled::Well(format!("paused {name}: {}", fact.message))),
        "agent.pause_failed" => Some(Settled::Badly(format!("cannot pause {name}: {}", fact.message))),
        "agent.resumed" => Some(Settled::Badly(format!("{name} was resumed before it was frozen"))),
        "agent.ended" => Some(Settled::Badly(format!("{name} ended before it was frozen: {}", fact.message))),
        _ => None,
    }
}

/// `qd resume`: the whole tree runs again.
pub fn resumed(_run_before: Option<&str>, fact: &EventRecord) -> Option<Settled> {
    let name = fact.agent.as_deref()?;
    match fact.kind.as_str() {
        "agent.resumed" => Some(Settled::Well(format!("resumed {name}"))),
        "agent.ended" => Some(Settled::Badly(format!("{name} ended before it was resumed: {}", fact.message))),
        _ => None,
    }
}
