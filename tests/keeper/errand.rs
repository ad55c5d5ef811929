//! A command that is run on a task's behalf: how it ended, what it wrote, and that nothing of it is left.

use crate::harness::{identity, pid_in, until, until_gone};
use quarterdeck::process::{self, Also};
use quarterdeck::wire::errand::{Errand, ErrandEnd};
use quarterdeck_core::ending::Exit;
use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tempfile::TempDir;

static ERRANDS: AtomicU32 = AtomicU32::new(0);

/// A helper at work. Leaves no process.
struct Helper {
    directory: TempDir,
    errand: Errand,
    child: Child,
    input: Option<ChildStdin>,
}

impl Helper {
    fn run(script: &str, limit_ms: u64) -> Helper {
        let directory = tempfile::tempdir().unwrap();
        let errand = Errand {
            mark: format!("errand-{}-{}", std::process::id(), ERRANDS.fetch_add(1, Ordering::Relaxed)),
            program: "sh".into(),
            arguments: vec!["-c".into(), script.into()],
            environment: vec![("PATH".into(), std::env::var_os("PATH").unwrap())],
            working_directory: directory.path().to_owned(),
            log: directory.path().join("log"),
            log_bytes_max: 1_000,
            limit: Duration::from_millis(limit_ms),
        };
        let mut command = Command::new(env!("CARGO_BIN_EXE_qd"));
        command.arg("__errand").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut input = child.stdin.take();
        input.as_mut().unwrap().write_all(&errand.encode()).unwrap();
        Helper { directory, errand, child, input }
    }

    fn end(&mut self) -> ErrandEnd {
        let mut said = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
        assert!(self.child.wait().unwrap().success());
        said.parse().unwrap()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(&self.errand.log).unwrap()
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = process::sweep_by_mark(&self.errand.mark, Also::default(), Duration::from_secs(5));
    }
}

/// Leaves two behind: one in a session of its own, both with a pid in a file.
const FAMILY: &str = "setsid sh -c 'echo $$ > far; exec sleep 1000' & sleep 1000 & echo $! > near; \
                      while ! test -s far; do sleep 0.01; done; ";

#[test]
fn its_exit_code_and_its_words_are_told() {
    let mut helper = Helper::run("echo out; echo err >&2; test ! -t 0; read line; pwd; exit 3", 60_000);
    assert_eq!(helper.end(), ErrandEnd::Ended(Exit::Code(3)));
    assert_eq!(helper.log(), format!("out\nerr\n{}\n", helper.directory.path().display()));
}

#[test]
fn only_the_newest_of_what_it_writes_is_kept() {
    let mut helper = Helper::run("yes 0123456789 | head -c 300000; echo last", 60_000);
    assert_eq!(helper.end(), ErrandEnd::Ended(Exit::Code(0)));
    assert!(helper.log().ends_with("last\n") && helper.log().len() == 1_000, "{}", helper.log().len());
}

#[test]
fn what_it_leaves_behind_is_killed_before_its_end_is_told() {
    let mut helper = Helper::run(&format!("{FAMILY} exit 0"), 60_000);
    assert_eq!(helper.end(), ErrandEnd::Ended(Exit::Code(0)));
    for file in ["near", "far"] {
        until_gone(&identity_or_gone(pid_in(&helper.directory.path().join(file))));
    }
}

#[test]
fn one_that_takes_too_long_is_killed_with_all_that_it_started() {
    let mut helper = Helper::run(&format!("trap '' TERM INT HUP; {FAMILY} while :; do sleep 1000; done"), 700);
    assert_eq!(helper.end(), ErrandEnd::Late);
    for file in ["near", "far"] {
        until_gone(&identity_or_gone(pid_in(&helper.directory.path().join(file))));
    }
}

#[test]
fn nothing_outlives_whoever_wanted_it() {
    let mut helper = Helper::run(&format!("{FAMILY} echo up > up; wait"), 60_000);
    let directory = helper.directory.path().to_owned();
    until("it is up", || directory.join("up").exists().then_some(()));
    let living = ["near", "far"].map(|file| identity(pid_in(&directory.join(file))));
    drop(helper.input.take());
    living.iter().for_each(until_gone);
    helper.end();
}

#[test]
fn a_program_that_is_not_there_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let mut helper = Helper::run("true", 60_000);
    helper.end();
    let errand = Errand { working_directory: directory.path().join("nowhere"), ..helper.errand.clone() };
    let mut command = Command::new(env!("CARGO_BIN_EXE_qd"));
    let mut child = command.arg("__errand").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(&errand.encode()).unwrap();
    let mut said = String::new();
    child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(child.wait().unwrap().success());
    assert!(matches!(said.parse(), Ok(ErrandEnd::NotStarted(_))), "{said}");
}

/// A process that may be gone already; then anybody who is gone stands for it.
fn identity_or_gone(pid: u32) -> process::Identity {
    process::Identity::of(pid).unwrap_or_else(|_| {
        let mut gone = Command::new("true").spawn().unwrap();
        let identity = process::Identity::of(gone.id()).unwrap();
        gone.wait().unwrap();
        identity
    })
}
