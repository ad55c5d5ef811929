//! The world of the model: the real state of each run, the events reported about it, and the events still owed.

use super::Action;
use quarterdeck_core::Fleet;
use quarterdeck_core::effect::Effect;
use quarterdeck_core::ending::{Exit, TreeReport};
use quarterdeck_core::event::{Event, TimerId};
use quarterdeck_core::ids::RunId;
use quarterdeck_core::time::Time;
use std::collections::{BTreeMap, BTreeSet};

const NOW: Time = Time(0);

/// How many commands and faults may happen in all along one path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Budget {
    pub(super) commands: u8,
    pub(super) faults: u8,
    pub(super) doubles: u8,
    pub(super) supervisor_deaths: u8,
}

/// The fleet and the world around it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Whole {
    pub(super) fleet: Fleet,
    pub(super) trees: BTreeMap<RunId, Tree>,
    pub(super) timers: BTreeSet<TimerId>,
    pub(super) budget: Budget,
    pub(super) supervisor: Supervisor,
    /// The first error that was found, in words.
    pub(super) wrong: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Supervisor {
    Runs,
    Ended,
}

/// The real state of one run, and the events reported about it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Tree {
    pub(super) owes: BTreeSet<Owed>,
    pub(super) keeper: bool,
    pub(super) process: Process,
    pub(super) others: bool,
    pub(super) frozen: bool,
    pub(super) signalled: bool,
    pub(super) killed: bool,
    pub(super) told: BTreeSet<Told>,
}

