//! Requests for locks: granted at once, put into the line, or refused.

use super::Locks;
use crate::command::{Settled, WaitId};
use crate::effect::Effect;
use crate::ids::{LeaseId, RequestId, Token};
use crate::lock::line::Asked;
use crate::lock::request::{BLOCKERS_MAX, WORDS_BYTES_MAX, read_wants};
use crate::lock::{
    Acquire, Deadline, Grant, Lease, LockAnswer, LockDenied, LockEffect, LockFact, LockPolicy, LockSettled, LockTimer,
    Process, Request,
};
use crate::party::Party;
use crate::scope::{Held, Scope, Want};
use crate::time::Span;
use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

/// The properties of a request that is to become a lease.
pub(super) struct ToGrant {
    pub(super) holder: Party,
    pub(super) wants: Vec<Want>,
    pub(super) ttl: Option<Span>,
    pub(super) key: Option<String>,
    pub(super) purpose: Option<String>,
    pub(super) process: Option<Process>,
}

impl Locks<'_> {
    pub(super) fn acquire(&mut self, acquire: Acquire) -> Result<LockAnswer, LockDenied> {
        let Acquire { party, scopes, wait, ttl, key, purpose, process } = acquire;
        self.ensure_alive(&party)?;
        let words = key.iter().chain(&purpose);
        if words.into_iter().any(|word| word.len() > WORDS_BYTES_MAX) {
            return Err(LockDenied::TooManyWords { bytes_max: WORDS_BYTES_MAX as u32 });
        }
        let wants = read_wants(&scopes, self.table.resources())?;
        self.ensure_possible(&wants)?;
        if let Some(answer) = self.asked_again(&party, key.as_deref(), &wants)? {
            return Ok(answer);
        }
        if let Some(grant) = self.table.held_by_its_task(&party, &wants) {
            return Ok(LockAnswer::Granted(grant));
        }
        self.ensure_room_for_lease(&party)?;
        let policy = self.policy;
        let ttl = match &party {
            Party::Outside(_) => Some(ttl.unwrap_or(policy.ttl)),
            Party::Run(_) | Party::Task(_) => ttl,
        };
        let ttl = ttl.map(|ttl| ttl.min(policy.ttl_max));
        let wait = wait.unwrap_or(policy.max_block).min(policy.max_block);
        let to_grant = ToGrant { holder: party, wants, ttl, key, purpose, process };
        if self.is_free(&to_grant) {
            return Ok(LockAnswer::Granted(self.grant_lease(to_grant, None)));
        }
        if wait == Span(0) {
            return Err(LockDenied::Held { behind: self.table.blockers(asked(&to_grant), BLOCKERS_MAX) });
        }
        self.enter_line(to_grant, Some(wait)).map(|request| self.waits(request))
    }

    /// Puts a request at the end of the line, unless that would close a cycle.
    pub(super) fn enter_line(&mut self, entry: ToGrant, wait: Option<Span>) -> Result<RequestId, LockDenied> {
        self.ensure_room_in_line(&entry.holder)?;
        let cycle = self.table.cycle_closed_by(asked(&entry));
        if let Some(cycle) = cycle {
            let fact = LockFact::RefusedCycle {
                request: None,
                holder: entry.holder.clone(),
                wants: entry.wants,
                cycle: cycle.clone(),
            };
            self.record(Some(&entry.holder), fact);
            return Err(LockDenied::Cycle { cycle });
        }
        let behind = self.table.blockers(asked(&entry), BLOCKERS_MAX);
        let id = RequestId(self.table.requests_asked() + 1);
        let still = self.stands_still(&entry.holder);
        let ToGrant { holder, wants, ttl, key, purpose, process } = entry;
        let request = Request {
            id,
            holder: holder.clone(),
            wants,
            since: self.out.now(),
            until: wait.map(|wait| Deadline::after(wait, self.out.now(), still)),
            ttl,
            asking: 1,
            key,
            purpose,
            process,
        };
        self.record(Some(&holder), LockFact::Waiting { request: Box::new(request), behind });
        self.arm(LockTimer::Limit(id));
        Ok(id)
    }

    /// Grants every waiting request that can be granted, and returns how many were.
    pub(crate) fn serve(&mut self) -> u32 {
        let line: Vec<RequestId> = self.table.waiting().map(|request| request.id).collect();
        self.out.line_changed();
        let mut granted = 0;
        for id in line {
            let Some(request) = self.table.request(id) else { continue };
            if self.table.is_free(request.asked()) {
                let request = request.clone();
                self.grant_request(request);
                granted += 1;
            }
        }
        granted
    }

    /// Records a lease. Its holder gets the free units with the smallest numbers of the resources that it wants.
    pub(super) fn grant_lease(&mut self, to_grant: ToGrant, waited: Option<&Request>) -> Grant {
        let ToGrant { holder, wants, ttl, key, purpose, process } = to_grant;
        let still = self.stands_still(&holder);
        let lease = Lease {
            id: LeaseId(self.table.leases_granted() + 1),
            token: Token(self.table.newest_token().0 + 1),
            scopes: self.table.with_units(wants),
            since: self.out.now(),
            expires: ttl.map(|ttl| Deadline::after(ttl, self.out.now(), still)),
            ttl,
            request: waited.map(|request| (request.id, request.asking)),
            key,
            purpose,
            process,
            writers: Vec::new(),
            holder,
        };
        let waited = waited.map_or(Span(0), |request| self.out.now() - request.since);
        let (holder, grant) = (lease.holder.clone(), lease.grant(waited));
        self.record(Some(&holder), LockFact::Granted { lease: Box::new(lease), waited });
        self.arm(LockTimer::Expiry(grant.lease));
        self.watch_process_of(grant.lease);
        grant
    }

    /// Asks the shell to wait for the end of the process with which a lease ends.
    pub(super) fn watch_process_of(&mut self, lease: LeaseId) {
        let process = self.table.lease(lease).and_then(|lease| lease.process);
        if let Some(process) = process {
            self.out.ask(Effect::Lock(LockEffect::Watch { lease, process }));
        }
    }

    fn grant_request(&mut self, request: Request) {
        self.disarm(LockTimer::Limit(request.id));
        let to_grant = ToGrant {
            holder: request.holder.clone(),
            wants: request.wants.clone(),
            ttl: request.ttl,
            key: request.key.clone(),
            purpose: request.purpose.clone(),
            process: request.process,
        };
        let grant = self.grant_lease(to_grant, Some(&request));
        self.settle(request.id, &request.holder, LockSettled::Granted(grant));
    }

    /// Tells the outcome of a request to the client that waits, or to the task for which the fleet made the request.
    pub(super) fn settle(&mut self, request: RequestId, holder: &Party, settled: LockSettled) {
        match holder {
            Party::Task(task) => self.out.task_settled(*task, settled),
            Party::Run(_) | Party::Outside(_) => {
                self.out.ask(Effect::Settle { wait: WaitId::Lock(request), settled: Settled::Lock(settled) });
            }
        }
    }

    /// Returns the answer for a request that waits in the queue.
    fn waits(&self, id: RequestId) -> LockAnswer {
        let request = self.table.request(id);
        let asked = request.map(Request::asked);
        LockAnswer::Waits {
            request: id,
            asking: request.map_or(1, |request| request.asking),
            behind: asked.map(|asked| self.table.blockers(asked, BLOCKERS_MAX)).unwrap_or_default(),
            ahead: asked.map_or(0, |asked| self.table.ahead_of(asked)),
            until: request.and_then(|request| request.until),
        }
    }

    /// Returns the answer for an earlier request of the same party with the same key, if it is still held or waiting.
    fn asked_again(
        &mut self,
        party: &Party,
        key: Option<&str>,
        wants: &[Want],
    ) -> Result<Option<LockAnswer>, LockDenied> {
        let Some(key) = key else { return Ok(None) };
        let same = |holder: &Party, other: &Option<String>| holder == party && other.as_deref() == Some(key);
        let held = self.table.leases().find(|lease| same(&lease.holder, &lease.key));
        if let Some(lease) = held {
            if !lease.wants().eq(wants) {
                return Err(LockDenied::KeyTaken);
            }
            let (grant, request) = (lease.grant(Span(0)), lease.request);
            if let Some((request, _)) = request {
                self.record(Some(party), LockFact::AskedAgain { request });
            }
            return Ok(Some(LockAnswer::Granted(grant)));
        }
        let Some(waiting) = self.table.waiting().find(|request| same(&request.holder, &request.key)) else {
            return Ok(None);
        };
        if waiting.wants != wants {
            return Err(LockDenied::KeyTaken);
        }
        let request = waiting.id;
        self.record(Some(party), LockFact::AskedAgain { request });
        Ok(Some(self.waits(request)))
    }

    pub(super) fn is_free(&self, to_grant: &ToGrant) -> bool {
        self.table.is_free(asked(to_grant))
    }

    /// Verifies that the party may make a request: only live runs and parties outside the fleet ask for themselves; for
    /// tasks, the fleet asks.
    fn ensure_alive(&self, party: &Party) -> Result<(), LockDenied> {
        match party {
            Party::Run(run) if self.parties.is_live(*run) => Ok(()),
            Party::Outside(_) => Ok(()),
            Party::Run(_) | Party::Task(_) => Err(LockDenied::HolderEnded),
        }
    }

    /// Verifies that the request could ever be granted.
    pub(super) fn ensure_possible(&self, wants: &[Want]) -> Result<(), LockDenied> {
        let scopes_max = self.policy.scopes_max;
        if wants.is_empty() {
            return Err(LockDenied::NothingAsked);
        }
        if wants.len() > scopes_max as usize {
            return Err(LockDenied::TooManyScopes { scopes_max });
        }
        let names = wants.iter().filter_map(|want| match &want.scope {
            Scope::Resource(name) => Some((name, &want.scope)),
            Scope::Path(_) => None,
        });
        for (name, scope) in names {
            let wanted = wants.iter().filter(|want| want.scope == *scope).count();
            let capacity = self.table.capacity_of(scope);
            if wanted > capacity {
                return Err(LockDenied::TooManyUnits { resource: name.clone(), capacity: capacity as u32 });
            }
        }
        Ok(())
    }

    pub(super) fn ensure_room_for_lease(&self, party: &Party) -> Result<(), LockDenied> {
        let LockPolicy { party_leases_max, leases_max, .. } = *self.policy;
        let its = self.table.leases().filter(|lease| lease.holder == *party).count();
        if its >= party_leases_max as usize {
            return Err(LockDenied::TooManyLeases { leases_max: party_leases_max });
        }
        if self.table.leases().count() >= leases_max as usize {
            return Err(LockDenied::TooManyLeases { leases_max });
        }
        Ok(())
    }

    fn ensure_room_in_line(&self, party: &Party) -> Result<(), LockDenied> {
        let LockPolicy { party_waiting_max, waiting_max, .. } = *self.policy;
        let its = self.table.waiting().filter(|request| request.holder == *party).count();
        if its >= party_waiting_max as usize {
            return Err(LockDenied::TooManyWaiting { waiting_max: party_waiting_max });
        }
        if self.table.waiting().count() >= waiting_max as usize {
            return Err(LockDenied::TooManyWaiting { waiting_max });
        }
        Ok(())
    }
}

