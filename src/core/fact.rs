//! The facts: entries of the journal, numbered, each about something that happened. The view is a fold over the facts.

use crate::barred::Barred;
use crate::command::ShutdownMode;
use crate::ending::{Exit, GiveUp, Outcome, StopCause, TreeReport};
use crate::event::{Notice, Signal};
use crate::ids::{AgentId, RunId};
use crate::lock::{LockFact, Process};
use crate::mail::MailFact;
use crate::plan::PlanFact;
use crate::policy::Autostart;
use crate::severity::Severity;
use crate::shared::SharedFact;
use crate::start_order::Waiting;
use crate::status::{Activity, Verdict};
use crate::sync::SyncFact;
use crate::task::TaskFact;
use crate::time::{Span, Time};
use crate::violation::Violation;
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// A fact: a numbered entry of the journal about something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// Number of the fact; counts up by one from 1, for the life of the journal.
    pub seq: u64,
    /// When the recorded event happened, in milliseconds since the epoch.
    pub at: Time,
    /// The agent that the fact is about, if it is about one.
    pub agent: Option<AgentId>,
    /// The run that the fact is about, if it is about one.
    pub run: Option<RunId>,
    /// The kind of the fact, with its details.
    pub kind: FactKind,
}

/// The kinds of facts: each variant tells something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactKind {
    /// The fleet got a new agent.
    AgentAdded { name: String, revision: u64, autostart: Autostart, origin: Origin },
    /// The agent's configuration changed; a live run continues with the old one.
    AgentChanged { revision: u64 },
    /// The file again contains the configuration that the agent's live run was started with: there is nothing to apply.
    AgentUnchanged,
    /// The file no longer contains the agent, but the agent's run lives.
    AgentOrphaned,
    /// The agent was removed from the fleet.
    AgentRemoved,
    /// The agent will be started, but must wait.
    Queued { why: Waiting },
    /// The agent is no longer to be started; it had no live run.
    Dequeued,
    /// The agent takes tasks from now on; a run of it begins with each task.
    TakesTasks,
    /// A run of the agent began: its workspace is being made.
    RunBegun,
    /// The agent joined: its process tree begins with this process, which was started outside the fleet.
    Joined { process: Process },
    /// The run's workspace is ready; its process is being started with the configuration of this digest.
    Starting { revision: u64 },
    /// The agent's process has been started.
    Started { pid: u32 },
    /// The run is ready to work.
    Ready,
    /// The run was asked to end.
    Stopping { why: StopCause },
    /// The stop signal was sent to the run.
    SignalSent { signal: i32 },
    /// SIGKILL was sent to the run's whole process tree, because the grace has ended or was skipped.
    KillSent,
    /// A client asked for the run to be frozen.
    Pausing,
    /// The run's whole process tree is frozen.
    Paused { processes: u32 },
    /// The run's process tree could not be frozen.
    PauseFailed { reason: String },
    /// The run's process tree runs again.
    Resumed,
    /// The agent's own process ended; `left` processes of its tree remain.
    Exited { exit: Exit, left: u32 },
    /// The run has ended, and its process tree is empty. There is exactly one such fact for each run.
    Ended {
        outcome: Outcome,
        exit: Option<Exit>,
        report: TreeReport,
        reason: Option<String>,
        #[serde(default)]
        barred: Option<Barred>,
    },
    /// The agent will be started again, or take tasks again, after this span.
    BackedOff {
        span: Span,
        failures: u32,
        #[serde(default)]
        barred: Option<Barred>,
    },
    /// The agent's failures in a row are forgotten: it was ready for long enough, or a person asked for a start.
    FailuresForgotten,
    /// The agent is not started again: its restart budget is spent, or its ending was permanent.
    GaveUp { why: GiveUp },
    /// A later supervisor found the run alive and took it over.
    Adopted,
    /// The run's keeper is gone and wrote no exit record.
    KeeperLost,
    /// The remaining processes of a lost keeper's run were killed.
    Reaped { processes: u32 },
    /// The run's terminal sent a signal, for example a bell.
    Signalled { signal: Signal },
    /// The agent's program does something that a person should know of: it asks, it meets an error, or its turn
    /// has ended.
    Standing { verdict: Verdict },
    /// The state that a person should know of has ended: the question is answered or gone, the error is overcome, or
    /// another turn has begun.
    StandingOver { was: Activity },
    /// A person snoozed the agent's question until this time.
    Snoozed { until: Time },
    /// The snooze of the agent's question has ended.
    SnoozeOver,
    /// The fleet was asked to shut down.
    ShutdownBegun { mode: ShutdownMode },
    /// The shutdown is complete: every run has ended.
    ShutdownDone,
    /// A supervisor took over from an earlier one that is gone.
    TookOver,
    /// A check found that an invariant of the fleet does not hold.
    InvariantViolated { violation: Violation, evidence: String },
    /// All invariants of the fleet hold again.
    InvariantsRestored,
    /// A notice from the shell to the user.
    Noticed(Notice),
    /// A fact about locks, for example `lock.granted`.
    Lock(LockFact),
    /// A fact about tasks, for example `task.queued`.
    Task(TaskFact),
    /// A fact about plans, for example `plan.started`.
    Plan(PlanFact),
    /// A fact about messages, for example `message.sent`.
    Message(MailFact),
    /// A fact about shared state, for example `state.set`.
    State(SharedFact),
    /// A fact about the synchronisation of scopes, for example `sync.completed`.
    Sync(SyncFact),
}

