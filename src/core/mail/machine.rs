//! The machine of messages: which agents get a message, which messages are refused, and what happens to messages that
//! nobody reads.
//!
//! The terminals belong to the shell, which knows when an agent is idle. The core says for which agents there is
//! something to be typed, and is told what was typed.

use super::fact::{Failure, MailFact};
use super::letter::{Copy, Delivery, FLEET_SENDER, Letter, Via};
use super::post::{Post, Received};
use super::topic::Pattern;
use super::{CORRELATION_BYTES_MAX, DIRECT_TOPIC, Draft, MailPolicy};
use super::{MailAnswer, MailCommand, MailDenied, MailEffect, MailEvent, MailTimer};
use crate::effect::Effect;
use crate::event::{Armed, TimerId};
use crate::fact::FactKind;
use crate::ids::{AgentId, MessageId, RunId};
use crate::parties::Parties;
use crate::party::Party;
use crate::recorder::Recorder;
use crate::time::{Span, Time};
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

/// The machine of messages, with the post office that keeps them.
pub(crate) struct Mail<'a> {
    /// All letters, inboxes and subscriptions.
    pub(crate) post: &'a mut Post,
    /// The configured limits of messages.
    pub(crate) policy: &'a MailPolicy,
    /// The parties that send and receive.
    pub(crate) parties: Parties<'a>,
    /// The place for decisions.
    pub(crate) out: &'a mut Recorder,
}

/// The answer to a command about messages, or the reason why it is refused; a refused command records nothing.
type Reply = Result<MailAnswer, MailDenied>;

impl Mail<'_> {
    /// Handles a command from a client about messages.
    pub(crate) fn command(&mut self, command: MailCommand) -> Reply {
        let before = self.post.next_expiry();
        let reply = match command {
            MailCommand::Send { by, draft } => self.send(&by, *draft),
            MailCommand::Read { by, agent } => self.read(&by, agent),
            MailCommand::Acknowledge { by, message } => self.acknowledge(&by, message),
            MailCommand::Subscribe { by, agent, topics } => self.subscribe(&by, agent, topics),
            MailCommand::Unsubscribe { by, agent, topics } => self.unsubscribe(&by, agent, &topics),
        };
        self.arm_expiry(before);
        reply
    }

    /// Handles a timer of messages. A timer that fires early is armed again; an outdated one is ignored.
    pub(crate) fn timer(&mut self, timer: MailTimer) {
        match timer {
            MailTimer::Expiry => {
                while let Some((_, first)) = self.post.next_expiry().filter(|(expires, _)| *expires <= self.out.now()) {
                    self.expire(first);
                }
                self.arm_expiry(None);
            }
        }
    }

    /// Handles an event from outside that concerns messages. A message that was typed counts as delivered, even if it
    /// had expired by then.
    pub(crate) fn event(&mut self, event: MailEvent) {
        let MailEvent::Typed { message } = event;
        let Some(Received { copy, .. }) = self.post.get(message) else { return };
        let (agent, delivery) = (copy.agent, copy.delivery);
        if matches!(delivery, Delivery::Pending | Delivery::Expired) {
            let fact = MailFact::Delivered { agent, messages: vec![message], via: Via::Terminal };
            self.record_of(agent, fact);
        }
    }

    /// Puts a message of the fleet itself into an agent's inbox, for example that a lease was lost.
    pub(crate) fn notify(&mut self, agent: AgentId, topic: &str, body: String) {
        let Some(name) = self.parties.agent_name(agent).map(String::from) else { return };
        let before = self.post.next_expiry();
        self.make_room_for_word(agent);
        let letter = Letter {
            topic: topic.into(),
            from: FLEET_SENDER.into(),
            copies: vec![Copy { agent, name, delivery: Delivery::Pending }],
            body,
            correlation: None,
            via: Via::Inbox,
            sent: self.out.now(),
            expires: self.out.now() + self.policy.ttl,
        };
        let first = self.post.next_message();
        self.record_of(agent, MailFact::Sent { first, letter });
        self.arm_expiry(before);
    }

    /// Marks the messages in the inbox of a removed agent as failed.
    pub(crate) fn agent_removed(&mut self, agent: AgentId) {
        let before = self.post.next_expiry();
        let messages: Vec<MessageId> = self.post.inbox(agent).map(|message| message.id).collect();
        if !messages.is_empty() {
            self.record_of(agent, MailFact::Failed { messages, why: Failure::AgentRemoved });
        }
        self.arm_expiry(before);
    }

    /// Requests again the messages that were on their way into a terminal, after a supervisor took over.
    pub(crate) fn took_over(&mut self) {
        for agent in self.post.agents_to_type_for() {
            self.out.ask(Effect::Mail(MailEffect::Deliver { agent }));
        }
    }
}

