//! Tests of the course of a delivery, against scripted programs that each do one thing.

use proptest::prelude::*;
use quarterdeck_core::delivery::{
    Amid, Asked, COOKED_LINE_BYTES_MAX, DRAWN_WAIT_MS, Delivery, Discipline, Drawn, ENTERS_MAX, Leftover, Next,
    Outcome, Parcel, Picture, Press, Reads, Receipt, Refusal, SHOWN_WAIT_MS, SWALLOWED_MS, Sight, Stroke, Tail,
    Unconfirmed,
};
use quarterdeck_core::time::{Span, Time};

/// A scripted program with an input box, and the faults that it shows.
#[derive(Clone, Debug)]
struct Program {
    now: Time,
    asks: Option<String>,
    leftover: Leftover,
    works_since: Option<Time>,
    drawn: Drawn,
    wrote_at: Option<Time>,
    discipline: Discipline,
    reads: Reads,
    text: String,
    boxed: String,
    rows_above: usize,
    /// Number of Enters that the program swallows.
    swallows: u32,
    /// Whether the program's screen shows typed text.
    shows: bool,
    asked_when_typed: Vec<bool>,
}

impl Program {
    fn idle(text: &str) -> Program {
        Program {
            now: Time(1_000_000),
            asks: None,
            leftover: Leftover::Nothing,
            works_since: None,
            drawn: Drawn::Since(Time(0)),
            wrote_at: Some(Time(900_000)),
            discipline: Discipline::Raw,
            reads: Reads::Unknown,
            text: text.to_owned(),
            boxed: String::new(),
            rows_above: 0,
            swallows: 0,
            shows: true,
            asked_when_typed: Vec::new(),
        }
    }

    fn take(&mut self, stroke: Stroke) {
        self.asked_when_typed.push(self.asks.is_some());
        self.wrote_at = Some(self.now + Span(5));
        match stroke {
            Stroke::Text(_) => self.boxed = self.text.clone(),
            Stroke::Key(0) if self.swallows > 0 => self.swallows -= 1,
            Stroke::Key(_) => {
                self.boxed.clear();
                self.rows_above += 1;
            }
        }
    }
}

impl Sight for Program {
    fn asks(&mut self) -> Option<String> {
        self.asks.clone()
    }
    fn leftover(&mut self) -> Leftover {
        self.leftover
    }
    fn works_since(&mut self) -> Option<Time> {
        self.works_since
    }
    fn drawn(&mut self) -> Drawn {
        self.drawn
    }
    fn wrote_at(&mut self) -> Option<Time> {
        self.wrote_at
    }
    fn discipline(&mut self) -> Discipline {
        self.discipline
    }
    fn reads(&mut self) -> Reads {
        self.reads
    }
    fn line_bytes(&mut self) -> usize {
        self.text.split('\n').map(str::len).max().unwrap_or(0)
    }
    fn picture(&mut self) -> Picture {
        let boxed = if self.shows { self.boxed.clone() } else { String::new() };
        let mut rows = vec!["● said earlier".to_owned(); self.rows_above];
        rows.extend([format!("> {boxed}"), "────".to_owned()]);
        Picture { rows, cursor: ((2 + boxed.chars().count()) as u16, self.rows_above as u16) }
    }
}

fn parcel(text: &str, keys: &[Press], asked: Asked) -> Parcel {
    Parcel { text: (!text.is_empty()).then(|| text.to_owned()), keys: keys.to_vec(), asked, amid: Amid::Joins }
}

/// The strokes that were typed, the outcome, and how long the delivery took.
#[derive(Debug, PartialEq)]
struct Went {
    strokes: Vec<Stroke>,
    outcome: Outcome,
    took: Span,
}

