//! The work of each tool: one or a few calls of the client.

use super::answer::{Answer, Wrong};
use super::input;
use super::tools::{Entry, Verb};
use super::wait::{self, Listener};
use crate::api;
use crate::api::error::Problem;
use crate::api::locks::{Acquire, LockMode, LockScope, Release};
use crate::api::messages::{InboxQuery, NewMessage};
use crate::api::state::SetState;
use crate::api::tasks::{Claim, Progress, Report, Split, SplitStrategy, TaskQuery};
use crate::client::scopes::{ScopeError, Writer};
use crate::client::{Client, ClientError};
use crate::place::Place;
use rmcp::model::JsonObject;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// The name by which the control plane knows the task that the caller works on.
const MINE: &str = "mine";
/// The owner of the values that all agents share.
const FLEET: &str = "fleet";
/// The longest wait that a tool call can request, in seconds. Beyond it, the call is refused.
const WAIT_SECONDS_MAX: u32 = 3_600;

/// Carries out a tool's function and returns its answer.
pub(super) async fn perform(tool: &Entry, arguments: JsonObject, place: &Place, listener: Listener) -> Answer {
    let call = Call { tool, arguments, place, listener };
    call.perform().await.unwrap_or_else(Answer::Wrong)
}

/// One call of a tool.
struct Call<'c> {
    tool: &'c Entry,
    arguments: JsonObject,
    place: &'c Place,
    listener: Listener,
}

type Result<T> = std::result::Result<T, Wrong>;

