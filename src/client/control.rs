//! The typed calls of the control plane.

use super::error::{ClientError, Skew};
use super::follow::Follow;
use super::http::Outgoing;
use super::process::Process;
use crate::api::agents::{Accepted, Action, Agent, AgentPatch, Explanation, SpawnRequest, Usage};
use crate::api::call::{Call, Read};
use crate::api::events::{EventPage, EventQuery};
use crate::api::input::{Input, InputAccepted};
use crate::api::joining::{Join, Joined};
use crate::api::listing::{Listing, UsageAge};
use crate::api::removal::{Forgotten, RemoveQuery, WorkspaceFate};
use crate::api::route::Route;
use crate::api::screen::{AGENT_SCREEN, ScreenFormat, ScreenQuery, ScreenText};
use crate::api::system::{Health, Hello, ShutdownRequest};
use crate::api::{API_VERSION, agents, events, input, joining, system};
use crate::place::Place;
use crate::term::frame::Frame;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long to wait for the end of a supervisor that has sent its last answer. Beyond it, the client continues; if the
/// supervisor still runs, the next client notices it.
const GONE_LIMIT: Duration = Duration::from_secs(10);

/// A connection to a fleet's supervisor that has said hello and speaks our version.
#[derive(Clone, Debug)]
pub struct Client {
    place: Place,
    hello: Hello,
}

/// The part of a hello that is the same in every version.
#[derive(Deserialize)]
struct AnyHello {
    api_version: u32,
    qd_version: Option<String>,
}

impl Client {
    /// Says hello to the fleet's supervisor and compares versions.
    ///
    /// # Errors
    /// [`ClientError::NotRunning`] or [`ClientError::Stale`] when there is none, [`ClientError::Silent`] when it
    /// does not answer in time, [`ClientError::Skew`] when it is of another version.
    pub async fn connect(place: &Place) -> Result<Client, ClientError> {
        let hello = Outgoing::to(&system::HELLO, &[], &()).answer(place).await?;
        Ok(Client { place: place.clone(), hello: understood(hello)? })
    }

    /// Returns the hello that the supervisor sent when this client connected.
    pub fn hello(&self) -> &Hello {
        &self.hello
    }

    /// Returns the agent in whose run this process is; none for a person. The supervisor knows it from the process that
    /// opened the connection. A supervisor of an earlier build does not say it; then the environment is used, as far as
    /// it proves the agent.
    pub fn own_agent(&self) -> Option<String> {
        self.hello.you.clone().or_else(|| self.place.own_agent())
    }

    /// Returns the fleet's place on disk.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Calls a route; `names` fill the variable parts of its path, in their order.
    ///
    /// # Errors
    /// The call fails with a [`ClientError`].
    pub async fn call<Asked: Serialize, Answer: DeserializeOwned>(
        &self,
        route: &Route<Asked, Answer>,
        names: &[&str],
        asked: &Asked,
    ) -> Result<Answer, ClientError> {
        Outgoing::to(route, names, asked).answer(&self.place).await
    }

    /// Sends a call that was made before, and reads of its answer only whether it was accepted.
    ///
    /// # Errors
    /// The call fails with a [`ClientError`].
    pub async fn perform(&self, call: Call) -> Result<(), ClientError> {
        let IgnoredAny = Outgoing::from(call).answer(&self.place).await?;
        Ok(())
    }

    /// Sends a call that was made before, and returns what is made of its answer.
    ///
    /// # Errors
    /// The call fails with a [`ClientError`].
    pub async fn read<T>(&self, read: Read<T>) -> Result<T, ClientError> {
        let text = Outgoing::from(read.call.clone()).text(&self.place).await?;
        read.made(&text).map_err(|error| ClientError::broken(&read.call.to_string(), error))
    }

    /// Requests a new hello from the supervisor.
    ///
    /// # Errors
    /// The call fails with a [`ClientError`].
    pub async fn hello_again(&self) -> Result<Hello, ClientError> {
        understood(Outgoing::to(&system::HELLO, &[], &()).answer(&self.place).await?)
    }

    /// Returns the results of all health checks, which are executed for this answer. An unhealthy fleet is an answer,
    /// not an error.
    pub async fn health(&self) -> Result<Health, ClientError> {
        Outgoing::to(&system::HEALTH, &[], &()).answer_of_any_status(&self.place).await
    }

    /// Returns every agent of the fleet.
    pub async fn agents(&self) -> Result<Vec<Agent>, ClientError> {
        self.call(&agents::LIST_AGENTS, &[], &Listing::default()).await
    }

    /// Returns every agent with the current consumption of its process tree. A supervisor of an earlier build returns
    /// the values that it knows.
    pub async fn agents_and_their_usage(&self) -> Result<Vec<Agent>, ClientError> {
        let asked = Listing { usage: Some(UsageAge::Now), ..Listing::default() };
        match self.call(&agents::LIST_AGENTS, &[], &asked).await {
            Err(ClientError::Problem(problem)) if problem.status == 400 => self.agents().await,
            answer => answer,
        }
    }

