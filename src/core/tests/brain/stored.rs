//! Tests of the stored form of the fleet and of its inputs. Each form has a directory of its own in
//! `tests/fixtures/stored`, made by the program that wrote that form:
//!
//! - `form.json`: every type that is stored, with its fields and variants;
//! - `values.jsonl`: a value of each kind;
//! - `state`: the files of a fleet in the middle of its work (`tests/e2e/stored.rs`).
//!
//! The newest program must read all of them. A changed form needs a directory of its own: raise `Fleet::FORM`, give
//! each new field a default, and run the tests once with `INSTA_UPDATE=always`.

use quarterdeck_core::agent::Takes;
use quarterdeck_core::barred::Barred;
use quarterdeck_core::command::{Command, ShutdownMode};
use quarterdeck_core::ending::{Exit, GiveUp, Outcome, StopCause};
use quarterdeck_core::event::{Event, Signal, TimerId};
use quarterdeck_core::fact::Origin;
use quarterdeck_core::fleet::{Course, Fleet};
use quarterdeck_core::lock::Holding;
use quarterdeck_core::lock::request::{LockCommand, LockDenied, LockEvent, LockTimer, Which};
use quarterdeck_core::lock::{Deadline, Enforce, Evidence, LeaseEnd};
use quarterdeck_core::mail::{Delivery, MailCommand, MailEvent, MailTimer, Via};
use quarterdeck_core::party::Party;
use quarterdeck_core::plan::board::Awaits;
use quarterdeck_core::plan::{
    FailMode, Items, NodeState, Piece, PlanCommand, PlanState, Running, Said, SkipCause, TaskEnd,
};
use quarterdeck_core::policy::{Autostart, Coordination, Readiness, Recovery, RestartWhen, SafetyChecks};
use quarterdeck_core::run::{Freeze, Haste, Phase, Seen, Stage};
use quarterdeck_core::scope::{BadScope, Mode, Scope};
use quarterdeck_core::severity::Severity;
use quarterdeck_core::shared::{Owner, SharedCommand};
use quarterdeck_core::start_order::Waiting;
use quarterdeck_core::status::{Activity, QuestionKind, Source, Symptom};
use quarterdeck_core::sync::{Priority, Standing, SyncCommand};
use quarterdeck_core::task::event::TaskTimer;
use quarterdeck_core::task::line::{Bound, Turn, Wants};
use quarterdeck_core::task::{
    self, Clock, Counted, Locked, Placement, Stopped, TaskCommand, TaskEvent, TaskText, TaskWorkspace,
};
use quarterdeck_core::task::{Hope, Trouble, Verdict, When, Word, Work};
use quarterdeck_core::timers::{self, Flow};
use quarterdeck_core::view::{Config, Pause, State};
use quarterdeck_core::violation::{TaskViolation, Violation};
use serde_reflection::{Samples, Tracer, TracerConfig};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// Generates the functions that explore and read the stored types. Enums come first, so that their variants are met one
/// by one; the types that contain them come last.
macro_rules! stored_types {
    ($($type:ty),+ $(,)?) => {
        /// Returns a value of each kind, one per line.
        fn explore(tracer: &mut Tracer, samples: &Samples) -> String {
            let mut lines = String::new();
            $(
                let (_, values) = tracer.trace_type::<$type>(samples).expect(stringify!($type));
                for value in values {
                    let value = serde_json::to_string(&value).expect("JSON");
                    writeln!(lines, "{} {value}", stringify!($type)).expect("a line");
                }
            )+
            lines
        }

        /// Reads a line that was written by this or an earlier form.
        fn read(line: &str) -> Result<(), String> {
            let (name, value) = line.split_once(' ').ok_or("no type")?;
            let wrong = |error: serde_json::Error| error.to_string();
            match name {
                $(stringify!($type) => serde_json::from_str::<$type>(value).map(drop).map_err(wrong),)+
                _ => Err("a type that is no longer known: say here how it is read".to_owned()),
            }
        }
    };
}

#[rustfmt::skip]
stored_types!(
    Activity, Autostart, Awaits, BadScope, Barred, Bound, Clock, Config, Coordination, Counted, Deadline, Delivery, Enforce, Evidence,
    Exit, FailMode, Flow, Freeze, GiveUp, Haste, Holding, Hope, Items, LeaseEnd, LockDenied, Locked, LockTimer, MailTimer,
    Mode, NodeState, Origin, Outcome, Owner, Party, Pause, Phase, Piece, Placement, PlanState, Priority, QuestionKind,
    Readiness, Recovery, RestartWhen, Running, SafetyChecks, Said, Scope, Severity, ShutdownMode, Signal, SkipCause,
    Source, Symptom, Stage, Standing, State, StopCause, Stopped, TaskEnd, TaskText, TaskTimer, TaskWorkspace, TimerId, Trouble, Turn,
    Verdict, Via, Waiting, Wants, When, Which, Word, Work, task::Answer, task::Held, task::Stage, LockCommand,
    TaskCommand, PlanCommand, MailCommand, SharedCommand, SyncCommand, LockEvent, TaskEvent, MailEvent, Command,
    Event, Course, Seen, Takes, timers::Clock, TaskViolation, Violation, Fleet,
);

/// Returns every stored type by its name, and a value of each kind.
fn trace() -> (String, String) {
    // Some types that are parsed from text reject an empty text.
    let mut tracer = Tracer::new(TracerConfig::default().default_string_value("x".to_owned()));
    let samples = Samples::new();
    let values = explore(&mut tracer, &samples);
    let registry = tracer.registry().expect("an enum that is missing belongs into the list of stored types");
    (serde_json::to_string_pretty(&registry).expect("JSON") + "\n", values)
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/stored")
}

#[test]
fn a_change_of_the_form_has_a_number_and_a_fixture_of_its_own() {
    let directory = fixtures().join(format!("v{}", Fleet::FORM));
    let (form, values) = trace();
    if std::env::var("INSTA_UPDATE").is_ok_and(|how| how == "always") && !directory.join("form.json").exists() {
        fs::create_dir_all(&directory).expect("made");
        fs::write(directory.join("form.json"), &form).expect("written");
        fs::write(directory.join("values.jsonl"), values).expect("written");
    }
    let known = fs::read_to_string(directory.join("form.json")).expect("a fixture of the newest form");
    let changed: Vec<_> = form.lines().zip(known.lines()).filter(|(new, old)| new != old).take(1).collect();
    assert!(form == known, "the stored form has changed, first at {changed:?}: see the head of this file");
}

#[test]
fn every_form_is_read() {
    let mut forms = 0;
    for entry in fs::read_dir(fixtures()).expect("fixtures").flatten() {
        let path = entry.path().join("values.jsonl");
        let lines = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for line in lines.lines() {
            read(line).unwrap_or_else(|error| panic!("{}: {error}: {line}", path.display()));
        }
        forms += 1;
    }
    assert_eq!(forms, Fleet::FORM, "each form has a fixture");
}
