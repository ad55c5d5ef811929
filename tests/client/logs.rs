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

/// Tests that run in the background of a shell inherit that SIGINT is ignored, and so would what they start.
fn hear_interrupts() {
    use nix::sys::signal::{SigHandler, Signal, signal};
    // SAFETY: no handler is installed.
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
