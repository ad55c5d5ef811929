//! Tests of restarts: the restart rules alone (properties), and within the fleet (stories).

use crate::common::*;
use proptest::prelude::*;
use quarterdeck_core::command::{Command, Denied};
use quarterdeck_core::ending::{Exit, GiveUp, Outcome};
use quarterdeck_core::event::{Event, TimerId};
use quarterdeck_core::ids::RunId;
use quarterdeck_core::policy::{AgentPolicy, RestartPolicy, RestartWhen};
use quarterdeck_core::restart::{Ended, Restarts, Verdict};
use quarterdeck_core::time::{Span, Time};
use quarterdeck_core::view::State;

fn plain() -> RestartPolicy {
    RestartPolicy { jitter_percent: 0, ..RestartPolicy::default() }
}

fn failed(run: u64, code: i32) -> Ended {
    Ended { run: RunId(run), outcome: Outcome::Failed, exit: Some(Exit::Code(code)), barred: None, at: Time(0) }
}

#[test]
fn the_wait_doubles_up_to_its_limit_and_the_budget_ends_it() {
    let policy = RestartPolicy { budget: 8, delay_max: Span(10_000), ..plain() };
    let mut restarts = Restarts::default();
    let waits: Vec<Verdict> = (1..=9).map(|run| restarts.judge(&policy, failed(run, 1), Time(run))).collect();
    let expected = [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000];
    for (at, span) in expected.into_iter().enumerate() {
        assert_eq!(waits[at], Verdict::Again { span: Span(span), failures: at as u32 + 1 });
    }
    assert_eq!(waits[8], Verdict::GiveUp(GiveUp::BudgetSpent { restarts: 8, window: policy.window }));
}

#[test]
fn the_window_slides() {
    let policy = RestartPolicy { budget: 1, window: Span(100), ..plain() };
    let mut restarts = Restarts::default();
    assert!(matches!(restarts.judge(&policy, failed(1, 1), Time(1_000)), Verdict::Again { .. }));
    assert!(matches!(restarts.judge(&policy, failed(2, 1), Time(1_099)), Verdict::GiveUp(_)));
    assert!(matches!(restarts.judge(&policy, failed(3, 1), Time(1_100)), Verdict::Again { .. }));
}

#[test]
fn who_restarts_after_what() {
    use Outcome::{Completed, Failed};
    use RestartWhen::{Always, Never, OnFailure};
    let table = [
        (Never, Completed, 0, false),
        (Never, Failed, 1, false),
        (OnFailure, Completed, 0, false),
        (OnFailure, Failed, 1, true),
        (Always, Completed, 0, true),
        (Always, Failed, 1, true),
    ];
    for (when, outcome, code, again) in table {
        let policy = RestartPolicy { when, ..plain() };
        let ended = Ended { run: RunId(1), outcome, exit: Some(Exit::Code(code)), barred: None, at: Time(0) };
        let verdict = Restarts::default().judge(&policy, ended, Time(0));
        assert_eq!(matches!(verdict, Verdict::Again { .. }), again, "{when:?} {outcome:?}");
        assert!(again || verdict == Verdict::Stay);
    }
}

#[test]
fn permanent_codes_give_up_at_once_and_125_is_always_one() {
    let policy = RestartPolicy { permanent_codes: vec![42], ..plain() };
    for code in [42, 125] {
        let verdict = Restarts::default().judge(&policy, failed(1, code), Time(0));
        assert_eq!(verdict, Verdict::GiveUp(GiveUp::PermanentCode { code }));
    }
}

