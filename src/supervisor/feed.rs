//! Facts as they happen, for whoever follows them, and the words in which a fact is told.
//!
//! A reader that is too slow loses its place, is told so, and is set right again from the journal: the feed
//! itself holds [`FEED_FACTS_MAX`] facts and never waits for anyone.

use super::describe;
use crate::api::events::EventRecord;
use quarterdeck_core::fact::{Fact, FactKind};
use quarterdeck_core::ids::AgentId;
use quarterdeck_core::view::View;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::broadcast;

/// Facts the feed holds for readers that lag. Beyond it, the reader is told that it lagged, and reads on from the
/// journal.
const FEED_FACTS_MAX: usize = 4_096;

/// The sending side: owned by the kernel.
pub(super) struct Feed {
    sender: broadcast::Sender<Arc<EventRecord>>,
    /// Names of agents that the view has forgotten within this turn are still told by name.
    names: HashMap<AgentId, String>,
}

/// The receiving side: cloned by whoever wants to follow.
#[derive(Clone)]
pub(super) struct FeedHandle {
    sender: broadcast::Sender<Arc<EventRecord>>,
}

impl Feed {
    /// An empty feed that knows the agents of a restored view by name.
    pub(super) fn new(view: &View) -> Feed {
        let names = view.agents.iter().map(|(id, agent)| (*id, agent.name.clone())).collect();
        Feed { sender: broadcast::Sender::new(FEED_FACTS_MAX), names }
    }

    /// A handle for followers.
    pub(super) fn handle(&self) -> FeedHandle {
        FeedHandle { sender: self.sender.clone() }
    }

    /// The facts in words.
    pub(super) fn describe(&mut self, facts: &[Fact], view: &View) -> Vec<Arc<EventRecord>> {
        facts
            .iter()
            .map(|fact| {
                if let (Some(id), FactKind::AgentAdded { name, .. }) = (fact.agent, &fact.kind) {
                    self.names.insert(id, name.clone());
                }
                let record = describe::record(fact, fact.agent.and_then(|id| self.names.get(&id)), view);
                if let (Some(id), FactKind::AgentRemoved) = (fact.agent, &fact.kind) {
                    self.names.remove(&id);
                }
                Arc::new(record)
            })
            .collect()
    }

    /// Shows facts to all followers.
    pub(super) fn publish(&self, records: Vec<Arc<EventRecord>>) {
        for record in records {
            let _nobody_follows = self.sender.send(record);
        }
    }
}

impl FeedHandle {
    /// Follows from now on.
    pub(super) fn follow(&self) -> broadcast::Receiver<Arc<EventRecord>> {
        self.sender.subscribe()
    }
}
