//! The ends of leases and requests: released, renewed, taken by force, expired, given up, or ended with their holder.

use super::Locks;
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

impl Locks<'_> {
    pub(super) fn release(&mut self, party: &Party, which: &Which) -> Result<LockAnswer, LockDenied> {
        let leases = match which {
            // The run only borrowed the lease for its work on the task; the task releases it at its end.
            Which::Lease(lease) if self.table.is_of_its_task(party, self.known_lease(*lease)?) => Vec::new(),
            Which::Lease(lease) => alloc::vec![self.lease_of(party, *lease)?.id],
            Which::Scope(text) => self.leases_of_alone(party, text)?,
            Which::All => self.leases_where(|lease| lease.holder == *party),
        };
        Ok(self.end_and_serve(leases, &LeaseEnd::Released))
    }

    pub(super) fn force(&mut self, which: &Which, why: LeaseEnd) -> Result<LockAnswer, LockDenied> {
        let leases = match which {
            Which::Lease(lease) => alloc::vec![self.known_lease(*lease)?.id],
            Which::Scope(text) => {
                let scope = self.read_scope(text)?;
                self.leases_where(|lease| lease.wants().any(|want| want.scope == scope))
            }
            Which::All => Vec::new(),
        };
        if leases.is_empty() {
            return Err(LockDenied::NothingHeld);
        }
        Ok(self.end_and_serve(leases, &why))
    }

    pub(super) fn renew(&mut self, party: &Party, lease: LeaseId, ttl: Option<Span>) -> Result<LockAnswer, LockDenied> {
        let known = self.lease_of(party, lease)?;
        if known.expires.and_then(Deadline::due).is_some_and(|due| due <= self.out.now()) {
            self.end_lease(lease, &LeaseEnd::Expired);
            self.serve();
            return Err(LockDenied::LeaseEnded { lease, why: LeaseEnd::Expired, at: self.out.now() });
        }
        let (holder, old_ttl) = (known.holder.clone(), known.ttl);
        if let Some(old_ttl) = old_ttl {
            let ttl = ttl.unwrap_or(old_ttl).min(self.policy.ttl_max);
            let expires = Deadline::after(ttl, self.out.now(), self.stands_still(&holder));
            self.record(Some(&holder), LockFact::Renewed { lease, holder: holder.clone(), expires, ttl });
            self.arm(LockTimer::Expiry(lease));
        }
        let renewed = self.known_lease(lease)?;
        Ok(LockAnswer::Granted(renewed.grant(Span(0))))
    }

    /// Withdraws a request whose client is gone: a waiting request is given up, and a lease granted in the meantime is
    /// released.
    pub(super) fn withdraw(&mut self, request: RequestId, asking: u32) -> LockAnswer {
        if self.table.request(request).is_some_and(|waiting| waiting.asking == asking) {
            self.give_up_request(request, WaitEnd::Withdrawn, LockSettled::Withdrawn);
        } else {
            let unclaimed = self.leases_where(|lease| lease.request == Some((request, asking)));
            unclaimed.into_iter().for_each(|lease| self.end_lease(lease, &LeaseEnd::Unclaimed));
        }
        self.serve();
        LockAnswer::Withdrawn
    }

    /// Ends a lease whose process has ended.
    pub(super) fn lease_process_ended(&mut self, lease: LeaseId) {
        if self.table.lease(lease).is_some() {
            self.end_lease(lease, &LeaseEnd::ProcessEnded);
            self.serve();
        }
    }

    /// Gives up a request whose timer fired.
    pub(super) fn request_timed_out(&mut self, request: RequestId) {
        let Some(waiting) = self.table.request(request) else { return };
        let behind = self.table.blockers(waiting.asked(), BLOCKERS_MAX);
        let (holder, waited) = (waiting.holder.clone(), self.out.now() - waiting.since);
        self.record_given_up(request, WaitEnd::TimedOut { behind: behind.clone(), waited });
        self.settle(request, &holder, LockSettled::TimedOut { behind, waited });
    }

    /// Ends all leases and requests of a run that has ended, and its work on tasks.
    pub(crate) fn run_ended(&mut self, run: RunId) {
        let dead = Party::Run(run);
        let tasks: Vec<TaskId> = self.table.tasks_of(run).collect();
        for task in tasks {
            self.record(Some(&dead), LockFact::Parted { run, task });
        }
        let leases = self.leases_where(|lease| lease.holder == dead);
        leases.into_iter().for_each(|lease| self.end_lease(lease, &LeaseEnd::HolderEnded));
        for request in self.requests_where(|request| request.holder == dead) {
            self.give_up_request(request, WaitEnd::HolderEnded, LockSettled::HolderEnded);
        }
        self.serve();
    }

    /// Ends the leases and requests of these parties, and parts these runs and tasks: everything that recovery can do
    /// about the locks.
    pub(crate) fn free(&mut self, parties: &[Party], allies: &[(TaskId, RunId)]) {
        for (task, run) in allies {
            self.record(None, LockFact::Parted { run: *run, task: *task });
        }
        for lease in self.leases_where(|lease| parties.contains(&lease.holder)) {
            self.end_lease(lease, &LeaseEnd::HolderEnded);
        }
        for request in self.requests_where(|request| parties.contains(&request.holder)) {
            self.give_up_request(request, WaitEnd::HolderEnded, LockSettled::HolderEnded);
        }
        self.serve();
    }

    /// Drops the waiting requests of clients after a supervisor took over. The requests of tasks wait on.
    pub(crate) fn took_over(&mut self) {
        for lease in self.leases_where(|lease| lease.process.is_some()) {
            self.watch_process_of(lease);
        }
        for request in self.requests_where(|request| !matches!(request.holder, Party::Task(_))) {
            self.leave_line(request, WaitEnd::NobodyWaits);
        }
        self.serve();
    }

    /// Refuses a waiting request if it wants more units than exist now.
    pub(crate) fn refuse_if_impossible(&mut self, request: RequestId) {
        let Some(waiting) = self.table.request(request) else { return };
        if let Err(denied) = self.ensure_possible(&waiting.wants) {
            self.give_up_request(request, WaitEnd::Refused(denied.clone()), LockSettled::Refused(denied));
        }
    }

    /// Refuses the newest request that has come to wait in a cycle, because units were removed or two parties became
    /// one. Returns that request.
    pub(crate) fn refuse_a_cycle(&mut self) -> Option<RequestId> {
        let (request, cycle) = self.table.newest_in_a_cycle()?;
        let waiting = self.table.request(request)?;
        let (holder, wants) = (waiting.holder.clone(), waiting.wants.clone());
        self.disarm(LockTimer::Limit(request));
        let fact =
            LockFact::RefusedCycle { request: Some(request), holder: holder.clone(), wants, cycle: cycle.clone() };
        self.record(Some(&holder), fact);
        self.settle(request, &holder, LockSettled::Refused(LockDenied::Cycle { cycle }));
        Some(request)
    }

    /// Ends leases, and grants waiting requests that can be granted then.
    pub(super) fn end_and_serve(&mut self, leases: Vec<LeaseId>, why: &LeaseEnd) -> LockAnswer {
        leases.iter().for_each(|lease| self.end_lease(*lease, why));
        LockAnswer::Released { leases, granted: self.serve() }
    }

    /// Ends a lease before its time.
    pub(super) fn end_lease(&mut self, lease: LeaseId, why: &LeaseEnd) {
        self.disarm(LockTimer::Expiry(lease));
        self.record_lease_end(lease, why);
    }

    /// Takes a request out of the queue and tells the party that waits.
    pub(super) fn give_up_request(&mut self, request: RequestId, why: WaitEnd, settled: LockSettled) {
        if let Some(holder) = self.leave_line(request, why) {
            self.settle(request, &holder, settled);
        }
    }

    /// Takes a request out of the queue, and returns the party that made it.
    pub(super) fn leave_line(&mut self, request: RequestId, why: WaitEnd) -> Option<Party> {
        self.disarm(LockTimer::Limit(request));
        self.record_given_up(request, why)
    }

    fn record_given_up(&mut self, request: RequestId, why: WaitEnd) -> Option<Party> {
        let Request { holder, wants, .. } = self.table.request(request)?.clone();
        self.record(Some(&holder), LockFact::GivenUp { request, holder: holder.clone(), wants, why });
        Some(holder)
    }

    /// Records that a lease ended. A holder that lost the lease without releasing it is told.
    pub(super) fn record_lease_end(&mut self, lease: LeaseId, why: &LeaseEnd) {
        let Some(Lease { token, holder, scopes, .. }) = self.table.lease(lease).cloned() else { return };
        let names: Vec<String> = scopes.iter().map(|held| held.want.scope.to_string()).collect();
        let (agent, _) = self.agent_and_run(Some(&holder));
        let fact = LockFact::Ended { lease, token, holder: holder.clone(), scopes, why: why.clone() };
        self.record(Some(&holder), fact);
        if let Some(agent) = agent.filter(|_| why.is_loss()) {
            self.out.tell(agent, "lock.lost", format!("{lease} on {} {why}", names.join(", ")));
        }
    }

    pub(super) fn leases_where(&self, which: impl Fn(&Lease) -> bool) -> Vec<LeaseId> {
        self.table.leases().filter(|lease| which(lease)).map(|lease| lease.id).collect()
    }

    pub(super) fn requests_where(&self, which: impl Fn(&Request) -> bool) -> Vec<RequestId> {
        self.table.waiting().filter(|request| which(request)).map(|request| request.id).collect()
    }

    fn known_lease(&self, lease: LeaseId) -> Result<&Lease, LockDenied> {
        let ended = || self.table.ended().find(|ended| ended.lease == lease);
        self.table.lease(lease).ok_or_else(|| match ended() {
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
        let scope = self.read_scope(text)?;
        let has = |lease: &&Lease| lease.holder == *party && lease.wants().any(|want| want.scope == scope);
        if let Some(lease) = self.table.leases().filter(has).find(|lease| lease.wants().any(|want| want.scope != scope))
        {
            return Err(LockDenied::HoldsMore { lease: lease.id });
        }
        let leases: Vec<LeaseId> = self.table.leases().filter(has).map(|lease| lease.id).collect();
        if leases.is_empty() { Err(LockDenied::NothingHeld) } else { Ok(leases) }
    }

    fn read_scope(&self, text: &str) -> Result<Scope, LockDenied> {
        Scope::parse(text, self.table.resources()).map_err(|why| LockDenied::BadScope { text: text.into(), why })
    }
}
