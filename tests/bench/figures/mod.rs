//! The figures that can be measured, in the table's order.

mod adopt;
mod cycle;
mod echo;
mod events;
mod idle;
mod kill;
mod locks;
mod overhead;
mod plan;
mod readers;
mod scrollback;
mod start;
mod state;
mod step;
mod tasks;
mod throughput;
mod worktrees;

use crate::outcome::Outcome;
use crate::report::Row;

/// The thoroughness of the measurement.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    /// Fewer rounds and less data: to see that everything works, not to quote.
    pub(crate) quick: bool,
}

impl Plan {
    /// Returns the first value for a full measurement, the second for a quick one.
    pub(crate) fn either<T>(self, full: T, quick: T) -> T {
        if self.quick { quick } else { full }
    }
}

/// A figure, with its name on the command line.
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    pub(crate) measure: fn(Plan) -> Outcome<Vec<Row>>,
}

/// All figures that can be measured.
pub(crate) const FIGURES: [Figure; 17] = [
    Figure { name: "throughput", what: "100 MB of coloured log, dashboard attached", measure: throughput::measure },
    Figure { name: "idle", what: "50 silent agents: keepers; everything of ours", measure: idle::measure },
    Figure { name: "scrollback", what: "20 agents × 10,000 lines: memory", measure: scrollback::measure },
    Figure { name: "worktrees", what: "50 agents, a worktree each: last first line", measure: worktrees::measure },
    Figure { name: "start", what: "100 agents: last child running", measure: start::measure },
    Figure { name: "echo", what: "key to echo, 20 agents writing 200 KB/s each", measure: echo::measure },
    Figure { name: "kill", what: "SIGKILL stage to zero processes, tree of 20", measure: kill::measure },
    Figure { name: "adopt", what: "kill -9 supervisor: all 50 adopted", measure: adopt::measure },
    Figure { name: "overhead", what: "a program supervised against bare", measure: overhead::measure },
    Figure { name: "step", what: "Fleet::step, 1,000 agents", measure: step::measure },
    Figure { name: "locks", what: "a lock over the socket, alone and contended", measure: locks::measure },
    Figure { name: "readers", what: "a lock beside an open tab of 10,000 tasks", measure: readers::measure },
    Figure { name: "state", what: "durable state updates by 1, 10, 100 agents", measure: state::measure },
    Figure { name: "cycle", what: "one coordination cycle", measure: cycle::measure },
    Figure { name: "plan", what: "10,000 tasks, 50,000 edges: validate and schedule", measure: plan::measure },
    Figure { name: "tasks", what: "queued → started; speed-up by agents", measure: tasks::measure },
    Figure { name: "events", what: "1,000,000 facts, 1,000 random filters", measure: events::measure },
];

/// Lets every contestant take its turn in every round, so that outside load falls on all alike. A contestant that fails
/// drops out, with its reason; the others continue.
pub(crate) fn in_turns<T>(
    rounds: usize,
    contestants: &mut [(&str, &mut dyn FnMut() -> Outcome<T>)],
) -> Vec<Result<Vec<T>, String>> {
    let mut results: Vec<Result<Vec<T>, String>> = contestants.iter().map(|_| Ok(Vec::new())).collect();
    for round in 1..=rounds {
        for ((name, measure), result) in contestants.iter_mut().zip(&mut results) {
            let Ok(samples) = result else { continue };
            eprintln!("  round {round} of {rounds}: {name}");
            match measure() {
                Ok(sample) => samples.push(sample),
                Err(why) => *result = Err(why.to_string()),
            }
        }
    }
    results
}

/// Returns a peer's value for the baseline column, or why there is none.
pub(crate) fn or_why(value: &Result<String, String>) -> String {
    value.clone().unwrap_or_else(|why| format!("not measured ({why})"))
}
