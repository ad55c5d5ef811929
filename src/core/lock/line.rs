//! The rule by which requests are granted: who is in the way of what.
//!
//! A lease of another party that conflicts is in the way, and so is an earlier request of another party that wants
//! something that conflicts. Of a resource, the units that are held and those that earlier requests want are taken,
//! whoever has them. Whoever holds as much as it asks for has it again at once: nothing more is taken by it. Of resources that
//! is so only for a run whose task holds them: it is told the task's own lease.

use super::lease::{Blocker, Grant, Holding, Lease};
use super::request::BLOCKERS_MAX;
use super::rules::{Rule, Rules};
use super::table::{LockTable, Request};
use crate::ids::{RequestId, RunId, TaskId};
use crate::party::Party;
use crate::scope::{Held, Mode, Scope, Want};
use crate::time::{Span, Time};
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

/// Who answers for a party: the run that works on a task, or the party itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Principal<'a> {
    Run(RunId),
    Task(TaskId),
    Outside(&'a str),
}

/// What is asked: by a request in the line, or by one that would be its last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) id: Option<RequestId>,
    pub(crate) holder: &'a Party,
    pub(crate) wants: &'a [Want],
}

/// Whose leases and requests are looked at.
#[derive(Clone, Copy)]
pub(super) enum Among<'a> {
    Everyone,
    Only(&'a BTreeSet<Principal<'a>>),
}

