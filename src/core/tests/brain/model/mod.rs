//! Explores every reachable state of a small fleet: two agents, one after the other, a world in which every known fault
//! may happen, and clients that give every command at any moment. The real [`Fleet::step`] is checked.
//!
//! Time does not advance and every span is zero, so an armed timer may fire at any moment, before or after any other
//! event. The budgets make the graph finite and acyclic. Every path therefore ends in a state in which the world owes
//! no event, and the final conditions are checked there.

mod world;

use crate::common::{policy, policy_after};
use quarterdeck_core::Fleet;
use quarterdeck_core::command::{Command, ShutdownMode};
use quarterdeck_core::ending::Exit;
use quarterdeck_core::event::Event;
use quarterdeck_core::ids::{AgentId, ReplyId, RunId};
use quarterdeck_core::policy::{AgentPolicy, FleetPolicy, Readiness, RestartPolicy, StopPolicy};
use quarterdeck_core::time::Span;
use quarterdeck_core::view::{AgentView, Pause, State};
use stateright::{Checker, Model, Property};
use std::collections::{BTreeMap, BTreeSet};
use world::{Budget, Process, Supervisor, Whole};

#[derive(Clone, Debug, PartialEq, Eq)]
enum Action {
    /// A client gives a command, or the file is saved.
    Ask(Event),
    /// The world reports an event, such as the result of an effect or an act of a program.
    Happen(Event),
    /// The run's program starts, and will ignore signals.
    StartDeaf(RunId),
    /// The run's process exits, and another process of its tree remains.
    ExitLeaving(RunId),
    /// A fault happens, reported by this event.
    Fail(Event),
    /// An event is reported a second time.
    Double(Event),
    /// The supervisor dies after this action was recorded and before its effects were carried out.
    DieDuring(Box<Action>),
    /// The supervisor dies while nothing happens.
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

    /// Returns the events that must happen eventually, including timers that fire.
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

    /// Pays for the action from the budget, changes the world, and returns the event that the fleet gets.
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

/// Whether no run is being started or ended, and a requested shutdown is complete.
fn is_at_rest(whole: &Whole) -> bool {
    let resting = |view: &AgentView| {
        let on_its_way =
            matches!(view.state, State::Preparing | State::Stopping { .. } | State::Lost | State::Backoff { .. });
        !on_its_way && view.pause != Pause::Pausing
    };
    let view = whole.fleet.view();
    view.agents.values().all(resting) && (view.shutdown.is_none() || whole.fleet.is_shut_down())
}

/// Explores all states of a fleet; there must be exactly `states` of them, and each of `sights` must have been seen.
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
    explore(vec![first()], budget, &["gives up", "lost", "frozen", "shut down"], 58_721);
}

#[test]
fn two_agents_and_a_request() {
    let budget = Budget { commands: 1, faults: 0, doubles: 0, supervisor_deaths: 0 };
    explore(vec![first(), second()], budget, &["gives up", "frozen", "second is ready", "shut down"], 50_274);
}

#[test]
fn two_agents_a_fault_and_a_dead_supervisor() {
    let budget = Budget { commands: 0, faults: 1, doubles: 0, supervisor_deaths: 1 };
    explore(vec![first(), second()], budget, &["gives up", "lost", "second is ready"], 16_862);
}

#[test]
fn two_agents_a_fault_and_a_word_told_twice() {
    let budget = Budget { commands: 0, faults: 1, doubles: 1, supervisor_deaths: 0 };
    explore(vec![first(), second()], budget, &["gives up", "lost", "second is ready"], 9_478);
}
