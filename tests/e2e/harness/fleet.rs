//! A fleet for one case: a directory, sockets, a home, and the `qd` of this build.

use super::command::{self, Finished};
use super::facts::{self, Facts};
use super::http::{self, Answer};
use super::processes::{self, Process};
use super::repository;
use super::{config, drop_check, eventually};
use nix::sys::signal::{SigHandler, Signal, signal};
use serde_json::Value;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A fleet, and all of its files. When it is dropped it is ended, and nothing of it may remain.
pub(crate) struct Fleet {
    directory: tempfile::TempDir,
    /// The directory that holds `agents.toml`.
    pub(crate) root: PathBuf,
    /// The directory that holds the sockets.
    pub(crate) runtime: PathBuf,
    /// The user's home, with a git identity in it.
    pub(crate) home: PathBuf,
}

impl Fleet {
    /// Makes a fleet that has not been started, in a plain directory.
    pub(crate) fn new(text: &str) -> Fleet {
        // Under /tmp by name: a socket's path is at most 107 bytes long.
        let directory = tempfile::Builder::new().prefix("qd").tempdir_in("/tmp").expect("a directory");
        let base = directory.path().canonicalize().expect("a canonical path");
        let [root, runtime, home] = ["fleet", "run", "home"].map(|name| base.join(name));
        for path in [&root, &runtime, &home] {
            fs::create_dir(path).expect("a directory");
        }
        fs::write(home.join(".gitconfig"), repository::USER).expect("a file");
        let fleet = Fleet { directory, root, runtime, home };
        fleet.configure(text);
        fleet
    }

    /// Makes a fleet that has not been started, in a git repository.
    pub(crate) fn in_repository(text: &str) -> Fleet {
        let fleet = Fleet::new(text);
        repository::create(&fleet.root);
        fleet
    }

    /// Makes a fleet in a plain directory, started in the background.
    #[track_caller]
    pub(crate) fn up(text: &str) -> Fleet {
        let fleet = Fleet::new(text);
        fleet.qd(["up"]).ok();
        fleet
    }

    /// Makes a fleet in a git repository, started in the background.
    #[track_caller]
    pub(crate) fn up_in_repository(text: &str) -> Fleet {
        let fleet = Fleet::in_repository(text);
        fleet.qd(["up"]).ok();
        fleet
    }

    /// Writes `agents.toml` at once, so that no reader sees half of it.
    pub(crate) fn configure(&self, text: &str) {
        let beside = self.base().join("agents.toml.new");
        fs::write(&beside, config::complete(text)).expect("a file");
        fs::rename(beside, self.root.join("agents.toml")).expect("a file in its place");
    }

    /// Returns the directory that holds all files of this case.
    pub(crate) fn base(&self) -> &Path {
        self.directory.path()
    }

