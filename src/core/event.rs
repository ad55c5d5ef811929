//! The events through which the core learns everything that happens. A state ignores the events that it does not wait
//! for, so an event that comes late or twice does no harm.

use crate::barred::Barred;
use crate::command::Command;
use crate::ending::{Exit, TreeReport};
use crate::ids::{ReplyId, RunId};
use crate::lock::{LockEvent, LockTimer};
use crate::mail::{MailEvent, MailTimer};
use crate::policy::{AgentPolicy, FleetPolicy};
use crate::severity::Severity;
use crate::status::Verdict;
use crate::task::{TaskEvent, TaskTimer};
use crate::time::Time;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// An event: something that happened, told to the core.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// The configuration was read, at start or after it was saved. New agents appear and changed ones are marked.
    /// Agents that are missing from it are marked as removed while they run, else deleted. Spawned agents remain.
    Configured { fleet: FleetPolicy, agents: Vec<AgentPolicy> },
    /// A client gives a command.
    Command { reply: ReplyId, command: Command },
    /// A supervisor took this state over from one that is gone. For each live run an [`Event::Adopted`],
    /// [`Event::KeeperLost`] or [`Event::NotLaunched`] follows, and the core asks again for the effects that the run
    /// waits for.
    TookOver,
    /// The newest run that has files on disk. New runs get higher numbers, so that no number is used twice even when
    /// the journal was lost.
    RunsFound { newest: RunId },
    /// A live keeper was found whose run is not live in the journal; its agent has this name. `Adopted` follows. `held`
    /// lists all runs with live keepers: none of those has ended.
    RunFound {
        run: RunId,
        policy: Box<AgentPolicy>,
        #[serde(default)]
        held: Vec<RunId>,
    },
    /// The process with which an agent joined has ended.
    JoinedProcessEnded { run: RunId },
    /// The keeper of a live run was found alive. Events for what happened to the run meanwhile (started, exited, …)
    /// follow.
    Adopted { run: RunId },
    /// A live run has no keeper, and there is no sign that it ever had one.
    NotLaunched { run: RunId },
    /// The workspace of the run is there and its files are in place.
    Prepared { run: RunId },
    /// The workspace of the run could not be made; no part of it remains.
    PrepareFailed { run: RunId, reason: String },
    /// The agent's process has been started.
    Started { run: RunId, pid: u32 },
    /// The keeper, or the agent's program, could not be started. No process remains.
    StartFailed { run: RunId, reason: String },
    /// The run's terminal showed its first byte of output.
    FirstOutput { run: RunId },
    /// The run's readiness pattern matched, or its readiness command exited with 0.
    ReadySeen { run: RunId },
    /// The run's readiness command did not exit with 0.
    ProbeFailed { run: RunId },
    /// Every process of the run's tree is stopped, as the operating system confirms.
    Frozen { run: RunId, processes: u32 },
    /// The run's tree could not be stopped; the processes that were stopped have been continued.
    FreezeFailed { run: RunId, reason: String },
    /// Every process of the run's tree runs again.
    Thawed { run: RunId },
    /// The line of output that best explains why the agent's program ended, told when it has exited: the line that
    /// tells the provider's refusal, else the last line with words. Also told for a program that lives on, before the
    /// [`Event::Status`] that ends its turn: the line that tells the provider's refusal.
    LastLine {
        run: RunId,
        line: String,
        #[serde(default)]
        barred: Option<Barred>,
    },
    /// The agent's own process was reaped and its terminal is drained. `left` is the number of processes of the tree
    /// that remain.
    Exited { run: RunId, exit: Exit, left: u32 },
    /// The run's process tree is proved empty. Also follows `Exited { left: 0 }`, with an empty report.
    Emptied { run: RunId, report: TreeReport },
    /// The run's keeper is gone and wrote no exit record.
    KeeperLost { run: RunId },
    /// The process tree of a lost keeper was killed and is proved gone.
    Reaped { run: RunId, processes: u32 },
    /// The run's terminal asks for attention, or its screen shows something worth a fact. Rate-limited by the shell.
    Signalled { run: RunId, signal: Signal },
    /// The activity of the run's program has changed. Of many changes in a short time only the last is told.
    Status { run: RunId, verdict: Verdict },
    /// A timer that was armed came due.
    TimerFired { timer: TimerId },
    /// A check of the invariants gives another result than the view shows.
    SafetyDiffers,
    /// Something happened in the shell that a user should see: a rejected configuration, a full disk.
    Noticed { notice: Notice },
    /// An event about locks.
    Lock(LockEvent),
    /// An event about tasks.
    Task(TaskEvent),
    /// An event about messages.
    Mail(MailEvent),
}

