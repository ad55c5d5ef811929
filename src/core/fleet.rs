//! The fleet: every agent with its policy and its run, and the one door, [`Fleet::step`].
//!
//! The door routes: a command to its rule, an event to the run that it is about. What crosses runs is kept here:
//! a run that ended frees its place, those that wait behind it start, a restart is planned, a shutdown goes on,
//! all within the one step. The rules have a file each: `commands`, `starts`, `endings`, `configure`, `shutdown`;
//! what is read from outside is in `queries` and [`explain`]; [`invariants`] watches over all.
//!
//! Every fact that a step records is folded into the view in the same breath, so what the view says is stored once.
//!
//! **Invariant 13:** every command gets exactly one answer, after the facts of its step (`tests/brain/model.rs`).

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
mod mail;
mod parties;
mod plans;
mod queries;
mod safety;
mod shared;
mod shutdown;
mod standing;
mod starts;
mod sync;
pub mod tasks;

use crate::command::{Answer, Command};
use crate::effect::Effect;
use crate::event::{Event, TimerId};
use crate::fact::{Fact, FactKind};
use crate::ids::{AgentId, ReplyId, RunId};
use crate::lock::Rules;
use crate::policy::{AgentPolicy, FleetPolicy};
use crate::restart::Restarts;
use crate::run::{Act, Moment, Run};
use crate::start_order::StartOrder;
use crate::time::{Span, Time};
use crate::view::View;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Everything that is decided about one fleet. Kept in the journal as it is serialised.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Fleet {
    policy: FleetPolicy,
    agents: BTreeMap<AgentId, Agent>,
    names: BTreeMap<String, AgentId>,
    live: BTreeMap<RunId, AgentId>,
    /// Live runs there may be now: more than `max_concurrent` while those of a larger one are still there.
    live_max: usize,
    order: StartOrder,
    course: Course,
    agents_added: u32,
    runs_begun: u64,
    view: View,
    /// All of them are kept, but in a test.
    #[serde(skip)]
    rules: Rules,
}

/// One agent, as far as the view does not say it already.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Agent {
    /// What its live run was started with, or the next will be.
    policy: AgentPolicy,
    /// What the file says now, where that is something else.
    pending: Option<Box<AgentPolicy>>,
    run: Option<Run>,
    restarts: Restarts,
    /// How long its ended runs were frozen: its restart window does not count that.
    paused: Span,
    /// Whether runs begin for its tasks, if it is started by them.
    takes: Takes,
}

/// Whether runs begin for the tasks of a one-shot agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Takes {
    /// Runs begin for its tasks.
    #[default]
    Tasks,
    /// No run begins: a person stopped its newest run, until one starts it again.
    Nothing,
}

/// Where the fleet as a whole stands. That a shutdown is under way, the view says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Course {
    /// It runs, or is being shut down.
    UnderWay,
    /// A shutdown is done.
    ShutDown,
    /// A supervisor took over after a shutdown: the next configuration starts the agents that start with it.
    BeginsAnew,
}

/// One step under way: the fleet, the instant, and the effects so far.
struct Step<'a> {
    fleet: &'a mut Fleet,
    now: Time,
    effects: Vec<Effect>,
    /// Whether anything happened that may let a task go to an agent.
    tasks_changed: bool,
}

impl Default for Fleet {
    fn default() -> Self {
        Fleet::new()
    }
}

impl Fleet {
    /// The number of the form in which a fleet and its events are stored. Each has a fixture under
    /// `tests/fixtures/stored`, and every older one is read (`tests/brain/stored.rs`).
    pub const FORM: u32 = 3;

    /// A fleet without agents, waiting for its first [`Event::Configured`].
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
            rules: Rules::default(),
        }
    }

    /// Takes what happened at `now`, and gives what is to be done, in order. Never fails and never panics; an event
    /// that nothing waits for changes nothing. In debug builds every step ends with [`Fleet::check_invariants`].
    pub fn step(&mut self, event: Event, now: Time) -> Vec<Effect> {
        let mut step = Step { fleet: self, now, effects: Vec::new(), tasks_changed: false };
        let reply = step.route(event);
        step.finish(reply);
        let effects = step.effects;
        debug_assert!(!self.rules.all_kept() || self.check_invariants().is_ok(), "{:?}", self.check_invariants());
        effects
    }

    /// The same fleet with other rules: to see that a broken one is noticed.
    #[cfg(test)]
    pub(crate) fn with_rules(self, rules: Rules) -> Fleet {
        Fleet { rules, ..self }
    }
}

impl Step<'_> {
    /// Leads an event to its rule. The answer to give, if it was a command.
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
            Event::Lock(event) => self.lock_event(event),
            Event::Task(event) => self.task_event(event),
            Event::Mail(event) => self.mail_event(event),
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

    /// Ends the step: the last fact of a shutdown, then the answer, then the end of the supervisor.
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

    /// Records a fact: folds it into the view and asks for it to be kept.
    fn record(&mut self, agent: Option<AgentId>, run: Option<RunId>, kind: FactKind) {
        let fact = Fact { seq: self.fleet.view.seq + 1, at: self.now, agent, run, kind };
        self.fleet.view.apply(&fact);
        self.effects.push(Effect::Record(fact));
    }

    /// Steps the live run of `agent`, and carries out what it does. Nothing without a live run.
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
                    self.tasks_run_started(run);
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
