//! The lines that are in sight, cell by cell. What is out of sight costs a look at its rows and columns at most.

use super::Graph;
use super::route::{Channel, Net, clip};
use std::cmp::{max, min};
use std::ops::Range;

/// How an edge stands. Where lines share a cell, the highest shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flow {
    /// No line.
    #[default]
    None,
    /// What comes first is not done yet.
    Waiting,
    /// It has let the next go on.
    Passed,
    /// The next runs because of it.
    Running,
}

/// A cell's arms: up, right, down, left.
type Arms = [Flow; 4];

const UP: usize = 0;
const RIGHT: usize = 1;
const DOWN: usize = 2;
const LEFT: usize = 3;

/// Characters by arms: up 8, right 4, down 2, left 1. Light ones first, then heavy ones.
const LIGHT: [char; 16] = [' ', '╴', '╷', '╮', '╶', '─', '╭', '┬', '╵', '╯', '│', '┤', '╰', '┴', '├', '┼'];
const HEAVY: [char; 16] = [' ', '╸', '╻', '┓', '╺', '━', '┏', '┳', '╹', '┛', '┃', '┫', '┗', '┻', '┣', '╋'];
/// What a line ends with at a node.
const ARROW: char = '▸';
/// Straight pieces of an edge that waits.
const WAITING: (char, char) = ('╌', '╎');

/// What is in sight of a graph's lines.
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

    /// A cell of a track: it lies over whatever else is there.
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

    /// A cell's arms (up, right, down, left) and whether an arrow stands there.
    pub fn cell(&self, column: u32, row: u32) -> Option<([Flow; 4], Flow)> {
        self.index(column, row).map(|index| (self.arms[index], self.arrows[index]))
    }

    /// A cell's character and how the edge there stands; none where no line is.
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
    /// Paints the lines within these columns and rows of the canvas. `flow` says how an edge stands, by its place in
    /// the list the graph was made of.
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

/// How a net's edges stand.
struct Flows {
    /// Into each target.
    into: Vec<Flow>,
    /// Out of each exit to the targets from one on, so that what goes further down is found at once.
    from_on: Vec<Vec<Flow>>,
    /// Out of each exit to the targets before one.
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

    /// Out of an exit, wherever to.
    fn out(&self, exit: usize) -> Flow {
        self.from_on[exit].first().copied().unwrap_or(Flow::None)
    }

    /// On the track just above a row: what comes down from exits above to targets from there on, and what goes up.
    fn above(&self, net: &Net, row: u32) -> Flow {
        let exits = net.exits.partition_point(|exit| *exit < row);
        let targets = net.targets.partition_point(|target| target.entry() < row);
        let down = self.from_on[..exits].iter().map(|on| on[targets]);
        let up = self.before[exits..].iter().map(|before| before[targets]);
        down.chain(up).max().unwrap_or(Flow::None)
    }
}

/// What runs along rows: the ways out, and the ways in, with their arrows.
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

/// What runs along tracks, over everything that only crosses them.
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
