//! The ends of leases and requests: released, renewed, taken by force, expired, given up, or ended with their holder.

use crate::fleet::Step;
use crate::ids::{LeaseId, RequestId, RunId, TaskId};
use crate::lock::request::BLOCKERS_MAX;
use crate::lock::{
    Deadline, Lease, LeaseEnd, LockAnswer, LockDenied, LockFact, LockSettled, LockTimer, Request, WaitEnd, Which,
};
use crate::party::Party;
use crate::scope::Scope;
use crate::time::Span;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

impl Step<'_> {
    pub(super) fn release_lock(&mut self, party: &Party, which: &Which) -> Result<LockAnswer, LockDenied> {
        let leases = match which {
            // The run only borrowed the lease for its work on the task; the task releases it at its end.
            Which::Lease(lease) if self.locks().is_of_its_task(party, self.known_lease(*lease)?) => Vec::new(),
            Which::Lease(lease) => alloc::vec![self.lease_of(party, *lease)?.id],
            Which::Scope(text) => self.leases_of_alone(party, text)?,
            Which::All => self.leases_where(|lease| lease.holder == *party),
        };
        Ok(self.end_and_look_again(leases, &LeaseEnd::Released))
    }

    pub(super) fn force_lock(&mut self, which: &Which, why: LeaseEnd) -> Result<LockAnswer, LockDenied> {
        let leases = match which {
            Which::Lease(lease) => alloc::vec![self.known_lease(*lease)?.id],
            Which::Scope(text) => {
                let scope = self.read_lock_scope(text)?;
                self.leases_where(|lease| lease.wants().any(|want| want.scope == scope))
            }
            Which::All => Vec::new(),
        };
        if leases.is_empty() {
            return Err(LockDenied::NothingHeld);
        }
        Ok(self.end_and_look_again(leases, &why))
    }

    pub(super) fn renew_lock(
        &mut self,
        party: &Party,
        lease: LeaseId,
        ttl: Option<Span>,
    ) -> Result<LockAnswer, LockDenied> {
        let known = self.lease_of(party, lease)?;
        if known.expires.and_then(Deadline::due).is_some_and(|due| due <= self.now) {
            self.end_lease(lease, &LeaseEnd::Expired);
            self.serve_lock_line();
            return Err(LockDenied::LeaseEnded { lease, why: LeaseEnd::Expired, at: self.now });
        }
        let (holder, old_ttl) = (known.holder.clone(), known.ttl);
        if let Some(old_ttl) = old_ttl {
            let ttl = ttl.unwrap_or(old_ttl).min(self.lock_policy().ttl_max);
            let expires = Deadline::after(ttl, self.now, self.party_stands_still(&holder));
            self.record_lock(Some(&holder), LockFact::Renewed { lease, holder: holder.clone(), expires, ttl });
            self.arm_lock(LockTimer::Expiry(lease));
        }
        let renewed = self.known_lease(lease)?;
        Ok(LockAnswer::Granted(renewed.grant(Span(0))))
    }

    /// Withdraws a request whose client is gone: a waiting request is given up, and a lease granted in the meantime is
    /// released.
    pub(super) fn withdraw_lock(&mut self, request: RequestId, asking: u32) -> LockAnswer {
        if self.locks().request(request).is_some_and(|waiting| waiting.asking == asking) {
            self.give_up_request(request, WaitEnd::Withdrawn, LockSettled::Withdrawn);
        } else {
            let unclaimed = self.leases_where(|lease| lease.request == Some((request, asking)));
            unclaimed.into_iter().for_each(|lease| self.end_lease(lease, &LeaseEnd::Unclaimed));
        }
        self.serve_lock_line();
        LockAnswer::Withdrawn
    }

    /// Ends a lease whose process has ended.
    pub(super) fn lease_process_ended(&mut self, lease: LeaseId) {
        if self.locks().lease(lease).is_some() {
            self.end_lease(lease, &LeaseEnd::ProcessEnded);
            self.serve_lock_line();
        }
    }

    /// Gives up a request whose timer fired.
    pub(super) fn request_timed_out(&mut self, request: RequestId) {
        let Some(waiting) = self.locks().request(request) else { return };
        let behind = self.locks().blockers(waiting.asked(), BLOCKERS_MAX);
        let (holder, waited) = (waiting.holder.clone(), self.now - waiting.since);
        self.record_given_up(request, WaitEnd::TimedOut { behind: behind.clone(), waited });
        self.settle_lock(request, &holder, LockSettled::TimedOut { behind, waited });
    }

    /// Ends all leases and requests of a run that has ended, and its work on tasks.
    pub(in crate::fleet) fn locks_run_ended(&mut self, run: RunId) {
        let dead = Party::Run(run);
        let tasks: Vec<TaskId> = self.locks().tasks_of(run).collect();
        for task in tasks {
            self.record_lock(Some(&dead), LockFact::Parted { run, task });
        }
        let leases = self.leases_where(|lease| lease.holder == dead);
        leases.into_iter().for_each(|lease| self.end_lease(lease, &LeaseEnd::HolderEnded));
        for request in self.requests_where(|request| request.holder == dead) {
            self.give_up_request(request, WaitEnd::HolderEnded, LockSettled::HolderEnded);
        }
        self.serve_lock_line();
    }

    /// Ends the leases and requests of dead runs and ended tasks: everything that recovery can do about the locks.
    pub(in crate::fleet) fn free_what_nobody_holds(&mut self) {
        let gone: Vec<(TaskId, RunId)> =
            self.locks().allies().filter(|(_, run)| !self.fleet.live.contains_key(run)).collect();
        for (task, run) in gone {
            self.record_lock(None, LockFact::Parted { run, task });
        }
        for lease in self.leases_where(|lease| !self.fleet.takes_part(&lease.holder)) {
            self.end_lease(lease, &LeaseEnd::HolderEnded);
        }
        for request in self.requests_where(|request| !self.fleet.takes_part(&request.holder)) {
            self.give_up_request(request, WaitEnd::HolderEnded, LockSettled::HolderEnded);
        }
        self.serve_lock_line();
    }

    /// Drops the waiting requests of clients after a supervisor took over. The requests of tasks wait on.
    pub(in crate::fleet) fn locks_took_over(&mut self) {
        for lease in self.leases_where(|lease| lease.process.is_some()) {
            self.watch_process_of(lease);
        }
        for request in self.requests_where(|request| !matches!(request.holder, Party::Task(_))) {
            self.leave_lock_line(request, WaitEnd::NobodyWaits);
        }
        self.serve_lock_line();
    }

    /// Refuses waiting requests that want more units than exist now.
    pub(super) fn refuse_the_impossible(&mut self) {
        let line = self.requests_where(|_| true);
        for request in line {
            let Some(waiting) = self.locks().request(request) else { continue };
            if let Err(denied) = self.ensure_lock_possible(&waiting.wants) {
                self.give_up_request(request, WaitEnd::Refused(denied.clone()), LockSettled::Refused(denied));
            }
        }
    }

    /// Refuses requests that have come to wait in a cycle, newest first, because units were removed or two parties
    /// became one.
    pub(super) fn refuse_cycles(&mut self) {
        while let Some((request, cycle)) = self.locks().newest_in_a_cycle() {
            let Some(waiting) = self.locks().request(request) else { return };
            let (holder, wants) = (waiting.holder.clone(), waiting.wants.clone());
            self.disarm_lock(LockTimer::Limit(request));
            let fact =
                LockFact::RefusedCycle { request: Some(request), holder: holder.clone(), wants, cycle: cycle.clone() };
            self.record_lock(Some(&holder), fact);
            self.settle_lock(request, &holder, LockSettled::Refused(LockDenied::Cycle { cycle }));
        }
    }

    /// Ends leases, and grants waiting requests that can be granted then.
    pub(super) fn end_and_look_again(&mut self, leases: Vec<LeaseId>, why: &LeaseEnd) -> LockAnswer {
        leases.iter().for_each(|lease| self.end_lease(*lease, why));
        LockAnswer::Released { leases, granted: self.serve_lock_line() }
    }

    /// Ends a lease before its time.
    pub(super) fn end_lease(&mut self, lease: LeaseId, why: &LeaseEnd) {
        self.disarm_lock(LockTimer::Expiry(lease));
        self.record_lease_end(lease, why);
    }

    /// Takes a request out of the line and tells the party that waits.
    pub(super) fn give_up_request(&mut self, request: RequestId, why: WaitEnd, settled: LockSettled) {
        if let Some(holder) = self.leave_lock_line(request, why) {
            self.settle_lock(request, &holder, settled);
        }
    }

    /// Takes a request out of the line, and returns the party that made it.
    pub(super) fn leave_lock_line(&mut self, request: RequestId, why: WaitEnd) -> Option<Party> {
        self.disarm_lock(LockTimer::Limit(request));
        self.record_given_up(request, why)
    }

    fn record_given_up(&mut self, request: RequestId, why: WaitEnd) -> Option<Party> {
        let Request { holder, wants, .. } = self.locks().request(request)?.clone();
        self.record_lock(Some(&holder), LockFact::GivenUp { request, holder: holder.clone(), wants, why });
        Some(holder)
    }

    /// Records that a lease ended. A holder that lost the lease without releasing it is told.
    pub(super) fn record_lease_end(&mut self, lease: LeaseId, why: &LeaseEnd) {
        let Some(Lease { token, holder, scopes, .. }) = self.locks().lease(lease).cloned() else { return };
        let names: Vec<String> = scopes.iter().map(|held| held.want.scope.to_string()).collect();
        let (agent, _) = self.lock_party(Some(&holder));
        let fact = LockFact::Ended { lease, token, holder: holder.clone(), scopes, why: why.clone() };
        self.record_lock(Some(&holder), fact);
        if let Some(agent) = agent.filter(|_| why.is_loss()) {
            self.notify(agent, "lock.lost", format!("{lease} on {} {why}", names.join(", ")));
        }
    }

    pub(super) fn leases_where(&self, which: impl Fn(&Lease) -> bool) -> Vec<LeaseId> {
        self.locks().leases().filter(|lease| which(lease)).map(|lease| lease.id).collect()
    }

    pub(super) fn requests_where(&self, which: impl Fn(&Request) -> bool) -> Vec<RequestId> {
        self.locks().waiting().filter(|request| which(request)).map(|request| request.id).collect()
    }

    fn known_lease(&self, lease: LeaseId) -> Result<&Lease, LockDenied> {
        let ended = || self.locks().ended().find(|ended| ended.lease == lease);
        self.locks().lease(lease).ok_or_else(|| match ended() {
            Some(ended) => LockDenied::LeaseEnded { lease, why: ended.why.clone(), at: ended.at },
            None => LockDenied::UnknownLease { lease },
        })
    }

    /// Returns a lease that belongs to this party. Outside the fleet, a name proves nothing; it only separates parties
    /// that use their own names.
    fn lease_of(&self, party: &Party, lease: LeaseId) -> Result<&Lease, LockDenied> {
        let known = self.known_lease(lease)?;
        if known.holder == *party {
            Ok(known)
        } else {
            Err(LockDenied::NotYours { lease, holder: known.holder.clone() })
        }
    }

    /// Returns the leases of a party on this scope and on nothing else.
    fn leases_of_alone(&self, party: &Party, text: &str) -> Result<Vec<LeaseId>, LockDenied> {
        let scope = self.read_lock_scope(text)?;
        let has = |lease: &&Lease| lease.holder == *party && lease.wants().any(|want| want.scope == scope);
        if let Some(lease) =
            self.locks().leases().filter(has).find(|lease| lease.wants().any(|want| want.scope != scope))
        {
            return Err(LockDenied::HoldsMore { lease: lease.id });
        }
        let leases: Vec<LeaseId> = self.locks().leases().filter(has).map(|lease| lease.id).collect();
        if leases.is_empty() { Err(LockDenied::NothingHeld) } else { Ok(leases) }
    }

    fn read_lock_scope(&self, text: &str) -> Result<Scope, LockDenied> {
        Scope::parse(text, self.locks().resources()).map_err(|why| LockDenied::BadScope { text: text.into(), why })
    }
}