impl Mail<'_> {
    fn send(&mut self, by: &Party, draft: Draft) -> Reply {
        let from = self.parties.name_of(by).ok_or(MailDenied::RunEnded)?;
        let copies = self.copies(by, &draft)?;
        self.may_be_sent(&draft, &copies)?;
        let policy = self.policy;
        let ttl = draft.ttl.unwrap_or(policy.ttl).clamp(Span(1), policy.ttl_max);
        let first = self.post.next_message();
        let messages = (first.0..).map(MessageId).zip(copies.iter().map(|copy| copy.agent)).collect();
        let agents: Vec<AgentId> = copies.iter().map(|copy| copy.agent).collect();
        let letter = Letter {
            topic: draft.topic.map_or_else(|| DIRECT_TOPIC.into(), |topic| topic.to_string()),
            from,
            copies,
            body: draft.body,
            correlation: draft.correlation,
            via: draft.via,
            sent: self.out.now(),
            expires: self.out.now() + ttl,
        };
        self.record_by(by, MailFact::Sent { first, letter });
        if draft.via == Via::Terminal {
            agents.into_iter().for_each(|agent| self.out.ask(Effect::Mail(MailEffect::Deliver { agent })));
        }
        Ok(MailAnswer::Sent { messages })
    }

    /// Returns the copies of a message: for the named agents, each once, or for the agents that subscribed to the
    /// topic, except the sender.
    fn copies(&self, by: &Party, draft: &Draft) -> Result<Vec<Copy>, MailDenied> {
        let copy = |agent: AgentId, name: &str| Copy { agent, name: name.into(), delivery: Delivery::Pending };
        if !draft.to.is_empty() {
            let mut named: Vec<AgentId> = Vec::new();
            draft.to.iter().for_each(|agent| {
                if !named.contains(agent) {
                    named.push(*agent)
                }
            });
            let known = |agent: AgentId| self.parties.agent_name(agent).map(|name| copy(agent, name));
            return named.into_iter().map(|agent| known(agent).ok_or(MailDenied::UnknownAgent)).collect();
        }
        let topic = draft.topic.as_ref().ok_or(MailDenied::NoRecipient)?;
        let (sender, _) = self.parties.agent_and_run(by);
        let others = self.parties.agents().filter(|(agent, _)| Some(*agent) != sender);
        let wants = others.filter(|(agent, name)| self.post.wants(*agent, name, topic));
        Ok(wants.map(|(agent, name)| copy(agent, name)).collect())
    }

    /// Verifies that a message is within all limits.
    fn may_be_sent(&self, draft: &Draft, copies: &[Copy]) -> Result<(), MailDenied> {
        let policy = self.policy;
        if draft.body.is_empty() {
            return Err(MailDenied::Empty);
        }
        if draft.body.len() > policy.body_bytes_max as usize {
            return Err(MailDenied::BodyTooLong { body_bytes_max: policy.body_bytes_max });
        }
        if draft.correlation.as_ref().is_some_and(|id| !is_correlation(id)) {
            return Err(MailDenied::BadCorrelation);
        }
        let inbox_max = policy.inbox_max;
        let full = |copy: &&Copy| self.sent_in_inbox(copy.agent) >= inbox_max as usize;
        if let Some(copy) = copies.iter().find(full) {
            return Err(MailDenied::InboxFull { agent: copy.agent, inbox_max });
        }
        if self.post.open_bytes() + draft.body.len() as u64 > policy.open_bytes_max {
            return Err(MailDenied::PostFull { open_bytes_max: policy.open_bytes_max });
        }
        Ok(())
    }

    fn sent_in_inbox(&self, agent: AgentId) -> usize {
        self.post.inbox(agent).filter(|message| !message.letter.is_word()).count()
    }

    /// Removes the oldest messages of the fleet from an inbox, so that there is room for one more.
    fn make_room_for_word(&mut self, agent: AgentId) {
        let words_max = self.policy.words_max as usize;
        let words: Vec<MessageId> =
            self.post.inbox(agent).filter(|message| message.letter.is_word()).map(|message| message.id).collect();
        let excess = (words.len() + 1).saturating_sub(words_max.max(1));
        if excess > 0 {
            let messages = words.into_iter().take(excess).collect();
            self.record_of(agent, MailFact::Failed { messages, why: Failure::PushedOut });
        }
    }

    fn read(&mut self, by: &Party, agent: AgentId) -> Reply {
        self.is_own(by, agent)?;
        let pending: Vec<MessageId> = self
            .post
            .inbox(agent)
            .filter(|message| message.copy.delivery == Delivery::Pending)
            .map(|message| message.id)
            .collect();
        if !pending.is_empty() {
            let fact = MailFact::Delivered { agent, messages: pending, via: Via::Inbox };
            self.record_by(by, fact);
        }
        Ok(MailAnswer::Inbox { messages: self.post.inbox(agent).map(|message| message.id).collect() })
    }

    /// Acknowledges a message. A second time changes nothing. A person may do it for an agent.
    fn acknowledge(&mut self, by: &Party, message: MessageId) -> Reply {
        let name = self.parties.name_of(by).ok_or(MailDenied::RunEnded)?;
        let known = self.post.get(message).ok_or(MailDenied::UnknownMessage { message })?;
        let (agent, delivery) = (known.copy.agent, known.copy.delivery);
        if !matches!(by, Party::Outside(_)) {
            self.is_own(by, agent)?;
        }
        match delivery {
            Delivery::Acknowledged => {}
            Delivery::Failed | Delivery::Expired => return Err(MailDenied::Over { delivery }),
            Delivery::Pending | Delivery::Delivered => {
                self.record_by(by, MailFact::Acknowledged { message, by: name });
            }
        }
        Ok(MailAnswer::Noted)
    }

    fn subscribe(&mut self, by: &Party, agent: AgentId, topics: Vec<Pattern>) -> Reply {
        let name = self.may_subscribe(by, agent)?;
        let topics_max = self.policy.topics_max;
        let mut new: Vec<Pattern> = Vec::new();
        for topic in topics {
            if !new.contains(&topic) && !self.post.topics(agent).any(|known| *known == topic) {
                new.push(topic);
            }
        }
        if self.post.topics(agent).count() + new.len() > topics_max as usize {
            return Err(MailDenied::TopicsFull { topics_max });
        }
        if !new.is_empty() {
            self.record_by(by, MailFact::Subscribed { agent, name, topics: new });
        }
        Ok(MailAnswer::Noted)
    }

    fn unsubscribe(&mut self, by: &Party, agent: AgentId, topics: &[Pattern]) -> Reply {
        let name = self.may_subscribe(by, agent)?;
        let known: Vec<Pattern> = self.post.topics(agent).filter(|topic| topics.contains(topic)).cloned().collect();
        if !known.is_empty() {
            self.record_by(by, MailFact::Unsubscribed { agent, name, topics: known });
        }
        Ok(MailAnswer::Noted)
    }

    /// Returns the agent's name, if this party may change its subscriptions: the agent itself or a person.
    fn may_subscribe(&self, by: &Party, agent: AgentId) -> Result<String, MailDenied> {
        if !matches!(by, Party::Outside(_)) {
            self.is_own(by, agent)?;
        }
        self.parties.agent_name(agent).map(String::from).ok_or(MailDenied::UnknownAgent)
    }

    fn is_own(&self, by: &Party, agent: AgentId) -> Result<(), MailDenied> {
        match self.parties.agent_and_run(by) {
            (Some(own), _) if own == agent => Ok(()),
            (None, Some(_)) => Err(MailDenied::RunEnded),
            _ => Err(MailDenied::NotYours),
        }
    }

    /// Ends the time of a message: pending copies expire, and delivered copies leave the inbox.
    fn expire(&mut self, first: MessageId) {
        let open = self.post.open_of(first);
        let pending = open.iter().filter(|message| message.copy.delivery == Delivery::Pending);
        let messages = pending.map(|message| message.id).collect();
        self.record((None, None), MailFact::Expired { first, messages });
    }

    /// Arms the timer for the message that expires first, if that is not the same as before.
    fn arm_expiry(&mut self, before: Option<(Time, MessageId)>) {
        let due = |expiry: Option<(Time, MessageId)>| expiry.map(|(expires, _)| expires);
        let timer = TimerId::Mail(MailTimer::Expiry);
        match (due(before), due(self.post.next_expiry())) {
            (before, now) if before == now => {}
            (_, Some(expires)) => self.out.ask(Effect::Arm { timer, span: expires - self.out.now() }),
            (_, None) => self.out.ask(Effect::Disarm { timer }),
        }
    }

    /// Records a fact as an action of this party.
    fn record_by(&mut self, by: &Party, fact: MailFact) {
        self.record(self.parties.agent_and_run(by), fact);
    }

    /// Records a fact about the inbox of an agent.
    fn record_of(&mut self, agent: AgentId, fact: MailFact) {
        self.record((Some(agent), self.parties.live_run_of(agent)), fact);
    }

    fn record(&mut self, by: (Option<AgentId>, Option<RunId>), fact: MailFact) {
        self.post.apply(&fact);
        self.out.record(by, FactKind::Message(fact));
    }
}

impl Post {
    /// Returns the timers of messages that the shell must have armed.
    pub(crate) fn armed(&self) -> impl Iterator<Item = Armed> {
        let expiry = self.next_expiry();
        expiry.into_iter().map(|(due, _)| Armed { timer: TimerId::Mail(MailTimer::Expiry), due })
    }
}

/// Whether a text can be a correlation ID.
fn is_correlation(id: &str) -> bool {
    (1..=CORRELATION_BYTES_MAX).contains(&id.len()) && !id.chars().any(char::is_control)
}