/// Carries a delivery out. `happens` may change the program before each look; it gets the number of strokes typed so
/// far.
fn carry_out(parcel: Parcel, program: &mut Program, mut happens: impl FnMut(&mut Program, usize)) -> Went {
    let began = program.now;
    let (mut delivery, mut strokes) = (Delivery::new(parcel, began), Vec::new());
    for _ in 0..10_000 {
        happens(program, strokes.len());
        let now = program.now;
        match delivery.next(program, now) {
            Next::Type(stroke) => {
                strokes.push(stroke);
                program.take(stroke);
            }
            Next::Wait(at) => {
                assert!(at > now, "a wait that is no wait: {delivery:?}");
                program.now = at;
            }
            Next::Settled(outcome) => return Went { strokes, outcome, took: program.now - began },
        }
    }
    panic!("it never ends: {delivery:?}")
}

const PROMPT: [Press; 1] = [Press::Enter];
const TEXT: Stroke = Stroke::Text(Tail::AsGiven);
const ENTER: Stroke = Stroke::Key(0);

fn prompt(program: &mut Program, happens: impl FnMut(&mut Program, usize)) -> Went {
    carry_out(parcel(&program.text.clone(), &PROMPT, Asked::Refused), program, happens)
}

fn typed(receipt: Receipt) -> Outcome {
    Outcome::Typed(receipt)
}

#[test]
fn a_prompt_is_submitted_once_and_soon() {
    let went = prompt(&mut Program::idle("hello"), |_, _| {});
    assert_eq!((went.strokes, went.outcome), (vec![TEXT, ENTER], typed(Receipt::Submitted)));
    assert!(went.took <= Span(500), "{:?}", went.took);
}

#[test]
fn what_has_no_text_with_an_enter_is_typed_and_not_looked_for() {
    let alone = carry_out(parcel("hello", &[], Asked::Refused), &mut Program::idle("hello"), |_, _| {});
    assert_eq!((alone.strokes, alone.outcome, alone.took), (vec![TEXT], typed(Receipt::Typed), Span(155)));
    for keys in [&[Press::Enter][..], &[Press::Other, Press::Enter]] {
        let went = carry_out(parcel("", keys, Asked::Refused), &mut Program::idle(""), |_, _| {});
        assert_eq!((went.strokes.len(), went.outcome), (keys.len(), typed(Receipt::Typed)));
    }
    let tab =
        carry_out(parcel("/he", &[Press::Other, Press::Enter], Asked::Refused), &mut Program::idle("/he"), |_, _| {});
    assert_eq!((tab.strokes.len(), tab.outcome), (3, typed(Receipt::Typed)));
}

#[test]
fn keys_after_the_enter_follow_when_the_text_is_taken() {
    let mut program = Program { swallows: 1, ..Program::idle("hello") };
    let went = carry_out(parcel("hello", &[Press::Enter, Press::Other], Asked::Refused), &mut program, |_, _| {});
    assert_eq!(went.strokes, [TEXT, ENTER, ENTER, Stroke::Key(1)]);
    assert_eq!(went.outcome, typed(Receipt::Submitted));
}

/// Tests every step with a question that comes up in it: nothing is typed from then on.
#[test]
fn a_question_stops_it_wherever_it_comes_up() {
    for swallows in 0..=ENTERS_MAX {
        for after in 0..=ENTERS_MAX as usize {
            let mut program = Program { swallows, ..Program::idle("No! do not run that.") };
            let went = prompt(&mut program, |program, strokes| {
                if strokes >= after {
                    program.asks = Some("run it?".to_owned());
                }
            });
            let question = "run it?".to_owned();
            let expected = match after {
                0 => Outcome::Refused(Refusal::Asks(question)),
                _ if after > swallows as usize + 1 => typed(Receipt::Submitted),
                _ => typed(Receipt::Unconfirmed(Unconfirmed::Asks(question))),
            };
            assert_eq!(went.strokes.len(), after.min(swallows as usize + 2), "{swallows} {after} {went:?}");
            assert_eq!(went.outcome, expected, "{swallows} swallowed, asks after {after}");
        }
    }
}

