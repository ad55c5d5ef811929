//! Measures 100 MB of coloured log lines through one agent with the dashboard attached, against a detached tmux pane
//! and a bare read loop. The writer measures its own time; the CPU time is that of keeper and supervisor until they
//! were idle.

use super::{Plan, in_turns, or_why};
use crate::data::coloured_log_file;
use crate::fleet::{AgentTable, Fleet, PATIENCE};
use crate::measure::{cpu_of, cpu_when_quiet, median, stamps};
use crate::outcome::{Outcome, until};
use crate::peers::bare;
use crate::peers::tmux::Tmux;
use crate::report::{Row, Verdict};
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

/// The result of one turn: the writer's wall time, and the CPU-seconds of the programs between it and the terminal.
pub(super) struct Turn {
    pub(super) wall_s: f64,
    pub(super) cpu_s: f64,
    parts: Parts,
}

/// The CPU-seconds of Quarterdeck, by its processes.
#[derive(Clone, Copy, Default)]
struct Parts {
    keeper_s: f64,
    supervisor_s: f64,
    dashboard_s: f64,
}

pub(super) fn measure(plan: Plan) -> Outcome<Vec<Row>> {
    let megabytes = plan.either(100, 20);
    let directory = TempDir::new()?;
    let data = directory.path().join("coloured.log");
    coloured_log_file(&data, megabytes * 1_000_000)?;
    let results = in_turns(
        plan.either(5, 2),
        &mut [
            ("bare read loop", &mut || bare_turn(&data)),
            ("tmux, detached", &mut || tmux_turn(&data)),
            ("qd, dashboard attached", &mut || qd_turn(&data)),
        ],
    );
    let [bare, tmux, ours] = results.try_into().map_err(|_| "three contestants")?;
    let of_tmux = format!("tmux {}", or_why(&tmux.as_deref().map(told).map_err(String::clone)));
    let of_bare = format!("bare {}", or_why(&bare.as_deref().map(told).map_err(String::clone)));
    let (what, what_cpu) = ("100 MB of log: writer's wall time", "  CPU of keeper + supervisor");
    let rows = match &ours {
        Err(why) => [Row::unmeasured(what, why), Row::unmeasured(what_cpu, why)],
        Ok(ours) => {
            [wall_row(what, middle(ours, |turn| turn.wall_s), tmux.as_deref().ok()), cpu_row(what_cpu, ours, megabytes)]
        }
    };
    let [wall, cpu] = rows;
    Ok(vec![wall.against(of_tmux), cpu.against(of_bare)])
}

fn wall_row(what: &str, wall_s: f64, tmux: Option<&[Turn]>) -> Row {
    let measured = format!("{wall_s:.2} s");
    match tmux.map(|tmux| wall_s / middle(tmux, |turn| turn.wall_s)) {
        None => Row::new(what, measured, "≤ 0.7 × tmux", Verdict::Unmeasured),
        Some(ratio) => Row::new(what, measured, "≤ 0.7 × tmux", Verdict::at_most(ratio, 0.7)).ratio(ratio),
    }
}

fn cpu_row(what: &str, turns: &[Turn], megabytes: u64) -> Row {
    let (cpu_s, limit_s) = (middle(turns, |turn| turn.cpu_s), 1.6 * megabytes as f64 / 100.0);
    let [keeper_s, supervisor_s, dashboard_s] =
        [|parts: Parts| parts.keeper_s, |parts: Parts| parts.supervisor_s, |parts: Parts| parts.dashboard_s]
            .map(|part| median(&turns.iter().map(|turn| part(turn.parts)).collect::<Vec<_>>()));
    let verdict = Verdict::at_most(cpu_s, limit_s);
    Row::new(what, format!("{cpu_s:.2} CPU-s"), &format!("≤ {limit_s:.2} CPU-s"), verdict)
        .note(format!(
            "{megabytes} MB; CPU-s: keeper {keeper_s:.2}, supervisor {supervisor_s:.2}, beside it the dashboard {dashboard_s:.2}"
        ))
}

fn middle(turns: &[Turn], value: fn(&Turn) -> f64) -> f64 {
    median(&turns.iter().map(value).collect::<Vec<_>>())
}

fn told(turns: &[Turn]) -> String {
    format!("{:.2} s, {:.2} CPU-s", middle(turns, |turn| turn.wall_s), middle(turns, |turn| turn.cpu_s))
}

pub(super) fn bare_turn(data: &Path) -> Outcome<Turn> {
    let directory = TempDir::new()?;
    let file = directory.path().join("took");
    let (wall_s, cpu) = bare::run(&["flood", &data.display().to_string(), &file.display().to_string()], &file)?;
    Ok(Turn { wall_s, cpu_s: cpu.as_secs_f64(), parts: Parts::default() })
}

fn tmux_turn(data: &Path) -> Outcome<Turn> {
    let directory = TempDir::new()?;
    let file = directory.path().join("took");
    let tmux = Tmux::new(&[], &[Tmux::child(&["silent"])])?;
    tmux.start()?;
    let server = [tmux.pid()?];
    let before = cpu_of(&server)?;
    let line = Tmux::child(&["flood", &data.display().to_string(), &file.display().to_string()]);
    let words: Vec<&str> = ["new-window", "-d"].into_iter().chain(line.iter().map(String::as_str)).collect();
    tmux.command(&words).status()?;
    let wall_s = taken(&file)?;
    let cpu_s = (cpu_when_quiet(&server)? - before).as_secs_f64();
    Ok(Turn { wall_s, cpu_s, parts: Parts::default() })
}

pub(super) fn qd_turn(data: &Path) -> Outcome<Turn> {
    let directory = TempDir::new()?;
    let file = directory.path().join("took");
    let program = ["flood", &data.display().to_string(), &file.display().to_string()];
    let fleet = Fleet::new(&[AgentTable::new("flood", &program).with("autostart = false")])?;
    let dashboard = fleet.dashboard("flood")?;
    let supervisor = fleet.supervisor()?;
    dashboard.wait_quiet(Duration::from_millis(300));
    let (before, viewer_before) = (cpu_of(&[supervisor])?, cpu_of(&[dashboard.pid()])?);
    fleet.run(&["start", "flood"])?;
    fleet.live(1)?;
    let wall_s = taken(&file)?;
    let keepers = fleet.keepers();
    cpu_when_quiet(&[keepers.clone(), vec![supervisor]].concat())?;
    let keeper_s = cpu_of(&keepers)?.as_secs_f64();
    let supervisor_s = (cpu_of(&[supervisor])? - before).as_secs_f64();
    let dashboard_s = (cpu_of(&[dashboard.pid()])? - viewer_before).as_secs_f64();
    Ok(Turn { wall_s, cpu_s: keeper_s + supervisor_s, parts: Parts { keeper_s, supervisor_s, dashboard_s } })
}

/// Waits for the writer's stamp, and returns it in seconds.
fn taken(file: &Path) -> Outcome<f64> {
    let nanos = until("the writer is done", PATIENCE, || stamps(file).first().copied())?;
    Ok(nanos as f64 / 1e9)
}
