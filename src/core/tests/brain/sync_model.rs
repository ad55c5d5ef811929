//! Explores every reachable state of the synchronisation of four scopes in a diamond, with the real [`Fleet::step`].
//! The specification `assets/spec/Sync.tla` has the same number of states.

use crate::common::policy;
use quarterdeck_core::Fleet;
use quarterdeck_core::command::{Answer, Command, Denied};
use quarterdeck_core::effect::Effect;
use quarterdeck_core::ending::{Exit, TreeReport};
use quarterdeck_core::event::Event;
use quarterdeck_core::ids::{AgentId, ReplyId, RunId};
use quarterdeck_core::party::Party;
use quarterdeck_core::policy::{CoordinationPolicy, FleetPolicy};
use quarterdeck_core::sync::{Priority, Standing, SyncCommand, SyncPolicy};
use quarterdeck_core::time::Time;
use std::collections::{HashSet, VecDeque};

/// Number of states that TLC finds with `assets/spec/Sync.cfg`.
pub(crate) const STATES: usize = 156;

const SCOPES: [(&str, &[&str]); 4] =
    [("one", &[]), ("left", &["one"]), ("right", &["one"]), ("last", &["left", "right"])];
const NOW: Time = Time(1);

/// A state: each scope's standing and retries, and the queue.
type Seen = (Vec<(&'static str, u32)>, Vec<String>);

#[derive(Clone, Debug)]
enum Action {
    Start(&'static str),
    Complete(&'static str),
    Fail(&'static str),
    Change(&'static str),
    Crash,
}

fn run(fleet: &Fleet) -> RunId {
    fleet.view().agents[&AgentId(1)].run.expect("a run")
}

fn ask(fleet: &mut Fleet, command: Command) -> Result<(), Denied> {
    let effects = fleet.step(Event::Command { reply: ReplyId(1), command }, NOW);
    let answer = effects.into_iter().find_map(|effect| match effect {
        Effect::Reply { answer, .. } => Some(answer),
        _ => None,
    });
    match answer.expect("an answer") {
        Answer::Denied(denied) => Err(denied),
        _ => Ok(()),
    }
}

fn become_ready(fleet: &mut Fleet) {
    let run = run(fleet);
    for event in [Event::Prepared { run }, Event::Started { run, pid: 1 }, Event::FirstOutput { run }] {
        fleet.step(event, NOW);
    }
}

/// Makes a fleet of one agent that knows the four scopes, all idle.
fn first() -> Fleet {
    let mut fleet = Fleet::new();
    let sync = SyncPolicy { retries_max: 1, ..SyncPolicy::default() };
    let coordination = CoordinationPolicy { sync, ..CoordinationPolicy::default() };
    let agents = vec![policy("a")];
    fleet.step(Event::Configured { fleet: FleetPolicy { coordination, ..FleetPolicy::default() }, agents }, NOW);
    become_ready(&mut fleet);
    for (scope, needs) in SCOPES {
        let (by, needs) = (Party::Run(run(&fleet)), needs.iter().map(|need| need.to_string()).collect());
        let start = SyncCommand::Start { by, scope: scope.into(), needs: Some(needs), priority: Priority::Normal };
        ask(&mut fleet, Command::Sync(start)).expect("started");
        take(&mut fleet, Action::Complete(scope)).expect("completed");
    }
    take(&mut fleet, Action::Change("one")).expect("changed");
    fleet
}

fn take(fleet: &mut Fleet, action: Action) -> Result<(), Denied> {
    let by = Party::Run(run(fleet));
    let command = match action {
        Action::Start(scope) => SyncCommand::Start { by, scope: scope.into(), needs: None, priority: Priority::Normal },
        Action::Complete(scope) => SyncCommand::Complete { by, scope: scope.into() },
        Action::Fail(scope) => SyncCommand::Fail { by, scope: scope.into(), reason: "a model".into() },
        Action::Change(scope) => SyncCommand::Change { by, scope: scope.into() },
        Action::Crash => {
            let run = run(fleet);
            fleet.step(Event::Exited { run, exit: Exit::Code(0), left: 0 }, NOW);
            fleet.step(Event::Emptied { run, report: TreeReport::default() }, NOW);
            ask(fleet, Command::Start { agent: AgentId(1) })?;
            become_ready(fleet);
            return Ok(());
        }
    };
    ask(fleet, Command::Sync(command))
}

fn seen(fleet: &Fleet) -> Seen {
    let sync = &fleet.view().sync;
    let of = |(scope, _): &(&str, &[&str])| {
        let known = sync.get(scope).expect("a known scope");
        let standing = match known.standing {
            Standing::Idle => "idle",
            Standing::Queued { .. } => "queued",
            Standing::Syncing { .. } => "syncing",
            Standing::Completed { .. } => "completed",
            Standing::Failed { .. } => "failed",
        };
        (standing, known.retries)
    };
    (SCOPES.iter().map(of).collect(), sync.queue().into_iter().map(str::to_owned).collect())
}

#[test]
fn the_synchronisation_has_the_states_of_the_specification() {
    let first = first();
    let mut known = HashSet::from([seen(&first)]);
    let mut next = VecDeque::from([first]);
    while let Some(fleet) = next.pop_front() {
        let each = SCOPES.iter().flat_map(|(scope, _)| {
            [Action::Start(scope), Action::Complete(scope), Action::Fail(scope), Action::Change(scope)]
        });
        for action in each.chain([Action::Crash]) {
            let mut after = fleet.clone();
            let _refused_changes_nothing = take(&mut after, action.clone());
            assert_eq!(after.check_invariants(), Ok(()), "{action:?}");
            if known.insert(seen(&after)) {
                next.push_back(after);
            }
        }
    }
    assert_eq!(known.len(), STATES);
}