/// An effect that was asked for and whose result is not reported yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Owed {
    Preparation,
    Launch,
    Freeze,
    Thaw,
    Reaping,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Process {
    #[default]
    None,
    Obedient,
    Deaf,
    Gone(Exit),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Told {
    Prepared,
    Started,
    Output,
    Exited,
    Emptied,
}

impl Whole {
    /// Steps the fleet, checks the effects against each other, and returns those that are actions.
    pub(super) fn step(&mut self, event: Event) -> Vec<Effect> {
        let asked = matches!(event, Event::Command { .. });
        let mut folded = self.fleet.view().clone();
        let effects = self.fleet.step(event, NOW);
        for effect in &effects {
            if let Effect::Record(fact) = effect {
                self.ensure(fact.seq == folded.seq + 1, "a fact is out of order");
                folded.apply(fact);
            }
        }
        self.ensure(&folded == self.fleet.view(), "the fold of the facts is not the view");
        let replies = effects.iter().filter(|effect| matches!(effect, Effect::Reply { .. })).count();
        self.ensure(replies == usize::from(asked), "a command has not exactly one answer");
        effects
    }

    pub(super) fn step_and_act(&mut self, event: Event) {
        for effect in self.step(event) {
            self.act(effect);
        }
        self.ensure(self.fleet.armed().map(|armed| armed.timer).eq_set(&self.timers), "the timers differ");
    }

    pub(super) fn act(&mut self, effect: Effect) {
        match effect {
            Effect::Record(_) | Effect::Reply { .. } => {}
            Effect::Prepare { run, .. } => self.owe(run, Owed::Preparation),
            Effect::Launch { run, .. } => {
                self.owe(run, Owed::Launch);
                self.tree(run).keeper = true;
            }
            Effect::Signal { run, .. } => self.tree(run).signalled = true,
            Effect::KillTree { run } => {
                let tree = self.tree(run);
                tree.killed = true;
                tree.frozen = false;
            }
            Effect::Freeze { run } => self.owe(run, Owed::Freeze),
            Effect::Thaw { run } => self.owe(run, Owed::Thaw),
            Effect::Reap { run } => self.owe(run, Owed::Reaping),
            Effect::Dismiss { run } => {
                let empty = self.trees.remove(&run).is_none_or(|tree| tree.is_empty());
                self.ensure(empty, "a run was dismissed while its tree lived");
            }
            Effect::Arm { timer, .. } => {
                self.timers.insert(timer);
            }
            Effect::Disarm { timer } => {
                let was_armed = self.timers.remove(&timer);
                self.ensure(was_armed, "a timer was disarmed that was not armed");
            }
            Effect::EndSupervisor => self.supervisor = Supervisor::Ended,
            Effect::TypeStopKeys { .. } | Effect::Probe { .. } => {}
            _of_coordination => {}
        }
    }

    /// Starts the next supervisor: it takes over, arms the timers, finds the keepers, and gets their events.
    pub(super) fn take_over(&mut self) {
        self.timers = self.fleet.armed().map(|armed| armed.timer).collect();
        if self.fleet.is_shut_down() {
            self.supervisor = Supervisor::Ended;
            return;
        }
        for tree in self.trees.values_mut() {
            tree.owes.retain(|owed| *owed == Owed::Launch);
        }
        let known: BTreeSet<RunId> = self.fleet.live_runs().map(|(run, _)| run).collect();
        self.trees.retain(|run, _| known.contains(run));
        self.step_and_act(Event::TookOver);
        for run in known {
            let tree = self.trees.get(&run).cloned().unwrap_or_default();
            if !tree.keeper {
                self.step_and_act(Event::NotLaunched { run });
                continue;
            }
            self.step_and_act(Event::Adopted { run });
            for event in tree.history(run) {
                self.step_and_act(event);
            }
        }
    }

    pub(super) fn tree(&mut self, run: RunId) -> &mut Tree {
        self.trees.entry(run).or_default()
    }

    pub(super) fn owe(&mut self, run: RunId, owed: Owed) {
        self.tree(run).owes.insert(owed);
    }

    pub(super) fn ensure(&mut self, holds: bool, wrong: &'static str) {
        if !holds {
            self.wrong.get_or_insert(wrong);
        }
    }

    /// Changes the real state to match the event that is about to be reported.
    pub(super) fn comes_true(&mut self, event: &Event) {
        if let Event::TimerFired { timer } = event {
            self.timers.remove(timer);
            return;
        }
        let Some(run) = event.run() else { return };
        let tree = self.tree(run);
        match event {
            Event::Prepared { .. } => tree.settle(Owed::Preparation, Some(Told::Prepared)),
            Event::PrepareFailed { .. } => tree.settle(Owed::Preparation, None),
            Event::Started { .. } => {
                tree.settle(Owed::Launch, Some(Told::Started));
                if tree.process == Process::None {
                    tree.process = Process::Obedient;
                }
            }
            Event::StartFailed { .. } => tree.settle(Owed::Launch, None),
            Event::FirstOutput { .. } => {
                tree.told.insert(Told::Output);
            }
            Event::Exited { exit, .. } => {
                tree.process = Process::Gone(*exit);
                tree.told.insert(Told::Exited);
            }
            Event::Emptied { .. } => {
                tree.others = false;
                tree.told.insert(Told::Emptied);
                if !matches!(tree.process, Process::Gone(_)) {
                    tree.process = Process::Gone(Exit::Signal(9));
                }
            }
            Event::Frozen { .. } => {
                tree.settle(Owed::Freeze, None);
                tree.frozen = true;
            }
            Event::FreezeFailed { .. } => tree.settle(Owed::Freeze, None),
            Event::Thawed { .. } => {
                tree.settle(Owed::Thaw, None);
                tree.settle(Owed::Freeze, None);
                tree.frozen = false;
            }
            Event::KeeperLost { .. } => *tree = Tree { process: tree.process, ..Tree::default() },
            Event::Reaped { .. } => {
                tree.settle(Owed::Reaping, None);
                tree.process = Process::None;
            }
            _ => {}
        }
    }
}

impl Tree {
    pub(super) fn settle(&mut self, owed: Owed, told: Option<Told>) {
        self.owes.remove(&owed);
        self.told.extend(told);
    }

    pub(super) fn lives(&self) -> bool {
        matches!(self.process, Process::Obedient | Process::Deaf)
    }

    pub(super) fn is_empty(&self) -> bool {
        !self.lives() && !self.others
    }

    /// Returns the events that the world must report eventually.
    pub(super) fn owed(&self, run: RunId) -> Vec<Event> {
        let mut events: Vec<Event> = self
            .owes
            .iter()
            .map(|owed| match owed {
                Owed::Preparation => Event::Prepared { run },
                Owed::Launch => Event::Started { run, pid: 1 },
                Owed::Freeze => Event::Frozen { run, processes: 1 },
                Owed::Thaw => Event::Thawed { run },
                Owed::Reaping => Event::Reaped { run, processes: 0 },
            })
            .collect();
        if !self.keeper {
            return events;
        }
        let report = TreeReport::default();
        let must_exit = self.killed || (self.signalled && self.process == Process::Obedient && !self.frozen);
        let exit_untold = !self.told.contains(&Told::Exited);
        match self.process {
            _ if self.lives() && must_exit => {
                events.push(Event::Exited { run, exit: Exit::Signal(9), left: u32::from(self.others) });
            }
            Process::Gone(exit) if exit_untold => {
                events.push(Event::Exited { run, exit, left: u32::from(self.others) })
            }
            _ => {}
        }
        let gone = matches!(self.process, Process::Gone(_)) && !self.others;
        if (gone || (self.killed && self.told.contains(&Told::Started))) && !self.told.contains(&Told::Emptied) {
            events.push(Event::Emptied { run, report });
        }
        events
    }

    /// Returns the events that the run's program may cause by itself.
    pub(super) fn may(&self, run: RunId) -> Vec<Event> {
        let mut events = Vec::new();
        let launching = self.owes.contains(&Owed::Launch);
        if (launching || self.lives()) && !self.told.contains(&Told::Output) && self.keeper {
            events.push(Event::FirstOutput { run });
        }
        if self.process == Process::Obedient && !self.frozen && self.keeper {
            events.extend([0, 1].map(|code| Event::Exited { run, exit: Exit::Code(code), left: 0 }));
        }
        events
    }

    /// Returns the faults that may happen to the run.
    pub(super) fn may_fail(&self, run: RunId) -> Vec<Action> {
        let reason = || String::from("fault");
        let mut actions: Vec<Action> = self
            .owes
            .iter()
            .filter_map(|owed| match owed {
                Owed::Preparation => Some(Action::Fail(Event::PrepareFailed { run, reason: reason() })),
                Owed::Launch => Some(Action::Fail(Event::StartFailed { run, reason: reason() })),
                Owed::Freeze => Some(Action::Fail(Event::FreezeFailed { run, reason: reason() })),
                Owed::Thaw | Owed::Reaping => None,
            })
            .collect();
        if self.keeper {
            actions.push(Action::Fail(Event::KeeperLost { run }));
        }
        if self.owes.contains(&Owed::Launch) {
            actions.push(Action::StartDeaf(run));
        }
        if self.process == Process::Obedient && !self.frozen {
            actions.push(Action::ExitLeaving(run));
        }
        actions
    }

    /// Returns the events that the run's keeper has reported, in order.
    pub(super) fn history(&self, run: RunId) -> Vec<Event> {
        let mut events = Vec::new();
        for told in &self.told {
            match (told, self.process) {
                (Told::Prepared, _) => {}
                (Told::Started, _) => events.push(Event::Started { run, pid: 1 }),
                (Told::Output, _) => events.push(Event::FirstOutput { run }),
                (Told::Exited, Process::Gone(exit)) => {
                    events.push(Event::Exited { run, exit, left: u32::from(self.others) });
                }
                (Told::Exited, _) => {}
                (Told::Emptied, _) => events.push(Event::Emptied { run, report: TreeReport::default() }),
            }
        }
        events
    }
}

trait EqSet {
    fn eq_set(self, other: &BTreeSet<TimerId>) -> bool;
}

impl<I: Iterator<Item = TimerId>> EqSet for I {
    fn eq_set(self, other: &BTreeSet<TimerId>) -> bool {
        self.collect::<BTreeSet<_>>() == *other
    }
}
