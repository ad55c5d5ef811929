//! The rule by which requests are granted: which leases and requests block a request.
//!
//! A request is blocked by a conflicting lease of another party, and by an earlier request of another party that wants
//! a conflicting scope. Of a resource, the units that are held and the units that earlier requests want are taken,
//! whichever party has them. A party that asks for no more than it already holds is granted it again at once, because
//! nothing more is taken. For resources, this holds only for a run whose task holds them: the run gets the lease of the
//! task.

use super::lease::{Blocker, Grant, Holding, Lease};
use super::request::BLOCKERS_MAX;
use super::table::{LockTable, Request};
use crate::ids::{RequestId, RunId, TaskId};
use crate::party::Party;
use crate::scope::{Held, Mode, Scope, Want};
use crate::time::{Span, Time};
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

/// The party that answers for another: the run that works on a task, or the party itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Principal<'a> {
    Run(RunId),
    Task(TaskId),
    Outside(&'a str),
}

/// A request to decide on: one that waits in the queue, or a new one that would be the last in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) id: Option<RequestId>,
    pub(crate) holder: &'a Party,
    pub(crate) wants: &'a [Want],
}

/// The set of parties whose leases and requests are considered.
#[derive(Clone, Copy)]
pub(super) enum Among<'a> {
    Everyone,
    Only(&'a BTreeSet<Principal<'a>>),
}

/// A lease or an earlier request that blocks a request, with the scope of it that conflicts.
pub(super) struct InTheWay<'a> {
    pub(super) who: &'a Party,
    pub(super) scope: &'a Scope,
    pub(super) holding: Holding,
    since: Time,
}

impl<'a> From<&'a Request> for Asked<'a> {
    fn from(request: &'a Request) -> Asked<'a> {
        Asked { id: Some(request.id), holder: &request.holder, wants: &request.wants }
    }
}

impl Among<'_> {
    fn has(self, principal: Principal<'_>) -> bool {
        match self {
            Among::Everyone => true,
            Among::Only(some) => some.contains(&principal),
        }
    }
}

impl InTheWay<'_> {
    fn to_blocker(&self) -> Blocker {
        Blocker { who: self.who.clone(), scope: self.scope.clone(), holding: self.holding, since: self.since }
    }
}

