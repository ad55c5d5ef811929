//! Messages in words: what happened to them, why a command was refused, and the state of a delivery.

use super::common::{Refusal, name_of, plural};
use crate::api::messages::Delivery;
use quarterdeck_core::ids::MessageId;
use quarterdeck_core::mail::topic::Pattern;
use quarterdeck_core::mail::{self, CORRELATION_BYTES_MAX, Failure, Letter, MailDenied, MailFact, Via};
use quarterdeck_core::view::View;

/// The most characters of a message that its fact shows. Beyond it, the fact's data has the rest.
const EXCERPT_CHARACTERS_MAX: usize = 80;

/// Returns the state of a delivery as clients see it.
pub(in crate::supervisor) fn state(delivery: mail::Delivery) -> Delivery {
    match delivery {
        mail::Delivery::Pending => Delivery::Pending,
        mail::Delivery::Delivered => Delivery::Delivered,
        mail::Delivery::Acknowledged => Delivery::Acknowledged,
        mail::Delivery::Failed => Delivery::Failed,
        mail::Delivery::Expired => Delivery::Expired,
    }
}

/// Describes a fact about messages in one line for people.
pub(in crate::supervisor) fn message(fact: &MailFact, view: &View) -> String {
    match fact {
        MailFact::Sent { first, letter } => sent(*first, letter),
        MailFact::Delivered { agent, messages, via } => {
            let how = match via {
                Via::Inbox => "read by",
                Via::Terminal => "typed into the terminal of",
            };
            format!("{} {how} {}", listed(messages), name_of(*agent, view))
        }
        MailFact::Acknowledged { message, by } => format!("{message} acknowledged by {by}"),
        MailFact::Expired { messages, first } if messages.is_empty() => {
            format!("the time to live of {first} has passed; it was delivered, but not acknowledged")
        }
        MailFact::Expired { messages, .. } => format!("{} expired: nobody took it in time", listed(messages)),
        MailFact::Failed { messages, why } => format!("{} failed: {}", listed(messages), failure(*why)),
        MailFact::Subscribed { name, topics, .. } => format!("{name} subscribes to {}", joined(topics)),
        MailFact::Unsubscribed { name, topics, .. } => format!("{name} no longer subscribes to {}", joined(topics)),
    }
}

fn sent(first: MessageId, letter: &Letter) -> String {
    let Letter { topic, from, copies, body, .. } = letter;
    let text = excerpt(body);
    match copies.as_slice() {
        [] => format!("{from} sent a message that nobody subscribes to ({topic}): {text}"),
        [one] => format!("{first} from {from} to {} ({topic}): {text}", one.name),
        many => format!("{first} from {from} to {} agents ({topic}): {text}", many.len()),
    }
}

/// Returns as much of a text's first line as fits.
fn excerpt(body: &str) -> String {
    let line = body.trim().lines().next().unwrap_or_default();
    let mut text: String = line.chars().filter(|c| !c.is_control()).take(EXCERPT_CHARACTERS_MAX).collect();
    if text.len() < body.trim().len() {
        text.push('…');
    }
    text
}

fn listed(messages: &[MessageId]) -> String {
    match messages {
        [one] => one.to_string(),
        many => plural(many.len() as u32, "message", "messages"),
    }
}

fn joined(topics: &[Pattern]) -> String {
    topics.iter().map(Pattern::as_str).collect::<Vec<&str>>().join(", ")
}

fn failure(why: Failure) -> &'static str {
    match why {
        Failure::AgentRemoved => "the agent left the fleet",
        Failure::PushedOut => "it was removed to make room for newer messages of the fleet",
    }
}

/// Describes why a command about messages was refused.
pub(in crate::supervisor) fn refusal(denied: &MailDenied, view: &View) -> Refusal {
    let hint = |text: &str| Some(text.to_owned());
    let (code, why, hint) = match denied {
        MailDenied::RunEnded => return Refusal::run_ended(),
        MailDenied::UnknownAgent => return Refusal::unknown_agent(),
        MailDenied::UnknownMessage { message } => (
            "unknown_message",
            format!("there is no message {message}, or its record has been deleted"),
            hint("`qd msg history` lists the last ones"),
        ),
        MailDenied::NoRecipient => (
            "no_recipient",
            "neither an agent nor a topic is named".into(),
            hint("`qd msg send AGENT TEXT`, or `--topic TOPIC`, or `--broadcast`"),
        ),
        MailDenied::Empty => ("empty", "its text is empty".into(), None),
        MailDenied::BodyTooLong { body_bytes_max } => (
            "too_long",
            format!("a message has at most {body_bytes_max} bytes"),
            hint("put the text into a file, and send the path of the file"),
        ),
        MailDenied::BadCorrelation => (
            "bad_correlation",
            format!("a correlation id has 1 to {CORRELATION_BYTES_MAX} bytes, and no control characters"),
            None,
        ),
        MailDenied::InboxFull { agent, inbox_max } => {
            let name = name_of(*agent, view);
            let why = format!("the inbox of {name} is full ({inbox_max} messages); nothing was sent");
            ("inbox_full", why, Some(format!("`qd msg inbox --agent {name}` shows them; `qd msg ack` removes them")))
        }
        MailDenied::PostFull { open_bytes_max } => (
            "post_full",
            format!("all messages together have {open_bytes_max} bytes, which is the maximum; nothing was sent"),
            hint("a message is removed when it is acknowledged, or when it expires"),
        ),
        MailDenied::NotYours => ("not_yours", "only the agent itself may change its inbox".into(), None),
        MailDenied::Over { delivery } => ("over", format!("the message has {}", state(*delivery).word()), None),
        MailDenied::TopicsFull { topics_max } => (
            "topics_full",
            format!("an agent subscribes to at most {topics_max} topics"),
            hint("one pattern can match many topics: `workflow.**`"),
        ),
    };
    Refusal { code, why, hint }
}
