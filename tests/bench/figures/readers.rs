//! Measures how a person who looks at a long list slows down locks: 10,000 tasks that change, with their tab open and
//! without. Both take turns in one fleet, in front of one dashboard.

use super::Plan;
use super::locks::pairs_ms;
use crate::fleet::{AgentTable, Fleet, PATIENCE};
use crate::measure::{median, percentile};
use crate::outcome::Outcome;
use crate::report::{Row, Verdict};
use crate::seat::Seat;
use crate::socket::Socket;
use serde_json::json;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A text that the tasks' tab shows and no other.
const MARK: &str = "kept-task";
/// The pause between two changes of a task: the tab is never up to date, and the fleet is not busy with tasks either.
const CHANGE_INTERVAL: Duration = Duration::from_millis(20);
/// The time that a tab is given to be shown, or to be gone.
const SETTLING: Duration = Duration::from_secs(2);

pub(super) fn measure(plan: Plan) -> Outcome<Vec<Row>> {
    let fleet = Fleet::new(&[AgentTable::new("idle", &["silent"]).with("autostart = false")])?;
    let socket = fleet.socket()?;
    let tasks = plan.either(10_000, 1_000);
    let mut client = Socket::connect(&socket)?;
    for at in 0..tasks {
        add(&mut client, &format!("{MARK} {at}"))?;
    }
    let seat = fleet.dashboard("idle")?;
    let over = AtomicBool::new(false);
    let (beside, alone) = std::thread::scope(|scope| {
        let changing = scope.spawn(|| change(&socket, &over).map_err(|why| why.to_string()));
        let measured = in_turns(plan, &socket, &seat);
        over.store(true, Ordering::Relaxed);
        changing.join().map_err(|_| "whoever changes tasks failed")??;
        measured
    })?;
    let (p99, p99_alone) = (percentile(&beside, 99.0), percentile(&alone, 99.0));
    let what = format!("lock acquire + release beside an open tab of {tasks} tasks");
    Ok(vec![
        Row::new(
            &what,
            format!("p99 {p99:.2} ms"),
            "p99 ≤ 1.1 × without the tab",
            Verdict::at_most(p99 / p99_alone, 1.1),
        )
        .against(format!("another tab: p99 {p99_alone:.2} ms"))
        .ratio(p99 / p99_alone)
        .note(format!("p50 {:.2} ms, {:.2} ms; {} pairs each", median(&beside), median(&alone), alone.len())),
    ])
}

/// Measures pairs of lock and release beside the open tab, and beside another one.
fn in_turns(plan: Plan, socket: &Path, seat: &Seat) -> Outcome<(Vec<f64>, Vec<f64>)> {
    let (mut beside, mut alone) = (Vec::new(), Vec::new());
    for _ in 0..plan.either(10, 2) {
        for (key, pairs) in [(b"2", &mut beside), (b"1", &mut alone)] {
            seat.type_keys(key)?;
            if key == b"2" {
                seat.wait_for(MARK, PATIENCE)?;
            }
            std::thread::sleep(SETTLING);
            // A connection on which nothing is said for long is closed.
            pairs.extend(pairs_ms(&mut Socket::connect(socket)?, plan.either(2_000, 200))?);
        }
    }
    Ok((beside, alone))
}

/// Adds tasks and cancels them, until `over` is set.
fn change(socket: &Path, over: &AtomicBool) -> Outcome<()> {
    let mut client = Socket::connect(socket)?;
    while !over.load(Ordering::Relaxed) {
        let task = add(&mut client, "one that comes and goes")?;
        std::thread::sleep(CHANGE_INTERVAL);
        client.ask("POST", &format!("/tasks/{task}/cancel"), &json!({}))?;
        std::thread::sleep(CHANGE_INTERVAL);
    }
    Ok(())
}

/// Adds a task that no agent takes, and returns its number.
fn add(client: &mut Socket, prompt: &str) -> Outcome<String> {
    let task = client.ask("POST", "/tasks", &json!({ "prompt": prompt, "agent": "idle" }))?;
    Ok(task["id"].as_str().ok_or("a task without a number")?.to_owned())
}