impl Call<'_> {
    async fn perform(mut self) -> Result<Answer> {
        match self.tool.verb {
            Verb::WhoIsHere => self.who_is_here().await,
            Verb::ClaimTask => self.claim_task().await,
            Verb::ReportProgress => self.report_progress().await,
            Verb::CompleteTask => self.complete_task().await,
            Verb::SplitTask => self.split_task().await,
            Verb::AcquireLock => self.acquire_lock().await,
            Verb::ReleaseLock => self.release_lock().await,
            Verb::SendMessage => self.send_message().await,
            Verb::ReadMessages => self.read_messages().await,
            Verb::GetState => self.get_state().await,
            Verb::SetState => self.set_state().await,
            Verb::Explain => self.explain().await,
        }
    }

    /// Parses and returns the arguments of the call.
    fn take<T: DeserializeOwned>(&mut self) -> Result<T> {
        let arguments = Value::Object(std::mem::take(&mut self.arguments));
        serde_json::from_value(arguments).map_err(|error| {
            Wrong::new("wrong_input", format!("the arguments of {} are not the ones that it accepts", self.tool.name))
                .because(error)
                .hint(format!("it takes {}", self.tool.takes()))
        })
    }

    async fn client(&self) -> Result<Client> {
        Ok(Client::connect(self.place).await?)
    }

    /// Returns the agent whose run this is, as the supervisor knows it.
    fn myself(&self, client: &Client) -> Result<String> {
        client.own_agent().ok_or_else(|| {
            Wrong::new("not_an_agent", format!("{} is for agents of the fleet", self.tool.name))
                .because("`qd mcp` was started by no agent of this fleet, and has no QD_RUN_PROOF of one")
                .hint("let the fleet start the agent that starts `qd mcp`, or hand its QD_RUN_PROOF and QD_SOCKET on")
        })
    }

    async fn who_is_here(&mut self) -> Result<Answer> {
        let input::Nothing {} = self.take()?;
        let client = self.client().await?;
        let agents = client.agents().await?;
        let tasks = client.call(&api::tasks::LIST_TASKS, &[], &TaskQuery::default()).await.unwrap_or_default();
        let works_on = |agent: &str| {
            let theirs = tasks.iter().filter(|task| task.agent.as_deref() == Some(agent) && task.started_ms.is_some());
            theirs.filter(|task| task.ended_ms.is_none()).map(|task| task.name.clone()).next()
        };
        let told: Vec<Value> = agents
            .iter()
            .map(|agent| {
                json!({
                    "name": agent.name, "state": agent.state, "status": agent.summary,
                    "task": works_on(&agent.name), "capabilities": agent.capabilities,
                    "branch": agent.branch, "workspace": agent.workspace,
                })
            })
            .collect();
        Ok(Answer::Done(json!({ "you": client.own_agent(), "agents": told })))
    }

    async fn claim_task(&mut self) -> Result<Answer> {
        let asked: input::ClaimTask = self.take()?;
        let client = self.client().await?;
        self.myself(&client)?;
        let claim = Claim { task: asked.task, wait_ms: Some(span_ms(asked.wait_seconds.unwrap_or(0))) };
        let claimed = wait::task(&client, &claim, &mut self.listener).await?;
        Ok(Answer::of("task", &claimed))
    }

    async fn report_progress(&mut self) -> Result<Answer> {
        let asked: input::ReportProgress = self.take()?;
        let task = asked.task.unwrap_or_else(|| MINE.to_owned());
        let progress = Progress { percent: asked.percent, message: asked.message };
        Ok(Answer::of("task", &self.client().await?.call(&api::tasks::TASK_PROGRESS, &[&task], &progress).await?))
    }

    async fn complete_task(&mut self) -> Result<Answer> {
        let asked: input::CompleteTask = self.take()?;
        let task = asked.task.unwrap_or_else(|| MINE.to_owned());
        let report = Report { message: asked.message };
        let client = self.client().await?;
        let ended = match asked.outcome {
            input::Outcome::Done => client.call(&api::tasks::TASK_DONE, &[&task], &report).await?,
            input::Outcome::Failed => client.call(&api::tasks::TASK_FAILED, &[&task], &report).await?,
        };
        Ok(Answer::of("task", &ended))
    }

    async fn split_task(&mut self) -> Result<Answer> {
        let asked: input::SplitTask = self.take()?;
        let strategy = match asked.strategy {
            input::Strategy::Structure => SplitStrategy::Structure,
            input::Strategy::Keyword => SplitStrategy::Keyword,
        };
        let split = Split { file: asked.task, strategy, max: asked.max_parts, dry_run: asked.dry_run };
        let divided = self.client().await?.call(&api::tasks::SPLIT_TASK, &[], &split).await?;
        Ok(Answer::Done(json!({ "parts": divided.parts, "why": divided.why })))
    }

    async fn acquire_lock(&mut self) -> Result<Answer> {
        let asked: input::AcquireLock = self.take()?;
        let mode = if asked.shared { LockMode::Shared } else { LockMode::Exclusive };
        let scope = |scope| LockScope { scope, mode, unit: None };
        let client = self.client().await?;
        let scopes = meant(&client, asked.scopes).await?;
        let wanted = Acquire {
            scopes: scopes.into_iter().map(scope).collect(),
            wait_ms: asked.wait_seconds.map(span_ms),
            purpose: asked.purpose,
            ..Acquire::default()
        };
        Ok(Answer::of("granted", &wait::lock(&client, &wanted, &mut self.listener).await?))
    }

    async fn release_lock(&mut self) -> Result<Answer> {
        let asked: input::ReleaseLock = self.take()?;
        let given = [asked.lease.is_some(), asked.scope.is_some(), asked.all].iter().filter(|given| **given).count();
        if given != 1 {
            let wrong = Wrong::new("wrong_input", "release_lock needs to know what to release");
            return Err(wrong.hint("give either `lease`, or `scope`, or `all: true`"));
        }
        let client = self.client().await?;
        let scope = match asked.scope {
            Some(scope) => meant(&client, vec![scope]).await?.pop(),
            None => None,
        };
        let what = Release { lease: asked.lease, scope, all: asked.all, holder: None };
        Ok(Answer::of("released", &client.call(&api::locks::RELEASE_LOCK, &[], &what).await?))
    }

    async fn send_message(&mut self) -> Result<Answer> {
        let asked: input::SendMessage = self.take()?;
        let message = NewMessage {
            to: asked.to,
            topic: asked.topic,
            body: asked.body,
            correlation: asked.in_reply_to,
            ..NewMessage::default()
        };
        Ok(Answer::of("sent", &self.client().await?.call(&api::messages::SEND_MESSAGE, &[], &message).await?.messages))
    }

    async fn read_messages(&mut self) -> Result<Answer> {
        let asked: input::ReadMessages = self.take()?;
        let client = self.client().await?;
        let myself = self.myself(&client)?;
        let query = InboxQuery { peek: asked.peek, wait_ms: asked.wait_seconds.map(span_ms) };
        let messages = wait::inbox(&client, &myself, &query, &mut self.listener).await?;
        if !asked.peek {
            for message in &messages {
                client.call(&api::messages::ACKNOWLEDGE_MESSAGE, &[&message.id], &()).await?;
            }
        }
        Ok(Answer::of("messages", &messages))
    }

    async fn get_state(&mut self) -> Result<Answer> {
        let asked: input::GetState = self.take()?;
        let client = self.client().await?;
        match (asked.owner, asked.key) {
            (owner, None) => Ok(Answer::of("entries", &client.state(owner.as_deref()).await?)),
            (owner, Some(key)) => {
                let owner = owner.unwrap_or_else(|| owner_of(&client));
                match client.call(&api::state::GET_STATE, &[&owner, &key], &()).await {
                    Ok(entry) => Ok(Answer::of("entry", &entry)),
                    // A missing value is an answer, not an error: version 0 sets the first value.
                    Err(ClientError::Problem(Problem { code, .. })) if code == "unknown_key" => {
                        Ok(Answer::Done(json!({ "entry": null })))
                    }
                    Err(error) => Err(error.into()),
                }
            }
        }
    }

    async fn set_state(&mut self) -> Result<Answer> {
        let asked: input::SetState = self.take()?;
        let client = self.client().await?;
        let owner = asked.owner.clone().unwrap_or_else(|| owner_of(&client));
        if asked.value.is_null() && asked.version.is_none() {
            return Ok(Answer::of("cleared", &client.clear_state(&owner, Some(&asked.key)).await?.cleared));
        }
        let wanted = SetState { value: asked.value, version: asked.version };
        Ok(Answer::of("entry", &client.call(&api::state::SET_STATE, &[&owner, &asked.key], &wanted).await?))
    }

    async fn explain(&mut self) -> Result<Answer> {
        let asked: input::Explain = self.take()?;
        let client = self.client().await?;
        match (asked.task, asked.agent) {
            (Some(task), None) => {
                Ok(Answer::of("explanation", &client.call(&api::tasks::EXPLAIN_TASK, &[&task], &()).await?))
            }
            (None, agent) => {
                let agent = agent.map_or_else(|| self.myself(&client), Ok)?;
                Ok(Answer::of("explanation", &client.explain(&agent).await?))
            }
            (Some(_), Some(_)) => {
                Err(Wrong::new("wrong_input", "explain takes one at a time").hint("give either `agent` or `task`"))
            }
        }
    }
}

/// Returns the owner whose values are meant when none is named.
fn owner_of(client: &Client) -> String {
    client.own_agent().unwrap_or_else(|| FLEET.to_owned())
}

fn span_ms(seconds: u32) -> u64 {
    u64::from(seconds.min(WAIT_SECONDS_MAX)) * 1_000
}

/// Returns the scopes that are meant, with paths relative to the working directory in which the agent's server was
/// started.
async fn meant(client: &Client, texts: Vec<String>) -> Result<Vec<String>> {
    let writer = Writer::here(client.place()).map_err(|error| Wrong::new("no_directory", error.to_string()))?;
    writer.mean(client, texts).await.map_err(|error| match error {
        ScopeError::Client(error) => error.into(),
        error => {
            let wrong = Wrong::new("bad_scope", error.to_string());
            match error.hint() {
                Some(hint) => wrong.hint(hint),
                None => wrong,
            }
        }
    })
}
