//! Measures the cost of supervision for a program: one that computes, and one that writes, against the same on a bare
//! PTY.

use super::throughput::{bare_turn, qd_turn};
use super::{Plan, in_turns};
use crate::data::coloured_log_file;
use crate::fleet::{AgentTable, Fleet, PATIENCE};
use crate::measure::{median, stamps};
use crate::outcome::{Outcome, until};
use crate::peers::bare;
use crate::report::{Row, Verdict};
use tempfile::TempDir;

pub(super) fn measure(plan: Plan) -> Outcome<Vec<Row>> {
    let rounds = plan.either(5, 2);
    let spins = plan.either("1500000000", "500000000");
    let computing = in_turns(
        rounds,
        &mut [("computing, bare", &mut || bare_spin(spins)), ("computing, supervised", &mut || qd_spin(spins))],
    );
    let directory = TempDir::new()?;
    let data = directory.path().join("coloured.log");
    coloured_log_file(&data, plan.either(100, 20) * 1_000_000)?;
    let writing = in_turns(
        rounds,
        &mut [
            ("writing, bare", &mut || bare_turn(&data).map(|turn| turn.wall_s)),
            ("writing, supervised", &mut || qd_turn(&data).map(|turn| turn.wall_s)),
        ],
    );
    Ok(vec![
        row("CPU-bound program supervised", computing, 1.02),
        row("output-bound program supervised", writing, 1.15),
    ])
}

fn row(what: &str, results: Vec<Result<Vec<f64>, String>>, ratio_max: f64) -> Row {
    let middles: Result<Vec<f64>, String> =
        results.into_iter().map(|turns| turns.map(|turns| median(&turns))).collect();
    match middles.as_deref() {
        Ok([bare, ours]) => {
            let reach = format!("≤ {:.0} % over bare", (ratio_max - 1.0) * 100.0);
            Row::new(what, format!("{ours:.3} s"), &reach, Verdict::at_most(*ours, ratio_max * bare))
                .against(format!("bare {bare:.3} s"))
                .ratio(ours / bare)
                .note(format!("{:+.1} %", (ours / bare - 1.0) * 100.0))
        }
        Ok(_) => Row::unmeasured(what, "two contestants"),
        Err(why) => Row::unmeasured(what, why),
    }
}

fn bare_spin(rounds: &str) -> Outcome<f64> {
    let directory = TempDir::new()?;
    let file = directory.path().join("took");
    Ok(bare::run(&["spin", rounds, &file.display().to_string()], &file)?.0)
}

fn qd_spin(rounds: &str) -> Outcome<f64> {
    let directory = TempDir::new()?;
    let file = directory.path().join("took");
    let fleet = Fleet::new(&[AgentTable::new("spin", &["spin", rounds, &file.display().to_string()])])?;
    fleet.up(1)?;
    let nanos = until("the program has computed", PATIENCE, || stamps(&file).first().copied())?;
    Ok(nanos as f64 / 1e9)
}
