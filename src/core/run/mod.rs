//! The life of one run: from the making of its workspace to its one ending.
//!
//! ```text
//!              Prepared       Started        readiness
//!  preparing ──────────► launching ─────► starting ─────► ready
//!      │                     │               │              │      stop, or other processes remain after the leader
//!      └─────────────────────┴───────┬───────┴──────────────┘
//!                                    ▼
//!                                stopping: keys ─► grace ─► killed ──► Exited ∧ Emptied ──► ended
//!
//!  any of those with a keeper ── KeeperLost ──► lost ── Reaped ──► ended
//! ```
//!
//! A run ends when its own process was reaped *and* its tree is proved empty, in either order. If no other process
//! remains when its own process ends, no stop is needed. A phase ignores the events that it does not wait for.
//!
//! **Invariant 7:** a run has exactly one ending: [`Act::End`] is the last act of a run, and the fleet then drops it
//! (`tests/brain/model`, `tests/brain/sim`).

mod adoption;
mod barred;
mod freeze;
mod pause;
mod stop;

pub use freeze::{Freeze, PausedTime};

use crate::barred::Barred;
use crate::effect::Effect;
use crate::ending::{Exit, Outcome, StopCause, TreeReport};
use crate::event::{Event, TimerId};
use crate::fact::FactKind;
use crate::ids::{AgentId, RunId};
use crate::policy::{AgentPolicy, Readiness, SILENT_START_MAX};
use crate::task::Work;
use crate::time::{Span, Time};
use crate::timers::{Firing, Timers};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// One run, from its beginning to its ending.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Run {
    id: RunId,
    agent: AgentId,
    phase: Phase,
    asked: Option<StopCause>,
    readiness: Seen,
    freeze: Freeze,
    paused: PausedTime,
    exit: Option<Exit>,
    emptied: Option<TreeReport>,
    #[serde(default)]
    last_line: Option<String>,
    #[serde(default)]
    barred: Option<Barred>,
    timers: Timers,
}

/// The phase of a run's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Phase {
    /// The run's workspace is being made; there is no keeper yet.
    Preparing,
    /// The run's keeper is being started.
    Launching,
    /// The run's process is running, and not ready yet.
    Starting,
    /// The run is ready to work.
    Ready,
    /// The run is being ended, and has reached this stage.
    Stopping(Stage),
    /// The run's keeper is gone.
    Lost,
}

/// The stage that the stopping of a run has reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Stage {
    /// The workspace is still being made; no keeper will be launched.
    Preparing,
    /// The keeper is still being started; the stop begins when the process runs.
    Launching(Haste),
    /// The stop keys were typed into the terminal.
    Keys,
    /// The stop signal was sent to the run.
    Grace,
    /// SIGKILL was sent to the run's whole tree.
    Killed,
}

/// Whether a stop uses the keys and the grace of the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Haste {
    /// The stop proceeds in order: keys, signal, grace, then SIGKILL.
    InOrder,
    /// The stop sends SIGKILL at once.
    AtOnce,
}

/// Whether the sign of readiness was seen, perhaps before the start of the process was reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Seen {
    /// The sign of readiness was not seen yet.
    NotYet,
    /// The sign of readiness was seen.
    Yes,
}

/// An act of a run in one step; acts are carried out in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Record this fact about the run.
    Record(FactKind),
    /// Ask the shell for this effect.
    Ask(Effect),
    /// Let the agent take tasks again, because its provider lets its program work.
    Free,
    /// The run has ended; no other act follows.
    End(RunEnd),
}

/// How a run ended, with its details.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunEnd {
    /// How the ending counts.
    pub outcome: Outcome,
    /// How the run's own process ended, where that is known.
    pub exit: Option<Exit>,
    /// How the processes of the run's tree were brought to an end.
    pub report: TreeReport,
    /// Why the run could not start, how it was lost, or the last words of a program that failed.
    pub reason: Option<String>,
    /// Why the provider did not let the program work, if the run failed for that reason.
    pub barred: Option<Barred>,
}

/// The context of one step of a run: its policy, the instant, and the list that its acts are added to.
pub struct Moment<'a> {
    /// The policy that the run was started with.
    pub policy: &'a AgentPolicy,
    /// Number of failures in a row before this run; they are forgotten when it has been ready long enough.
    pub failures: u32,
    /// The instant of the step.
    pub now: Time,
    /// The list that the run's acts are added to.
    pub acts: &'a mut Vec<Act>,
}

impl Moment<'_> {
    fn record(&mut self, kind: FactKind) {
        self.acts.push(Act::Record(kind));
    }

    fn ask(&mut self, effects: impl IntoIterator<Item = Effect>) {
        self.acts.extend(effects.into_iter().map(Act::Ask));
    }
}

impl Run {
    /// Begins a run, and asks for its workspace to be made.
    pub fn begin(id: RunId, agent: AgentId, acts: &mut Vec<Act>) -> Run {
        acts.push(Act::Record(FactKind::RunBegun));
        acts.push(Act::Ask(Effect::Prepare { run: id, agent }));
        Run {
            id,
            agent,
            phase: Phase::Preparing,
            asked: None,
            readiness: Seen::NotYet,
            freeze: Freeze::Running,
            paused: PausedTime::default(),
            exit: None,
            emptied: None,
            last_line: None,
            barred: None,
            timers: Timers::default(),
        }
    }

