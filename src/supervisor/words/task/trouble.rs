//! Why an attempt at a task failed, and why its run is being stopped.

use crate::amounts;
use crate::status::WORDS_CHARS_MAX;
use crate::supervisor::words::common::{cancelled, ending_words, plural};
use crate::supervisor::words::lock::refusal::refusal;
use crate::term::cut;
use quarterdeck_core::ending::{Exit, Outcome};
use quarterdeck_core::task::{Stopped, Task, Trouble};
use quarterdeck_core::time::Span;
use quarterdeck_core::view::View;

/// Describes why the newest attempt of a task failed; none if it did not.
pub(in crate::supervisor) fn trouble_of(task: &Task, view: &View) -> Option<String> {
    task.trouble.as_ref().map(|why| trouble(why, task.verify_output.as_deref(), view))
}

/// Describes why an attempt failed; `output` is the output of its verification, if one ran.
pub(in crate::supervisor) fn trouble(why: &Trouble, output: Option<&str>, view: &View) -> String {
    match why {
        Trouble::Said(Some(message)) => message.clone(),
        Trouble::Said(None) => "its agent says so".to_owned(),
        Trouble::Refuted => match output {
            Some(output) => format!("verify: {}", refutation(output)),
            None => "verify did not pass".to_owned(),
        },
        Trouble::CutShort { .. } => {
            "its agent was stopped after its prompt had been typed: retry it if it was not done".to_owned()
        }
        Trouble::RunEnded { outcome: Outcome::Terminated, .. } => "its agent was stopped".to_owned(),
        Trouble::RunEnded { exit, reason, barred: Some(barred), .. } => {
            ending_words(*exit, reason.as_deref(), Some(*barred)).unwrap_or_default()
        }
        Trouble::RunEnded { exit: Some(Exit::Code(0)), .. } => {
            "its agent's run ended without reporting a result".to_owned()
        }
        Trouble::RunEnded { exit, reason, .. } => match ending_words(*exit, reason.as_deref(), None) {
            Some(how) => format!("its agent ended: {how}"),
            None => "its agent ended".to_owned(),
        },
        Trouble::TimedOut(span) => timed_out(*span),
        Trouble::NotProvided(reason) => not_provided(reason),
        Trouble::NotDelivered(reason) => format!("its prompt could not be typed: {reason}"),
        Trouble::Locks(denied) => {
            format!("its locks can't be granted: {}", refusal(denied, view).why)
        }
        Trouble::Parts { failed } => format!("{} of it were not done", plural(*failed, "part", "parts")),
        Trouble::ClaimWithdrawn => "the client that claimed it disconnected before it got the task".to_owned(),
        Trouble::AgentRemoved => "its agent has left the fleet".to_owned(),
    }
}

/// Returns the last words of a verification that did not pass: those of its program, or else how it ended, which is its
/// last line.
pub(in crate::supervisor) fn refutation(output: &str) -> String {
    let mut lines = output.lines().rev().map(str::trim).filter(|line| !line.is_empty());
    let (ended, said) = (lines.next(), lines.next());
    cut(said.or(ended).unwrap_or_default(), WORDS_CHARS_MAX)
}

/// Describes why the run of a task is being stopped.
pub(in crate::supervisor) fn stopped(why: &Stopped, view: &View) -> String {
    match why {
        Stopped::Cancelled(reason) => cancelled(reason, None, view),
        Stopped::CancelledBy { by, reason } => cancelled(reason, Some(by), view),
        Stopped::TimedOut(span) => timed_out(*span),
        Stopped::NotProvided(reason) => not_provided(reason),
    }
}

fn timed_out(span: Span) -> String {
    format!("it took longer than {}", amounts::span(span.0))
}

fn not_provided(reason: &str) -> String {
    format!("its inputs can't be prepared: {reason}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_of_a_refutation_is_the_last_line_of_its_program() {
        for (output, words) in [
            ("checking\n  2 tests failed \n\nverify ended with exit code 3", "2 tests failed"),
            ("verify took longer than 1m and was killed", "verify took longer than 1m and was killed"),
        ] {
            assert_eq!(refutation(output), words);
        }
    }
}
