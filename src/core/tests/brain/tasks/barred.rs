//! Tests of programs whose provider does not let them work: a person must log in, or the quota is used up.

use super::desk::*;
use crate::common::*;
use quarterdeck_core::barred::{Barred, QUOTA_ENDINGS_MAX, QUOTA_RENEWAL_MAX, QUOTA_WAIT_MAX, QUOTA_WAIT_MIN};
use quarterdeck_core::command::Command;
use quarterdeck_core::ending::GiveUp;
use quarterdeck_core::event::{Event, TimerId};
use quarterdeck_core::fleet::tasks::explain::{Obstacle, TaskReason};
use quarterdeck_core::ids::TaskId;
use quarterdeck_core::policy::{AgentPolicy, RestartPolicy, RestartWhen};
use quarterdeck_core::status::{Activity, Question, QuestionKind, Source, Verdict as Standing};
use quarterdeck_core::task::{Held, Stage, TaskSpec, TaskTimer};
use quarterdeck_core::time::{Span, Time};
use quarterdeck_core::view::State;

const QUOTA: Barred = Barred::Quota { until: None };

impl Bench {
    /// Ends the run of an agent with code 1, for this reason of its provider.
    fn is_barred(&mut self, name: &str, barred: Barred) {
        let run = self.run(name);
        self.step(Event::LastLine { run, line: "no more".into(), barred: Some(barred) });
        self.exits(name, 1);
    }

    /// Reports a new activity of the agent's program.
    fn is_seen_to(&mut self, name: &str, activity: Activity) {
        let (run, since) = (self.run(name), self.now);
        self.step(Event::Status { run, verdict: Standing { activity, source: Source::Screen, since } });
    }

    /// Ends the turn of an agent's program, for this reason of its provider.
    fn turn_is_barred(&mut self, name: &str, barred: Barred, activity: Activity) {
        let run = self.run(name);
        self.step(Event::LastLine { run, line: "no more".into(), barred: Some(barred) });
        self.is_seen_to(name, activity);
    }

    /// Makes an agent work on this task, which was typed into its terminal.
    fn works_on(&mut self, name: &str, task: TaskId) {
        assert_eq!(self.stage(task), &Stage::Assigned);
        self.delivered(task);
        assert_eq!(self.task(task).agent, Some(self.id(name)));
        self.is_seen_to(name, Activity::Working);
    }

