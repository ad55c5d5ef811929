//! Tests with random DAGs and agents that succeed, fail, die and come back: in every case dependencies come first, no
//! agent has two tasks, no task has two agents, and each task has one end.

use super::desk::*;
use crate::common::*;
use proptest::prelude::*;
use quarterdeck_core::effect::Effect;
use quarterdeck_core::event::{Event, TimerId};
use quarterdeck_core::fact::FactKind;
use quarterdeck_core::ids::TaskId;
use quarterdeck_core::task::{Held, Placement, Stage, TaskFact, TaskSpec, TaskTimer, Verdict, When};
use std::collections::{BTreeMap, BTreeSet};

const AGENTS: [&str; 4] = ["p0", "p1", "o0", "t0"];

#[derive(Clone, Debug)]
struct Node {
    needs: Vec<(prop::sample::Index, u8)>,
    priority: i32,
    place: u8,
    attempts: u32,
    locks: u8,
}

fn node() -> impl Strategy<Value = Node> {
    let needs = proptest::collection::vec((any::<prop::sample::Index>(), 0u8..6), 0..4);
    (needs, -2i32..3, 0u8..8, 1u32..3, 0u8..6).prop_map(|(needs, priority, place, attempts, locks)| Node {
        needs,
        priority,
        place,
        attempts,
        locks,
    })
}

fn when(roll: u8) -> When {
    match roll {
        0 => When::Failed,
        1 => When::Settled,
        _ => When::Done,
    }
}

struct World {
    bench: Bench,
    ends: BTreeMap<TaskId, u32>,
    reopened: BTreeMap<TaskId, u32>,
    seen: u64,
}

impl World {
    fn new() -> World {
        let agents = vec![puller("p0"), puller("p1"), one_shot("o0"), typist("t0")];
        let mut bench = Bench::new(agents);
        ["p0", "p1", "t0"].iter().for_each(|name| bench.ready(name));
        World { bench, ends: BTreeMap::new(), reopened: BTreeMap::new(), seen: 0 }
    }

    fn add(&mut self, tasks: &mut Vec<TaskId>, node: &Node) {
        let needs =
            node.needs.iter().filter(|_| !tasks.is_empty()).map(|(index, roll)| (*index.get(tasks), when(*roll)));
        let needs = needs.map(|(task, when)| quarterdeck_core::task::Need { task, when }).collect();
        let placement = match node.place {
            0 => Placement::Only("p0".into()),
            1 => Placement::Prefer("p1".into()),
            2 => Placement::Prefer("o0".into()),
            _ => Placement::Anyone,
        };
        let locks = match node.locks {
            0 => vec!["src".into()],
            1 => vec!["src/a".into(), "docs".into()],
            _ => Vec::new(),
        };
        let attempts = Some(node.attempts);
        let spec = TaskSpec { needs, placement, priority: node.priority, attempts, locks, ..spec("") };
        tasks.push(self.bench.add(spec));
        self.look();
    }

    /// Checks the facts that the newest step recorded.
    fn look(&mut self) {
        for effect in &self.bench.effects {
            let Effect::Record(fact) = effect else { continue };
            if fact.seq <= self.seen {
                continue;
            }
            self.seen = fact.seq;
            let FactKind::Task(fact) = &fact.kind else { continue };
            match fact {
                TaskFact::Done { task, .. }
                | TaskFact::Failed { task, .. }
                | TaskFact::Cancelled { task, .. }
                | TaskFact::Skipped { task, .. } => *self.ends.entry(*task).or_default() += 1,
                TaskFact::Reopened { task, .. } => *self.reopened.entry(*task).or_default() += 1,
                _ => {}
            }
        }
        let view = self.bench.fleet.view();
        let mut agents = BTreeSet::new();
        for (id, task) in view.tasks.iter().filter(|(_, task)| task.is_in_hand()) {
            assert!(agents.insert(task.agent), "{:?} has two tasks", task.agent);
            for need in &task.spec.needs {
                let needed = view.tasks.get(need.task).expect("kept");
                let met = match need.when {
                    When::Done => needed.stage == Stage::Done,
                    When::Failed => needed.stage == Stage::Failed,
                    When::Settled => needed.has_ended(),
                };
                assert!(met || needed.reopened > 0, "{id} was given out before {}", need.task);
            }
        }
    }

