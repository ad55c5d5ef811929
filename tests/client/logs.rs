//! `qd logs`: from disk, with nobody there.

use crate::fleet::{Fleet, transcript};
use std::io::Write;
use tokio::io::{AsyncBufReadExt, BufReader};

#[tokio::test]
async fn the_newest_run_is_printed_plain_and_any_run_raw() {
    let fleet = Fleet::silent();
    transcript(&fleet.place, "r2", "builder", &[(0, "old\r\n")]);
    transcript(&fleet.place, "r10", "builder", &[(0, "\x1b[31mone\x1b[0m\r\n50%\r10"), (21, "0%\r\nend")]);
    transcript(&fleet.place, "r11", "linter", &[]);
    assert_eq!(fleet.qd(&["logs", "builder"]).await.stdout, "one\n100%\nend\n");
    assert_eq!(fleet.qd(&["logs", "builder", "--raw", "--run", "r2"]).await.stdout, "old\r\n");
    assert_eq!(fleet.qd(&["logs", "linter"]).await.stdout, "");
    let mut sessions = fleet.session(&["logs", "builder", "--run", "r11"]).await;
    sessions += &fleet.session(&["logs", "nobody"]).await;
    insta::assert_snapshot!(sessions);
}

#[tokio::test]
async fn of_several_agents_each_line_says_whose_it_is_and_only_what_is_wanted_is_printed() {
    let fleet = Fleet::silent();
    transcript(&fleet.place, "r1", "w-1", &[(0, "one\r\ntwo\r\n\x1b[1merror: bad\x1b[0m\r\n")]);
    transcript(&fleet.place, "r2", "w-10", &[(0, "three\r\nError: worse\r\nopen")]);
    transcript(&fleet.place, "r3", "other", &[(0, "four\r\n")]);
    let printed = async |words: &[&str]| fleet.qd(words).await.stdout;
    assert_eq!(printed(&["logs", "w", "-n", "1"]).await, "w-1  | error: bad\nw-10 | open\n");
    assert_eq!(printed(&["logs", "--all", "--grep", "(?i)^error"]).await, "w-1   | error: bad\nw-10  | Error: worse\n");
    assert_eq!(printed(&["logs", "o*"]).await, "four\n", "one agent needs no label");
    assert_eq!(printed(&["logs", "w-10", "--lines", "all"]).await, "three\nError: worse\nopen\n");
    assert_eq!(printed(&["logs", "--all", "--since", "2001-01-01T00:00:00Z", "-n1"]).await.lines().count(), 3);
    assert_eq!(printed(&["logs", "--all", "--since", "2999-01-01T00:00:00Z"]).await, "");
    let mut sessions = String::new();
    for words in
        [&["logs", "--all", "--raw"][..], &["logs", "w-2"], &["logs", "w", "--grep", "("], &["logs", "a", "-n", "x"]]
    {
        sessions += &fleet.session(words).await;
    }
    insta::assert_snapshot!(sessions);
}

/// Tests that run in the background of a shell inherit that SIGINT is ignored, and so would what they start.
fn hear_interrupts() {
    use nix::sys::signal::{SigHandler, Signal, signal};
    // SAFETY: the signal is ignored, and no handler is installed.
    unsafe { signal(Signal::SIGINT, SigHandler::SigDfl) }.expect("SIGINT can be heard");
}

#[tokio::test]
async fn following_prints_what_is_added_also_to_a_new_file_and_an_interrupt_ends_it() {
    hear_interrupts();
    let fleet = Fleet::silent();
    let directory = transcript(&fleet.place, "r1", "builder", &[(0, "one\r\n")]);
    let mut child = fleet.command(&["logs", "builder", "-f"]).spawn().expect("qd runs");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut next = async || lines.next_line().await.expect("readable").expect("a line");
    assert_eq!(next().await, "one");
    let mut file = std::fs::File::options().append(true).open(directory.join("transcript.0")).expect("a file");
    file.write_all(b"two\r\n").expect("written");
    assert_eq!(next().await, "two");
    std::fs::write(directory.join("transcript.10"), "three\r\n").expect("written");
    assert_eq!(next().await, "three");
    let pid = rustix::process::Pid::from_raw(child.id().expect("alive").cast_signed()).expect("a pid");
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("sent");
    let output = child.wait_with_output().await.expect("an end");
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&output.status), Some(2));
    assert_eq!(output.stderr, b"");
}
