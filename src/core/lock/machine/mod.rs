//! The machine of locks: the requests from clients, tasks, timers and the life of runs.
//!
//! Every end of a lease and every request that leaves the queue is followed, in the same step, by another look at the
//! waiting requests ([`Locks::serve`]). So no request ever waits for something that is free.
//!
//! **Invariant 10:** a dead run holds nothing and waits for nothing (`tests/brain/locks.rs`,
//! `a_dead_run_holds_nothing_and_waits_for_nothing`).

mod asking;
mod endings;
mod tasks;

use crate::effect::Effect;
use crate::event::{Armed, TimerId};
use crate::fact::FactKind;
use crate::ids::{AgentId, RunId};
use crate::lock::{
    Deadline, Enforce, Evidence, Lease, LeaseEnd, LockAnswer, LockCommand, LockDenied, LockEvent, LockFact, LockPolicy,
    LockTable, LockTimer, Request,
};
use crate::parties::Parties;
use crate::party::Party;
use crate::recorder::Recorder;
use crate::scope::{Mode, RepositoryPath, Scope};
use crate::time::Time;
use alloc::format;
use alloc::vec::Vec;

/// The machine of locks, with its table of leases and waiting requests.
pub(crate) struct Locks<'a> {
    /// The leases and the waiting requests.
    pub(crate) table: &'a mut LockTable,
    /// The configured limits of locks.
    pub(crate) policy: &'a LockPolicy,
    /// The parties that hold and wait.
    pub(crate) parties: Parties<'a>,
    /// The place for decisions.
    pub(crate) out: &'a mut Recorder,
}

impl Locks<'_> {
    /// Handles a command from a client about locks.
    pub(crate) fn command(&mut self, command: LockCommand) -> Result<LockAnswer, LockDenied> {
        match command {
            LockCommand::Acquire(acquire) => self.acquire(acquire),
            LockCommand::Release { party, which } => self.release(&party, &which),
            LockCommand::Renew { party, lease, ttl } => self.renew(&party, lease, ttl),
            LockCommand::Withdraw { request, asking } => Ok(self.withdraw(request, asking)),
            LockCommand::Force { which, reason, by } => self.force(&which, LeaseEnd::Forced { reason, by }),
        }
    }

    /// Handles a timer of the locks. A timer that fires early is armed again; an outdated one is ignored.
    pub(crate) fn timer(&mut self, timer: LockTimer) {
        let deadline = match timer {
            LockTimer::Expiry(lease) => self.table.lease(lease).and_then(|lease| lease.expires),
            LockTimer::Limit(request) => self.table.request(request).and_then(|request| request.until),
        };
        let Some(due) = deadline.and_then(Deadline::due) else { return };
        if due > self.out.now() {
            self.out.ask(Effect::Arm { timer: TimerId::Lock(timer), span: due - self.out.now() });
            return;
        }
        match timer {
            LockTimer::Expiry(lease) => self.record_lease_end(lease, &LeaseEnd::Expired),
            LockTimer::Limit(request) => self.request_timed_out(request),
        }
        self.serve();
    }

    /// Handles an event from outside that concerns the locks.
    pub(crate) fn event(&mut self, event: LockEvent) {
        match event {
            LockEvent::Written { by, path, evidence } => self.file_written(by, &path, evidence),
            LockEvent::ProcessEnded { lease } => self.lease_process_ended(lease),
        }
    }

    /// Applies changed capacities of resources. Returns whether they changed; then waiting requests may be impossible
    /// ([`Locks::refuse_if_impossible`]), wait in a cycle ([`Locks::refuse_a_cycle`]), or wait for nothing
    /// ([`Locks::serve`]).
    pub(crate) fn configured(&mut self) -> bool {
        if self.policy.resources == *self.table.resources() {
            return false;
        }
        self.record(None, LockFact::ResourcesChanged { resources: self.policy.resources.clone() });
        true
    }

    /// Suspends the deadlines of a frozen run's leases and requests.
    pub(crate) fn stand_still(&mut self, run: RunId) {
        let timers = self.table.timers_of(run);
        if timers.is_empty() {
            return;
        }
        timers.into_iter().for_each(|timer| self.out.ask(Effect::Disarm { timer: TimerId::Lock(timer) }));
        self.record(Some(&Party::Run(run)), LockFact::StoodStill { run });
    }

    /// Resumes the deadlines of a run's leases and requests.
    pub(crate) fn go_on(&mut self, run: RunId) {
        if !self.table.stands_still(run) {
            return;
        }
        self.record(Some(&Party::Run(run)), LockFact::WentOn { run });
        for timer in self.table.timers_of(run) {
            self.arm(timer);
        }
    }

    /// Records a write into a file that another party holds, if none of the possible writers holds the file.
    fn file_written(&mut self, by: Vec<RunId>, path: &str, evidence: Evidence) {
        let policy = self.policy;
        let (enforce, interval) = (policy.enforce, policy.violation_interval);
        let Ok(path) = RepositoryPath::parse(path) else { return };
        if enforce == Enforce::Off || by.iter().any(|run| self.table.may_write(&Party::Run(*run), &path)) {
            return;
        }
        let scope = Scope::Path(path.clone());
        let Some(lease) = self.table.leases().find(|lease| lease.covers(&scope)) else { return };
        if lease.writers.iter().any(|(writers, at)| *writers == by && self.out.now() - *at < interval) {
            return;
        }
        let Some(held) = lease.wants().find(|want| want.scope.covers(&scope)) else { return };
        let (lease, holder, scope) = (lease.id, lease.holder.clone(), held.scope.clone());
        let told = format!("{path} was written without its lock: it is in {scope}, which is held with {lease}");
        let writer = by.first().filter(|_| by.len() == 1).map(|run| Party::Run(*run));
        self.record(
            writer.as_ref(),
            LockFact::Violated { lease, holder: holder.clone(), scope, path, by: by.clone(), evidence },
        );
        let mut concerned: Vec<AgentId> = by.iter().filter_map(|run| self.parties.agent_of(*run)).collect();
        concerned.extend(self.agent_and_run(Some(&holder)).0);
        for agent in concerned {
            self.out.tell(agent, "lock.violated", told.clone());
        }
    }
}

