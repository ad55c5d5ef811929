//! Measures the start of 100 agents in plain directories: the time from the command until the last child runs, against
//! tmux with 100 windows and s6 with 100 services. Every child stamps its own start.

use super::{Plan, in_turns, or_why};
use crate::child;
use crate::fleet::{AgentTable, Fleet, PATIENCE};
use crate::measure::{median, ms_between, now_ns, stamps};
use crate::outcome::{Outcome, until};
use crate::peers::s6::S6;
use crate::peers::tmux::Tmux;
use crate::report::{Row, Verdict};
use std::path::Path;
use tempfile::TempDir;

const AGENTS: usize = 100;

pub(super) fn measure(plan: Plan) -> Outcome<Vec<Row>> {
    let results =
        in_turns(plan.either(7, 2), &mut [("tmux", &mut tmux_turn), ("s6", &mut s6_turn), ("qd", &mut qd_turn)]);
    let [tmux, s6, ours] = results.try_into().map_err(|_| "three contestants")?;
    let peers = [&tmux, &s6].map(|peer| peer.as_deref().map(median).map_err(String::clone));
    let [tmux_ms, s6_ms] = peers.each_ref().map(|peer| *peer.as_ref().unwrap_or(&f64::NAN));
    let [tmux, s6] = peers.map(|peer| or_why(&peer.map(|ms| format!("{ms:.0} ms"))));
    let what = "100 agents: last child running";
    let row = match ours.as_deref().map(median) {
        Err(why) => Row::unmeasured(what, why),
        Ok(ours) => {
            let verdict = Verdict::at_most(ours, 2.0 * tmux_ms);
            let row = Row::new(what, format!("{ours:.0} ms"), "≤ 2 × tmux's", verdict).ratio(ours / tmux_ms);
            if s6_ms.is_nan() { row } else { row.note(format!("{:.2} × s6's", ours / s6_ms)) }
        }
    };
    Ok(vec![row.against(format!("tmux {tmux}, s6 {s6}"))])
}

/// Waits for every child's stamp. Returns the span from the command to the last one, in milliseconds.
fn last(began: u128, file: &Path) -> Outcome<f64> {
    let stamped = until("every child runs", PATIENCE, || Some(stamps(file)).filter(|stamped| stamped.len() >= AGENTS))?;
    Ok(ms_between(began, stamped.into_iter().max().unwrap_or(0)))
}

fn tmux_turn() -> Outcome<f64> {
    let directory = TempDir::new()?;
    let file = directory.path().join("stamps");
    let line = child::command_line(&["stamp", &file.display().to_string()]);
    let tmux = Tmux::new(&[], &vec![line; AGENTS])?;
    let began = now_ns();
    tmux.start()?;
    last(began, &file)
}

fn s6_turn() -> Outcome<f64> {
    let directory = TempDir::new()?;
    let file = directory.path().join("stamps");
    let mut s6 = S6::new(AGENTS, &["stamp", &file.display().to_string()])?;
    let began = now_ns();
    s6.start()?;
    last(began, &file)
}

fn qd_turn() -> Outcome<f64> {
    let directory = TempDir::new()?;
    let file = directory.path().join("stamps");
    let table = AgentTable::new("stamp", &["stamp", &file.display().to_string()]);
    let fleet = Fleet::new(&[table.with(&format!("count = {AGENTS}"))])?;
    let began = now_ns();
    fleet.run(&["up"])?;
    let took = last(began, &file)?;
    fleet.live(AGENTS)?;
    Ok(took)
}
