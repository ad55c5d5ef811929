//! The stored state of the tasks. The functions that read it are in `read`.

use super::event::{Left, Verdict};
use super::line::{Class, Line};
use super::spec::{TaskSpec, TaskWorkspace, Work};
use super::trouble::{Stopped, Trouble, Word};
use crate::ids::{AgentId, ClaimId, RunId, TaskId};
use crate::time::{Span, Time};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// The stored state of the tasks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct TaskBoard {
    pub(super) tasks: BTreeMap<TaskId, Task>,
    pub(super) names: BTreeMap<String, TaskId>,
    pub(super) claims: BTreeMap<ClaimId, Claim>,
    pub(super) newest_task: u64,
    pub(super) newest_claim: u64,
    /// How many times a task was assigned to an agent.
    pub(super) assignments: u64,
    /// The tasks that any capable agent may take.
    pub(super) queued: Line,
    /// The current task of each agent, and the tasks in its own queue.
    pub(super) desks: BTreeMap<AgentId, Desk>,
    /// The task that each run works on.
    pub(super) runs: BTreeMap<RunId, TaskId>,
    /// The tasks that are held because no agent can do them.
    pub(super) unplaceable: Line,
    /// The tasks that are held because the only agent that may do them is absent or not capable, by the agent's name.
    pub(super) unplaceable_for: BTreeMap<String, BTreeSet<TaskId>>,
    /// The tasks that are held until their locks are granted.
    pub(super) waiting_for_locks: BTreeSet<TaskId>,
    /// The tasks that are held until the instant of their next attempt.
    pub(super) backing_off: BTreeSet<TaskId>,
    /// The tasks that have ended, oldest first.
    pub(super) ended: BTreeSet<(Time, TaskId)>,
}

/// A task on the board.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Task {
    /// The specification of the task. Its name is filled in; its capabilities are sorted and without doubles.
    pub spec: TaskSpec,
    /// The stage in which the task is.
    pub stage: Stage,
    /// When the task entered its stage.
    pub since: Time,
    /// When the task was added.
    pub added: Time,
    /// The rank of the task in the line: see [`rank`](super::line::rank).
    pub rank: i64,
    /// The number of dependencies that have not ended.
    pub unmet: u32,
    /// The tasks that depend on this task.
    pub needed_by: Vec<TaskId>,
    /// The tasks that are parts of this task.
    pub parts: Vec<TaskId>,
    /// The number of attempts begun.
    pub attempt: u32,
    /// The number of attempts begun that do not count against the allowed attempts.
    pub forgiven: u32,
    /// Attempts in a row that ended because the quota of their agent's program was used up.
    #[serde(default)]
    pub quota_endings: u32,
    /// The number of attempts that are allowed.
    pub attempts_max: u32,
    /// The agent that works on the task, has it in its queue, or worked on it last.
    pub agent: Option<AgentId>,
    /// The run in which the agent works on the task, or worked on it last.
    pub run: Option<RunId>,
    /// The way in which the task reached its agent.
    pub work: Work,
    /// The claim by which the newest attempt began.
    pub claim: Option<ClaimId>,
    /// Whether the task holds the locks that it names.
    pub locked: Locked,
    /// When an agent began to work on the newest attempt.
    pub started: Option<Time>,
    /// When the task ended.
    pub ended: Option<Time>,
    /// When the time of the current attempt has passed.
    pub clock: Clock,
    /// The question whether the task is done, asked when the agent's turn ends without a report on the task.
    #[serde(default)]
    pub asks: Option<Asks>,
    /// The last progress that the agent reported.
    pub progress: Progress,
    /// The final report of the agent, while its process still runs.
    pub word: Option<Word>,
    /// Why the run of the task is being stopped, if it is.
    pub stopping: Option<Stopped>,
    /// The directory with the outputs of the dependencies.
    pub inputs: Option<String>,
    /// Path of the directory in which the task is worked on.
    pub workspace: Option<String>,
    /// The verdict of the verification.
    pub verdict: Option<Verdict>,
    /// The newest lines of the verification's output.
    pub verify_output: Option<String>,
    /// The products of the newest attempt: its commit, branch and artifacts.
    pub left: Left,
    /// The result that the agent reported at the end.
    pub result: Option<String>,
    /// Why the newest attempt failed.
    pub trouble: Option<Trouble>,
    /// Why the task was cancelled or reopened.
    pub reason: Option<String>,
    /// The number of times that the task was reopened after it had ended.
    pub reopened: u32,
    /// The dependency that did not end as needed, if the task was skipped.
    pub skipped_for: Option<TaskId>,
    /// The history of the task, oldest entry first.
    pub history: Vec<Happened>,
}

/// The stage in which a task is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", rename = "TaskStage")]
pub enum Stage {
    /// The task is held; the value says why.
    Held(Held),
    /// Any capable agent may take the task.
    Queued,
    /// The task is in an agent's own queue.
    LinedUp,
    /// The task is on its way to an agent.
    Assigned,
    /// An agent works on the task.
    Running,
    /// The verification of the task runs.
    Verifying,
    /// The task is done.
    Done,
    /// The task has failed.
    Failed,
    /// The task was cancelled or skipped.
    Cancelled,
}

