//! Tests of keepers that are lost, and of supervisors that take over.

use crate::common::*;
use quarterdeck_core::command::Command;
use quarterdeck_core::ending::{Exit, Outcome};
use quarterdeck_core::event::{Event, TimerId};
use quarterdeck_core::ids::RunId;
use quarterdeck_core::policy::{AgentPolicy, Readiness};
use quarterdeck_core::time::Span;
use quarterdeck_core::view::{Pause, State};

#[test]
fn a_lost_keeper_is_reaped_and_the_run_failed() {
    let mut bench = Bench::new(vec![policy("a")]);
    bench.ready("a");
    let run = bench.run("a");
    bench.step(Event::KeeperLost { run });
    assert_eq!(bench.told(), ["agent.lost", "Reap"]);
    assert_eq!(bench.state("a"), &State::Lost);
    bench.exited("a", Exit::Code(0), 0);
    assert!(bench.effects.is_empty());
    bench.step(Event::Reaped { run, processes: 3 });
    assert_eq!(bench.told()[..4], ["agent.reaped", "agent.ended", "Dismiss", "agent.backed_off"]);
    let last = bench.agent("a").last.clone().expect("an ending");
    assert_eq!(
        (last.outcome, last.reason.as_deref()),
        (Outcome::Failed, Some("the keeper of the run ended without an exit record"))
    );
}

#[test]
fn a_stop_of_a_lost_run_only_cancels_its_restart() {
    let mut bench = Bench::new(vec![policy("a")]);
    bench.ready("a");
    let (agent, run) = (bench.id("a"), bench.run("a"));
    bench.step(Event::KeeperLost { run });
    let _ = bench.command(Command::Stop { agent });
    assert_eq!(bench.told(), ["agent.stopping", "Reply"]);
    assert_eq!(bench.state("a"), &State::Lost);
    bench.step(Event::Reaped { run, processes: 0 });
    assert_eq!(bench.state("a"), &State::Ended { outcome: Outcome::Terminated });
}

/// Tests the effects that a new supervisor asks for when the keeper is found alive, and when there never was one.
#[test]
fn what_a_state_still_waits_for_is_asked_again() {
    type Story = fn(&mut Bench);
    let stop: Story = |bench| {
        let agent = bench.id("a");
        let _ = bench.command(Command::Stop { agent });
    };
    let pause: Story = |bench| {
        let agent = bench.id("a");
        let _ = bench.command(Command::Pause { agent });
    };
    let resume: Story = |bench| {
        let agent = bench.id("a");
        let _ = bench.command(Command::Resume { agent });
    };
    let prepared: Story = |bench| bench.prepared("a");
    let ready: Story = |bench| bench.ready("a");
    let lost: Story = |bench| {
        let run = bench.run("a");
        bench.step(Event::KeeperLost { run });
    };
    let is_lost = ["agent.lost", "Reap"];
    let table: [(&[Story], &[&str], &[&str]); 10] = [
        // The journal is older than the keeper.
        (&[], &["agent.starting", "agent.adopted"], &["Prepare"]),
        (&[stop], &["agent.adopted"], &["agent.ended", "Dismiss"]),
        (&[prepared], &["agent.adopted"], &["Launch"]),
        (&[prepared, stop], &["agent.adopted"], &["agent.ended", "Dismiss"]),
        (&[ready], &["agent.adopted"], &is_lost),
        (&[ready, stop], &["agent.adopted", "Thaw", "Signal 15"], &["agent.lost", "Disarm StopGrace", "Reap"]),
        (&[ready, stop, stop], &["agent.adopted", "KillTree"], &is_lost),
        (&[ready, pause], &["agent.adopted", "Freeze"], &is_lost),
        (&[ready, pause, resume], &["agent.adopted", "Thaw"], &is_lost),
        (&[ready, lost], &[], &[]),
    ];
    for (story, when_adopted, when_not_launched) in table {
        let (mut bench, run) = taken_over(story);
        let armed: Vec<_> = bench.fleet.armed().collect();
        bench.step(Event::Adopted { run });
        assert_eq!(bench.told(), when_adopted);
        assert_eq!(bench.fleet.armed().collect::<Vec<_>>(), armed, "timers are kept");
        let (mut bench, run) = taken_over(story);
        bench.step(Event::NotLaunched { run });
        assert_eq!(bench.told(), when_not_launched);
    }
}

