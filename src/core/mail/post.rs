//! All letters, as the facts tell them, with the state of each recipient's copy.
//!
//! A letter is stored once, however many recipients it has. The number of a message is the number of the letter's first
//! message plus the recipient's index in the letter. So the letter of a message is the newest one that begins at or
//! below that number.

use super::fact::MailFact;
use super::letter::{Copy, Delivery, Letter, Via};
use super::topic::{Pattern, Topic};
use crate::ids::{AgentId, MessageId};
use crate::time::Time;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// All letters, inboxes and subscriptions of the fleet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Post {
    /// The kept letters, by the number of their first message.
    letters: BTreeMap<MessageId, Kept>,
    /// Number of messages sent so far.
    messages: u64,
    /// The messages that are in each agent's inbox.
    inboxes: BTreeMap<AgentId, BTreeSet<MessageId>>,
    /// The messages that are still to be typed into each agent's terminal.
    to_type: BTreeMap<AgentId, BTreeSet<MessageId>>,
    /// The letters that are in an inbox, ordered by the time when they expire.
    expiries: BTreeSet<(Time, MessageId)>,
    open_bytes: u64,
    /// The letters that are in no inbox any more, oldest first.
    history: VecDeque<MessageId>,
    history_bytes: u64,
    topics: BTreeMap<AgentId, BTreeSet<Pattern>>,
}

/// A kept letter, and the number of inboxes that hold it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Kept {
    letter: Letter,
    open: usize,
}

/// One message: a letter, and its copy for one agent.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    /// Number of the message.
    pub id: MessageId,
    /// The letter that the message belongs to.
    pub letter: &'a Letter,
    /// The recipient's copy: whose it is, and whether it reached them.
    pub copy: &'a Copy,
}

/// Number of closed letters that are kept. Beyond it, the oldest are forgotten; their facts are kept.
pub const HISTORY_LETTERS_MAX: usize = 500;

/// Total size of the closed letters that are kept, in bytes. Beyond it, the oldest are forgotten; their facts are kept.
pub const HISTORY_BYTES_MAX: u64 = 1 << 20;

impl Post {
    /// Folds one fact about messages into the state.
    pub(crate) fn apply(&mut self, fact: &MailFact) {
        match fact {
            MailFact::Sent { first, letter } if !letter.copies.is_empty() => self.take_in(*first, letter),
            MailFact::Sent { .. } => {}
            MailFact::Delivered { agent, messages, .. } => messages.iter().for_each(|message| {
                self.enter(*message, Delivery::Delivered);
                remove(&mut self.to_type, *agent, *message);
            }),
            MailFact::Acknowledged { message, .. } => {
                self.enter(*message, Delivery::Acknowledged);
                self.leave_inbox(*message);
            }
            MailFact::Expired { first, messages } => {
                messages.iter().for_each(|message| self.enter(*message, Delivery::Expired));
                let copies = self.letters.get(first).map_or(0, |kept| kept.letter.copies.len() as u64);
                (0..copies).for_each(|copy| self.leave_inbox(MessageId(first.0 + copy)));
            }
            MailFact::Failed { messages, .. } => messages.iter().for_each(|message| {
                self.enter(*message, Delivery::Failed);
                self.leave_inbox(*message);
            }),
            MailFact::Subscribed { agent, topics, .. } => {
                self.topics.entry(*agent).or_default().extend(topics.iter().cloned());
            }
            MailFact::Unsubscribed { agent, topics, .. } => {
                if let Some(known) = self.topics.get_mut(agent) {
                    known.retain(|topic| !topics.contains(topic));
                }
            }
        }
    }

    fn take_in(&mut self, first: MessageId, letter: &Letter) {
        self.messages = first.0 + letter.copies.len() as u64 - 1;
        for (id, copy) in (first.0..).map(MessageId).zip(&letter.copies) {
            self.inboxes.entry(copy.agent).or_default().insert(id);
            if letter.via == Via::Terminal {
                self.to_type.entry(copy.agent).or_default().insert(id);
            }
        }
        self.expiries.insert((letter.expires, first));
        self.open_bytes += letter.body.len() as u64;
        self.letters.insert(first, Kept { letter: letter.clone(), open: letter.copies.len() });
    }

    fn enter(&mut self, message: MessageId, delivery: Delivery) {
        let Some((first, kept)) = self.letters.range_mut(..=message).next_back() else { return };
        if let Some(copy) = kept.letter.copies.get_mut((message.0 - first.0) as usize) {
            copy.delivery = delivery;
        }
    }

