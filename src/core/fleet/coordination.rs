//! Where the machines of coordination meet the life of agents and runs: which of them hears of what, in which order.
//!
//! A run that ends is heard of by its tasks first, then by its locks, then by its mail: a task gives back the locks
//! taken for it itself.

use super::{Fleet, Step};
use crate::command::{Answer, Command, Denied};
use crate::ending::Outcome;
use crate::event::{Armed, TimerId};
use crate::fact::FactKind;
use crate::ids::{AgentId, RunId};
use crate::policy::Coordination;

/// Whether a fact says that a run's time begins or ceases to stand still.
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
    /// Leads a command about coordination to its machine.
    pub(super) fn coordination_command(&mut self, command: Command) -> Result<Answer, Denied> {
        if self.fleet.policy.coordination.mode == Coordination::Off {
            return Err(Denied::CoordinationOff);
        }
        match command {
            Command::Lock(command) => self.lock_command(command),
            Command::Task(command) => self.task_command(command),
            Command::Plan(command) => self.plan_command(command),
            Command::Mail(command) => self.mail_command(command),
            Command::Shared(command) => self.shared_command(command),
            Command::Sync(command) => self.sync_command(command),
            _about_agents => Err(Denied::CoordinationOff),
        }
    }

    pub(super) fn coordination_timer(&mut self, timer: TimerId) {
        match timer {
            TimerId::Lock(timer) => self.lock_timer(timer),
            TimerId::Task(timer) => self.task_timer(timer),
            TimerId::Mail(timer) => self.mail_timer(timer),
            _of_agents_and_runs => {}
        }
    }

    /// Records a fact about a run. Its time stands still, or goes on, if the fact says so.
    pub(super) fn record_of_run(&mut self, agent: AgentId, run: RunId, kind: FactKind) {
        let stillness = Stillness::of(&kind);
        self.record(Some(agent), Some(run), kind);
        match stillness {
            Stillness::Begins => {
                self.locks_stand_still(run);
                self.tasks_stand_still(run);
            }
            Stillness::Ends => {
                self.locks_go_on(run);
                self.tasks_go_on(run);
            }
            Stillness::Unchanged => {}
        }
    }

    /// A run has its ending, and its place is free.
    pub(super) fn coordination_run_ended(&mut self, agent: AgentId, run: RunId, outcome: Outcome) {
        self.tasks_run_ended(agent, run, outcome);
        self.locks_run_ended(run);
        self.sync_run_ended(run);
        self.mail_run_ended(agent, run);
    }

    /// The fleet has forgotten an agent.
    pub(super) fn coordination_agent_removed(&mut self, agent: AgentId) {
        self.tasks_agent_removed(agent);
        self.mail_agent_removed(agent);
    }

    /// The configuration was applied: limits and capabilities may be others.
    pub(super) fn coordination_configured(&mut self) {
        self.locks_configured();
        self.sync_look_again();
        self.tasks_configured();
    }

    /// The fleet begins to end: nothing is assigned any more.
    pub(super) fn coordination_shutting_down(&mut self) {
        self.tasks_shutting_down();
        self.plans_shutting_down();
    }

    /// A supervisor took over: no client that waited is there any more, and what was asked of the world is asked again.
    pub(super) fn coordination_took_over(&mut self) {
        self.locks_took_over();
        self.tasks_took_over();
        self.mail_took_over();
    }
}

impl Fleet {
    /// The timers of coordination that the shell must have armed.
    pub(super) fn coordination_armed(&self) -> impl Iterator<Item = Armed> {
        self.locks_armed().chain(self.tasks_armed()).chain(self.mail_armed()).chain(self.sync_armed())
    }
}
