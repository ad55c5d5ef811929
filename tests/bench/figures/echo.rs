//! Measures the time from a keystroke to its echo while 20 agents write 200 KB/s each: through the dashboard, through
//! `qd attach`, through tmux, and on a bare PTY beside 20 bare writers. A program answers each key with a character of
//! its own.
//!
//! The parts of 0.76 ms of `qd attach` (a key in the middle of many, by its system calls, all on one of two cores):
//!
//! | ms   | from → to                                                                              |
//! |------|----------------------------------------------------------------------------------------|
//! | 0.09 | our client has the key → it is on the supervisor's socket                              |
//! | 0.11 | → the supervisor has sent it to the keeper (0.06 until it runs)                        |
//! | 0.08 | → the keeper has typed it (0.06 until it runs)                                         |
//! | 0.07 | → the program has answered                                                             |
//! | 0.05 | → the keeper has stored the answer and sent it                                         |
//! | 0.05 | → the supervisor has drawn it and sent the picture                                     |
//! | 0.08 | → our client has the picture (0.06 until it runs)                                      |
//! | 0.23 | → it has drawn: 10,000 cells are blanked, filled and compared for the one that differs |
//!
//! tmux's server reads the person's terminal and writes to it itself: its path lacks a client and a keeper, in both
//! directions.

use super::{Plan, in_turns, or_why};
use crate::child;
use crate::fleet::{AgentTable, Fleet, SEAT_SIZE};
use crate::measure::{cpu_of, percentile};
use crate::outcome::Outcome;
use crate::peers::tmux::Tmux;
use crate::report::{Row, Verdict};
use crate::seat::Seat;
use std::process::Command;
use std::time::{Duration, Instant};

const WRITERS: usize = 20;
const BYTES_PER_SECOND: &str = "200000";

/// The result of one turn: every key's latency in milliseconds, and the per cent of a core used meanwhile.
struct Turn {
    latencies: Vec<f64>,
    cpu_percent: f64,
}

pub(super) fn measure(plan: Plan) -> Outcome<Vec<Row>> {
    let keys = plan.either(400, 100);
    let results = in_turns(
        plan.either(3, 1),
        &mut [
            ("bare PTY", &mut || bare_turn(keys)),
            ("tmux, attached", &mut || tmux_turn(keys)),
            ("qd, dashboard", &mut || qd_turn(keys, Through::Dashboard)),
            ("qd attach", &mut || qd_turn(keys, Through::Attach)),
        ],
    );
    let [bare, tmux, dashboard, attach] = results.try_into().map_err(|_| "four contestants")?;
    let bare = bare?;
    let beside = format!("bare {}; tmux {}", told(&bare), or_why(&tmux.as_deref().map(told).map_err(String::clone)));
    let rows = [("through the dashboard", dashboard), ("through qd attach", attach)].map(|(way, turns)| {
        let what = format!("key to echo {way}: p50/p99");
        match turns {
            Err(why) => Row::unmeasured(&what, &why).against(beside.clone()),
            Ok(turns) => {
                let over = |percent| at(&turns, percent) - at(&bare, percent);
                let to_tmux =
                    |percent| tmux.as_deref().map_or(f64::NAN, |tmux| at(&turns, percent) / at(tmux, percent));
                let (p50, p99) = (to_tmux(50.0), to_tmux(99.0));
                let verdict = Verdict::at_most(p50, 1.2).and(Verdict::at_most(p99, 1.2));
                Row::new(&what, told(&turns), "≤ 1.2 × tmux's p50 and p99", verdict)
                    .against(beside.clone())
                    .ratio(p50.max(p99))
                    .note(format!("× tmux: p50 {p50:.2}, p99 {p99:.2}"))
                    .note(format!("over bare: p50 {:.2} ms, p99 {:.2} ms", over(50.0), over(99.0)))
            }
        }
    });
    Ok(rows.into())
}

/// Returns a percentile of the latencies of all turns.
fn at(turns: &[Turn], percent: f64) -> f64 {
    let all: Vec<f64> = turns.iter().flat_map(|turn| turn.latencies.iter().copied()).collect();
    percentile(&all, percent)
}

fn told(turns: &[Turn]) -> String {
    let cpu: Vec<f64> = turns.iter().map(|turn| turn.cpu_percent).collect();
    format!("{:.2}/{:.2} ms, {:.0} % CPU", at(turns, 50.0), at(turns, 99.0), percentile(&cpu, 50.0))
}

/// Types keys at an uneven pace, as a person does, each when the echo of the one before has shown.
fn type_keys(seat: &Seat, keys: usize, pids: &[u32]) -> Outcome<Turn> {
    let (cpu_before, began) = (cpu_of(pids)?, Instant::now());
    let mut latencies = Vec::with_capacity(keys);
    for number in 0..keys {
        std::thread::sleep(Duration::from_millis(15 + (number as u64 * 7) % 23));
        let took = seat.key_to_echo(b'x', child::answer_to(number))?;
        latencies.push(took.as_secs_f64() * 1e3);
    }
    let cpu = (cpu_of(pids)? - cpu_before).as_secs_f64();
    Ok(Turn { latencies, cpu_percent: cpu / began.elapsed().as_secs_f64() * 100.0 })
}

fn bare_turn(keys: usize) -> Outcome<Turn> {
    let run = |program: &[&str]| {
        let line = child::command_line(program);
        let mut command = Command::new(&line[0]);
        command.args(&line[1..]);
        Seat::run(&command, (120, 40))
    };
    let _writers: Vec<Seat> = (0..WRITERS).map(|_| run(&["chatter", BYTES_PER_SECOND])).collect::<Outcome<_>>()?;
    let seat = run(&["echo"])?;
    seat.wait_for("ready", Duration::from_secs(5))?;
    type_keys(&seat, keys, &[])
}

fn tmux_turn(keys: usize) -> Outcome<Turn> {
    let mut children = vec![child::command_line(&["echo"])];
    children.extend(vec![child::command_line(&["chatter", BYTES_PER_SECOND]); WRITERS]);
    let tmux = Tmux::new(&[], &children)?;
    tmux.start()?;
    let seat = Seat::run(&tmux.command(&["attach-session", "-t", "figures"]), SEAT_SIZE)?;
    seat.wait_for("ready", Duration::from_secs(10))?;
    type_keys(&seat, keys, &[tmux.pid()?, seat.pid()])
}

/// The way in which the person reaches the program.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Through {
    Dashboard,
    Attach,
}

fn qd_turn(keys: usize, through: Through) -> Outcome<Turn> {
    let fleet = Fleet::new(&[
        AgentTable::new("echo", &["echo"]),
        AgentTable::new("writer", &["chatter", BYTES_PER_SECOND]).with(&format!("count = {WRITERS}")),
    ])?;
    fleet.up(WRITERS + 1)?;
    let seat = match through {
        Through::Attach => fleet.seat(&["attach", "echo"], "ready")?,
        Through::Dashboard => typing_into_echo(&fleet)?,
    };
    let pids = [fleet.keepers(), vec![fleet.supervisor()?, seat.pid()]].concat();
    type_keys(&seat, keys, &pids)
}

/// A person at the dashboard who has found the agent with the filter and types into it.
fn typing_into_echo(fleet: &Fleet) -> Outcome<Seat> {
    let seat = fleet.dashboard("echo")?;
    // Keys that come faster than a person types are taken as text, and not as commands.
    for keys in ["/", "echo", "\r", "\r"] {
        std::thread::sleep(Duration::from_millis(500));
        seat.type_keys(keys.as_bytes())?;
    }
    std::thread::sleep(Duration::from_millis(500));
    Ok(seat)
}
