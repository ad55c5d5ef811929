//! Connects the coordination (tasks, plans, locks, messages, shared state, synchronisation) with the life of agents and
//! runs: which part is told of what, and in which order.
//!
//! When a run ends, its tasks are told first, then its locks, then its messages, because a task itself releases the
//! locks that were taken for it.

use super::{Fleet, Step};
use crate::command::{Answer, Command, Denied};
use crate::crew::Crew;
use crate::ending::Outcome;
use crate::event::{Armed, TimerId};
use crate::fact::FactKind;
use crate::ids::{AgentId, RunId};
use crate::lock::machine::Locks;
use crate::mail::machine::Mail;
use crate::parties::Parties;
use crate::plan::machine::Plans;
use crate::policy::Coordination;
use crate::recorder::{Decision, Recorder};
use crate::shared::machine::Sharing;
use crate::sync::machine::Synchronisation;
use crate::task::machine::Tasks;
use crate::view::View;
use alloc::string::String;

/// Whether a fact suspends or resumes the clock of a run.
enum Stillness {
    Begins,
    Ends,
    Unchanged,
}

impl Stillness {
    fn of(kind: &FactKind) -> Stillness {
        match kind {
            FactKind::Pausing => Stillness::Begins,
            FactKind::PauseFailed { .. } | FactKind::Resumed | FactKind::Stopping { .. } | FactKind::KeeperLost => {
                Stillness::Ends
            }
            _ => Stillness::Unchanged,
        }
    }
}

impl Step<'_> {
    /// Routes a command about coordination to the part that handles it.
    pub(super) fn coordination_command(&mut self, command: Command) -> Result<Answer, Denied> {
        if self.fleet.policy.coordination.mode == Coordination::Off {
            return Err(Denied::CoordinationOff);
        }
        match command {
            Command::Lock(command) => {
                self.with_locks(|locks| locks.command(command)).map(Answer::Lock).map_err(Denied::Lock)
            }
            Command::Task(command) => self.task_command(command),
            Command::Plan(command) => self.plan_command(command),
            Command::Mail(command) => {
                self.with_mail(|mail| mail.command(command)).map(Answer::Mail).map_err(Denied::Mail)
            }
            Command::Shared(command) => {
                self.with_shared(|shared| shared.command(command)).map(Answer::Shared).map_err(Denied::Shared)
            }
            Command::Sync(command) => {
                self.with_sync(|sync| sync.command(command)).map(Answer::Sync).map_err(Denied::Sync)
            }
            _about_agents => Err(Denied::CoordinationOff),
        }
    }

    pub(super) fn coordination_timer(&mut self, timer: TimerId) {
        match timer {
            TimerId::Lock(timer) => self.with_locks(|locks| locks.timer(timer)),
            TimerId::Task(timer) => self.with_tasks(|tasks| tasks.timer(timer)),
            TimerId::Mail(timer) => self.with_mail(|mail| mail.timer(timer)),
            _of_agents_and_runs => {}
        }
    }

    /// Records a fact about a run. If the fact freezes or resumes the run, its clocks are suspended or continue.
    pub(super) fn record_of_run(&mut self, agent: AgentId, run: RunId, kind: FactKind) {
        let stillness = Stillness::of(&kind);
        self.record(Some(agent), Some(run), kind);
        match stillness {
            Stillness::Begins => {
                self.with_locks(|locks| locks.stand_still(run));
                self.with_tasks(|tasks| tasks.stand_still(run));
            }
            Stillness::Ends => {
                self.with_locks(|locks| locks.go_on(run));
                self.with_tasks(|tasks| tasks.go_on(run));
            }
            Stillness::Unchanged => {}
        }
    }

    /// Tells the parts of the coordination that a run has ended and its place is free. Messages that were to be typed
    /// wait for the agent's next run.
    pub(super) fn coordination_run_ended(&mut self, agent: AgentId, run: RunId, outcome: Outcome) {
        self.tasks_run_ended(agent, run, outcome);
        self.with_locks(|locks| locks.run_ended(run));
        self.with_sync(|sync| sync.run_ended(run));
    }

    /// Tells the parts of the coordination that an agent was removed from the fleet.
    pub(super) fn coordination_agent_removed(&mut self, agent: AgentId) {
        self.with_tasks(|tasks| tasks.agent_removed(agent));
        self.with_mail(|mail| mail.agent_removed(agent));
    }

    /// Tells the parts of the coordination that a configuration was applied: limits and capabilities may have changed.
    pub(super) fn coordination_configured(&mut self) {
        self.locks_configured();
        self.with_sync(|sync| sync.look_again());
        self.with_tasks(|tasks| tasks.crew_changed());
    }

    /// Tells the tasks that the fleet is shutting down: nothing is assigned any more. Plans keep their state, and
    /// continue when the fleet is started again.
    pub(super) fn coordination_shutting_down(&mut self) {
        self.with_tasks(|tasks| tasks.end_all_claims());
    }

    /// Tells all parts of the coordination that a supervisor took over: no client that waited is connected any more,
    /// and pending effects are requested again.
    pub(super) fn coordination_took_over(&mut self) {
        self.with_locks(|locks| locks.took_over());
        self.tasks_took_over();
        self.with_mail(|mail| mail.took_over());
    }
}

