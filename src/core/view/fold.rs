//! The fold: how each fact changes the view.

use super::{AgentView, Config, Ending, Pause, Standing, State, View};
use crate::ending::Outcome;
use crate::fact::{Fact, FactKind, Origin};
use crate::ids::{AgentId, RunId};
use crate::plan::TaskEnd;
use crate::status::Verdict;
use crate::task::TaskFact;
use crate::time::Time;
use alloc::string::String;

impl View {
    /// Folds one fact into the view. Facts must come in the order of their numbers.
    pub fn apply(&mut self, fact: &Fact) {
        self.seq = fact.seq;
        let at = fact.at;
        match (&fact.kind, fact.agent) {
            (FactKind::AgentAdded { name, origin, .. }, Some(agent)) => self.add(agent, name.clone(), *origin, fact.at),
            (FactKind::AgentRemoved, Some(agent)) => {
                self.agents.remove(&agent);
                self.mail.forget(agent);
                self.shared.forget(agent);
            }
            (FactKind::ShutdownBegun { mode }, _) => self.shutdown = Some(*mode),
            (FactKind::TookOver, _) => self.begin_anew(),
            (FactKind::InvariantViolated { violation, .. }, _) => {
                self.violation = Some(violation.clone());
                self.violations += 1;
            }
            (FactKind::InvariantsRestored, _) => self.violation = None,
            (FactKind::Lock(fact), _) => self.locks.apply(fact, at),
            (FactKind::Task(fact), _) => {
                self.tasks.apply(fact, at);
                self.tell_its_plan(fact);
            }
            (FactKind::Plan(fact), _) => self.plans.apply(fact, at),
            (FactKind::Message(fact), _) => self.mail.apply(fact),
            (FactKind::State(fact), _) => self.shared.apply(fact),
            (FactKind::Sync(fact), _) => self.sync.apply(fact, at),
            (kind, Some(agent)) => {
                self.fold_joined(kind, fact.run);
                if let Some(view) = self.agents.get_mut(&agent) {
                    view.apply(fact);
                }
            }
            (_, None) => {}
        }
    }

    fn fold_joined(&mut self, kind: &FactKind, run: Option<RunId>) {
        match (kind, run) {
            (FactKind::Joined { process }, Some(run)) => drop(self.joined.insert(run, *process)),
            (FactKind::Ended { .. }, Some(run)) => drop(self.joined.remove(&run)),
            _ => {}
        }
    }

    fn add(&mut self, agent: AgentId, name: String, origin: Origin, at: Time) {
        let view = AgentView {
            name,
            origin,
            state: State::Off,
            since: at,
            pause: Pause::Running,
            config: Config::Current,
            run: None,
            started: None,
            pid: None,
            last: None,
            failures: 0,
            standing: None,
        };
        self.agents.insert(agent, view);
    }

    /// Updates the state of a task's plan after a fact about the task.
    pub(crate) fn tell_its_plan(&mut self, fact: &TaskFact) {
        let end = match fact {
            TaskFact::Done { .. } => Some(TaskEnd::Done),
            TaskFact::Failed { .. } => Some(TaskEnd::Failed),
            TaskFact::Cancelled { .. } => Some(TaskEnd::Cancelled),
            TaskFact::Skipped { .. } => Some(TaskEnd::Skipped),
            TaskFact::Reopened { .. } => None,
            _ => return,
        };
        let Some(task) = fact.task() else { return };
        let Some(plan) = self.tasks.get(task).and_then(|task| task.spec.plan) else { return };
        match end {
            Some(end) => self.plans.task_ended(plan, task, end),
            None => self.plans.task_reopened(plan, task),
        }
    }

    /// Ends a completed shutdown when a new supervisor takes over; a shutdown that is under way continues.
    fn begin_anew(&mut self) {
        if !self.agents.values().any(|agent| agent.state.is_live()) {
            self.shutdown = None;
        }
    }
}

