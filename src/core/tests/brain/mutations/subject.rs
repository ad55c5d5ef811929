//! The fleet under test: a sound one, or one that seems to break a rule.
//!
//! A rule is broken from outside. What a fleet decides is what it records, so a mutation changes the effects of a step:
//! it leaves facts out, or puts others in their place. The view is folded again from the changed facts and put back
//! into the fleet through its stored form, and the next step continues from there. The fleet itself knows nothing of
//! this.

use super::rule::Rule;
use quarterdeck_core::Fleet;
use quarterdeck_core::effect::Effect;
use quarterdeck_core::event::Event;
use quarterdeck_core::time::Time;
use quarterdeck_core::view::View;
use std::ops::Deref;

/// A fleet that keeps all rules, or all but one.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    fleet: Fleet,
    broken: Option<Rule>,
}

impl Deref for Subject {
    type Target = Fleet;

    fn deref(&self) -> &Fleet {
        &self.fleet
    }
}

impl Subject {
    /// Returns a new fleet that keeps all rules.
    pub(crate) fn sound() -> Subject {
        Subject { fleet: Fleet::new(), broken: None }
    }

    /// Returns a new fleet that breaks this rule.
    pub(crate) fn without(rule: Rule) -> Subject {
        Subject { fleet: Fleet::new(), broken: Some(rule) }
    }

    /// Returns the fleet as it is now, without the mutation.
    pub(crate) fn into_fleet(self) -> Fleet {
        self.fleet
    }

    /// Steps the fleet, and returns the effects that remain after the mutation. A fleet that violates an invariant
    /// is stepped no further, so that a check after several steps finds the violation.
    pub(crate) fn step(&mut self, event: Event, now: Time) -> Vec<Effect> {
        let Some(rule) = self.broken else { return self.fleet.step(event, now) };
        if self.fleet.check_invariants().is_err() {
            return Vec::new();
        }
        let before = self.fleet.view().clone();
        let effects = self.fleet.step(event, now);
        let mut mutated = rule.break_it(effects.clone(), &before, now);
        if mutated != effects {
            self.fleet = with_view(&self.fleet, &folded(before, &mut mutated));
        }
        mutated
    }
}

/// Numbers the facts again, and folds them into a view.
fn folded(mut view: View, effects: &mut [Effect]) -> View {
    for effect in effects {
        if let Effect::Record(fact) = effect {
            fact.seq = view.seq + 1;
            view.apply(fact);
        }
    }
    view
}

fn with_view(fleet: &Fleet, view: &View) -> Fleet {
    let mut stored = serde_json::to_value(fleet).expect("JSON");
    stored["view"] = serde_json::to_value(view).expect("JSON");
    serde_json::from_value(stored).expect("a fleet")
}