/// How each machine gets its own table, and how its decisions are carried out.
impl Step<'_> {
    fn with_sync<T>(&mut self, decide: impl FnOnce(&mut Synchronisation<'_>) -> T) -> T {
        let mut out = Recorder::new(self.now);
        let Fleet { view: View { sync, agents, .. }, live, policy, .. } = &mut *self.fleet;
        let (policy, parties) = (&policy.coordination.sync, Parties::new(live, agents));
        let decided = decide(&mut Synchronisation { table: sync, policy, parties, out: &mut out });
        self.carry_out_decisions(out);
        decided
    }

    pub(super) fn with_locks<T>(&mut self, decide: impl FnOnce(&mut Locks<'_>) -> T) -> T {
        let mut out = Recorder::new(self.now);
        let Fleet { view: View { locks, agents, .. }, live, policy, .. } = &mut *self.fleet;
        let (policy, parties) = (&policy.coordination.locks, Parties::new(live, agents));
        let decided = decide(&mut Locks { table: locks, policy, parties, out: &mut out });
        self.carry_out_decisions(out);
        decided
    }

    pub(super) fn with_plans<T>(&mut self, decide: impl FnOnce(&mut Plans<'_>) -> T) -> T {
        let mut out = Recorder::new(self.now);
        let Fleet { view: View { plans, tasks, .. }, policy, .. } = &mut *self.fleet;
        let (policy, task_policy) = (&policy.coordination.plans, &policy.coordination.tasks);
        let decided = decide(&mut Plans { board: plans, policy, tasks, task_policy, out: &mut out });
        self.carry_out_decisions(out);
        decided
    }

    pub(super) fn with_tasks<T>(&mut self, decide: impl FnOnce(&mut Tasks<'_>) -> T) -> T {
        let mut out = Recorder::new(self.now);
        let Fleet { view, live, names, agents, policy, .. } = &mut *self.fleet;
        let View { tasks, locks, plans, agents: views, shutdown, .. } = view;
        let policy = &policy.coordination;
        let decided = decide(&mut Tasks {
            board: tasks,
            policy: &policy.tasks,
            crew: Crew::new(agents, names, views),
            parties: Parties::new(live, views),
            plans,
            locks: (locks, &policy.locks),
            shutdown: *shutdown,
            out: &mut out,
        });
        self.carry_out_decisions(out);
        decided
    }

    /// Puts a message of the fleet itself into an agent's inbox, for example that a lease was lost.
    pub(super) fn notify(&mut self, agent: AgentId, topic: &str, body: String) {
        self.with_mail(|mail| mail.notify(agent, topic, body));
    }

    pub(super) fn with_mail<T>(&mut self, decide: impl FnOnce(&mut Mail<'_>) -> T) -> T {
        let mut out = Recorder::new(self.now);
        let Fleet { view: View { mail, agents, .. }, live, policy, .. } = &mut *self.fleet;
        let (policy, parties) = (&policy.coordination.mail, Parties::new(live, agents));
        let decided = decide(&mut Mail { post: mail, policy, parties, out: &mut out });
        self.carry_out_decisions(out);
        decided
    }

    fn with_shared<T>(&mut self, decide: impl FnOnce(&mut Sharing<'_>) -> T) -> T {
        let mut out = Recorder::new(self.now);
        let Fleet { view: View { shared, agents, .. }, live, policy, .. } = &mut *self.fleet;
        let (policy, parties) = (&policy.coordination.shared, Parties::new(live, agents));
        let decided = decide(&mut Sharing { table: shared, policy, parties, out: &mut out });
        self.carry_out_decisions(out);
        decided
    }

    fn carry_out_decisions(&mut self, out: Recorder) {
        for decision in out.into_decisions() {
            match decision {
                Decision::Record { agent, run, kind } => self.store(agent, run, kind),
                Decision::TaskLocks { task, settled } => self.with_tasks(|tasks| tasks.locks_settled(task, &settled)),
                Decision::LineChanged => self.tasks_changed |= self.fleet.view.tasks.waiting_for_locks() > 0,
                Decision::TasksMayGo => self.tasks_look_again(),
                Decision::TaskEnded(task) => self.task_ended(task),
                Decision::DeskLeft(agent) => self.with_tasks(|tasks| tasks.clear_desk(agent)),
                Decision::RunOver(agent) => self.task_run_over(agent),
                Decision::Worked(agent) => self.has_quota(agent),
                Decision::Ask(effect) => self.effects.push(effect),
                Decision::Tell { agent, topic, body } => self.notify(agent, topic, body),
            }
        }
    }
}

impl Fleet {
    /// Returns the timers of the coordination that the shell must have armed.
    pub(super) fn coordination_armed(&self) -> impl Iterator<Item = Armed> {
        self.view.locks.armed().chain(self.view.tasks.armed()).chain(self.view.mail.armed())
    }
}
