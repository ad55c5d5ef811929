//! Determines who sends a request: this file gathers the evidence, and `quarterdeck_core::asker` judges it.
//!
//! * The process tree: the process at the other end of the socket descends from a run's keeper, or from the process
//!   with which an agent joined. A keeper is the subreaper of all processes that its agent starts.
//! * The secret and the agent's name: headers that `qd` adds from its environment.
//!
//! This identifies agents even if they make mistakes or strip their environment. It is no protection against the user's
//! own processes: a process that can read `.quarterdeck/secret`, or can let init start a process, can claim to be
//! anyone.

use super::door::Peer;
use crate::api::{AGENT_HEADER, TOKEN_HEADER};
use crate::process::ProcessStat;
use crate::supervisor::context::Context;
use crate::supervisor::kernel::KernelHandle;
use crate::supervisor::metrics::Metrics;
use crate::supervisor::problem::Failure;
use crate::supervisor::token::Tokens;
use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use quarterdeck_core::asker::{Asker, Evidence, Secret, Tree, Unproven, who};
use quarterdeck_core::ids::{AgentId, RunId};
use quarterdeck_core::lock::Process;
use quarterdeck_core::party::Party;
use std::sync::Arc;

/// The longest name of a holder outside the fleet, in bytes. Beyond it, the request is refused.
const HOLDER_BYTES_MAX: usize = 64;

/// The sender of a request: a person or a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// The owner of the fleet, or a program of the owner.
    Person,
    /// A live run of an agent of this fleet.
    Run { run: RunId, agent: AgentId, name: String },
}

impl FromRequestParts<Arc<Context>> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, context: &Arc<Context>) -> Result<Caller, Failure> {
        if let Some(known) = parts.extensions.get::<Caller>() {
            return Ok(known.clone());
        }
        let peer = parts.extensions.get::<ConnectInfo<Peer>>().map_or(Peer::Gone, |peer| peer.0.clone());
        let claim = word(&parts.headers, AGENT_HEADER);
        let evidence = Evidence {
            tree: tree(&context.kernel, &context.metrics, &peer),
            secret: secret(&context.tokens, &parts.headers),
            claim: claim.as_deref(),
        };
        match who(evidence, &context.kernel.view()) {
            Ok(Asker::Person) => Ok(Caller::Person),
            Ok(Asker::Run { run, agent, name }) => Ok(Caller::Run { run, agent, name }),
            Err(unproven) => Err(unattributed(&context.kernel, &unproven)),
        }
    }
}

/// Refuses every change whose sender can't be identified as a person or a run of this fleet. Anyone may read.
pub(super) async fn gate(
    State(context): State<Arc<Context>>,
    method: Method,
    request: Request,
    next: Next,
) -> Result<Response, Failure> {
    let (mut parts, body) = request.into_parts();
    if !method.is_safe() {
        let caller = Caller::from_request_parts(&mut parts, &context).await?;
        parts.extensions.insert(caller);
    }
    Ok(next.run(Request::from_parts(parts, body)).await)
}

/// Returns the process tree to which the sender of the request belongs.
fn tree(kernel: &KernelHandle, metrics: &Metrics, peer: &Peer) -> Tree {
    match peer {
        Peer::Elsewhere => Tree::Outside,
        Peer::Gone => Tree::Unknown,
        Peer::Seen(asking) => match asking.lineage() {
            Some(above) => above.iter().find_map(|seen| of_this_fleet(kernel, metrics, seen)).unwrap_or(Tree::Outside),
            None => Tree::Unknown,
        },
    }
}

/// Returns the tree that begins with this process: a run's tree begins with its keeper, or with the process that
/// joined; the tree of errands begins with the supervisor.
fn of_this_fleet(kernel: &KernelHandle, metrics: &Metrics, process: &ProcessStat) -> Option<Tree> {
    let errand = (process.pid == std::process::id()).then_some(Tree::Errand);
    metrics.run_kept_by(process).or_else(|| run_joined_by(kernel, process)).map(Tree::Of).or(errand)
}

fn run_joined_by(kernel: &KernelHandle, process: &ProcessStat) -> Option<RunId> {
    let view = kernel.view();
    let is_it = |known: &Process| (known.pid, known.start_time_ticks) == (process.pid, process.start_time_ticks);
    view.joined.iter().find(|(_, known)| is_it(known)).map(|(run, _)| *run)
}

fn secret(tokens: &Tokens, headers: &HeaderMap) -> Secret {
    match word(headers, TOKEN_HEADER) {
        None => Secret::None,
        Some(token) => tokens.run_of(&token).map_or(Secret::Wrong, Secret::Of),
    }
}

/// Returns the text of a header; none if the header is missing or empty.
fn word(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name).filter(|value| !value.is_empty())?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// Returns the failure of a request whose sender could not be determined: the reason, and what to do about it.
fn unattributed(kernel: &KernelHandle, unproven: &Unproven) -> Failure {
    let view = kernel.view();
    let agent_of = |run: &RunId| view.agents.values().find(|agent| agent.run == Some(*run)).map(|agent| &agent.name);
    let named = |run: &RunId| agent_of(run).map_or_else(|| run.to_string(), |name| format!("`{name}` ({run})"));
    match unproven {
        Unproven::WrongSecret => refused("bad_token", "the token is not one of this fleet's")
            .hint("hand QD_RUN_PROOF on as it is, or unset it: within an agent `qd` needs none"),
        Unproven::SecretOfAnother { tree, secret } => {
            let why = format!("the process belongs to {}, and the token to {}", named(tree), named(secret));
            refused("token_of_another", why)
                .hint("a token that was copied into a file may belong to a run that has ended")
        }
        Unproven::OnlyAClaim { claim } => {
            let why = format!(
                "QD_AGENT names `{claim}`, but nothing proves that: the request has no token, and no run started the process"
            );
            refused("unproven_agent", why)
                .hint("an agent hands QD_RUN_PROOF on; a person unsets QD_AGENT (`env -u QD_AGENT qd …`)")
        }
        Unproven::NotYourself { name, claim } => {
            refused("not_yourself", format!("the request comes from `{name}`, and QD_AGENT says `{claim}`"))
        }
        Unproven::OnlyAnErrand => refused(
            "unproven_errand",
            "the fleet itself started the process, and the process does not prove for which run",
        )
        .hint("pass QD_RUN_PROOF on to the processes that a verification or a probe starts"),
        Unproven::Gone => refused("gone", "the process that sent the request ended before it could be identified")
            .hint("wait for the answer before you end"),
        Unproven::RunEnded { run } => refused("run_ended", format!("the run that asks, {run}, has ended")),
    }
}

impl Caller {
    /// Returns the party that acts. A run acts only for itself: a run that claims another name is refused. A person is
    /// known by the name that is given.
    pub(super) fn party(&self, claimed: Option<&str>) -> Result<Party, Failure> {
        match (self, claimed) {
            (Caller::Run { run, name, .. }, claimed) => match claimed {
                Some(other) if other != name => {
                    Err(refused("not_yourself", format!("the request comes from `{name}`, not from `{other}`")))
                }
                _ => Ok(Party::Run(*run)),
            },
            (Caller::Person, Some(name)) if name.is_empty() || name.len() > HOLDER_BYTES_MAX => {
                Err(Failure::bad_request(format!("a holder's name has 1 to {HOLDER_BYTES_MAX} bytes")))
            }
            (Caller::Person, name) => Ok(Party::Outside(name.unwrap_or("person").to_owned())),
        }
    }

    /// Refuses the request unless a person sends it.
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
    Failure::new(StatusCode::FORBIDDEN, code, "the sender of the request could not be identified", why)
}
