//! Measures the events per second of `Fleet::step` on one core: the workload of the core's own bench.

#[path = "../../../src/core/benches/lives.rs"]
mod lives;

use super::Plan;
use crate::measure::median;
use crate::outcome::Outcome;
use crate::report::{Row, Verdict};

pub(super) fn measure(plan: Plan) -> Outcome<Vec<Row>> {
    let turns: Vec<lives::Lived> = (0..plan.either(5, 1)).map(|_| lives::live()).collect();
    let rate = median(&turns.iter().map(lives::Lived::rate).collect::<Vec<_>>());
    let (events, effects) = turns.first().map_or((0, 0), |lived| (lived.events, lived.effects));
    let what = format!("Fleet::step, {} agents", lives::AGENTS);
    let verdict = Verdict::at_least(rate, 500_000.0);
    let row = Row::new(&what, format!("{rate:.0} events/s"), "≥ 500,000 events/s", verdict)
        .note(format!("{events} events with {effects} effects on one core"));
    Ok(vec![row])
}
