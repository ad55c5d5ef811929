//! The result of a plan: as lines for people, and as one JSON value for programs.

use crate::amounts;
use crate::api::plans::{PlanDetail, PlanNode, PlanState};
use crate::api::tasks::{Task, TaskState, Verified};
use crate::clock::now_ms;
use crate::report::exit::Exit;
use crate::report::facts::LINES_VERSION;
use crate::report::output::clean;
use serde_json::{Value, json};
use std::time::Duration;

/// The result of a plan, to be printed.
pub(super) struct Card<'a> {
    /// The plan as it was at its end, before anything else was stopped.
    pub(super) detail: &'a PlanDetail,
    /// The failed tasks, by name, with the output of their verifications or the results of their agents.
    pub(super) failed: &'a [(String, String)],
    /// Commands that show uncommitted work or commit it to a branch.
    pub(super) left: &'a [String],
    /// The exit code with which `qd` ends.
    pub(super) exit: Exit,
    /// Why this process ended the plan early; none if it did not.
    pub(super) cut: Option<&'a str>,
    /// How long the run took.
    pub(super) took: Duration,
    /// When the result was made, in milliseconds since the Unix epoch.
    pub(super) now_ms: u64,
}

/// The results of a plan's nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Came {
    Verified,
    Unverified,
    Failed,
    /// The task had begun, and was ended before it had a result.
    CutShort,
    /// The task was skipped, or never began.
    Passed,
}

impl Came {
    /// Returns the result of a node.
    pub(super) fn of(node: &PlanNode) -> Came {
        match node.task.as_ref().map(|task| (task.state, task.verified)) {
            Some((TaskState::Done, Some(Verified::Verified))) => Came::Verified,
            Some((TaskState::Done, _)) => Came::Unverified,
            Some((TaskState::Failed, _)) => Came::Failed,
            _ if node.task.as_ref().is_some_and(|task| task.started_ms.is_some()) => Came::CutShort,
            _ => Came::Passed,
        }
    }

    /// Returns the result in a few words.
    pub(super) fn word(self) -> &'static str {
        match self {
            Came::Verified => "done (verified)",
            Came::Unverified => "done (unverified)",
            Came::Failed => "failed",
            Came::CutShort => "cut short",
            Came::Passed => "not done",
        }
    }
}

impl<'a> Card<'a> {
    /// Returns the result of a plan as of now, with no failed tasks and no commands.
    pub(super) fn new(detail: &'a PlanDetail, exit: Exit, cut: Option<&'a str>, took: Duration) -> Card<'a> {
        Card { detail, failed: &[], left: &[], exit, cut, took, now_ms: now_ms() }
    }
}

impl Card<'_> {
    /// Returns the outcome as a word for programs: `completed`, `failed`, `needs_person`, `timed_out`, `interrupted`,
    /// `terminated` or `error`.
    pub(super) fn outcome(&self) -> &'static str {
        match self.exit {
            Exit::Ok => "completed",
            Exit::TaskFailed => "failed",
            Exit::NeedsPerson => "needs_person",
            Exit::TimedOut => "timed_out",
            Exit::Interrupted => "interrupted",
            Exit::Terminated => "terminated",
            _ => "error",
        }
    }

    /// Returns the number of nodes with this result.
    pub(super) fn count(&self, came: Came) -> usize {
        self.detail.nodes.iter().filter(|node| Came::of(node) == came).count()
    }

    /// Returns the first line: `plan ci completed after 12.3 s: 7 verified, 2 unverified, 0 failed, 1 not done`.
    pub(super) fn headline(&self) -> String {
        let how = match self.detail.plan.state {
            state @ (PlanState::Completed | PlanState::Failed) => state.word(),
            _ => "was ended",
        };
        let short = match self.count(Came::CutShort) {
            0 => String::new(),
            count => format!(", {count} cut short"),
        };
        let cut = self.cut.map(|reason| format!(" ({reason})")).unwrap_or_default();
        format!(
            "plan {} {how}{cut} after {}: {} verified, {} unverified, {} failed{short}, {} not done",
            clean(&self.detail.plan.name),
            amounts::took(self.took),
            self.count(Came::Verified),
            self.count(Came::Unverified),
            self.count(Came::Failed),
            self.count(Came::Passed),
        )
    }

    /// Returns the card as lines for people.
    pub(super) fn lines(&self) -> Vec<String> {
        let nodes = &self.detail.nodes;
        let width = nodes.iter().map(|node| node.name.chars().count()).max().unwrap_or(0);
        let row = |node: &PlanNode| format!("  {:<width$}  {}", clean(&node.name), clean(&ending(node)));
        let mut lines = vec![String::new(), self.headline()];
        lines.extend(nodes.iter().map(row));
        let failed = nodes.iter().filter(|node| Came::of(node) == Came::Failed).filter_map(|node| node.task.as_ref());
        let commands = failed.take(10).flat_map(|task| {
            let logs = task.agent.as_ref().map(|agent| format!("qd logs {agent}"));
            [Some(format!("qd task show {}", task.name)), logs]
        });
        let hints = commands.flatten().chain(self.left.iter().cloned());
        lines.extend(hints.map(|command| format!("  hint: {command}")));
        lines
    }

    /// Returns the card as one JSON value.
    pub(super) fn json(&self) -> Value {
        let tasks: Vec<Value> = self
            .detail
            .nodes
            .iter()
            .map(|node| {
                json!({
                    "name": node.name,
                    "layer": node.layer,
                    "outcome": Came::of(node).word(),
                    "task": node.task,
                })
            })
            .collect();
        json!({
            "v": LINES_VERSION,
            "type": "result",
            "outcome": self.outcome(),
            "exit": self.exit.code(),
            "took_ms": u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX),
            "reason": self.cut,
            "next": self.left,
            "plan": self.detail.plan,
            "tasks": tasks,
        })
    }
}

/// Returns in words how a node ended.
pub(super) fn ending(node: &PlanNode) -> String {
    match &node.task {
        Some(task) if Came::of(node) == Came::CutShort => format!("cut short: {}", task.summary),
        Some(task) if task.ended_ms.is_none() => format!("not begun: {}", task.summary),
        Some(task) => task.summary.clone(),
        None => "not begun".to_owned(),
    }
}

/// Returns how long a task's newest attempt took; an attempt without an end is measured until now.
pub(super) fn took(task: &Task, now_ms: u64) -> Duration {
    let span = task.started_ms.map(|started| task.ended_ms.unwrap_or(now_ms).saturating_sub(started));
    Duration::from_millis(span.unwrap_or(0))
}
