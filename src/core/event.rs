//! What happens to us. Everything the core learns comes through one of these; what a state does not wait for,
//! it ignores, so a message that comes late or twice does no harm.

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

/// What happens to us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// The configuration was read (at start, or after it was saved). New agents appear, changed ones are
    /// marked, missing ones are marked removed while they run and forgotten otherwise. Spawned agents stay.
    Configured { fleet: FleetPolicy, agents: Vec<AgentPolicy> },
    /// A client asks.
    Command { reply: ReplyId, command: Command },
    /// A supervisor took this state over from one that is gone. For each live run an [`Event::Adopted`],
    /// [`Event::KeeperLost`] or [`Event::NotLaunched`] follows, and the core asks again for what that run waits for.
    TookOver,
    /// Runs up to this one have left something on disk: the numbers of new ones follow it, so that none is used
    /// twice, also when the journal was lost.
    RunsFound { newest: RunId },
    /// The keeper of a run was found alive that is no live run by the journal: of the agent of this name. `Adopted` follows.
    /// `held` are all runs whose keepers live: none of those has ended unseen.
    RunFound {
        run: RunId,
        policy: Box<AgentPolicy>,
        #[serde(default)]
        held: Vec<RunId>,
    },
    /// The process with which an agent joined has ended.
    JoinedProcessEnded { run: RunId },
    /// The keeper of a live run was found alive. What it has to tell (started, exited, …) follows as events.
    Adopted { run: RunId },
    /// A live run has no keeper, and nothing says that it ever had one.
    NotLaunched { run: RunId },
    /// The workspace is there and its files are in place.
    Prepared { run: RunId },
    /// The workspace could not be made; nothing was left behind.
    PrepareFailed { run: RunId, reason: String },
    /// The agent's process runs.
    Started { run: RunId, pid: u32 },
    /// The keeper, or the agent's program, could not be started. No process is left.
    StartFailed { run: RunId, reason: String },
    /// The terminal showed its first byte of output.
    FirstOutput { run: RunId },
    /// The readiness pattern matched, or the readiness command exited 0.
    ReadySeen { run: RunId },
    /// The readiness command did not exit 0.
    ProbeFailed { run: RunId },
    /// Every process of the tree is stopped, by the kernel's own word.
    Frozen { run: RunId, processes: u32 },
    /// The tree could not be stopped; whatever was stopped has been continued.
    FreezeFailed { run: RunId, reason: String },
    /// Every process of the tree runs again.
    Thawed { run: RunId },
    /// The line that says most of why the agent's program ended, told when it has exited: what bars it, else the last one
    /// with words. Also told of a program that lives, before the [`Event::Status`] by which its turn ended so: what bars it.
    LastLine {
        run: RunId,
        line: String,
        #[serde(default)]
        barred: Option<Barred>,
    },
    /// The agent's own process was reaped and the PTY is drained. `left`: processes of the tree that remain.
    Exited { run: RunId, exit: Exit, left: u32 },
    /// The tree is proved empty (also follows `Exited { left: 0 }`, with a report of nothing).
    Emptied { run: RunId, report: TreeReport },
    /// The keeper is gone and left no exit record.
    KeeperLost { run: RunId },
    /// The tree of a lost keeper was hunted down and is proved gone.
    Reaped { run: RunId, processes: u32 },
    /// The terminal asks for attention, or its screen says something worth a fact. Rate-limited by the shell.
    Signalled { run: RunId, signal: Signal },
    /// What its program is doing has changed. A storm of changes is told as the last of it.
    Status { run: RunId, verdict: Verdict },
    /// A timer that was armed came due.
    TimerFired { timer: TimerId },
    /// A check of the invariants finds something else than the view shows.
    SafetyDiffers,
    /// Something of the shell's that a user should see: a rejected configuration, a full disk.
    Noticed { notice: Notice },
    /// About locks.
    Lock(LockEvent),
    /// About tasks.
    Task(TaskEvent),
    /// About messages.
    Mail(MailEvent),
}

/// What a terminal tells beyond its picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// BEL.
    Bell,
    /// A notification (OSC 9, 99 or 777) with its text.
    Notification(String),
    /// Its question was answered through the supervisor, not at its terminal: the keys, and by whom.
    Answered(String),
    /// Something was typed through the supervisor, not at its terminal: the keys, and by whom. Never the text, which may
    /// be a secret.
    Typed(String),
    /// Something was typed that the program did not take: what, and why.
    NotSubmitted(String),
    /// The transcript can't be written (a full disk); the run goes on.
    TranscriptFailing(String),
    /// The transcript is written again.
    TranscriptRecovered,
    /// The keeper is of another version and can't be spoken with; which side is older, and what to do.
    KeeperRefused(String),
}

/// A word from the shell to the user, recorded as a fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// How much it matters.
    pub severity: Severity,
    /// A dotted name: `system.config_rejected`.
    pub kind: String,
    /// One line for people.
    pub text: String,
}

/// What a timer is for. At most one of a kind is armed per run or agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum TimerId {
    /// A readiness delay, or the pause between probes; of a run that is ready, the wait for its program's quota.
    Readiness(RunId),
    /// Keys were typed; the signal comes next.
    StopKeys(RunId),
    /// The signal was sent; SIGKILL comes next.
    StopGrace(RunId),
    /// The end of a backoff.
    Backoff(crate::ids::AgentId),
    /// Ready long enough to forget earlier failures.
    Settled(RunId),
    /// The end of a snooze.
    Snooze(crate::ids::AgentId),
    /// About locks.
    Lock(LockTimer),
    /// About tasks.
    Task(TaskTimer),
    /// About messages.
    Mail(MailTimer),
}

/// A timer that is armed, and when it comes due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Armed {
    /// The timer that is armed.
    pub timer: TimerId,
    /// When it comes due.
    pub due: Time,
}

impl Event {
    /// The run it is about, if it is about one.
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
    /// The run it belongs to; none for an agent's backoff, and for what concerns coordination.
    pub fn run(self) -> Option<RunId> {
        match self {
            TimerId::Readiness(run) | TimerId::StopKeys(run) | TimerId::StopGrace(run) | TimerId::Settled(run) => {
                Some(run)
            }
            TimerId::Backoff(_) | TimerId::Snooze(_) | TimerId::Lock(_) | TimerId::Task(_) | TimerId::Mail(_) => None,
        }
    }
}
