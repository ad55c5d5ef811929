//! The table that `qd ps` prints.

use crate::amounts;
use crate::api::agents::Agent;
use crate::api::condition::Condition;
use crate::report::output::{Cell, Tone};
use crate::tui::age;
use crate::tui::model::roster;
use crate::tui::view::note;
use clap::ValueEnum;

/// The set of columns that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Columns {
    /// The most important columns; the branch only if an agent's branch has another name than the agent.
    Few,
    /// All columns of the table.
    All,
}

/// A column: its heading, and a function that returns an agent's cell.
struct Column {
    heading: &'static str,
    cell: fn(&Agent, now_ms: u64) -> Cell,
    side: Side,
    wide: Wide,
}

/// The side to which a column's text is aligned.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// The condition under which a column is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wide {
    Always,
    /// The column is always shown in the wide table, and in the narrow one only if a cell differs from the agent's
    /// name.
    OrTelling,
    Only,
}

/// All columns, in the order in which they are shown.
const COLUMNS: [Column; 11] = [
    Column { heading: "NAME", cell: |agent, _| Cell::plain(&agent.name), side: Side::Left, wide: Wide::Always },
    Column { heading: "STATUS", cell: |agent, _| status(agent), side: Side::Left, wide: Wide::Always },
    Column { heading: "FOR", cell: age_cell, side: Side::Right, wide: Wide::Always },
    Column { heading: "HEALTH", cell: |agent, _| health(agent), side: Side::Left, wide: Wide::Only },
    Column { heading: "PID", cell: |agent, _| or_dash(agent.pid), side: Side::Right, wide: Wide::Only },
    Column { heading: "CPU", cell: |agent, _| cpu(agent), side: Side::Right, wide: Wide::Always },
    Column { heading: "MEM", cell: |agent, _| memory(agent), side: Side::Right, wide: Wide::Always },
    Column { heading: "RUN", cell: |agent, _| or_dash(agent.run.as_ref()), side: Side::Left, wide: Wide::Only },
    Column {
        heading: "BRANCH",
        cell: |agent, _| or_dash(agent.branch.as_ref()),
        side: Side::Left,
        wide: Wide::OrTelling,
    },
    Column { heading: "WHAT", cell: |agent, _| what_cell(agent), side: Side::Left, wide: Wide::Always },
    Column { heading: "COMMAND", cell: |agent, _| Cell::plain(&agent.command), side: Side::Left, wide: Wide::Only },
];

/// Returns the rows of the table, with its heading first.
pub(super) fn rows(agents: &[Agent], columns: Columns, now_ms: u64) -> Vec<Vec<Cell>> {
    let telling = agents.iter().any(branch_tells);
    let shown: Vec<&Column> = COLUMNS
        .iter()
        .filter(|column| match column.wide {
            Wide::Always => true,
            Wide::OrTelling => telling || columns == Columns::All,
            Wide::Only => columns == Columns::All,
        })
        .collect();
    let placed = |column: &Column, cell: Cell| if column.side == Side::Right { cell.right() } else { cell };
    let heading = shown.iter().map(|column| placed(column, Cell::new(Tone::Faint, column.heading))).collect();
    let row = |agent| shown.iter().map(|column| placed(column, (column.cell)(agent, now_ms))).collect();
    std::iter::once(heading).chain(agents.iter().map(row)).collect()
}

/// Returns when the agent entered its current condition, in milliseconds since the Unix epoch.
pub(super) fn since_ms(agent: &Agent) -> u64 {
    agent.status_since_ms.max(agent.since_ms)
}

fn branch_tells(agent: &Agent) -> bool {
    agent.branch.as_deref().is_some_and(|branch| branch.strip_prefix("qd/") != Some(&agent.name))
}

fn status(agent: &Agent) -> Cell {
    Cell::new(Condition::of(agent).look(), Condition::of(agent).word())
}

fn health(agent: &Agent) -> Cell {
    Cell::new(agent.health.look(), agent.health.word())
}

fn age_cell(agent: &Agent, now_ms: u64) -> Cell {
    Cell::plain(age::text(since_ms(agent), now_ms))
}

fn cpu(agent: &Agent) -> Cell {
    or_dash(agent.usage.map(|usage| format!("{:.0}%", usage.cpu_percent)))
}

