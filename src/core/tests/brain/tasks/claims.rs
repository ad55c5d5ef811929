//! Tests of runs that claim tasks.

use super::desk::*;
use crate::common::*;
use quarterdeck_core::command::{Answer, Command, ShutdownMode};
use quarterdeck_core::event::Event;
use quarterdeck_core::ids::{ClaimId, RunId, TaskId};
use quarterdeck_core::party::Party;
use quarterdeck_core::task::{
    ClaimSettled, Held, Hope, Placement, Stage, TaskAnswer, TaskCommand, TaskDenied, TaskEffect, TaskEvent, TaskSpec,
    TaskText, TaskTimer, TaskWorkspace, Verdict, When,
};
use quarterdeck_core::time::Span;

fn one_puller() -> Bench {
    let mut bench = Bench::new(vec![puller("a")]);
    bench.ready("a");
    bench
}

#[test]
fn a_task_goes_from_added_to_done() {
    let mut bench = one_puller();
    let task = bench.add(spec("build"));
    assert_eq!(bench.told(), ["task.added", "task.queued", "Reply"]);
    assert_eq!(bench.take_task("a"), task);
    assert_eq!(
        bench.told(),
        ["task.claim_waits", "task.assigned", "Disarm Task", "task.started", "task.claim_ended", "Reply"]
    );
    assert_eq!(bench.task(task).run, Some(bench.run("a")));
    assert_eq!(bench.of_run(bench.run("a")), Some(task));
    bench.say_done("a", task).expect("its own");
    assert_eq!(bench.told(), ["task.verifying", "Task", "Reply"]);
    bench.verified(task, Verdict::Verified);
    assert_eq!((bench.stage(task), bench.task(task).verdict), (&Stage::Done, Some(Verdict::Verified)));
    assert!(!bench.fleet.quiescent(), "a lives");
}

#[test]
fn who_does_not_wait_gets_nothing_and_leaves_no_trace() {
    let mut bench = one_puller();
    assert_eq!(bench.claim("a", NOT), Ok(TaskAnswer::Nothing));
    assert_eq!(bench.told(), ["Reply"]);
}

#[test]
fn who_waits_gets_the_next_one() {
    let mut bench = one_puller();
    let Ok(TaskAnswer::Waits { claim }) = bench.claim("a", Span(5_000)) else { panic!("it waits") };
    assert_eq!(claim, ClaimId(1));
    let task = bench.add(spec("build"));
    assert_eq!(bench.claims_settled(), [ClaimSettled::Task { task }]);
    assert!(!bench.is_armed(quarterdeck_core::event::TimerId::Task(TaskTimer::Claim(claim))));
}

#[test]
fn who_waits_in_vain_is_told() {
    let mut bench = one_puller();
    let Ok(TaskAnswer::Waits { claim }) = bench.claim("a", Span(5_000)) else { panic!("it waits") };
    bench.fire_task(TaskTimer::Claim(claim));
    assert_eq!(bench.claims_settled(), [ClaimSettled::Nothing]);
    assert_eq!(bench.fleet.view().tasks.claims().count(), 0);
}

#[test]
fn a_task_has_exactly_one_winner() {
    let agents: Vec<String> = (0..20).map(|at| format!("a{at:02}")).collect();
    let mut bench = Bench::new(agents.iter().map(|name| puller(name)).collect());
    for name in &agents {
        bench.ready(name);
        assert!(matches!(bench.claim(name, EVER), Ok(TaskAnswer::Waits { .. })));
    }
    for count in 1..=20 {
        let task = bench.add(spec(&format!("job-{count}")));
        assert_eq!(bench.claims_settled(), [ClaimSettled::Task { task }]);
    }
    let view = bench.fleet.view();
    let mut runs: Vec<RunId> = view.tasks.iter().filter_map(|(_, task)| task.run).collect();
    runs.sort();
    runs.dedup();
    assert_eq!(runs.len(), 20, "each run has one of them");
}

#[test]
fn a_run_that_works_is_refused_another_and_told_which_it_has() {
    let mut bench = one_puller();
    let first = bench.add(spec("one"));
    bench.add(spec("two"));
    assert_eq!(bench.take_task("a"), first);
    assert_eq!(bench.claim("a", NOT), Err(TaskDenied::Busy { task: first }));
    assert_eq!(bench.claim("a", EVER), Err(TaskDenied::Busy { task: first }));
}

