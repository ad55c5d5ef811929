//! Measures the figures that Quarterdeck promises beside those of other programs, in the same run: `cargo bench --bench
//! figures [-- NAME…] [--quick]`.
//!
//! Every contestant of a figure takes its turn in every round, so that other load on the machine falls on all of them
//! alike; medians are compared. A figure that could not be measured says why in its row.
//!
//! The programs that are supervised during measurements are hidden modes of this very binary ([`child`]), so only the
//! programs to be compared have to be installed.

mod child;
mod data;
mod figures;
mod fleet;
mod measure;
mod outcome;
mod peers;
mod report;
mod seat;
mod socket;

use figures::{FIGURES, Figure, Plan};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(program) = child::named_in(&arguments) {
        return child::run(program);
    }
    // Cargo itself adds `--bench`.
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let names: Vec<&str> = arguments.iter().map(String::as_str).filter(|name| !name.starts_with("--")).collect();
    let unknown: Vec<&&str> = names.iter().filter(|name| FIGURES.iter().all(|figure| figure.name != **name)).collect();
    if !unknown.is_empty() || arguments.iter().any(|argument| argument == "--help") {
        eprintln!("usage: figures [NAME…] [--quick]");
        FIGURES.iter().for_each(|figure| eprintln!("  {:<12} {}", figure.name, figure.what));
        return if unknown.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(2) };
    }
    let chosen: Vec<&Figure> =
        FIGURES.iter().filter(|figure| names.is_empty() || names.contains(&figure.name)).collect();
    let rows = chosen.iter().flat_map(|figure| measured(figure, Plan { quick })).collect::<Vec<_>>();
    print!("{}\n\n{}", conditions(), report::table(&rows));
    ExitCode::SUCCESS
}

/// Returns a figure's rows; if it could not be measured, a row that says why.
fn measured(figure: &Figure, plan: Plan) -> Vec<report::Row> {
    eprintln!("measuring {} …", figure.name);
    (figure.measure)(plan).unwrap_or_else(|why| vec![report::Row::unmeasured(figure.what, &why.to_string())])
}

/// Describes the machine of this measurement, and how busy it is besides: load makes every wall time longer.
fn conditions() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: Vec<&str> = load.split_whitespace().take(3).collect();
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{cores} cores, Linux {}, load {} (1, 5, 15 min, at the end)", kernel.trim(), load.join(" "))
}
