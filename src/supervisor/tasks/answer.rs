//! Returns what the program of a one-shot task printed: its transcript as plain lines. That is the task's result if its
//! agent gives no other: programs that are given a prompt as an argument (`claude -p`, `codex exec`) print their
//! answer.

use super::work::Work;
use crate::supervisor::context::Context;
use crate::term::plain::Plain;
use crate::transcript::{self, Reader};
use crate::workspace::SETUP_ENDS;
use quarterdeck_core::task::limits::TEXT_BYTES_MAX;
use quarterdeck_core::task::{self, Answer};
use std::io;
use std::path::Path;

/// The number of the newest bytes of a transcript that are read: with all colour codes, more than a result may have.
/// Beyond it, the answer is too long for a result, and the error says so.
const TRANSCRIPT_BYTES_MAX: u64 = 16 * TEXT_BYTES_MAX as u64;

/// The sequences that switch to the alternate screen (xterm's ctlseqs, DECSET 1049 and 47): a program that draws there
/// prints no answer.
const ALTERNATE: [&[u8]; 2] = [b"\x1b[?1049h", b"\x1b[?47h"];

/// Returns what the run of a task printed; nothing for a task without a run of its own, or if it can't be read.
pub(super) fn answer(context: &Context, work: &Work) -> Answer {
    if work.task.work != task::Work::OneShot {
        return Answer::None;
    }
    let read = newest(&context.run_directory(work.run));
    let read = read.inspect_err(|error| tracing::warn!(task = %work.id, %error, "its transcript can't be read"));
    read.map_or(Answer::None, |(bytes, is_whole)| told(&bytes, is_whole))
}

/// Reads the newest bytes of a transcript, and tells whether they are all of it.
fn newest(directory: &Path) -> io::Result<(Vec<u8>, bool)> {
    let there = transcript::bounds(directory)?;
    let from = there.start.max(there.end.saturating_sub(TRANSCRIPT_BYTES_MAX));
    let mut reader = Reader::new(directory, from);
    let mut bytes = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match reader.read(&mut buffer)?.length {
            0 => return Ok((bytes, from == 0)),
            length => bytes.extend_from_slice(&buffer[..length]),
        }
    }
}

fn told(bytes: &[u8], is_whole: bool) -> Answer {
    let setup_ended = memchr::memmem::rfind(bytes, SETUP_ENDS.as_bytes());
    let (bytes, is_whole) = match setup_ended {
        Some(at) => (&bytes[at + SETUP_ENDS.len()..], true),
        None => (bytes, is_whole),
    };
    if ALTERNATE.iter().any(|switch| memchr::memmem::find(bytes, switch).is_some()) {
        return Answer::None;
    }
    let mut plain = Plain::default();
    let text = plain.push(bytes) + &plain.finish();
    let text = text.trim();
    match (text.len() <= TEXT_BYTES_MAX, is_whole) {
        (true, true) if text.is_empty() => Answer::None,
        (true, true) => Answer::Whole(text.to_owned()),
        (true, false) => Answer::Newest(text.to_owned()),
        (false, _) => Answer::Newest(text[text.ceil_char_boundary(text.len() - TEXT_BYTES_MAX)..].to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_what_was_printed_after_setup_without_colours() {
        let told = |text: &str| told(text.as_bytes(), true);
        assert_eq!(told("\x1b[1mone\x1b[0m\r\n two\r\n\r\n"), Answer::Whole("one\n two".to_owned()));
        assert_eq!(told(&format!("installing\r\n{SETUP_ENDS}answer\r\n")), Answer::Whole("answer".to_owned()));
        assert_eq!(told(" \r\n"), Answer::None);
        assert_eq!(told("\x1b[?1049hdrawn"), Answer::None);
        let line = "x".repeat(TEXT_BYTES_MAX);
        assert_eq!(told(&line), Answer::Whole(line), "one line, however long, is not broken");
    }

    #[test]
    fn what_is_too_long_says_that_it_is_a_part() {
        let long = format!("{}é end", "x".repeat(TEXT_BYTES_MAX));
        let Answer::Newest(text) = told(long.as_bytes(), true) else { panic!("a part") };
        assert!(text.ends_with("é end") && text.len() <= TEXT_BYTES_MAX);
        assert_eq!(told(b"the end", false), Answer::Newest("the end".to_owned()));
    }
}