#[test]
fn a_question_that_comes_after_the_enter_was_taken_takes_nothing_back() {
    let mut program = Program::idle("run the tests");
    let went = prompt(&mut program, |program, strokes| {
        if strokes == 2 && program.boxed.is_empty() {
            program.asks = Some("may I?".to_owned());
        }
    });
    assert_eq!(went.outcome, typed(Receipt::Submitted));
}

#[test]
fn an_answer_is_typed_into_the_question_and_not_looked_for() {
    for keys in [&[Press::Enter][..], &[Press::Other]] {
        let mut program = Program { asks: Some("sure?".to_owned()), shows: false, ..Program::idle("yes") };
        let went = carry_out(parcel("yes", keys, Asked::Answered), &mut program, |_, _| {});
        assert_eq!((went.strokes, went.outcome), (vec![TEXT, ENTER], typed(Receipt::Typed)));
    }
    let nobody_asks = carry_out(parcel("yes", &PROMPT, Asked::Answered), &mut Program::idle("yes"), |_, _| {});
    assert_eq!(nobody_asks.outcome, typed(Receipt::Submitted), "then it is a prompt like any other");
}

#[test]
fn a_text_that_shows_nowhere_gets_no_enter() {
    let mut program = Program { shows: false, ..Program::idle("dropped, or a dialog that nobody recognised") };
    let went = prompt(&mut program, |_, _| {});
    assert_eq!((went.strokes, went.outcome), (vec![TEXT], typed(Receipt::Unconfirmed(Unconfirmed::NotShown))));
    assert!((SHOWN_WAIT_MS..SHOWN_WAIT_MS + 1_000).contains(&went.took.0), "{:?}", went.took);
}

#[test]
fn a_slow_program_gets_its_enter_when_it_shows_the_text() {
    let mut program = Program { shows: false, ..Program::idle("hello") };
    let began = program.now;
    let went = prompt(&mut program, |program, _| program.shows = program.now >= began + Span(4_000));
    assert_eq!((went.strokes, went.outcome), (vec![TEXT, ENTER], typed(Receipt::Submitted)));
}

#[test]
fn an_enter_that_was_swallowed_is_pressed_again_and_not_without_end() {
    for swallows in 1..=ENTERS_MAX + 1 {
        let mut program = Program { swallows, ..Program::idle("hello") };
        let went = prompt(&mut program, |_, _| {});
        let enters = (swallows + 1).min(ENTERS_MAX);
        assert_eq!(went.strokes.len(), 1 + enters as usize);
        let expected = match swallows < ENTERS_MAX {
            true => Receipt::Submitted,
            false => Receipt::Unconfirmed(Unconfirmed::Stands { enters: ENTERS_MAX }),
        };
        assert_eq!(went.outcome, typed(expected), "{swallows} swallowed");
        assert!(went.took.0 <= u64::from(enters) * (SWALLOWED_MS + 200) + 1_000, "{:?}", went.took);
    }
}

#[test]
fn who_else_types_meanwhile_gets_no_enter_for_what_they_wrote() {
    let mut program = Program { swallows: 9, ..Program::idle("hello") };
    let (mut delivery, mut enters) = (Delivery::new(parcel("hello", &PROMPT, Asked::Refused), program.now), 0);
    let outcome = loop {
        let now = program.now;
        match delivery.next(&mut program, now) {
            Next::Type(stroke) => {
                enters += u32::from(stroke == ENTER);
                program.take(stroke);
                if enters == 1 {
                    delivery.disturb();
                }
            }
            Next::Wait(at) => program.now = at,
            Next::Settled(outcome) => break outcome,
        }
    };
    assert_eq!((enters, outcome), (1, typed(Receipt::Unconfirmed(Unconfirmed::Stands { enters: 1 }))));
}

