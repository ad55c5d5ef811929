//! Tests of a program's status: the arbiter over its signs, and the activities that a person should know of.

use crate::common::*;
use quarterdeck_core::command::{Answer, Command, Denied};
use quarterdeck_core::event::{Event, TimerId};
use quarterdeck_core::status::{
    Activity, Observation, Question, QuestionKind, SILENCE, SNOOZE_MAX, Signs, Source, Stroke, Verdict,
    WORKING_SILENCE_MAX,
};
use quarterdeck_core::time::{Span, Time};

const START: Time = Time(1_000_000);

fn asks(text: &str) -> Activity {
    Activity::Asks(Question::new(QuestionKind::Permission, text))
}

fn failing() -> Activity {
    Activity::Failing("429".into())
}

fn failed() -> Activity {
    Activity::Failed("429".into())
}

/// Returns the verdict after these observations, made one second apart.
fn after(observations: &[Observation]) -> Verdict {
    let mut signs = Signs::new(START);
    let mut now = START;
    for observation in observations {
        now = now + Span(1_000);
        signs.observe(observation.clone(), now);
    }
    signs.verdict(now).clone()
}

#[test]
fn the_table_of_the_arbiter() {
    use Observation::{Called, Reported, Shows, Titled, Wrote};
    let reported = |activity| Reported(Some(activity));
    let shows = |activity| Shows(Some(activity));
    let titled = |activity| Titled(Some(activity));
    let rows: [(&[Observation], Activity, Source); 22] = [
        (&[reported(Activity::Failed(String::new())), shows(failed())], failed(), Source::Program),
        (&[shows(Activity::Working), shows(Activity::Idle), Wrote], Activity::Done, Source::Screen),
        (&[reported(Activity::Working), shows(failing()), Shows(None)], failing(), Source::Screen),
        (
            &[reported(Activity::Working), shows(failing()), Shows(None), reported(Activity::Done)],
            Activity::Done,
            Source::Program,
        ),
        (&[], Activity::Idle, Source::Output),
        (&[Wrote], Activity::Working, Source::Output),
        (&[reported(Activity::Working), reported(asks("a"))], asks("a"), Source::Program),
        (&[shows(asks("b")), reported(asks(""))], asks("b"), Source::Program),
        (&[reported(asks("a")), shows(failing())], asks("a"), Source::Program),
        (&[reported(Activity::Working), shows(failing())], failing(), Source::Screen),
        (&[reported(Activity::Working), shows(failed())], Activity::Working, Source::Program),
        (&[reported(Activity::Working), shows(asks("prose"))], Activity::Working, Source::Program),
        (&[reported(Activity::Idle), shows(asks("b"))], asks("b"), Source::Screen),
        (&[reported(Activity::Done), shows(failed())], failed(), Source::Screen),
        (&[reported(Activity::Done), Called("done".into()), Wrote], Activity::Done, Source::Program),
        (&[titled(Activity::Idle), shows(asks("trust"))], asks("trust"), Source::Screen),
        (&[titled(asks("")), Wrote], asks(""), Source::Title),
        (&[Wrote, titled(Activity::Working), titled(Activity::Idle)], Activity::Done, Source::Title),
        (&[titled(Activity::Working), Called(String::new())], Activity::Working, Source::Title),
        (&[shows(failed()), Wrote], Activity::Working, Source::Output),
        (&[shows(failed()), titled(Activity::Idle)], failed(), Source::Screen),
        (&[reported(Activity::Working), Reported(None)], Activity::Idle, Source::Output),
    ];
    for (observations, activity, source) in rows {
        let verdict = after(observations);
        assert_eq!((verdict.activity, verdict.source), (activity, source), "{observations:?}");
    }
}

