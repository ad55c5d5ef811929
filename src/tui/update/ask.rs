//! What the dashboard asks of the supervisor: each request has a number, by which its answer is found, and a
//! description.

use super::super::link::{RequestId, ToFleet};
use super::super::model::{Line, Model, REQUESTS_MAX, Tone};
use super::super::msg::Cmd;
use crate::api::agents::{Action, CHANGE_AGENT};
use crate::api::call::Call;

/// Numbers a request and stores its description.
fn request(model: &mut Model, what: String) -> RequestId {
    model.last_request += 1;
    if model.requests.len() == REQUESTS_MAX {
        model.requests.pop_first();
    }
    model.requests.insert(model.last_request, what);
    model.last_request
}

/// Makes a call; shows a toast when there is no connection. Returns the number of the request.
pub(super) fn ask(model: &mut Model, what: String, call: Call, cmds: &mut Vec<Cmd>) -> Option<RequestId> {
    if model.line != Line::Up {
        model.toast(Tone::Warning, format!("no connection to the supervisor: can't {what}"));
        return None;
    }
    let request = request(model, what);
    cmds.push(Cmd::Send(ToFleet::Call { request, call }));
    Some(request)
}

/// Applies an action to an agent.
pub(super) fn patch(model: &mut Model, agent: &str, action: Action, what: &str, cmds: &mut Vec<Cmd>) {
    ask(model, format!("{what} {agent}"), CHANGE_AGENT.call(&[agent], &action.into()), cmds);
}
