//! Measures one coordination cycle: see which agents exist, divide a task, hand out its parts, and tell the other
//! agents. For a design that shares one YAML file, about 160 ms are claimed.

use super::Plan;
use crate::fleet::{AgentTable, Fleet, PATIENCE};
use crate::measure::{median, ms_between, now_ns, percentile};
use crate::outcome::{Outcome, until};
use crate::peers::durable::Durable;
use crate::report::{Row, Verdict};
use crate::socket::Socket;
use serde_json::{Value, json};

/// A task with two parts, each with files of its own.
const TASK: &str = "---\nid: WORK\n---\n# Work\n\n## One\n- [ ] a\n- [ ] b\n- [ ] c\n\nFiles: `src/one.rs`\n\n## Two\n\
    - [ ] d\n- [ ] e\n- [ ] f\n\nFiles: `src/two.rs`\n";

/// The number of requests in one cycle.
const REQUESTS: usize = 7;

pub(super) fn measure(plan: Plan) -> Outcome<Vec<Row>> {
    let agents = ["one", "two", "three"].map(|name| AgentTable::new(name, &["silent"]).with("tasks = \"pull\""));
    let fleet = Fleet::new(&agents)?;
    std::fs::write(fleet.path().join("WORK.md"), TASK)?;
    let mut client = Socket::connect(&fleet.socket()?)?;
    fleet.live(agents.len())?;
    let file = fleet.path().join("WORK.md").display().to_string();
    until("the task can be divided", PATIENCE, || {
        let split = client.ask("POST", "/tasks/split", &json!({ "file": file, "dry_run": true })).ok()?;
        (split["parts"].as_array()?.len() == 2).then_some(())
    })?;
    let rounds = plan.either(1_000, 100);
    let bare_ms = Durable::start()?.spans_ms(rounds, REQUESTS)?;
    let mut cycles_ms = Vec::with_capacity(rounds);
    for round in 0..rounds {
        let began = now_ns();
        cycle(&mut client, &file, round)?;
        cycles_ms.push(ms_between(began, now_ns()));
    }
    let (p50, p99) = (median(&cycles_ms), percentile(&cycles_ms, 99.0));
    let (bare_p50, bare_p99) = (median(&bare_ms), percentile(&bare_ms, 99.0));
    let what = "one coordination cycle (discover, split, assign, sync)";
    let verdict = Verdict::at_most(p99, 1.5 * bare_p99);
    Ok(vec![
        Row::new(what, format!("p99 {p99:.2} ms"), "p99 ≤ 1.5 × seven bare answers", verdict)
            .against(format!("seven bare durable answers {bare_p99:.2} ms"))
            .ratio(p99 / bare_p99)
            .note(format!(
                "p50 {p50:.2} ms, bare {bare_p50:.2} ms, over {rounds}; seven requests, what they change durable when answered"
            )),
    ])
}

fn cycle(client: &mut Socket, file: &str, round: usize) -> Outcome<()> {
    client.ask("GET", "/agents", &Value::Null)?;
    let split = client.ask("POST", "/tasks/split", &json!({ "file": file, "dry_run": true }))?;
    for part in split["parts"].as_array().into_iter().flatten() {
        client.ask("POST", "/tasks", &json!({ "prompt": part["objective"], "prefer": "one" }))?;
    }
    let scope = json!({ "scope": format!("src-{}", round % 50) });
    client.ask("POST", "/sync/start", &scope)?;
    client.ask("POST", "/sync/complete", &scope)?;
    client.ask("POST", "/sync/change", &scope).map(drop)
}
