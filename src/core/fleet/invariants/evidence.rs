//! The evidence for a violation: a description of the stored state of everything that it names.

use crate::fleet::Fleet;
use crate::ids::{AgentId, LeaseId, RequestId, RunId};
use crate::violation::Violation;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

impl Fleet {
    /// Returns the text that a person needs to verify a violation and to find its cause.
    pub fn evidence(&self, violation: &Violation) -> String {
        match violation {
            Violation::HolderGone(lease)
            | Violation::UnitsDisagree(lease)
            | Violation::TokenNotNew(lease)
            | Violation::LeaseTimeDisagrees(lease) => self.lease_words(*lease),
            Violation::LeasesConflict(one, other) => {
                format!("{}; {}", self.lease_words(*one), self.lease_words(*other))
            }
            Violation::WaitsInACircle(request)
            | Violation::WaitsForNothing(request)
            | Violation::WaiterGone(request)
            | Violation::RequestTimeDisagrees(request) => self.request_words(*request),
            Violation::EndedTwice(run) | Violation::TimersDisagree(run) | Violation::FrozenInPhase(run) => {
                self.run_words(*run)
            }
            Violation::BudgetExceeded(agent)
            | Violation::ViewDiffers(agent)
            | Violation::QueueDiffers(agent)
            | Violation::PlannedInShutdown(agent) => self.agent_words(*agent),
            Violation::LiveRunsDiffer
            | Violation::TooManyLive
            | Violation::PlaceLeftFree
            | Violation::LiveAfterShutdown => self.counts_words(),
            other => format!("{other}"),
        }
    }

    fn lease_words(&self, lease: LeaseId) -> String {
        let Some(known) = self.view.locks.lease(lease) else { return format!("{lease} is not known") };
        let scopes: Vec<String> = known.scopes.iter().map(|held| held.want.scope.to_string()).collect();
        format!(
            "{lease} of {} on {} with token {} since {}, {}",
            known.holder,
            scopes.join(", "),
            known.token.0,
            known.since.0,
            known.expires.map_or_else(|| "without a deadline".to_string(), |deadline| format!("ends {deadline:?}"))
        )
    }

    fn request_words(&self, request: RequestId) -> String {
        let Some(known) = self.view.locks.request(request) else { return format!("{request} is not known") };
        let wants: Vec<String> = known.wants.iter().map(|want| want.scope.to_string()).collect();
        let behind = self.view.locks.behind(request).into_iter().map(|blocker| format!("{}", blocker.who));
        format!(
            "{request} of {} for {} since {} behind [{}]",
            known.holder,
            wants.join(", "),
            known.since.0,
            behind.collect::<Vec<_>>().join(", ")
        )
    }

    fn run_words(&self, run: RunId) -> String {
        let agent = self.agent_of(run).and_then(|agent| self.agents.get(&agent));
        match agent.and_then(|agent| agent.run.as_ref()) {
            Some(known) => format!("{run}: {:?}, {:?}, asked {:?}", known.phase(), known.freeze(), known.asked()),
            None => format!("{run} is not live"),
        }
    }

    fn agent_words(&self, agent: AgentId) -> String {
        let shown = self.view.agents.get(&agent);
        let name = shown.map_or("?", |view| view.name.as_str());
        let run = self.agents.get(&agent).and_then(|known| known.run.as_ref()).map(|run| (run.id(), run.phase()));
        format!("{name}: shown {:?}, run {run:?}", shown.map(|view| &view.state))
    }

    fn counts_words(&self) -> String {
        format!(
            "{} runs indexed, {} agents, {} shown, at most {} live",
            self.live.len(),
            self.agents.len(),
            self.view.agents.len(),
            self.live_max
        )
    }
}
