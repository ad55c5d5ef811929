//! Tests whether a program responds: when it is measured, and what follows from the measurements.

use quarterdeck_core::status::{
    Activity, Observation, SILENCE, Signs, Source, Speaker, Stroke, Symptom, UNRESPONSIVE_AFTER, Verdict, Vitals,
    WORKING_SILENCE_MAX,
};
use quarterdeck_core::time::{Span, Time};

const START: Time = Time(1_000_000);
const STILL: Vitals = Vitals { cpu: Span(700), youngest_began: None, unread_bytes: 0, speaker: Speaker::Lives };
const SILENT: Activity = Activity::Unresponsive(Symptom::Silent);
const DEAF: Activity = Activity::Unresponsive(Symptom::Deaf);

fn working() -> Signs {
    let mut signs = Signs::new(START);
    signs.observe(Observation::Reported(Some(Activity::Working)), START);
    signs
}

/// Takes this measurement whenever it is due, until `until`, and returns the final activity.
fn measured(signs: &mut Signs, until: Time, vitals: impl Fn(Time) -> Vitals) -> Activity {
    while let Some(at) = signs.measures_at().filter(|at| *at <= until) {
        signs.observe(Observation::Measured(Some(vitals(at))), at);
        assert!(signs.measures_at().is_none_or(|next| next > at), "time goes on");
    }
    signs.verdict(until).activity.clone()
}

#[test]
fn nothing_is_measured_without_a_reason() {
    let mut signs = Signs::new(START);
    assert_eq!(signs.measures_at(), None);
    for observation in [
        Observation::Wrote,
        Observation::Called(String::new()),
        Observation::Reported(Some(Activity::Idle)),
        Observation::Shows(Some(Activity::Done)),
    ] {
        signs.observe(observation.clone(), START);
        assert_eq!(signs.measures_at(), None, "{observation:?}");
    }
    signs.observe(Observation::Typed(Stroke::Key), START);
    assert_eq!(signs.measures_at(), Some(START + SILENCE));
    signs.observe(Observation::Measured(Some(STILL)), START + SILENCE);
    assert_eq!(signs.measures_at(), None, "it was read");
    let never = working().unresponsive_after(None);
    assert_eq!(never.measures_at(), None);
}

#[test]
fn one_that_works_without_any_sign_of_life_is_unresponsive_after_a_minute_and_recovers_with_the_first() {
    let mut signs = working();
    assert_eq!(measured(&mut signs, Time(START.0 + UNRESPONSIVE_AFTER.0 - 1), |_| STILL), Activity::Working);
    let due = START + UNRESPONSIVE_AFTER;
    assert_eq!(measured(&mut signs, due, |_| STILL), SILENT);
    let verdict = signs.verdict(due).clone();
    assert_eq!((verdict.since, verdict.source), (START, Source::Program), "since its last sign of life");
    let later = due + WORKING_SILENCE_MAX;
    assert_eq!(measured(&mut signs, later, |_| STILL), SILENT, "and it stays so");
    signs.observe(Observation::Wrote, later);
    assert_eq!(signs.verdict(later).activity, Activity::Working);
}

#[test]
fn a_tool_that_works_silently_is_a_sign_of_life() {
    let hour = START + Span::from_secs(3_600);
    let computes = |at: Time| Vitals { cpu: Span((at - START).0 / 10), ..STILL };
    assert_eq!(measured(&mut working(), hour, computes), Activity::Working);
    let waits = |_| Vitals { youngest_began: Some(START + Span(1)), ..STILL };
    assert_eq!(measured(&mut working(), hour, waits), Activity::Working);
    let server = |_| Vitals { youngest_began: Some(Time(START.0 - 1_001)), ..STILL };
    assert_eq!(measured(&mut working(), hour, server), SILENT, "that one was there before its turn");
}

#[test]
fn an_unresponsive_one_that_uses_its_processor_again_has_recovered() {
    let mut signs = working();
    let due = START + UNRESPONSIVE_AFTER;
    assert_eq!(measured(&mut signs, due, |_| STILL), SILENT);
    let busy = |at: Time| Vitals { cpu: Span(700 + (at - due).0), ..STILL };
    assert_eq!(measured(&mut signs, due + UNRESPONSIVE_AFTER, busy), Activity::Working);
}

#[test]
fn one_that_reads_nothing_of_what_is_typed_is_unresponsive_unless_it_asks() {
    let unread = |_| Vitals { unread_bytes: 2, ..STILL };
    let mut signs = Signs::new(START);
    signs.observe(Observation::Typed(Stroke::Key), START);
    let due = START + UNRESPONSIVE_AFTER;
    assert_eq!(measured(&mut signs, Time(due.0 - 1), unread), Activity::Idle);
    assert_eq!(measured(&mut signs, due, unread), DEAF);
    signs.observe(Observation::Wrote, due);
    assert_eq!(signs.verdict(due).activity, DEAF, "writing is not reading");
    let read = due + UNRESPONSIVE_AFTER;
    assert_ne!(measured(&mut signs, read, |_| STILL), DEAF);
    assert_eq!(signs.measures_at(), None);
    let mut asks = Signs::new(START);
    asks.observe(Observation::Called("well?".into()), START);
    asks.observe(Observation::Typed(Stroke::Key), START);
    assert!(matches!(measured(&mut asks, due, unread), Activity::Asks(_)));
}

#[test]
fn one_that_reads_slowly_responds() {
    let mut signs = Signs::new(START);
    signs.observe(Observation::Typed(Stroke::Key), START);
    let fewer = |at: Time| Vitals { unread_bytes: 900 - ((at - START).0 / 1_000) as u32, ..STILL };
    assert_eq!(measured(&mut signs, START + Span::from_secs(600), fewer), Activity::Idle);
}

#[test]
fn who_said_that_it_works_and_is_gone_is_believed_no_more() {
    let mut signs = working();
    let gone = |_| Vitals { speaker: Speaker::Gone, ..STILL };
    assert_eq!(measured(&mut signs, START + SILENCE, gone), Activity::Idle);
    assert_eq!(signs.measures_at(), None);
}

#[test]
fn what_cant_be_measured_is_believed_as_long_as_before() {
    let mut signs = working();
    let mut measurements = 0;
    while let Some(at) = signs.measures_at().filter(|at| *at < START + WORKING_SILENCE_MAX) {
        signs.observe(Observation::Measured(None), at);
        measurements += 1;
    }
    assert!(measurements <= 3, "{measurements}");
    assert_eq!(signs.verdict(START + WORKING_SILENCE_MAX).activity, Activity::Idle);
}

#[test]
fn an_earlier_supervisors_verdict_stands_until_there_is_life() {
    let known = Verdict { activity: SILENT, source: Source::Program, since: START };
    let says = [Observation::Reported(Some(Activity::Working)), Observation::Titled(None), Observation::Shows(None)];
    let now = START + Span::from_secs(600);
    let mut signs = Signs::resumed(Some(known.clone()), says, now);
    assert_eq!(*signs.verdict(now), known);
    signs.observe(Observation::Thawed, now);
    assert_eq!(signs.verdict(now).activity, Activity::Working, "what was frozen could not show any");
}