#[test]
fn a_program_that_says_that_it_works_has_the_text_whatever_its_screen_shows() {
    let mut program = Program { swallows: 9, ..Program::idle("hello") };
    let went = prompt(&mut program, |program, strokes| {
        if strokes == 2 {
            program.works_since.get_or_insert(program.now + Span(1));
        }
    });
    assert_eq!((went.strokes.len(), went.outcome), (2, typed(Receipt::Submitted)));
    let mut busy = Program { swallows: 9, works_since: Some(Time(5)), ..Program::idle("hello") };
    let went = prompt(&mut busy, |_, _| {});
    assert!(matches!(went.outcome, Outcome::Typed(Receipt::Unconfirmed(_))), "it worked before: {went:?}");
}

#[test]
fn a_program_that_has_drawn_nothing_is_waited_for_and_not_typed_into_blindly() {
    let mut program = Program { drawn: Drawn::Nothing, wrote_at: None, ..Program::idle("hello") };
    let went = prompt(&mut program.clone(), |_, _| {});
    let waited = Span(DRAWN_WAIT_MS);
    assert_eq!(
        went,
        Went { strokes: vec![], outcome: Outcome::Refused(Refusal::NothingDrawn { waited }), took: waited }
    );

    let began = program.now;
    let went = prompt(&mut program, |program, _| {
        if program.now >= began + Span(17_000) {
            program.drawn = Drawn::Since(began + Span(17_000));
        }
    });
    assert_eq!((went.strokes, went.outcome), (vec![TEXT, ENTER], typed(Receipt::Submitted)));
    assert!((18_000..19_500).contains(&went.took.0), "it is given a second to stand: {:?}", went.took);
}

#[test]
fn a_program_that_waits_for_a_line_need_not_draw() {
    let reads = Program { drawn: Drawn::Nothing, wrote_at: None, reads: Reads::Yes, ..Program::idle("hello") };
    let went = prompt(&mut Program { discipline: Discipline::Cooked, ..reads.clone() }, |_, _| {});
    assert_eq!((went.strokes, went.outcome), (vec![TEXT, ENTER], typed(Receipt::Submitted)));
    let went = prompt(&mut reads.clone(), |_, _| {});
    assert_eq!(went.strokes, [], "one in a raw terminal may wait for what that can do, and draw itself then");
}

#[test]
fn a_first_word_in_a_cooked_terminal_may_not_be_the_whole_of_it() {
    let first = Time(1_000_000);
    let starts = Program { drawn: Drawn::Since(first), wrote_at: Some(first), ..Program::idle("hello") };
    let took = |program: Program| {
        let mut program = program;
        carry_out(parcel("hello", &[], Asked::Refused), &mut program, |_, _| {}).took
    };
    assert_eq!(took(starts.clone()), Span(1_155));
    assert_eq!(took(Program { discipline: Discipline::Cooked, reads: Reads::Yes, ..starts.clone() }), Span(1_155));
    assert_eq!(took(Program { discipline: Discipline::Cooked, ..starts }), Span(5_155));
}

#[test]
fn a_cooked_terminal_keeps_the_line_and_cuts_none() {
    let cooked = |text: &str| Program { discipline: Discipline::Cooked, shows: false, ..Program::idle(text) };
    let went = prompt(&mut cooked("hello\\"), |_, _| {});
    assert_eq!((went.strokes, went.outcome), (vec![TEXT, ENTER], typed(Receipt::Submitted)), "no blank, no look");
    let fits = "x".repeat(COOKED_LINE_BYTES_MAX);
    assert_eq!(prompt(&mut cooked(&fits), |_, _| {}).outcome, typed(Receipt::Submitted));
    let long = format!("short\n{fits}x");
    let bytes = COOKED_LINE_BYTES_MAX + 1;
    assert_eq!(prompt(&mut cooked(&long), |_, _| {}).outcome, Outcome::Refused(Refusal::LineTooLong { bytes }));
    assert_eq!(
        prompt(&mut Program::idle(&long), |_, _| {}).outcome,
        typed(Receipt::Submitted),
        "a raw one has no limit"
    );
}