/// Returns an agent with this past and its run, as the next supervisor finds them. No effect is asked for before the
/// supervisor has looked for keepers, except to reap a lost keeper's processes.
fn taken_over(story: &[fn(&mut Bench)]) -> (Bench, RunId) {
    let mut bench = Bench::new(vec![policy("a")]);
    for chapter in story {
        chapter(&mut bench);
    }
    let armed: Vec<_> = bench.fleet.armed().collect();
    let is_lost = bench.state("a") == &State::Lost;
    bench.supervisor_dies();
    let told = if is_lost { vec!["system.took_over", "Reap"] } else { vec!["system.took_over"] };
    assert_eq!(bench.told(), told);
    assert_eq!(bench.fleet.armed().collect::<Vec<_>>(), armed, "timers are kept");
    let run = bench.run("a");
    (bench, run)
}

#[test]
fn a_probe_that_was_under_way_is_asked_again_and_a_pause_between_probes_is_not() {
    let mut bench = Bench::new(vec![AgentPolicy { readiness: Readiness::Command { period: Span(70) }, ..policy("a") }]);
    bench.launch("a");
    let run = bench.run("a");
    bench.supervisor_dies();
    bench.step(Event::Adopted { run });
    assert_eq!(bench.told(), ["agent.adopted", "Probe"]);
    bench.step(Event::ProbeFailed { run });
    bench.supervisor_dies();
    bench.step(Event::Adopted { run });
    assert_eq!(bench.told(), ["agent.adopted"]);
    assert!(bench.is_armed(TimerId::Readiness(run)));
}

/// Tests that a keeper that is gone is lost in every phase: its journal may be older than the keeper was.
#[test]
fn a_keeper_that_is_gone_is_lost_at_whatever_the_journal_says() {
    let stories: [fn(&mut Bench); 3] = [|_| {}, |bench| bench.prepared("a"), |bench| bench.ready("a")];
    for story in stories {
        let mut bench = Bench::new(vec![policy("a")]);
        story(&mut bench);
        let run = bench.run("a");
        bench.supervisor_dies();
        bench.step(Event::KeeperLost { run });
        assert_eq!(bench.told(), ["agent.lost", "Reap"]);
        bench.step(Event::KeeperLost { run });
        assert!(bench.effects.is_empty());
    }
}

/// Tests a run that an older journal shows as being prepared: it continues as its keeper reports, and ends when asked.
#[test]
fn a_run_whose_keeper_is_ahead_of_the_journal_goes_on_and_can_be_ended() {
    let mut bench = Bench::new(vec![policy("a")]);
    let run = bench.run("a");
    bench.supervisor_dies();
    bench.step(Event::Adopted { run });
    bench.step(Event::Started { run, pid: 7 });
    bench.step(Event::FirstOutput { run });
    assert!(matches!(bench.fleet.view().agents[&bench.id("a")].state, State::Ready));
    // The result of an effect that the earlier supervisor asked for is ignored.
    bench.step(Event::Prepared { run });
    assert!(bench.effects.is_empty());
    let agent = bench.id("a");
    let _ = bench.command(Command::Stop { agent });
    assert!(bench.told().contains(&"Signal 15".to_string()));
}

#[test]
fn a_frozen_tree_stays_frozen_and_so_do_its_timers() {
    let readiness = Readiness::Delay(Span(100));
    let mut bench = Bench::new(vec![AgentPolicy { readiness, ..policy("a") }]);
    bench.launch("a");
    let (agent, run) = (bench.id("a"), bench.run("a"));
    let _ = bench.command(Command::Pause { agent });
    bench.step(Event::Frozen { run, processes: 2 });
    bench.supervisor_dies();
    bench.step(Event::Adopted { run });
    assert_eq!(bench.told(), ["agent.adopted"]);
    assert_eq!(bench.agent("a").pause, Pause::Paused);
    assert_eq!(bench.fleet.armed().count(), 0);
}