/// Something in the way: a lease or an earlier request, and which of its scopes.
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
    /// Who answers for a party.
    pub(crate) fn answers_for<'a>(&self, party: &'a Party) -> Principal<'a> {
        match party {
            Party::Run(run) => Principal::Run(*run),
            Party::Task(task) => self.ally_of(*task).map_or(Principal::Task(*task), Principal::Run),
            Party::Outside(name) => Principal::Outside(name),
        }
    }

    /// Whether all that is asked could be granted now.
    pub(crate) fn is_free(&self, asked: Asked<'_>, rules: Rules) -> bool {
        self.is_free_among(asked, Among::Everyone, rules)
    }

    /// Whom a request in the line waits for, holders first, then those before it. Empty for one that does not wait.
    pub fn behind(&self, request: RequestId) -> Vec<Blocker> {
        self.request(request).map(|request| self.blockers(request.asked(), BLOCKERS_MAX)).unwrap_or_default()
    }

    /// Who is in the way, holders first, then those before it in the line; so many at most.
    pub(crate) fn blockers(&self, asked: Asked<'_>, blockers_max: usize) -> Vec<Blocker> {
        let scarce = self.scarce(asked, Among::Everyone, Rules::default());
        let in_the_way = self.in_the_way(asked, Among::Everyone, &scarce, Rules::default());
        in_the_way.take(blockers_max).map(|blocker| blocker.to_blocker()).collect()
    }

    /// How many requests before it want something that it wants.
    pub(crate) fn ahead_of(&self, asked: Asked<'_>) -> u32 {
        let ahead = self.before(asked).filter(|request| {
            let meet = |want: &Want| asked.wants.iter().any(|other| other.scope.overlaps(&want.scope));
            self.answers_for(&request.holder) != self.answers_for(asked.holder) && request.wants.iter().any(meet)
        });
        u32::try_from(ahead.count()).unwrap_or(u32::MAX)
    }

    /// Who is in the way of a request that waits, and how many before it want something that it wants.
    pub fn standing(&self, request: &Request) -> (Vec<Blocker>, u32) {
        let asked = Asked::from(request);
        (self.blockers(asked, super::request::BLOCKERS_MAX), self.ahead_of(asked))
    }

    pub(super) fn is_free_among(&self, asked: Asked<'_>, among: Among<'_>, rules: Rules) -> bool {
        if self.has_already(asked) {
            return true;
        }
        let scarce = self.scarce(asked, among, rules);
        scarce.is_empty() && self.in_the_way(asked, among, &scarce, rules).next().is_none()
    }

    /// Those in the way that are `among` these.
    pub(super) fn those_in_the_way(&self, asked: Asked<'_>, among: Among<'_>) -> Vec<InTheWay<'_>> {
        let scarce = self.scarce(asked, among, Rules::default());
        self.in_the_way(asked, among, &scarce, Rules::default()).collect()
    }

    fn in_the_way<'a, 's>(
        &'a self,
        asked: Asked<'s>,
        among: Among<'s>,
        scarce: &'s [&'s Scope],
        rules: Rules,
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
            rules.keep(Rule::HoldersAreInTheWay).then_some(InTheWay {
                who: &lease.holder,
                scope: &held.scope,
                holding: Holding::Holds,
                since: lease.since,
            })
        });
        let before = self.before(asked).filter_map(move |request| {
            let wanted = request.wants.iter().find(|wanted| waits_before(&request.holder, wanted))?;
            rules.keep(Rule::NobodyIsOvertaken).then_some(InTheWay {
                who: &request.holder,
                scope: &wanted.scope,
                holding: Holding::WaitsBefore,
                since: request.since,
            })
        });
        holders.chain(before)
    }

    /// The resources of which fewer units are left than are asked for.
    fn scarce<'a>(&self, asked: Asked<'a>, among: Among<'_>, rules: Rules) -> Vec<&'a Scope> {
        let mut scarce: Vec<&'a Scope> = Vec::new();
        let resources = asked.wants.iter().map(|want| &want.scope).filter(|scope| matches!(scope, Scope::Resource(_)));
        for scope in resources.filter(|_| rules.keep(Rule::UnitsAreCounted)) {
            let is_it = |want: &&Want| want.scope == *scope;
            let wanted = asked.wants.iter().filter(is_it).count();
            let held = self.leases.values().filter(|lease| among.has(self.answers_for(&lease.holder)));
            let held = held.flat_map(Lease::wants).filter(is_it).count();
            let before = self.before(asked).filter(|request| among.has(self.answers_for(&request.holder)));
            let before = before.filter(|_| rules.keep(Rule::NobodyIsOvertaken));
            let before = before.flat_map(|request| &request.wants).filter(is_it).count();
            if wanted + held + before > self.capacity_of(scope) && !scarce.contains(&scope) {
                scarce.push(scope);
            }
        }
        scarce
    }

    /// How many units of it there are.
    pub(crate) fn capacity_of(&self, scope: &Scope) -> usize {
        match scope {
            Scope::Resource(name) => self.resources.get(name).map_or(0, |resource| resource.capacity as usize),
            Scope::Path(_) => 1,
        }
    }

    /// Whether whoever asks holds as much as all of this already. Half of it does not count: what is exempt from the
    /// line while something is held would stand in the line again once that is given back, perhaps in a circle.
    fn has_already(&self, asked: Asked<'_>) -> bool {
        let me = self.answers_for(asked.holder);
        let mine = || self.leases.values().filter(|lease| self.answers_for(&lease.holder) == me);
        let has = |want: &Want| mine().flat_map(Lease::wants).any(|held| held.is_as_much_as(want));
        asked.wants.iter().all(|want| matches!(want.scope, Scope::Path(_)) && has(want))
    }

    /// The lease of the task that a run works on, cut down to these wants, if that has all of them and a resource is among
    /// them. A path is leased to the run itself again; units are not taken twice.
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

    /// Whether a lease is that of a task which this party, a run, works on.
    pub(crate) fn is_of_its_task(&self, party: &Party, lease: &Lease) -> bool {
        lease.holder != *party && self.principal(&lease.holder) == *party
    }

    /// The requests before it in the line.
    fn before(&self, asked: Asked<'_>) -> impl Iterator<Item = &Request> {
        self.waiting.values().take_while(move |request| asked.id.is_none_or(|id| request.id < id))
    }
}

impl Request {
    /// What it asks.
    pub(crate) fn asked(&self) -> Asked<'_> {
        Asked::from(self)
    }
}

impl Want {
    /// Whether whoever holds this holds the other.
    fn is_as_much_as(&self, other: &Want) -> bool {
        let as_much = self.mode == Mode::Exclusive || other.mode == Mode::Shared;
        as_much && self.scope.covers(&other.scope)
    }
}

impl Lease {
    /// What is held, without the units.
    pub(crate) fn wants(&self) -> impl Iterator<Item = &Want> {
        self.scopes.iter().map(|held| &held.want)
    }
}