#[test]
fn a_call_stands_until_it_is_answered_however_it_came_about() {
    use Observation::{Called, Drew, Typed, Wrote};
    let call = || Called(String::new());
    let asks = |observations: &[Observation]| matches!(after(observations).activity, Activity::Asks(_));
    assert!(asks(&[call(), Wrote, Wrote]), "an animated dialog goes on asking");
    assert!(asks(&[call(), Typed(Stroke::Key)]), "a key that nobody heeds is no answer");
    assert!(!asks(&[call(), Typed(Stroke::Key), Drew]));
    assert!(!asks(&[call(), Typed(Stroke::Sent)]));
    assert!(asks(&[call(), Typed(Stroke::Sent), call()]), "the next question, however soon");
    assert!(asks(&[Typed(Stroke::Sent), call()]), "and one that follows a key");
}

/// Tests that a call remains until a later stroke may have answered it, whatever comes before and between, unless a
/// better source tells what the program does.
#[test]
fn no_sequence_of_observations_loses_a_call() {
    use Observation::{Called, Drew, Typed, Wrote};
    let all = [Called(String::new()), Wrote, Drew, Typed(Stroke::Key), Typed(Stroke::Sent)];
    for length in 0..=6_u32 {
        for number in 0..all.len().pow(length) {
            let sequence: Vec<_> =
                (0..length).map(|place| all[number / all.len().pow(place) % all.len()].clone()).collect();
            let mut open = false;
            let mut key = false;
            for observation in &sequence {
                match observation {
                    Called(_) => (open, key) = (true, false),
                    Typed(Stroke::Sent) => open = false,
                    Typed(Stroke::Key) => key = open,
                    Drew if key => open = false,
                    _ => {}
                }
            }
            let verdict = after(&sequence);
            assert_eq!(matches!(verdict.activity, Activity::Asks(_)), open, "{sequence:?}");
        }
    }
}

#[test]
fn a_question_keeps_its_age_when_it_gets_its_words_and_another_begins_anew() {
    use Observation::{Called, Reported, Shows};
    let mut signs = Signs::new(START);
    signs.observe(Called(String::new()), START + Span(1));
    signs.observe(Shows(Some(asks("May I?"))), START + Span(2));
    signs.observe(Reported(Some(asks(""))), START + Span(3));
    let verdict = signs.verdict(START + Span(9)).clone();
    assert_eq!((verdict.activity, verdict.since), (asks("May I?"), START + Span(1)));
    signs.observe(Shows(Some(asks("And that?"))), START + Span(10));
    assert_eq!(signs.verdict(START + Span(10)).since, START + Span(10));
}

#[test]
fn silence_alone_changes_only_what_rests_on_it() {
    let mut signs = Signs::new(START);
    assert_eq!(signs.changes_at(), None, "an idle program costs nothing");
    signs.observe(Observation::Wrote, START);
    assert_eq!(signs.changes_at(), Some(START + SILENCE));
    assert_eq!(signs.verdict(START + SILENCE).activity, Activity::Idle);
    assert_eq!(signs.changes_at(), None);
    signs.observe(Observation::Reported(Some(Activity::Working)), START + SILENCE);
    let believed_until = START + SILENCE + WORKING_SILENCE_MAX;
    assert_eq!(signs.changes_at(), Some(believed_until));
    assert_eq!(signs.verdict(believed_until).activity, Activity::Idle, "it was killed, and said nothing");
    signs.observe(Observation::Reported(Some(asks("a"))), START);
    assert_eq!(signs.changes_at(), None, "a question waits for ever");
}

#[test]
fn what_an_earlier_supervisor_heard_goes_on() {
    let nothing = || [Observation::Reported(None), Observation::Titled(None), Observation::Shows(None)];
    let known =
        |kind| Some(Verdict { activity: Activity::Asks(Question::new(kind, "a")), source: Source::Call, since: START });
    let now = START + Span(60_000);
    let mut called = Signs::resumed(known(QuestionKind::Call), nothing(), now);
    assert_eq!((called.verdict(now).since, called.verdict(now).source), (START, Source::Call));
    let mut gone = Signs::resumed(known(QuestionKind::Permission), nothing(), now);
    assert_eq!(gone.verdict(now).activity, Activity::Idle, "its terminal says so no more");
    let [_, titled, shows] = nothing();
    let mut stands =
        Signs::resumed(known(QuestionKind::Permission), [Observation::Reported(Some(asks("a"))), titled, shows], now);
    assert_eq!((stands.verdict(now).since, stands.verdict(now).source), (START, Source::Program));
}

