//! Who asks: a person, or a run that proves with its token which one it is (DESIGN, the door for agents).

use super::problem::Failure;
use crate::api::TOKEN_HEADER;
use crate::supervisor::context::Context;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use quarterdeck_core::ids::{AgentId, RunId};
use quarterdeck_core::party::Party;
use std::sync::Arc;

/// The longest name of a holder outside the fleet.
const HOLDER_BYTES_MAX: usize = 64;

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// The owner of the fleet, or a program of theirs: no token came with the request.
    Person,
    /// A live run.
    Run { run: RunId, agent: AgentId, name: String },
}

impl FromRequestParts<Arc<Context>> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, context: &Arc<Context>) -> Result<Caller, Failure> {
        let Some(token) = parts.headers.get(TOKEN_HEADER) else { return Ok(Caller::Person) };
        let run = token.to_str().ok().and_then(|token| context.tokens.run_of(token));
        let run = run.ok_or_else(|| refused("bad_token", "the token is not one of this fleet's"))?;
        let view = context.kernel.view();
        let found = view.agents.iter().find(|(_, agent)| agent.run == Some(run) && agent.state.is_live());
        let (agent, known) = found.ok_or_else(|| refused("run_ended", "the run that the token names has ended"))?;
        Ok(Caller::Run { run, agent: *agent, name: known.name.clone() })
    }
}

impl Caller {
    /// The party that acts. A run is itself and nobody else: one that says it is another is refused. A person is
    /// known by the name it gives.
    pub(super) fn party(&self, claimed: Option<&str>) -> Result<Party, Failure> {
        match (self, claimed) {
            (Caller::Run { run, name, .. }, claimed) => match claimed {
                Some(other) if other != name => {
                    Err(refused("not_yourself", format!("the token is that of `{name}`, not of `{other}`")))
                }
                _ => Ok(Party::Run(*run)),
            },
            (Caller::Person, Some(name)) if name.is_empty() || name.len() > HOLDER_BYTES_MAX => {
                Err(Failure::bad_request(format!("a holder's name has 1 to {HOLDER_BYTES_MAX} bytes")))
            }
            (Caller::Person, name) => Ok(Party::Outside(name.unwrap_or("person").to_owned())),
        }
    }

    /// For what only a person may do.
    pub(super) fn person(&self) -> Result<(), Failure> {
        match self {
            Caller::Person => Ok(()),
            Caller::Run { name, .. } => Err(refused(
                "not_for_agents",
                format!("`{name}` is an agent of the fleet, and only a person may do this"),
            )),
        }
    }
}

fn refused(code: &str, why: impl Into<String>) -> Failure {
    Failure::new(StatusCode::FORBIDDEN, code, "the request is not attributed to anyone who may make it", why)
}