    /// Removes a message from its inbox. With the last message of its letter, the letter moves into the history.
    fn leave_inbox(&mut self, message: MessageId) {
        let Some((first, kept)) = self.letters.range_mut(..=message).next_back() else { return };
        let Some(copy) = kept.letter.copies.get((message.0 - first.0) as usize) else { return };
        remove(&mut self.to_type, copy.agent, message);
        if !remove(&mut self.inboxes, copy.agent, message) {
            return;
        }
        kept.open -= 1;
        if kept.open == 0 {
            let (first, expires, bytes) = (*first, kept.letter.expires, kept.letter.body.len() as u64);
            self.expiries.remove(&(expires, first));
            self.open_bytes -= bytes;
            self.history.push_back(first);
            self.history_bytes += bytes;
            self.prune();
        }
    }

    /// Forgets the oldest closed letters until the history is within its limits.
    fn prune(&mut self) {
        while self.history.len() > HISTORY_LETTERS_MAX || self.history_bytes > HISTORY_BYTES_MAX {
            let Some(oldest) = self.history.pop_front() else { return };
            let bytes = self.letters.remove(&oldest).map_or(0, |kept| kept.letter.body.len() as u64);
            self.history_bytes -= bytes;
        }
    }

    /// Forgets the subscriptions of an agent that no longer exists.
    pub(crate) fn forget(&mut self, agent: AgentId) {
        self.topics.remove(&agent);
    }
}

impl Post {
    /// Returns one message, while it is kept.
    pub fn get(&self, message: MessageId) -> Option<Received<'_>> {
        let (first, kept) = self.letters.range(..=message).next_back()?;
        let copy = kept.letter.copies.get((message.0 - first.0) as usize)?;
        Some(Received { id: message, letter: &kept.letter, copy })
    }

    /// Returns all kept messages, newest first: those that are in inboxes, and the latest closed ones.
    pub fn newest_first(&self) -> impl Iterator<Item = Received<'_>> {
        self.letters.iter().rev().flat_map(|(first, kept)| {
            let copies = kept.letter.copies.iter().enumerate().rev();
            copies.map(|(at, copy)| Received { id: MessageId(first.0 + at as u64), letter: &kept.letter, copy })
        })
    }

    /// Returns the messages in an agent's inbox, oldest first.
    pub fn inbox(&self, agent: AgentId) -> impl Iterator<Item = Received<'_>> {
        self.inboxes.get(&agent).into_iter().flatten().filter_map(|message| self.get(*message))
    }

    /// Returns the messages that are still to be typed into an agent's terminal, oldest first.
    pub fn to_type(&self, agent: AgentId) -> impl Iterator<Item = Received<'_>> {
        self.to_type.get(&agent).into_iter().flatten().filter_map(|message| self.get(*message))
    }

    /// Returns the patterns that an agent has subscribed to, beyond the topics that reach it without a subscription.
    pub fn topics(&self, agent: AgentId) -> impl Iterator<Item = &Pattern> {
        self.topics.get(&agent).into_iter().flatten()
    }

    /// Returns the total size of all letters that are in an inbox, in bytes.
    pub fn open_bytes(&self) -> u64 {
        self.open_bytes
    }

    /// Whether an agent of this name gets the messages that are sent to a topic.
    pub(crate) fn wants(&self, agent: AgentId, name: &str, topic: &Topic) -> bool {
        topic.reaches(name) || self.topics(agent).any(|pattern| pattern.matches(topic.as_str()))
    }

    /// Returns the agents that have messages to be typed into their terminals.
    pub(crate) fn agents_to_type_for(&self) -> Vec<AgentId> {
        self.to_type.keys().copied().collect()
    }

    /// Returns the number that the first message of the next letter gets.
    pub(crate) fn next_message(&self) -> MessageId {
        MessageId(self.messages + 1)
    }

    /// Returns when the next letter expires, and the number of its first message.
    pub(crate) fn next_expiry(&self) -> Option<(Time, MessageId)> {
        self.expiries.first().copied()
    }

    /// Returns the messages of a letter that are in an inbox.
    pub(crate) fn open_of(&self, first: MessageId) -> Vec<Received<'_>> {
        let copies = self.letters.get(&first).map_or(0, |kept| kept.letter.copies.len() as u64);
        let messages = (first.0..first.0 + copies).filter_map(|id| self.get(MessageId(id)));
        messages.filter(|message| self.is_in_inbox(message)).collect()
    }

    /// Whether a message is still in its inbox.
    pub(crate) fn is_in_inbox(&self, message: &Received<'_>) -> bool {
        self.inboxes.get(&message.copy.agent).is_some_and(|inbox| inbox.contains(&message.id))
    }
}

/// Removes a message from an agent's set, and the set when it is empty. Returns whether the message was there.
fn remove(sets: &mut BTreeMap<AgentId, BTreeSet<MessageId>>, agent: AgentId, message: MessageId) -> bool {
    let Some(set) = sets.get_mut(&agent) else { return false };
    let there = set.remove(&message);
    if set.is_empty() {
        sets.remove(&agent);
    }
    there
}