/// The way by which an agent came into the fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The agent is configured in `agents.toml`.
    File,
    /// A client spawned the agent at run time.
    Spawned,
    /// The agent was started outside the fleet, and joined it.
    Joined,
}

impl FactKind {
    /// Returns the dotted type by which facts are filtered, for example `agent.started`.
    pub fn type_name(&self) -> &str {
        match self {
            FactKind::AgentAdded { .. } => "agent.added",
            FactKind::AgentChanged { .. } => "agent.changed",
            FactKind::AgentUnchanged => "agent.unchanged",
            FactKind::AgentOrphaned => "agent.orphaned",
            FactKind::AgentRemoved => "agent.removed",
            FactKind::Queued { .. } => "agent.queued",
            FactKind::Dequeued => "agent.dequeued",
            FactKind::TakesTasks => "agent.takes_tasks",
            FactKind::RunBegun => "agent.preparing",
            FactKind::Joined { .. } => "agent.joined",
            FactKind::Starting { .. } => "agent.starting",
            FactKind::Started { .. } => "agent.started",
            FactKind::Ready => "agent.ready",
            FactKind::Stopping { .. } => "agent.stopping",
            FactKind::SignalSent { .. } => "agent.signal_sent",
            FactKind::KillSent => "agent.kill_sent",
            FactKind::Pausing => "agent.pausing",
            FactKind::Paused { .. } => "agent.paused",
            FactKind::PauseFailed { .. } => "agent.pause_failed",
            FactKind::Resumed => "agent.resumed",
            FactKind::Exited { .. } => "agent.exited",
            FactKind::Ended { .. } => "agent.ended",
            FactKind::BackedOff { .. } => "agent.backed_off",
            FactKind::FailuresForgotten => "agent.failures_forgotten",
            FactKind::GaveUp { .. } => "agent.gave_up",
            FactKind::Adopted => "agent.adopted",
            FactKind::KeeperLost => "agent.lost",
            FactKind::Reaped { .. } => "agent.reaped",
            FactKind::Signalled { signal } => match signal {
                Signal::Bell => "agent.bell",
                Signal::Notification(_) => "agent.notification",
                Signal::Answered(_) => "agent.answered",
                Signal::Typed(_) => "agent.typed",
                Signal::NotSubmitted(_) => "agent.not_submitted",
                Signal::TranscriptFailing(_) => "agent.transcript_failing",
                Signal::TranscriptRecovered => "agent.transcript_recovered",
                Signal::KeeperRefused(_) => "agent.keeper_refused",
            },
            FactKind::Standing { verdict } => match verdict.activity {
                Activity::Asks(_) => "agent.asks",
                Activity::Failing(_) => "agent.failing",
                Activity::Failed(_) => "agent.turn_failed",
                Activity::Unresponsive(_) => "agent.unresponsive",
                Activity::Done | Activity::Idle | Activity::Working => "agent.turn_done",
            },
            FactKind::StandingOver { was } => match was {
                Activity::Asks(_) => "agent.asks_no_more",
                Activity::Failing(_) | Activity::Failed(_) | Activity::Unresponsive(_) => "agent.recovered",
                Activity::Done | Activity::Idle | Activity::Working => "agent.turn_begun",
            },
            FactKind::Snoozed { .. } => "agent.snoozed",
            FactKind::SnoozeOver => "agent.snooze_over",
            FactKind::ShutdownBegun { .. } => "system.shutdown_begun",
            FactKind::ShutdownDone => "system.shutdown_done",
            FactKind::TookOver => "system.took_over",
            FactKind::InvariantViolated { .. } => "system.invariant_violated",
            FactKind::InvariantsRestored => "system.invariants_restored",
            FactKind::Noticed(notice) => &notice.kind,
            FactKind::Lock(fact) => fact.type_name(),
            FactKind::Task(fact) => fact.type_name(),
            FactKind::Plan(fact) => fact.type_name(),
            FactKind::Message(fact) => fact.type_name(),
            FactKind::State(fact) => fact.type_name(),
            FactKind::Sync(fact) => fact.type_name(),
        }
    }