    /// Returns the agent with this name.
    pub async fn agent(&self, name: &str) -> Result<Agent, ClientError> {
        self.call(&agents::GET_AGENT, &[name], &()).await
    }

    /// Adds an agent that is not in the configuration file, and starts it.
    pub async fn spawn(&self, request: &SpawnRequest) -> Result<Accepted, ClientError> {
        self.call(&agents::SPAWN_AGENT, &[], request).await
    }

    /// Adds an agent that was started outside the fleet.
    pub async fn join(&self, asked: &Join) -> Result<Joined, ClientError> {
        self.call(&joining::JOIN, &[], asked).await
    }

    /// Requests an action on an agent. The answer says that it was accepted, not that it is done.
    pub async fn act(&self, name: &str, action: Action) -> Result<Accepted, ClientError> {
        self.patch(name, &action.into()).await
    }

    /// Requests an action on an agent, with the action's parameters.
    pub async fn patch(&self, name: &str, patch: &AgentPatch) -> Result<Accepted, ClientError> {
        self.call(&agents::CHANGE_AGENT, &[name], patch).await
    }

    /// Removes an agent that has no live run from the fleet.
    pub async fn remove(&self, name: &str, workspace: WorkspaceFate) -> Result<Forgotten, ClientError> {
        self.call(&agents::REMOVE_AGENT, &[name], &RemoveQuery { workspace }).await
    }

    /// Types or pastes into an agent's terminal, and returns when it is known whether the program accepted the input.
    pub async fn input(&self, name: &str, text: &Input) -> Result<InputAccepted, ClientError> {
        self.call(&input::TYPE_INTO_AGENT, &[name], text).await
    }

    /// Returns an agent's screen as lines, with up to `history` lines from above it.
    pub async fn screen_text(&self, name: &str, history: Option<u32>) -> Result<ScreenText, ClientError> {
        let asked = ScreenQuery { format: Some(ScreenFormat::Text), history };
        self.call(&AGENT_SCREEN, &[name], &asked).await
    }

    /// Returns an agent's screen as cells.
    pub async fn screen_cells(&self, name: &str) -> Result<Frame, ClientError> {
        let asked = ScreenQuery { format: Some(ScreenFormat::Cells), history: None };
        Outgoing::to(&AGENT_SCREEN, &[name], &asked).answer(&self.place).await
    }

    /// Returns the consumption of an agent's whole process tree.
    pub async fn metrics(&self, name: &str) -> Result<Usage, ClientError> {
        self.call(&agents::AGENT_METRICS, &[name], &()).await
    }

    /// Explains why an agent is in its current state.
    pub async fn explain(&self, name: &str) -> Result<Explanation, ClientError> {
        self.call(&agents::EXPLAIN_AGENT, &[name], &()).await
    }

    /// Returns a page of the fleet's history.
    pub async fn events(&self, filters: &EventQuery) -> Result<EventPage, ClientError> {
        let filters = EventQuery { follow: None, ..filters.clone() };
        self.call(&events::EVENTS, &[], &filters).await
    }

    /// Returns a stream of the facts that pass the filters: first the stored ones, then new ones, without a gap.
    pub async fn follow(&self, filters: &EventQuery) -> Result<Follow, ClientError> {
        let filters = EventQuery { follow: Some(true), ..filters.clone() };
        let call = Outgoing::to(&events::EVENTS, &[], &filters).accept("text/event-stream");
        Ok(Follow::new(self.clone(), filters, call.open(&self.place).await?.into_body()))
    }

    /// Ends every agent, then the supervisor.
    pub async fn shutdown(&self, request: ShutdownRequest) -> Result<Accepted, ClientError> {
        self.call(&system::SHUTDOWN, &[], &request).await
    }

    /// Waits until the process of a supervisor that was asked to end is gone, so that another supervisor can be
    /// started. The wait is limited, since the process may be alive for a short time after its last answer.
    pub async fn gone(&self) {
        if let Ok(process) = Process::of(self.hello.pid) {
            // The supervisor has sent its last answer. If it is slow to end, the next client will find that.
            let _unhurried = process.is_gone_within(GONE_LIMIT).await;
        }
    }

    /// Asks the supervisor to read its configuration again.
    pub async fn reload(&self) -> Result<Accepted, ClientError> {
        self.call(&system::RELOAD, &[], &()).await
    }
}

/// Compares the versions with the part that every hello has, and only then reads the rest of the hello.
fn understood(hello: serde_json::Value) -> Result<Hello, ClientError> {
    let broken = |error| ClientError::broken(&system::HELLO.to_string(), error);
    let any = AnyHello::deserialize(&hello).map_err(broken)?;
    if any.api_version != API_VERSION {
        return Err(ClientError::Skew(Skew {
            of: "API",
            ours: API_VERSION,
            theirs: any.api_version,
            their_build: any.qd_version,
        }));
    }
    serde_json::from_value(hello).map_err(broken)
}
