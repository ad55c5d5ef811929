//! Measures 50 silent agents: the memory of a keeper and how often it wakes, and the memory and processor time of all
//! of Quarterdeck with the dashboard open. Compared with s6's supervisors and a tmux server with a client.

use super::{Plan, or_why};
use crate::child;
use crate::fleet::{AgentTable, Fleet};
use crate::measure::{cpu_of, cpu_when_quiet, pss_mib, switches};
use crate::outcome::{Outcome, until};
use crate::peers::s6::S6;
use crate::peers::tmux::Tmux;
use crate::report::{Row, Verdict};
use crate::seat::Seat;
use std::time::Duration;

const AGENTS: usize = 50;

pub(super) fn measure(plan: Plan) -> Outcome<Vec<Row>> {
    let span = Duration::from_secs(plan.either(30, 10));
    eprintln!("  s6");
    let s6 = s6_supervisor_mib().map_err(|why| why.to_string());
    eprintln!("  tmux");
    let tmux = tmux_idle(span).map_err(|why| why.to_string());
    eprintln!("  qd");
    let ours = Ours::measure(span)?;
    let keeper = Row::new(
        "keeper, agent silent: PSS, wake-ups in 10 s",
        format!("{:.3} MB, {}", ours.keeper_mib, ours.keeper_wakeups),
        "≤ 0.5 MB, 0",
        Verdict::at_most(ours.keeper_mib, 0.5).and(Verdict::at_most(ours.keeper_wakeups as f64, 0.0)),
    )
    .against(format!("s6-supervise {}", or_why(&s6.map(|mib| format!("{mib:.3} MB")))));
    let all = Row::new(
        "everything of ours, 50 silent agents, dashboard",
        format!("{:.1} MB, {:.3} % CPU", ours.all_mib, ours.cpu_percent),
        "≤ 45 MB, ≤ 0.1 %",
        Verdict::at_most(ours.all_mib, 45.0).and(Verdict::at_most(ours.cpu_percent, 0.1)),
    )
    .against(format!("tmux {}", or_why(&tmux)))
    .note(ours.parts);
    Ok(vec![keeper, all])
}

struct Ours {
    keeper_mib: f64,
    keeper_wakeups: u64,
    all_mib: f64,
    cpu_percent: f64,
    parts: String,
}

impl Ours {
    fn measure(span: Duration) -> Outcome<Ours> {
        let fleet = Fleet::new(&[AgentTable::new("silent", &["silent"]).with(&format!("count = {AGENTS}"))])?;
        fleet.up(AGENTS)?;
        let dashboard = fleet.dashboard("silent")?;
        let (keepers, supervisor) = (fleet.keepers(), fleet.supervisor()?);
        let all: Vec<u32> = keepers.iter().copied().chain([supervisor, dashboard.pid()]).collect();
        settle(&dashboard, &all)?;
        let wakeups = || keepers.iter().map(|pid| switches(*pid)).sum::<Outcome<u64>>();
        let (woken_before, used_before) = (wakeups()?, cpu_of(&all)?);
        let others_before = (switches(supervisor)?, switches(dashboard.pid())?);
        std::thread::sleep(Duration::from_secs(10));
        let keeper_wakeups = wakeups()? - woken_before;
        let others = (switches(supervisor)? - others_before.0, switches(dashboard.pid())? - others_before.1);
        std::thread::sleep(span.saturating_sub(Duration::from_secs(10)));
        let used = cpu_of(&all)? - used_before;
        let keepers_mib = pss_mib(&keepers)?;
        let (supervisor_mib, dashboard_mib) = (pss_mib(&[supervisor])?, pss_mib(&[dashboard.pid()])?);
        Ok(Ours {
            keeper_mib: keepers_mib / keepers.len() as f64,
            keeper_wakeups,
            all_mib: keepers_mib + supervisor_mib + dashboard_mib,
            cpu_percent: used.as_secs_f64() / span.as_secs_f64() * 100.0,
            parts: format!(
                "PSS: {} keepers {keepers_mib:.1} MB, supervisor {supervisor_mib:.1} MB, dashboard \
                 {dashboard_mib:.1} MB; {:.4} CPU-s in {} s; wake-ups in 10 s: supervisor {}, dashboard {}",
                keepers.len(),
                used.as_secs_f64(),
                span.as_secs(),
                others.0,
                others.1
            ),
        })
    }
}

/// Waits until every agent counts as idle, which is three seconds after its last output, and lists show it.
fn settle(seat: &Seat, pids: &[u32]) -> Outcome<()> {
    std::thread::sleep(Duration::from_secs(6));
    seat.wait_quiet(Duration::from_secs(1));
    cpu_when_quiet(pids).map(drop)
}

fn s6_supervisor_mib() -> Outcome<f64> {
    let mut s6 = S6::new(AGENTS, &["silent"])?;
    s6.start()?;
    let supervisors = until("s6 supervises", Duration::from_secs(20), || {
        Some(s6.supervisors()).filter(|supervisors| supervisors.len() == AGENTS)
    })?;
    std::thread::sleep(Duration::from_secs(1));
    Ok(pss_mib(&supervisors)? / supervisors.len() as f64)
}

fn tmux_idle(span: Duration) -> Outcome<String> {
    let children = vec![child::command_line(&["silent"]); AGENTS];
    let tmux = Tmux::new(&[], &children)?;
    tmux.start()?;
    let seat = Seat::run(&tmux.command(&["attach-session", "-t", "figures"]), crate::fleet::SEAT_SIZE)?;
    seat.wait_for("figures", Duration::from_secs(10))?;
    let all = [tmux.pid()?, seat.pid()];
    settle(&seat, &all)?;
    let before = cpu_of(&all)?;
    std::thread::sleep(span);
    let percent = (cpu_of(&all)? - before).as_secs_f64() / span.as_secs_f64() * 100.0;
    Ok(format!("{:.1} MB, {percent:.3} %", pss_mib(&all)?))
}
