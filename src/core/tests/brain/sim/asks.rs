//! The simulated requests for locks and tasks, from the thousand agents and from outsiders.

use super::World;
use quarterdeck_core::command::{Answer, Command, WaitId};
use quarterdeck_core::event::Event;
use quarterdeck_core::ids::{LeaseId, RequestId, RunId, TaskId};
use quarterdeck_core::lock::{Acquire, LockCommand, Which};
use quarterdeck_core::party::Party;
use quarterdeck_core::scope::{Mode, Resource, Resources, WrittenWant};
use quarterdeck_core::task::{Hope, TaskCommand, TaskEffect, TaskEvent, TaskSpec, Verdict};
use quarterdeck_core::time::Span;

const SCOPES: [&str; 8] = [".", "src", "src/a", "src/b", "docs", "tests/x", "gpu", "port"];

/// Number of agents that ask for locks; more would only make the simulation slow.
const ASKING_AGENTS: usize = 40;

pub(super) fn resources() -> Resources {
    let gpu = Resource { capacity: 2, first: None };
    let port = Resource { capacity: 20, first: Some(4_000) };
    Resources::from([("gpu".to_owned(), gpu), ("port".to_owned(), port)])
}

impl World {
    /// Lets a random party ask for a lock or a task, or finish with one.
    pub(super) fn someone_asks(&mut self) {
        let command = match self.dice.below(20) {
            0..8 => Command::Lock(self.acquires()),
            8..13 => Command::Lock(LockCommand::Release { party: self.someone(), which: Which::All }),
            13 => {
                let newest = self.fleet.view().locks.leases_granted();
                let lease = LeaseId(1 + self.dice.below(newest + 1));
                Command::Lock(LockCommand::Force {
                    which: Which::Lease(lease),
                    reason: "a simulation".into(),
                    by: None,
                })
            }
            14 => {
                let newest = self.fleet.view().locks.requests_asked();
                let request = RequestId(1 + self.dice.below(newest + 1));
                Command::Lock(LockCommand::Withdraw { request, asking: 1 })
            }
            15 => Command::Task(self.adds_task()),
            16 | 17 => match self.someone() {
                Party::Run(run) => Command::Task(TaskCommand::Claim { run, task: None, wait: Span(5_000) }),
                _ => return,
            },
            _ => match self.a_run_at_work() {
                Some((run, task)) => Command::Task(self.ends_task(run, task)),
                None => return,
            },
        };
        self.command(command);
    }

    /// Returns a random party: a live run, or someone outside.
    fn someone(&mut self) -> Party {
        let runs: Vec<RunId> = self.fleet.live_runs().map(|(run, _)| run).take(ASKING_AGENTS).collect();
        let at = self.dice.below(runs.len() as u64 + 3) as usize;
        runs.get(at).map_or_else(|| Party::Outside(format!("outsider {}", at % 3)), |run| Party::Run(*run))
    }

    fn acquires(&mut self) -> LockCommand {
        let count = 1 + self.dice.below(2);
        let scopes = (0..count).map(|_| {
            let scope = SCOPES[self.dice.below(SCOPES.len() as u64) as usize];
            let shared = !resources().contains_key(scope) && self.dice.percent(40);
            let mode = if shared { Mode::Shared } else { Mode::Exclusive };
            WrittenWant { scope: scope.to_owned(), mode }
        });
        let scopes = scopes.collect();
        let ttl = self.dice.percent(30).then_some(Span(2_000));
        let wait = self.dice.percent(50).then_some(Span(4_000));
        LockCommand::Acquire(Acquire {
            party: self.someone(),
            scopes,
            wait,
            ttl,
            key: None,
            purpose: None,
            process: None,
        })
    }

    fn adds_task(&mut self) -> TaskCommand {
        let locks = if self.dice.percent(50) { vec!["docs".to_owned()] } else { Vec::new() };
        let verify = self.dice.percent(30).then(|| "true".to_owned());
        let timeout = self.dice.percent(30).then_some(Span(20_000));
        let spec = TaskSpec {
            prompt: "simulate".into(),
            priority: self.dice.below(3) as i32,
            locks,
            verify,
            timeout,
            ..TaskSpec::default()
        };
        TaskCommand::Add { spec: Box::new(spec), by: Party::Outside("person".into()) }
    }

    fn a_run_at_work(&self) -> Option<(RunId, TaskId)> {
        let tasks = &self.fleet.view().tasks;
        self.fleet.live_runs().find_map(|(run, _)| Some((run, tasks.of_run(run)?)))
    }

    fn ends_task(&mut self, run: RunId, task: TaskId) -> TaskCommand {
        let (by, message) = (Party::Run(run), None);
        if self.dice.percent(70) {
            TaskCommand::Done { task, by, message }
        } else {
            TaskCommand::Fail { task, by, message }
        }
    }

    /// Plans the result of an effect for a task: it succeeds soon, or fails.
    pub(super) fn work_on(&mut self, effect: TaskEffect) {
        let event = match effect {
            TaskEffect::Provide { task, attempt, .. } if self.dice.percent(10) => {
                let hope = if self.dice.percent(50) { Hope::Again } else { Hope::Never };
                TaskEvent::ProvideFailed { task, attempt, reason: "no space".into(), hope }
            }
            TaskEffect::Provide { task, attempt, .. } => {
                TaskEvent::Provided { task, attempt, inputs: None, workspace: None }
            }
            TaskEffect::Deliver { task, attempt, .. } => TaskEvent::Delivered { task, attempt },
            TaskEffect::Verify { task, attempt, .. } => {
                let verdict = if self.dice.percent(80) { Verdict::Verified } else { Verdict::Refuted };
                TaskEvent::Verified { task, attempt, verdict, output: None, left: Default::default() }
            }
            TaskEffect::Abandon { .. } | TaskEffect::Forget { .. } => return,
        };
        self.soon(200, Event::Task(event));
    }

    /// Notes a request for a lock that waits; it must be settled exactly once.
    pub(super) fn begins_to_wait(&mut self, answer: &Answer) {
        if let Some(WaitId::Lock(request)) = answer.waits_for() {
            assert!(self.waiting.insert(request), "seed {}: {request} was given twice", self.seed);
        }
    }

    pub(super) fn ends_to_wait(&mut self, wait: WaitId) {
        if let WaitId::Lock(request) = wait {
            assert!(self.waiting.remove(&request), "seed {}: {request} ended without having waited", self.seed);
        }
    }
}
