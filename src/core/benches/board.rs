//! Measures how long 10,000 tasks with 50,000 dependencies take: to be added, given to 10 agents in the right order,
//! and done.
//!
//! `cargo bench -p quarterdeck-core --bench board` prints one line. The goal: well under a second.

use quarterdeck_core::Fleet;
use quarterdeck_core::command::{Answer, Command};
use quarterdeck_core::effect::Effect;
use quarterdeck_core::event::Event;
use quarterdeck_core::ids::{ReplyId, RunId, TaskId};
use quarterdeck_core::party::Party;
use quarterdeck_core::policy::{AgentPolicy, FleetPolicy};
use quarterdeck_core::task::{
    Left, Need, TaskAnswer, TaskCommand, TaskEffect, TaskEvent, TaskSpec, Verdict, When, Work,
};
use quarterdeck_core::time::Time;
use std::time::Instant;

const TASKS: u64 = 10_000;
const EDGES_EACH: u64 = 5;
const AGENTS: u32 = 10;

fn main() {
    let mut fleet = Fleet::new();
    let mut now = Time(1_000_000);
    let agents = (0..AGENTS).map(|at| agent(&format!("a{at}"))).collect();
    fleet.step(Event::Configured { fleet: FleetPolicy::default(), agents }, now);
    for run in (1..=u64::from(AGENTS)).map(RunId) {
        fleet.step(Event::Prepared { run }, now);
        fleet.step(Event::Started { run, pid: 1 }, now);
    }
    let begun = Instant::now();
    let mut edges = 0;
    for at in 0..TASKS {
        now.0 += 1;
        // A task depends on the last five tasks before it, and on earlier ones at growing distances.
        let needs: Vec<Need> = (1..=EDGES_EACH)
            .filter_map(|stride| at.checked_sub(stride * stride * 7))
            .map(|at| Need { task: TaskId(at + 1), when: When::Done })
            .collect();
        edges += needs.len();
        let command = TaskCommand::Add { spec: Box::new(spec(needs)), by: Party::Outside("bench".into()) };
        let effects = fleet.step(Event::Command { reply: ReplyId(at), command: Command::Task(command) }, now);
        let added =
            |effect: &Effect| matches!(effect, Effect::Reply { answer: Answer::Task(TaskAnswer::Added { .. }), .. });
        assert!(effects.iter().any(added), "added");
    }
    let added = begun.elapsed();
    let begun = Instant::now();
    let (mut longest, mut steps) = (std::time::Duration::ZERO, 0u64);
    let mut todo: Vec<Effect> = Vec::new();
    for run in (1..=u64::from(AGENTS)).map(RunId) {
        todo.extend(fleet.step(Event::FirstOutput { run }, now));
    }
    while let Some(effect) = todo.pop() {
        let Effect::Task(effect) = effect else { continue };
        now.0 += 1;
        let event = match effect {
            TaskEffect::Provide { task, attempt, .. } => {
                TaskEvent::Provided { task, attempt, inputs: Some("/in".into()), workspace: None }
            }
            TaskEffect::Deliver { task, attempt, run, .. } => {
                fleet.step(Event::Task(TaskEvent::Delivered { task, attempt }), now);
                TaskEvent::TurnEnded { run }
            }
            TaskEffect::Verify { task, attempt, .. } => {
                let (verdict, left) = (Verdict::Verified, Left::default());
                TaskEvent::Verified { task, attempt, verdict, output: None, left }
            }
            TaskEffect::Abandon { .. } | TaskEffect::Forget { .. } => continue,
        };
        let step = Instant::now();
        todo.extend(fleet.step(Event::Task(event), now));
        longest = longest.max(step.elapsed());
        steps += 1;
    }
    assert_eq!(fleet.view().tasks.open(), 0, "all are done");
    println!(
        "tasks: {TASKS} with {edges} edges added in {:.0} ms, done by {AGENTS} agents in {:.0} ms ({steps} steps, the longest {:.2} ms)",
        added.as_secs_f64() * 1e3,
        begun.elapsed().as_secs_f64() * 1e3,
        longest.as_secs_f64() * 1e3,
    );
}

fn agent(name: &str) -> AgentPolicy {
    AgentPolicy { name: name.into(), work: Work::Typed, ..AgentPolicy::default() }
}

fn spec(needs: Vec<Need>) -> TaskSpec {
    TaskSpec { prompt: "do it".into(), needs, ..TaskSpec::default() }
}
