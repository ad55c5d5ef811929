//! The workload of the benchmark: 1,000 agents that live whole lives. Also used by the overall figures in
//! `tests/bench`.

use quarterdeck_core::Fleet;
use quarterdeck_core::command::Command;
use quarterdeck_core::ending::{Exit, TreeReport};
use quarterdeck_core::event::{Event, Signal, TimerId};
use quarterdeck_core::ids::{AgentId, ReplyId, RunId};
use quarterdeck_core::policy::{AgentPolicy, FleetPolicy, RestartPolicy};
use quarterdeck_core::time::Time;
use std::hint::black_box;
use std::time::Instant;

/// Number of agents that live at the same time.
pub(crate) const AGENTS: usize = 1_000;
/// Number of lives that each agent has.
const ROUNDS: usize = 60;

/// The counts and the time of a measured workload.
pub(crate) struct Lived {
    pub(crate) events: u64,
    pub(crate) effects: u64,
    pub(crate) seconds: f64,
}

impl Lived {
    /// Returns the number of events per second.
    pub(crate) fn rate(&self) -> f64 {
        self.events as f64 / self.seconds
    }
}

/// Runs all lives of all agents, on one core, and measures them.
pub(crate) fn live() -> Lived {
    let mut bench = Bench { fleet: Fleet::new(), now: Time(0), events: 0, effects: 0 };
    let max = AGENTS as u32;
    bench.step(Event::Configured {
        fleet: FleetPolicy { max_concurrent: max, agents_max: max, ..FleetPolicy::default() },
        agents: agents(),
    });
    let ids: Vec<AgentId> = bench.fleet.view().agents.keys().copied().collect();
    let began = Instant::now();
    for _ in 0..ROUNDS {
        bench.round(&ids);
    }
    Lived { events: bench.events, effects: bench.effects, seconds: began.elapsed().as_secs_f64() }
}

/// Returns the policies of the agents; every tenth agent must be ready before the nine that come after it.
fn agents() -> Vec<AgentPolicy> {
    let name = |at: usize| format!("agent-{at:04}");
    (0..AGENTS)
        .map(|at| AgentPolicy {
            name: name(at),
            after: if at % 10 == 0 { Vec::new() } else { vec![name(at - at % 10)] },
            restart: RestartPolicy { budget: 1_000_000, ..RestartPolicy::default() },
            ..AgentPolicy::default()
        })
        .collect()
}

struct Bench {
    fleet: Fleet,
    now: Time,
    events: u64,
    effects: u64,
}

impl Bench {
    fn step(&mut self, event: Event) {
        self.events += 1;
        self.now.0 += 1;
        self.effects += black_box(self.fleet.step(event, self.now)).len() as u64;
    }

    /// Runs one life of every agent. All agents finish a phase before any begins the next, so that all of them live at
    /// once.
    fn round(&mut self, ids: &[AgentId]) {
        self.for_each(ids, Bench::begin);
        self.for_each(ids, |bench, agent| {
            let (run, reply) = (bench.run(agent), ReplyId(bench.events));
            bench.step(Event::Signalled { run, signal: Signal::Bell });
            bench.step(Event::Command { reply, command: Command::Pause { agent } });
            bench.step(Event::Frozen { run, processes: 3 });
            bench.step(Event::Command { reply, command: Command::Resume { agent } });
            bench.step(Event::Thawed { run });
        });
        self.for_each(ids, |bench, agent| {
            let run = bench.run(agent);
            bench.end(run, Exit::Code(1));
            bench.now.0 += 60_000;
            bench.step(Event::TimerFired { timer: TimerId::Backoff(agent) });
        });
        self.for_each(ids, Bench::begin);
        self.for_each(ids, |bench, agent| {
            let (run, reply) = (bench.run(agent), ReplyId(bench.events));
            bench.step(Event::Command { reply, command: Command::Restart { agent } });
            bench.end(run, Exit::Signal(15));
        });
    }

    fn for_each(&mut self, ids: &[AgentId], phase: impl Fn(&mut Bench, AgentId)) {
        for agent in ids {
            phase(self, *agent);
        }
    }

    fn begin(&mut self, agent: AgentId) {
        let run = self.run(agent);
        self.step(Event::Prepared { run });
        self.step(Event::Started { run, pid: 1 });
        self.step(Event::FirstOutput { run });
    }

    fn end(&mut self, run: RunId, exit: Exit) {
        self.step(Event::Exited { run, exit, left: 0 });
        self.step(Event::Emptied { run, report: TreeReport::default() });
    }

    fn run(&self, agent: AgentId) -> RunId {
        self.fleet.view().agents[&agent].run.unwrap_or(RunId(0))
    }
}
