//! The order in which tasks go to agents.
//!
//! The weight of a task is `priority + waited / ageing`, and the task with the greatest weight goes first. The weights
//! of two waiting tasks grow alike, so the order between them never changes and can be computed when they are added:
//!
//! ```text
//!  p₁ + (now − added₁) / ageing  >  p₂ + (now − added₂) / ageing
//!  ⇔  added₁ − p₁ · ageing  <  added₂ − p₂ · ageing          rank = added − priority · ageing, the smallest first
//! ```
//!
//! No task starves: a task is overtaken only by tasks of higher priority that are added within `(their priority − its
//! own) · ageing` after it, and there are finitely many of those. A task that was tried and goes back to the queue
//! keeps its rank. A task that already holds its locks goes before all tasks that do not.
//!
//! **Invariant:** no task is overtaken by a task that was added after this time (`tests/brain/tasks/order.rs`).

use crate::ids::{PlanId, TaskId};
use crate::time::{Span, Time};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Returns the rank of a task; the smallest rank goes first.
pub fn rank(added: Time, priority: i32, ageing: Span) -> i64 {
    let added = i64::try_from(added.0).unwrap_or(i64::MAX);
    let ageing = i64::try_from(ageing.0.max(1)).unwrap_or(i64::MAX);
    added.saturating_sub(i64::from(priority).saturating_mul(ageing))
}

/// A place in the line; the smallest place goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// Whether the task already holds its locks.
    pub turn: Turn,
    /// The rank of the task.
    pub rank: i64,
    /// The task, which decides between equal ranks: the task that was added earlier goes first.
    pub task: TaskId,
}

/// Whether a task goes before all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Turn {
    /// The task waited in the line for its locks and now holds them.
    First,
    /// The task goes by its rank.
    ByRank,
}

/// The properties that decide which agents may take a task now. An agent that may take one task of a class may take all
/// of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Class {
    /// The required capabilities, sorted and without doubles.
    pub capabilities: Vec<String>,
    /// The plan to which the tasks belong.
    pub plan: Option<PlanId>,
    /// Whether only the agent in whose queue the tasks are may take them.
    pub bound: Bound,
    /// Whether locks must be requested first.
    pub locks: Wants,
}

/// Whether only one agent may take a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Bound {
    /// Any capable agent may take the task.
    ToNobody,
    /// Only the agent in whose queue the task is may take it.
    ToItsAgent,
}

/// Whether a task must ask for locks before it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Wants {
    /// The task names no locks, or already holds them.
    Nothing,
    /// The task names locks that it does not hold.
    Locks,
}

/// A line of tasks, sorted by class and, within a class, by place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Line {
    #[serde(with = "pairs")]
    classes: BTreeMap<Class, BTreeSet<Place>>,
    length: usize,
}

impl Line {
    /// Adds a task to the line.
    pub(super) fn enter(&mut self, class: Class, place: Place) {
        if self.classes.entry(class).or_default().insert(place) {
            self.length += 1;
        }
    }

    /// Removes a task from the line.
    pub(super) fn leave(&mut self, class: &Class, place: Place) {
        let Some(places) = self.classes.get_mut(class) else { return };
        if places.remove(&place) {
            self.length -= 1;
        }
        if places.is_empty() {
            self.classes.remove(class);
        }
    }

    /// Whether a task is at this place in the line.
    pub fn holds(&self, class: &Class, place: Place) -> bool {
        self.classes.get(class).is_some_and(|places| places.contains(&place))
    }

    /// Returns the first task among the accepted classes. It looks at each class once, and only at the first task of
    /// each.
    pub fn first(&self, accepts: impl Fn(&Class) -> bool) -> Option<Place> {
        let of_class = |(class, places): (&Class, &BTreeSet<Place>)| places.first().copied().filter(|_| accepts(class));
        self.classes.iter().filter_map(of_class).min()
    }

    /// Returns the classes of the tasks in the line.
    pub fn classes(&self) -> impl Iterator<Item = &Class> {
        self.classes.keys()
    }

    /// Returns the tasks of one class, in their order.
    pub fn of_class(&self, class: &Class) -> impl Iterator<Item = TaskId> {
        self.classes.get(class).into_iter().flatten().map(|place| place.task)
    }

    /// Returns all tasks in the line, by class.
    pub fn tasks(&self) -> impl Iterator<Item = TaskId> {
        self.classes.values().flatten().map(|place| place.task)
    }

    /// Returns how many tasks are in the line.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether the line has no tasks.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }
}

/// Serialises the map as a list of pairs, because its keys are not strings.
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
