//! Draws the visible lines of a graph, cell by cell. A line that is not visible costs at most a comparison of rows and
//! columns.

use super::layout::Graph;
use super::route::{Channel, Net, clip};
use crate::api::plans::PlanEdge;
use crate::api::tasks::Task;
use std::cmp::{max, min};
use std::ops::Range;

/// The state of an edge. If lines share a cell, the highest state is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flow {
    /// No line of an edge is there.
    #[default]
    None,
    /// The condition of the edge is not met yet.
    Waiting,
    /// The condition of the edge is met.
    Passed,
    /// The condition of the edge is met, and its target runs.
    Running,
}

impl Flow {
    /// The states that a line can have, the highest first.
    pub const ALL: [Flow; 3] = [Flow::Running, Flow::Passed, Flow::Waiting];

    /// Returns the state of an edge of a plan that leads to this task, if it has been created.
    pub fn of(edge: &PlanEdge, target: Option<&Task>) -> Flow {
        match target {
            Some(task) if edge.passed && task.state.is_at_work() => Flow::Running,
            _ if edge.passed => Flow::Passed,
            _ => Flow::Waiting,
        }
    }

    /// Returns a piece of a line in this state and what it means, for a legend.
    pub fn legend(self) -> &'static str {
        match self {
            Flow::Running => "━ target runs",
            Flow::Passed => "─ condition met",
            Flow::Waiting => "╌ not met yet",
            Flow::None => "",
        }
    }
}

/// The states of the four arms of a cell: up, right, down, left.
type Arms = [Flow; 4];

const UP: usize = 0;
const RIGHT: usize = 1;
const DOWN: usize = 2;
const LEFT: usize = 3;

/// Light line characters by the sum of their arms: up 8, right 4, down 2, left 1. `HEAVY` has the heavy ones.
const LIGHT: [char; 16] = [' ', '╴', '╷', '╮', '╶', '─', '╭', '┬', '╵', '╯', '│', '┤', '╰', '┴', '├', '┼'];
const HEAVY: [char; 16] = [' ', '╸', '╻', '┓', '╺', '━', '┏', '┳', '╹', '┛', '┃', '┫', '┗', '┻', '┣', '╋'];
/// The character that ends a line at a node.
const ARROW: char = '▸';
/// The straight characters, horizontal and vertical, of an edge that waits.
const WAITING: (char, char) = ('╌', '╎');

/// The visible part of a graph's lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Painted {
    columns: Range<u32>,
    rows: Range<u32>,
    arms: Vec<Arms>,
    arrows: Vec<Flow>,
}

impl Painted {
    fn index(&self, column: u32, row: u32) -> Option<usize> {
        let seen = self.columns.contains(&column) && self.rows.contains(&row);
        let width = (self.columns.end - self.columns.start) as usize;
        seen.then(|| (row - self.rows.start) as usize * width + (column - self.columns.start) as usize)
    }

    fn along(&mut self, row: u32, columns: Range<u32>, flow: Flow) {
        for column in max(columns.start, self.columns.start)..min(columns.end, self.columns.end) {
            if let Some(index) = self.index(column, row) {
                let arms = &mut self.arms[index];
                (arms[RIGHT], arms[LEFT]) = (max(arms[RIGHT], flow), max(arms[LEFT], flow));
            }
        }
    }

    /// Draws a cell of a track over everything that is there.
    fn over(&mut self, column: u32, row: u32, arms: Arms) {
        if let Some(index) = self.index(column, row) {
            self.arms[index] = arms;
        }
    }

    fn arrow(&mut self, column: u32, row: u32, flow: Flow) {
        if let Some(index) = self.index(column, row) {
            self.arrows[index] = max(self.arrows[index], flow);
        }
    }

    /// Returns a cell's arms (up, right, down, left), and the state of the arrow in it.
    pub fn cell(&self, column: u32, row: u32) -> Option<([Flow; 4], Flow)> {
        self.index(column, row).map(|index| (self.arms[index], self.arrows[index]))
    }

    /// Returns a cell's character and the state of its edge; none if the cell has no line.
    pub fn character(&self, column: u32, row: u32) -> Option<(char, Flow)> {
        let (arms, arrow) = self.cell(column, row)?;
        if arrow > Flow::None {
            return Some((ARROW, arrow));
        }
        let shape = arms.iter().fold(0, |shape, arm| shape << 1 | usize::from(*arm > Flow::None));
        let flow = arms.into_iter().max().filter(|flow| *flow > Flow::None)?;
        let heavy = arms.iter().all(|arm| matches!(arm, Flow::None | Flow::Running));
        Some(match (flow, shape) {
            (Flow::Waiting, 0b0101) => (WAITING.0, flow),
            (Flow::Waiting, 0b1010) => (WAITING.1, flow),
            _ if heavy => (HEAVY[shape], flow),
            _ => (LIGHT[shape], flow),
        })
    }
}

