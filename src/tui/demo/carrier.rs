//! Sends the demo's data to a real dashboard (`qd demo dashboard`). Actions of its user are refused.

use super::work::NOW_MS;
use super::{agents, board, facts, screen, small_screen};
use crate::api::agents::Agent;
use crate::api::error::Problem;
use crate::tui::link::{Answer, Carrier, Data, FromFleet, ToFleet, Topic};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::mpsc::error::SendError;

/// The least value that is an instant; smaller values are spans of time.
const INSTANT_MS_MIN: u64 = 1_000_000_000_000;

/// Answers the dashboard until it closes. `now_ms` is the clock, to which the demo's times are moved.
pub async fn carry(mut carrier: Carrier, now_ms: u64) {
    let by_ms = now_ms.saturating_sub(NOW_MS);
    // A dashboard that has closed needs no messages.
    let _ = greet(&carrier, by_ms).await;
    while let Some(word) = carrier.to.recv().await {
        if let Some(answer) = answer(word, by_ms)
            && carrier.from.send(answer).await.is_err()
        {
            return;
        }
    }
}

async fn greet(carrier: &Carrier, by_ms: u64) -> Result<(), SendError<FromFleet>> {
    carrier.from.send(FromFleet::Connected { fleet: "lighthouse".to_owned() }).await?;
    let changed: Vec<Agent> = moved(agents(), by_ms);
    carrier.from.send(FromFleet::Fleet { changed, removed: vec![], banners: vec![] }).await?;
    for fact in moved(facts(), by_ms) {
        carrier.from.send(FromFleet::Fact(fact)).await?;
    }
    Ok(())
}

fn answer(word: ToFleet, by_ms: u64) -> Option<FromFleet> {
    Some(match word {
        ToFleet::Watch { agent } => {
            let known = agents().into_iter().find(|known| known.name == agent)?;
            let frame = if agent == "builder" { screen(72, 24) } else { small_screen(&known) };
            FromFleet::Whole { agent, frame }
        }
        ToFleet::Fetch { topic } => FromFleet::Fetched { data: Box::new(Ok(data(&topic, by_ms))), topic },
        ToFleet::Do { request, .. }
        | ToFleet::Patch { request, .. }
        | ToFleet::Snooze { request, .. }
        | ToFleet::Spawn { request, .. }
        | ToFleet::Delete { request, .. }
        | ToFleet::Explain { request, .. }
        | ToFleet::Work { request, .. }
        | ToFleet::Shutdown { request, .. } => {
            FromFleet::Answer { request, answer: Answer::Problem(nothing_is_real()) }
        }
        ToFleet::Unwatch { .. }
        | ToFleet::Drawn { .. }
        | ToFleet::Input { .. }
        | ToFleet::Resize { .. }
        | ToFleet::History { .. } => return None,
    })
}

fn nothing_is_real() -> Problem {
    Problem {
        status: 409,
        code: "demo".to_owned(),
        what: "it was not done".to_owned(),
        why: "this fleet is made up".to_owned(),
        hint: Some("`qd` shows a real one".to_owned()),
    }
}

fn data(topic: &Topic, by_ms: u64) -> Data {
    match board::data(topic) {
        Data::Tasks(tasks) => Data::Tasks(moved(tasks, by_ms)),
        Data::Task(task) => Data::Task(Box::new(moved(*task, by_ms))),
        Data::Why(task, why) => Data::Why(task, why),
        Data::Plans(plans) => Data::Plans(moved(plans, by_ms)),
        Data::Plan(plan) => Data::Plan(Box::new(moved(*plan, by_ms))),
        Data::Locks(locks) => Data::Locks(moved(locks, by_ms)),
        Data::Conflicts(conflicts) => Data::Conflicts(moved(conflicts, by_ms)),
        Data::Conflict(detail) => Data::Conflict(Box::new(moved(*detail, by_ms))),
        Data::Messages(messages) => Data::Messages(moved(messages, by_ms)),
    }
}

/// Returns a copy in which every instant is moved; an unchanged copy if that is not possible.
fn moved<T: Serialize + DeserializeOwned>(known: T, by_ms: u64) -> T {
    let Ok(mut value) = serde_json::to_value(&known) else { return known };
    shift(&mut value, by_ms);
    serde_json::from_value(value).unwrap_or(known)
}

fn shift(value: &mut Value, by_ms: u64) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| shift(value, by_ms)),
        Value::Object(fields) => fields.values_mut().for_each(|value| shift(value, by_ms)),
        other => {
            if let Some(instant_ms) = other.as_u64().filter(|ms| *ms > INSTANT_MS_MIN) {
                *other = Value::from(instant_ms + by_ms);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_instant_is_moved_and_no_span() {
        let locks = moved(board::locks(), 1_000);
        assert_eq!(locks.leases[0].since_ms, board::locks().leases[0].since_ms + 1_000);
        assert_eq!(locks.statistics, board::locks().statistics);
    }
}
