//! Programs that their provider bars: a person must log in, or the quota is used up.

use super::desk::*;
use crate::common::*;
use quarterdeck_core::barred::{Barred, QUOTA_ENDINGS_MAX, QUOTA_RENEWAL_MAX, QUOTA_WAIT_MAX, QUOTA_WAIT_MIN};
use quarterdeck_core::command::Command;
use quarterdeck_core::event::{Event, TimerId};
use quarterdeck_core::fact::GiveUp;
use quarterdeck_core::fleet::tasks::explain::{Obstacle, TaskReason};
use quarterdeck_core::policy::{AgentPolicy, RestartPolicy, RestartWhen};
use quarterdeck_core::task::{Held, Stage, TaskSpec, TaskTimer};
use quarterdeck_core::time::{Span, Time};
use quarterdeck_core::view::State;

const QUOTA: Barred = Barred::Quota { until: None };

impl Bench {
    /// The run of an agent ends with code 1, barred by this.
    fn is_barred(&mut self, name: &str, barred: Barred) {
        let run = self.run(name);
        self.step(Event::LastLine { run, line: "no more".into(), barred: Some(barred) });
        self.exits(name, 1);
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
