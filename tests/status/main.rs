//! What real agent programs wrote in moments that matter, replayed without the programs: trust questions, approvals,
//! choices, turns, errors. Each recording in `corpus/` has labels that say what was true, from the model's side; the
//! status must say the same, in time.
//!
//! A recording is lines of JSON, as asciinema's: a header, then `[seconds, "o", output]`, `[seconds, "i", typed]` and
//! `[seconds, "l", label]`: from then on this is true.

mod recording;

use quarterdeck::status::{Watcher, Wrote, last_words, turn_ending};
use quarterdeck::term::Terminal;
use quarterdeck::term::frame::Size;
use quarterdeck_core::status::{Activity, QuestionKind, SILENCE, Verdict};
use quarterdeck_core::time::{Span, Time};
use recording::{Label, Recording, What};
use std::path::Path;

/// The supervisor looks at a screen that keeps changing this often (`supervisor/run/screen`).
const LOOK_INTERVAL: Span = Span(250);
/// A question or an error is told within this.
const TOLD_WITHIN: Span = Span(1_000);
/// The end of a turn is told within this, where only silence tells.
const SILENT_WITHIN: Span = Span(SILENCE.0 + 1_000);
/// A label is set when its moment was noticed, and the program may have said so this much before.
const LEAD: Span = Span(300);
/// The recordings begin then.
const START: Time = Time(1_000_000);

/// A recording that plays, and what the status says of it.
struct Replay {
    terminal: Terminal,
    watcher: Watcher,
    looked_at: Option<Time>,
    stale: bool,
}

impl Replay {
    fn new(recording: &Recording) -> Replay {
        let terminal = Terminal::new(Size::clamped(recording.columns, recording.rows), 100);
        Replay { terminal, watcher: Watcher::new(START), looked_at: None, stale: false }
    }

    fn output(&mut self, bytes: &[u8], now: Time) {
        self.look_if_due(now);
        self.terminal.advance(bytes);
        let _answered_when_it_was_recorded = self.terminal.take_replies();
        self.watcher.wrote(bytes, Wrote::OfItsOwn, now);
        for signal in self.terminal.take_signals() {
            self.watcher.signal(&signal, &self.terminal, now);
        }
        self.stale = true;
        self.look_if_due(now);
    }

    fn look_if_due(&mut self, now: Time) {
        let due = self.looked_at.is_none_or(|at| now >= at + LOOK_INTERVAL);
        if self.stale && due {
            self.terminal.end_sync();
            self.watcher.look(&mut self.terminal, now);
            (self.looked_at, self.stale) = (Some(now), false);
        }
    }

    fn verdict(&mut self, now: Time) -> Verdict {
        self.look_if_due(now);
        self.watcher.verdict(now).clone()
    }
}

/// Whether the status says what the label says.
fn agrees(activity: &Activity, label: Label) -> bool {
    match (label, activity) {
        // A login is a question too, which the recordings do not tell apart.
        (Label::Asks(QuestionKind::Question), Activity::Asks(question)) => {
            matches!(question.kind, QuestionKind::Question | QuestionKind::Login)
        }
        (Label::Asks(kind), Activity::Asks(question)) => question.kind == kind,
        (Label::Working, Activity::Working) => true,
        (Label::AtRest, Activity::Idle | Activity::Done) => true,
        (Label::Error, Activity::Failing(_) | Activity::Failed(_)) => true,
        (Label::Starting, Activity::Idle | Activity::Working) => true,
        _ => false,
    }
}

/// How soon the status must say so.
fn within(label: Label) -> Span {
    match label {
        Label::AtRest => SILENT_WITHIN,
        Label::Starting | Label::Asks(_) | Label::Working | Label::Error => TOLD_WITHIN,
    }
}

/// What the status says otherwise than the labels of one recording, in words.
fn disagreements(recording: &Recording) -> Vec<String> {
    let mut replay = Replay::new(recording);
    let mut found = Vec::new();
    let mut truth: Option<(Label, Time)> = None;
    for (place, moment) in recording.moments.iter().enumerate() {
        let now = START + moment.at;
        let check = |replay: &mut Replay, at: Time, found: &mut Vec<String>| {
            let Some((label, since)) = truth.filter(|(label, since)| at >= *since + within(*label)) else { return };
            let verdict = replay.verdict(at);
            // What the program said just before the label was set is as true.
            let ahead = verdict.since + LEAD > at;
            if !agrees(&verdict.activity, label) && !ahead {
                let seconds = (at - START).0 as f64 / 1_000.0;
                let since = (since - START).0 as f64 / 1_000.0;
                found.push(format!("{}: at {seconds} s {verdict:?}, true since {since} s: {label:?}", recording.name));
            }
        };
        // The instant just before something happens, and the one at which the label must hold by.
        let by = truth.map(|(label, since)| since + within(label));
        if let Some(by) = by.filter(|by| *by < now && place > 0 && START + recording.moments[place - 1].at <= *by) {
            check(&mut replay, by, &mut found);
        }
        check(&mut replay, Time(now.0.saturating_sub(1)), &mut found);
        match &moment.what {
            What::Output(text) => replay.output(text.as_bytes(), now),
            What::Typed(text) => {
                replay.watcher.typed(text.as_bytes(), now);
                // A prompt was sent off: when the program began to work on it, the next label says.
                truth = truth.filter(|(label, _)| *label != Label::AtRest || !text.ends_with('\r'));
            }
            What::True(label) => truth = Some((*label, now)),
        }
    }
    found.dedup_by_key(|words| words.split(" at ").next().map(str::to_owned));
    found
}