    /// Applies an event to the run.
    pub fn hear(&mut self, event: Event, moment: &mut Moment<'_>) {
        match (self.phase, event) {
            (Phase::Preparing, Event::Prepared { .. }) => self.launch(moment),
            (Phase::Preparing, Event::PrepareFailed { reason, .. }) => self.fail(reason, moment),
            (Phase::Stopping(Stage::Preparing), Event::Prepared { .. } | Event::PrepareFailed { .. }) => {
                self.end(None, moment);
            }
            (Phase::Launching, Event::Started { pid, .. }) => self.started(pid, moment),
            (Phase::Launching, Event::StartFailed { reason, .. }) => self.fail(reason, moment),
            (Phase::Stopping(Stage::Launching(haste)), Event::Started { pid, .. }) => {
                moment.record(FactKind::Started { pid });
                self.end_process(haste, moment);
            }
            (Phase::Stopping(Stage::Launching(_)), Event::StartFailed { reason, .. }) => self.end(Some(reason), moment),
            (_, Event::LastLine { line, barred, .. }) if self.exit.is_none() => {
                self.last_line = Some(line);
                self.barred = barred;
            }
            (_, Event::FirstOutput { .. }) if moment.policy.readiness == Readiness::FirstOutput => {
                self.sign_of_readiness(moment);
            }
            (_, Event::ReadySeen { .. }) => self.sign_of_readiness(moment),
            (Phase::Starting, Event::ProbeFailed { .. }) => self.probe_later(moment),
            (Phase::Starting | Phase::Ready, Event::Frozen { processes, .. }) => self.frozen(processes, moment),
            (Phase::Starting | Phase::Ready, Event::FreezeFailed { reason, .. }) => self.freeze_failed(reason, moment),
            (Phase::Starting | Phase::Ready, Event::Thawed { .. }) => self.thawed(moment),
            (_, Event::Exited { exit, left, .. }) if self.has_keeper() => self.exited(exit, left, moment),
            (_, Event::Emptied { report, .. }) if self.has_keeper() => self.tree_emptied(report, moment),
            (phase, Event::KeeperLost { .. }) if phase != Phase::Lost => self.lost(moment),
            (Phase::Lost, Event::Reaped { processes, .. }) => self.reaped(processes, moment),
            (_, Event::Signalled { signal, .. }) => moment.record(FactKind::Signalled { signal }),
            (_, Event::TimerFired { timer }) => self.timer_fired(timer, moment),
            (phase, Event::Adopted { .. }) if phase != Phase::Lost => self.adopted(moment),
            (_, Event::NotLaunched { .. }) => self.not_launched(moment),
            (Phase::Lost, Event::TookOver) => moment.ask([Effect::Reap { run: self.id }]),
            _ => {}
        }
    }

    fn launch(&mut self, moment: &mut Moment<'_>) {
        self.phase = Phase::Launching;
        moment.record(FactKind::Starting { revision: moment.policy.revision });
        moment.ask([Effect::Launch { run: self.id, agent: self.agent }]);
    }

    fn started(&mut self, pid: u32, moment: &mut Moment<'_>) {
        self.phase = Phase::Starting;
        moment.record(FactKind::Started { pid });
        if self.exit.is_some() {
            return;
        }
        match (self.readiness, moment.policy.readiness) {
            (Seen::Yes, _) => self.become_ready(moment),
            (Seen::NotYet, Readiness::Pattern) => {}
            // A prompt is typed only into a program that has drawn its screen.
            (Seen::NotYet, Readiness::FirstOutput) if moment.policy.work == Work::Typed => {}
            (Seen::NotYet, Readiness::FirstOutput) => {
                self.arm(TimerId::Readiness(self.id), SILENT_START_MAX, moment);
            }
            (Seen::NotYet, Readiness::Delay(span)) => self.arm(TimerId::Readiness(self.id), span, moment),
            (Seen::NotYet, Readiness::Command { .. }) => moment.ask([Effect::Probe { run: self.id }]),
        }
    }

    fn sign_of_readiness(&mut self, moment: &mut Moment<'_>) {
        self.readiness = Seen::Yes;
        if self.phase == Phase::Starting && self.exit.is_none() {
            self.become_ready(moment);
        }
    }

    fn become_ready(&mut self, moment: &mut Moment<'_>) {
        self.phase = Phase::Ready;
        moment.ask(self.timers.disarm(TimerId::Readiness(self.id)));
        moment.record(FactKind::Ready);
        if moment.failures > 0 {
            self.arm(TimerId::Settled(self.id), moment.policy.restart.reset_after, moment);
        }
    }

    fn probe_later(&mut self, moment: &mut Moment<'_>) {
        let timer = TimerId::Readiness(self.id);
        if let Readiness::Command { period } = moment.policy.readiness
            && self.exit.is_none()
            && !self.timers.has(timer)
        {
            self.arm(timer, period, moment);
        }
    }

