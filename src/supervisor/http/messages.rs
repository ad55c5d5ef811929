//! Handlers of messages between agents and people.

use super::ask::ask;
use super::caller::Caller;
use super::extract::{Body, Keys, Name, NoKeys};
use crate::api;
use crate::api::messages::{
    ChangeSubscriptions, InboxQuery, Message, MessageQuery, NewMessage, Sent, SentTo, Subscriptions, Via,
};
use crate::supervisor::context::{Context, Life};
use crate::supervisor::kernel::KernelHandle;
use crate::supervisor::problem::{Failure, UnreadableBody};
use crate::supervisor::words;
use axum::Json;
use axum::extract::State;
use quarterdeck_core::ask::Ask;
use quarterdeck_core::command::Denied;
use quarterdeck_core::ids::{AgentId, MessageId};
use quarterdeck_core::mail::topic::{BadTopic, Pattern, Topic};
use quarterdeck_core::mail::{self, Draft, MailAnswer, MailCommand, MailDenied, Received};
use quarterdeck_core::time::Span;
use std::sync::Arc;
use std::time::Duration;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How many messages one answer has if no number is given.
const MESSAGES: u32 = 100;
/// The longest time that a request waits for a message. Beyond it, the answer has no message, and the client asks
/// again.
const WAIT_MAX: Duration = Duration::from_secs(600);

/// The part of the OpenAPI description that covers messages.
#[derive(OpenApi)]
#[openapi(
    tags((name = "messages", description = "Messages between agents and people."))
)]
pub(super) struct Description;

/// Returns the routes for messages below `/api/v1`.
pub(super) fn routes() -> OpenApiRouter<Arc<Context>> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(list, send))
        .routes(routes!(inbox))
        .routes(routes!(subscriptions, subscribe))
        .routes(routes!(acknowledge))
}

type Shared = State<Arc<Context>>;

/// Sends a message to agents by name, or to those whose subscription matches its topic.
#[utoipa::path(post, path = api::messages::SEND_MESSAGE.path, operation_id = "send_message", tag = "messages",
    request_body = NewMessage,
    responses((status = 200, description = "The message was stored and is in the inbox of each receiver.",
        body = Sent), Failure, UnreadableBody))]
async fn send(
    State(context): Shared,
    caller: Caller,
    _: Keys<NoKeys>,
    Body(message): Body<NewMessage>,
) -> Result<Json<Sent>, Failure> {
    let by = caller.party(None)?;
    let draft = Box::new(draft(&context.kernel, message)?);
    let sending = MailCommand::Send { by, draft }.expecting(MailAnswer::sent);
    let messages = ask(&context.kernel, "the message was not sent", sending).await?;
    let sent = |(id, agent): (MessageId, AgentId)| SentTo {
        id: id.to_string(),
        to: context.agent_name(agent).unwrap_or_else(|| agent.to_string()),
    };
    Ok(Json(Sent { messages: messages.into_iter().map(sent).collect() }))
}

fn draft(kernel: &KernelHandle, message: NewMessage) -> Result<Draft, Failure> {
    let to = message.to.iter().map(|name| agent_named(kernel, name)).collect::<Result<_, _>>()?;
    let topic = message.topic.map(|text| Topic::parse(&text).map_err(|error| bad_topic(&text, error))).transpose()?;
    Ok(Draft {
        to,
        topic,
        body: message.body,
        correlation: message.correlation,
        via: match message.via {
            Via::Inbox => mail::Via::Inbox,
            Via::Terminal => mail::Via::Terminal,
        },
        ttl: message.ttl_ms.map(Span),
    })
}

/// Lists the messages that are kept: those in inboxes, and the newest of those that are settled.
#[utoipa::path(get, path = api::messages::LIST_MESSAGES.path, operation_id = "list_messages", tag = "messages",
    params(MessageQuery),
    responses((status = 200, description = "The messages that match the query, newest last.",
        body = [Message]), Failure))]
async fn list(
    State(kernel): State<KernelHandle>,
    Keys(query): Keys<MessageQuery>,
) -> Result<Json<Vec<Message>>, Failure> {
    let topic = query.topic.map(|text| Pattern::parse(&text).map_err(|error| bad_topic(&text, error))).transpose()?;
    let view = kernel.view();
    let mut messages: Vec<Message> = view
        .mail
        .newest_first()
        .filter(|message| topic.as_ref().is_none_or(|topic| topic.matches(&message.letter.topic)))
        .filter(|Received { letter, copy, .. }| {
            query.agent.as_ref().is_none_or(|agent| letter.from == *agent || copy.name == *agent)
        })
        .take(query.limit.unwrap_or(MESSAGES) as usize)
        .map(|message| shown(&message))
        .collect();
    messages.reverse();
    Ok(Json(messages))
}

/// Lists the messages in an agent's inbox.
///
/// The messages count as delivered only if the agent itself asks.
#[utoipa::path(get, path = api::messages::READ_INBOX.path, operation_id = "read_inbox", tag = "messages",
    params(("agent" = String, Path, description = "The name of the agent."), InboxQuery),
    responses((status = 200, description = "The messages that the agent has not acknowledged, oldest first.",
        body = [Message]), Failure))]
async fn inbox(
    State(context): Shared,
    caller: Caller,
    Name(name): Name,
    Keys(query): Keys<InboxQuery>,
) -> Result<Json<Vec<Message>>, Failure> {
    let by = caller.party(matches!(caller, Caller::Run { .. }).then_some(&name))?;
    let agent = agent_named(&context.kernel, &name)?;
    if let Some(wait_ms) = query.wait_ms.filter(|wait_ms| *wait_ms > 0) {
        wait_for_one(&context.kernel, &context.life, agent, Duration::from_millis(wait_ms).min(WAIT_MAX)).await;
    }
    if matches!(caller, Caller::Run { .. }) && !query.peek {
        ask(&context.kernel, "the inbox can't be read", MailCommand::Read { by, agent }).await?;
    }
    let view = context.kernel.view();
    Ok(Json(view.mail.inbox(agent).map(|message| shown(&message)).collect()))
}