fn corpus() -> Vec<Recording> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/status/corpus");
    let mut paths: Vec<_> =
        std::fs::read_dir(directory).expect("a corpus").map(|entry| entry.expect("a file").path()).collect();
    paths.sort();
    paths.iter().map(|path| Recording::read(path)).collect()
}

#[test]
fn the_status_says_what_was_true_in_every_recording() {
    let found: Vec<String> = corpus().iter().flat_map(disagreements).collect();
    assert!(found.is_empty(), "{} times otherwise:\n{}", found.len(), found.join("\n"));
}

#[test]
fn every_question_has_the_programs_words() {
    for recording in corpus() {
        let mut replay = Replay::new(&recording);
        let mut asked = Vec::new();
        for moment in &recording.moments {
            let now = START + moment.at;
            match &moment.what {
                What::Output(text) => replay.output(text.as_bytes(), now),
                What::Typed(text) => replay.watcher.typed(text.as_bytes(), now),
                What::True(_) => {}
            }
            if let Activity::Asks(question) = replay.verdict(now).activity {
                asked.push(question);
            }
        }
        let end = recording.moments.last().map_or(START, |moment| START + moment.at + TOLD_WITHIN);
        asked.extend(replay.verdict(end).activity.question().cloned());
        let last = asked.last();
        let asks = recording.moments.iter().any(|moment| matches!(moment.what, What::True(Label::Asks(_))));
        assert_eq!(last.is_some(), asks, "{}", recording.name);
        assert!(last.is_none_or(|question| question.text.chars().count() > 8), "{}: {last:?}", recording.name);
    }
}

#[test]
fn a_kind_that_nobody_recorded_is_no_label() {
    assert_eq!(Label::read("asks trust"), Some(Label::Asks(QuestionKind::Trust)));
    assert_eq!(Label::read("dances"), None);
}

/// What a list says of a program is never a prompt, a path, keys or the lines of a box, whenever one looks.
#[test]
fn what_a_list_shows_of_a_screen_is_words() {
    for recording in corpus() {
        let mut replay = Replay::new(&recording);
        let mut said = std::collections::BTreeSet::new();
        for moment in &recording.moments {
            if let What::Output(text) = &moment.what {
                replay.output(text.as_bytes(), START + moment.at);
                said.insert(last_words(&replay.terminal.text()));
            }
        }
        if std::env::var_os("QD_SHOW").is_some() {
            println!("{}: {said:#?} last: {:?}", recording.name, last_words(&replay.terminal.text()));
        }
        for words in &said {
            let trivial =
                ["? for shortcuts", "Type your message", "Ask Codex to do", "Ask anything", "ctrl+p commands"];
            let found = trivial.iter().find(|trivial| words.contains(*trivial));
            assert_eq!(found, None, "{}: {words:?}", recording.name);
            let letters = words.chars().filter(|character| character.is_alphanumeric()).count();
            assert!(words.is_empty() || letters >= 2, "{}: {words:?}", recording.name);
        }
    }
}

#[test]
fn a_turn_that_its_provider_barred_is_told_from_one_that_failed_otherwise() {
    let now = "2026-11-27T12:00:00Z".parse().expect("a time");
    let barred = |name: &str| {
        let recording = corpus().into_iter().find(|recording| recording.name == format!("{name}.cast"));
        let recording = recording.expect("a recording");
        let mut replay = Replay::new(&recording);
        let mut at = START;
        for moment in &recording.moments {
            at = START + moment.at;
            match &moment.what {
                What::Output(text) => replay.output(text.as_bytes(), at),
                What::Typed(text) => replay.watcher.typed(text.as_bytes(), at),
                What::True(_) => {}
            }
        }
        let activity = replay.verdict(at + LOOK_INTERVAL).activity;
        let last = turn_ending(&activity, &replay.terminal.text(), now, &jiff::tz::TimeZone::UTC)?;
        Some((last.barred?.to_string(), last.line))
    };
    let of = |name: &str| barred(name).map(|(word, line)| format!("{word}: {line}"));
    for (name, words) in [
        ("claude-error401", "login: Invalid API key · Fix external API key"),
        (
            "claude-error429final",
            "quota: API Error: Request rejected (429) · You have hit your usage limit. Try again later.",
        ),
        (
            "codex-error401",
            "login: unexpected status 401 Unauthorized: invalid x-api-key, url: http://127.0.0.1:18391/v1/responses",
        ),
        ("codex-error429", "quota: ■ exceeded retry limit, last status: 429 Too Many Requests"),
    ] {
        assert_eq!(of(name).as_deref(), Some(words), "{name}");
    }
    for name in ["claude-errorfinal", "claude-quote", "codex-quote", "codex-error500", "claude-error400", "claude-turn"]
    {
        assert_eq!(of(name), None, "{name}");
    }
}
