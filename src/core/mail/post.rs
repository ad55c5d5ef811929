//! The letters as the facts tell them, and who has which of them.
//!
//! A letter is kept once, whoever gets it. The number of a message is the letter's own plus the recipient's place in
//! it, so that the letter of a message is the newest one that begins no later.

use super::fact::MailFact;
use super::letter::{Copy, Delivery, Letter, Via};
use super::topic::{Pattern, Topic};
use crate::ids::{AgentId, MessageId};
use crate::time::Time;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// All that is known of messages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Post {
    /// By their first message.
    letters: BTreeMap<MessageId, Kept>,
    /// Messages so far.
    messages: u64,
    /// What lies in each agent's inbox.
    inboxes: BTreeMap<AgentId, BTreeSet<MessageId>>,
    /// What is still to be typed into each agent's terminal.
    to_type: BTreeMap<AgentId, BTreeSet<MessageId>>,
    /// Letters that lie in an inbox, by when they are given up.
    expiries: BTreeSet<(Time, MessageId)>,
    open_bytes: u64,
    /// Letters that are done with, oldest first.
    history: VecDeque<MessageId>,
    history_bytes: u64,
    topics: BTreeMap<AgentId, BTreeSet<Pattern>>,
}

/// A letter, and in how many inboxes it lies.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Kept {
    letter: Letter,
    open: usize,
}

/// One message: a letter, and its copy for one agent.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    /// Its number.
    pub id: MessageId,
    /// The letter.
    pub letter: &'a Letter,
    /// Whose it is, and whether it reached them.
    pub copy: &'a Copy,
}

/// Letters kept that are done with. Beyond it, the oldest go; their facts stay.
pub const HISTORY_LETTERS_MAX: usize = 500;

/// All of those together, bytes. Beyond it, the oldest go; their facts stay.
pub const HISTORY_BYTES_MAX: u64 = 1 << 20;

impl Post {
    /// Folds one fact in.
    pub(crate) fn apply(&mut self, fact: &MailFact, _at: Time) {
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

    /// Takes a message out of its inbox; with the last one of its letter, that is done with.
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

    /// Forgets what is done with, the oldest first, as far as there is too much of it.
    fn prune(&mut self) {
        while self.history.len() > HISTORY_LETTERS_MAX || self.history_bytes > HISTORY_BYTES_MAX {
            let Some(oldest) = self.history.pop_front() else { return };
            let bytes = self.letters.remove(&oldest).map_or(0, |kept| kept.letter.body.len() as u64);
            self.history_bytes -= bytes;
        }
    }

    /// Forgets what an agent that is no more subscribed to.
    pub(crate) fn forget(&mut self, agent: AgentId) {
        self.topics.remove(&agent);
    }
}

impl Post {
    /// One message, while it is kept.
    pub fn get(&self, message: MessageId) -> Option<Received<'_>> {
        let (first, kept) = self.letters.range(..=message).next_back()?;
        let copy = kept.letter.copies.get((message.0 - first.0) as usize)?;
        Some(Received { id: message, letter: &kept.letter, copy })
    }

    /// All messages that are kept, newest first: those that lie in inboxes, and the last ones that are done with.
    pub fn newest_first(&self) -> impl Iterator<Item = Received<'_>> {
        self.letters.iter().rev().flat_map(|(first, kept)| {
            let copies = kept.letter.copies.iter().enumerate().rev();
            copies.map(|(at, copy)| Received { id: MessageId(first.0 + at as u64), letter: &kept.letter, copy })
        })
    }

    /// What lies in an agent's inbox, oldest first.
    pub fn inbox(&self, agent: AgentId) -> impl Iterator<Item = Received<'_>> {
        self.inboxes.get(&agent).into_iter().flatten().filter_map(|message| self.get(*message))
    }

    /// What is still to be typed into an agent's terminal, oldest first.
    pub fn to_type(&self, agent: AgentId) -> impl Iterator<Item = Received<'_>> {
        self.to_type.get(&agent).into_iter().flatten().filter_map(|message| self.get(*message))
    }

    /// What an agent has subscribed to, beyond what reaches it by itself.
    pub fn topics(&self, agent: AgentId) -> impl Iterator<Item = &Pattern> {
        self.topics.get(&agent).into_iter().flatten()
    }

    /// All letters together that lie in an inbox, in bytes.
    pub fn open_bytes(&self) -> u64 {
        self.open_bytes
    }

    /// Whether an agent of this name gets what is sent to a topic.
    pub(crate) fn wants(&self, agent: AgentId, name: &str, topic: &Topic) -> bool {
        topic.reaches(name) || self.topics(agent).any(|pattern| pattern.matches(topic.as_str()))
    }

    /// Agents for whose terminal there is something.
    pub(crate) fn agents_to_type_for(&self) -> Vec<AgentId> {
        self.to_type.keys().copied().collect()
    }

    /// The number of the next letter's first message.
    pub(crate) fn next_message(&self) -> MessageId {
        MessageId(self.messages + 1)
    }

    /// The letter that is given up first, and when.
    pub(crate) fn next_expiry(&self) -> Option<(Time, MessageId)> {
        self.expiries.first().copied()
    }

    /// The messages of a letter that lie in an inbox.
    pub(crate) fn open_of(&self, first: MessageId) -> Vec<Received<'_>> {
        let copies = self.letters.get(&first).map_or(0, |kept| kept.letter.copies.len() as u64);
        let messages = (first.0..first.0 + copies).filter_map(|id| self.get(MessageId(id)));
        messages.filter(|message| self.is_in_inbox(message)).collect()
    }

    /// Whether a message lies in its inbox.
    pub(crate) fn is_in_inbox(&self, message: &Received<'_>) -> bool {
        self.inboxes.get(&message.copy.agent).is_some_and(|inbox| inbox.contains(&message.id))
    }
}

/// Takes a message out of an agent's set, and the set away when it is empty. Whether it was there.
fn remove(sets: &mut BTreeMap<AgentId, BTreeSet<MessageId>>, agent: AgentId, message: MessageId) -> bool {
    let Some(set) = sets.get_mut(&agent) else { return false };
    let there = set.remove(&message);
    if set.is_empty() {
        sets.remove(&agent);
    }
    there
}
