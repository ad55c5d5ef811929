//! Helpers that the tests of plans share: plans in short form, and agents that do as they are told.

use crate::common::*;
use quarterdeck_core::command::{Answer, Command, Denied};
use quarterdeck_core::effect::Effect;
use quarterdeck_core::event::Event;
use quarterdeck_core::fact::FactKind;
use quarterdeck_core::ids::{PlanId, TaskId};
use quarterdeck_core::party::Party;
use quarterdeck_core::plan::{
    FailMode, Items, Piece, Plan, PlanAnswer, PlanCommand, PlanDenied, PlanFact, PlanNeed, PlanSpec, PlanState,
    PlanTask, Said,
};
use quarterdeck_core::task::{self, Left, Stage, Task, TaskAnswer, TaskCommand, TaskEffect, TaskEvent, Verdict, When};
use quarterdeck_core::time::Span;

/// Makes a plan's task with a single attempt, so that one failure fails the task.
pub(super) fn node(name: &str, needs: &[(u32, When)]) -> PlanTask {
    PlanTask {
        name: name.into(),
        prompt: vec![Piece::Text(format!("do {name}"))],
        needs: needs.iter().map(|(task, when)| PlanNeed { task: *task, when: *when }).collect(),
        attempts: Some(1),
        ..PlanTask::default()
    }
}

/// Makes a plan's task that is repeated for each of these items.
pub(super) fn each(name: &str, items: &[&str], needs: &[(u32, When)]) -> PlanTask {
    let items = Items::Listed(items.iter().map(|item| item.to_string()).collect());
    PlanTask { items, prompt: vec![Piece::Text("do ".into()), Piece::Item], ..node(name, needs) }
}

/// Makes a plan's task that is repeated for each line of the result of task `of`.
pub(super) fn lines(name: &str, of: u32) -> PlanTask {
    let items = Items::Lines { task: of, of: Said::Result };
    PlanTask { items, prompt: vec![Piece::Item], ..node(name, &[(of, When::Done)]) }
}

pub(super) fn plan(fail_mode: FailMode, tasks: Vec<PlanTask>) -> PlanSpec {
    PlanSpec { name: "ci".into(), version: "1".into(), file: None, fail_mode, tasks }
}

/// Makes a fleet of this many ready agents that ask for work: `a`, `b` …
pub(super) fn fleet(agents: usize) -> Bench {
    let names: Vec<String> = (0..agents).map(|at| char::from(b'a' + at as u8).to_string()).collect();
    let mut bench = Bench::new(names.iter().map(|name| policy(name)).collect());
    names.iter().for_each(|name| bench.ready(name));
    bench
}

impl Bench {
    pub(super) fn plan_command(&mut self, command: PlanCommand) -> Result<PlanId, PlanDenied> {
        match self.ask(Command::Plan(command)) {
            Answer::Plan(PlanAnswer::Accepted { plan }) => Ok(plan),
            Answer::Denied(Denied::Plan(denied)) => Err(denied),
            other => panic!("answered otherwise: {other:?}"),
        }
    }

    pub(super) fn start_plan(&mut self, spec: PlanSpec) -> PlanId {
        self.plan_command(PlanCommand::Start { spec: Box::new(spec) }).expect("a good plan")
    }

    pub(super) fn plan(&self, plan: PlanId) -> &Plan {
        self.fleet.view().plans.get(plan).expect("a plan that is kept")
    }

    pub(super) fn plan_state(&self, plan: PlanId) -> PlanState {
        self.plan(plan).state
    }

    /// Returns the task of this name.
    pub(super) fn named(&self, name: &str) -> (TaskId, &Task) {
        let tasks = &self.fleet.view().tasks;
        let task = tasks.find(name).unwrap_or_else(|| panic!("no task {name}: {:?}", self.names()));
        (task, tasks.get(task).expect("kept"))
    }

    /// Returns the names of all tasks, in the order in which they were added.
    pub(super) fn names(&self) -> Vec<String> {
        self.fleet.view().tasks.iter().map(|(_, task)| task.spec.name.clone()).collect()
    }

