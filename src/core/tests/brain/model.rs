//! Every reachable state of a small fleet: two agents, one after the other, a world that may fail in every way
//! it knows, and clients that ask for everything at any moment. The real [`Fleet::step`] is what is checked.
//!
//! Time stands still and every span is zero, so an armed timer may fire at any moment, before or after anything.
//! The budgets make the graph finite and free of circles; every path therefore comes to a state in which the world
//! owes nothing, and what must happen at last is checked there.

use crate::common::{policy, policy_after};
use quarterdeck_core::Fleet;
use quarterdeck_core::command::{Command, ShutdownMode};
use quarterdeck_core::effect::Effect;
use quarterdeck_core::event::{Event, Exit, TimerId, TreeReport};
use quarterdeck_core::ids::{AgentId, ReplyId, RunId};
use quarterdeck_core::policy::{AgentPolicy, FleetPolicy, Readiness, RestartPolicy, StopPolicy};
use quarterdeck_core::time::{Span, Time};
use quarterdeck_core::view::{AgentView, Pause, State};
use stateright::{Checker, Model, Property};
use std::collections::{BTreeMap, BTreeSet};

const NOW: Time = Time(0);

/// What may happen in all, along one path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Budget {
    commands: u8,
    faults: u8,
    doubles: u8,
    supervisor_deaths: u8,
}

/// The fleet and its world.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Whole {
    fleet: Fleet,
    trees: BTreeMap<RunId, Tree>,
    timers: BTreeSet<TimerId>,
    budget: Budget,
    supervisor: Supervisor,
    /// The first thing that went wrong, in words.
    wrong: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Supervisor {
    Runs,
    Ended,
}

/// What is true of one run out there, and what was told of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Tree {
    owes: BTreeSet<Owed>,
    keeper: bool,
    process: Process,
    others: bool,
    frozen: bool,
    signalled: bool,
    killed: bool,
    told: BTreeSet<Told>,
}