/// A signal from a run's terminal, beyond the picture on its screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// The terminal rang its bell (BEL).
    Bell,
    /// The terminal sent a notification (OSC 9, 99 or 777) with this text.
    Notification(String),
    /// The program's question was answered through the supervisor, not at its terminal; the text names the keys and who
    /// typed them.
    Answered(String),
    /// Something was typed through the supervisor, not at the terminal; the text names the keys and who typed them,
    /// never the typed text, which may be a secret.
    Typed(String),
    /// Something was typed that the program did not take; the text says what it was, and why it was not taken.
    NotSubmitted(String),
    /// The transcript can't be written (a full disk); the run continues.
    TranscriptFailing(String),
    /// The transcript can be written again.
    TranscriptRecovered,
    /// The supervisor cannot talk to the keeper, which is of another version; the text says which side is older, and
    /// what to do.
    KeeperRefused(String),
}

/// A notice from the shell to the user, recorded as a fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// How much the notice matters.
    pub severity: Severity,
    /// The dotted type of the notice, for example `system.config_rejected`.
    pub kind: String,
    /// The notice in one line, for people.
    pub text: String,
}

/// The purpose of a timer. At most one timer of a kind is armed per run or agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum TimerId {
    /// Ends a readiness delay, or the pause between two probes; for a run that is ready, ends the wait for its
    /// program's quota.
    Readiness(RunId),
    /// Ends the wait after the stop keys; the stop signal is sent next.
    StopKeys(RunId),
    /// Ends the grace after the stop signal; SIGKILL is sent next.
    StopGrace(RunId),
    /// Ends the backoff of an agent.
    Backoff(crate::ids::AgentId),
    /// Fires when a run has been ready long enough to forget earlier failures.
    Settled(RunId),
    /// Ends the snooze of an agent's question.
    Snooze(crate::ids::AgentId),
    /// A timer for locks.
    Lock(LockTimer),
    /// A timer for tasks.
    Task(TaskTimer),
    /// A timer for messages.
    Mail(MailTimer),
}

/// A timer that is armed, and when it comes due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Armed {
    /// The timer that is armed.
    pub timer: TimerId,
    /// When the timer comes due.
    pub due: Time,
}

impl Event {
    /// Returns the run that the event is about, if it is about one.
    pub fn run(&self) -> Option<RunId> {
        match self {
            Event::Adopted { run }
            | Event::NotLaunched { run }
            | Event::RunFound { run, .. }
            | Event::JoinedProcessEnded { run }
            | Event::Prepared { run }
            | Event::PrepareFailed { run, .. }
            | Event::Started { run, .. }
            | Event::StartFailed { run, .. }
            | Event::LastLine { run, .. }
            | Event::FirstOutput { run }
            | Event::ReadySeen { run }
            | Event::ProbeFailed { run }
            | Event::Frozen { run, .. }
            | Event::FreezeFailed { run, .. }
            | Event::Thawed { run }
            | Event::Exited { run, .. }
            | Event::Emptied { run, .. }
            | Event::KeeperLost { run }
            | Event::Reaped { run, .. }
            | Event::Signalled { run, .. }
            | Event::Status { run, .. } => Some(*run),
            Event::TimerFired { timer } => timer.run(),
            Event::Configured { .. }
            | Event::Command { .. }
            | Event::TookOver
            | Event::RunsFound { .. }
            | Event::SafetyDiffers
            | Event::Noticed { .. }
            | Event::Lock(_)
            | Event::Task(_)
            | Event::Mail(_) => None,
        }
    }
}

impl TimerId {
    /// Returns the run that the timer belongs to; none for timers of agents and of coordination.
    pub fn run(self) -> Option<RunId> {
        match self {
            TimerId::Readiness(run) | TimerId::StopKeys(run) | TimerId::StopGrace(run) | TimerId::Settled(run) => {
                Some(run)
            }
            TimerId::Backoff(_) | TimerId::Snooze(_) | TimerId::Lock(_) | TimerId::Task(_) | TimerId::Mail(_) => None,
        }
    }
}
