//! Circles of waiters: who could never go on, because each waits for another of them.
//!
//! Whoever does not wait is taken to go on and to give back what it holds; then whoever could have all that it waits
//! for goes on as well, and so forth. Who is left is stuck. For paths that is the same as a circle in the graph of who
//! waits for whom; for a resource with several units it takes a circle through all who hold one, since any of them
//! may give one back.

use super::lease::CycleStep;
use super::line::{Among, Asked, InTheWay, Principal};
use super::rules::Rules;
use super::table::LockTable;
use crate::ids::RequestId;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;

impl LockTable {
    /// The cycle that waiting for this would close, from whoever asks back to itself.
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

    /// The newest of the requests that wait in a circle, with its cycle.
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

    /// Those that wait, and could not go on even if everyone else gave back all it holds.
    fn stuck_among<'a>(&self, all: &[Asked<'a>]) -> BTreeSet<Principal<'a>> {
        let mut stuck: BTreeSet<Principal<'a>> = all.iter().map(|asked| self.answers_for(asked.holder)).collect();
        loop {
            let mut go_on = stuck.clone();
            for asked in all {
                if !self.is_free_among(*asked, Among::Only(&stuck), Rules::default()) {
                    go_on.remove(&self.answers_for(asked.holder));
                }
            }
            if go_on.is_empty() {
                return stuck;
            }
            stuck.retain(|principal| !go_on.contains(principal));
        }
    }

    /// The shortest way from `me` back to `me` over those that are stuck.
    fn way_back<'a>(
        &'a self,
        me: Principal<'a>,
        all: &[Asked<'a>],
        stuck: &BTreeSet<Principal<'a>>,
    ) -> Option<Vec<CycleStep>> {
        let mut reached_by: BTreeMap<Principal<'a>, (Principal<'a>, CycleStep)> = BTreeMap::new();
        let mut next = VecDeque::from([me]);
        while let Some(from) = next.pop_front() {
            for asked in all.iter().filter(|asked| self.answers_for(asked.holder) == from) {
                for blocker in self.those_in_the_way(*asked, Among::Only(stuck)) {
                    let to = self.answers_for(blocker.who);
                    if reached_by.contains_key(&to) {
                        continue;
                    }
                    reached_by.insert(to, (from, step(asked, &blocker)));
                    if to == me {
                        return Some(walked(me, &reached_by));
                    }
                    next.push_back(to);
                }
            }
        }
        None
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

fn walked<'a>(me: Principal<'a>, reached_by: &BTreeMap<Principal<'a>, (Principal<'a>, CycleStep)>) -> Vec<CycleStep> {
    let mut steps = Vec::new();
    let mut at = me;
    while let Some((from, step)) = reached_by.get(&at) {
        steps.push(step.clone());
        at = *from;
        if at == me {
            break;
        }
    }
    steps.reverse();
    steps
}
