//! Measures durable updates of shared state, acknowledged, by 1, 10 and 100 agents at once; compared with a YAML file
//! under flock(2).

use super::Plan;
use crate::fleet::{AgentTable, Fleet};
use crate::measure::{ms_between, now_ns};
use crate::outcome::Outcome;
use crate::peers::yaml::{self, Waiting};
use crate::report::{Row, Verdict};
use crate::socket::Socket;
use serde_json::json;
use std::path::Path;
use tempfile::TempDir;

/// The least share of the rate of one agent that 100 agents must reach.
const FLAT: f64 = 0.8;
/// The factor by which 100 agents must be faster than with the file.
const BETTER: f64 = 20.0;

pub(super) fn measure(plan: Plan) -> Outcome<Vec<Row>> {
    let fleet = Fleet::new(&[AgentTable::new("idle", &["silent"]).with("autostart = false")])?;
    let socket = fleet.socket()?;
    let updates = plan.either(4_000, 400);
    let ours = |agents: usize| rate(agents, updates, |at, count| by_socket(&socket, at, count));
    let (one, ten, hundred) = (ours(1)?, ours(10)?, ours(100)?);
    let file = |agents: usize, waiting| {
        let directory = TempDir::new()?;
        let path = directory.path().join("state.yaml");
        rate(agents, plan.either(400, 100), |at, count| by_file(&path, at, count, waiting))
    };
    let (retrying, blocking) = (file(100, Waiting::Retrying)?, file(100, Waiting::Blocking)?);
    let verdict = Verdict::at_least(hundred / one, FLAT).and(Verdict::at_least(hundred / retrying, BETTER));
    Ok(vec![
        Row::new(
            "durable state updates acknowledged, 100 agents",
            format!("{hundred:.0}/s"),
            "flat; ≥ 20 × the YAML file",
            verdict,
        )
        .against(format!("YAML {retrying:.0}/s"))
        .ratio(hundred / retrying)
        .note(format!("1 agent {one:.0}/s, 10 agents {ten:.0}/s, 100 agents {hundred:.0}/s"))
        .note(format!("the same file with flock(2) waiting in the kernel instead of trying again: {blocking:.0}/s")),
    ])
}

/// Returns the acknowledged updates per second, when this many agents make `updates` in all.
fn rate<F>(agents: usize, updates: usize, work: F) -> Outcome<f64>
where
    F: Fn(usize, usize) -> Outcome<usize> + Sync,
{
    let each = updates.div_ceil(agents);
    let began = now_ns();
    let done: Vec<usize> = std::thread::scope(|scope| {
        let work = &work;
        let agents: Vec<_> =
            (0..agents).map(|at| scope.spawn(move || work(at, each).map_err(|why| why.to_string()))).collect();
        agents
            .into_iter()
            .map(|agent| agent.join().map_err(|_| "an agent failed".to_owned())?)
            .collect::<Result<_, String>>()
    })?;
    Ok(done.iter().sum::<usize>() as f64 / ms_between(began, now_ns()) * 1e3)
}

fn by_socket(socket: &Path, agent: usize, count: usize) -> Outcome<usize> {
    let mut client = Socket::connect(socket)?;
    for progress in 0..count {
        client.ask("PUT", &format!("/state/fleet/agent-{agent:03}"), &json!({ "value": progress % 100 }))?;
    }
    Ok(count)
}

fn by_file(path: &Path, agent: usize, count: usize, waiting: Waiting) -> Outcome<usize> {
    let mut done = 0;
    for progress in 0..count {
        done += usize::from(yaml::update(path, agent, progress as u64 % 100, waiting)?);
    }
    Ok(done)
}