/// Makes a fleet with one ready agent, whose status can then be reported.
fn ready() -> Bench {
    let mut bench = Bench::new(vec![policy("a")]);
    bench.ready("a");
    bench
}

/// Reports the agent's activity, and returns the effects.
fn tell(bench: &mut Bench, activity: Activity, since: u64) -> Vec<String> {
    let run = bench.run("a");
    bench.step(Event::Status { run, verdict: Verdict { activity, source: Source::Program, since: Time(since) } });
    bench.told()
}

#[test]
fn what_a_person_should_know_is_recorded_once_and_so_is_its_end() {
    let mut bench = ready();
    let rows: [(Activity, u64, &[&str]); 10] = [
        (Activity::Working, 1, &[]),
        (asks("a"), 2, &["agent.asks"]),
        (asks("a"), 2, &[]),
        (asks("b"), 3, &["agent.asks_no_more", "agent.asks"]),
        (Activity::Done, 4, &["agent.asks_no_more", "agent.turn_done"]),
        (Activity::Idle, 5, &[]),
        (Activity::Working, 6, &["agent.turn_begun"]),
        (failing(), 7, &["agent.failing"]),
        (failed(), 8, &["agent.recovered", "agent.turn_failed"]),
        (Activity::Idle, 9, &["agent.recovered"]),
    ];
    for (activity, since, told) in rows {
        assert_eq!(tell(&mut bench, activity.clone(), since), told, "{activity:?}");
        let question = bench.agent("a").question().map(|(question, since)| (question.clone(), since));
        assert_eq!(question, activity.question().map(|question| (question.clone(), Time(since))));
    }
}

#[test]
fn a_question_can_be_put_off_and_calls_again() {
    let mut bench = ready();
    let agent = bench.id("a");
    let snooze = |bench: &mut Bench, span| bench.ask(Command::Snooze { agent, span });
    assert_eq!(snooze(&mut bench, Span(5)), Answer::Denied(Denied::NotAsking));
    tell(&mut bench, asks("a"), 2);
    assert_eq!(snooze(&mut bench, SNOOZE_MAX), Answer::Accepted { agent: Some(agent) });
    let too_long = Denied::SnoozeTooLong { max: SNOOZE_MAX };
    assert_eq!(snooze(&mut bench, Span(SNOOZE_MAX.0 + 1)), Answer::Denied(too_long));
    snooze(&mut bench, Span(500));
    bench.fire(TimerId::Snooze(agent));
    assert_eq!(bench.told(), ["agent.snooze_over"]);
    snooze(&mut bench, Span(500));
    snooze(&mut bench, Span(0));
    assert!(!bench.is_armed(TimerId::Snooze(agent)));
    snooze(&mut bench, Span(500));
    tell(&mut bench, asks("b"), 3);
    let standing = bench.agent("a").standing.clone().expect("it asks");
    assert_eq!(standing.snoozed_until, None, "another question calls at once");
    assert!(!bench.is_armed(TimerId::Snooze(agent)));
}

#[test]
fn with_its_run_all_of_it_is_over() {
    let mut bench = ready();
    tell(&mut bench, asks("a"), 2);
    let agent = bench.id("a");
    bench.ask(Command::Snooze { agent, span: Span(500) });
    bench.ask(Command::Stop { agent });
    assert_eq!(bench.agent("a").standing, None);
    tell(&mut bench, asks("a"), 3);
    assert_eq!(bench.agent("a").standing, None, "what is being ended is not answered");
    bench.step(Event::TimerFired { timer: TimerId::Snooze(agent) });
}
