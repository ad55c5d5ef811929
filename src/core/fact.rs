//! What is recorded: something that happened, past tense, numbered. The view is a fold over these.

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

/// Something that happened, past tense, numbered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// Counts up by one from 1, for the life of the journal.
    pub seq: u64,
    /// When.
    pub at: Time,
    /// Whom it is about.
    pub agent: Option<AgentId>,
    /// Which run.
    pub run: Option<RunId>,
    /// What.
    pub kind: FactKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactKind {
    /// The fleet knows a new agent.
    AgentAdded { name: String, revision: u64, autostart: Autostart, origin: Origin },
    /// Its configuration changed; a live run goes on with the old one.
    AgentChanged { revision: u64 },
    /// The file says again what its live run was started with: nothing is left to apply.
    AgentUnchanged,
    /// The file no longer names it, but its run lives.
    AgentOrphaned,
    /// The fleet forgot it.
    AgentRemoved,
    /// It is to run, but must wait.
    Queued { why: Waiting },
    /// It is no longer to run, and nothing was running.
    Dequeued,
    /// Its runs begin with its tasks, and it takes tasks from now on.
    TakesTasks,
    /// A run began: its workspace is being made.
    RunBegun,
    /// It joined: its tree begins with this process, which somebody started elsewhere.
    Joined { process: Process },
    /// The workspace is there; the process is being started with the configuration of this digest.
    Starting { revision: u64 },
    /// The process runs.
    Started { pid: u32 },
    /// The run is ready.
    Ready,
    /// Someone or something asked the run to end.
    Stopping { why: StopCause },
    /// The stop signal was sent.
    SignalSent { signal: i32 },
    /// The grace is over, or was skipped: SIGKILL to the whole tree.
    KillSent,
    /// Freezing was asked for.
    Pausing,
    /// The whole tree is frozen.
    Paused { processes: u32 },
    /// Freezing failed.
    PauseFailed { reason: String },
    /// The tree runs again.
    Resumed,
    /// The agent's own process ended.
    Exited { exit: Exit, left: u32 },
    /// The run has its one ending; its tree is empty.
    Ended {
        outcome: Outcome,
        exit: Option<Exit>,
        report: TreeReport,
        reason: Option<String>,
        #[serde(default)]
        barred: Option<Barred>,
    },
    /// It will be started again, or take tasks again, after a span.
    BackedOff {
        span: Span,
        failures: u32,
        #[serde(default)]
        barred: Option<Barred>,
    },
    /// Its failures in a row are forgotten: it was ready for long enough, or a person asked for a start.
    FailuresForgotten,
    /// The restart budget is spent, or the ending was permanent.
    GaveUp { why: GiveUp },
    /// A supervisor that came later found the run alive.
    Adopted,
    /// The keeper is gone and left no exit record.
    KeeperLost,
    /// What a lost keeper left was hunted down.
    Reaped { processes: u32 },
    /// The terminal asks for attention.
    Signalled { signal: Signal },
    /// Its program does something that a person should know of: it asks, it meets an error, its turn is over.
    Standing { verdict: Verdict },
    /// That is over: the question is answered or gone, the error is overcome, another turn has begun.
    StandingOver { was: Activity },
    /// A person puts its question off until then.
    Snoozed { until: Time },
    /// Its question is no longer put off.
    SnoozeOver,
    /// The fleet was asked to end.
    ShutdownBegun { mode: ShutdownMode },
    /// Every run has ended.
    ShutdownDone,
    /// A supervisor took over from one that is gone.
    TookOver,
    /// Something that must hold does not.
    InvariantViolated { violation: Violation, evidence: String },
    /// All that must hold does so again.
    InvariantsRestored,
    /// A word from the shell.
    Noticed(Notice),
    /// About locks: `lock.granted`.
    Lock(LockFact),
    /// About tasks: `task.queued`.
    Task(TaskFact),
    /// About plans: `plan.started`.
    Plan(PlanFact),
    /// About messages: `message.sent`.
    Message(MailFact),
    /// About shared state: `state.set`.
    State(SharedFact),
    /// About the synchronisation of scopes: `sync.completed`.
    Sync(SyncFact),
}

/// Where an agent comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// `agents.toml`.
    File,
    /// A spawn at run time.
    Spawned,
    /// Somebody started it elsewhere, and it joined.
    Joined,
}

impl FactKind {
    /// The dotted type by which facts are filtered: `agent.started`.
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

    /// How much it matters.
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
            // How it ended follows when nothing of it is left, which is at once.
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
