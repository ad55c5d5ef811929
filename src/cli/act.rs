//! Subcommands that change agents: they send the request, then wait for the fact that says that it is done.
//!
//! The facts are followed from before the request, so that the awaited fact cannot be missed.

use super::Context;
use super::names::Names;
use crate::api::agents::{Action, Agent};
use crate::api::events::{EventQuery, EventRecord};
use crate::api::facts::{Kind, Outcome};
use crate::client::{Client, ClientError, Followed};
use crate::nearest::some_of;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::output::clean;
use crate::report::progress::Progress;
use crate::report::time::parse_span;
use clap::Args;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// The options of every subcommand that changes agents.
#[derive(Args, Debug)]
pub struct Acting {
    #[command(flatten)]
    names: Names,
    /// Return as soon as the request is accepted, rather than when it is done
    #[arg(long)]
    no_wait: bool,
    /// Wait at most this long (10s, 5m), then end with 124; the requested change continues
    #[arg(long, value_name = "DURATION", value_parser = parse_span, conflicts_with = "no_wait")]
    timeout: Option<Duration>,
}

/// A change to agents, and how its completion is recognised.
pub struct Deed {
    /// The action that the supervisor is asked to carry out.
    pub action: Action,
    /// Whether `--all` includes an agent.
    pub fits: fn(&Agent) -> bool,
    /// The word to print when the request is accepted and nobody waits: `stopping`.
    pub accepted: &'static str,
    /// Returns the result that a fact means for an agent that had the run `run_before` when the request was sent; none
    /// if the fact means none.
    pub settles: fn(run_before: Option<&str>, fact: &EventRecord) -> Option<Settled>,
}

/// A run that ends within this time from its start has ended at once: it is not reported as started.
const AT_ONCE: Duration = Duration::from_secs(1);

/// The result of a change for one agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The program runs, and may still end at once.
    Begun,
    /// The change is done; the text says so.
    Well(String),
    /// The change did not happen; the text says what happened instead.
    Badly(String),
}

impl Acting {
    /// Sends the requests, waits for their results unless told not to, and returns the exit code.
    pub async fn run(self, context: &mut Context, deed: Deed) -> Result<Exit, Failure> {
        let client = context.client().await?;
        let chosen = self.names.choose(client.agents().await?, deed.fits)?;
        if chosen.is_empty() {
            context.out.line("nothing to do")?;
            return Ok(Exit::Ok);
        }
        let (waited_for, exit) = ask(context, &client, &deed, chosen).await?;
        if self.no_wait {
            waited_for.keys().try_for_each(|name| context.out.line(format!("{} {name}", deed.accepted)))?;
            return Ok(exit);
        }
        let settled = settle(context, &client, &deed, waited_for, self.timeout).await?;
        Ok(if exit == Exit::Ok { settled } else { exit })
    }
}

/// Sends the request for each agent. A refusal is reported, and the other agents are still asked.
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