fn memory(agent: &Agent) -> Cell {
    or_dash(agent.usage.map(|usage| amounts::bytes(usage.memory_bytes)))
}

fn what_cell(agent: &Agent) -> Cell {
    let is_warning = note::words(agent).1 == note::Weight::Warning;
    Cell::new(if is_warning { Tone::Warning } else { Condition::of(agent).look().into() }, what(agent))
}

/// Returns the text of the last column: details that the status does not contain.
fn what(agent: &Agent) -> String {
    let (words, _) = note::words(agent);
    match &agent.detail {
        Some(detail) if words == agent.summary => match detail.is_empty() && agent.state.is_live() {
            true => agent.last_line.clone(),
            false => detail.clone(),
        },
        _ => words.into_owned(),
    }
}

fn or_dash(value: Option<impl ToString>) -> Cell {
    Cell::plain(value.map_or_else(|| "-".to_owned(), |value| value.to_string()))
}

/// The orders in which agents are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Sort {
    /// Agents that need a person first
    Attention,
    /// By name, with numbers in numeric order
    Name,
    /// By the word for the condition
    Status,
    /// Agents whose status is newest first
    For,
    /// Agents that use the most processor time first
    Cpu,
    /// Agents that use the most memory first
    Mem,
}

impl Sort {
    /// Sorts the agents. Equal agents stay in the order of the dashboard.
    pub(super) fn apply(self, agents: &mut [Agent]) {
        agents.sort_by_cached_key(roster::place);
        let descending = |value: u64| std::cmp::Reverse(value);
        match self {
            Sort::Attention => {}
            Sort::Name => agents.sort_by_cached_key(|agent| roster::natural(&agent.name)),
            Sort::Status => agents.sort_by_cached_key(|agent| Condition::of(agent).word()),
            Sort::For => agents.sort_by_key(|agent| descending(since_ms(agent))),
            Sort::Cpu => agents.sort_by_key(|agent| {
                descending(agent.usage.map_or(0, |usage| (usage.cpu_percent.max(0.0) * 10.0) as u64 + 1))
            }),
            Sort::Mem => agents.sort_by_key(|agent| descending(agent.usage.map_or(0, |usage| usage.memory_bytes))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::agents::{AgentState, Attention, Status};
    use crate::report::color::Colors;
    use crate::report::output::table;
    use crate::tui::demo;

    #[test]
    fn few_columns_say_what_matters_in_80_columns_and_all_say_everything() {
        let agents = demo::agents();
        let few = table(&rows(&agents, Columns::Few, demo::NOW_MS), Colors::Plain, Some(80)).join("\n");
        let all = table(&rows(&agents, Columns::All, demo::NOW_MS), Colors::Plain, None).join("\n");
        insta::assert_snapshot!(format!("{few}\n\n{all}"));
    }

    #[test]
    fn what_is_said_is_never_the_status_again() {
        let said = |state, summary: &str, detail: Option<&str>| {
            let (title, last_line) = (String::new(), String::new());
            let agent = demo::agents().swap_remove(0);
            let (status, attention) = (Status::Stopped, Attention::Quiet);
            let (question, work, config) = (None, None, crate::api::agents::ConfigState::Current);
            let (summary, detail) = (summary.to_owned(), detail.map(str::to_owned));
            let told =
                Agent { state, status, attention, summary, detail, title, last_line, question, work, config, ..agent };
            what(&told)
        };
        assert_eq!(said(AgentState::Off, "off", Some("")), "");
        assert_eq!(said(AgentState::Completed, "completed", Some("")), "");
        assert_eq!(
            said(AgentState::Ready, "idle: its turn has ended", Some("its turn has ended")),
            "its turn has ended"
        );
        assert_eq!(said(AgentState::Failed, "exit 3", Some("exit 3")), "exit 3");
        assert_eq!(said(AgentState::Off, "off", None), "off", "an older supervisor has no details");
    }

    #[test]
    fn a_branch_that_is_called_like_its_agent_says_nothing() {
        let mut agent = demo::agents().swap_remove(0);
        agent.branch = Some(format!("qd/{}", agent.name));
        assert!(!branch_tells(&agent));
        agent.branch = Some("main".to_owned());
        assert!(branch_tells(&agent));
        agent.branch = None;
        assert!(!branch_tells(&agent));
    }
}