    /// Returns the stage of a task in one word; `none` if there is no such task.
    pub(super) fn stands(&self, name: &str) -> &'static str {
        let tasks = &self.fleet.view().tasks;
        match tasks.find(name).and_then(|task| tasks.get(task)).map(|task| (&task.stage, task.skipped_for)) {
            None => "none",
            Some((Stage::Held(_), _)) => "held",
            Some((Stage::Queued | Stage::LinedUp, _)) => "queued",
            Some((Stage::Assigned, _)) => "assigned",
            Some((Stage::Running, _)) => "running",
            Some((Stage::Verifying, _)) => "verifying",
            Some((Stage::Done, _)) => "done",
            Some((Stage::Failed, _)) => "failed",
            Some((Stage::Cancelled, Some(_))) => "skipped",
            Some((Stage::Cancelled, None)) => "cancelled",
        }
    }

    /// Lets the agent claim its next task, and returns the task's name.
    pub(super) fn takes(&mut self, agent: &str) -> Option<String> {
        let run = self.run(agent);
        let answer = self.ask(Command::Task(TaskCommand::Claim { run, task: None, wait: Span(u64::MAX) }));
        let provide = self.effects.iter().find_map(|effect| match effect {
            Effect::Task(TaskEffect::Provide { task, attempt, .. }) => Some((*task, *attempt)),
            _ => None,
        });
        match (answer, provide) {
            (Answer::Task(TaskAnswer::Claimed { task }), _) => Some(task),
            (Answer::Task(TaskAnswer::Waits { .. }), Some((task, attempt))) => {
                self.step(Event::Task(TaskEvent::Provided { task, attempt, inputs: None, workspace: None }));
                Some(task)
            }
            (Answer::Task(TaskAnswer::Waits { claim }), None) => {
                self.ask(Command::Task(TaskCommand::Withdraw { claim }));
                None
            }
            (Answer::Task(TaskAnswer::Nothing), _) => None,
            (other, _) => panic!("answered otherwise: {other:?}"),
        }
        .map(|task| self.fleet.view().tasks.get(task).expect("kept").spec.name.clone())
    }

    /// Lets the task's agent report that it is done, with this message; the verification succeeds.
    pub(super) fn done(&mut self, name: &str, message: Option<&str>) {
        let (task, known) = self.named(name);
        let (by, attempt) = (Party::Run(known.run.expect("a run")), known.attempt);
        let message = message.map(str::to_owned);
        self.ask(Command::Task(TaskCommand::Done { task, by, message }));
        self.left(name, task, attempt, Left::default());
    }

    /// Lets the task's agent report that it is done, without a message; its program has printed this answer.
    pub(super) fn printed(&mut self, name: &str, answer: task::Answer) {
        let (task, known) = self.named(name);
        let (by, attempt) = (Party::Run(known.run.expect("a run")), known.attempt);
        self.ask(Command::Task(TaskCommand::Done { task, by, message: None }));
        self.left(name, task, attempt, Left { answer, ..Left::default() });
    }

    fn left(&mut self, name: &str, task: TaskId, attempt: u32, left: Left) {
        let verified = TaskEvent::Verified { task, attempt, verdict: Verdict::Unverified, output: None, left };
        self.step(Event::Task(verified));
        assert_eq!(self.stands(name), "done");
    }

    /// Lets the task's agent report that it failed.
    pub(super) fn fails(&mut self, name: &str) {
        let (task, known) = self.named(name);
        let by = Party::Run(known.run.expect("a run"));
        self.ask(Command::Task(TaskCommand::Fail { task, by, message: Some("it broke".into()) }));
        assert_eq!(self.stands(name), "failed");
    }

    /// Lets the agent claim its next task, which must be this one, and complete it.
    pub(super) fn does(&mut self, agent: &str, name: &str) {
        assert_eq!(self.takes(agent).as_deref(), Some(name));
        self.done(name, None);
    }

    /// Returns the types of the facts about plans in the newest step, without their `plan.`.
    pub(super) fn told_of_plans(&self) -> Vec<&'static str> {
        let facts = self.effects.iter().filter_map(|effect| match effect {
            Effect::Record(fact) => Some(&fact.kind),
            _ => None,
        });
        let plans = facts.filter_map(|kind| match kind {
            FactKind::Plan(fact) => Some(fact.type_name().trim_start_matches("plan.")),
            _ => None,
        });
        plans.collect()
    }

    /// Returns why a plan failed, as its last fact tells it.
    pub(super) fn reason(&self) -> Option<String> {
        self.effects.iter().find_map(|effect| match effect {
            Effect::Record(fact) => match &fact.kind {
                FactKind::Plan(PlanFact::Failed { reason, .. }) => Some(reason.clone()),
                _ => None,
            },
            _ => None,
        })
    }
}