#[test]
fn a_trailing_backslash_gets_its_blank_where_enter_follows_in_a_raw_terminal() {
    let tail = |text: &str, keys: &[Press]| {
        let went = carry_out(parcel(text, keys, Asked::Refused), &mut Program::idle(text), |_, _| {});
        went.strokes[0]
    };
    assert_eq!(tail("a\\", &PROMPT), Stroke::Text(Tail::Blank));
    for (text, keys) in [("a\\", &[][..]), ("a\\ ", &PROMPT), ("a\\b", &PROMPT), ("a\\", &[Press::Other])] {
        assert_eq!(tail(text, keys), TEXT, "{text:?} {keys:?}");
    }
}

#[test]
fn one_that_ends_upon_its_enter_has_taken_it() {
    let mut program = Program::idle("exit");
    let mut delivery = Delivery::new(parcel("exit", &PROMPT, Asked::Refused), program.now);
    let mut ended = vec![delivery.ended()];
    for _ in 0..5 {
        let now = program.now;
        match delivery.next(&mut program, now) {
            Next::Type(stroke) => program.take(stroke),
            Next::Wait(at) => program.now = at,
            Next::Settled(_) => break,
        }
        ended.push(delivery.ended());
    }
    ended.dedup();
    assert_eq!(ended, [None, Some(Receipt::Submitted)]);
}

#[test]
fn nothing_is_appended_to_a_text_that_was_left() {
    let mut program = Program { swallows: 9, ..Program::idle("hello") };
    let mut delivery = Delivery::new(parcel("hello", &PROMPT, Asked::Refused), program.now);
    loop {
        let now = program.now;
        match delivery.next(&mut program, now) {
            Next::Type(stroke) => program.take(stroke),
            Next::Wait(at) => program.now = at,
            Next::Settled(_) => break,
        }
    }
    let left = delivery.left().and_then(|left| left.on(&program.picture())).expect("it stands there");
    assert!(left.stands());
    program.leftover = Leftover::Text;
    let went = prompt(&mut program, |_, _| {});
    assert_eq!((went.strokes, went.outcome), (vec![], Outcome::Refused(Refusal::Leftover)));
    program.swallows = 0;
    let went = carry_out(parcel("", &PROMPT, Asked::Refused), &mut program, |_, _| {});
    assert_eq!(went.strokes, [ENTER], "a key alone may submit it");
    assert_eq!(left.on(&program.picture()), None, "then it is gone");
}

#[test]
fn what_no_person_sent_is_not_typed_into_the_line_that_one_has_begun() {
    let mut program = Program { leftover: Leftover::Line, ..Program::idle("hello") };
    let own = parcel("hello", &PROMPT, Asked::Refused);
    let sent = Parcel { amid: Amid::Refused, ..own.clone() };
    let went = carry_out(sent.clone(), &mut program, |_, _| {});
    assert_eq!((went.strokes, went.outcome), (vec![], Outcome::Refused(Refusal::Amid)));
    assert_eq!(carry_out(own, &mut program, |_, _| {}).strokes, [TEXT, ENTER], "a person goes on with it");
    // The program starts to draw, and the person writes during the wait for it.
    let mut starts = Program { drawn: Drawn::Since(Time(999_900)), wrote_at: None, ..Program::idle("hello") };
    let looks = std::cell::Cell::new(0);
    let went = carry_out(sent, &mut starts, |program, _| {
        looks.set(looks.get() + 1);
        program.leftover = if looks.get() > 1 { Leftover::Line } else { Leftover::Nothing };
    });
    assert_eq!((went.strokes, went.outcome), (vec![], Outcome::Refused(Refusal::Amid)));
}

