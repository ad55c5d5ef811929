//! Measures how tasks are handed out: how soon a free agent works on the next one, and what more agents gain.

use super::Plan;
use crate::fleet::{AgentTable, Fleet, PATIENCE};
use crate::measure::{median, percentile};
use crate::outcome::{Outcome, until};
use crate::peers::bare;
use crate::report::{Row, Verdict};
use crate::socket::Socket;
use serde_json::{Value, json};
use std::collections::HashMap;

/// The number of agents that take the short tasks.
const AGENTS: usize = 10;
/// The number of tasks that only sleep, to see what more agents gain.
const SLEEPERS: usize = 8;
/// The time that each of these tasks sleeps, in milliseconds.
const SLEEP_MS: u64 = 2_000;

const ONE_SHOT: &str = "tasks = \"argument\"";
const NAMES: [&str; AGENTS] = ["w0", "w1", "w2", "w3", "w4", "w5", "w6", "w7", "w8", "w9"];

pub(super) fn measure(plan: Plan) -> Outcome<Vec<Row>> {
    Ok(vec![queued_to_started(plan)?, speed_up(plan)?])
}

/// Measures the time from the moment at which a task was queued *and* an agent was free, until its process runs.
fn queued_to_started(plan: Plan) -> Outcome<Row> {
    let count = plan.either(1_000, 100);
    let agents: Vec<AgentTable> = NAMES.iter().map(|name| AgentTable::command(name, "true").with(ONE_SHOT)).collect();
    let fleet = Fleet::new(&agents)?;
    let mut client = Socket::connect(&fleet.socket()?)?;
    for at in 0..count {
        client.ask("POST", "/tasks", &json!({ "prompt": format!("short {at}") }))?;
    }
    until("every task is done", PATIENCE * 3, || {
        (states(&mut client).ok()?.get("done") == Some(&count)).then_some(())
    })?;
    let waits_ms = waits(&mut client)?;
    drop(fleet);
    let bare_ms = bare::spawns_ms(AGENTS, count)?;
    let (p50, p99) = (median(&waits_ms), percentile(&waits_ms, 99.0));
    let (bare_p50, bare_p99) = (median(&bare_ms), percentile(&bare_ms, 99.0));
    let what = format!("queued → started, {count} short tasks on {AGENTS} agents");
    Ok(Row::new(&what, format!("p99 {p99:.0} ms"), "p99 ≤ 3 × the bare start", Verdict::at_most(p99, 3.0 * bare_p99))
        .against(format!("fork, PTY and exec, {AGENTS} at a time: p50 {bare_p50:.1}, p99 {bare_p99:.1} ms"))
        .ratio(p99 / bare_p99)
        .note(format!("p50 {p50:.0} ms, from when the task was queued and an agent free, to its process running")))
}

/// Returns how long each task waited only for Quarterdeck: from the moment when its agent was free, by the fleet's own
/// facts.
fn waits(client: &mut Socket) -> Outcome<Vec<f64>> {
    let mut free_at: HashMap<String, u64> = HashMap::new();
    let mut waits_ms = Vec::new();
    let first_ms = first_queued(client)?;
    for event in all_events(client, "agent")? {
        let (Some(agent), Some(at_ms)) = (event["agent"].as_str(), event["at_ms"].as_u64()) else { continue };
        match event["type"].as_str() {
            Some("agent.started") => {
                let free = free_at.get(agent).copied().unwrap_or(first_ms).max(first_ms);
                waits_ms.push(at_ms.saturating_sub(free) as f64);
            }
            Some("agent.ended") => drop(free_at.insert(agent.to_owned(), at_ms)),
            _ => {}
        }
    }
    Ok(waits_ms)
}

fn first_queued(client: &mut Socket) -> Outcome<u64> {
    let page = client.ask("GET", "/events?type=task.added&limit=1&order=oldest", &Value::Null)?;
    page["events"][0]["at_ms"].as_u64().ok_or_else(|| "no task was added".into())
}

fn all_events(client: &mut Socket, kind: &str) -> Outcome<Vec<Value>> {
    let mut events: Vec<Value> = Vec::new();
    loop {
        let since = events.last().and_then(|event| event["seq"].as_u64()).unwrap_or(0);
        let path = format!("/events?type={kind}&order=oldest&limit=10000&since_seq={since}");
        let page = client.ask("GET", &path, &Value::Null)?;
        let more = page["events"].as_array().cloned().unwrap_or_default();
        if more.is_empty() {
            return Ok(events);
        }
        events.extend(more);
    }
}

fn states(client: &mut Socket) -> Outcome<HashMap<String, usize>> {
    let tasks = client.ask("GET", "/tasks", &Value::Null)?;
    let mut counts = HashMap::new();
    for task in tasks.as_array().into_iter().flatten() {
        *counts.entry(task["state"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
    }
    Ok(counts)
}

fn speed_up(plan: Plan) -> Outcome<Row> {
    let rounds = plan.either(3, 1);
    let counts = [1_usize, 2, 4, 8];
    let mut seconds: Vec<Vec<f64>> = vec![Vec::new(); counts.len()];
    for _ in 0..rounds {
        for (at, count) in counts.iter().enumerate() {
            seconds[at].push(all_asleep(*count)?);
        }
    }
    let medians: Vec<f64> = seconds.iter().map(|samples| median(samples)).collect();
    let efficiency = |at: usize| medians[0] / medians[at] / counts[at] as f64;
    let worst = (1..counts.len()).map(efficiency).fold(1.0, f64::min);
    let shown: Vec<String> = (0..counts.len())
        .map(|at| format!("{} agents {:.2} s ({:.3})", counts[at], medians[at], efficiency(at)))
        .collect();
    Ok(Row::new(
        "speed-up of 8 sleep-bound tasks, 1 to 8 agents",
        format!("{worst:.3} of linear"),
        "≥ 0.97",
        Verdict::at_least(worst, 0.97),
    )
    .note(format!("{SLEEP_MS} ms each: {}", shown.join(", "))))
}

/// Measures the time from the first task being queued until the last one is done, in seconds.
fn all_asleep(agents: usize) -> Outcome<f64> {
    let sleep = format!("sleep {}", SLEEP_MS as f64 / 1e3);
    let agents: Vec<AgentTable> =
        NAMES[..agents].iter().map(|name| AgentTable::shell(name, &sleep).with(ONE_SHOT)).collect();
    let fleet = Fleet::new(&agents)?;
    let mut client = Socket::connect(&fleet.socket()?)?;
    for at in 0..SLEEPERS {
        client.ask("POST", "/tasks", &json!({ "prompt": format!("sleep {at}") }))?;
    }
    until("every task is done", PATIENCE, || (states(&mut client).ok()?.get("done") == Some(&SLEEPERS)).then_some(()))?;
    let ended = all_events(&mut client, "task.done")?.iter().filter_map(|event| event["at_ms"].as_u64()).max();
    let ended = ended.ok_or("no task was done")?;
    Ok(ended.saturating_sub(first_queued(&mut client)?) as f64 / 1e3)
}
