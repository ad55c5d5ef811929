//! `qd lock list`: lists the leases and the requests that wait.

use super::meant::failed;
use super::show;
use crate::api;
use crate::api::locks::{Lease, Locks, Request, Resource};
use crate::cli::Context;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::output::{Cell, Output, Tone, clean};
use crate::report::time::time_of_day;
use clap::Args;
use std::io;

/// The command-line arguments of `qd lock list`.
#[derive(Args, Debug)]
pub struct List {
    /// Include the resources, the refused cycles, and counts
    #[arg(long)]
    all: bool,
    /// Print everything as JSON
    #[arg(long)]
    json: bool,
}

impl List {
    /// Runs `qd lock list` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let locks = context.client().await?.call(&api::locks::LIST_LOCKS, &[], &()).await.map_err(failed)?;
        match self.json {
            true => context.out.json(&locks)?,
            false => print(&locks, self.all, &mut context.out)?,
        }
        Ok(Exit::Ok)
    }
}

fn print(locks: &Locks, all: bool, out: &mut Output) -> io::Result<()> {
    match locks.leases.is_empty() {
        true => out.line("nothing is held")?,
        false => out.table(&held(&locks.leases))?,
    }
    if !locks.waiting.is_empty() {
        out.line("")?;
        out.table(&waiting(&locks.waiting))?;
    }
    if all {
        print_the_rest(locks, out)?;
    }
    Ok(())
}

fn held(leases: &[Lease]) -> Vec<Vec<Cell>> {
    let head = ["HOLDER", "LEASE", "TOKEN", "SINCE", "UNTIL", "SCOPES"].map(|word| Cell::new(Tone::Faint, word));
    let row = |lease: &Lease| {
        let until = match (lease.paused, lease.expires_ms) {
            (true, _) => Cell::new(Tone::Warning, "paused"),
            (false, Some(at_ms)) => Cell::plain(time_of_day(at_ms)),
            (false, None) if lease.task.is_some() => Cell::new(Tone::Faint, "its task ends"),
            (false, None) => Cell::new(Tone::Faint, "its run ends"),
        };
        vec![
            Cell::new(Tone::Notable, &lease.holder),
            Cell::plain(&lease.lease),
            Cell::plain(lease.token.to_string()),
            Cell::plain(time_of_day(lease.since_ms)),
            until,
            Cell::plain(with_purpose(show::scopes(&lease.scopes), lease.purpose.as_deref())),
        ]
    };
    std::iter::once(head.into()).chain(leases.iter().map(row)).collect()
}

fn waiting(requests: &[Request]) -> Vec<Vec<Cell>> {
    let head = ["WAITS", "REQUEST", "SINCE", "UNTIL", "FOR"].map(|word| Cell::new(Tone::Faint, word));
    let row = |request: &Request| {
        let wanted = with_purpose(show::scopes(&request.scopes), request.purpose.as_deref());
        vec![
            Cell::new(Tone::Notable, &request.holder),
            Cell::plain(&request.request),
            Cell::plain(time_of_day(request.since_ms)),
            Cell::plain(request.until_ms.map_or_else(|| "-".to_owned(), time_of_day)),
            Cell::plain(format!("{wanted}; {}", show::behind(&request.behind))),
        ]
    };
    std::iter::once(head.into()).chain(requests.iter().map(row)).collect()
}

fn with_purpose(scopes: String, purpose: Option<&str>) -> String {
    purpose.map_or(scopes.clone(), |purpose| format!("{scopes}: {purpose}"))
}

fn print_the_rest(locks: &Locks, out: &mut Output) -> io::Result<()> {
    if !locks.resources.is_empty() {
        let head = ["RESOURCE", "HELD", "OF", "NUMBERS"].map(|word| Cell::new(Tone::Faint, word));
        let rows = std::iter::once(head.into()).chain(locks.resources.iter().map(resource));
        out.line("")?;
        out.table(&rows.collect::<Vec<_>>())?;
    }
    for refused in &locks.cycles {
        let words = clean(&format!("refused {} at {}: {}", refused.who, time_of_day(refused.at_ms), refused.cycle));
        out.line(format!("\n{words}"))?;
    }
    let counts = &locks.statistics;
    out.line(format!(
        "\n{} granted, {} of them after a wait (longest {}, on average {}), {} timed out, {} cycles refused, {} expired, \
         {} taken by force, {} writes into what others held",
        counts.granted,
        counts.waited,
        seconds(counts.longest_wait_ms),
        seconds(counts.total_wait_ms / counts.waited.max(1)),
        counts.timed_out,
        counts.cycles_refused,
        counts.expired,
        counts.forced,
        counts.violations,
    ))
}

fn resource(resource: &Resource) -> Vec<Cell> {
    let last = |first: u32| first.saturating_add(resource.capacity.saturating_sub(1));
    let numbers = resource.first.map_or_else(|| "-".to_owned(), |first| format!("{first}-{}", last(first)));
    let tone = if resource.held >= resource.capacity { Tone::Warning } else { Tone::Plain };
    vec![
        Cell::plain(&resource.name),
        Cell::new(tone, resource.held.to_string()),
        Cell::plain(resource.capacity.to_string()),
        Cell::plain(numbers),
    ]
}

fn seconds(ms: u64) -> String {
    format!("{}.{:03} s", ms / 1_000, ms % 1_000)
}
