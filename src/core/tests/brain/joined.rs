//! Tests of agents that were started outside the fleet, and joined it.

use crate::common::*;
use crate::tasks::desk::spec;
use quarterdeck_core::command::{Answer, Command, Denied, ShutdownMode};
use quarterdeck_core::effect::Effect;
use quarterdeck_core::event::Event;
use quarterdeck_core::ids::{AgentId, RunId};
use quarterdeck_core::lock::Process;
use quarterdeck_core::party::Party;
use quarterdeck_core::task::{TaskAnswer, TaskCommand, TaskSpec};
use quarterdeck_core::time::Span;
use quarterdeck_core::view::State;

const SHELL: Process = Process { pid: 77, start_time_ticks: 7_700 };

fn join(bench: &mut Bench, name: &str, process: Process) -> Result<AgentId, Denied> {
    let command = Command::Join { name: name.into(), capabilities: vec!["rust".into()], process };
    bench.command(command).map(|agent| agent.expect("the new agent"))
}

#[test]
fn it_has_a_run_that_is_followed_takes_no_place_and_is_nobodys_to_stop() {
    let mut bench = Bench::with_slots(1, vec![policy("a")]);
    bench.launch("a");
    let agent = join(&mut bench, "guest", SHELL).expect("joined");
    let run = bench.run("guest");
    assert_eq!((bench.state("guest"), bench.fleet.view().joined.get(&run)), (&State::Ready, Some(&SHELL)));
    assert!(bench.fleet.live_runs().all(|(live, _)| live != run), "it has no keeper to look for");
    for command in [
        Command::Start { agent },
        Command::Stop { agent },
        Command::Kill { agent },
        Command::Restart { agent },
        Command::Pause { agent },
        Command::Resume { agent },
        Command::Remove { agent },
    ] {
        assert_eq!(bench.command(command.clone()), Err(Denied::Joined), "{command:?}");
    }
    assert_eq!(join(&mut bench, "other", SHELL), Err(Denied::JoinedAlready { agent }));
    assert_eq!(join(&mut bench, "a", Process { pid: 8, ..SHELL }), Err(Denied::NameTaken { name: "a".into() }));
    let own = bench.id("a");
    assert_eq!(bench.command(Command::Leave { agent: own }), Err(Denied::NotJoined));
}

#[test]
fn what_it_works_on_goes_back_when_its_process_ends_and_its_name_is_free() {
    let mut bench = Bench::new(vec![]);
    join(&mut bench, "guest", SHELL).expect("joined");
    let run = bench.run("guest");
    let spec = TaskSpec { required_capabilities: vec!["rust".into()], ..spec("t") };
    bench.ask(Command::Task(TaskCommand::Add { spec: Box::new(spec), by: Party::Outside("person".into()) }));
    let claimed = bench.ask(Command::Task(TaskCommand::Claim { run, task: None, wait: Span(0) }));
    assert!(matches!(claimed, Answer::Task(TaskAnswer::Claimed { .. } | TaskAnswer::Waits { .. })), "{claimed:?}");
    bench.step(Event::JoinedProcessEnded { run: RunId(run.0 + 1) });
    assert_eq!(bench.state("guest"), &State::Ready, "that was another's");
    bench.step(Event::JoinedProcessEnded { run });
    assert!(bench.fleet.find("guest").is_none() && bench.fleet.view().joined.is_empty());
    assert!(bench.fleet.view().tasks.desks().all(|(_, desk)| desk.current.is_none()));
    join(&mut bench, "guest", SHELL).expect("once more");
    assert_ne!(bench.run("guest"), run);
}

#[test]
fn the_next_supervisor_follows_it_and_a_shutdown_lets_it_go() {
    let mut bench = Bench::new(vec![]);
    join(&mut bench, "guest", SHELL).expect("joined");
    let run = bench.run("guest");
    let followed = bench.step(Event::TookOver).contains(&Effect::Follow { run, process: SHELL });
    assert!(followed && bench.state("guest") == &State::Ready);
    let effects = bench.command(Command::Shutdown { mode: ShutdownMode::Graceful }).map(drop);
    assert_eq!(effects, Ok(()));
    assert!(bench.fleet.is_shut_down() && bench.fleet.view().agents.is_empty());
}
