//! Measures a plan of 10,000 tasks and 50,000 edges: the time to check it, and to start it with all tasks that can be
//! handed out at once.

use super::Plan as Thoroughness;
use crate::fleet::{AgentTable, Fleet};
use crate::measure::{median, ms_between, now_ns};
use crate::outcome::Outcome;
use crate::report::{Row, Verdict};
use crate::socket::Socket;
use serde_json::json;
use std::fmt::Write as _;

/// The number of tasks of the large plan; the small one has a tenth, which shows the growth.
const TASKS: usize = 10_000;
/// The number of needs of each task, except the first ones.
const NEEDS_EACH: usize = 5;
/// The most by which the time may grow for a plan ten times as large: linear, and some room.
const GROWTH_MAX: f64 = 15.0;

pub(super) fn measure(plan: Thoroughness) -> Outcome<Vec<Row>> {
    let rounds = plan.either(5, 1);
    let (mut small_ms, mut large_ms) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        small_ms.push(validated_and_started(TASKS / 10)?);
        large_ms.push(validated_and_started(TASKS)?);
    }
    let of =
        |samples: &[(f64, f64)], which: fn(&(f64, f64)) -> f64| median(&samples.iter().map(which).collect::<Vec<_>>());
    let both = |samples: &[(f64, f64)]| of(samples, |(checked, started)| checked + started);
    let (small, large) = (both(&small_ms), both(&large_ms));
    let growth = large / small;
    let verdict = Verdict::at_most(large, 1_000.0).and(Verdict::at_most(growth, GROWTH_MAX));
    let what = format!("plan of {TASKS} tasks, {} edges: validate and schedule", edges(TASKS));
    Ok(vec![Row::new(&what, format!("{large:.0} ms"), "≤ 1 s, linear", verdict).note(format!(
        "over the socket, the file's text included: validate {:.0} ms, start {:.0} ms (which checks it again); a tenth of \
         it takes {small:.0} ms in all, so ten times the plan {growth:.1} times as long",
        of(&large_ms, |(checked, _)| *checked),
        of(&large_ms, |(_, started)| *started),
    ))])
}

fn edges(tasks: usize) -> usize {
    tasks.saturating_sub(LAYER) * NEEDS_EACH
}

/// Returns how long checking and starting took, in milliseconds.
fn validated_and_started(tasks: usize) -> Outcome<(f64, f64)> {
    let fleet = Fleet::new(&[AgentTable::new("idle", &["silent"]).with("autostart = false")])?;
    let mut client = Socket::connect(&fleet.socket()?)?;
    let plan = json!({ "path": fleet.path().join("plan.toml"), "content": text(tasks) });
    let began = now_ns();
    let validation = client.ask("POST", "/plans/validate", &plan)?;
    let checked = now_ns();
    if validation["valid"] != true || validation["edges"] != edges(tasks) {
        return Err(format!("the plan: {validation}").into());
    }
    let asked = now_ns();
    client.ask("POST", "/plans", &plan)?;
    Ok((ms_between(began, checked), ms_between(asked, now_ns())))
}

/// The number of tasks side by side in each of a plan's layers.
const LAYER: usize = 100;

/// Returns the text of a plan in which each task needs some of the layer before it.
fn text(tasks: usize) -> String {
    let mut text = String::from("name = \"large\"\n");
    for at in 0..tasks {
        let above = (at / LAYER).checked_sub(1).map(|layer| layer * LAYER);
        let others = above.into_iter().flat_map(|first| (0..NEEDS_EACH).map(move |nth| first + (at + nth * 7) % LAYER));
        let needs: Vec<String> = others.map(|other| format!("\"t{other}\"")).collect();
        let _infallible = write!(text, "\n[tasks.t{at}]\nprompt = \"work {at}\"\nneeds = [{}]\n", needs.join(", "));
    }
    text
}
