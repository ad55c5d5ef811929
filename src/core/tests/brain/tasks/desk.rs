//! Helpers that the tests of tasks share.

use crate::common::*;
use quarterdeck_core::command::{Answer, Command, Denied, Settled};
use quarterdeck_core::effect::Effect;
use quarterdeck_core::event::{Event, TimerId};
use quarterdeck_core::fact::{Fact, FactKind};
use quarterdeck_core::ids::{RunId, TaskId};
use quarterdeck_core::party::Party;
use quarterdeck_core::policy::AgentPolicy;
use quarterdeck_core::task::{
    ClaimSettled, Left, Need, Stage, Task, TaskAnswer, TaskCommand, TaskDenied, TaskEffect, TaskEvent, TaskFact,
    TaskSpec, TaskTimer, Verdict, When, Work,
};
use quarterdeck_core::time::Span;

/// A span that never ends.
pub(super) const EVER: Span = Span(u64::MAX);
pub(super) const NOT: Span = Span(0);

pub(super) fn puller(name: &str) -> AgentPolicy {
    policy(name)
}

pub(super) fn typist(name: &str) -> AgentPolicy {
    AgentPolicy { work: Work::Typed, ..policy(name) }
}

pub(super) fn one_shot(name: &str) -> AgentPolicy {
    AgentPolicy { work: Work::OneShot, ..policy(name) }
}

pub(super) fn able(agent: AgentPolicy, capabilities: &[&str]) -> AgentPolicy {
    AgentPolicy { capabilities: words(capabilities), ..agent }
}

pub(super) fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| word.to_string()).collect()
}

pub(crate) fn spec(name: &str) -> TaskSpec {
    TaskSpec { name: name.into(), prompt: format!("do {name}"), ..TaskSpec::default() }
}

pub(super) fn person() -> Party {
    Party::Outside("person".into())
}

impl Bench {
    pub(super) fn task_command(&mut self, command: TaskCommand) -> Result<TaskAnswer, TaskDenied> {
        match self.ask(Command::Task(command)) {
            Answer::Task(answer) => Ok(answer),
            Answer::Denied(Denied::Task(denied)) => Err(denied),
            other => panic!("answered otherwise: {other:?}"),
        }
    }

    pub(super) fn add(&mut self, spec: TaskSpec) -> TaskId {
        match self.try_add(spec) {
            Ok(task) => task,
            Err(denied) => panic!("refused: {denied:?}"),
        }
    }

    pub(super) fn try_add(&mut self, spec: TaskSpec) -> Result<TaskId, TaskDenied> {
        self.task_command(TaskCommand::Add { spec: Box::new(spec), by: person() }).map(|answer| match answer {
            TaskAnswer::Added { task } => task,
            other => panic!("answered otherwise: {other:?}"),
        })
    }

    pub(super) fn add_needing(&mut self, name: &str, needs: &[(TaskId, When)]) -> TaskId {
        let needs = needs.iter().map(|(task, when)| Need { task: *task, when: *when }).collect();
        self.add(TaskSpec { needs, ..spec(name) })
    }

    pub(super) fn task(&self, task: TaskId) -> &Task {
        self.fleet.view().tasks.get(task).expect("a task that is kept")
    }

    pub(super) fn stage(&self, task: TaskId) -> &Stage {
        &self.task(task).stage
    }

    pub(super) fn claim(&mut self, name: &str, wait: Span) -> Result<TaskAnswer, TaskDenied> {
        let run = self.run(name);
        self.task_command(TaskCommand::Claim { run, task: None, wait })
    }

    /// Lets the agent claim a task, which must be there.
    pub(super) fn take_task(&mut self, name: &str) -> TaskId {
        match self.claim(name, NOT) {
            Ok(TaskAnswer::Claimed { task }) => task,
            other => panic!("{name} got {other:?}"),
        }
    }

    pub(super) fn say_done(&mut self, name: &str, task: TaskId) -> Result<TaskAnswer, TaskDenied> {
        let by = Party::Run(self.run(name));
        self.task_command(TaskCommand::Done { task, by, message: None })
    }

    pub(super) fn say_failed(&mut self, name: &str, task: TaskId) -> Result<TaskAnswer, TaskDenied> {
        let by = Party::Run(self.run(name));
        self.task_command(TaskCommand::Fail { task, by, message: Some("no".into()) })
    }

    pub(super) fn cancel(&mut self, task: TaskId) -> Result<TaskAnswer, TaskDenied> {
        self.task_command(TaskCommand::Cancel { task, by: person(), reason: Some("not now".into()) })
    }

    /// Returns the tasks that the newest step cancelled, and the party that asked for it.
    pub(super) fn cancelled(&self) -> Vec<(TaskId, Option<Party>)> {
        let of = |effect: &Effect| match effect {
            Effect::Record(Fact { kind: FactKind::Task(TaskFact::Cancelled { task, by, .. }), .. }) => {
                Some((*task, by.clone()))
            }
            _ => None,
        };
        self.effects.iter().filter_map(of).collect()
    }

    pub(super) fn retry(&mut self, task: TaskId) -> Result<TaskAnswer, TaskDenied> {
        self.task_command(TaskCommand::Retry { task, by: person(), reason: None })
    }

    pub(super) fn verified(&mut self, task: TaskId, verdict: Verdict) {
        let attempt = self.task(task).attempt;
        self.step(Event::Task(TaskEvent::Verified { task, attempt, verdict, output: None, left: Left::default() }));
    }

    pub(super) fn provided(&mut self, task: TaskId) {
        let attempt = self.task(task).attempt;
        let inputs = Some("/in".into());
        self.step(Event::Task(TaskEvent::Provided { task, attempt, inputs, workspace: None }));
    }

    pub(super) fn delivered(&mut self, task: TaskId) {
        let attempt = self.task(task).attempt;
        self.step(Event::Task(TaskEvent::Delivered { task, attempt }));
    }

    /// Lets the agent report that it is done; the verification succeeds.
    pub(super) fn finish(&mut self, name: &str, task: TaskId) {
        self.say_done(name, task).expect("its own");
        self.verified(task, Verdict::Unverified);
        assert_eq!(self.stage(task), &Stage::Done);
    }

    /// Lets the agent claim the next task and complete it.
    pub(super) fn do_next(&mut self, name: &str) -> TaskId {
        let task = self.take_task(name);
        self.finish(name, task);
        task
    }

    pub(super) fn fire_task(&mut self, timer: TaskTimer) {
        self.fire(TimerId::Task(timer));
    }

    pub(super) fn asked(&self) -> Vec<TaskEffect> {
        let asked = self.effects.iter().filter_map(|effect| match effect {
            Effect::Task(effect) => Some(effect.clone()),
            _ => None,
        });
        asked.collect()
    }

    pub(super) fn claims_settled(&self) -> Vec<ClaimSettled> {
        let settled = self.effects.iter().filter_map(|effect| match effect {
            Effect::Settle { settled: Settled::Claim(settled), .. } => Some(settled.clone()),
            _ => None,
        });
        settled.collect()
    }

    pub(super) fn of_run(&self, run: RunId) -> Option<TaskId> {
        self.fleet.task_of(run).map(|(task, _)| task)
    }
}

impl Bench {
    /// Ends the agent's process for good before it is ready.
    pub(super) fn exits_before_ready(&mut self, name: &str) {
        self.launch(name);
        self.exits(name, 125);
    }
}