/// Follows the facts until each agent has a result, and prints the results. `waited_for` maps each agent to its run
/// before the request.
pub(super) async fn settle(
    context: &mut Context,
    client: &Client,
    deed: &Deed,
    mut waited_for: BTreeMap<String, Option<String>>,
    timeout: Option<Duration>,
) -> Result<Exit, Failure> {
    let asked = Instant::now();
    let deadline = timeout.map(|timeout| asked + timeout);
    let (mut exit, mut well) = (Exit::Ok, 0);
    let mut begun: BTreeMap<String, Instant> = BTreeMap::new();
    let mut progress = Progress::of(deed.accepted, waited_for.len());
    let mut facts = match waited_for.is_empty() {
        true => return Ok(exit),
        false => {
            client.follow(&EventQuery { since_seq: Some(client.hello().newest_seq), ..Default::default() }).await?
        }
    };
    while !(waited_for.is_empty() && begun.is_empty()) {
        progress.draw(&mut context.out)?;
        let next = begun.values().copied().chain(deadline.filter(|_| !waited_for.is_empty())).min();
        let heard = match next {
            None => Ok(facts.next().await),
            Some(next) => tokio::time::timeout_at(next, facts.next()).await,
        };
        let fact = match heard {
            Ok(heard) => match heard? {
                Some(Followed::Fact(fact)) => fact,
                Some(_) => continue,
                None => return Err(cut_off(waited_for.into_keys().chain(begun.into_keys()))),
            },
            Err(_) => {
                let now = Instant::now();
                let lasting: Vec<String> =
                    begun.iter().filter(|(_, until)| **until <= now).map(|(name, _)| name.clone()).collect();
                for name in lasting {
                    begun.remove(&name);
                    well += 1;
                    progress.line(&mut context.out, &format!("started {name}"))?;
                }
                match deadline {
                    Some(deadline) if deadline <= now && !waited_for.is_empty() => {
                        begun
                            .keys()
                            .try_for_each(|name| progress.line(&mut context.out, &format!("started {name}")))?;
                        return Err(too_late(timeout.unwrap_or_default()));
                    }
                    _ => continue,
                }
            }
        };
        let Some(name) = fact.agent.clone() else { continue };
        let settled = match (waited_for.get(&name), begun.contains_key(&name)) {
            (Some(run_before), _) => (deed.settles)(run_before.as_deref(), &fact),
            (None, true) if fact.ended().is_some() => Some(at_once(client, &name, &fact).await),
            (None, _) => None,
        };
        match settled {
            None => continue,
            Some(Settled::Begun) => _ = begun.insert(name.clone(), Instant::now() + AT_ONCE),
            Some(Settled::Well(text)) => {
                well += 1;
                progress.line(&mut context.out, &text)?;
            }
            Some(Settled::Badly(text)) => {
                progress.clear(&mut context.out)?;
                exit = context.complain(Failure::new(Exit::AgentFailed, text));
            }
        }
        if waited_for.remove(&name).is_none() {
            begun.remove(&name);
        }
        progress.done(name);
    }
    progress.clear(&mut context.out)?;
    progress.sum(well, asked.elapsed()).into_iter().try_for_each(|sum| context.out.line(sum))?;
    Ok(exit)
}

fn cut_off(left: impl Iterator<Item = String>) -> Failure {
    let left: Vec<String> = left.collect();
    let failure = Failure::new(Exit::Failed, format!("the supervisor ended before this was done: {}", some_of(&left)));
    failure.hint("`qd up` starts a new one, which adopts the agents that still run")
}

/// Returns the result of a run that ended at once: how it ended, and its last line of output.
async fn at_once(client: &Client, name: &str, fact: &EventRecord) -> Settled {
    let agent = client.agent(name).await.ok();
    let last_line = agent.map(|agent| clean(agent.last_line.trim())).filter(|line| !line.is_empty());
    ended_at_once(name, fact, last_line.as_deref())
}

fn ended_at_once(name: &str, fact: &EventRecord, last_line: Option<&str>) -> Settled {
    let said = last_line.filter(|line| !fact.message.contains(line)).map(|line| format!(" (its last line: {line})"));
    let said = said.unwrap_or_default();
    match has_completed(fact) {
        true => Settled::Well(format!("{name} ran and has completed already: {}{said}", fact.message)),
        false => Settled::Badly(format!("{name} ended at once: {}{said}", fact.message)),
    }
}

/// Whether a fact says that a run ended with success.
fn has_completed(fact: &EventRecord) -> bool {
    fact.ended().is_some_and(|ended| ended.outcome == Some(Outcome::Completed))
}

fn too_late(timeout: Duration) -> Failure {
    Failure::new(Exit::TimedOut, format!("the change was not complete after {timeout:?}"))
        .hint("the change continues; `qd ps` shows its progress")
}