proptest! {
    #[test]
    fn restarts_within_any_window_never_exceed_the_budget(
        budget in 0u32..6,
        window in 1u64..500,
        gaps in prop::collection::vec((0u64..200, any::<bool>()), 1..60),
    ) {
        let policy = RestartPolicy { budget, window: Span(window), when: RestartWhen::Always, ..RestartPolicy::default() };
        let mut restarts = Restarts::default();
        let mut granted: Vec<u64> = Vec::new();
        let mut now = 0;
        for (run, (gap, fails)) in gaps.into_iter().enumerate() {
            now += gap;
            let outcome = if fails { Outcome::Failed } else { Outcome::Completed };
            let ended = Ended { run: RunId(run as u64), outcome, exit: None, barred: None, at: Time(0) };
            let within = granted.iter().filter(|at| now - **at < window).count();
            match restarts.judge(&policy, ended, Time(now)) {
                Verdict::Again { .. } => granted.push(now),
                Verdict::GiveUp(why) => {
                    prop_assert_eq!(why, GiveUp::BudgetSpent { restarts: budget, window: Span(window) });
                    prop_assert!(within >= budget as usize, "gives up only when the budget is spent");
                }
                Verdict::Stay => prop_assert!(false, "always restarts"),
            }
            let within = granted.iter().filter(|at| now - **at < window).count();
            prop_assert!(within <= budget as usize);
        }
    }

    #[test]
    fn the_wait_stays_within_its_spread_and_is_the_same_twice(
        run in any::<u64>(),
        delay in any::<u64>(),
        delay_max in any::<u64>(),
        jitter_percent in any::<u8>(),
        failures in 1u32..200,
    ) {
        let policy = RestartPolicy {
            delay: Span(delay), delay_max: Span(delay_max), jitter_percent, budget: 1_000, ..RestartPolicy::default()
        };
        let wait = || {
            let mut restarts = Restarts::default();
            for _ in 1..failures {
                restarts.judge(&policy, failed(0, 1), Time(0));
            }
            restarts.judge(&policy, failed(run, 1), Time(0))
        };
        let Verdict::Again { span, failures: counted } = wait() else { panic!("within the budget") };
        prop_assert_eq!(wait(), Verdict::Again { span, failures: counted });
        prop_assert_eq!(counted, failures);
        prop_assert!(span <= policy.delay_max);
        let base = u128::from(delay).saturating_mul(1 << u128::from(failures - 1).min(63)).min(u128::from(delay_max));
        let spread = u128::from(jitter_percent.min(100));
        prop_assert!(u128::from(span.0) >= base * (100 - spread) / 100);
        prop_assert!(u128::from(span.0) <= base * (100 + spread) / 100);
    }
}

#[test]
fn waits_of_different_runs_are_spread() {
    let policy = RestartPolicy { delay: Span(10_000), ..RestartPolicy::default() };
    let spans: std::collections::BTreeSet<u64> = (0..200)
        .filter_map(|run| match Restarts::default().judge(&policy, failed(run, 1), Time(0)) {
            Verdict::Again { span, .. } => Some(span.0),
            _ => None,
        })
        .collect();
    assert!(spans.len() > 30, "of 41 possible waits only {}", spans.len());
    assert_eq!((spans.first(), spans.last()), (Some(&8_000), Some(&12_000)));
}

fn bench_with(restart: RestartPolicy) -> Bench {
    Bench::new(vec![AgentPolicy { restart, ..policy("a") }])
}

#[test]
fn a_failed_run_backs_off_and_starts_again_until_it_gives_up() {
    let mut bench = bench_with(RestartPolicy { budget: 1, ..plain() });
    let agent = bench.id("a");
    bench.launch("a");
    bench.exits("a", 3);
    assert_eq!(bench.told(), ["agent.ended", "Dismiss", "agent.backed_off", "Arm Backoff 500"]);
    assert_eq!(bench.agent("a").failures, 1);
    bench.later(Span(499));
    bench.step(Event::TimerFired { timer: TimerId::Backoff(agent) });
    assert_eq!(bench.told(), ["Arm Backoff 1"]);
    bench.fire(TimerId::Backoff(agent));
    assert_eq!(bench.told(), ["agent.preparing", "Prepare"]);
    bench.launch("a");
    bench.exits("a", 3);
    assert_eq!(bench.told(), ["agent.ended", "Dismiss", "agent.gave_up"]);
    assert!(bench.fleet.quiescent());
}

#[test]
fn a_start_that_fails_says_why_and_backs_off() {
    let mut bench = bench_with(plain());
    bench.prepared("a");
    let run = bench.run("a");
    bench.step(Event::StartFailed { run, reason: "exec: no such file: claude".into() });
    assert_eq!(bench.told()[..2], ["agent.ended", "Dismiss"]);
    let last = bench.agent("a").last.clone().expect("an ending");
    assert_eq!(
        (last.outcome, last.exit, last.reason.as_deref()),
        (Outcome::Failed, None, Some("exec: no such file: claude"))
    );
    assert!(matches!(bench.state("a"), State::Backoff { .. }));

    let mut bench = bench_with(RestartPolicy { when: RestartWhen::Never, ..plain() });
    let run = bench.run("a");
    bench.step(Event::PrepareFailed { run, reason: "no such branch".into() });
    assert_eq!(bench.state("a"), &State::Ended { outcome: Outcome::Failed });
}

