//! Runs Quarterdeck as its user does: with a directory that holds an `agents.toml`, and the `qd` command.

use crate::child;
use crate::measure::{lives, parent, processes};
use crate::outcome::{Doing, Outcome, until};
use crate::seat::Seat;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// The time after which any operation counts as broken.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The size of a person's terminal when they look at a fleet.
pub(crate) const SEAT_SIZE: (u16, u16) = (200, 50);

/// A fleet in a directory of its own, with sockets of its own. When it is dropped, everything that it started is ended.
pub(crate) struct Fleet {
    directory: TempDir,
    sockets: TempDir,
    // Keepers carry no mark of the sockets' directory, so every keeper that was seen is remembered for the end.
    keepers: RefCell<Vec<u32>>,
}

/// An agent with a live process.
pub(crate) struct Live {
    pub(crate) name: String,
    pub(crate) pid: u32,
}

impl Fleet {
    /// Makes a fleet of these agents, in an empty directory. Nothing runs until [`Fleet::up`].
    pub(crate) fn new(agents: &[AgentTable]) -> Outcome<Fleet> {
        Fleet::inside(TempDir::new()?, agents)
    }

    /// Makes a fleet of these agents in a directory that exists already.
    pub(crate) fn inside(directory: TempDir, agents: &[AgentTable]) -> Outcome<Fleet> {
        let tables: Vec<String> = agents.iter().map(AgentTable::toml).collect();
        let file = format!("[fleet]\nname = \"figures\"\nmax_concurrent = 1000\n\n{}", tables.join("\n"));
        fs::write(directory.path().join("agents.toml"), file)?;
        Ok(Fleet { directory, sockets: TempDir::new()?, keepers: RefCell::default() })
    }

    /// Returns the directory that holds `agents.toml`.
    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Returns the socket on which the supervisor listens; starts the supervisor if it is not running.
    pub(crate) fn socket(&self) -> Outcome<PathBuf> {
        Ok(PathBuf::from(self.run(&["up", "--socket"])?.trim()))
    }

    /// Makes a `qd` command line whose output is discarded.
    pub(crate) fn qd(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_qd"));
        command.args(arguments).current_dir(self.path());
        command.env("QD_RUNTIME_DIR", self.sockets.path()).env_remove("QD_CONFIG");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }

    /// Runs a `qd` command to its end. Returns what it printed.
    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome<String> {
        let words = format!("qd {}", arguments.join(" "));
        let output = self.qd(arguments).stdout(Stdio::piped()).output().doing(&words)?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(format!("{words}: {}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim()).into())
    }

    /// Starts the fleet, and waits until this many agents have a process.
    pub(crate) fn up(&self, agents: usize) -> Outcome<Vec<Live>> {
        self.run(&["up"])?;
        self.live(agents)
    }

    /// Waits until this many agents have a process.
    pub(crate) fn live(&self, agents: usize) -> Outcome<Vec<Live>> {
        let live = until("every agent runs", PATIENCE, || {
            let live = self.listed().unwrap_or_default();
            (live.len() >= agents).then_some(live)
        })?;
        *self.keepers.borrow_mut() = live.iter().filter_map(|agent| parent(agent.pid)).collect();
        Ok(live)
    }

    /// Returns the agents that have a live process now.
    pub(crate) fn listed(&self) -> Outcome<Vec<Live>> {
        let agents: Vec<Value> = serde_json::from_str(&self.run(&["ps", "--json"])?).doing("qd ps --json")?;
        let live = |agent: &Value| {
            let pid = agent["pid"].as_u64().filter(|pid| lives(*pid as u32))?;
            Some(Live { name: agent["name"].as_str()?.to_owned(), pid: pid as u32 })
        };
        Ok(agents.iter().filter_map(live).collect())
    }

    /// Returns the keepers: the parents of the agents' processes.
    pub(crate) fn keepers(&self) -> Vec<u32> {
        self.keepers.borrow().clone()
    }

    /// Returns the supervisor's process id.
    pub(crate) fn supervisor(&self) -> Outcome<u32> {
        let found = processes("__supervisor", &self.sockets.path().display().to_string());
        found.first().copied().ok_or_else(|| "no supervisor runs".into())
    }

    /// Opens the dashboard for a person, and waits until it shows this text.
    pub(crate) fn dashboard(&self, shown: &str) -> Outcome<Seat> {
        self.seat(&[], shown)
    }

    /// Runs `qd` with these arguments at a person's terminal, and waits until it shows this text.
    pub(crate) fn seat(&self, arguments: &[&str], shown: &str) -> Outcome<Seat> {
        let seat = Seat::run(&self.qd(arguments), SEAT_SIZE)?;
        seat.wait_for(shown, PATIENCE)?;
        Ok(seat)
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        let _ = self.run(&["down", "--kill"]);
        let _ = until("the supervisor ends", Duration::from_secs(3), || self.supervisor().is_err().then_some(()));
        let mark = self.sockets.path().display().to_string();
        let left = self.keepers().into_iter().filter(|pid| lives(*pid)).chain(processes("", &mark));
        for pid in left.filter(|pid| *pid != std::process::id()) {
            eprintln!("  left after qd down: process {pid}");
            let _ = kill(Pid::from_raw(pid as i32), Signal::SIGKILL);
        }
    }
}

/// A table `[agents.NAME]` whose program is a child of this binary.
pub(crate) struct AgentTable {
    name: &'static str,
    command: Vec<String>,
    lines: Vec<String>,
}

impl AgentTable {
    /// Makes an agent that runs this child in a plain directory of its own and is never restarted.
    pub(crate) fn new(name: &'static str, program: &[&str]) -> AgentTable {
        AgentTable { name, command: child::command_line(program), lines: Vec::new() }.with("restart = \"never\"")
    }

    /// Makes an agent that runs this program of the system.
    pub(crate) fn command(name: &'static str, program: &str) -> AgentTable {
        AgentTable { name, command: vec![program.to_owned()], lines: Vec::new() }
    }

    /// Makes an agent that runs this shell line.
    pub(crate) fn shell(name: &'static str, line: &str) -> AgentTable {
        let command = ["sh", "-c", line].map(String::from).to_vec();
        AgentTable { name, command, lines: Vec::new() }
    }

    /// Adds one more line to the table.
    pub(crate) fn with(mut self, line: &str) -> AgentTable {
        self.lines.push(line.to_owned());
        self
    }

    fn toml(&self) -> String {
        let workspace = self.lines.iter().any(|line| line.starts_with("workspace"));
        let workspace = if workspace { "" } else { "workspace = \"directory\"\n" };
        let arguments: Vec<String> = self.command[1..].iter().map(|argument| format!("{argument:?}")).collect();
        format!(
            "[agents.{}]\ncommand = {:?}\nargs = [{}]\n{workspace}{}\n",
            self.name,
            self.command[0],
            arguments.join(", "),
            self.lines.join("\n"),
        )
    }
}
