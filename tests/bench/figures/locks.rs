//! Measures how fast a lock is taken and released over the control socket, by one client and by 50 that want the same.

use super::Plan;
use crate::fleet::{AgentTable, Fleet};
use crate::measure::{median, ms_between, now_ns, percentile};
use crate::outcome::{Doing, Outcome};
use crate::peers::durable::Durable;
use crate::report::{Row, Verdict};
use crate::socket::Socket;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::path::Path;
use std::process::{Command, Stdio};

/// The number of clients that want the same scope.
const CONTENDERS: usize = 50;

pub(super) fn measure(plan: Plan) -> Outcome<Vec<Row>> {
    let fleet = Fleet::new(&[AgentTable::new("idle", &["silent"]).with("autostart = false")])?;
    let socket = fleet.socket()?;
    Ok(vec![alone(&socket, plan)?, contended(&socket, plan)?, whole_process(&fleet, plan)?])
}

fn alone(socket: &Path, plan: Plan) -> Outcome<Row> {
    let mut client = Socket::connect(socket)?;
    let rounds = plan.either(5_000, 500);
    let bare_ms = Durable::start()?.spans_ms(rounds, 1)?;
    let pairs_ms = pairs_ms(&mut client, rounds)?;
    let (p50, p99) = (median(&pairs_ms), percentile(&pairs_ms, 99.0));
    let bare = median(&bare_ms);
    Ok(Row::new(
        "lock acquire + release over the socket, one client",
        format!("p50 {p50:.3} ms"),
        "p50 ≤ 3 × one bare answer",
        Verdict::at_most(p50, 3.0 * bare),
    )
    .against(format!("a bare durable answer {bare:.3} ms"))
    .ratio(p50 / bare)
    .note(format!("both requests together, each durable when answered; p99 {p99:.3} ms over {rounds} pairs")))
}

/// Measures how long it takes to take a free lock and to release it, this many times.
pub(super) fn pairs_ms(client: &mut Socket, rounds: usize) -> Outcome<Vec<f64>> {
    let pair = |client: &mut Socket| {
        let began = now_ns();
        let lease = acquire(client, "bench/alone", "alone")?;
        release(client, &lease, "alone")?;
        Ok(ms_between(began, now_ns()))
    };
    (0..rounds).map(|_| pair(client)).collect()
}

/// A grant to a contender: its token, and when it was granted and released.
struct Turn {
    token: u64,
    granted_ns: u128,
    released_ns: u128,
}

fn contended(socket: &Path, plan: Plan) -> Outcome<Row> {
    let turns_each = plan.either(40, 8);
    let mut turns: Vec<Turn> = std::thread::scope(|scope| {
        let contenders: Vec<_> = (0..CONTENDERS)
            .map(|at| {
                scope.spawn(move || {
                    contend(socket, &format!("contender-{at}"), turns_each).map_err(|why| why.to_string())
                })
            })
            .collect();
        contenders
            .into_iter()
            .map(|contender| contender.join().map_err(|_| "a contender failed".to_owned())?)
            .collect::<Result<Vec<_>, String>>()
    })?
    .into_iter()
    .flatten()
    .collect();
    turns.sort_by_key(|turn| turn.token);
    let handovers_ms: Vec<f64> =
        turns.windows(2).map(|pair| ms_between(pair[0].released_ns, pair[1].granted_ns)).collect();
    let (p50, p99) = (median(&handovers_ms), percentile(&handovers_ms, 99.0));
    let order = order_of_grants(socket)?;
    let verdict = Verdict::at_most(p99, 2.0).and(Verdict::at_most(order.overtaken as f64, 0.0));
    Ok(Row::new(
        "… 50 contending: release to the next grant",
        format!("p99 {p99:.2} ms"),
        "p99 ≤ 2 ms, 1 attempt, FIFO",
        verdict,
    )
    .note(format!(
        "p50 {p50:.2} ms over {} grants, 1 request each; of {} that waited {} were overtaken",
        turns.len(),
        order.waited,
        order.overtaken
    )))
}

