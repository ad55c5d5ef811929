//! A fleet of its own for each test, with the stand-in as its agent. Leaves no process.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use tempfile::TempDir;

/// Nothing here takes as long; what does has failed.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Fleet {
    directory: TempDir,
    root: PathBuf,
    words: Receiver<String>,
}

impl Fleet {
    /// A running fleet: `agent`, with these further lines in its table, and `missing`, a program that is nowhere.
    pub(crate) fn up(lines: &str) -> Fleet {
        let directory = tempfile::tempdir().expect("a directory");
        let root = directory.path().canonicalize().expect("a path").join("fleet");
        std::fs::create_dir(&root).expect("a directory");
        let pipe = root.join("words");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
        let words = listen(&pipe);
        let program = std::env::current_exe().expect("this program");
        let config = format!(
            "[fleet]\nrestart = 'never'\n\n[agents.agent]\ncommand = '{}'\nworkspace = 'directory'\n\
             args = ['--exact', 'stand_in::the_agent', '--nocapture', '--test-threads=1']\n\
             env.{} = '{}'\n{lines}\n\n[agents.missing]\ncommand = 'no-such-agent'\nworkspace = 'directory'\nautostart = false\n",
            program.display(),
            crate::stand_in::WORDS,
            pipe.display(),
        );
        std::fs::write(root.join("agents.toml"), config).expect("written");
        let fleet = Fleet { directory, root, words };
        let up = fleet.qd(&["up"]);
        assert!(up.contains("(2 agents, "), "{up}");
        fleet.qd(&["wait", "agent", "--until", "ready", "--timeout", "20s"]);
        fleet
    }

    /// Runs `qd` to its end, which must be a good one. Returns what it printed.
    pub(crate) fn qd(&self, words: &[&str]) -> String {
        let output = self.run(words);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "qd {words:?}: {}: {said}", output.status);
        String::from_utf8(output.stdout).expect("text")
    }

    /// Runs `qd` to its end, which must be with this code. Returns what it complained of.
    pub(crate) fn ends_with(&self, code: i32, words: &[&str]) -> String {
        let output = self.run(words);
        assert_eq!(output.status.code(), Some(code), "qd {words:?}: {output:?}");
        String::from_utf8(output.stderr).expect("text")
    }

    /// Runs `qd` to its end, which must be a bad one. Returns what it complained of.
    pub(crate) fn fails(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert!(!output.status.success(), "qd {words:?} did not fail");
        String::from_utf8(output.stderr).expect("text")
    }

    fn run(&self, words: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_qd"));
        command.args(words).current_dir(&self.root).stdin(Stdio::null());
        command.env("QD_RUNTIME_DIR", self.directory.path().join("run")).env_remove("QD_CONFIG");
        command.output().expect("qd runs")
    }

    /// The next word of the stand-in.
    pub(crate) fn hears(&self) -> String {
        self.words.recv_timeout(PATIENCE).expect("a word of the stand-in")
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.run(&["down", "--kill"]);
    }
}

/// The lines written to a named pipe. It is held open for writing too, so that it outlives each of its writers.
fn listen(pipe: &std::path::Path) -> Receiver<String> {
    let (sender, receiver) = channel();
    let open = OpenOptions::new().read(true).write(true).open(pipe).expect("a pipe");
    std::thread::spawn(move || {
        let lines = BufReader::new(open).lines().map_while(Result::ok);
        lines.take_while(|line| sender.send(line.clone()).is_ok()).for_each(drop);
    });
    receiver
}
