//! The fold: how each fact changes the stored state of the locks.

use super::fact::{LockFact, WaitEnd};
use super::lease::{Deadline, EndedLease, Lease, LeaseEnd};
use super::table::{CYCLES_MAX, ENDED_LEASES_MAX, LockTable, RefusedCycle, WRITERS_MAX};
use crate::ids::{LeaseId, RequestId, RunId};
use crate::party::Party;
use crate::scope::Scope;
use crate::time::{Span, Time};
use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;

impl LockTable {
    /// Folds one fact into the table.
    pub(crate) fn apply(&mut self, fact: &LockFact, at: Time) {
        match fact {
            LockFact::Granted { lease, waited } => self.granted(lease, *waited),
            LockFact::Waiting { request, .. } => {
                self.requests_asked = request.id.0;
                self.waiting.insert(request.id, (**request).clone());
            }
            LockFact::AskedAgain { request } => self.asked_again(*request),
            LockFact::Ended { lease, token, holder, why, .. } => {
                let ended = EndedLease { lease: *lease, token: *token, holder: holder.clone(), why: why.clone(), at };
                self.lease_ended(ended);
            }
            LockFact::GivenUp { request, why, .. } => {
                self.waiting.remove(request);
                self.statistics.timed_out += u64::from(matches!(why, WaitEnd::TimedOut { .. }));
            }
            LockFact::RefusedCycle { request, holder, wants, cycle } => {
                request.map(|request| self.waiting.remove(&request));
                self.statistics.cycles_refused += 1;
                let refused = RefusedCycle { at, holder: holder.clone(), wants: wants.clone(), cycle: cycle.clone() };
                push_bounded(&mut self.cycles, refused, CYCLES_MAX);
            }
            LockFact::Renewed { lease, expires, ttl, .. } => {
                if let Some(lease) = self.leases.get_mut(lease) {
                    lease.expires = Some(*expires);
                    lease.ttl = Some(*ttl);
                }
            }
            LockFact::StoodStill { run } => self.deadlines_of(*run).for_each(|deadline| deadline.hold(at)),
            LockFact::WentOn { run } => self.deadlines_of(*run).for_each(|deadline| deadline.release(at)),
            LockFact::Allied { run, task } => {
                self.allies.insert(*task, *run);
            }
            LockFact::Parted { task, .. } => {
                self.allies.remove(task);
            }
            LockFact::Violated { lease, by, .. } => self.violated(*lease, by, at),
            LockFact::ResourcesChanged { resources } => {
                self.resources = resources.clone();
                self.fit_held_max();
            }
        }
    }

    fn granted(&mut self, lease: &Lease, waited: Span) {
        if let Some((request, _)) = lease.request {
            self.waiting.remove(&request);
            self.statistics.waited += 1;
        }
        self.statistics.granted += 1;
        self.statistics.longest_wait = self.statistics.longest_wait.max(waited);
        self.statistics.total_wait.0 = self.statistics.total_wait.0.saturating_add(waited.0);
        self.leases_granted = lease.id.0;
        self.newest_token = lease.token;
        self.leases.insert(lease.id, lease.clone());
    }

    fn asked_again(&mut self, request: RequestId) {
        let waiting = self.waiting.get_mut(&request).map(|request| &mut request.asking);
        let granted = self.leases.values_mut().filter_map(|lease| lease.request.as_mut());
        let granted = granted.filter(|(granted, _)| *granted == request).map(|(_, asking)| asking);
        waiting.into_iter().chain(granted).for_each(|asking| *asking = asking.saturating_add(1));
    }

    fn lease_ended(&mut self, ended: EndedLease) {
        self.statistics.expired += u64::from(ended.why == LeaseEnd::Expired);
        self.statistics.forced += u64::from(matches!(ended.why, LeaseEnd::Forced { .. }));
        self.leases.remove(&ended.lease);
        push_bounded(&mut self.ended, ended, ENDED_LEASES_MAX);
        self.fit_held_max();
    }

    fn fit_held_max(&mut self) {
        let capacities = self.resources.iter().map(|(name, resource)| (name.clone(), resource.capacity));
        let mut held_max: BTreeMap<String, u32> = capacities.collect();
        let held = self.leases.values().flat_map(|lease| &lease.scopes).filter_map(|held| match &held.want.scope {
            Scope::Resource(name) => Some(name),
            Scope::Path(_) => None,
        });
        let mut counts: BTreeMap<&String, u32> = BTreeMap::new();
        held.for_each(|name| *counts.entry(name).or_default() += 1);
        for (name, count) in counts {
            let max = held_max.entry(name.clone()).or_default();
            *max = count.max(*max);
        }
        self.held_max = held_max;
    }

    fn violated(&mut self, lease: LeaseId, by: &[RunId], at: Time) {
        self.statistics.violations += 1;
        let Some(lease) = self.leases.get_mut(&lease) else { return };
        lease.writers.retain(|(writers, _)| writers != by);
        if lease.writers.len() >= WRITERS_MAX {
            lease.writers.remove(0);
        }
        lease.writers.push((by.into(), at));
    }

    /// Returns the deadlines of the leases and requests of a run. The leases and requests of tasks have no deadlines.
    fn deadlines_of(&mut self, run: RunId) -> impl Iterator<Item = &mut Deadline> {
        let leases = self.leases.values_mut().map(|lease| (&lease.holder, &mut lease.expires));
        let waiting = self.waiting.values_mut().map(|request| (&request.holder, &mut request.until));
        let its = leases.chain(waiting).filter(move |(holder, _)| **holder == Party::Run(run));
        its.filter_map(|(_, deadline)| deadline.as_mut())
    }
}

fn push_bounded<T>(memory: &mut VecDeque<T>, item: T, items_max: usize) {
    if memory.len() >= items_max {
        memory.pop_front();
    }
    memory.push_back(item);
}