/// The reason why a task is held.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", rename = "TaskHeld")]
pub enum Held {
    /// Some dependencies of the task have not ended.
    Needs,
    /// Some parts of the task have not ended.
    Parts,
    /// No agent of the fleet has all required capabilities; no agent at all has the `missing` ones.
    Nobody { missing: Vec<String> },
    /// The only agent that may do the task is not in the fleet.
    NoAgent { name: String },
    /// The locks of the task are not granted yet.
    Locks,
    /// An attempt failed, and the next one begins at `until`.
    Backoff { until: Time },
}

/// Whether a task holds the locks that it names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Locked {
    /// The task holds no locks.
    #[default]
    No,
    /// The task waits in the line for its locks.
    Waiting,
    /// The task holds its locks.
    Held,
}

/// When the time of an attempt has passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// The attempt has no time limit.
    #[default]
    Off,
    /// The time of the attempt has passed at this instant.
    Due(Time),
    /// The run of the attempt is frozen, and this much time remains.
    Left(Span),
}

/// The open question whether a task is done, after the agent's turn ended without a report on it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Asks {
    /// When the question is settled: if nobody has answered by then, the task counts as done, or as failed if an error
    /// ended the turn.
    pub until: Time,
    /// The error that ended the turn.
    pub why: Option<String>,
}

/// The progress that an agent reports on its task.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Progress {
    /// The progress of the task in percent.
    pub percent: Option<u8>,
    /// The progress of the task in words.
    pub message: Option<String>,
}

/// An entry in the history of a task.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Happened {
    /// When the entry was made.
    pub at: Time,
    /// The stage that the task entered.
    pub stage: Stage,
    /// The agent that had the task.
    pub agent: Option<AgentId>,
    /// Why an attempt failed, if one did.
    pub trouble: Option<Trouble>,
}

/// The current task of an agent and its own queue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Desk {
    /// The task that the agent has in hand: assigned, running or verifying.
    pub current: Option<TaskId>,
    /// The tasks in the agent's own queue.
    pub line: Line,
    /// The number of the agent's newest assignment. The agent with the smallest number has been idle for the longest.
    pub newest: u64,
}

/// A claim: the request of a run for a task.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Claim {
    /// The run that asks for a task.
    pub run: RunId,
    /// The task that the run asks for; none: any task that it can do.
    pub task: Option<TaskId>,
    /// When the claim stops waiting; none: never.
    pub until: Option<Time>,
    /// The task that the run was given, while its inputs and workspace are being prepared.
    pub got: Option<TaskId>,
}

/// Returns the first line of a prompt that is not empty, without the marks of a heading.
pub(crate) fn title_of(prompt: &str) -> &str {
    let said = |line: &&str| !line.is_empty();
    prompt.lines().map(|line| line.trim_start_matches('#').trim()).find(said).unwrap_or_default()
}

impl Task {
    /// Returns a task that was just added.
    pub(super) fn new(spec: TaskSpec, rank: i64, attempts_max: u32, unmet: u32, at: Time) -> Task {
        Task {
            spec,
            stage: Stage::Held(Held::Needs),
            since: at,
            added: at,
            rank,
            unmet,
            needed_by: Vec::new(),
            parts: Vec::new(),
            attempt: 0,
            forgiven: 0,
            quota_endings: 0,
            attempts_max,
            agent: None,
            run: None,
            work: Work::Pulled,
            claim: None,
            locked: Locked::No,
            started: None,
            ended: None,
            clock: Clock::Off,
            asks: None,
            progress: Progress::default(),
            word: None,
            stopping: None,
            inputs: None,
            workspace: None,
            verdict: None,
            verify_output: None,
            left: Left::default(),
            result: None,
            trouble: None,
            reason: None,
            reopened: 0,
            skipped_for: None,
            history: Vec::new(),
        }
    }

    /// Returns the result that the task passes on: the report of its agent, or the output of its program.
    pub fn told(&self) -> Option<&str> {
        self.result.as_deref().or(self.left.answer.words())
    }

    /// Whether the task has ended.
    pub fn has_ended(&self) -> bool {
        matches!(self.stage, Stage::Done | Stage::Failed | Stage::Cancelled)
    }

    /// Whether an agent has the task in hand: assigned, running or verifying.
    pub fn is_in_hand(&self) -> bool {
        matches!(self.stage, Stage::Assigned | Stage::Running | Stage::Verifying)
    }

    /// Whether inputs or a workspace of its own must be prepared before an agent that already runs works on the task.
    pub fn is_provided(&self) -> bool {
        !self.spec.needs.is_empty() || self.spec.workspace != TaskWorkspace::Agent
    }

    /// Returns the number of attempts begun that count against the allowed attempts.
    pub fn attempts_spent(&self) -> u32 {
        self.attempt.saturating_sub(self.forgiven)
    }

    /// Returns the title of the task: the first line of its prompt that is not empty.
    pub fn title(&self) -> &str {
        title_of(&self.spec.prompt)
    }

    /// Returns the class of the task in the line: the properties that decide which agents may take it.
    pub(crate) fn class(&self) -> Class {
        use super::line::{Bound, Wants};
        use super::spec::Placement;
        Class {
            capabilities: self.spec.required_capabilities.clone(),
            plan: self.spec.plan,
            bound: match self.spec.placement {
                Placement::Only(_) => Bound::ToItsAgent,
                Placement::Anyone | Placement::Prefer(_) | Placement::Parts(_) => Bound::ToNobody,
            },
            locks: match self.locked {
                Locked::Held => Wants::Nothing,
                _ if self.spec.locks.is_empty() => Wants::Nothing,
                Locked::No | Locked::Waiting => Wants::Locks,
            },
        }
    }
}