impl LockTable {
    /// Returns the party that answers for a party: for a task the run that works on it, else the party itself.
    pub(crate) fn answers_for<'a>(&self, party: &'a Party) -> Principal<'a> {
        match party {
            Party::Run(run) => Principal::Run(*run),
            Party::Task(task) => self.ally_of(*task).map_or(Principal::Task(*task), Principal::Run),
            Party::Outside(name) => Principal::Outside(name),
        }
    }

    /// Whether everything that is asked for could be granted now.
    pub(crate) fn is_free(&self, asked: Asked<'_>) -> bool {
        self.is_free_among(asked, Among::Everyone)
    }

    /// Returns the parties that a waiting request waits for: first the holders, then the earlier requests. Returns
    /// nothing for a request that does not wait.
    pub fn behind(&self, request: RequestId) -> Vec<Blocker> {
        self.request(request).map(|request| self.blockers(request.asked(), BLOCKERS_MAX)).unwrap_or_default()
    }

    /// Returns at most `blockers_max` parties that block a request: first the holders, then the earlier requests in the
    /// line.
    pub(crate) fn blockers(&self, asked: Asked<'_>, blockers_max: usize) -> Vec<Blocker> {
        let scarce = self.scarce(asked, Among::Everyone);
        let in_the_way = self.in_the_way(asked, Among::Everyone, &scarce);
        in_the_way.take(blockers_max).map(|blocker| blocker.to_blocker()).collect()
    }

    /// Returns how many earlier requests want a scope that this request wants.
    pub(crate) fn ahead_of(&self, asked: Asked<'_>) -> u32 {
        let ahead = self.before(asked).filter(|request| {
            let meet = |want: &Want| asked.wants.iter().any(|other| other.scope.overlaps(&want.scope));
            self.answers_for(&request.holder) != self.answers_for(asked.holder) && request.wants.iter().any(meet)
        });
        u32::try_from(ahead.count()).unwrap_or(u32::MAX)
    }

    /// Returns the parties that block a waiting request, and how many earlier requests want a scope that it wants.
    pub fn standing(&self, request: &Request) -> (Vec<Blocker>, u32) {
        let asked = Asked::from(request);
        (self.blockers(asked, super::request::BLOCKERS_MAX), self.ahead_of(asked))
    }

    pub(super) fn is_free_among(&self, asked: Asked<'_>, among: Among<'_>) -> bool {
        if self.has_already(asked) {
            return true;
        }
        let scarce = self.scarce(asked, among);
        scarce.is_empty() && self.in_the_way(asked, among, &scarce).next().is_none()
    }

    /// Returns those blockers of a request that are `among` the given parties.
    pub(super) fn those_in_the_way(&self, asked: Asked<'_>, among: Among<'_>) -> Vec<InTheWay<'_>> {
        let scarce = self.scarce(asked, among);
        self.in_the_way(asked, among, &scarce).collect()
    }

    fn in_the_way<'a, 's>(
        &'a self,
        asked: Asked<'s>,
        among: Among<'s>,
        scarce: &'s [&'s Scope],
    ) -> impl Iterator<Item = InTheWay<'a>> + use<'a, 's> {
        let me = self.answers_for(asked.holder);
        let in_its_way = move |who: &'a Party, wanted: &'a Want| {
            let other = self.answers_for(who);
            let conflicts = other != me && asked.wants.iter().any(|want| want.conflicts(wanted));
            among.has(other) && (conflicts || scarce.contains(&&wanted.scope))
        };
        let waits_before = in_its_way;
        let holders = self.leases.values().filter_map(move |lease| {
            let held = lease.scopes.iter().map(|held| &held.want).find(|held| in_its_way(&lease.holder, held))?;
            Some(InTheWay { who: &lease.holder, scope: &held.scope, holding: Holding::Holds, since: lease.since })
        });
        let before = self.before(asked).filter_map(move |request| {
            let wanted = request.wants.iter().find(|wanted| waits_before(&request.holder, wanted))?;
            Some(InTheWay {
                who: &request.holder,
                scope: &wanted.scope,
                holding: Holding::WaitsBefore,
                since: request.since,
            })
        });
        holders.chain(before)
    }

    /// Returns the requested resources that have too few free units.
    fn scarce<'a>(&self, asked: Asked<'a>, among: Among<'_>) -> Vec<&'a Scope> {
        let mut scarce: Vec<&'a Scope> = Vec::new();
        let resources = asked.wants.iter().map(|want| &want.scope).filter(|scope| matches!(scope, Scope::Resource(_)));
        for scope in resources {
            let is_it = |want: &&Want| want.scope == *scope;
            let wanted = asked.wants.iter().filter(is_it).count();
            let held = self.leases.values().filter(|lease| among.has(self.answers_for(&lease.holder)));
            let held = held.flat_map(Lease::wants).filter(is_it).count();
            let before = self.before(asked).filter(|request| among.has(self.answers_for(&request.holder)));
            let before = before.flat_map(|request| &request.wants).filter(is_it).count();
            if wanted + held + before > self.capacity_of(scope) && !scarce.contains(&scope) {
                scarce.push(scope);
            }
        }
        scarce
    }

    /// Returns how many units a scope has; a path has one.
    pub(crate) fn capacity_of(&self, scope: &Scope) -> usize {
        match scope {
            Scope::Resource(name) => self.resources.get(name).map_or(0, |resource| resource.capacity as usize),
            Scope::Path(_) => 1,
        }
    }

    /// Whether the asking party already holds everything that it asks for. Holding a part does not count. Such a
    /// request would be exempt from the queue while the part is held. After the part is released it would be in the
    /// queue again, perhaps in a cycle.
    fn has_already(&self, asked: Asked<'_>) -> bool {
        let me = self.answers_for(asked.holder);
        let mine = || self.leases.values().filter(|lease| self.answers_for(&lease.holder) == me);
        let has = |want: &Want| mine().flat_map(Lease::wants).any(|held| held.is_as_much_as(want));
        asked.wants.iter().all(|want| matches!(want.scope, Scope::Path(_)) && has(want))
    }

    /// Returns the lease of the task that a run works on, reduced to these wants, if the lease has all of them and at
    /// least one is a resource. A path is leased again to the run itself; the units of a resource are not taken twice.
    pub(crate) fn held_by_its_task(&self, party: &Party, wants: &[Want]) -> Option<Grant> {
        let is_resource = |want: &Want| matches!(want.scope, Scope::Resource(_));
        wants.iter().find(|want| is_resource(want))?;
        self.leases.values().filter(|lease| self.is_of_its_task(party, lease)).find_map(|lease| {
            let mut left: Vec<&Held> = lease.scopes.iter().collect();
            let scopes = wants.iter().map(|want| {
                let fits = |held: &&Held| match is_resource(want) {
                    true => held.want.scope == want.scope,
                    false => held.want.is_as_much_as(want),
                };
                let at = left.iter().position(fits)?;
                Some(if is_resource(want) { left.remove(at).clone() } else { left[at].clone() })
            });
            Some(Grant { scopes: scopes.collect::<Option<_>>()?, ..lease.grant(Span(0)) })
        })
    }

    /// Whether the lease belongs to a task that this party, a run, works on.
    pub(crate) fn is_of_its_task(&self, party: &Party, lease: &Lease) -> bool {
        lease.holder != *party && self.principal(&lease.holder) == *party
    }

    /// Returns the requests before this one in the queue.
    fn before(&self, asked: Asked<'_>) -> impl Iterator<Item = &Request> {
        self.waiting.values().take_while(move |request| asked.id.is_none_or(|id| request.id < id))
    }
}

impl Request {
    /// Returns the request in the form that the rule decides on.
    pub(crate) fn asked(&self) -> Asked<'_> {
        Asked::from(self)
    }
}

impl Want {
    /// Whether a party that holds this scope also holds the other one.
    fn is_as_much_as(&self, other: &Want) -> bool {
        let as_much = self.mode == Mode::Exclusive || other.mode == Mode::Shared;
        as_much && self.scope.covers(&other.scope)
    }
}

impl Lease {
    /// Returns the scopes and modes that the lease holds, without the numbers of units.
    pub(crate) fn wants(&self) -> impl Iterator<Item = &Want> {
        self.scopes.iter().map(|held| &held.want)
    }
}