/// Tests that a journal that was lost, or is of an earlier moment, ends no agent and starts none twice.
#[test]
fn a_run_that_lives_though_the_journal_does_not_know_it_is_taken_in() {
    let mut bench = Bench::new(vec![policy("a")]);
    let found = |bench: &mut Bench, name: &str, run: u64| {
        let run = RunId(run);
        bench.step(Event::RunFound { run, policy: Box::new(policy(name)), held: Vec::new() });
        bench.step(Event::Adopted { run });
        bench.step(Event::Started { run, pid: 7 });
    };
    bench.ready("a");
    let agents = |bench: &Bench| bench.fleet.view().agents.values().map(|agent| agent.name.clone()).collect::<Vec<_>>();
    // The run is known already, so nothing changes.
    let run = bench.run("a");
    found(&mut bench, "a", run.0);
    assert_eq!((agents(&bench), bench.run("a")), (vec!["a".to_owned()], run));
    // A newer run replaces one that ended unseen, which is not started again.
    found(&mut bench, "a", 5);
    assert_eq!((bench.run("a"), bench.state("a")), (RunId(5), &State::Starting));
    assert_eq!(bench.fleet.live_runs().count(), 1);
    // An older run is ignored; so is a run of an unknown agent.
    found(&mut bench, "a", 3);
    found(&mut bench, "gone", 4);
    assert_eq!(agents(&bench), ["a", "a-r3", "gone"]);
    assert_eq!(bench.fleet.live_runs().count(), 3);
    // The next run gets a number of its own.
    let agent = bench.id("a");
    let _ = bench.command(Command::Kill { agent });
    bench.exits("a", 0);
    bench.ask(Command::Start { agent });
    assert_eq!(bench.run("a"), RunId(6));
}

/// Tests two live runs of one name, where an older program started the second beside the first. Neither is forgotten,
/// so both can be ended.
#[test]
fn of_two_that_live_under_one_name_none_is_said_to_have_ended() {
    for runs in [[1, 2], [2, 1]] {
        let mut bench = Bench::new(vec![]);
        let held: Vec<RunId> = runs.map(RunId).to_vec();
        for run in runs.map(RunId) {
            bench.step(Event::RunFound { run, policy: Box::new(policy("a")), held: held.clone() });
        }
        assert_eq!(bench.fleet.live_runs().map(|(run, _)| run.0).collect::<Vec<_>>(), [1, 2]);
    }
}

/// Tests every state of the fleet: a live keeper is adopted exactly once, the invariants hold in each step, and a
/// shutdown forgets no run.
#[test]
fn whatever_the_journal_knows_a_keeper_that_lives_is_taken_in_once() {
    type Story = fn(&mut Bench);
    let shut_down: Story = |bench| {
        bench.ready("a");
        let _ = bench.command(Command::Shutdown { mode: quarterdeck_core::command::ShutdownMode::Graceful });
    };
    let ended: Story = |bench| {
        bench.ready("a");
        bench.exits("a", 3);
    };
    let stories: [Story; 5] = [|_| {}, |bench| bench.prepared("a"), |bench| bench.ready("a"), ended, shut_down];
    for story in stories {
        for found in [&[(1, "a")][..], &[(7, "a")], &[(1, "a"), (7, "a")], &[(7, "b"), (8, "a"), (9, "b")]] {
            let mut bench = Bench::new(vec![policy("a"), policy_after("b", &["a"])]);
            story(&mut bench);
            bench.step(Event::TookOver);
            let held: Vec<RunId> = found.iter().map(|(run, _)| RunId(*run)).collect();
            for (run, name) in found.iter().chain(found) {
                let run = RunId(*run);
                bench.step(Event::RunFound { run, policy: Box::new(policy(name)), held: held.clone() });
                bench.step(Event::Adopted { run });
                bench.step(Event::Started { run, pid: 7 });
            }
            let view = bench.fleet.view();
            let has_ended = |run| view.agents.values().any(|a| a.last.as_ref().is_some_and(|last| last.run == run));
            for run in held {
                let times = bench.fleet.live_runs().filter(|(live, _)| *live == run).count();
                assert_eq!(times, usize::from(!has_ended(run)), "{run} of {found:?}");
            }
            let shutting_down = view.shutdown.is_some();
            let asked = view.agents.values().any(|agent| matches!(agent.state, State::Stopping { .. }));
            assert!(
                !shutting_down || bench.fleet.live_runs().count() == 0 || asked,
                "nobody is asked to end: {found:?}"
            );
        }
    }
}
