//! The feed: facts as they happen, for clients that follow them, and the words that describe them.
//!
//! A reader that is too slow loses its place, is told so, and continues from the journal: the feed itself holds
//! [`FEED_FACTS_MAX`] facts and never waits for anyone.

use super::words::record::record;
use crate::api::events::EventRecord;
use quarterdeck_core::fact::{Fact, FactKind};
use quarterdeck_core::ids::AgentId;
use quarterdeck_core::view::View;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::broadcast;

/// The most facts that the feed holds for slow readers. Beyond it, the reader is told that it lagged, and reads on from
/// the journal.
const FEED_FACTS_MAX: usize = 4_096;

/// The sending side of the feed, owned by the kernel.
pub(super) struct Feed {
    sender: broadcast::Sender<Arc<EventRecord>>,
    /// The names of agents, kept so that agents that the view removed within this turn are still named.
    names: HashMap<AgentId, String>,
}

/// The receiving side of the feed, cloned by each follower.
#[derive(Clone)]
pub(super) struct FeedHandle {
    sender: broadcast::Sender<Arc<EventRecord>>,
}

impl Feed {
    /// Creates an empty feed that knows the names of a restored view's agents.
    pub(super) fn new(view: &View) -> Feed {
        let names = view.agents.iter().map(|(id, agent)| (*id, agent.name.clone())).collect();
        Feed { sender: broadcast::Sender::new(FEED_FACTS_MAX), names }
    }

    /// Returns a handle for followers.
    pub(super) fn handle(&self) -> FeedHandle {
        FeedHandle { sender: self.sender.clone() }
    }

    /// Returns the facts with their descriptions in words.
    pub(super) fn describe(&mut self, facts: &[Fact], view: &View) -> Vec<Arc<EventRecord>> {
        facts
            .iter()
            .map(|fact| {
                if let (Some(id), FactKind::AgentAdded { name, .. }) = (fact.agent, &fact.kind) {
                    self.names.insert(id, name.clone());
                }
                let record = record(fact, fact.agent.and_then(|id| self.names.get(&id)), view);
                if let (Some(id), FactKind::AgentRemoved) = (fact.agent, &fact.kind) {
                    self.names.remove(&id);
                }
                Arc::new(record)
            })
            .collect()
    }

    /// Publishes facts to all followers.
    pub(super) fn publish(&self, records: Vec<Arc<EventRecord>>) {
        for record in records {
            let _nobody_follows = self.sender.send(record);
        }
    }
}

impl FeedHandle {
    /// Follows the facts from now on.
    pub(super) fn follow(&self) -> broadcast::Receiver<Arc<EventRecord>> {
        self.sender.subscribe()
    }
}
