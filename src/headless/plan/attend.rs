//! Handles agents that ask a person, in a run without a person.

use crate::api::agents::Status;
use crate::api::input::{Answers, Input, InputMode};
use crate::api::stream::{FromViewer, ToViewer};
use crate::client::viewer::{Keys, Pictures};
use crate::client::{Client, ClientError, Viewer};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// The reactions to an agent that asks a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OnWaiting {
    /// The agent's task is given up.
    Fail,
    /// These keys are pressed, which answer no in the agent's program; if the agent asks again and again, its task is
    /// given up.
    Deny { keys: Vec<String> },
    /// The agent still waits for an answer.
    Keep,
}

/// How long an agent must wait before something is done, since it may only have sent a bell at the end of its work.
/// After the same time, an agent that still waits is handled again.
const WAITS_FOR: Duration = Duration::from_secs(2);

/// How many times an agent is answered no within one task. Beyond it, the run gives up (exit code 7).
const DENIALS_MAX: u32 = 3;

/// The name in the history of the party that answers no.
const WHO: &str = "qd run --on-waiting deny";

/// An agent that has waited for a person for some time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Waits {
    pub(super) agent: String,
}

/// An observer that finds agents that ask a person.
pub(super) struct Attendant {
    on_waiting: OnWaiting,
    stream: Option<(Pictures, Keys)>,
    /// For each waiting agent: when it began to wait, or when it was last handled.
    waiting: BTreeMap<String, Instant>,
    /// For each task: how many times its agent was answered no.
    denied: BTreeMap<String, u32>,
}

impl Attendant {
    /// Connects an observer to the fleet, unless agents may wait without limit.
    pub(super) async fn open(client: &Client, on_waiting: OnWaiting) -> Result<Attendant, ClientError> {
        let stream = match on_waiting {
            OnWaiting::Keep => None,
            OnWaiting::Fail | OnWaiting::Deny { .. } => {
                let Viewer { pictures, mut keys } = Viewer::open(client.place()).await?;
                keys.send(&FromViewer::WatchFleet).await?;
                Some((pictures, keys))
            }
        };
        Ok(Attendant { on_waiting, stream, waiting: BTreeMap::new(), denied: BTreeMap::new() })
    }

    /// Waits for the next agent that has waited for some time. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> Result<Waits, ClientError> {
        loop {
            let first = self.waiting.iter().min_by_key(|(_, since)| **since);
            let first = first.map(|(agent, since)| (agent.clone(), *since + WAITS_FOR));
            let Some((pictures, _)) = &mut self.stream else { return std::future::pending().await };
            tokio::select! {
                heard = pictures.next() => match heard? {
                    Some(ToViewer::Fleet { changed, removed, .. }) => {
                        for agent in changed {
                            if agent.status == Status::Waiting {
                                self.waiting.entry(agent.name).or_insert_with(Instant::now);
                            } else {
                                self.waiting.remove(&agent.name);
                            }
                        }
                        self.waiting.retain(|agent, _| !removed.contains(agent));
                    }
                    Some(_) => {}
                    None => self.stream = None,
                },
                agent = due(first) => {
                    self.waiting.insert(agent.clone(), Instant::now());
                    return Ok(Waits { agent });
                }
            }
        }
    }

    /// Answers no to an agent, if that is the chosen reaction and it was not repeated too often for this task. Returns
    /// whether it did so.
    pub(super) async fn denies(&mut self, client: &Client, waits: &Waits, task: &str) -> Result<bool, ClientError> {
        let OnWaiting::Deny { keys } = &self.on_waiting else { return Ok(false) };
        let denied = self.denied.entry(task.to_owned()).or_default();
        if *denied >= DENIALS_MAX {
            return Ok(false);
        }
        *denied += 1;
        let keys = keys.clone();
        let by = Some(WHO.to_owned());
        let input = Input { text: String::new(), mode: InputMode::Paste, keys, answers: Answers::Question, by };
        match client.input(&waits.agent, &input).await {
            // The agent has ended or was paused in the meantime: then it asks no more, or is found again later.
            Ok(_) | Err(ClientError::Problem(_)) => Ok(true),
            Err(error) => Err(error),
        }
    }
}

/// Returns the agent once its time has come; waits forever without an agent.
async fn due(first: Option<(String, Instant)>) -> String {
    match first {
        Some((agent, at)) => {
            sleep_until(at).await;
            agent
        }
        None => std::future::pending().await,
    }
}
