//! The fleet: all agents with their policies and runs, and the single entry point [`Fleet::step`].
//!
//! A step routes a command to its rule, and an event to the run that it is about. Everything that concerns several runs
//! is handled here, within the same step: an ended run frees its place, the agents that wait for it start, a restart is
//! planned, a shutdown continues. Each rule has its own file: `commands`, `starts`, `endings`, `configure`, `shutdown`.
//! The functions that read the fleet are in `queries` and [`explain`]; [`invariants`] checks the whole state.
//!
//! Every fact that a step records is folded into the view at once, so everything that the view contains is stored only
//! once.
//!
//! **Invariant 13:** every command gets exactly one answer, after the facts of its step (`tests/brain/model`).

mod barred;
mod commands;
mod configure;
mod coordination;
mod endings;
pub mod explain;
mod found;
pub mod invariants;
mod joined;
mod locks;
mod parties;
mod plans;
mod queries;
mod safety;
mod shutdown;
mod standing;
mod starts;
pub mod tasks;

use crate::agent::Agent;
use crate::command::{Answer, Command};
use crate::effect::Effect;
use crate::event::{Event, TimerId};
use crate::fact::{Fact, FactKind};
use crate::ids::{AgentId, ReplyId, RunId};
use crate::policy::FleetPolicy;
use crate::restart::Restarts;
use crate::run::{Act, Moment, Run};
use crate::start_order::StartOrder;
use crate::time::Time;
use crate::view::View;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// The whole state on which the decisions about one fleet are based. It is serialised into the journal.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Fleet {
    policy: FleetPolicy,
    agents: BTreeMap<AgentId, Agent>,
    names: BTreeMap<String, AgentId>,
    live: BTreeMap<RunId, AgentId>,
    /// The number of live runs that are allowed now: more than `max_concurrent` while runs from an earlier, larger
    /// limit are still alive.
    live_max: usize,
    order: StartOrder,
    course: Course,
    agents_added: u32,
    runs_begun: u64,
    view: View,
}

/// The course of the fleet as a whole. Whether a shutdown is in progress is stored in the view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Course {
    /// The fleet runs, or is being shut down.
    UnderWay,
    /// The shutdown of the fleet is done.
    ShutDown,
    /// A supervisor took over after a shutdown. The next configuration starts the agents that start with the fleet.
    BeginsAnew,
}

/// One step in progress: the fleet, the current time, and the effects so far.
struct Step<'a> {
    fleet: &'a mut Fleet,
    now: Time,
    effects: Vec<Effect>,
    /// Whether something happened in this step that may allow a task to go to an agent.
    tasks_changed: bool,
}

impl Default for Fleet {
    fn default() -> Self {
        Fleet::new()
    }
}

impl Fleet {
    /// The version of the format in which a fleet and its events are stored. Each version has a fixture under
    /// `tests/fixtures/stored`, and every older version can be read (`tests/brain/stored.rs`).
    pub const FORM: u32 = 3;

    /// Returns a fleet without agents, which waits for its first [`Event::Configured`].
    pub fn new() -> Fleet {
        let policy = FleetPolicy::default();
        Fleet {
            live_max: policy.max_concurrent as usize,
            policy,
            agents: BTreeMap::new(),
            names: BTreeMap::new(),
            live: BTreeMap::new(),
            order: StartOrder::default(),
            course: Course::UnderWay,
            agents_added: 0,
            runs_begun: 0,
            view: View::default(),
        }
    }

    /// Applies an event that happened at `now`, and returns the effects to carry out, in order. It never fails and
    /// never panics; an event that nothing waits for changes nothing. In debug builds, every step ends with
    /// [`Fleet::check_invariants`], unless the view already shows a violation.
    pub fn step(&mut self, event: Event, now: Time) -> Vec<Effect> {
        let mut step = Step { fleet: self, now, effects: Vec::new(), tasks_changed: false };
        let reply = step.route(event);
        step.finish(reply);
        let effects = step.effects;
        let known = self.view.violation.is_some();
        debug_assert!(known || self.check_invariants().is_ok(), "{:?}", self.check_invariants());
        effects
    }
}

