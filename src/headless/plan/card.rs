//! What came of a plan: as lines for people, and as one value for programs.

use crate::api::plans::{PlanDetail, PlanNode, PlanState};
use crate::api::tasks::{Task, TaskState, Verified};
use crate::report::exit::Exit;
use crate::report::facts::LINES_VERSION;
use crate::report::output::clean;
use crate::report::time::now_ms;
use serde_json::{Value, json};
use std::time::Duration;

/// What came of a plan.
pub(super) struct Card<'a> {
    /// The plan as it was at its end, before anything else was stopped.
    pub(super) detail: &'a PlanDetail,
    /// What verifications, or agents, said of tasks that failed.
    pub(super) failed: &'a [(String, String)],
    /// Commands that bring to light, or onto a branch, what is in no commit.
    pub(super) left: &'a [String],
    /// What `qd` ends with.
    pub(super) exit: Exit,
    /// Why it was ended by us, if it was.
    pub(super) cut: Option<&'a str>,
    /// How long it took.
    pub(super) took: Duration,
    /// When this was told, as milliseconds since 1970.
    pub(super) now_ms: u64,
}

/// How a node ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Came {
    Verified,
    Unverified,
    Failed,
    /// It had begun, and was ended before it came to anything.
    CutShort,
    /// Skipped, or not begun.
    Passed,
}

impl Came {
    /// How a node ended.
    pub(super) fn of(node: &PlanNode) -> Came {
        match node.task.as_ref().map(|task| (task.state, task.verified)) {
            Some((TaskState::Done, Some(Verified::Verified))) => Came::Verified,
            Some((TaskState::Done, _)) => Came::Unverified,
            Some((TaskState::Failed, _)) => Came::Failed,
            _ if node.task.as_ref().is_some_and(|task| task.started_ms.is_some()) => Came::CutShort,
            _ => Came::Passed,
        }
    }

    /// In one word.
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
    /// What came of a plan, told now, with nothing left behind.
    pub(super) fn new(detail: &'a PlanDetail, exit: Exit, cut: Option<&'a str>, took: Duration) -> Card<'a> {
        Card { detail, failed: &[], left: &[], exit, cut, took, now_ms: now_ms() }
    }
}

impl Card<'_> {
    /// `completed`, `failed`, `needs_person`, `timed_out`, `interrupted`, `terminated`, `error`.
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

    /// How many nodes ended so.
    pub(super) fn count(&self, came: Came) -> usize {
        self.detail.nodes.iter().filter(|node| Came::of(node) == came).count()
    }

    /// `plan ci completed after 12.3 s: 7 verified, 2 unverified, 0 failed, 1 not done`.
    pub(super) fn headline(&self) -> String {
        let how = match self.detail.plan.state {
            PlanState::Completed => "completed",
            PlanState::Failed => "failed",
            _ => "was ended",
        };
        let short = match self.count(Came::CutShort) {
            0 => String::new(),
            count => format!(", {count} cut short"),
        };
        let cut = self.cut.map(|reason| format!(" ({reason})")).unwrap_or_default();
        format!(
            "plan {} {how}{cut} after {:.1} s: {} verified, {} unverified, {} failed{short}, {} not done",
            clean(&self.detail.plan.name),
            self.took.as_secs_f64(),
            self.count(Came::Verified),
            self.count(Came::Unverified),
            self.count(Came::Failed),
            self.count(Came::Passed),
        )
    }

    /// The card as lines for people.
    pub(super) fn lines(&self) -> Vec<String> {
        let nodes = &self.detail.nodes;
        let width = nodes.iter().map(|node| node.name.chars().count()).max().unwrap_or(0);
        let row = |node: &PlanNode| format!("  {:<width$}  {}", clean(&node.name), clean(&ending(node)));
        let mut lines = vec![String::new(), self.headline()];
        lines.extend(nodes.iter().map(row));
        let failed = nodes.iter().filter(|node| Came::of(node) == Came::Failed).filter_map(|node| node.task.as_ref());
        let commands: Vec<String> = failed
            .take(10)
            .flat_map(|task| {
                let logs = task.agent.as_ref().map(|agent| format!("  qd logs {agent}"));
                [Some(format!("  qd task show {}", task.name)), logs]
            })
            .flatten()
            .chain(self.left.iter().map(|command| format!("  {command}")))
            .collect();
        if !commands.is_empty() {
            lines.push("what to type next:".to_owned());
            lines.extend(commands);
        }
        lines
    }

    /// The card as one value.
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

/// How a node ended, in words.
pub(super) fn ending(node: &PlanNode) -> String {
    match &node.task {
        Some(task) if Came::of(node) == Came::CutShort => format!("cut short: {}", task.summary),
        Some(task) if task.ended_ms.is_none() => format!("not begun: {}", task.summary),
        Some(task) => task.summary.clone(),
        None => "not begun".to_owned(),
    }
}

/// How long a task's newest attempt took; one that has no end has taken until now.
pub(super) fn took(task: &Task, now_ms: u64) -> Duration {
    let span = task.started_ms.map(|started| task.ended_ms.unwrap_or(now_ms).saturating_sub(started));
    Duration::from_millis(span.unwrap_or(0))
}