#[test]
fn a_text_that_a_question_hid_is_found_when_that_is_gone() {
    let mut program = Program { shows: false, ..Program::idle("hello") };
    let mut delivery = Delivery::new(parcel("hello", &PROMPT, Asked::Refused), program.now);
    loop {
        let now = program.now;
        match delivery.next(&mut program, now) {
            Next::Type(stroke) => program.take(stroke),
            Next::Wait(at) => program.now = at,
            Next::Settled(_) => break,
        }
        program.asks = Some("sure?".to_owned());
    }
    let left = delivery.left().and_then(|left| left.on(&program.picture())).expect("it may come");
    assert!(!left.stands());
    program.shows = true;
    assert!(left.on(&program.picture()).is_some_and(|left| left.stands()));
}

#[derive(Clone, Debug)]
enum Happens {
    Nothing,
    Asks,
    IsAnswered,
    Draws,
    Works,
    TurnsRaw,
    TurnsCooked,
    ShowsNothing,
    ShowsAll,
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        4 => Just(Happens::Nothing),
        2 => Just(Happens::Asks),
        2 => Just(Happens::IsAnswered),
        1 => Just(Happens::Draws),
        1 => Just(Happens::Works),
        1 => Just(Happens::TurnsRaw),
        1 => Just(Happens::TurnsCooked),
        1 => Just(Happens::ShowsNothing),
        1 => Just(Happens::ShowsAll),
    ]
}

proptest! {
    /// Tests arbitrary events between the steps: no stroke is typed while the program asks; the delivery ends; no text
    /// is typed twice; Enter is pressed no more often than allowed.
    #[test]
    fn nothing_is_typed_while_it_asks(
        course in prop::collection::vec(happens(), 1..60),
        swallows in 0..6u32,
        drawn in any::<bool>(),
        keys in prop::collection::vec(prop_oneof![Just(Press::Enter), Just(Press::Other)], 0..4),
        text in prop_oneof![Just("hello there"), Just("")],
    ) {
        prop_assume!(!keys.is_empty() || !text.is_empty());
        let drawn = if drawn { Drawn::Since(Time(0)) } else { Drawn::Nothing };
        let mut program = Program { swallows, drawn, ..Program::idle(text) };
        let mut course = course.into_iter();
        let count = keys.len();
        let went = carry_out(parcel(text, &keys, Asked::Refused), &mut program, |program, _| {
            match course.next().unwrap_or(Happens::Nothing) {
                Happens::Nothing => {}
                Happens::Asks => program.asks = Some(String::new()),
                Happens::IsAnswered => program.asks = None,
                Happens::Draws => program.drawn = Drawn::Since(program.now),
                Happens::Works => program.works_since = Some(program.now),
                Happens::TurnsRaw => program.discipline = Discipline::Raw,
                Happens::TurnsCooked => program.discipline = Discipline::Cooked,
                Happens::ShowsNothing => program.shows = false,
                Happens::ShowsAll => program.shows = true,
            }
        });
        prop_assert!(program.asked_when_typed.iter().all(|asked| !asked), "{went:?}");
        prop_assert!(went.strokes.iter().filter(|stroke| matches!(stroke, Stroke::Text(_))).count() <= 1);
        prop_assert!(went.strokes.len() <= 1 + count + ENTERS_MAX as usize);
        prop_assert!(went.took.0 <= DRAWN_WAIT_MS * 2 + SHOWN_WAIT_MS + 20_000);
        if matches!(went.outcome, Outcome::Refused(_)) {
            prop_assert!(went.strokes.is_empty());
        }
    }
}

#[test]
fn a_word_that_is_cleared_away_at_the_start_is_no_drawing() {
    use quarterdeck_core::delivery::Drawn;
    let at = |ms: u64| Time(1_000 + ms);
    let word = Drawn::Nothing.after_output(|_| true, at(0));
    assert_eq!(word, Drawn::Since(at(0)));
    let cleared = word.after_output(|_| false, at(100));
    assert_eq!(cleared, Drawn::Nothing);
    assert_eq!(cleared.after_output(|_| true, at(7_000)), Drawn::Since(at(7_000)));
    let stands = Drawn::Since(at(0));
    assert_eq!(stands.after_output(|_| false, at(60_000)), stands, "one that has run for long may clear its screen");
}