impl AgentView {
    fn apply(&mut self, fact: &Fact) {
        let at = fact.at;
        match &fact.kind {
            FactKind::AgentChanged { .. } if self.state.is_live() => self.config = Config::Changed,
            FactKind::AgentChanged { .. } | FactKind::AgentUnchanged => self.config = Config::Current,
            FactKind::AgentOrphaned => self.config = Config::Removed,
            FactKind::Queued { why } => self.enter(State::Queued { why: why.clone() }, at),
            FactKind::Dequeued => self.enter(State::Off, at),
            FactKind::RunBegun => {
                self.standing = None;
                self.enter(State::Preparing, at);
                self.run = fact.run;
                self.started = None;
            }
            FactKind::Joined { process } => {
                self.enter(State::Ready, at);
                (self.run, self.started, self.pid) = (fact.run, Some(at), Some(process.pid));
            }
            FactKind::Starting { .. } => self.enter(State::Starting, at),
            FactKind::Started { pid } => {
                self.started = Some(at);
                self.pid = Some(*pid);
            }
            FactKind::Ready => self.enter(State::Ready, at),
            FactKind::Stopping { why } => {
                self.pause = Pause::Running;
                self.standing = None;
                if self.state != State::Lost {
                    self.enter(State::Stopping { why: *why }, at);
                }
            }
            FactKind::Pausing => self.pause = Pause::Pausing,
            FactKind::Paused { .. } => self.pause = Pause::Paused,
            FactKind::PauseFailed { .. } | FactKind::Resumed => self.pause = Pause::Running,
            FactKind::Exited { .. } => {
                self.pid = None;
                self.standing = None;
            }
            FactKind::Standing { verdict } => self.stand(verdict),
            FactKind::StandingOver { .. } => self.standing = None,
            FactKind::Snoozed { until } => self.snooze(Some(*until)),
            FactKind::SnoozeOver => self.snooze(None),
            FactKind::KeeperLost => {
                self.standing = None;
                self.pause = Pause::Running;
                self.pid = None;
                self.enter(State::Lost, at);
            }
            FactKind::Ended { outcome, exit, report, reason, barred } => {
                let (outcome, barred, reason) = (outcome, *barred, reason.clone());
                let ending = |run| Ending { run, at, outcome: *outcome, exit: *exit, report: *report, reason, barred };
                self.end(fact.run.map(ending), *outcome, at);
            }
            FactKind::BackedOff { span, failures, .. } => {
                self.failures = *failures;
                self.enter(State::Backoff { until: at + *span }, at);
            }
            FactKind::FailuresForgotten => self.failures = 0,
            FactKind::GaveUp { why } => self.enter(State::GaveUp { why: *why }, at),
            FactKind::TakesTasks if self.state.is_put_off() => self.enter(State::Off, at),
            FactKind::SignalSent { .. }
            | FactKind::KillSent
            | FactKind::TakesTasks
            | FactKind::Adopted
            | FactKind::Reaped { .. }
            | FactKind::Signalled { .. }
            | FactKind::InvariantViolated { .. }
            | FactKind::InvariantsRestored
            | FactKind::Noticed(_) => {}
            FactKind::AgentAdded { .. }
            | FactKind::AgentRemoved
            | FactKind::ShutdownBegun { .. }
            | FactKind::ShutdownDone
            | FactKind::TookOver => {}
            FactKind::Lock(_)
            | FactKind::Task(_)
            | FactKind::Plan(_)
            | FactKind::Message(_)
            | FactKind::State(_)
            | FactKind::Sync(_) => {}
        }
    }

    /// Notes an activity that a person should know of. A snooze continues if it is the same question in other words.
    fn stand(&mut self, verdict: &Verdict) {
        let same = self.standing.take().filter(|standing| standing.verdict.since == verdict.since);
        let snoozed_until = same.and_then(|standing| standing.snoozed_until);
        self.standing = Some(Standing { verdict: verdict.clone(), snoozed_until });
    }

    fn snooze(&mut self, until: Option<Time>) {
        if let Some(standing) = &mut self.standing {
            standing.snoozed_until = until;
        }
    }

    fn end(&mut self, ending: Option<Ending>, outcome: Outcome, at: Time) {
        self.enter(State::Ended { outcome }, at);
        self.last = ending;
        self.pid = None;
        self.standing = None;
        self.pause = Pause::Running;
        if outcome == Outcome::Completed {
            self.failures = 0;
        }
        if self.config == Config::Changed {
            self.config = Config::Current;
        }
    }

    /// Enters a state. A change within a state (what it waits for, why it stops) leaves its age.
    fn enter(&mut self, state: State, at: Time) {
        if core::mem::discriminant(&self.state) != core::mem::discriminant(&state) {
            self.since = at;
        }
        self.state = state;
    }
}