#[test]
fn while_its_last_task_is_verified_a_run_may_wait_for_the_next() {
    let mut bench = one_puller();
    let (first, second) = (bench.add(spec("one")), bench.add(spec("two")));
    assert_eq!(bench.take_task("a"), first);
    bench.say_done("a", first).expect("its own");
    assert_eq!(bench.claim("a", NOT), Ok(TaskAnswer::Nothing), "its workspace is in use");
    assert!(matches!(bench.claim("a", EVER), Ok(TaskAnswer::Waits { .. })));
    bench.verified(first, Verdict::Unverified);
    assert_eq!(bench.claims_settled(), [ClaimSettled::Task { task: second }]);
}

#[test]
fn two_claims_of_one_run_get_one_task() {
    let mut bench = one_puller();
    let _ = bench.claim("a", EVER);
    let _ = bench.claim("a", EVER);
    let task = bench.add(spec("one"));
    let mut settled = bench.claims_settled();
    settled.sort_by_key(|settled| matches!(settled, ClaimSettled::Busy { .. }));
    assert_eq!(settled, [ClaimSettled::Task { task }, ClaimSettled::Busy { task }]);
}

#[test]
fn a_named_task_goes_to_who_named_it_and_to_nobody_else() {
    let mut bench = Bench::new(vec![puller("a"), puller("b")]);
    bench.ready("a");
    bench.ready("b");
    let (first, second) = (bench.add(spec("one")), bench.add(spec("two")));
    let (a, b) = (bench.run("a"), bench.run("b"));
    let named = |run| TaskCommand::Claim { run, task: Some(second), wait: NOT };
    assert_eq!(bench.task_command(named(a)), Ok(TaskAnswer::Claimed { task: second }));
    assert_eq!(bench.task_command(named(b)), Err(TaskDenied::Taken { task: second, agent: bench.id("a") }));
    assert_eq!(bench.take_task("b"), first);
    bench.finish("a", second);
    assert_eq!(bench.task_command(named(a)), Err(TaskDenied::Ended { task: second }));
    let unknown = TaskCommand::Claim { run: a, task: Some(TaskId(99)), wait: NOT };
    assert_eq!(bench.task_command(unknown), Err(TaskDenied::UnknownTask { task: TaskId(99) }));
}

#[test]
fn a_claim_of_a_task_that_ends_meanwhile_ends_with_it() {
    let mut bench = Bench::new(vec![puller("a"), puller("b")]);
    bench.ready("a");
    bench.ready("b");
    let first = bench.add(spec("one"));
    let second = bench.add_needing("two", &[(first, When::Done)]);
    let run = bench.run("a");
    let wanted = TaskCommand::Claim { run, task: Some(second), wait: EVER };
    assert!(matches!(bench.task_command(wanted), Ok(TaskAnswer::Waits { .. })));
    bench.cancel(second).expect("a person's");
    assert_eq!(bench.claims_settled(), [ClaimSettled::Ended { task: second }]);
}

#[test]
fn what_is_bound_or_beyond_an_agent_is_refused_with_the_reason() {
    let mut bench = Bench::new(vec![puller("a"), able(puller("b"), &["rust"])]);
    bench.ready("a");
    let run = bench.run("a");
    let bound = bench.add(TaskSpec { placement: Placement::Only("b".into()), ..spec("bound") });
    let beyond = bench.add(TaskSpec { required_capabilities: words(&["rust"]), ..spec("beyond") });
    let wanted = |task| TaskCommand::Claim { run, task: Some(task), wait: EVER };
    assert_eq!(bench.task_command(wanted(bound)), Err(TaskDenied::BoundTo { task: bound, name: "b".into() }));
    let missing = words(&["rust"]);
    assert_eq!(bench.task_command(wanted(beyond)), Err(TaskDenied::NotCapable { agent: bench.id("a"), missing }));
    assert_eq!(bench.claim("a", NOT), Ok(TaskAnswer::Nothing));
}

