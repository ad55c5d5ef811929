//! Who waits to be started, and for what: a place among the live runs, or another agent.
//!
//! Places are given first come, first served, counted from when the start was asked for. Who waits for an agent is
//! kept under that agent, so that an ordinary event never looks at the whole fleet.

use crate::ids::AgentId;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// What a start waits for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Waiting {
    /// A place among the live runs.
    Slot { max_concurrent: u32 },
    /// Another agent, which must be ready or have completed.
    After { agent: AgentId },
}

/// A place in the order of asking. Counts up, never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Ticket(u64);

/// Who waits, and for what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StartOrder {
    next_ticket: u64,
    places: BTreeMap<AgentId, Place>,
    for_slot: BTreeMap<Ticket, AgentId>,
    for_agent: BTreeMap<AgentId, BTreeSet<AgentId>>,
}

/// Where one agent stands. `behind` is whom it waits for; none: a place among the live runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename = "StartPlace")]
struct Place {
    ticket: Ticket,
    behind: Option<AgentId>,
}

impl StartOrder {
    /// Lets `agent` wait for `why`. One that waits already keeps its place in the order.
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

    /// `agent` waits no more. Gives the ticket it had.
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

    /// The first in the order of those that wait for a place.
    pub fn first_for_slot(&self) -> Option<AgentId> {
        self.for_slot.values().next().copied()
    }

    /// Those that wait for `other`, in the order of asking.
    pub fn waiting_for(&self, other: AgentId) -> Vec<AgentId> {
        let mut waiting: Vec<AgentId> = self.for_agent.get(&other).into_iter().flatten().copied().collect();
        waiting.sort_by_key(|agent| self.places.get(agent).map(|place| place.ticket));
        waiting
    }

    /// All that wait, in the order of asking.
    pub fn everyone(&self) -> Vec<AgentId> {
        let mut everyone: Vec<AgentId> = self.places.keys().copied().collect();
        everyone.sort_by_key(|agent| self.places.get(agent).map(|place| place.ticket));
        everyone
    }

    /// How many stand before `agent` in the line for a place.
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

    /// How many wait, for whatever.
    pub fn waiting(&self) -> usize {
        self.places.len()
    }
}
