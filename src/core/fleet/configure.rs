//! Applies the difference between the old and the new configuration.
//!
//! | agent            | named, the same | named, changed      | not named                            |
//! |------------------|-----------------|---------------------|--------------------------------------|
//! | unknown          | added, started  | added, started      | –                                    |
//! | without live run | –               | changed at once     | leaves the queue, removed            |
//! | with live run    | – / unchanged   | changed when it ends| orphaned; removed when it ends       |
//! | spawned          | –               | –                   | –                                    |

use super::{Course, Step};
use crate::fact::{FactKind, Origin};
use crate::ids::AgentId;
use crate::policy::{AgentPolicy, Autostart, FleetPolicy};
use crate::view::{Config, State};
use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

impl Step<'_> {
    /// Applies the new configuration. Agents are added in the order of the file. The agents that start with the fleet
    /// are started in the same order, after all agents are known.
    pub(super) fn configure(&mut self, fleet: FleetPolicy, agents: Vec<AgentPolicy>) {
        self.fleet.live_max = self.fleet.places_taken().max(fleet.max_concurrent as usize);
        self.fleet.policy = fleet;
        let mut named = BTreeSet::new();
        let mut starting = Vec::new();
        for policy in agents {
            let autostart = policy.autostart;
            let known = self.fleet.names.get(&policy.name).copied();
            let agent = known.unwrap_or_else(|| self.add_agent(policy.clone(), Origin::File));
            named.insert(agent);
            if known.is_some() {
                self.compare(agent, policy);
            }
            if autostart == Autostart::WithFleet && (known.is_none() || self.fleet.course == Course::BeginsAnew) {
                starting.push(agent);
            }
        }
        self.drop_those_not_in(&named);
        self.look_again_at_all();
        self.start_with_fleet(starting);
        self.coordination_configured();
    }

    fn compare(&mut self, agent: AgentId, policy: AgentPolicy) {
        let view = self.fleet.view.agents.get(&agent);
        let Some((Origin::File, live, config)) = view.map(|view| (view.origin, view.state.is_live(), view.config))
        else {
            return;
        };
        let Some(known) = self.fleet.agents.get_mut(&agent) else { return };
        let newest = known.pending.as_deref().unwrap_or(&known.policy);
        if *newest == policy && config != Config::Removed {
            return;
        }
        let revision = policy.revision;
        let kind = if !live {
            known.apply(policy);
            FactKind::AgentChanged { revision }
        } else if known.policy == policy {
            known.pending = None;
            FactKind::AgentUnchanged
        } else {
            known.pending = Some(Box::new(policy));
            FactKind::AgentChanged { revision }
        };
        self.record(Some(agent), None, kind);
    }

    /// Removes the agents that the file no longer names. All of them leave the queue first, so that removing one does
    /// not start another.
    fn drop_those_not_in(&mut self, named: &BTreeSet<AgentId>) {
        let missing: Vec<AgentId> = self
            .fleet
            .view
            .agents
            .iter()
            .filter(|(agent, view)| view.origin == Origin::File && !named.contains(agent))
            .map(|(agent, _)| *agent)
            .collect();
        for agent in &missing {
            if matches!(self.state(*agent), Some(State::Queued { .. } | State::Backoff { .. })) {
                self.dequeue(*agent);
            }
        }
        for agent in missing {
            if self.state(agent).is_some_and(State::is_live) {
                self.orphan(agent);
            } else {
                self.remove_agent(agent);
            }
        }
    }

    fn orphan(&mut self, agent: AgentId) {
        if self.config(agent) == Some(Config::Removed) {
            return;
        }
        if let Some(known) = self.fleet.agents.get_mut(&agent) {
            known.pending = None;
        }
        self.record(Some(agent), None, FactKind::AgentOrphaned);
    }

    /// Checks again every agent that waits to start. A changed `after` or a larger `max_concurrent` may start an agent
    /// or move it to another line.
    fn look_again_at_all(&mut self) {
        if self.shutting_down() {
            return;
        }
        for agent in self.fleet.order.everyone() {
            self.look_again(agent);
        }
    }

    fn start_with_fleet(&mut self, agents: Vec<AgentId>) {
        if self.shutting_down() {
            return;
        }
        self.fleet.course = Course::UnderWay;
        for agent in agents {
            if self.state(agent).is_some_and(|state| !state.is_live()) {
                self.start(agent);
            }
        }
    }
}