/// The functions that the parts of this module share.
impl Locks<'_> {
    /// Records a fact about the locks, in the name of the party that acts or holds.
    fn record(&mut self, party: Option<&Party>, fact: LockFact) {
        let by = self.agent_and_run(party);
        self.table.apply(&fact, self.out.now());
        self.out.record(by, FactKind::Lock(fact));
    }

    /// Returns the agent and the run of a party, as far as it has them, also for a run that has just ended.
    fn agent_and_run(&self, party: Option<&Party>) -> (Option<AgentId>, Option<RunId>) {
        let run = match party {
            Some(Party::Run(run)) => Some(*run),
            Some(Party::Task(task)) => self.table.ally_of(*task),
            Some(Party::Outside(_)) | None => None,
        };
        (run.and_then(|run| self.parties.newest_agent_of(run)), run)
    }

    /// Whether the clock of a party is suspended.
    fn stands_still(&self, party: &Party) -> bool {
        let (agent, _) = self.agent_and_run(Some(party));
        agent.is_some_and(|agent| self.parties.is_paused(agent))
    }

    /// Arms the timer of a deadline that is not suspended.
    fn arm(&mut self, timer: LockTimer) {
        if let Some(due) = self.table.timer_due(timer) {
            self.out.ask(Effect::Arm { timer: TimerId::Lock(timer), span: due - self.out.now() });
        }
    }

    fn disarm(&mut self, timer: LockTimer) {
        if self.table.timer_due(timer).is_some() {
            self.out.ask(Effect::Disarm { timer: TimerId::Lock(timer) });
        }
    }
}

impl LockTable {
    /// Returns the timers of the locks that the shell must have armed.
    pub(crate) fn armed(&self) -> impl Iterator<Item = Armed> {
        let timers = self.leases().map(Lease::timer).chain(self.waiting().map(Request::timer));
        timers.filter_map(|timer| Some(Armed { timer: TimerId::Lock(timer), due: self.timer_due(timer)? }))
    }

    fn timer_due(&self, timer: LockTimer) -> Option<Time> {
        let deadline = match timer {
            LockTimer::Expiry(lease) => self.lease(lease)?.expires,
            LockTimer::Limit(request) => self.request(request)?.until,
        };
        deadline.and_then(Deadline::due)
    }

    /// Returns the armed timers of a run's leases and requests.
    fn timers_of(&self, run: RunId) -> Vec<LockTimer> {
        let leases = self.leases().filter(|lease| lease.holder == Party::Run(run)).map(Lease::timer);
        let waiting = self.waiting().filter(|request| request.holder == Party::Run(run)).map(Request::timer);
        leases.chain(waiting).filter(|timer| self.timer_due(*timer).is_some()).collect()
    }

    /// Whether the deadline of a lease or request of this run is suspended.
    fn stands_still(&self, run: RunId) -> bool {
        let leases = self.leases().map(|lease| (&lease.holder, lease.expires));
        let waiting = self.waiting().map(|request| (&request.holder, request.until));
        let mut all = leases.chain(waiting);
        all.any(|(holder, deadline)| *holder == Party::Run(run) && matches!(deadline, Some(Deadline::Left(_))))
    }

    /// Whether a party holds this file exclusively, or nobody holds it.
    fn may_write(&self, party: &Party, path: &RepositoryPath) -> bool {
        let scope = Scope::Path(path.clone());
        let mine = |lease: &&Lease| self.principal(&lease.holder) == self.principal(party);
        let alone = |lease: &Lease| lease.wants().any(|held| held.mode == Mode::Exclusive && held.scope.covers(&scope));
        self.leases().filter(mine).any(alone)
    }
}
