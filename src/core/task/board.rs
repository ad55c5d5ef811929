//! All that is known of the tasks. How it is read is in `read`.

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

/// All that is known of the tasks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct TaskBoard {
    pub(super) tasks: BTreeMap<TaskId, Task>,
    pub(super) names: BTreeMap<String, TaskId>,
    pub(super) claims: BTreeMap<ClaimId, Claim>,
    pub(super) newest_task: u64,
    pub(super) newest_claim: u64,
    /// How many tasks were ever given to an agent.
    pub(super) assignments: u64,
    /// Those that any agent that can do them may take.
    pub(super) queued: Line,
    /// What each agent works on, and what stands in its own queue.
    pub(super) desks: BTreeMap<AgentId, Desk>,
    /// What each run works on.
    pub(super) runs: BTreeMap<RunId, TaskId>,
    /// Held because no agent is there that can do them.
    pub(super) unplaceable: Line,
    /// Held because the one agent that may do them is not there, or can't.
    pub(super) unplaceable_for: BTreeMap<String, BTreeSet<TaskId>>,
    /// Held until their locks are granted.
    pub(super) waiting_for_locks: BTreeSet<TaskId>,
    /// Held until an instant.
    pub(super) backing_off: BTreeSet<TaskId>,
    /// Those that came to their end, oldest first.
    pub(super) ended: BTreeSet<(Time, TaskId)>,
}

/// One task.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Task {
    /// What was ordered. Its name is given, its capabilities are in order and without doubles.
    pub spec: TaskSpec,
    /// Where it stands.
    pub stage: Stage,
    /// Since when.
    pub since: Time,
    /// When it was added.
    pub added: Time,
    /// Its rank in the order: see [`rank`](super::line::rank).
    pub rank: i64,
    /// Needs that have not come to their end.
    pub unmet: u32,
    /// Tasks that need it.
    pub needed_by: Vec<TaskId>,
    /// Its parts.
    pub parts: Vec<TaskId>,
    /// Attempts begun.
    pub attempt: u32,
    /// Attempts begun that do not count.
    pub forgiven: u32,
    /// Attempts in a row that ended because the quota of their agent's program was used up.
    #[serde(default)]
    pub quota_endings: u32,
    /// Attempts allowed.
    pub attempts_max: u32,
    /// Who works on it, has it in its queue, or worked on it last.
    pub agent: Option<AgentId>,
    /// In which run.
    pub run: Option<RunId>,
    /// How it reached its agent.
    pub work: Work,
    /// The claim by which its newest attempt began.
    pub claim: Option<ClaimId>,
    /// How it stands with its locks.
    pub locked: Locked,
    /// When its newest attempt began to be worked on.
    pub started: Option<Time>,
    /// When it came to its end.
    pub ended: Option<Time>,
    /// When its attempt has had its time.
    pub clock: Clock,
    /// That its agent's turn is over without a word on it.
    #[serde(default)]
    pub asks: Option<Asks>,
    /// What its agent said last on how far it is.
    pub progress: Progress,
    /// What its agent said at the end, if its process still runs.
    pub word: Option<Word>,
    /// Why its run is being stopped, if it is.
    pub stopping: Option<Stopped>,
    /// The directory of what its needs left.
    pub inputs: Option<String>,
    /// Where it works.
    pub workspace: Option<String>,
    /// The verification's word.
    pub verdict: Option<Verdict>,
    /// The newest lines of it.
    pub verify_output: Option<String>,
    /// What it left.
    pub left: Left,
    /// What its agent said at its end.
    pub result: Option<String>,
    /// Why its newest attempt came to nothing.
    pub trouble: Option<Trouble>,
    /// Why it was cancelled or reopened.
    pub reason: Option<String>,
    /// How often it was to be done once more though it had ended.
    pub reopened: u32,
    /// The task whose end was not the one it needs, if it was skipped.
    pub skipped_for: Option<TaskId>,
    /// What happened to it, oldest first.
    pub history: Vec<Happened>,
}