#[test]
fn inputs_are_laid_ready_before_a_claim_is_settled() {
    let mut bench = one_puller();
    let first = bench.add(spec("one"));
    let second = bench.add_needing("two", &[(first, When::Done)]);
    assert_eq!(bench.stage(second), &Stage::Held(Held::Needs));
    bench.do_next("a");
    assert!(matches!(bench.claim("a", NOT), Ok(TaskAnswer::Waits { .. })), "on its way");
    assert_eq!(bench.stage(second), &Stage::Assigned);
    bench.provided(second);
    assert_eq!(bench.claims_settled(), [ClaimSettled::Task { task: second }]);
    assert_eq!(bench.task(second).inputs.as_deref(), Some("/in"));
}

#[test]
fn a_claim_whose_task_can_not_be_laid_ready_waits_for_another() {
    let mut bench = one_puller();
    let first = bench.add(spec("one"));
    let second = bench.add_needing("two", &[(first, When::Done)]);
    bench.do_next("a");
    let _ = bench.claim("a", EVER);
    let reason = "the disk is full".to_string();
    bench.step(Event::Task(TaskEvent::ProvideFailed { task: second, attempt: 1, reason, hope: Hope::Again }));
    assert_eq!(bench.claims_settled(), []);
    assert!(matches!(bench.stage(second), Stage::Held(Held::Backoff { .. })));
    let third = bench.add(spec("three"));
    assert_eq!(bench.claims_settled(), [ClaimSettled::Task { task: third }]);
}

#[test]
fn what_can_never_be_laid_ready_fails_at_once() {
    let mut bench = one_puller();
    let first = bench.add(spec("one"));
    let second = bench.add_needing("two", &[(first, When::Done)]);
    bench.do_next("a");
    let _ = bench.claim("a", EVER);
    let reason = "both change a.txt".to_string();
    bench.step(Event::Task(TaskEvent::ProvideFailed { task: second, attempt: 1, reason, hope: Hope::Never }));
    assert_eq!(bench.stage(second), &Stage::Failed, "though attempts are left");
    let third = bench.add(spec("three"));
    assert_eq!(bench.claims_settled(), [ClaimSettled::Task { task: third }], "its claim waits for another");
}

#[test]
fn who_is_gone_before_its_task_comes_leaves_it_to_others_and_uses_up_no_attempt() {
    let mut bench = Bench::new(vec![puller("a"), puller("b")]);
    bench.ready("a");
    bench.ready("b");
    let Ok(TaskAnswer::Waits { claim }) = bench.claim("a", EVER) else { panic!("it waits") };
    let task = bench.add(spec("one"));
    assert_eq!(bench.stage(task), &Stage::Running);
    bench.task_command(TaskCommand::Withdraw { claim }).expect("always");
    assert_eq!((bench.stage(task), bench.task(task).attempts_spent()), (&Stage::Queued, 0));
    assert_eq!(bench.take_task("b"), task);
    bench.task_command(TaskCommand::Withdraw { claim }).expect("always");
    assert_eq!(bench.stage(task), &Stage::Running, "a withdrawal that comes late takes nothing from b");
}

#[test]
fn only_who_works_on_it_speaks_of_it() {
    let mut bench = Bench::new(vec![puller("a"), puller("b")]);
    bench.ready("a");
    bench.ready("b");
    let task = bench.add(spec("one"));
    let queued = TaskCommand::Done { task, by: person(), message: None };
    assert_eq!(bench.task_command(queued.clone()), Err(TaskDenied::NotRunning { task }));
    bench.take_task("a");
    assert_eq!(bench.say_done("b", task), Err(TaskDenied::NotYours { task, agent: Some(bench.id("a")) }));
    let by = Party::Run(bench.run("a"));
    let progress = |message: String| {
        let by = by.clone();
        TaskCommand::Progress { task, by, percent: Some(140), message: Some(message) }
    };
    bench.task_command(progress("x".repeat(9_000))).expect("its own");
    assert_eq!(bench.task(task).progress.percent, Some(100));
    assert_eq!(bench.task(task).progress.message.as_ref().map(String::len), Some(9_000), "nothing is cut off");
    let denied = TaskDenied::TooLong { text: TaskText::Message, bytes_max: 64 * 1024 };
    assert_eq!(bench.task_command(progress("x".repeat(64 * 1024 + 1))), Err(denied));
    bench.task_command(queued).expect("a person may");
    bench.verified(task, Verdict::Unverified);
    assert_eq!(bench.say_done("a", task), Err(TaskDenied::NotYours { task, agent: None }));
}

