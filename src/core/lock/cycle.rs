//! Finds cycles of waiting requests: parties that could never continue, because each waits for another of them.
//!
//! The search assumes that every party which does not wait continues and releases all that it holds. Then every party
//! that could now be granted all that it waits for continues as well, and so on. The remaining parties are stuck. For
//! paths, this is the same as a cycle in the wait-for graph. For a resource with several units, it takes a cycle
//! through all parties that hold a unit, since any of them may release one.
use super::lease::CycleStep;
use super::line::{Among, Asked, InTheWay, Principal};
use super::table::LockTable;
use crate::graph::shortest_way;
use crate::ids::RequestId;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

impl LockTable {
    /// Returns the cycle that this request would close by waiting, from the asking party back to itself.
    pub(crate) fn cycle_closed_by(&self, asked: Asked<'_>) -> Option<Vec<CycleStep>> {
        let me = self.answers_for(asked.holder);
        let others = self.waiting.values().filter(|request| asked.id != Some(request.id));
        let waits = others.map(|request| &request.holder).any(|holder| self.answers_for(holder) == me);
        let holds = self.leases.values().any(|lease| self.answers_for(&lease.holder) == me);
        if !waits && !holds {
            return None;
        }
        let all = self.with(asked);
        let stuck = self.stuck_among(&all);
        if stuck.contains(&me) { self.way_back(me, &all, &stuck) } else { None }
    }

    /// Returns the newest request that waits in a cycle, with that cycle.
    pub(crate) fn newest_in_a_cycle(&self) -> Option<(RequestId, Vec<CycleStep>)> {
        let all: Vec<Asked<'_>> = self.waiting.values().map(Asked::from).collect();
        let stuck = self.stuck_among(&all);
        let newest = all.iter().rev().filter(|asked| stuck.contains(&self.answers_for(asked.holder)));
        newest
            .filter_map(|asked| Some((asked.id?, self.way_back(self.answers_for(asked.holder), &all, &stuck)?)))
            .next()
    }

    fn with<'a>(&'a self, asked: Asked<'a>) -> Vec<Asked<'a>> {
        let line = self.waiting.values().map(Asked::from);
        line.chain(asked.id.is_none().then_some(asked)).collect()
    }

    /// Returns the waiting parties that could not continue even if every other party released all that it holds.
    fn stuck_among<'a>(&self, all: &[Asked<'a>]) -> BTreeSet<Principal<'a>> {
        let mut stuck: BTreeSet<Principal<'a>> = all.iter().map(|asked| self.answers_for(asked.holder)).collect();
        loop {
            let mut go_on = stuck.clone();
            for asked in all {
                if !self.is_free_among(*asked, Among::Only(&stuck)) {
                    go_on.remove(&self.answers_for(asked.holder));
                }
            }
            if go_on.is_empty() {
                return stuck;
            }
            stuck.retain(|principal| !go_on.contains(principal));
        }
    }

    /// Returns the shortest path from `me` back to `me` through the stuck parties.
    fn way_back<'a>(
        &'a self,
        me: Principal<'a>,
        all: &[Asked<'a>],
        stuck: &BTreeSet<Principal<'a>>,
    ) -> Option<Vec<CycleStep>> {
        let steps = |from| {
            let its = all.iter().filter(move |asked| self.answers_for(asked.holder) == from);
            its.flat_map(move |asked| {
                let blockers = self.those_in_the_way(*asked, Among::Only(stuck)).into_iter();
                blockers.map(move |blocker| (self.answers_for(blocker.who), (asked, blocker)))
            })
        };
        let way = shortest_way(me, me, steps)?;
        Some(way.into_iter().map(|(_, (asked, blocker))| step(asked, &blocker)).collect())
    }
}

fn step(asked: &Asked<'_>, blocker: &InTheWay<'_>) -> CycleStep {
    CycleStep {
        who: asked.holder.clone(),
        scope: blocker.scope.clone(),
        blocker: blocker.who.clone(),
        holding: blocker.holding,
    }
}