/// Where a task stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", rename = "TaskStage")]
pub enum Stage {
    /// Something is in the way.
    Held(Held),
    /// Any agent that can do it may take it.
    Queued,
    /// It stands in an agent's own queue.
    LinedUp,
    /// It is on its way to an agent.
    Assigned,
    /// An agent works on it.
    Running,
    /// Its verification runs.
    Verifying,
    /// Done.
    Done,
    /// Failed.
    Failed,
    /// Cancelled or skipped.
    Cancelled,
}

/// What is in the way of a task.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", rename = "TaskHeld")]
pub enum Held {
    /// Tasks that it needs have not come to their end.
    Needs,
    /// Its parts have not.
    Parts,
    /// No agent of the fleet can do all it asks for; these none can do at all.
    Nobody { missing: Vec<String> },
    /// The only agent that may do it is not in the fleet.
    NoAgent { name: String },
    /// Its locks are not granted yet.
    Locks,
    /// An attempt failed, and the next begins then.
    Backoff { until: Time },
}

/// How a task stands with the locks that it names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Locked {
    /// It holds none.
    #[default]
    No,
    /// It stands in the line for them.
    Waiting,
    /// It holds them.
    Held,
}

/// When an attempt has had its time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// Never.
    #[default]
    Off,
    /// Then.
    Due(Time),
    /// Its run is frozen, and so much is left.
    Left(Span),
}

/// A task whose agent's turn is over, and who says nothing of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Asks {
    /// If nobody says until then whether it is done, it is; or it failed, after an error.
    pub until: Time,
    /// The error that ended the turn.
    pub why: Option<String>,
}

/// What an agent says on how far it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Progress {
    /// In percent.
    pub percent: Option<u8>,
    /// In words.
    pub message: Option<String>,
}

/// Something that happened to a task.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Happened {
    /// When.
    pub at: Time,
    /// Where it stood then.
    pub stage: Stage,
    /// Whose it was.
    pub agent: Option<AgentId>,
    /// Why an attempt came to nothing, if that is what happened.
    pub trouble: Option<Trouble>,
}

/// What an agent has on its desk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Desk {
    /// What it works on: assigned, running or verifying.
    pub current: Option<TaskId>,
    /// What stands in its own queue.
    pub line: Line,
    /// The number of its newest assignment: the smallest has been idle for the longest.
    pub newest: u64,
}

/// A run that asked for a task.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Claim {
    /// Which run.
    pub run: RunId,
    /// This very task; none: any.
    pub task: Option<TaskId>,
    /// It waits until then; none: for ever.
    pub until: Option<Time>,
    /// What it got, while that is being laid ready.
    pub got: Option<TaskId>,
}

/// The first line of a prompt that says something, without the marks of a heading.
pub(crate) fn title_of(prompt: &str) -> &str {
    let said = |line: &&str| !line.is_empty();
    prompt.lines().map(|line| line.trim_start_matches('#').trim()).find(said).unwrap_or_default()
}

impl Task {
    /// One that was just added.
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

    /// What it tells: what its agent said of it, or what its program printed.
    pub fn told(&self) -> Option<&str> {
        self.result.as_deref().or(self.left.answer.words())
    }

    /// Whether it has come to its end.
    pub fn has_ended(&self) -> bool {
        matches!(self.stage, Stage::Done | Stage::Failed | Stage::Cancelled)
    }

    /// Whether an agent has it in hand: assigned, running or verifying.
    pub fn is_in_hand(&self) -> bool {
        matches!(self.stage, Stage::Assigned | Stage::Running | Stage::Verifying)
    }

    /// Whether something must be laid ready before an agent that runs already works on it: what it needs, or a
    /// workspace of its own.
    pub fn is_provided(&self) -> bool {
        !self.spec.needs.is_empty() || self.spec.workspace != TaskWorkspace::Agent
    }

    /// Attempts begun that count against those allowed.
    pub fn attempts_spent(&self) -> u32 {
        self.attempt.saturating_sub(self.forgiven)
    }

    /// The first line of its prompt that says something.
    pub fn title(&self) -> &str {
        title_of(&self.spec.prompt)
    }

    /// What it has in common with others, for the line.
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
