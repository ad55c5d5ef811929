//! The view: the state that is folded from the facts, and from nothing but the facts.
//!
//! **Invariant 15:** the view folded from the facts equals the state of the fleet (checked after every step by
//! `a_thousand_agents_end_whatever_happens` in `src/core/tests/brain/sim/mod.rs`).

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
    /// Number of the last fact that was folded in.
    pub seq: u64,
    /// The mode in which the fleet is being shut down; none if it is not.
    pub shutdown: Option<crate::command::ShutdownMode>,
    /// The invariant that was found broken and does not hold yet; none if all hold.
    #[serde(default)]
    pub violation: Option<Violation>,
    /// Number of times that a broken invariant was found.
    #[serde(default)]
    pub violations: u64,
    /// Every agent that the fleet knows.
    pub agents: BTreeMap<AgentId, AgentView>,
    /// The runs of agents that joined, each with the first process of its tree.
    #[serde(default)]
    pub joined: BTreeMap<RunId, Process>,
    /// The leases that are held, and the requests that wait for one.
    #[serde(default)]
    pub locks: LockTable,
    /// The tasks, with their agents and outcomes.
    #[serde(default)]
    pub tasks: TaskBoard,
    /// The plans that tasks belong to.
    #[serde(default)]
    pub plans: PlanBoard,
    /// The letters to agents, open ones and the latest closed ones.
    #[serde(default)]
    pub mail: Post,
    /// The shared values, by owner and key.
    #[serde(default)]
    pub shared: SharedState,
    /// The state of the synchronisation of scopes.
    #[serde(default)]
    pub sync: SyncTable,
}

/// One agent as its clients see it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AgentView {
    /// Name of the agent.
    pub name: String,
    /// The way by which the agent came into the fleet.
    pub origin: Origin,
    /// The state that the agent is in.
    pub state: State,
    /// When the agent entered its state, in milliseconds since the epoch.
    pub since: Time,
    /// Whether the agent's process tree is frozen.
    pub pause: Pause,
    /// Whether the agent's live run has the newest configuration.
    pub config: Config,
    /// The agent's newest run, live or ended.
    pub run: Option<RunId>,
    /// When the process of the newest run was started, in milliseconds since the epoch.
    pub started: Option<Time>,
    /// The process id of the newest run's own process, while it lives.
    pub pid: Option<u32>,
    /// How the agent's newest ended run ended.
    pub last: Option<Ending>,
    /// Number of failures in a row, as the backoff counts them.
    pub failures: u32,
    /// The activity of the agent's program that a person should know of: it asks, meets an error, or is done with its
    /// turn.
    #[serde(default)]
    pub standing: Option<Standing>,
}

/// The activity of a program that a person should know of.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Standing {
    /// The activity, the source that tells it, and since when it lasts.
    pub verdict: Verdict,
    /// The time until which a person has put the question off.
    pub snoozed_until: Option<Time>,
}

/// The state of an agent.
///
/// ```text
///  off ─► queued ─► preparing ─► starting ─► ready ─► stopping ─► ended ─► backoff ─► queued …
///                       └────────────┴─────────┴────────┘           └────► given up
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum State {
    /// The agent was never started, or was taken out of the queue.
    Off,
    /// The agent will be started, but must wait.
    Queued { why: Waiting },
    /// The workspace of the agent's run is being made.
    Preparing,
    /// The agent's process is being started, or is not ready yet.
    Starting,
    /// The agent's run is ready.
    Ready,
    /// The agent's run is being ended.
    Stopping { why: StopCause },
    /// The keeper of the agent's run is gone; its remaining processes are being killed.
    Lost,
    /// The agent's newest run has ended, and no other is planned.
    Ended { outcome: Outcome },
    /// The agent waits to be started again at an instant.
    Backoff { until: Time },
    /// The agent is not started again unless a person asks for it.
    GaveUp { why: GiveUp },
}

/// Whether a process tree is frozen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Pause {
    /// The process tree is running.
    Running,
    /// Freezing was asked for, and is not confirmed yet.
    Pausing,
    /// The process tree is frozen, as the operating system confirms.
    Paused,
}

/// Whether a live run has the configuration that is in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Config {
    /// The run has the newest configuration, or there is no live run.
    Current,
    /// The file has a newer configuration, which a restart applies.
    Changed,
    /// The file no longer contains the agent.
    Removed,
}

/// How a run ended, with its details.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Ending {
    /// The run that has ended.
    pub run: RunId,
    /// When the run ended, in milliseconds since the epoch.
    pub at: Time,
    /// How the ending counts.
    pub outcome: Outcome,
    /// Exit code or signal of the run's own process; none when it never ran or its keeper was lost.
    pub exit: Option<Exit>,
    /// How the processes of the run's tree were brought to an end.
    pub report: TreeReport,
    /// Why the run could not start, how it was lost, or the last words of a program that failed.
    pub reason: Option<String>,
    /// Why the provider did not let the program work, if the run failed for that reason.
    #[serde(default)]
    pub barred: Option<Barred>,
}

impl AgentView {
    /// Returns why the provider did not let the program work, if the agent's newest run ended for that reason and no
    /// run is live.
    pub fn barred(&self) -> Option<Barred> {
        self.last.as_ref().filter(|_| !self.state.is_live())?.barred
    }

    /// Returns the question that the agent's program asks a person, and since when.
    pub fn question(&self) -> Option<(&Question, Time)> {
        let verdict = &self.standing.as_ref()?.verdict;
        verdict.activity.question().map(|question| (question, verdict.since))
    }

    /// Whether agents that are configured to start after this one may start: this one is ready, or its newest run
    /// completed.
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

    /// Whether the agent's next start waits, for an instant or for a person.
    pub fn is_put_off(&self) -> bool {
        matches!(self, State::Backoff { .. } | State::GaveUp { .. })
    }

    /// Whether a run will start without a further request, or has begun and is not ready yet.
    pub fn is_on_its_way(&self) -> bool {
        matches!(self, State::Queued { .. } | State::Preparing | State::Starting | State::Backoff { .. })
    }
}
