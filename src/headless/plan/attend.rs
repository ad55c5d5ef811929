//! Agents that wait for a person, where there is none.

use crate::api::agents::Status;
use crate::api::input::{Answers, Input, InputMode};
use crate::api::stream::{FromViewer, ToViewer};
use crate::client::viewer::{Keys, Pictures};
use crate::client::{Client, ClientError, Viewer};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// What is done about an agent that waits for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OnWaiting {
    /// Its task is given up.
    Fail,
    /// These keys are pressed, which in its program mean no; if it asks again and again, its task is given up.
    Deny { keys: Vec<String> },
    /// It goes on waiting.
    Keep,
}

/// An agent that was seen waiting may only have rung its bell at the end of its work: it is looked at again after this.
/// And one that goes on waiting, whatever was done about it, is dealt with again after this.
const WAITS_FOR: Duration = Duration::from_secs(2);

/// How often an agent is told no within one task. Beyond it, the run gives up (exit code 7).
const DENIALS_MAX: u32 = 3;

/// Who says no, in the history.
const WHO: &str = "qd run --on-waiting deny";

/// An agent that has waited for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Waits {
    pub(super) agent: String,
}

/// Sees who waits for a person.
pub(super) struct Attendant {
    on_waiting: OnWaiting,
    stream: Option<(Pictures, Keys)>,
    /// Since when each agent waits, or since when it was dealt with.
    waiting: BTreeMap<String, Instant>,
    /// How many times an agent was told no, by the task that it works on.
    denied: BTreeMap<String, u32>,
}

impl Attendant {
    /// One that looks at the fleet, unless all may wait as they like.
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

    /// The next agent that has waited for a while. Dropping the future loses nothing.
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

    /// Tells an agent no, if that is what is done and was not done too often for this task.
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
            // It has ended or was paused meanwhile: then it asks no more, or is asked about again.
            Ok(_) | Err(ClientError::Problem(_)) => Ok(true),
            Err(error) => Err(error),
        }
    }
}

/// The agent, once its instant has come; never without one.
async fn due(first: Option<(String, Instant)>) -> String {
    match first {
        Some((agent, at)) => {
            sleep_until(at).await;
            agent
        }
        None => std::future::pending().await,
    }
}
