//! `Fleet::step` events a second: measured by the brain's own bench, which knows its events.

use super::Plan;
use crate::outcome::Outcome;
use crate::report::Row;

pub(super) fn measure(_plan: Plan) -> Outcome<Vec<Row>> {
    Ok(vec![Row::unmeasured("Fleet::step, 1,000 agents", "run `cargo bench -p quarterdeck-core`")])
}