    /// Lets a random event happen to an agent, chosen by `roll`.
    fn act(&mut self, agent: usize, roll: u8) {
        let name = AGENTS[agent % AGENTS.len()];
        let current = self.bench.fleet.view().tasks.current(self.bench.id(name));
        let stage = current.map(|task| self.bench.stage(task).clone());
        match (current, stage, roll) {
            (Some(task), Some(Stage::Verifying), _) => {
                let verdict = if roll.is_multiple_of(5) { Verdict::Refuted } else { Verdict::Verified };
                self.bench.verified(task, verdict);
            }
            (Some(task), Some(Stage::Assigned), _) if name == "o0" => {
                let _ = task;
                self.bench.launch(name);
            }
            (Some(task), Some(Stage::Assigned), _)
                if self.bench.task(task).inputs.is_none() && !self.bench.task(task).spec.needs.is_empty() =>
            {
                self.bench.provided(task);
            }
            (Some(task), Some(Stage::Assigned), _) => self.bench.delivered(task),
            (Some(_), Some(Stage::Running), 0..3) => self.die(name),
            (Some(task), Some(Stage::Running), 3..6) if name != "o0" => {
                let _ = self.bench.say_failed(name, task);
            }
            (Some(task), Some(Stage::Running), 6) => {
                let _ = self.bench.cancel(task);
            }
            (Some(_), Some(Stage::Running), _) if name == "o0" => self.bench.exits(name, i32::from(roll % 2)),
            (Some(task), Some(Stage::Running), _) => {
                let _ = self.bench.say_done(name, task);
            }
            (None, _, _) if name.starts_with('p') && self.bench.agent(name).state.is_live() => {
                let _ = self.bench.claim(name, if roll.is_multiple_of(2) { NOT } else { EVER });
            }
            (None, _, 0..2) if name == "t0" => self.die(name),
            _ => {}
        }
        self.look();
    }

    /// Ends the agent's run with a failure; the agent is started again later.
    fn die(&mut self, name: &str) {
        if !self.bench.agent(name).state.is_live() {
            return;
        }
        self.bench.exits(name, 1);
        self.look();
        if name != "o0" {
            let agent = self.bench.id(name);
            if self.bench.is_armed(TimerId::Backoff(agent)) {
                self.bench.fire(TimerId::Backoff(agent));
            } else {
                let _ = self.bench.command(quarterdeck_core::command::Command::Start { agent });
            }
            self.look();
            self.bench.ready(name);
            self.look();
        }
    }

    fn fire_backoffs(&mut self) {
        let view = self.bench.fleet.view();
        let waiting: Vec<TaskId> = view.tasks.backing_off().collect();
        for task in waiting {
            if matches!(self.bench.stage(task), Stage::Held(Held::Backoff { .. })) {
                self.bench.fire_task(TaskTimer::Backoff(task));
                self.look();
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_needs_come_first_and_each_task_has_one_end(
        nodes in proptest::collection::vec(node(), 1..25),
        acts in proptest::collection::vec((0usize..4, 0u8..20), 0..80),
        dies in any::<bool>(),
    ) {
        let mut world = World::new();
        let mut tasks = Vec::new();
        let mut acts = acts.into_iter();
        for node in &nodes {
            world.add(&mut tasks, node);
            for (agent, roll) in acts.by_ref().take(2) {
                world.act(agent, roll);
            }
        }
        for (agent, roll) in acts {
            world.act(agent, roll);
        }
        if dies {
            world.bench.supervisor_dies();
            world.look();
            for name in ["p0", "p1", "o0", "t0"] {
                let agent = world.bench.id(name);
                let live = world.bench.fleet.live_runs().find(|(_, of)| *of == agent);
                if let Some((run, _)) = live {
                    world.bench.step(Event::Adopted { run });
                    world.look();
                }
            }
        }
        // From here on no fault happens, and every task must end.
        for round in 0..2_000 {
            if world.bench.fleet.view().tasks.open() == 0 {
                break;
            }
            world.fire_backoffs();
            for agent in 0..AGENTS.len() {
                world.act(agent, 8);
            }
            prop_assert!(round < 1_999, "no end in sight: {:?}", world.bench.fleet.view().tasks);
        }
        for task in &tasks {
            let again = world.reopened.get(task).copied().unwrap_or(0);
            prop_assert_eq!(world.ends.get(task).copied().unwrap_or(0), 1 + again, "{} has one end", task);
        }
    }
}
