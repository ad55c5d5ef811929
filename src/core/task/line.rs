//! The order in which tasks go to agents.
//!
//! A task counts `priority + waited / ageing`, and the one that counts most goes first. Of two tasks that wait, both
//! grow alike, so the order between them never changes, and can be said when they are added:
//!
//! ```text
//!  p₁ + (now − added₁) / ageing  >  p₂ + (now − added₂) / ageing
//!  ⇔  added₁ − p₁ · ageing  <  added₂ − p₂ · ageing          rank = added − priority · ageing, the smallest first
//! ```
//!
//! Nothing starves: a task is overtaken only by tasks of higher priority that are added within
//! `(their priority − its own) · ageing` after it, and those are finitely many. A task that was tried and goes back
//! keeps its rank. One that holds its locks already goes before all that do not.
//!
//! **Invariant:** nobody overtakes for longer than that (`tests/brain/tasks/order.rs`).

use crate::ids::{PlanId, TaskId};
use crate::time::{Span, Time};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// The rank of a task: the smallest goes first.
pub fn rank(added: Time, priority: i32, ageing: Span) -> i64 {
    let added = i64::try_from(added.0).unwrap_or(i64::MAX);
    let ageing = i64::try_from(ageing.0.max(1)).unwrap_or(i64::MAX);
    added.saturating_sub(i64::from(priority).saturating_mul(ageing))
}

/// A place in the line. The smallest goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// Whether it holds its locks already.
    pub turn: Turn,
    /// Its rank.
    pub rank: i64,
    /// Who was added first, where the ranks are the same.
    pub task: TaskId,
}

/// Whether a task goes before all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Turn {
    /// It waited in the line for its locks and has them.
    First,
    /// By its rank.
    ByRank,
}

/// What tasks have in common that decides who may take them now. Whoever may take one of a class may take all.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Class {
    /// What the agent must be able to do, in order and without doubles.
    pub capabilities: Vec<String>,
    /// The plan they belong to.
    pub plan: Option<PlanId>,
    /// Whether only the agent in whose queue they stand may take them.
    pub bound: Bound,
    /// Whether locks are to be asked for first.
    pub locks: Wants,
}

/// Whether only one agent may take a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Bound {
    /// Anyone who can do it.
    ToNobody,
    /// Only the agent in whose queue it stands.
    ToItsAgent,
}

/// Whether a task must ask for locks before it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Wants {
    /// It names none, or has them.
    Nothing,
    /// It names some that it does not hold.
    Locks,
}

/// A line of tasks: by class, and within it by place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Line {
    #[serde(with = "pairs")]
    classes: BTreeMap<Class, BTreeSet<Place>>,
    length: usize,
}

impl Line {
    /// Takes a task into the line.
    pub(super) fn enter(&mut self, class: Class, place: Place) {
        if self.classes.entry(class).or_default().insert(place) {
            self.length += 1;
        }
    }

    /// Takes it out.
    pub(super) fn leave(&mut self, class: &Class, place: Place) {
        let Some(places) = self.classes.get_mut(class) else { return };
        if places.remove(&place) {
            self.length -= 1;
        }
        if places.is_empty() {
            self.classes.remove(class);
        }
    }

    /// Whether a task stands at this place.
    pub fn holds(&self, class: &Class, place: Place) -> bool {
        self.classes.get(class).is_some_and(|places| places.contains(&place))
    }

    /// The first among the classes that are accepted. Looks at each class once, and at none of its other tasks.
    pub fn first(&self, accepts: impl Fn(&Class) -> bool) -> Option<Place> {
        let of_class = |(class, places): (&Class, &BTreeSet<Place>)| places.first().copied().filter(|_| accepts(class));
        self.classes.iter().filter_map(of_class).min()
    }

    /// The classes that stand in it.
    pub fn classes(&self) -> impl Iterator<Item = &Class> {
        self.classes.keys()
    }

    /// The tasks of one class, in their order.
    pub fn of_class(&self, class: &Class) -> impl Iterator<Item = TaskId> {
        self.classes.get(class).into_iter().flatten().map(|place| place.task)
    }

    /// All tasks in it, by class.
    pub fn tasks(&self) -> impl Iterator<Item = TaskId> {
        self.classes.values().flatten().map(|place| place.task)
    }

    /// How many tasks stand in it.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether nobody stands in it.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }
}

/// A map whose keys are no strings, kept as a list of pairs.
mod pairs {
    use super::{BTreeMap, BTreeSet, Class, Place, Vec};
    use serde::{Deserialize, Deserializer, Serializer};

    type Classes = BTreeMap<Class, BTreeSet<Place>>;

    pub(super) fn serialize<S: Serializer>(classes: &Classes, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(classes)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Classes, D::Error> {
        Vec::deserialize(deserializer).map(|pairs: Vec<(Class, BTreeSet<Place>)>| pairs.into_iter().collect())
    }
}
