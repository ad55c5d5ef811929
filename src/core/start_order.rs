//! The queue of agents that wait to be started. An agent waits for a place among the live runs, or for another agent.
//!
//! Places are given in the order in which the starts were requested. Agents that wait for another agent are indexed by
//! that agent, so that an ordinary event never scans the whole fleet.

use crate::ids::AgentId;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// The reason why a start waits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Waiting {
    /// The start waits for a place among the live runs, of which there are at most `max_concurrent`.
    Slot { max_concurrent: u32 },
    /// The start waits for another agent, which must be ready or have completed.
    After { agent: AgentId },
}

/// The position of a request for a start. Counts up, and is never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Ticket(u64);

/// The agents that wait to be started, and the reasons why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StartOrder {
    next_ticket: u64,
    places: BTreeMap<AgentId, Place>,
    for_slot: BTreeMap<Ticket, AgentId>,
    for_agent: BTreeMap<AgentId, BTreeSet<AgentId>>,
}

/// The place of one waiting agent. `behind` is the agent that it waits for; none means that it waits for a place among
/// the live runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename = "StartPlace")]
struct Place {
    ticket: Ticket,
    behind: Option<AgentId>,
}

impl StartOrder {
    /// Adds `agent` to the queue for the reason `why`. An agent that is already waiting keeps its position.
    pub fn wait(&mut self, agent: AgentId, why: &Waiting) {
        let ticket = self.leave(agent).unwrap_or_else(|| {
            self.next_ticket += 1;
            Ticket(self.next_ticket)
        });
        let behind = match why {
            Waiting::Slot { .. } => None,
            Waiting::After { agent } => Some(*agent),
        };
        match behind {
            None => self.for_slot.insert(ticket, agent).is_none(),
            Some(other) => self.for_agent.entry(other).or_default().insert(agent),
        };
        self.places.insert(agent, Place { ticket, behind });
    }

    /// Removes `agent` from the queue, and returns the ticket it had.
    pub fn leave(&mut self, agent: AgentId) -> Option<Ticket> {
        let Place { ticket, behind } = self.places.remove(&agent)?;
        match behind {
            None => {
                self.for_slot.remove(&ticket);
            }
            Some(other) => {
                if let Some(waiting) = self.for_agent.get_mut(&other) {
                    waiting.remove(&agent);
                    if waiting.is_empty() {
                        self.for_agent.remove(&other);
                    }
                }
            }
        }
        Some(ticket)
    }

    /// Returns the agent that is first in the queue for a place.
    pub fn first_for_slot(&self) -> Option<AgentId> {
        self.for_slot.values().next().copied()
    }

    /// Returns the agents that wait for `other`, in the order of their requests.
    pub fn waiting_for(&self, other: AgentId) -> Vec<AgentId> {
        let mut waiting: Vec<AgentId> = self.for_agent.get(&other).into_iter().flatten().copied().collect();
        waiting.sort_by_key(|agent| self.places.get(agent).map(|place| place.ticket));
        waiting
    }

    /// Returns all waiting agents, in the order of their requests.
    pub fn everyone(&self) -> Vec<AgentId> {
        let mut everyone: Vec<AgentId> = self.places.keys().copied().collect();
        everyone.sort_by_key(|agent| self.places.get(agent).map(|place| place.ticket));
        everyone
    }

    /// Returns how many agents are before `agent` in the queue for a place.
    pub fn ahead_of(&self, agent: AgentId) -> usize {
        self.places.get(&agent).map_or(0, |place| self.for_slot.range(..place.ticket).count())
    }

    /// Whether every index says that `agent` waits for exactly `why`.
    pub fn agrees(&self, agent: AgentId, why: Option<&Waiting>) -> bool {
        match (self.places.get(&agent), why) {
            (None, None) => true,
            (Some(Place { ticket, behind: None }), Some(Waiting::Slot { .. })) => {
                self.for_slot.get(ticket) == Some(&agent)
            }
            (Some(Place { behind: Some(other), .. }), Some(Waiting::After { agent: wanted })) => {
                other == wanted && self.for_agent.get(other).is_some_and(|waiting| waiting.contains(&agent))
            }
            _ => false,
        }
    }

    /// Returns how many agents wait, for any reason.
    pub fn waiting(&self) -> usize {
        self.places.len()
    }
}
