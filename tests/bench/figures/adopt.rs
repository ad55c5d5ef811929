//! Measures adoption: `kill -9` of the supervisor of 50 agents with a screenful each, then `qd up`: the time until
//! every agent is listed again with the process it had, and whether every screen is the same as before.

use super::Plan;
use crate::fleet::{AgentTable, Fleet, Live, PATIENCE};
use crate::measure::{cpu_when_quiet, median, ms_between, now_ns, stamps};
use crate::outcome::{Doing, Outcome, until};
use crate::report::{Row, Verdict};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

const AGENTS: usize = 50;

pub(super) fn measure(plan: Plan) -> Outcome<Vec<Row>> {
    let directory = TempDir::new()?;
    let file = directory.path().join("done");
    let table = AgentTable::new("lines", &["lines", "200", &file.display().to_string()]);
    let fleet = Fleet::new(&[table.with(&format!("count = {AGENTS}"))])?;
    fleet.up(AGENTS)?;
    until("every agent wrote its lines", PATIENCE, || (stamps(&file).len() >= AGENTS).then_some(()))?;
    cpu_when_quiet(&[fleet.supervisor()?])?;
    let (agents, before) = (by_name(fleet.live(AGENTS)?), screens(&fleet)?);
    let mut took = Vec::new();
    let mut said = String::new();
    for _ in 0..plan.either(5, 2) {
        let supervisor = fleet.supervisor()?;
        let began = now_ns();
        kill(Pid::from_raw(supervisor as i32), Signal::SIGKILL).doing("kill -9")?;
        said = fleet.run(&["up"])?;
        let adopted = until("every agent is adopted", PATIENCE, || {
            Some(by_name(fleet.listed().ok()?)).filter(|listed| *listed == agents)
        });
        took.push(ms_between(began, now_ns()));
        adopted?;
    }
    let after = screens(&fleet)?;
    let differing = before.iter().zip(&after).filter(|(before, after)| before != after).count();
    let ms = median(&took);
    let row = Row::new(
        "kill -9 supervisor: all 50 adopted, screens equal",
        format!("{ms:.0} ms, {} of {AGENTS} equal", AGENTS - differing),
        "≤ 1 s, all equal",
        Verdict::at_most(ms, 1000.0).and(Verdict::at_most(differing as f64, 0.0)),
    )
    .note(format!("from the signal through `qd up` to `qd ps` listing all with the same process ids; {}", said.trim()));
    Ok(vec![row])
}

fn by_name(agents: Vec<Live>) -> Vec<(String, u32)> {
    let mut named: Vec<_> = agents.into_iter().map(|agent| (agent.name, agent.pid)).collect();
    named.sort();
    named
}

/// Returns every agent's screen as text.
fn screens(fleet: &Fleet) -> Outcome<Vec<String>> {
    by_name(fleet.listed()?).iter().map(|(name, _)| fleet.run(&["screen", name])).collect()
}
