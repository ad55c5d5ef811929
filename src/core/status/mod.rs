//! The status of a run's program, as far as its terminal tells: signs from several sources, and the arbiter that
//! derives one verdict from them.
//!
//! | source    | what it is                                       | says                                          |
//! |-----------|--------------------------------------------------|-----------------------------------------------|
//! | `Program` | a report of its own (OSC 7501)                   | everything, exactly                           |
//! | `Screen`  | known words on the screen                        | asks, failing, failed, working, idle          |
//! | `Title`   | the window's title                               | asks, working, idle                           |
//! | `Call`    | a bell or a notification                         | asks, until somebody answers                  |
//! | `Output`  | that it writes, and for how long it has not      | working, idle                                 |
//!
//! A sign is a value with an age. It holds until its own source says something else. A source that cannot take its sign
//! back has another rule: a call ends when its question is answered on the keyboard. No sign ends because a person
//! looks at the screen, or because another sign came shortly before.
//!
//! **Invariant:** a program that asks has the status "asks" until its question is answered or gone, whatever happened
//! before (`no_sequence_of_observations_loses_a_call` in `src/core/tests/brain/status.rs`, over every sequence of
//! observations up to a length).

mod response;
mod signs;
mod verdict;

pub use response::{Speaker, UNRESPONSIVE_AFTER, Vitals};
pub use signs::{Observation, Signs, Stroke};
pub use verdict::{
    ATTEMPT_MAX, Activity, QUESTION_CHARS_MAX, Question, QuestionKind, SILENCE, SNOOZE_MAX, Sign, Source, Symptom,
    Verdict, WORKING_SILENCE_MAX, one_line,
};
