//! Handler of `/agents/{name}/input`: types text and keys into an agent's terminal.

use super::agents::{find, not_running};
use super::caller::Caller;
use super::extract::{Body, Keys, Name, NoKeys};
use crate::api;
use crate::api::input::{Answers, INPUT_KEYS_MAX, Input, InputAccepted, InputMode, Receipt};
use crate::supervisor::context::{Context, Screens};
use crate::supervisor::kernel::KernelHandle;
use crate::supervisor::problem::{Failure, UnreadableBody};
use crate::supervisor::run::{Delivered, Letter, RunHandle, Text, Went};
use crate::supervisor::words::common::party_name;
use crate::term::keys::Key;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use quarterdeck_core::delivery::{self, Amid, Asked};
use quarterdeck_core::event::{Event, Signal};
use quarterdeck_core::ids::AgentId;
use quarterdeck_core::view::View;
use std::sync::Arc;
use std::time::Duration;

/// How long a request waits for an agent that is starting.
const START_WAIT: Duration = Duration::from_millis(delivery::DRAWN_WAIT_MS);

type Shared = State<Arc<Context>>;

/// Types into the agent's terminal, and returns the result.
///
/// If the agent is starting, the request waits for it. The answer may take 75 s. In these cases nothing is typed, and
/// the answer says why:
///
/// * while the agent asks a person, unless the text is the answer (`asks`);
/// * while the agent is paused (`paused`);
/// * if the agent does not start within 30 s (`not_started`), or draws nothing within 30 s of its start
///   (`nothing_drawn`);
/// * while a text that was typed earlier and not submitted is still in the terminal (`leftover`);
/// * if a line is longer than its terminal accepts (`line_too_long`).
///
/// A key is typed only after the program has processed the text or the key before it. An Enter that the program ignored
/// is pressed again, at most twice.
#[utoipa::path(post, path = api::input::TYPE_INTO_AGENT.path, operation_id = "type_into_agent", tag = "agents",
    params(("name" = String, Path, description = "The name of the agent.")),
    request_body = Input,
    responses((status = 200, description = "The input was typed; `receipt` says how much of it was confirmed.",
        body = InputAccepted),
        Failure, UnreadableBody))]
pub(super) async fn input(
    State(context): Shared,
    caller: Caller,
    Name(name): Name,
    _: Keys<NoKeys>,
    Body(input): Body<Input>,
) -> Result<Json<InputAccepted>, Failure> {
    let letter = letter(&input)?;
    let by = party_name(&caller.party(input.by.as_deref())?, &context.kernel.view());
    let (agent, run) = live_run(&context.kernel, &context.screens, &name).await?;
    context.dashboard.mark_typed(agent);
    let Delivered { bytes, receipt, went } =
        run.deliver(letter).await.map_err(|refused| Failure::input(&name, &refused))?;
    if let Some(run) = context.kernel.run_of(agent) {
        let what = format!("{}, by {by}", typed_words(&input));
        let signal = match went {
            Went::ToQuestion => Signal::Answered(what),
            Went::ToPrompt => Signal::Typed(what),
        };
        context.kernel.tell(Event::Signalled { run, signal }).await;
    }
    let (receipt, why) = match receipt {
        delivery::Receipt::Typed => (Receipt::Typed, None),
        delivery::Receipt::Submitted => (Receipt::Submitted, None),
        delivery::Receipt::Unconfirmed(why) => (Receipt::Unconfirmed, Some(why.to_string())),
    };
    Ok(Json(InputAccepted { bytes, receipt, why }))
}

/// Returns words for what was typed: the names of the keys, but never the text, which may be a secret.
fn typed_words(input: &Input) -> String {
    let text = (!input.text.is_empty()).then_some("a text");
    text.into_iter().chain(input.keys.iter().map(String::as_str)).collect::<Vec<_>>().join(", ")
}

fn letter(input: &Input) -> Result<Letter, Failure> {
    if input.keys.len() > INPUT_KEYS_MAX {
        return Err(Failure::bad_request(format!("there are more than {INPUT_KEYS_MAX} keys")));
    }
    let text = match input.mode {
        _ if input.text.is_empty() => None,
        InputMode::Type => Some(Text::Typed(input.text.clone())),
        InputMode::Paste => Some(Text::Pasted(input.text.clone())),
    };
    let key = |name: &String| Key::parse(name).map_err(|error| Failure::bad_request(error.to_string()));
    let asked = match input.answers {
        Answers::No => Asked::Refused,
        Answers::Question => Asked::Answered,
    };
    Ok(Letter { text, keys: input.keys.iter().map(key).collect::<Result<_, _>>()?, asked, amid: Amid::Joins })
}

/// Returns the agent's live run, whose terminal can be typed into. Waits for a run that is starting.
async fn live_run(kernel: &KernelHandle, screens: &Screens, name: &str) -> Result<(AgentId, RunHandle), Failure> {
    let agent = find(kernel, name)?;
    let mut changes = kernel.changes();
    let arrives = changes.wait_for(|view| handle(screens, view, agent).is_some() || !is_on_its_way(view, agent));
    let arrived = tokio::time::timeout(START_WAIT, arrives).await;
    match handle(screens, &kernel.view(), agent) {
        Some(run) => Ok((agent, run)),
        None if arrived.is_err() => Err(not_started(name)),
        None => Err(not_running(name)),
    }
}

fn handle(screens: &Screens, view: &View, agent: AgentId) -> Option<RunHandle> {
    let agent = view.agents.get(&agent).filter(|agent| agent.state.is_live())?;
    agent.run.and_then(|run| screens.runs.get(run))
}

fn is_on_its_way(view: &View, agent: AgentId) -> bool {
    view.agents.get(&agent).is_some_and(|agent| agent.state.is_on_its_way())
}

fn not_started(name: &str) -> Failure {
    let why = format!("it is on its way, and has not started within {} s", START_WAIT.as_secs());
    Failure::new(StatusCode::CONFLICT, "not_started", format!("nothing was typed into `{name}`"), why)
        .hint(format!("`qd explain {name}` says what it waits for"))
}