    /// Makes a command with this fleet's environment, and nothing of the environment in which the tests run.
    pub(crate) fn surround(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root).env_clear().envs(self.environment());
        // Under nohup(1), all programs that are started ignore a hang-up.
        let heeds_hang_ups = || unsafe { signal(Signal::SIGHUP, SigHandler::SigDfl) }.map(drop).map_err(Into::into);
        // SAFETY: sigaction(2) may be called between fork and exec (signal-safety(7)).
        unsafe { command.pre_exec(heeds_hang_ups) };
        command
    }

    /// Returns the environment variables of this fleet.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let path = std::env::var("PATH").unwrap_or_else(|_| "/usr/bin:/bin".to_owned());
        let own = [
            ("PATH", path),
            ("HOME", self.home.display().to_string()),
            ("QD_RUNTIME_DIR", self.runtime.display().to_string()),
            ("TERM", "xterm-256color".to_owned()),
            ("LC_ALL", "C.UTF-8".to_owned()),
            ("QD_LOG", "debug".to_owned()),
        ];
        own.map(|(name, value)| (name.to_owned(), value)).into()
    }

    /// Makes a `qd` command with these words, not yet started.
    pub(crate) fn command<'w>(&self, words: impl IntoIterator<Item = &'w str>) -> Command {
        let mut command = self.surround(env!("CARGO_BIN_EXE_qd"));
        command.args(words);
        command
    }

    /// Runs `qd` with these words to its end.
    #[track_caller]
    pub(crate) fn qd<'w>(&self, words: impl IntoIterator<Item = &'w str>) -> Finished {
        command::finish(self.command(words), b"")
    }

    /// Runs `qd` with these words and this standard input to its end.
    #[track_caller]
    pub(crate) fn qd_reading<'w>(&self, words: impl IntoIterator<Item = &'w str>, input: &[u8]) -> Finished {
        command::finish(self.command(words), input)
    }

    /// Returns the directory of this fleet's sockets; none before it was first started.
    pub(crate) fn socket_directory(&self) -> Option<PathBuf> {
        let mut entries = fs::read_dir(self.runtime.join("quarterdeck")).into_iter().flatten().flatten();
        entries.next().map(|entry| entry.path())
    }

    /// Returns the path of the supervisor's socket.
    #[track_caller]
    pub(crate) fn socket(&self) -> PathBuf {
        self.socket_directory().expect("the fleet was started").join("control.sock")
    }

    /// Sends a request to the supervisor, and returns its answer.
    #[track_caller]
    pub(crate) fn ask(&self, method: &str, path: &str, body: Option<&str>) -> Answer {
        let answer = http::ask(&self.socket(), method, &format!("/api/v1{path}"), body);
        answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// Returns the supervisor's description of itself.
    #[track_caller]
    pub(crate) fn hello(&self) -> Value {
        self.ask("GET", "", None).expect(200)
    }

    /// Returns the id of the supervisor's process.
    #[track_caller]
    pub(crate) fn supervisor(&self) -> u32 {
        number(&self.hello(), "pid")
    }

    /// Returns an agent as the control plane shows it.
    #[track_caller]
    pub(crate) fn agent(&self, name: &str) -> Value {
        self.ask("GET", &format!("/agents/{name}"), None).expect(200)
    }

    /// Returns the id of an agent's own process. It waits for it, because output can be seen before the keeper has
    /// reported the id.
    #[track_caller]
    pub(crate) fn pid(&self, name: &str) -> u32 {
        eventually("a process", || self.agent(name)["pid"].as_u64().and_then(|pid| pid.try_into().ok()))
    }

    /// Returns the id of the keeper of an agent's newest run.
    #[track_caller]
    pub(crate) fn keeper(&self, name: &str) -> u32 {
        let record = self.run_directory(name).join("keeper");
        let text = fs::read_to_string(&record).unwrap_or_else(|error| panic!("{}: {error}", record.display()));
        let pid = text.lines().find_map(|line| line.strip_prefix("pid ")).and_then(|pid| pid.parse().ok());
        pid.unwrap_or_else(|| panic!("no pid in {text:?}"))
    }

    /// Returns the directory of an agent's newest run.
    #[track_caller]
    pub(crate) fn run_directory(&self, name: &str) -> PathBuf {
        let agent = self.agent(name);
        let run = agent["run"].as_str().unwrap_or_else(|| panic!("{name} never ran: {agent}"));
        self.root.join(".quarterdeck/runs").join(run)
    }

    /// Returns every process of an agent's newest run except its keeper, by the run's mark.
    #[track_caller]
    pub(crate) fn tree(&self, name: &str) -> Vec<Process> {
        let run = self.run_directory(name);
        let run = run.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let key = self.socket_directory().expect("the fleet was started");
        let mark = format!("QD_RUN={}-{run}", key.file_name().unwrap_or_default().to_string_lossy());
        let marked = processes::with_environment(&mark);
        marked.into_iter().filter(|process| !process.line.contains("__keeper")).collect()
    }

    /// Returns every process of this fleet, by environment, command line and directory.
    pub(crate) fn processes(&self) -> Vec<Process> {
        let key = self.socket_directory().and_then(|path| path.file_name()?.to_str().map(str::to_owned));
        let words: Vec<String> = std::iter::once(self.base().display().to_string()).chain(key).collect();
        processes::that_hold(&words)
    }

    /// Waits until no process of this fleet remains.
    #[track_caller]
    pub(crate) fn until_gone(&self) {
        let gone = super::pace::within(super::DEADLINE, || self.processes().is_empty().then_some(()));
        assert!(gone.is_some(), "processes are left: {:#?}", self.processes());
    }

    /// Opens a stream of the facts after number `since`.
    #[track_caller]
    pub(crate) fn facts(&self, since: u64) -> Facts {
        Facts::after(&self.socket(), since, "")
    }

    /// Returns the number of the newest fact.
    #[track_caller]
    pub(crate) fn newest(&self) -> u64 {
        u64::from(number(&self.hello(), "newest_seq"))
    }

    /// Returns the first fact ever of this type about this agent.
    #[track_caller]
    pub(crate) fn fact(&self, agent: &str, kind: &str) -> Value {
        self.fact_after(0, agent, kind)
    }

    /// Returns the first fact after number `since` of this type about this agent.
    #[track_caller]
    pub(crate) fn fact_after(&self, since: u64, agent: &str, kind: &str) -> Value {
        self.facts(since).first(&format!("{agent} {kind}"), |fact| facts::is(fact, agent, kind))
    }

    /// Returns all facts of the journal so far.
    #[track_caller]
    pub(crate) fn history(&self) -> Vec<Value> {
        let page = self.ask("GET", "/events?limit=10000&order=oldest", None).expect(200);
        page["events"].as_array().cloned().unwrap_or_default()
    }

    /// Returns the facts of one type about one agent so far.
    #[track_caller]
    pub(crate) fn history_of(&self, agent: &str, kind: &str) -> Vec<Value> {
        self.history().into_iter().filter(|fact| facts::is(fact, agent, kind)).collect()
    }

    /// Returns an agent's screen, its lines joined.
    #[track_caller]
    pub(crate) fn screen(&self, name: &str) -> String {
        let screen = self.ask("GET", &format!("/agents/{name}/screen"), None).expect(200);
        let lines = screen["lines"].as_array().cloned().unwrap_or_default();
        let lines: Vec<&str> = lines.iter().filter_map(Value::as_str).collect();
        lines.join("\n").trim_end().to_owned()
    }

    /// Waits until an agent's screen shows a text, and returns the screen.
    #[track_caller]
    pub(crate) fn until_screen(&self, name: &str, text: &str) -> String {
        let mut last = String::new();
        let found = super::pace::within(super::DEADLINE, || {
            last = self.screen(name);
            last.contains(text).then(|| last.clone())
        });
        found.unwrap_or_else(|| panic!("{text:?} never showed on the screen of {name}; it shows:\n{last}"))
    }

    /// Waits until a file exists and holds a whole line, and returns its text.
    #[track_caller]
    pub(crate) fn until_file(&self, path: &Path) -> String {
        eventually(&format!("a line in {}", path.display()), || {
            fs::read_to_string(path).ok().filter(|text| text.ends_with('\n'))
        })
    }

    /// Returns every byte of an agent's newest run that the transcript holds.
    #[track_caller]
    pub(crate) fn transcript(&self, name: &str) -> Vec<u8> {
        self.qd(["logs", name, "--raw"]).ok().stdout
    }

    /// Returns the directory in which an agent works.
    #[track_caller]
    pub(crate) fn workspace(&self, name: &str) -> PathBuf {
        let agent = self.agent(name);
        PathBuf::from(agent["workspace"].as_str().unwrap_or_else(|| panic!("no workspace: {agent}")))
    }

    fn state_file(&self, name: &str) -> String {
        fs::read_to_string(self.root.join(".quarterdeck").join(name)).unwrap_or_default()
    }

    /// Returns the end of the supervisor's log, for messages.
    pub(crate) fn log_tail(&self) -> String {
        let log = self.state_file("supervisor.log");
        let lines: Vec<&str> = log.lines().rev().take(12).collect();
        let tail: Vec<&str> = lines.into_iter().rev().collect();
        format!(
            "supervisor.log ends:\n{}\nsupervisor.stderr:\n{}",
            tail.join("\n"),
            self.state_file("supervisor.stderr")
        )
    }
}

#[track_caller]
fn number(value: &Value, key: &str) -> u32 {
    value[key].as_u64().and_then(|number| number.try_into().ok()).unwrap_or_else(|| panic!("no {key} in {value}"))
}

impl Drop for Fleet {
    fn drop(&mut self) {
        let complaints = drop_check::end(self);
        match (complaints.is_empty(), std::thread::panicking()) {
            (true, false) => {}
            (_, true) => eprintln!("{}\n{}", complaints.join("\n"), self.log_tail()),
            (false, false) => panic!("the fleet left something:\n{}\n{}", complaints.join("\n"), self.log_tail()),
        }
    }
}
