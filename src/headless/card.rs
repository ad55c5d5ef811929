//! The result of a headless run: each agent's outcome, the place of its work, and hints.

use crate::amounts;
use crate::api::agents::{Agent, AgentState};
use crate::api::work::Work;
use crate::report::exit::Exit;
use crate::report::facts::LINES_VERSION;
use crate::report::output::clean;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// The result of a headless run, to be printed.
pub(super) struct Card<'a> {
    /// The name of the fleet.
    pub(super) fleet: &'a str,
    /// Path of the fleet's root.
    pub(super) root: &'a Path,
    /// Every agent, in its state when it was last requested.
    pub(super) agents: &'a [Agent],
    /// How agents ended after that, in the words of their last fact.
    pub(super) endings: &'a BTreeMap<String, String>,
    /// The exit code with which `qd` ends.
    pub(super) exit: Exit,
    /// How long the run took.
    pub(super) took: Duration,
}

impl Card<'_> {
    /// Returns the card as lines for people.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = vec![String::new(), self.headline()];
        lines.extend(self.table());
        lines.extend(self.next().iter().map(|command| format!("  hint: {command}")));
        lines.push("transcripts: .quarterdeck/runs (`qd logs NAME` prints one)".to_owned());
        lines
    }

    /// Returns the card as one JSON value.
    pub(super) fn json(&self) -> Value {
        json!({
            "v": LINES_VERSION,
            "type": "result",
            "outcome": self.outcome(),
            "exit": self.exit.code(),
            "took_ms": u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX),
            "agents": self.agents,
            "endings": self.endings,
        })
    }

    fn outcome(&self) -> &'static str {
        match self.exit {
            Exit::Ok => "completed",
            Exit::AgentFailed => "failed",
            Exit::TimedOut => "timed_out",
            Exit::Interrupted => "interrupted",
            Exit::Terminated => "terminated",
            _ => "error",
        }
    }

    /// Returns the first line: `fleet demo: 2 completed, 1 failed in 12.3 s`.
    fn headline(&self) -> String {
        let completed = self.count(|agent| agent.state == AgentState::Completed);
        let off = self.count(|agent| agent.state == AgentState::Off);
        let other = self.agents.len() - completed - off;
        let mut counts = vec![format!("{completed} completed")];
        if other > 0 {
            counts.push(format!("{other} {}", if self.exit == Exit::AgentFailed { "failed" } else { "stopped" }));
        }
        if off > 0 {
            counts.push(format!("{off} not started"));
        }
        let how = match self.exit {
            Exit::TimedOut => "timed out",
            Exit::Interrupted | Exit::Terminated => "stopped",
            _ => "ended",
        };
        format!("fleet {} {how} after {}: {}", self.fleet, amounts::took(self.took), counts.join(", "))
    }

    fn count(&self, is: impl Fn(&Agent) -> bool) -> usize {
        self.agents.iter().filter(|agent| is(agent)).count()
    }

    fn table(&self) -> Vec<String> {
        let rows: Vec<[String; 4]> = self.agents.iter().map(|agent| self.row(agent)).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let (name, summary, branch) = (width(0), width(1), width(2));
        let line = |row: &[String; 4]| {
            format!("  {:<name$}  {:<summary$}  {:<branch$}  {}", row[0], row[1], row[2], row[3]).trim_end().to_owned()
        };
        rows.iter().map(line).collect()
    }

    fn row(&self, agent: &Agent) -> [String; 4] {
        let workspace = agent.workspace.as_deref().map(Path::new);
        let workspace = workspace.map(|path| path.strip_prefix(self.root).unwrap_or(path).display().to_string());
        let uncommitted = agent.work.as_ref().and_then(Work::uncommitted_words);
        let summary = match (self.endings.get(&agent.name), uncommitted) {
            (None, _) => agent.summary.clone(),
            (Some(ending), None) => ending.clone(),
            (Some(ending), Some(words)) => format!("{ending}; {words}"),
        };
        [clean(&agent.name), clean(&summary), agent.branch.clone().unwrap_or_default(), workspace.unwrap_or_default()]
    }

    fn next(&self) -> Vec<String> {
        let ran = self.agents.iter().filter(|agent| agent.run.is_some());
        ran.flat_map(|agent| {
            let look = match (agent.state, &agent.branch) {
                (AgentState::Completed, Some(branch)) => Some(format!("git log --stat HEAD..{branch}")),
                (AgentState::Completed, None) => None,
                // An agent that never began has written nothing; its row says why it did not begin.
                _ if agent.started_ms.is_none() => None,
                _ => Some(format!("qd logs {}", agent.name)),
            };
            commit_command(agent).into_iter().chain(look)
        })
        .collect()
    }
}

/// Returns the command that commits an agent's work to its branch, if it has uncommitted work: `qd commit claude   # 3
/// files, not committed`. The command needs no supervisor.
pub(super) fn commit_command(agent: &Agent) -> Option<String> {
    let words = agent.work.as_ref()?.uncommitted_words()?;
    Some(format!("qd commit {}   # {words}", agent.name))
}
