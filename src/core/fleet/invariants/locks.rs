//! The invariants of the locks.

use super::ensure;
use crate::fleet::Fleet;
use crate::lock::{Deadline, Lease, LockTable};
use crate::party::Party;
use crate::scope::Scope;
use crate::view::Pause;
use crate::violation::Violation;

impl Fleet {
    pub(super) fn check_locks(&self) -> Result<(), Violation> {
        let locks = &self.view.locks;
        let mut newest = None;
        for lease in locks.leases() {
            ensure(self.may_hold(lease), Violation::HolderGone(lease.id))?;
            ensure(newest < Some(lease.token), Violation::TokenNotNew(lease.id))?;
            ensure(self.time_agrees(&lease.holder, lease.expires), Violation::LeaseTimeDisagrees(lease.id))?;
            newest = Some(lease.token);
        }
        ensure(
            newest <= Some(locks.newest_token()),
            Violation::TokenNotNew(crate::ids::LeaseId(locks.leases_granted())),
        )?;
        check_conflicts(locks)?;
        check_units(locks)?;
        for request in locks.waiting() {
            ensure(self.takes_part(&request.holder), Violation::WaiterGone(request.id))?;
            ensure(self.time_agrees(&request.holder, request.until), Violation::RequestTimeDisagrees(request.id))?;
            ensure(!locks.is_free(request.asked()), Violation::WaitsForNothing(request.id))?;
        }
        for (task, run) in locks.allies() {
            ensure(self.live.contains_key(&run), Violation::AllyGone(task))?;
        }
        locks.newest_in_a_cycle().map_or(Ok(()), |(request, _)| Err(Violation::WaitsInACircle(request)))
    }

    fn may_hold(&self, lease: &Lease) -> bool {
        let bounded = lease.expires.is_some() || !matches!(lease.holder, Party::Outside(_));
        bounded && self.takes_part(&lease.holder)
    }

    /// Whether a party may hold and wait: a live run, a task that is not over, or anyone outside the fleet.
    pub(in crate::fleet) fn takes_part(&self, party: &Party) -> bool {
        match party {
            Party::Run(run) => self.live.contains_key(run),
            Party::Task(task) => self.view.tasks.is_open(*task),
            Party::Outside(_) => true,
        }
    }

    /// Whether a deadline is suspended exactly while its holder is.
    fn time_agrees(&self, holder: &Party, deadline: Option<Deadline>) -> bool {
        let Party::Run(run) = holder else { return !matches!(deadline, Some(Deadline::Left(_))) };
        let view = self.live.get(run).and_then(|agent| self.view.agents.get(agent));
        let still = view.is_some_and(|view| view.pause != Pause::Running);
        deadline.is_none_or(|deadline| matches!(deadline, Deadline::Left(_)) == still)
    }
}

fn check_conflicts(locks: &LockTable) -> Result<(), Violation> {
    for one in locks.leases() {
        let others = locks.leases().filter(|other| other.id > one.id);
        let strangers = others.filter(|other| locks.principal(&one.holder) != locks.principal(&other.holder));
        for other in strangers {
            let conflict = one.wants().any(|want| other.wants().any(|held| held.conflicts(want)));
            ensure(!conflict, Violation::LeasesConflict(one.id, other.id))?;
        }
    }
    Ok(())
}

fn check_units(locks: &LockTable) -> Result<(), Violation> {
    let mut taken = alloc::collections::BTreeSet::new();
    for lease in locks.leases() {
        for held in &lease.scopes {
            let agrees = match (&held.want.scope, held.unit) {
                (Scope::Path(_), unit) => unit.is_none(),
                (Scope::Resource(_), None) => false,
                (Scope::Resource(name), Some(unit)) => {
                    taken.insert((name, unit)) && locks.units_held(name) <= locks.units_max(name)
                }
            };
            ensure(agrees, Violation::UnitsDisagree(lease.id))?;
        }
    }
    Ok(())
}
