//! Measures the memory for 20 agents with 10,000 lines of coloured log each, against tmux holding the same lines.

use super::{Plan, or_why};
use crate::child;
use crate::fleet::{AgentTable, Fleet, PATIENCE};
use crate::measure::{cpu_when_quiet, pss_mib, stamps};
use crate::outcome::{Outcome, until};
use crate::peers::tmux::Tmux;
use crate::report::{Row, Verdict};
use std::path::Path;
use tempfile::TempDir;

const AGENTS: usize = 20;
const LINES: &str = "10000";

pub(super) fn measure(_plan: Plan) -> Outcome<Vec<Row>> {
    let tmux_mib = tmux_mib().map_err(|why| why.to_string());
    let limit_mib = *tmux_mib.as_ref().unwrap_or(&f64::NAN);
    let directory = TempDir::new()?;
    let file = directory.path().join("done");
    let table = AgentTable::new("lines", &["lines", LINES, &file.display().to_string()]);
    let fleet = Fleet::new(&[table.with(&format!("count = {AGENTS}"))])?;
    fleet.up(AGENTS)?;
    wait_for_writers(&file)?;
    let supervisor = fleet.supervisor()?;
    let all = [fleet.keepers(), vec![supervisor]].concat();
    cpu_when_quiet(&all)?;
    let (keepers_mib, supervisor_mib) = (pss_mib(&fleet.keepers())?, pss_mib(&[supervisor])?);
    let mib = keepers_mib + supervisor_mib;
    let last = fleet.run(&["logs", "lines-1"]).map(|log| log.lines().count()).unwrap_or(0);
    let verdict = Verdict::at_most(mib, limit_mib);
    let row = Row::new("20 agents × 10,000 lines: memory", format!("{mib:.0} MB"), "≤ tmux's", verdict)
        .against(format!("tmux {}", or_why(&tmux_mib.map(|mib| format!("{mib:.0} MB")))))
        .ratio(mib / limit_mib)
        .note(format!("keepers {keepers_mib:.1} MB, supervisor {supervisor_mib:.1} MB"))
        .note(format!("older lines come from the transcript: `qd logs` of one agent shows {last} lines"));
    Ok(vec![row])
}

fn wait_for_writers(file: &Path) -> Outcome<()> {
    until("every agent wrote its lines", PATIENCE, || (stamps(file).len() >= AGENTS).then_some(()))
}

fn tmux_mib() -> Outcome<f64> {
    let directory = TempDir::new()?;
    let file = directory.path().join("done");
    let line = child::command_line(&["lines", LINES, &file.display().to_string()]);
    let tmux = Tmux::new(&["set-option -g history-limit 10000"], &vec![line; AGENTS])?;
    tmux.start()?;
    wait_for_writers(&file)?;
    let server = [tmux.pid()?];
    cpu_when_quiet(&server)?;
    pss_mib(&server)
}