/// Waits until the inbox has a message, the time has passed, or the supervisor ends.
async fn wait_for_one(kernel: &KernelHandle, life: &Life, agent: AgentId, longest: Duration) {
    let mut changes = kernel.changes();
    let mut ended = life.ended.subscribe();
    let there = changes.wait_for(|view| view.mail.inbox(agent).next().is_some());
    let over = async {
        tokio::select! {
            _ = there => {}
            _ = ended.wait_for(|ended| *ended) => {}
        }
    };
    let _none_came = tokio::time::timeout(longest, over).await;
}

/// Acknowledges that a message arrived, which removes it from the inbox.
#[utoipa::path(post, path = api::messages::ACKNOWLEDGE_MESSAGE.path, operation_id = "acknowledge_message", tag = "messages",
    params(("message" = String, Path, description = "The number of the message, such as `m9`.")),
    responses((status = 200, description = "The message after the change.", body = Message), Failure))]
async fn acknowledge(
    State(kernel): State<KernelHandle>,
    caller: Caller,
    Name(id): Name,
    _: Keys<NoKeys>,
) -> Result<Json<Message>, Failure> {
    let by = caller.party(None)?;
    let what = format!("{id} was not acknowledged");
    let number = id.strip_prefix('m').and_then(|digits| digits.parse().ok());
    let message =
        MessageId(number.ok_or_else(|| Failure::bad_request(format!("`{id}` is not the number of a message")))?);
    ask(&kernel, &what, MailCommand::Acknowledge { by, message }).await?;
    let view = kernel.view();
    let unknown = || Denied::Mail(MailDenied::UnknownMessage { message });
    let known = view.mail.get(message).ok_or_else(|| Failure::refused(what, &unknown(), &view))?;
    Ok(Json(shown(&known)))
}

/// Lists the topics to which an agent has subscribed.
#[utoipa::path(get, path = api::messages::LIST_SUBSCRIPTIONS.path, operation_id = "list_subscriptions",
    tag = "messages", params(("agent" = String, Path, description = "The name of the agent.")),
    responses((status = 200, description = "The topics to which the agent has subscribed. Messages that need no subscription also reach it.",
        body = Subscriptions), Failure))]
async fn subscriptions(
    State(kernel): State<KernelHandle>,
    Name(name): Name,
    _: Keys<NoKeys>,
) -> Result<Json<Subscriptions>, Failure> {
    Ok(Json(subscriptions_of(&kernel, agent_named(&kernel, &name)?)))
}

/// Changes the topics to which an agent has subscribed. Only the agent itself or a person may do this.
#[utoipa::path(post, path = api::messages::CHANGE_SUBSCRIPTIONS.path, operation_id = "change_subscriptions",
    tag = "messages", params(("agent" = String, Path, description = "The name of the agent.")),
    request_body = ChangeSubscriptions,
    responses((status = 200, description = "The agent's subscriptions after the change.",
        body = Subscriptions), Failure, UnreadableBody))]
async fn subscribe(
    State(kernel): State<KernelHandle>,
    caller: Caller,
    Name(name): Name,
    _: Keys<NoKeys>,
    Body(change): Body<ChangeSubscriptions>,
) -> Result<Json<Subscriptions>, Failure> {
    let by = caller.party(matches!(caller, Caller::Run { .. }).then_some(&name))?;
    let agent = agent_named(&kernel, &name)?;
    let (add, remove) = (patterns(&change.add)?, patterns(&change.remove)?);
    let what = format!("the subscriptions of {name} stay as they were");
    if !remove.is_empty() {
        ask(&kernel, &what, MailCommand::Unsubscribe { by: by.clone(), agent, topics: remove }).await?;
    }
    if !add.is_empty() {
        ask(&kernel, &what, MailCommand::Subscribe { by, agent, topics: add }).await?;
    }
    Ok(Json(subscriptions_of(&kernel, agent)))
}

fn subscriptions_of(kernel: &KernelHandle, agent: AgentId) -> Subscriptions {
    let view = kernel.view();
    Subscriptions { topics: view.mail.topics(agent).map(Pattern::to_string).collect() }
}

fn patterns(texts: &[String]) -> Result<Vec<Pattern>, Failure> {
    texts.iter().map(|text| Pattern::parse(text).map_err(|error| bad_topic(text, error))).collect()
}

fn bad_topic(text: &str, error: BadTopic) -> Failure {
    Failure::bad_request(format!("`{}` is not a topic: {error}", text.escape_debug()))
}

/// Returns the agent of this name, or a failure that names the known ones.
pub(super) fn agent_named(kernel: &KernelHandle, name: &str) -> Result<AgentId, Failure> {
    let known = || kernel.view().agents.values().map(|agent| agent.name.clone()).collect::<Vec<String>>();
    kernel.agent_named(name).ok_or_else(|| Failure::unknown_agent(name, &known()))
}

fn shown(message: &Received<'_>) -> Message {
    let Received { id, letter, copy } = message;
    Message {
        id: id.to_string(),
        topic: letter.topic.clone(),
        from: letter.from.clone(),
        to: copy.name.clone(),
        body: letter.body.clone(),
        correlation: letter.correlation.clone(),
        via: match letter.via {
            mail::Via::Inbox => Via::Inbox,
            mail::Via::Terminal => Via::Terminal,
        },
        delivery: words::mail::state(copy.delivery),
        sent_ms: letter.sent.0,
        expires_ms: letter.expires.0,
    }
}
