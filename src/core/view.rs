//! The read model: a fold over the facts, and nothing but the facts.
//!
//! **Invariant 15:** the view folded from the facts equals the view taken from the fleet.

mod fold;

use crate::barred::Barred;
use crate::ending::{Exit, GiveUp, Outcome, StopCause, TreeReport};
use crate::fact::Origin;
use crate::ids::{AgentId, RunId};
use crate::lock::{LockTable, Process};
use crate::mail::Post;
use crate::plan::PlanBoard;
use crate::shared::SharedState;
use crate::start_order::Waiting;
use crate::status::{Question, Verdict};
use crate::sync::SyncTable;
use crate::task::TaskBoard;
use crate::time::Time;
use crate::violation::Violation;
use alloc::collections::BTreeMap;
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// The fleet as its clients see it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct View {
    /// The number of the last fact folded in.
    pub seq: u64,
    /// Whether the fleet is ending.
    pub shutdown: Option<crate::command::ShutdownMode>,
    /// What must hold and does not, as far as it was noticed.
    #[serde(default)]
    pub violation: Option<Violation>,
    /// How often something was noticed that must hold and did not.
    #[serde(default)]
    pub violations: u64,
    /// Every agent the fleet knows.
    pub agents: BTreeMap<AgentId, AgentView>,
    /// The runs of agents that joined, each with the process with which its tree begins.
    #[serde(default)]
    pub joined: BTreeMap<RunId, Process>,
    /// Who holds what, and who waits for what.
    #[serde(default)]
    pub locks: LockTable,
    /// What is to be done, by whom, and what came of it.
    #[serde(default)]
    pub tasks: TaskBoard,
    /// The plans that tasks belong to.
    #[serde(default)]
    pub plans: PlanBoard,
    /// Messages that are not yet done with.
    #[serde(default)]
    pub mail: Post,
    /// Values by owner and key.
    #[serde(default)]
    pub shared: SharedState,
    /// Where the synchronisation of scopes stands.
    #[serde(default)]
    pub sync: SyncTable,
}

/// One agent as its clients see it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AgentView {
    /// Its name.
    pub name: String,
    /// Where it comes from.
    pub origin: Origin,
    /// Where it stands.
    pub state: State,
    /// Since when.
    pub since: Time,
    /// Whether its tree is frozen.
    pub pause: Pause,
    /// Whether its live run has the newest configuration.
    pub config: Config,
    /// Its newest run, live or ended.
    pub run: Option<RunId>,
    /// When that run's process was started.
    pub started: Option<Time>,
    /// The process id of that run's own process, while it lives.
    pub pid: Option<u32>,
    /// How its newest ended run ended.
    pub last: Option<Ending>,
    /// Failures in a row, as the backoff counts them.
    pub failures: u32,
    /// What a person should know of its program: that it asks, meets an error, or is done with its turn.
    #[serde(default)]
    pub standing: Option<Standing>,
}

/// What a person should know of a program.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Standing {
    /// What it does, who says so, and since when.
    pub verdict: Verdict,
    /// Until when a person has put its question off.
    pub snoozed_until: Option<Time>,
}

/// Where an agent stands.
///
/// ```text
///  off ─► queued ─► preparing ─► starting ─► ready ─► stopping ─► ended ─► backoff ─► queued …
///                       └────────────┴─────────┴────────┘           └────► given up
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum State {
    /// Never started, or taken out of the queue.
    Off,
    /// To run, but it must wait.
    Queued { why: Waiting },
    /// The workspace is being made.
    Preparing,
    /// The process is being started, or is not ready yet.
    Starting,
    /// Ready.
    Ready,
    /// Being ended.
    Stopping { why: StopCause },
    /// Lost its keeper; what is left is being hunted down.
    Lost,
    /// The newest run ended and nothing is planned.
    Ended { outcome: Outcome },
    /// To be started again at an instant.
    Backoff { until: Time },
    /// Not to be started again unless a person says so.
    GaveUp { why: GiveUp },
}

/// Whether a tree is frozen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Pause {
    /// It runs.
    Running,
    /// Freezing was asked for and is not yet confirmed.
    Pausing,
    /// Frozen, by the kernel's own word.
    Paused,
}

/// How a live run's configuration stands to the file's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Config {
    /// The same, or there is no live run.
    Current,
    /// The file has a newer one: restart to apply.
    Changed,
    /// The file no longer names it.
    Removed,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Ending {
    /// Which run.
    pub run: RunId,
    /// When.
    pub at: Time,
    /// How.
    pub outcome: Outcome,
    /// The code or signal of its own process; none when it never ran or its keeper was lost.
    pub exit: Option<Exit>,
    /// What it took to empty its tree.
    pub report: TreeReport,
    /// Why it could not start, how it was lost, or why its program failed, in that one's words.
    pub reason: Option<String>,
    /// What bars its program, if that is why it failed.
    #[serde(default)]
    pub barred: Option<Barred>,
}

impl AgentView {
    /// What bars its program, if that is how its newest run ended, and it does not run again.
    pub fn barred(&self) -> Option<Barred> {
        self.last.as_ref().filter(|_| !self.state.is_live())?.barred
    }

    /// The question that its program asks a person, and since when.
    pub fn question(&self) -> Option<(&Question, Time)> {
        let verdict = &self.standing.as_ref()?.verdict;
        verdict.activity.question().map(|question| (question, verdict.since))
    }

    /// Whether those that are to start after it may: it is ready, or its newest run completed.
    pub fn satisfies_after(&self) -> bool {
        let completed = self.last.as_ref().is_some_and(|last| last.outcome == Outcome::Completed);
        self.state == State::Ready || (completed && !self.state.is_live())
    }
}

impl State {
    /// Whether a run is alive in this state, and so holds a place among the live runs.
    pub fn is_live(&self) -> bool {
        matches!(self, State::Preparing | State::Starting | State::Ready | State::Stopping { .. } | State::Lost)
    }

    /// Whether what it would do waits, for an instant or for a person.
    pub fn is_put_off(&self) -> bool {
        matches!(self, State::Backoff { .. } | State::GaveUp { .. })
    }

    /// Whether a run will start without anybody's doing, or has been begun and is not ready.
    pub fn is_on_its_way(&self) -> bool {
        matches!(self, State::Queued { .. } | State::Preparing | State::Starting | State::Backoff { .. })
    }
}
