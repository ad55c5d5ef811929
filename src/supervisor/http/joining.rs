//! Handler of `POST /join`: an agent that was started elsewhere joins the fleet. It leaves by `PATCH /agents/{name}`,
//! or when its process ends.

use super::ask::ask_about;
use super::caller::Caller;
use super::door::Peer;
use super::extract::{Body, Keys, NoKeys};
use crate::api;
use crate::api::joining::{Join, Joined};
use crate::config::values::Name;
use crate::supervisor::context::Context;
use crate::supervisor::kernel::KernelHandle;
use crate::supervisor::problem::{Failure, UnreadableBody};
use axum::Json;
use axum::extract::{ConnectInfo, State};
use axum::http::StatusCode;
use quarterdeck_core::command::Command;
use quarterdeck_core::lock::Process;
use std::sync::Arc;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The most capabilities that a joining agent may name. Beyond it, the request is refused.
const CAPABILITIES_MAX: usize = 64;
/// The longest capability of a joining agent, in bytes. Beyond it, the request is refused.
const CAPABILITY_BYTES_MAX: usize = 64;

/// The part of the OpenAPI description that covers joining.
#[derive(OpenApi)]
#[openapi(components(schemas(Join, Joined)))]
pub(super) struct Description;

/// Returns the routes for joining below `/api/v1`.
pub(super) fn routes() -> OpenApiRouter<Arc<Context>> {
    OpenApiRouter::with_openapi(Description::openapi()).routes(routes!(join))
}

/// Lets an agent that was started elsewhere join the fleet.
#[utoipa::path(post, path = api::joining::JOIN.path, operation_id = "join", tag = "agents", request_body = Join,
    responses((status = 201, description = "The agent joined the fleet.", body = Joined), Failure, UnreadableBody))]
async fn join(
    State(kernel): State<KernelHandle>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    caller: Caller,
    _: Keys<NoKeys>,
    Body(asked): Body<Join>,
) -> Result<(StatusCode, Json<Joined>), Failure> {
    if let Caller::Run { name: already, .. } = &caller {
        let why = format!("the request comes from `{already}`, which is an agent of the fleet already");
        return Err(refused(&asked.name, "agent_already", why).hint("`qd leave` removes an agent that joined"));
    }
    let process = process(&asked, peer)?;
    let name = asked.name.parse::<Name>().map_err(|error| Failure::bad_request(error.to_string()))?.to_string();
    let capabilities = capabilities(asked.capabilities)?;
    let seq = ask_about(&kernel, &name, Command::Join { name: name.clone(), capabilities, process }).await?;
    let run = kernel.agent_named(&name).and_then(|agent| kernel.run_of(agent));
    let run = run.map(|run| run.to_string()).unwrap_or_default();
    Ok((StatusCode::CREATED, Json(Joined { agent: name, run, pid: process.pid, seq })))
}

/// Returns the process with which the agent's tree begins: the named process, or else the parent of the process that
/// asks. The process that asks must descend from it, so that no one can make an agent of another's process.
fn process(asked: &Join, peer: Peer) -> Result<Process, Failure> {
    let Peer::Seen(asker) = peer else {
        let why = "it can't be seen which process asks: it has ended, or is in another namespace".to_owned();
        return Err(refused(&asked.name, "unseen", why).hint("join from a process on the machine of the supervisor"));
    };
    let pid = asked.pid.unwrap_or(asker.process.parent);
    let above = asker.lineage().unwrap_or_default();
    match above.iter().find(|process| process.pid == pid && pid > 1) {
        Some(process) => Ok(Process { pid, start_time_ticks: process.start_time_ticks }),
        None => {
            let why = format!("the process {pid} is not an ancestor of the process that sent the request");
            Err(refused(&asked.name, "not_your_process", why)
                .hint("join from the agent's own shell, or name one above it"))
        }
    }
}

fn capabilities(mut words: Vec<String>) -> Result<Vec<String>, Failure> {
    if words.len() > CAPABILITIES_MAX {
        return Err(Failure::bad_request(format!("there are more than {CAPABILITIES_MAX} capabilities")));
    }
    if words.iter().any(|word| word.trim().is_empty() || word.len() > CAPABILITY_BYTES_MAX) {
        return Err(Failure::bad_request(format!("a capability has 1 to {CAPABILITY_BYTES_MAX} bytes")));
    }
    words.sort();
    words.dedup();
    Ok(words)
}

fn refused(name: &str, code: &str, why: String) -> Failure {
    Failure::new(StatusCode::CONFLICT, code, format!("`{name}` can't join"), why)
}