    fn timer_fired(&mut self, timer: TimerId, moment: &mut Moment<'_>) {
        match (self.timers.fire(timer, moment.now), timer) {
            (Firing::Stale, _) => {}
            (Firing::Early(span), timer) => moment.ask([Effect::Arm { timer, span }]),
            (Firing::Due, TimerId::StopKeys(_)) => self.send_signal(moment),
            (Firing::Due, TimerId::StopGrace(_)) => self.kill_tree(moment),
            (Firing::Due, TimerId::Settled(_)) => moment.record(FactKind::FailuresForgotten),
            (Firing::Due, TimerId::Readiness(_)) if self.phase == Phase::Ready => self.unbar(moment),
            (Firing::Due, TimerId::Readiness(_)) => match moment.policy.readiness {
                Readiness::Command { .. } => moment.ask([Effect::Probe { run: self.id }]),
                Readiness::Delay(_) | Readiness::FirstOutput | Readiness::Pattern => self.sign_of_readiness(moment),
            },
            (Firing::Due, _) => {}
        }
    }

    fn exited(&mut self, exit: Exit, left: u32, moment: &mut Moment<'_>) {
        if self.exit.is_some() {
            return;
        }
        self.exit = Some(exit);
        moment.record(FactKind::Exited { exit, left });
        moment.ask(self.timers.disarm(TimerId::Readiness(self.id)));
        moment.ask(self.timers.disarm(TimerId::Settled(self.id)));
        if self.emptied.is_some() {
            self.end(None, moment);
        } else if left > 0 {
            self.others_left(moment);
        }
    }

    fn tree_emptied(&mut self, report: TreeReport, moment: &mut Moment<'_>) {
        self.emptied.get_or_insert(report);
        if self.exit.is_some() {
            self.end(None, moment);
        }
    }

    fn lost(&mut self, moment: &mut Moment<'_>) {
        moment.record(FactKind::KeeperLost);
        self.run_again(moment.now);
        moment.ask(self.timers.clear());
        self.phase = Phase::Lost;
        moment.ask([Effect::Reap { run: self.id }]);
    }

    fn reaped(&mut self, processes: u32, moment: &mut Moment<'_>) {
        moment.record(FactKind::Reaped { processes });
        let outcome = if self.was_asked_to_end() { Outcome::Terminated } else { Outcome::Failed };
        self.finish(outcome, Some(String::from("the keeper of the run ended without an exit record")), moment);
    }

    fn fail(&mut self, reason: String, moment: &mut Moment<'_>) {
        self.finish(Outcome::Failed, Some(reason), moment);
    }

    fn end(&mut self, reason: Option<String>, moment: &mut Moment<'_>) {
        let outcome = match self.exit {
            _ if self.was_asked_to_end() => Outcome::Terminated,
            Some(Exit::Code(code)) if moment.policy.restart.success_codes.contains(&code) => Outcome::Completed,
            _ => Outcome::Failed,
        };
        // The program's last line, if there is one, tells best why it failed.
        let last_line = self.last_line.take().filter(|_| outcome == Outcome::Failed);
        self.finish(outcome, reason.or(last_line), moment);
    }

    fn finish(&mut self, outcome: Outcome, reason: Option<String>, moment: &mut Moment<'_>) {
        self.run_again(moment.now);
        moment.ask(self.timers.clear());
        let report = self.emptied.unwrap_or_default();
        let barred = self.barred.filter(|_| outcome == Outcome::Failed);
        moment.acts.push(Act::End(RunEnd { outcome, exit: self.exit, report, reason, barred }));
    }

    fn arm(&mut self, timer: TimerId, span: Span, moment: &mut Moment<'_>) {
        moment.ask(self.timers.arm(timer, span, moment.now));
    }

    /// Whether the run has a keeper that can report events.
    fn has_keeper(&self) -> bool {
        !matches!(self.phase, Phase::Preparing | Phase::Stopping(Stage::Preparing) | Phase::Lost)
    }

    /// Whether someone asked the run to end, other than because of its own leftover processes.
    fn was_asked_to_end(&self) -> bool {
        !matches!(self.asked, None | Some(StopCause::LeftBehind))
    }
}

/// The state of a run that other modules read.
impl Run {
    /// Returns the number of the run.
    pub fn id(&self) -> RunId {
        self.id
    }

    /// Returns the phase of the run.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Returns why the run is being ended, if it is.
    pub fn asked(&self) -> Option<StopCause> {
        self.asked
    }

    /// Returns whether the run's tree is frozen.
    pub fn freeze(&self) -> Freeze {
        self.freeze
    }

    /// Returns how the run's own process ended, if it has.
    pub fn exit(&self) -> Option<Exit> {
        self.exit
    }

    /// Returns the timers of the run.
    pub fn timers(&self) -> &Timers {
        &self.timers
    }

    /// Returns how long the run's tree was frozen in total, up to `now`.
    pub fn paused_for(&self, now: Time) -> Span {
        self.paused.until(now)
    }
}