#[test]
fn an_agent_that_dies_leaves_its_task_to_others_and_the_attempt_counts() {
    let mut bench = Bench::new(vec![puller("a"), puller("b")]);
    bench.ready("a");
    bench.ready("b");
    let task = bench.add(TaskSpec { attempts: Some(2), ..spec("one") });
    bench.take_task("a");
    bench.exits("a", 1);
    assert_eq!((bench.stage(task), bench.task(task).attempts_spent()), (&Stage::Queued, 1));
    assert_eq!(bench.take_task("b"), task);
    bench.exits("b", 1);
    assert_eq!(bench.stage(task), &Stage::Failed, "as often as it may");
}

#[test]
fn an_agent_that_a_person_stops_uses_up_no_attempt() {
    let mut bench = one_puller();
    let task = bench.add(TaskSpec { attempts: Some(1), ..spec("one") });
    bench.take_task("a");
    let agent = bench.id("a");
    let _ = bench.command(Command::Stop { agent });
    bench.exits("a", 0);
    assert_eq!((bench.stage(task), bench.task(task).attempts_spent()), (&Stage::Queued, 0));
}

#[test]
fn a_claim_ends_with_its_run_and_with_the_fleet() {
    let mut bench = Bench::new(vec![puller("a"), puller("b")]);
    bench.ready("a");
    bench.ready("b");
    let _ = bench.claim("a", EVER);
    let _ = bench.claim("b", EVER);
    bench.exits("a", 0);
    assert_eq!(bench.claims_settled(), [ClaimSettled::Over]);
    let _ = bench.command(Command::Shutdown { mode: ShutdownMode::Graceful });
    assert_eq!(bench.claims_settled(), [ClaimSettled::Over]);
    assert_eq!(bench.claim("b", EVER), Err(TaskDenied::ShuttingDown));
    assert_eq!(bench.try_add(spec("late")), Err(TaskDenied::ShuttingDown));
}

#[test]
fn a_supervisor_that_dies_forgets_who_waited_and_nothing_else() {
    let mut bench = Bench::new(vec![puller("a"), puller("b")]);
    bench.ready("a");
    bench.ready("b");
    let task = bench.add(spec("one"));
    bench.take_task("a");
    let _ = bench.claim("b", EVER);
    bench.supervisor_dies();
    assert_eq!(bench.claims_settled(), [], "nobody is there to hear of it");
    assert_eq!(bench.fleet.view().tasks.claims().count(), 0);
    assert_eq!(bench.of_run(bench.run("a")), Some(task));
    bench.finish("a", task);
}

#[test]
fn a_frozen_run_gets_nothing_until_it_goes_on() {
    let mut bench = one_puller();
    let _ = bench.claim("a", EVER);
    let agent = bench.id("a");
    let run = bench.run("a");
    let _ = bench.command(Command::Pause { agent });
    bench.step(Event::Frozen { run, processes: 1 });
    let task = bench.add(spec("one"));
    assert_eq!(bench.stage(task), &Stage::Queued);
    let _ = bench.command(Command::Resume { agent });
    bench.step(Event::Thawed { run });
    assert_eq!(bench.claims_settled(), [ClaimSettled::Task { task }]);
}

#[test]
fn without_coordination_there_are_no_tasks() {
    let mut bench = one_puller();
    let mut fleet = quarterdeck_core::policy::FleetPolicy::default();
    fleet.coordination.mode = quarterdeck_core::policy::Coordination::Off;
    bench.step(Event::Configured { fleet, agents: vec![puller("a")] });
    let command = Command::Task(TaskCommand::Add { spec: Box::new(spec("x")), by: person() });
    assert_eq!(bench.ask(command), Answer::Denied(quarterdeck_core::command::Denied::CoordinationOff));
}

#[test]
fn a_workspace_of_its_own_is_there_before_the_claim_is_answered() {
    let mut bench = one_puller();
    let _ = bench.claim("a", EVER);
    let task = bench.add(TaskSpec { workspace: TaskWorkspace::Fresh, ..spec("one") });
    assert!(matches!(bench.asked()[..], [TaskEffect::Provide { task: asked, attempt: 1, .. }] if asked == task));
    assert_eq!(bench.claims_settled(), []);
    bench.provided(task);
    assert_eq!(bench.claims_settled(), [ClaimSettled::Task { task }]);
}
