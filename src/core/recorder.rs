//! What a machine of the coordination decides, in its order: facts, effects, and what concerns other machines.
//!
//! A machine holds its own table and nothing else of the fleet. It folds its facts into that table at once, so that it
//! always decides on the newest state, and writes them down here. When it is done, the fleet carries its decisions out:
//! it numbers and stores the facts, asks for the effects, and passes the rest on (`src/core/fleet/coordination.rs`).

use crate::effect::Effect;
use crate::fact::FactKind;
use crate::ids::{AgentId, RunId, TaskId};
use crate::lock::LockSettled;
use crate::time::Time;
use alloc::string::String;
use alloc::vec::Vec;

/// One decision of a machine.
#[derive(Debug)]
pub(crate) enum Decision {
    /// A fact, which the machine has already folded into its table.
    Record {
        /// The agent in whose name the fact is recorded.
        agent: Option<AgentId>,
        /// The run in whose name the fact is recorded.
        run: Option<RunId>,
        /// The fact that is recorded.
        kind: FactKind,
    },
    /// An effect that the shell must carry out.
    Ask(Effect),
    /// A message of the fleet, for an agent's inbox.
    Tell {
        /// The agent that gets the message.
        agent: AgentId,
        /// The topic of the message.
        topic: &'static str,
        /// The text of the message.
        body: String,
    },
    /// The outcome of the request that waited for a task's locks.
    TaskLocks {
        /// The task that waits for its locks.
        task: TaskId,
        /// How the request came to its end.
        settled: LockSettled,
    },
    /// Something was released, or left the queue for locks: tasks may now wait only for what their own worker holds.
    LineChanged,
    /// Something changed which may allow a task to go to an agent.
    TasksMayGo,
    /// A task has ended: others may end because of it, and its plan continues.
    TaskEnded(TaskId),
    /// The desk of this agent may be cleared, after everything else that follows from the end of its task.
    DeskLeft(AgentId),
    /// The run of this agent must stop, because its task has ended.
    RunOver(AgentId),
    /// The agent is done with a task, so its program has quota.
    Worked(AgentId),
}

/// The decisions of one machine in one step, and the time at which it makes them.
#[derive(Debug)]
pub(crate) struct Recorder {
    now: Time,
    decisions: Vec<Decision>,
}

impl Recorder {
    /// Returns a recorder without decisions, for a step at `now`.
    pub(crate) fn new(now: Time) -> Recorder {
        Recorder { now, decisions: Vec::new() }
    }

    /// Returns the time of the step, in milliseconds since the epoch.
    pub(crate) fn now(&self) -> Time {
        self.now
    }

    /// Records a fact that is already folded, in the name of an agent and its run.
    pub(crate) fn record(&mut self, (agent, run): (Option<AgentId>, Option<RunId>), kind: FactKind) {
        self.decisions.push(Decision::Record { agent, run, kind });
    }

    /// Asks the shell for an effect.
    pub(crate) fn ask(&mut self, effect: Effect) {
        self.decisions.push(Decision::Ask(effect));
    }

    /// Sends a message of the fleet to an agent.
    pub(crate) fn tell(&mut self, agent: AgentId, topic: &'static str, body: String) {
        self.decisions.push(Decision::Tell { agent, topic, body });
    }

    /// Writes down any decision.
    pub(crate) fn decide(&mut self, decision: Decision) {
        self.decisions.push(decision);
    }

    /// Tells a task how the request for its locks came to its end.
    pub(crate) fn task_settled(&mut self, task: TaskId, settled: LockSettled) {
        self.decisions.push(Decision::TaskLocks { task, settled });
    }

    /// Tells that the line for locks, or what it waits for, has changed.
    pub(crate) fn line_changed(&mut self) {
        self.decisions.push(Decision::LineChanged);
    }

    /// Returns the decisions, in the order in which they were made.
    pub(crate) fn into_decisions(self) -> Vec<Decision> {
        self.decisions
    }
}