#[test]
fn being_ready_for_long_enough_forgets_failures() {
    let mut bench = bench_with(plain());
    let agent = bench.id("a");
    bench.ready("a");
    assert!(!bench.is_armed(TimerId::Settled(bench.run("a"))), "nothing to forget");
    bench.exits("a", 1);
    bench.fire(TimerId::Backoff(agent));
    bench.ready("a");
    bench.fire(TimerId::Settled(bench.run("a")));
    assert_eq!(bench.told(), ["agent.failures_forgotten"]);
    assert_eq!(bench.agent("a").failures, 0);
    bench.exits("a", 1);
    assert_eq!(bench.told().last().map(String::as_str), Some("Arm Backoff 500"), "doubling begins anew");
}

#[test]
fn a_run_that_completes_forgets_failures_too() {
    let mut bench = bench_with(plain());
    let agent = bench.id("a");
    bench.launch("a");
    bench.exits("a", 1);
    bench.fire(TimerId::Backoff(agent));
    bench.launch("a");
    bench.exits("a", 0);
    assert_eq!(bench.agent("a").failures, 0);
}

#[test]
fn a_person_s_start_skips_the_wait_and_resets_budget_and_failures() {
    let mut bench = bench_with(RestartPolicy { budget: 1, ..plain() });
    let agent = bench.id("a");
    bench.launch("a");
    bench.exits("a", 1);
    assert_eq!(bench.command(Command::Start { agent }), Ok(Some(agent)));
    assert_eq!(bench.told(), ["agent.failures_forgotten", "Disarm Backoff", "agent.preparing", "Prepare", "Reply"]);
    assert_eq!(bench.command(Command::Start { agent }), Err(Denied::AlreadyRunning));
    bench.launch("a");
    bench.exits("a", 1);
    assert!(matches!(bench.state("a"), State::Backoff { .. }), "the budget is whole again");
    bench.fire(TimerId::Backoff(agent));
    bench.launch("a");
    bench.exits("a", 125);
    assert!(matches!(bench.state("a"), State::GaveUp { why: GiveUp::PermanentCode { code: 125 } }));
    assert_eq!(bench.command(Command::Start { agent }), Ok(Some(agent)));
}

#[test]
fn a_person_s_stop_never_restarts_and_a_restart_always_does() {
    let always = RestartPolicy { when: RestartWhen::Always, ..plain() };
    let agent = Bench::new(vec![policy("a")]).id("a");
    let table =
        [(Command::Stop { agent }, false), (Command::Kill { agent }, false), (Command::Restart { agent }, true)];
    for (command, again) in table {
        let mut bench = bench_with(always.clone());
        bench.ready("a");
        let _ = bench.command(command);
        bench.exits("a", 0);
        let expected = if again { State::Preparing } else { State::Ended { outcome: Outcome::Terminated } };
        assert_eq!(bench.state("a"), &expected);
    }
}

#[test]
fn a_restart_keeps_its_own_place() {
    let mut bench = Bench::with_slots(1, vec![policy("a"), policy("b")]);
    bench.ready("a");
    let agent = bench.id("a");
    let _ = bench.command(Command::Restart { agent });
    bench.exits("a", 0);
    assert_eq!(bench.state("a"), &State::Preparing);
    assert!(matches!(bench.state("b"), State::Queued { .. }));
}

#[test]
fn the_last_word_about_a_restart_counts() {
    let mut bench = bench_with(plain());
    bench.ready("a");
    let agent = bench.id("a");
    let _ = bench.command(Command::Stop { agent });
    let _ = bench.command(Command::Restart { agent });
    assert_eq!(bench.told(), ["agent.stopping", "Reply"], "the grace goes on");
    let _ = bench.command(Command::Stop { agent });
    assert_eq!(bench.told(), ["agent.stopping", "Reply"]);
    bench.exits("a", 0);
    assert_eq!(bench.state("a"), &State::Ended { outcome: Outcome::Terminated });
}
