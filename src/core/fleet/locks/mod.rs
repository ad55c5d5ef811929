//! Connects the locks with the fleet: the requests from clients, tasks, timers and the life of runs.
//!
//! Every end of a lease and every request that leaves the line is followed, in the same step, by another look at the
//! waiting requests (`serve_lock_line`). So no request ever waits for something that is free.
//!
//! **Invariant 10:** a dead run holds nothing and waits for nothing (`tests/brain/locks.rs`,
//! `a_dead_run_holds_nothing_and_waits_for_nothing`).

mod asking;
mod endings;
mod tasks;

use super::{Fleet, Step};
use crate::command::{Answer, Denied};
use crate::effect::Effect;
use crate::event::{Armed, TimerId};
use crate::fact::FactKind;
use crate::ids::{AgentId, RunId};
use crate::lock::{
    Deadline, Enforce, Evidence, Lease, LeaseEnd, LockCommand, LockEvent, LockFact, LockTable, LockTimer, Request,
};
use crate::party::Party;
use crate::scope::{Mode, RepositoryPath, Scope};
use crate::view::Pause;
use alloc::format;
use alloc::vec::Vec;

impl Step<'_> {
    /// Handles a command from a client about locks.
    pub(super) fn lock_command(&mut self, command: LockCommand) -> Result<Answer, Denied> {
        let answer = match command {
            LockCommand::Acquire(acquire) => self.acquire_lock(acquire),
            LockCommand::Release { party, which } => self.release_lock(&party, &which),
            LockCommand::Renew { party, lease, ttl } => self.renew_lock(&party, lease, ttl),
            LockCommand::Withdraw { request, asking } => Ok(self.withdraw_lock(request, asking)),
            LockCommand::Force { which, reason, by } => self.force_lock(&which, LeaseEnd::Forced { reason, by }),
        };
        answer.map(Answer::Lock).map_err(Denied::Lock)
    }

    /// Handles a timer of the locks. A timer that fires early is armed again; an outdated one is ignored.
    pub(super) fn lock_timer(&mut self, timer: LockTimer) {
        let deadline = match timer {
            LockTimer::Expiry(lease) => self.locks().lease(lease).and_then(|lease| lease.expires),
            LockTimer::Limit(request) => self.locks().request(request).and_then(|request| request.until),
        };
        let Some(due) = deadline.and_then(Deadline::due) else { return };
        if due > self.now {
            self.effects.push(Effect::Arm { timer: TimerId::Lock(timer), span: due - self.now });
            return;
        }
        match timer {
            LockTimer::Expiry(lease) => self.record_lease_end(lease, &LeaseEnd::Expired),
            LockTimer::Limit(request) => self.request_timed_out(request),
        }
        self.serve_lock_line();
    }

    /// Handles an event from outside that concerns the locks.
    pub(super) fn lock_event(&mut self, event: LockEvent) {
        match event {
            LockEvent::Written { by, path, evidence } => self.file_written(by, &path, evidence),
            LockEvent::ProcessEnded { lease } => self.lease_process_ended(lease),
        }
    }

    /// Applies changed capacities of resources. Requests that want more units than exist now are refused.
    pub(super) fn locks_configured(&mut self) {
        if self.fleet.policy.coordination.locks.resources == *self.locks().resources() {
            return;
        }
        let resources = self.fleet.policy.coordination.locks.resources.clone();
        self.record_lock(None, LockFact::ResourcesChanged { resources });
        self.refuse_the_impossible();
        self.refuse_cycles();
        self.serve_lock_line();
    }

    /// Suspends the deadlines of a frozen run's leases and requests.
    pub(super) fn locks_stand_still(&mut self, run: RunId) {
        let timers = self.fleet.lock_timers_of(run);
        if timers.is_empty() {
            return;
        }
        self.effects.extend(timers.into_iter().map(|timer| Effect::Disarm { timer: TimerId::Lock(timer) }));
        self.record_lock(Some(&Party::Run(run)), LockFact::StoodStill { run });
    }

    /// Resumes the deadlines of a run's leases and requests.
    pub(super) fn locks_go_on(&mut self, run: RunId) {
        if !self.locks().stands_still(run) {
            return;
        }
        self.record_lock(Some(&Party::Run(run)), LockFact::WentOn { run });
        for timer in self.fleet.lock_timers_of(run) {
            self.arm_lock(timer);
        }
    }

    /// Records a write into a file that another party holds, if none of the possible writers holds the file.
    fn file_written(&mut self, by: Vec<RunId>, path: &str, evidence: Evidence) {
        let policy = &self.fleet.policy.coordination.locks;
        let (enforce, interval) = (policy.enforce, policy.violation_interval);
        let Ok(path) = RepositoryPath::parse(path) else { return };
        if enforce == Enforce::Off || by.iter().any(|run| self.locks().may_write(&Party::Run(*run), &path)) {
            return;
        }
        let scope = Scope::Path(path.clone());
        let Some(lease) = self.locks().leases().find(|lease| lease.covers(&scope)) else { return };
        if lease.writers.iter().any(|(writers, at)| *writers == by && self.now - *at < interval) {
            return;
        }
        let Some(held) = lease.wants().find(|want| want.scope.covers(&scope)) else { return };
        let (lease, holder, scope) = (lease.id, lease.holder.clone(), held.scope.clone());
        let told = format!("{path} was written without its lock: it is in {scope}, which is held with {lease}");
        let writer = by.first().filter(|_| by.len() == 1).map(|run| Party::Run(*run));
        self.record_lock(
            writer.as_ref(),
            LockFact::Violated { lease, holder: holder.clone(), scope, path, by: by.clone(), evidence },
        );
        let mut concerned: Vec<AgentId> = by.iter().filter_map(|run| self.fleet.agent_of(*run)).collect();
        concerned.extend(self.lock_party(Some(&holder)).0);
        for agent in concerned {
            self.notify(agent, "lock.violated", told.clone());
        }
    }
}