    /// Returns how much the fact matters.
    pub fn severity(&self) -> Severity {
        match self {
            FactKind::GaveUp { .. } | FactKind::KeeperLost | FactKind::PauseFailed { .. } => Severity::Error,
            FactKind::Ended { outcome: Outcome::Failed, .. } => Severity::Error,
            FactKind::BackedOff { .. } | FactKind::KillSent | FactKind::Reaped { .. } => Severity::Warning,
            FactKind::AgentOrphaned => Severity::Warning,
            FactKind::Signalled { signal: Signal::Bell | Signal::Notification(_) | Signal::NotSubmitted(_) } => {
                Severity::Warning
            }
            FactKind::Standing { verdict } => match verdict.activity {
                Activity::Asks(_) | Activity::Failing(_) | Activity::Unresponsive(_) => Severity::Warning,
                Activity::Failed(_) => Severity::Error,
                Activity::Done | Activity::Idle | Activity::Working => Severity::Info,
            },
            FactKind::StandingOver { .. } | FactKind::SnoozeOver => Severity::Debug,
            FactKind::Signalled { signal: Signal::TranscriptFailing(_) | Signal::KeeperRefused(_) } => {
                Severity::Critical
            }
            FactKind::RunBegun | FactKind::Starting { .. } | FactKind::SignalSent { .. } => Severity::Debug,
            FactKind::FailuresForgotten => Severity::Debug,
            // The fact that the run has ended follows at once, because no process remains.
            FactKind::Exited { left: 0, .. } => Severity::Debug,
            FactKind::InvariantViolated { .. } => Severity::Critical,
            FactKind::Noticed(notice) => notice.severity,
            FactKind::Lock(fact) => fact.severity(),
            FactKind::Task(fact) => fact.severity(),
            FactKind::Plan(fact) => fact.severity(),
            FactKind::Message(fact) => fact.severity(),
            FactKind::State(fact) => fact.severity(),
            FactKind::Sync(fact) => fact.severity(),
            _ => Severity::Info,
        }
    }
}
