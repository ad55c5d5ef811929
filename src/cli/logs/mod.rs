//! `qd logs`: prints what agents have written, from their transcripts on disk. It needs no supervisor.

mod follow;
mod paper;
mod source;

use super::Context;
use super::names::{By, Picked, pick};
use crate::cli::complete;
use crate::config;
use crate::place::Place;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::time::parse_instant;
use crate::transcript::runs;
use crate::tui::model::roster::natural;
use clap::Args;
use paper::Paper;
use quarterdeck_core::ids::RunId;
use regex::Regex;
use source::{End, Source, Wanted};
use std::collections::BTreeMap;
use std::io::Write;

/// How many lines of each agent are printed on a terminal by default.
const LINES_ON_TERMINAL: usize = 200;

/// The command-line arguments of `qd logs`.
#[derive(Args, Debug)]
pub struct Logs {
    /// Agents: names, patterns ('claude-*'), groups; with several agents, each line begins with its agent's name
    #[arg(value_name = "NAME", add = complete::agents(), required_unless_present = "all")]
    names: Vec<String>,
    /// All agents that have written something
    #[arg(long, conflicts_with = "names")]
    all: bool,
    /// Continue with what the agents write from now on
    #[arg(short, long)]
    follow: bool,
    /// Number of last lines of each agent, or `all` [default: 200 on a terminal; all in a pipe, or with --since or
    /// --grep]
    #[arg(short = 'n', long, value_name = "NUMBER|all", value_parser = parse_lines, conflicts_with = "raw")]
    lines: Option<Lines>,
    /// Only what was written since this time, to about a second: 10m ago, or an instant such as 2026-11-20T09:30
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    since: Option<u64>,
    /// Only lines that match this regular expression; (?i) at its beginning ignores case
    #[arg(long, value_name = "REGEX", value_parser = Regex::new, conflicts_with = "raw")]
    grep: Option<Regex>,
    /// Only this run, such as r17 [default: the newest]
    #[arg(long, value_name = "RUN", value_parser = parse_run)]
    run: Option<RunId>,
    /// Print the bytes as they were written, colours and cursor movements included
    #[arg(long)]
    raw: bool,
    /// Print directly, without a pager; otherwise output that is longer than the terminal goes to $QD_PAGER, $PAGER or
    /// less
    #[arg(long)]
    no_pager: bool,
}

/// The number of lines that are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lines {
    All,
    Last(usize),
}

impl Logs {
    /// Prints the requested lines and returns the exit code.
    pub fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let place = context.place()?;
        let mut sources = self.sources(&place)?;
        if self.raw {
            return self.raw(&mut sources, context);
        }
        let on_terminal = context.out.is_terminal();
        let lines = self.lines.unwrap_or(match on_terminal && self.since.is_none() && self.grep.is_none() {
            true => Lines::Last(LINES_ON_TERMINAL),
            false => Lines::All,
        });
        let last = if let Lines::Last(count) = lines { Some(count) } else { None };
        let wanted = Wanted { last, grep: self.grep.clone(), since_ms: self.since };
        let colors = context.out.colors();
        let widest = if sources.len() > 1 { sources.iter().map(|source| source.name().len()).max() } else { None };
        let paged = on_terminal && !self.follow && !self.no_pager;
        let mut paper = if paged { Paper::paged() } else { Paper::plain() };
        let end = if self.follow { End::Open } else { End::Closed };
        for (at, source) in sources.iter_mut().enumerate() {
            let prefix = widest.map(|widest| paper::prefix(source.name(), at, widest, colors)).unwrap_or_default();
            source.label(prefix);
            if !source.read(&wanted, end, &mut |line| paper.line(&mut context.out, line))? {
                break;
            }
        }
        paper.finish(&mut context.out)?;
        match self.follow {
            true => follow::follow(&mut sources, &wanted, &mut context.out),
            false => Ok(Exit::Ok),
        }
    }

    fn raw(&self, sources: &mut [Source], context: &mut Context) -> Result<Exit, Failure> {
        let [source] = sources else {
            let failure = Failure::new(Exit::Usage, "bytes of several agents can't be told apart");
            return Err(failure.hint("name one agent, or leave out --raw"));
        };
        let wanted = Wanted { last: None, grep: None, since_ms: self.since };
        source.start(&wanted)?;
        source.raw(&mut |bytes| context.out.write_all(bytes))?;
        context.out.flush()?;
        match self.follow {
            true => follow::follow_raw(source, &mut context.out),
            false => Ok(Exit::Ok),
        }
    }

    /// Returns the transcripts that the arguments mean. An agent that has never written anything is an error only if it
    /// is named.
    fn sources(&self, place: &Place) -> Result<Vec<Source>, Failure> {
        let on_disk = runs(&place.runs_directory())
            .map_err(|error| Failure::new(Exit::Failed, "cannot list the runs").because(error))?;
        let mut known: Vec<String> = on_disk.keys().cloned().collect();
        // The transcripts can be read even if agents.toml contains a mistake.
        let configured = config::load(&place.config_path).map(|file| file.agents).unwrap_or_default();
        known.extend(configured.into_iter().map(|agent| agent.name).filter(|name| !on_disk.contains_key(name)));
        known.sort_by_cached_key(|name| natural(name));
        let picked = match self.all {
            true => (0..known.len()).map(|at| Picked { at, by: By::Many }).collect(),
            false => pick(&self.names, &known)?,
        };
        let mut sources = Vec::new();
        for Picked { at, by } in picked {
            let name = &known[at];
            match (self.choose(name, &on_disk), by) {
                (Ok(run), _) => sources.push(Source::new(name, &place.run_directory(run))),
                (Err(_), By::Many) => {}
                (Err(failure), By::Name) => return Err(failure),
            }
        }
        Ok(sources)
    }

    fn choose(&self, name: &str, on_disk: &BTreeMap<String, Vec<RunId>>) -> Result<RunId, Failure> {
        let runs = on_disk.get(name).map(Vec::as_slice).unwrap_or_default();
        let listed = || runs.iter().map(RunId::to_string).collect::<Vec<String>>().join(", ");
        match self.run {
            Some(run) if runs.contains(&run) => Ok(run),
            Some(run) => Err(Failure::new(Exit::Failed, format!("{name} has no run {run}"))
                .hint(format!("its runs are: {}", listed()))),
            None => runs.last().copied().ok_or_else(|| {
                Failure::new(Exit::Failed, format!("no run of `{name}` is on disk"))
                    .hint("`qd ps` lists the agents; one that never started has written nothing")
            }),
        }
    }
}

fn parse_run(text: &str) -> Result<RunId, String> {
    let number = text.strip_prefix('r').unwrap_or(text).parse();
    number.map(RunId).map_err(|_| "a run is written as r17".to_owned())
}

fn parse_lines(text: &str) -> Result<Lines, String> {
    match text {
        "all" => Ok(Lines::All),
        number => number.parse().map(Lines::Last).map_err(|_| "expected a number of lines, or all".to_owned()),
    }
}