impl Step<'_> {
    /// Routes an event to its rule. Returns the answer to give, if the event was a command.
    fn route(&mut self, event: Event) -> Option<(ReplyId, Answer)> {
        match event {
            Event::Command { reply, command } => return Some((reply, self.answer(command))),
            Event::Configured { fleet, agents } => self.configure(fleet, agents),
            Event::TookOver => self.take_over(),
            Event::RunsFound { newest } => self.fleet.runs_begun = self.fleet.runs_begun.max(newest.0),
            Event::RunFound { run, policy, held } => self.run_found(run, *policy, &held),
            Event::JoinedProcessEnded { run } => self.joined_process_ended(run),
            Event::SafetyDiffers => self.look_at_safety(),
            Event::Noticed { notice } => self.record(None, None, FactKind::Noticed(notice)),
            Event::TimerFired { timer: TimerId::Backoff(agent) } => self.backoff_over(agent),
            Event::TimerFired { timer: TimerId::Snooze(agent) } => self.snooze_over(agent),
            Event::Status { run, verdict } => self.status(run, verdict),
            Event::TimerFired { timer } if timer.run().is_none() => self.coordination_timer(timer),
            Event::Lock(event) => self.with_locks(|locks| locks.event(event)),
            Event::Task(event) => self.with_tasks(|tasks| tasks.event(event)),
            Event::Mail(event) => self.with_mail(|mail| mail.event(event)),
            event => {
                let agent = event.run().and_then(|run| self.fleet.live.get(&run).copied());
                if let Some(agent) = agent {
                    self.with_run(agent, |run, moment| run.hear(event, moment));
                }
            }
        }
        None
    }

    fn answer(&mut self, command: Command) -> Answer {
        match self.command(command) {
            Ok(answer) => answer,
            Err(denied) => Answer::Denied(denied),
        }
    }

    /// Ends the step: records the last fact of a shutdown, then sends the answer, then ends the supervisor.
    fn finish(&mut self, reply: Option<(ReplyId, Answer)>) {
        self.assign_tasks();
        let done = self.shutdown_done();
        if done {
            self.fleet.course = Course::ShutDown;
            self.record(None, None, FactKind::ShutdownDone);
        }
        self.effects.extend(reply.map(|(reply, answer)| Effect::Reply { reply, answer }));
        if done {
            self.effects.push(Effect::EndSupervisor);
        }
    }

    /// Records a fact: folds it into the view and adds the effect that stores it.
    fn record(&mut self, agent: Option<AgentId>, run: Option<RunId>, kind: FactKind) {
        let fact = Fact { seq: self.fleet.view.seq + 1, at: self.now, agent, run, kind };
        self.fleet.view.apply(&fact);
        self.effects.push(Effect::Record(fact));
    }

    /// Stores a fact that its machine has already folded into its part of the view.
    fn store(&mut self, agent: Option<AgentId>, run: Option<RunId>, kind: FactKind) {
        if let FactKind::Task(fact) = &kind {
            self.fleet.view.tell_its_plan(fact);
        }
        self.fleet.view.seq += 1;
        self.effects.push(Effect::Record(Fact { seq: self.fleet.view.seq, at: self.now, agent, run, kind }));
    }

    /// Steps the live run of `agent`, and carries out the acts of the run. Does nothing without a live run.
    fn with_run<T>(&mut self, agent: AgentId, step: impl FnOnce(&mut Run, &mut Moment<'_>) -> T) -> Option<T> {
        let Agent { run, policy, restarts, .. } = self.fleet.agents.get_mut(&agent)?;
        let run = run.as_mut()?;
        let id = run.id();
        let mut acts = Vec::new();
        let mut moment = Moment { policy, failures: restarts.failures(), now: self.now, acts: &mut acts };
        let result = step(run, &mut moment);
        self.carry_out(agent, id, acts);
        Some(result)
    }

    fn carry_out(&mut self, agent: AgentId, run: RunId, acts: Vec<Act>) {
        for act in acts {
            match act {
                Act::Record(FactKind::Ready) => {
                    self.record(Some(agent), Some(run), FactKind::Ready);
                    self.release_those_behind(agent);
                    self.tasks_look_again();
                }
                Act::Record(kind @ FactKind::Started { .. }) => {
                    self.record(Some(agent), Some(run), kind);
                    self.with_tasks(|tasks| tasks.run_started(run));
                    self.plan_run_started(agent, run);
                }
                Act::Record(FactKind::FailuresForgotten) => self.forget_failures(agent, Restarts::settle),
                Act::Record(kind) => self.record_of_run(agent, run, kind),
                Act::Ask(effect) => self.effects.push(effect),
                Act::Free => self.tasks_look_again(),
                Act::End(end) => self.run_ended(agent, run, end),
            }
        }
    }
}