/// Recognises the result of `qd spawn`, `qd start` and `qd restart`: another run than the one before has its process,
/// or has ended. Readiness is not waited for, since a program may print nothing for any time; `qd wait --until ready`
/// waits for it. A run that ends within [`AT_ONCE`] is reported with the way it ended.
pub fn started(run_before: Option<&str>, fact: &EventRecord) -> Option<Settled> {
    let name = fact.agent.as_deref()?;
    let new_run = fact.run.is_some() && fact.run.as_deref() != run_before;
    match fact.known()? {
        Kind::AgentStarted if new_run => Some(Settled::Begun),
        Kind::AgentQueued => Some(Settled::Well(format!("queued {name}: {}", fact.message))),
        Kind::AgentTakesTasks => Some(Settled::Well(format!("{name} works on tasks, and starts with its next task"))),
        Kind::AgentDequeued => Some(Settled::Badly(format!("{name} was taken out of the queue"))),
        Kind::AgentEnded if new_run && has_completed(fact) => Some(ended_at_once(name, fact, None)),
        Kind::AgentEnded if new_run => Some(Settled::Badly(format!("{name} did not start: {}", fact.message))),
        _ => None,
    }
}

/// Recognises the result of `qd stop`: the agent's run has ended, or the agent was taken out of the queue.
pub fn stopped(_run_before: Option<&str>, fact: &EventRecord) -> Option<Settled> {
    ended("stopped", fact)
}

/// Recognises the result of `qd kill`: the agent's run has ended, or the agent was taken out of the queue.
pub fn killed(_run_before: Option<&str>, fact: &EventRecord) -> Option<Settled> {
    ended("killed", fact)
}

fn ended(how: &str, fact: &EventRecord) -> Option<Settled> {
    let name = fact.agent.as_deref()?;
    if fact.known() == Some(Kind::AgentDequeued) {
        return Some(Settled::Well(format!("{how} {name}: it was waiting to start")));
    }
    Some(Settled::Well(match fact.ended()?.report.words() {
        Some(tree) => format!("{how} {name}: {tree}"),
        None => format!("{how} {name}"),
    }))
}

/// Recognises the result of `qd pause`: the agent's whole process tree is frozen.
pub fn paused(_run_before: Option<&str>, fact: &EventRecord) -> Option<Settled> {
    let name = fact.agent.as_deref()?;
    match fact.known()? {
        Kind::AgentPaused => Some(Settled::Well(format!("paused {name}: {}", fact.message))),
        Kind::AgentPauseFailed => Some(Settled::Badly(format!("cannot pause {name}: {}", fact.message))),
        Kind::AgentResumed => Some(Settled::Badly(format!("{name} was resumed before it was frozen"))),
        Kind::AgentEnded => Some(Settled::Badly(format!("{name} ended before it was frozen: {}", fact.message))),
        _ => None,
    }
}

/// Recognises the result of `qd resume`: the agent's whole process tree runs again.
pub fn resumed(_run_before: Option<&str>, fact: &EventRecord) -> Option<Settled> {
    let name = fact.agent.as_deref()?;
    match fact.known()? {
        Kind::AgentResumed => Some(Settled::Well(format!("resumed {name}"))),
        Kind::AgentEnded => Some(Settled::Badly(format!("{name} ended before it was resumed: {}", fact.message))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_ended_at_once_says_what_came_of_it() {
        let fact = |outcome: &str, message: &str| EventRecord {
            seq: 2,
            at_ms: 0,
            kind: "agent.ended".into(),
            severity: crate::api::events::Severity::Info,
            agent: Some("a".into()),
            run: Some("r2".into()),
            message: message.into(),
            data: json!({ "outcome": outcome }),
        };
        let failed = ended_at_once("a", &fact("failed", "failed: exit 3"), Some("no key"));
        assert_eq!(failed, Settled::Badly("a ended at once: failed: exit 3 (its last line: no key)".into()));
        let repeated = ended_at_once("a", &fact("failed", "failed: no key"), Some("no key"));
        assert_eq!(repeated, Settled::Badly("a ended at once: failed: no key".into()));
        let done = ended_at_once("a", &fact("completed", "completed: exit 0"), None);
        assert_eq!(done, Settled::Well("a ran and has completed already: completed: exit 0".into()));
    }
}
