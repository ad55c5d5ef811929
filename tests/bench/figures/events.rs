//! Measures searches in a history of a million facts, by random filters over the control socket.

use super::Plan;
use crate::fleet::{AgentTable, Fleet};
use crate::measure::{median, ms_between, now_ns, percentile};
use crate::outcome::{Doing, Outcome};
use crate::report::{Row, Verdict};
use crate::socket::Socket;
use rusqlite::{Connection, params};
use serde_json::Value;
use std::time::{SystemTime, UNIX_EPOCH};

const KINDS: [&str; 12] = [
    "agent.started",
    "agent.ready",
    "agent.ended",
    "agent.bell",
    "agent.paused",
    "lock.granted",
    "lock.waiting",
    "lock.released",
    "task.started",
    "task.done",
    "task.failed",
    "message.sent",
];
const AGENTS: u64 = 40;
const SEARCHES: usize = 1_000;

pub(super) fn measure(plan: Plan) -> Outcome<Vec<Row>> {
    let facts = plan.either(1_000_000, 100_000);
    let fleet = Fleet::new(&[AgentTable::new("idle", &["silent"]).with("autostart = false")])?;
    // The supervisor makes the journal, so that it has the real tables and indexes.
    fleet.socket()?;
    fleet.run(&["down"])?;
    fill(&fleet, facts)?;
    let mut client = Socket::connect(&fleet.socket()?)?;
    let mut dice = Dice(0x5EED);
    let mut found = 0;
    let mut searches_ms = Vec::with_capacity(SEARCHES);
    for _ in 0..SEARCHES {
        let path = format!("/events?{}", filters(&mut dice));
        let began = now_ns();
        let page = client.ask("GET", &path, &Value::Null)?;
        searches_ms.push(ms_between(began, now_ns()));
        found += page["events"].as_array().map_or(0, Vec::len);
    }
    let (p50, p90, p99) = (median(&searches_ms), percentile(&searches_ms, 90.0), percentile(&searches_ms, 99.0));
    let what = format!("events: {facts} stored, {SEARCHES} random filters");
    Ok(vec![
        Row::new(&what, format!("p90 {p90:.1} ms"), "p90 ≤ 50 ms", Verdict::at_most(p90, 50.0))
            .note(format!("p50 {p50:.1} ms, p99 {p99:.1} ms; {found} facts found in all, at most 100 a search")),
    ])
}

/// Writes facts of the last twenty days, spread over agents and types.
fn fill(fleet: &Fleet, facts: u64) -> Outcome<()> {
    let mut journal = Connection::open(fleet.path().join(".quarterdeck/journal.sqlite3")).doing("the journal")?;
    let first: i64 = journal.query_row("SELECT coalesce(max(seq), 0) FROM facts", [], |row| row.get(0))?;
    let mut dice = Dice(0xFAC7);
    let transaction = journal.transaction()?;
    {
        let mut insert = transaction.prepare(
            "INSERT INTO facts (seq, at, type, severity, agent, run, message, data) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?;
        for at in 0..facts {
            let kind = KINDS[dice.below(KINDS.len() as u64) as usize];
            insert.execute(params![
                first + 1 + at as i64,
                (twenty_days_ago_ms() + at * 20 * 86_400_000 / facts) as i64,
                kind,
                [0, 1, 1, 1, 1, 1, 2, 3][dice.below(8) as usize],
                format!("agent-{}", dice.below(AGENTS)),
                format!("r{}", dice.below(5_000)),
                "something happened to it, and this is one line that says what",
                r#"{"pid":4711,"exit":{"code":0},"left":0}"#,
            ])?;
        }
    }
    transaction.commit().doing("filling the journal")
}

/// Returns a query with one to three filters.
fn filters(dice: &mut Dice) -> String {
    let mut filters = Vec::new();
    match dice.below(3) {
        0 => filters.push(format!("type={}", KINDS[dice.below(KINDS.len() as u64) as usize])),
        1 => filters.push(format!("type={}", ["agent", "lock", "task", "message"][dice.below(4) as usize])),
        _ => {}
    }
    if dice.below(2) == 0 {
        filters.push(format!("agent=agent-{}", dice.below(AGENTS)));
    }
    if dice.below(3) == 0 {
        filters.push(format!("severity={}", ["info", "warning", "error"][dice.below(3) as usize]));
    }
    if dice.below(3) == 0 {
        filters.push(format!("since_ms={}", twenty_days_ago_ms() + dice.below(20 * 86_400_000)));
    }
    if dice.below(4) == 0 {
        filters.push(format!("until_ms={}", twenty_days_ago_ms() + dice.below(20 * 86_400_000)));
    }
    filters.join("&")
}

fn twenty_days_ago_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64;
    now - 20 * 86_400_000
}

/// Random numbers that are the same in every run (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit
    }
}
