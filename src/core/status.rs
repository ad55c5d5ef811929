//! What the program of a run is doing, as far as its terminal tells: signs from several sources, and the arbiter that
//! makes one verdict of them.
//!
//! | source    | what it is                                       | says                                          |
//! |-----------|--------------------------------------------------|-----------------------------------------------|
//! | `Program` | a report of its own (OSC 7501)                   | everything, exactly                           |
//! | `Screen`  | words on the screen that are known to us         | asks, failing, failed, working, idle          |
//! | `Title`   | the window's title                               | asks, working, idle                           |
//! | `Call`    | a bell or a notification                         | asks, until somebody answers                  |
//! | `Output`  | that it writes, and for how long it has not      | working, idle                                 |
//!
//! A sign is a value with an age. It stands until its own source says something else, or, where a source can't take it
//! back, until what ends it: a call ends when its question is answered on the keyboard. No sign ends because a person
//! looks, and none because another came shortly before.
//!
//! **Invariant:** whatever came before, a program that asks is told to ask until its question is answered or gone
//! (`tests/brain/status.rs`, over every sequence of observations up to a length).

mod response;
mod signs;
mod verdict;

pub use response::{Speaker, UNRESPONSIVE_AFTER, Vitals};
pub use signs::{Observation, Signs, Stroke};
pub use verdict::{
    ATTEMPT_MAX, Activity, QUESTION_CHARS_MAX, Question, QuestionKind, SILENCE, SNOOZE_MAX, Sign, Source, Symptom,
    Verdict, WORKING_SILENCE_MAX, one_line,
};
