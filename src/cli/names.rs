//! Which agents a verb is about: names, or all that it can be about.

use crate::api::agents::{Agent, AgentState};
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::Args;

/// `NAME…` or `--all`.
#[derive(Args, Debug)]
pub struct Names {
    /// Agents, by name
    #[arg(value_name = "NAME", required_unless_present = "all")]
    pub names: Vec<String>,
    /// All agents that this can be done with
    #[arg(long, conflicts_with = "names")]
    pub all: bool,
}

impl Names {
    /// The agents meant: those named, or with `--all` those that `fits`.
    ///
    /// # Errors
    /// A name that no agent has.
    pub fn choose(&self, agents: Vec<Agent>, fits: impl Fn(&Agent) -> bool) -> Result<Vec<Agent>, Failure> {
        if self.all {
            return Ok(agents.into_iter().filter(fits).collect());
        }
        let known: Vec<String> = agents.iter().map(|agent| agent.name.clone()).collect();
        let find = |name: &String| {
            agents.iter().find(|agent| agent.name == *name).cloned().ok_or_else(|| unknown(name, &known))
        };
        self.names.iter().map(find).collect()
    }
}

fn unknown(name: &str, known: &[String]) -> Failure {
    let failure = Failure::new(Exit::Refused, format!("there is no agent called `{name}`"));
    match known {
        [] => failure.hint("the fleet has no agents; add one to agents.toml, or `qd spawn`"),
        known => failure.hint(format!("there are: {}", known.join(", "))),
    }
}

/// Whether a run is alive.
pub fn is_live(agent: &Agent) -> bool {
    use AgentState::{Lost, Preparing, Ready, Starting, Stopping};
    matches!(agent.state, Preparing | Starting | Ready | Stopping | Lost)
}

/// Whether a run is alive or one will be without anybody asking.
pub fn is_going(agent: &Agent) -> bool {
    is_live(agent) || matches!(agent.state, AgentState::Queued | AgentState::Backoff)
}

/// Whether it ended badly and stays so.
pub fn has_failed(agent: &Agent) -> bool {
    matches!(agent.state, AgentState::Failed | AgentState::GaveUp | AgentState::Lost)
}