pub(super) fn asked(to_grant: &ToGrant) -> Asked<'_> {
    Asked { id: None, holder: &to_grant.holder, wants: &to_grant.wants }
}

impl crate::lock::LockTable {
    /// Returns these wants, each resource with its free unit that has the smallest number.
    fn with_units(&self, wants: Vec<Want>) -> Vec<Held> {
        let mut taken: BTreeSet<(String, u32)> = BTreeSet::new();
        let mut held = Vec::with_capacity(wants.len());
        for want in wants {
            let unit = match &want.scope {
                Scope::Path(_) => None,
                Scope::Resource(name) => {
                    let is_free = |unit: &u32| !self.holds_unit(name, *unit) && !taken.contains(&(name.clone(), *unit));
                    let mut units = self.resources().get(name).map(|resource| resource.units()).unwrap_or_default();
                    let unit = units.find(is_free);
                    taken.extend(unit.map(|unit| (name.clone(), unit)));
                    unit
                }
            };
            held.push(Held { want, unit });
        }
        held
    }

    fn holds_unit(&self, name: &str, unit: u32) -> bool {
        let mut held = self.leases().flat_map(|lease| &lease.scopes);
        held.any(|held| held.unit == Some(unit) && matches!(&held.want.scope, Scope::Resource(other) if other == name))
    }
}

impl Lease {
    /// Returns the timer that ends the lease.
    pub(super) fn timer(&self) -> LockTimer {
        LockTimer::Expiry(self.id)
    }
}

impl Request {
    /// Returns the timer that gives the request up.
    pub(super) fn timer(&self) -> LockTimer {
        LockTimer::Limit(self.id)
    }
}
