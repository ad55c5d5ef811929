//! Runs a command to its end, with a deadline, and captures its output.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// The longest time for a verb. A verb that hangs is a defect, and is killed and reported.
const COMMAND_DEADLINE: Duration = Duration::from_secs(90);

/// A command that has ended, with its output.
#[derive(Clone, Debug)]
pub(crate) struct Finished {
    /// The command line that was run.
    pub(crate) line: String,
    /// The exit code of the command; none when a signal ended it.
    pub(crate) code: Option<i32>,
    /// The bytes that the command wrote to its standard output.
    pub(crate) stdout: Vec<u8>,
    /// The text that the command wrote to its standard error.
    pub(crate) stderr: String,
}

impl Finished {
    /// Returns the standard output as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Returns the standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.stdout).unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }

    /// Asserts that the command ended with this code, and returns it.
    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Finished {
        assert_eq!(
            self.code,
            Some(code),
            "`{}` was expected to exit {code}\nstdout: {}\nstderr: {}",
            self.line,
            self.text(),
            self.stderr
        );
        self
    }

    /// Asserts that the command ended with 0, and returns it.
    #[track_caller]
    pub(crate) fn ok(self) -> Finished {
        self.code(0)
    }

    /// Asserts that standard output and standard error together hold this text, and returns the command.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Finished {
        let all = format!("{}{}", self.text(), self.stderr);
        assert!(all.contains(text), "`{}` was expected to say {text:?}; it said:\n{all}", self.line);
        self
    }
}

/// Runs a command to its end with `input` on its standard input.
#[track_caller]
pub(crate) fn finish(command: Command, input: &[u8]) -> Finished {
    finish_within(command, input, COMMAND_DEADLINE)
}

/// Runs a command as [`finish`] does, with a given deadline.
#[track_caller]
pub(crate) fn finish_within(mut command: Command, input: &[u8], deadline: Duration) -> Finished {
    let line = line(&command);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("can't run {line}: {error}"));
    let pid = child.id();
    let (mut stdin, mut stdout, mut stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let input = input.to_owned();
    let (tell, told) = mpsc::channel();
    // Each pipe has a thread of its own, so that a full one can't hold up the others.
    std::thread::spawn(move || stdin.take().map(|mut pipe| pipe.write_all(&input)));
    let errors = std::thread::spawn(move || {
        let mut said = Vec::new();
        stderr.take().map(|mut pipe| pipe.read_to_end(&mut said));
        String::from_utf8_lossy(&said).into_owned()
    });
    std::thread::spawn(move || {
        let mut said = Vec::new();
        stdout.take().map(|mut pipe| pipe.read_to_end(&mut said));
        let _nobody_waits = tell.send((said, child.wait()));
    });
    match told.recv_timeout(deadline) {
        Ok((stdout, status)) => {
            let code = status.unwrap_or_else(|error| panic!("can't wait for {line}: {error}")).code();
            Finished { line, code, stdout, stderr: errors.join().unwrap_or_default() }
        }
        Err(_) => {
            super::processes::kill(pid, nix::sys::signal::Signal::SIGKILL);
            panic!("`{line}` has not ended after {deadline:?}; it said: {}", errors.join().unwrap_or_default());
        }
    }
}

fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<String> = words.map(|word| word.to_string_lossy().into_owned()).collect();
    words.join(" ").replace(env!("CARGO_BIN_EXE_qd"), "qd")
}