fn contend(socket: &Path, holder: &str, turns: usize) -> Outcome<Vec<Turn>> {
    let mut client = Socket::connect(socket)?;
    let mut taken = Vec::with_capacity(turns);
    for _ in 0..turns {
        let granted = acquire(&mut client, "bench/contended", holder)?;
        let granted_ns = now_ns();
        let token = granted["token"].as_u64().ok_or("a grant without a token")?;
        let released_ns = now_ns();
        release(&mut client, &granted, holder)?;
        taken.push(Turn { token, granted_ns, released_ns });
    }
    Ok(taken)
}

fn acquire(client: &mut Socket, scope: &str, holder: &str) -> Outcome<Value> {
    let wanted = json!({ "scopes": [{ "scope": scope }], "holder": holder, "wait_ms": 60_000 });
    client.ask("POST", "/locks/acquire", &wanted)
}

fn release(client: &mut Socket, granted: &Value, holder: &str) -> Outcome<()> {
    let lease = json!({ "lease": granted["lease"], "holder": holder });
    client.ask("POST", "/locks/release", &lease).map(drop)
}

/// The order in which waiting requests were granted, as the journal has it.
struct Order {
    waited: usize,
    overtaken: usize,
}

/// Checks the fleet's own record: each grant must go to the first of those that wait.
fn order_of_grants(socket: &Path) -> Outcome<Order> {
    let mut line: VecDeque<String> = VecDeque::new();
    let mut order = Order { waited: 0, overtaken: 0 };
    for event in contended_facts(socket)? {
        let holder = |of: &str| event["data"][of]["holder"].to_string();
        match event["type"].as_str() {
            Some("lock.waiting") => line.push_back(holder("request")),
            Some("lock.granted") => {
                let granted = holder("lease");
                let place = line.iter().position(|waiting| *waiting == granted);
                order.waited += usize::from(place.is_some());
                order.overtaken += usize::from(place != Some(0) && !line.is_empty());
                place.and_then(|place| line.remove(place));
            }
            _ => {}
        }
    }
    Ok(order)
}

/// Returns all facts about the contended scope, oldest first.
fn contended_facts(socket: &Path) -> Outcome<Vec<Value>> {
    let mut client = Socket::connect(socket)?;
    let mut facts: Vec<Value> = Vec::new();
    let mut since = 0;
    loop {
        let path = format!("/events?type=lock&order=oldest&limit=10000&since_seq={since}");
        let page = client.ask("GET", &path, &Value::Null)?;
        let events = page["events"].as_array().cloned().unwrap_or_default();
        let Some(last) = events.last() else { return Ok(facts) };
        since = last["seq"].as_u64().ok_or("an event without a number")?;
        facts.extend(events.into_iter().filter(|event| event.to_string().contains("contender-")));
    }
}

/// Measures `qd lock run SCOPE -- true` against `true`, as processes.
fn whole_process(fleet: &Fleet, plan: Plan) -> Outcome<Row> {
    let bare = || timed(&mut Command::new("true"));
    let held = || timed(&mut fleet.qd(&["lock", "run", "bench/run", "--", "true"]));
    let rounds = plan.either(60, 10);
    let (mut bare_ms, mut held_ms) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        bare_ms.push(bare()?);
        held_ms.push(held()?);
    }
    let (bare, held) = (median(&bare_ms), median(&held_ms));
    let limit = 3.0 * bare + 5.0;
    Ok(Row::new(
        "`qd lock run … true`, whole process",
        format!("{held:.1} ms"),
        "≤ 3 × bare + 5 ms",
        Verdict::at_most(held, limit),
    )
    .against(format!("true {bare:.1} ms, limit {limit:.1} ms"))
    .ratio(held / bare))
}

fn timed(command: &mut Command) -> Outcome<f64> {
    let began = now_ns();
    let status =
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().doing("a command")?;
    let ended = now_ns();
    if status.success() { Ok(ms_between(began, ended)) } else { Err(format!("a command: {status}").into()) }
}