    fn backoff_left(&self, name: &str) -> Span {
        match self.state(name) {
            State::Backoff { until } => *until - self.now,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn the_wait_doubles_and_what_a_program_says_is_kept_within_bounds() {
    let now = Time(1_000_000_000);
    let waits: Vec<u64> = [1, 2, 3, 4, 5, 90].map(|count| QUOTA.wait(count, now).expect("a wait").0 / 60_000).into();
    assert_eq!(waits, [5, 10, 20, 40, 60, 60]);
    let until = |at: u64| Barred::Quota { until: Some(Time(at)) }.wait(1, now);
    assert_eq!(until(now.0 + 7_200_000), Some(Span(7_200_000)));
    assert_eq!(until(0), Some(QUOTA_WAIT_MIN), "long ago");
    assert_eq!(until(u64::MAX), Some(QUOTA_RENEWAL_MAX));
    assert_eq!(Barred::Login.wait(1, now), None);
    assert!(QUOTA_WAIT_MIN < QUOTA_WAIT_MAX && QUOTA_WAIT_MAX < QUOTA_RENEWAL_MAX);
}

#[test]
fn a_task_waits_for_the_quota_and_spends_no_attempt() {
    let mut bench = Bench::new(vec![one_shot("a")]);
    let task = bench.add(spec("one"));
    let other = bench.add(spec("two"));
    bench.launch("a");
    let until = bench.now + Span(7_200_000);
    bench.is_barred("a", Barred::Quota { until: Some(until) });
    assert_eq!(bench.stage(task), &Stage::Held(Held::Backoff { until }));
    assert_eq!(bench.task(task).attempts_spent(), 0);
    assert_eq!(bench.stage(other), &Stage::Queued, "it would meet the same");
    let reason = bench.fleet.explain_task(other, bench.now).chain[0].reason.clone();
    let Barred::Quota { .. } = bench.agent("a").barred().expect("barred") else { panic!("by its quota") };
    let agent = bench.id("a");
    let obstacle = Obstacle::Barred(Barred::Quota { until: Some(until) });
    assert_eq!(reason, TaskReason::NobodyIdle { able: vec![(agent, obstacle)] });
    assert!(!bench.fleet.quiescent(), "it goes on by itself");
    bench.fire(TimerId::Backoff(agent));
    assert_eq!(bench.stage(other), &Stage::Assigned);
    bench.launch("a");
    bench.exits("a", 0);
    bench.verified(other, quarterdeck_core::task::Verdict::Unverified);
    bench.fire_task(TaskTimer::Backoff(task));
    assert_eq!(bench.stage(task), &Stage::Assigned);
}

#[test]
fn a_quota_that_never_comes_back_fails_the_task_in_the_end() {
    let mut bench = Bench::new(vec![one_shot("a")]);
    let task = bench.add(TaskSpec { attempts: Some(1), ..spec("one") });
    let agent = bench.id("a");
    for ending in 1..=QUOTA_ENDINGS_MAX {
        bench.launch("a");
        bench.is_barred("a", QUOTA);
        if ending < QUOTA_ENDINGS_MAX {
            assert!(matches!(bench.stage(task), Stage::Held(Held::Backoff { .. })), "{ending}");
            bench.fire(TimerId::Backoff(agent));
            bench.fire_task(TaskTimer::Backoff(task));
        }
    }
    assert_eq!(bench.stage(task), &Stage::Failed);
    assert_eq!(bench.task(task).trouble.as_ref().and_then(|why| why.barred()), Some(QUOTA));
}

#[test]
fn a_login_is_waited_for_by_nobody_but_a_person() {
    let mut bench = Bench::new(vec![one_shot("a")]);
    let (task, other) = (bench.add(spec("one")), bench.add(spec("two")));
    bench.launch("a");
    bench.is_barred("a", Barred::Login);
    assert_eq!(bench.stage(task), &Stage::Failed, "no other attempt");
    assert_eq!(bench.state("a"), &State::GaveUp { why: GiveUp::Login });
    assert_eq!(bench.stage(other), &Stage::Queued, "and no other task");
    assert!(bench.fleet.quiescent());
    let agent = bench.id("a");
    assert_eq!(bench.command(Command::Start { agent }), Ok(Some(agent)));
    assert_eq!(bench.stage(other), &Stage::Assigned);
}

#[test]
fn who_is_stopped_while_it_waits_for_its_quota_takes_no_task() {
    let mut bench = Bench::new(vec![one_shot("a")]);
    let agent = bench.id("a");
    let task = bench.add(spec("one"));
    bench.launch("a");
    bench.is_barred("a", QUOTA);
    assert_eq!(bench.command(Command::Stop { agent }), Ok(Some(agent)));
    assert_eq!(bench.state("a"), &State::Off);
    bench.fire_task(TaskTimer::Backoff(task));
    assert_eq!(bench.stage(task), &Stage::Queued);
    assert_eq!(bench.command(Command::Start { agent }), Ok(Some(agent)));
    assert_eq!(bench.stage(task), &Stage::Assigned);
}

#[test]
fn an_agent_that_restarts_does_not_loop_and_its_budget_stays_whole() {
    let restart = RestartPolicy { when: RestartWhen::Always, budget: 1, ..RestartPolicy::default() };
    let mut bench = Bench::new(vec![AgentPolicy { restart, ..policy("a") }]);
    let agent = bench.id("a");
    for minutes in [5, 10, 20] {
        bench.launch("a");
        bench.is_barred("a", QUOTA);
        assert_eq!(bench.backoff_left("a"), Span::from_secs(minutes * 60));
        assert_eq!(bench.agent("a").failures, 0);
        bench.fire(TimerId::Backoff(agent));
    }
    bench.launch("a");
    bench.is_barred("a", Barred::Login);
    assert_eq!(bench.state("a"), &State::GaveUp { why: GiveUp::Login });
}

#[test]
fn who_ends_well_is_not_barred_whatever_it_wrote() {
    let mut bench = Bench::new(vec![one_shot("a")]);
    let task = bench.add(spec("one"));
    bench.launch("a");
    let run = bench.run("a");
    bench.step(Event::LastLine { run, line: "wrote about the usage limit".into(), barred: Some(QUOTA) });
    bench.exits("a", 0);
    assert_eq!(bench.stage(task), &Stage::Verifying);
    assert_eq!(bench.agent("a").last.as_ref().and_then(|last| last.barred), None);
}

#[test]
fn what_is_told_of_a_turn_after_the_exit_changes_nothing() {
    let mut bench = Bench::new(vec![one_shot("a")]);
    bench.add(spec("one"));
    bench.launch("a");
    let run = bench.run("a");
    bench.exited("a", quarterdeck_core::ending::Exit::Code(1), 1);
    bench.turn_is_barred("a", QUOTA, failed());
    bench.emptied("a");
    assert_eq!(bench.agent("a").last.as_ref().map(|last| (last.run, last.barred)), Some((run, None)));
}

fn failed() -> Activity {
    Activity::Failed("no more".into())
}

#[test]
fn a_turn_that_ends_for_want_of_quota_gives_its_task_back_and_its_agent_waits() {
    let mut bench = Bench::new(vec![typist("a")]);
    bench.ready("a");
    let task = bench.add(TaskSpec { attempts: Some(1), ..spec("one") });
    bench.works_on("a", task);
    let until = bench.now + Span(7_200_000);
    bench.turn_is_barred("a", Barred::Quota { until: Some(until) }, failed());
    assert_eq!(bench.stage(task), &Stage::Queued, "and not with the agent that would meet the same");
    assert_eq!(bench.task(task).attempts_spent(), 0);
    assert_eq!(
        bench.task(task).trouble.as_ref().and_then(|why| why.barred()),
        Some(Barred::Quota { until: Some(until) })
    );
    let reason = bench.fleet.explain_task(task, bench.now).chain[0].reason.clone();
    let obstacle = Obstacle::Barred(Barred::Quota { until: Some(until) });
    assert_eq!(reason, TaskReason::NobodyIdle { able: vec![(bench.id("a"), obstacle)] });
    assert_eq!(bench.state("a"), &State::Ready, "its program goes on");
    bench.supervisor_dies();
    bench.step(Event::Adopted { run: bench.run("a") });
    assert_eq!(bench.stage(task), &Stage::Queued);
    bench.fire(TimerId::Readiness(bench.run("a")));
    assert_eq!((bench.now, bench.stage(task)), (until, &Stage::Assigned));
}

#[test]
fn an_answer_that_comes_before_the_word_that_the_prompt_was_taken_counts_as_well() {
    let mut bench = Bench::new(vec![typist("a")]);
    bench.ready("a");
    let task = bench.add(spec("one"));
    bench.turn_is_barred("a", QUOTA, failed());
    assert_eq!(bench.stage(task), &Stage::Assigned, "its prompt may be half there");
    bench.delivered(task);
    assert_eq!((bench.stage(task), bench.task(task).attempts_spent()), (&Stage::Queued, 0));
}

#[test]
fn a_program_may_say_that_its_turn_failed_before_it_says_why() {
    let mut bench = Bench::new(vec![typist("a")]);
    bench.ready("a");
    let task = bench.add(spec("one"));
    bench.works_on("a", task);
    bench.is_seen_to("a", Activity::Failed(String::new()));
    assert_eq!(bench.stage(task), &Stage::Running);
    bench.turn_is_barred("a", QUOTA, failed());
    assert_eq!(bench.stage(task), &Stage::Queued);
    let due = bench.fleet.armed().count();
    bench.later(Span::from_secs(60));
    bench.is_seen_to("a", Activity::Failed("other words".into()));
    assert_eq!(bench.fleet.armed().count(), due, "the wait goes on");
    bench.fire(TimerId::Readiness(bench.run("a")));
    assert_eq!(bench.stage(task), &Stage::Assigned);
}

#[test]
fn a_task_that_was_claimed_goes_back_as_well() {
    let mut bench = Bench::new(vec![puller("a"), puller("b")]);
    bench.ready("a");
    let task = bench.add(spec("one"));
    assert_eq!(bench.take_task("a"), task);
    bench.turn_is_barred("a", QUOTA, failed());
    assert_eq!((bench.stage(task), bench.task(task).attempts_spent()), (&Stage::Queued, 0));
    assert_eq!(bench.claim("a", NOT), Ok(quarterdeck_core::task::TaskAnswer::Nothing), "it would meet the same");
    bench.ready("b");
    assert_eq!(bench.take_task("b"), task);
}

#[test]
fn a_task_goes_from_a_barred_agent_to_another_one() {
    let mut bench = Bench::new(vec![typist("a"), typist("b")]);
    bench.ready("a");
    let task = bench.add(spec("one"));
    bench.works_on("a", task);
    bench.ready("b");
    bench.turn_is_barred("a", QUOTA, failed());
    assert_eq!((bench.stage(task), bench.task(task).agent), (&Stage::Assigned, Some(bench.id("b"))));
}

#[test]
fn a_turn_that_ends_for_want_of_a_login_waits_for_a_person() {
    let mut bench = Bench::new(vec![typist("a")]);
    bench.ready("a");
    let task = bench.add(spec("one"));
    bench.works_on("a", task);
    let asks = Activity::Asks(Question::new(QuestionKind::Login, "Please run /login"));
    bench.turn_is_barred("a", Barred::Login, asks);
    assert_eq!((bench.stage(task), bench.task(task).attempts_spent()), (&Stage::Queued, 0));
    assert!(!bench.is_armed(TimerId::Readiness(bench.run("a"))), "no time brings a login");
    bench.is_seen_to("a", Activity::Idle);
    assert_eq!(bench.stage(task), &Stage::Assigned, "it takes a prompt again");
}

#[test]
fn a_person_may_try_a_barred_agent_at_once_and_what_it_meets_again_counts_on() {
    let mut bench = Bench::new(vec![typist("a")]);
    let agent = bench.id("a");
    bench.ready("a");
    let task = bench.add(spec("one"));
    for minutes in [5, 10, 20] {
        bench.works_on("a", task);
        bench.turn_is_barred("a", QUOTA, failed());
        let timer = TimerId::Readiness(bench.run("a"));
        let due = bench.fleet.armed().find(|armed| armed.timer == timer).expect("a wait").due;
        assert_eq!(due - bench.now, Span::from_secs(minutes * 60));
        assert_eq!(bench.command(Command::Start { agent }), Ok(Some(agent)));
        assert!(!bench.is_armed(timer));
    }
    bench.works_on("a", task);
    bench.say_done("a", task).expect("its own");
    bench.verified(task, quarterdeck_core::task::Verdict::Unverified);
    bench.is_seen_to("a", Activity::Idle);
    let next = bench.add(spec("two"));
    bench.works_on("a", next);
    bench.turn_is_barred("a", QUOTA, failed());
    let timer = TimerId::Readiness(bench.run("a"));
    assert_eq!(
        bench.fleet.armed().find(|armed| armed.timer == timer).expect("a wait").due - bench.now,
        Span::from_secs(300)
    );
}

#[test]
fn a_turn_that_fails_for_another_reason_is_asked_about_as_before() {
    let mut bench = Bench::new(vec![typist("a")]);
    bench.ready("a");
    let task = bench.add(spec("one"));
    bench.works_on("a", task);
    bench.is_seen_to("a", failed());
    assert_eq!(bench.stage(task), &Stage::Running);
}