/// The functions that the parts of this module share.
impl Step<'_> {
    fn locks(&self) -> &LockTable {
        &self.fleet.view.locks
    }

    /// Records a fact about the locks, in the name of the party that acts or holds.
    fn record_lock(&mut self, party: Option<&Party>, fact: LockFact) {
        let (agent, run) = self.lock_party(party);
        self.record(agent, run, FactKind::Lock(fact));
    }

    /// Returns the agent and the run of a party, as far as it has them, also for a run that has just ended.
    fn lock_party(&self, party: Option<&Party>) -> (Option<AgentId>, Option<RunId>) {
        let run = match party {
            Some(Party::Run(run)) => Some(*run),
            Some(Party::Task(task)) => self.locks().ally_of(*task),
            Some(Party::Outside(_)) | None => None,
        };
        let live = run.and_then(|run| self.fleet.agent_of(run));
        let ended = || self.fleet.view.agents.iter().find(|(_, view)| run.is_some() && view.run == run);
        (live.or_else(|| ended().map(|(agent, _)| *agent)), run)
    }

    /// Whether the clock of a party is suspended.
    fn party_stands_still(&self, party: &Party) -> bool {
        let (agent, _) = self.lock_party(Some(party));
        let view = agent.and_then(|agent| self.fleet.view.agents.get(&agent));
        view.is_some_and(|view| view.pause != Pause::Running)
    }

    /// Arms the timer of a deadline that is not suspended.
    fn arm_lock(&mut self, timer: LockTimer) {
        if let Some(due) = self.fleet.lock_timer_due(timer) {
            self.effects.push(Effect::Arm { timer: TimerId::Lock(timer), span: due - self.now });
        }
    }

    fn disarm_lock(&mut self, timer: LockTimer) {
        if self.fleet.lock_timer_due(timer).is_some() {
            self.effects.push(Effect::Disarm { timer: TimerId::Lock(timer) });
        }
    }
}

impl Fleet {
    /// Returns the timers of the locks that the shell must have armed.
    pub(super) fn locks_armed(&self) -> impl Iterator<Item = Armed> {
        let locks = &self.view.locks;
        let timers = locks.leases().map(Lease::timer).chain(locks.waiting().map(Request::timer));
        timers.filter_map(|timer| Some(Armed { timer: TimerId::Lock(timer), due: self.lock_timer_due(timer)? }))
    }

    fn lock_timer_due(&self, timer: LockTimer) -> Option<crate::time::Time> {
        let deadline = match timer {
            LockTimer::Expiry(lease) => self.view.locks.lease(lease)?.expires,
            LockTimer::Limit(request) => self.view.locks.request(request)?.until,
        };
        deadline.and_then(Deadline::due)
    }

    /// Returns the armed timers of a run's leases and requests.
    fn lock_timers_of(&self, run: RunId) -> Vec<LockTimer> {
        let locks = &self.view.locks;
        let leases = locks.leases().filter(|lease| lease.holder == Party::Run(run)).map(Lease::timer);
        let waiting = locks.waiting().filter(|request| request.holder == Party::Run(run)).map(Request::timer);
        leases.chain(waiting).filter(|timer| self.lock_timer_due(*timer).is_some()).collect()
    }
}

impl LockTable {
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