/// What the world was asked for and has not yet answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Owed {
    Preparation,
    Launch,
    Freeze,
    Thaw,
    Reaping,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Process {
    #[default]
    None,
    Obedient,
    Deaf,
    Gone(Exit),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Told {
    Prepared,
    Started,
    Output,
    Exited,
    Emptied,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Action {
    /// A client asks, or the file is saved.
    Ask(Event),
    /// The world answers, or a program does what programs do.
    Happen(Event),
    /// A deaf program starts.
    StartDeaf(RunId),
    /// It exits and leaves another process behind.
    ExitLeaving(RunId),
    /// Something fails.
    Fail(Event),
    /// Something is told again.
    Double(Event),
    /// The supervisor dies after this was recorded and before anything was done about it.
    DieDuring(Box<Action>),
    /// It dies while nothing happens.
    Die,
}

struct Small {
    agents: Vec<AgentPolicy>,
    budget: Budget,
}

const SOUND: &str = "nothing goes wrong";
const INVARIANT: &str = "the invariants hold";
const AT_REST: &str = "what must end has ended when the world owes nothing";
const ENDS: &str = "the supervisor ends when all has ended, and not before";

fn first() -> AgentPolicy {
    let restart = RestartPolicy { delay: Span(0), budget: 1, reset_after: Span(0), ..RestartPolicy::default() };
    AgentPolicy { restart, stop: StopPolicy { grace: Span(0), ..StopPolicy::default() }, ..policy("a") }
}

fn second() -> AgentPolicy {
    let restart = RestartPolicy { budget: 0, ..RestartPolicy::default() };
    let stop = StopPolicy { keys_wait: Some(Span(0)), signal: 2, grace: Span(0) };
    AgentPolicy { restart, stop, readiness: Readiness::Delay(Span(0)), ..policy_after("b", &["a"]) }
}

fn configured(agents: Vec<AgentPolicy>) -> Event {
    Event::Configured { fleet: FleetPolicy::default(), agents }
}

impl Whole {
    /// Steps the fleet, checks the effects against each other, and gives those that are acts.
    fn step(&mut self, event: Event) -> Vec<Effect> {
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

    fn step_and_act(&mut self, event: Event) {
        for effect in self.step(event) {
            self.act(effect);
        }
        self.ensure(self.fleet.armed().map(|armed| armed.timer).eq_set(&self.timers), "the timers differ");
    }

    fn act(&mut self, effect: Effect) {
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
        }
    }

    /// The next supervisor: takes over, arms the timers, finds the keepers, hears what they have to tell.
    fn take_over(&mut self) {
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
                self.step_and_act(Event::KeeperLost { run });
                continue;
            }
            self.step_and_act(Event::Adopted { run });
            for event in tree.history(run) {
                self.step_and_act(event);
            }
        }
    }

    fn tree(&mut self, run: RunId) -> &mut Tree {
        self.trees.entry(run).or_default()
    }

    fn owe(&mut self, run: RunId, owed: Owed) {
        self.tree(run).owes.insert(owed);
    }

    fn ensure(&mut self, holds: bool, wrong: &'static str) {
        if !holds {
            self.wrong.get_or_insert(wrong);
        }
    }

    /// Changes what is true out there because of what is about to be told.
    fn comes_true(&mut self, event: &Event) {
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
    fn settle(&mut self, owed: Owed, told: Option<Told>) {
        self.owes.remove(&owed);
        self.told.extend(told);
    }

    fn lives(&self) -> bool {
        matches!(self.process, Process::Obedient | Process::Deaf)
    }

    fn is_empty(&self) -> bool {
        !self.lives() && !self.others
    }

    /// What the world must tell at last.
    fn owed(&self, run: RunId) -> Vec<Event> {
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

    /// What its program may do by itself.
    fn may(&self, run: RunId) -> Vec<Event> {
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

    /// What may go wrong with it.
    fn may_fail(&self, run: RunId) -> Vec<Action> {
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

    /// What its keeper has told, in order.
    fn history(&self, run: RunId) -> Vec<Event> {
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

impl Small {
    fn asks(&self, whole: &Whole) -> Vec<Action> {
        let mut events =
            vec![configured(vec![first()]), configured(vec![first(), AgentPolicy { revision: 2, ..second() }])];
        let mut command = |command| events.push(Event::Command { reply: ReplyId(1), command });
        for agent in [AgentId(1), AgentId(2)].into_iter().filter(|agent| whole.fleet.view().agents.contains_key(agent))
        {
            command(Command::Start { agent });
            command(Command::Stop { agent });
            command(Command::Kill { agent });
            command(Command::Restart { agent });
            command(Command::Pause { agent });
            command(Command::Resume { agent });
            command(Command::Remove { agent });
        }
        command(Command::Shutdown { mode: ShutdownMode::Graceful });
        command(Command::Shutdown { mode: ShutdownMode::Kill });
        events.into_iter().map(Action::Ask).collect()
    }

    /// What must happen at last, and what may happen besides.
    fn owed(&self, whole: &Whole) -> Vec<Event> {
        let trees = whole.trees.iter().flat_map(|(run, tree)| tree.owed(*run));
        trees.chain(whole.timers.iter().map(|timer| Event::TimerFired { timer: *timer })).collect()
    }

    fn live_actions(&self, whole: &Whole, actions: &mut Vec<Action>) {
        actions.extend(self.owed(whole).into_iter().map(Action::Happen));
        for (run, tree) in &whole.trees {
            actions.extend(tree.may(*run).into_iter().map(Action::Happen));
            if whole.budget.faults > 0 {
                actions.extend(tree.may_fail(*run));
            }
            if whole.budget.doubles > 0 {
                actions.extend(tree.history(*run).into_iter().map(Action::Double));
            }
        }
        if whole.budget.commands > 0 {
            actions.extend(self.asks(whole));
        }
    }

    /// Spends what the action costs, lets it come true out there, and gives what the fleet hears of it.
    fn event_of(&self, whole: &mut Whole, action: Action) -> Option<Event> {
        let event = match action {
            Action::Ask(event) => {
                whole.budget.commands -= 1;
                event
            }
            Action::Happen(event) => event,
            Action::Fail(event) => {
                whole.budget.faults -= 1;
                event
            }
            Action::StartDeaf(run) => {
                whole.budget.faults -= 1;
                whole.tree(run).process = Process::Deaf;
                Event::Started { run, pid: 1 }
            }
            Action::ExitLeaving(run) => {
                whole.budget.faults -= 1;
                whole.tree(run).others = true;
                Event::Exited { run, exit: Exit::Code(0), left: 1 }
            }
            Action::Double(event) => {
                whole.budget.doubles -= 1;
                return Some(event);
            }
            Action::DieDuring(_) | Action::Die => return None,
        };
        whole.comes_true(&event);
        Some(event)
    }
}

impl Model for Small {
    type State = Whole;
    type Action = Action;

    fn init_states(&self) -> Vec<Whole> {
        let mut whole = Whole {
            fleet: Fleet::new(),
            trees: BTreeMap::new(),
            timers: BTreeSet::new(),
            budget: self.budget,
            supervisor: Supervisor::Runs,
            wrong: None,
        };
        whole.step_and_act(configured(self.agents.clone()));
        vec![whole]
    }

    fn actions(&self, whole: &Whole, actions: &mut Vec<Action>) {
        if whole.supervisor == Supervisor::Ended {
            return;
        }
        self.live_actions(whole, actions);
        if whole.budget.supervisor_deaths > 0 {
            let during: Vec<Action> =
                actions.iter().cloned().map(|action| Action::DieDuring(Box::new(action))).collect();
            actions.extend(during);
            actions.push(Action::Die);
        }
    }

    fn next_state(&self, last: &Whole, action: Action) -> Option<Whole> {
        let mut whole = last.clone();
        match action {
            Action::DieDuring(action) => {
                whole.budget.supervisor_deaths -= 1;
                let event = self.event_of(&mut whole, *action)?;
                whole.step(event);
                whole.take_over();
            }
            Action::Die => {
                whole.budget.supervisor_deaths -= 1;
                whole.take_over();
            }
            action => {
                let event = self.event_of(&mut whole, action)?;
                whole.step_and_act(event);
            }
        }
        Some(whole)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(SOUND, |_, whole: &Whole| whole.wrong.is_none()),
            Property::always(INVARIANT, |_, whole: &Whole| whole.fleet.check_invariants().is_ok()),
            Property::always(AT_REST, |model: &Small, whole: &Whole| {
                !model.owed(whole).is_empty() || is_at_rest(whole)
            }),
            Property::always(ENDS, |_, whole: &Whole| {
                (whole.supervisor == Supervisor::Ended) == whole.fleet.is_shut_down()
            }),
            Property::sometimes("gives up", |_, whole: &Whole| {
                is(whole, 1, |view| matches!(view.state, State::GaveUp { .. }))
            }),
            Property::sometimes("lost", |_, whole: &Whole| is(whole, 1, |view| view.state == State::Lost)),
            Property::sometimes("frozen", |_, whole: &Whole| is(whole, 1, |view| view.pause == Pause::Paused)),
            Property::sometimes("second is ready", |_, whole: &Whole| is(whole, 2, |view| view.state == State::Ready)),
            Property::sometimes("shut down", |_, whole: &Whole| whole.fleet.is_shut_down()),
        ]
    }
}

fn is(whole: &Whole, agent: u32, condition: fn(&AgentView) -> bool) -> bool {
    whole.fleet.view().agents.get(&AgentId(agent)).is_some_and(condition)
}

/// No run is on its way anywhere, and a shutdown is done.
fn is_at_rest(whole: &Whole) -> bool {
    let resting = |view: &AgentView| {
        let on_its_way =
            matches!(view.state, State::Preparing | State::Stopping { .. } | State::Lost | State::Backoff { .. });
        !on_its_way && view.pause != Pause::Pausing
    };
    let view = whole.fleet.view();
    view.agents.values().all(resting) && (view.shutdown.is_none() || whole.fleet.is_shut_down())
}

/// Explores a fleet to the last state, which must be so many, and must have seen each of the sights.
fn explore(agents: Vec<AgentPolicy>, budget: Budget, sights: &[&'static str], states: usize) {
    let checker = Small { agents, budget }.checker().threads(2).spawn_bfs().join();
    println!("{budget:?}: {} states, depth {}", checker.unique_state_count(), checker.max_depth());
    for always in [SOUND, INVARIANT, AT_REST, ENDS] {
        checker.assert_no_discovery(always);
    }
    for sight in sights {
        checker.assert_any_discovery(sight);
    }
    assert_eq!(checker.unique_state_count(), states, "a change of the rules changes this number: look at why");
}

#[test]
fn one_agent_and_two_requests() {
    let budget = Budget { commands: 2, faults: 0, doubles: 0, supervisor_deaths: 0 };
    explore(vec![first()], budget, &["gives up", "frozen", "shut down"], 136_061);
}

#[test]
fn one_agent_a_request_a_fault_and_a_dead_supervisor() {
    let budget = Budget { commands: 1, faults: 1, doubles: 0, supervisor_deaths: 1 };
    explore(vec![first()], budget, &["gives up", "lost", "frozen", "shut down"], 63_534);
}

#[test]
fn two_agents_and_a_request() {
    let budget = Budget { commands: 1, faults: 0, doubles: 0, supervisor_deaths: 0 };
    explore(vec![first(), second()], budget, &["gives up", "frozen", "second is ready", "shut down"], 50_274);
}

#[test]
fn two_agents_a_fault_and_a_dead_supervisor() {
    let budget = Budget { commands: 0, faults: 1, doubles: 0, supervisor_deaths: 1 };
    explore(vec![first(), second()], budget, &["gives up", "lost", "second is ready"], 18_332);
}

#[test]
fn two_agents_a_fault_and_a_word_told_twice() {
    let budget = Budget { commands: 0, faults: 1, doubles: 1, supervisor_deaths: 0 };
    explore(vec![first(), second()], budget, &["gives up", "lost", "second is ready"], 9_478);
}