impl Graph {
    /// Draws the lines within these columns and rows of the canvas. `flow` returns the state of an edge, by its index
    /// in the list that the graph was made of.
    pub fn paint(&self, columns: Range<u32>, rows: Range<u32>, flow: impl Fn(usize) -> Flow) -> Painted {
        let cells = (columns.len()) * (rows.len());
        let blank = (vec![[Flow::None; 4]; cells], vec![Flow::None; cells]);
        let mut painted = Painted { columns, rows, arms: blank.0, arrows: blank.1 };
        let flows = |links: &Range<usize>| {
            self.links[links.clone()].iter().map(|link| flow(link.edge)).max().unwrap_or(Flow::None)
        };
        let (sight, lines) = (painted.columns.clone(), painted.rows.clone());
        for layer in self.layers.iter().filter(|layer| meet(&layer.columns, &sight)) {
            for run in layer.runs.iter().filter(|run| lines.contains(&run.row)) {
                painted.along(run.row, run.columns.clone(), flows(&run.links));
            }
        }
        let in_sight = |channel: &&Channel| meet(&(channel.column..channel.column + channel.width), &sight);
        for channel in self.channels.iter().filter(in_sight) {
            let nets = channel.nets.iter().filter(|net| {
                let (top, bottom) = net.span();
                top < lines.end && lines.start <= bottom
            });
            let nets: Vec<(&Net, Flows)> = nets.map(|net| (net, Flows::of(net, flows))).collect();
            nets.iter().for_each(|(net, flows)| rows_of(&mut painted, channel, net, flows));
            nets.iter().for_each(|(net, flows)| tracks_of(&mut painted, channel, net, flows));
        }
        painted
    }
}

fn meet(one: &Range<u32>, other: &Range<u32>) -> bool {
    one.start < other.end && other.start < one.end
}

/// The states of a net's edges, computed once for drawing.
struct Flows {
    /// State of the edges into each target.
    into: Vec<Flow>,
    /// State of the edges from each exit to the targets from an index on, precomputed for every index.
    from_on: Vec<Vec<Flow>>,
    /// State of the edges from each exit to the targets before an index.
    before: Vec<Vec<Flow>>,
}

impl Flows {
    fn of(net: &Net, flows: impl Fn(&Range<usize>) -> Flow) -> Flows {
        let all: Vec<Vec<Flow>> = net.targets.iter().map(|target| target.links.iter().map(&flows).collect()).collect();
        let highest = |kept: &mut Flow, flow: Flow| {
            *kept = max(*kept, flow);
            Some(*kept)
        };
        let before = |exit: usize| -> Vec<Flow> {
            let so_far = all.iter().map(|target| target[exit]).scan(Flow::None, highest);
            std::iter::once(Flow::None).chain(so_far).collect()
        };
        let from_on = |exit: usize| -> Vec<Flow> {
            let so_far = all.iter().rev().map(|target| target[exit]).scan(Flow::None, highest);
            let mut on: Vec<Flow> = std::iter::once(Flow::None).chain(so_far).collect();
            on.reverse();
            on
        };
        Flows {
            into: all.iter().map(|flows| flows.iter().copied().max().unwrap_or(Flow::None)).collect(),
            from_on: (0..net.exits.len()).map(from_on).collect(),
            before: (0..net.exits.len()).map(before).collect(),
        }
    }

    /// Returns the state of the edges out of an exit, to any target.
    fn out(&self, exit: usize) -> Flow {
        self.from_on[exit].first().copied().unwrap_or(Flow::None)
    }

    /// Returns the state on the track just above a row: of edges from exits above to targets from this row on, and of
    /// edges that go up.
    fn above(&self, net: &Net, row: u32) -> Flow {
        let exits = net.exits.partition_point(|exit| *exit < row);
        let targets = net.targets.partition_point(|target| target.entry() < row);
        let down = self.from_on[..exits].iter().map(|on| on[targets]);
        let up = self.before[exits..].iter().map(|before| before[targets]);
        down.chain(up).max().unwrap_or(Flow::None)
    }
}

/// Draws the lines along rows: from the exits to the track, and from the track to the targets, with their arrows.
fn rows_of(painted: &mut Painted, channel: &Channel, net: &Net, flows: &Flows) {
    let (left, end) = (channel.column, channel.column + channel.width);
    let track = net.track.map(|track| left + track);
    for (index, exit) in net.exits.iter().enumerate() {
        painted.along(*exit, left..track.unwrap_or(left), flows.out(index));
    }
    for (target, flow) in net.targets.iter().zip(&flows.into) {
        let from = track.map_or(left, |track| track + 1);
        painted.along(target.entry(), from..end - if target.detour { 2 } else { 0 }, *flow);
        if target.detour {
            painted.along(target.row, end - 1..end, *flow);
        }
        if target.node {
            painted.arrow(end - 1, target.row, *flow);
        }
    }
}

/// Draws the lines along tracks, over lines that only cross them.
fn tracks_of(painted: &mut Painted, channel: &Channel, net: &Net, flows: &Flows) {
    let Some(track) = net.track else { return };
    let sight = (painted.rows.start, painted.rows.end.saturating_sub(1));
    for row in clip(net.span(), sight) {
        let right = net.targets.iter().position(|target| target.entry() == row);
        let left = net.exits.iter().position(|exit| *exit == row);
        let right = right.map_or(Flow::None, |target| flows.into[target]);
        let left = left.map_or(Flow::None, |exit| flows.out(exit));
        let arms = [flows.above(net, row), right, flows.above(net, row + 1), left];
        painted.over(channel.column + track, row, arms);
    }
    let jog = channel.column + channel.width - 2;
    for (target, flow) in net.targets.iter().zip(&flows.into).filter(|(target, _)| target.detour) {
        let known =
            |painted: &Painted, row, arm: usize| painted.cell(jog, row).map_or(Flow::None, |(arms, _)| arms[arm]);
        let up = max(known(painted, target.row + 1, UP), *flow);
        let down = max(known(painted, target.row, DOWN), *flow);
        painted.over(jog, target.row + 1, [up, Flow::None, Flow::None, up]);
        painted.over(jog, target.row, [Flow::None, down, down, Flow::None]);
    }
}
