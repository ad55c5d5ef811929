//! Routes lines from one layer to the next: out of a slot to the right, up or down on a track, and in from the left.
//!
//! ```text
//!  a ──╮  ╭─▸ c      Slots that lead to the same places share a net; a net has one track at most, and nets on the same
//!  b ──┤──╯          track do not meet. A line that crosses another goes below it. One that joins another on its
//!      ╰────▸ d      way into the same node curves into it. Where a net's way in would cover another's way out, it
//!                    goes one row lower and up again just before the node.
//! ```

use super::order::Layered;
use std::cmp::{max, min};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Columns of a channel beside its tracks: one before them, and those of the detour and the arrow after them.
const EDGES_COLUMNS: u32 = 3;

/// The lines of all slots that lead to the same targets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Net {
    /// Rows of the slots that the lines leave, top first.
    pub(super) exits: Vec<u32>,
    /// Column of the net's track, counted from the channel's left; none for a straight line.
    pub(super) track: Option<u32>,
    /// Targets to which the lines lead, top first.
    pub(super) targets: Vec<Target>,
}

/// A target of a net: a slot of the next layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// Row of the target's slot.
    pub(super) row: u32,
    /// Whether the line comes in one row lower and goes up again before the slot.
    pub(super) detour: bool,
    /// Whether the target is a node, and not only a place where lines pass.
    pub(super) node: bool,
    /// Links that lead to the target, from each exit.
    pub(super) links: Vec<Range<usize>>,
}

/// The columns between two layers, in which lines run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Channel {
    /// First column of the channel on the canvas.
    pub(super) column: u32,
    /// Number of columns of the channel.
    pub(super) width: u32,
    /// Nets that run in the channel.
    pub(super) nets: Vec<Net>,
}

impl Target {
    /// Returns the row on which the line leaves the track.
    pub(super) fn entry(&self) -> u32 {
        self.row + u32::from(self.detour)
    }
}

impl Net {
    /// Returns the first and the last row of the net's track.
    pub(super) fn span(&self) -> (u32, u32) {
        let rows = || self.targets.iter().map(Target::entry).chain(self.exits.iter().copied());
        (rows().min().unwrap_or(0), rows().max().unwrap_or(0))
    }
}

/// Returns the channel after a layer. `row` returns the row of a slot on the canvas.
pub(super) fn channel(layered: &Layered, layer: usize, row: impl Fn(usize) -> u32) -> Channel {
    let mut shared: BTreeMap<Vec<usize>, Vec<usize>> = BTreeMap::new();
    for id in layered.layers[layer].iter().filter(|id| !layered.slots[**id].after.is_empty()) {
        let mut ends: Vec<usize> = layered.slots[*id].after.iter().map(|(to, _)| *to).collect();
        ends.sort_by_key(|to| row(*to));
        shared.entry(ends).or_default().push(*id);
    }
    let links = |from: usize, to: usize| -> Range<usize> {
        let mut ways = layered.slots[from].after.iter();
        ways.find(|(end, _)| *end == to).map_or(0..0, |(_, links)| links.clone())
    };
    let target = |from: &[usize], to: usize| Target {
        row: row(to),
        detour: false,
        node: layered.slots[to].node.is_some(),
        links: from.iter().map(|from| links(*from, to)).collect(),
    };
    let net = |(ends, from): (&Vec<usize>, &Vec<usize>)| Net {
        exits: from.iter().map(|from| row(*from)).collect(),
        track: None,
        targets: ends.iter().map(|to| target(from, *to)).collect(),
    };
    let mut nets: Vec<Net> = shared.iter().map(net).collect();
    nets.sort_by_key(|net| net.exits.first().copied());
    let tracks = lay_tracks(&mut nets);
    Channel { column: 0, width: tracks + EDGES_COLUMNS, nets }
}

/// Gives every net with a bend a track. Returns the number of tracks.
fn lay_tracks(nets: &mut [Net]) -> u32 {
    let bends = |net: &Net| net.targets.iter().any(|target| net.exits.iter().any(|exit| *exit != target.row));
    let bent = nets.iter().enumerate().filter(|(_, net)| bends(net));
    let exits: BTreeMap<u32, usize> =
        bent.flat_map(|(index, net)| net.exits.iter().map(move |exit| (*exit, index))).collect();
    // A net that leaves on a row must come before all nets that enter on that row.
    let before = |index: usize| -> Vec<usize> {
        let rows = nets[index].targets.iter().map(|target| target.row);
        let others: BTreeSet<usize> = rows.filter_map(|row| exits.get(&row).copied()).collect();
        others.into_iter().filter(|other| *other != index).collect()
    };
    let needs: BTreeMap<usize, Vec<usize>> = exits.values().map(|index| (*index, before(*index))).collect();
    let mut taken: Vec<Vec<(u32, u32)>> = Vec::new();
    let mut laid: BTreeMap<usize, usize> = BTreeMap::new();
    for index in in_turn(&needs) {
        let net = &nets[index];
        // The span is one row longer than it may have to be: detours are decided when all tracks are known.
        let (top, bottom) = net.span();
        let span = (top, bottom + u32::from(!needs[&index].is_empty()));
        let least = needs[&index].iter().filter_map(|other| laid.get(other)).map(|track| track + 1).max();
        let free = |track: &usize| taken[*track].iter().all(|other| span.1 < other.0 || other.1 < span.0);
        let track = (least.unwrap_or(0)..taken.len()).find(free).unwrap_or_else(|| {
            let next = max(taken.len(), least.unwrap_or(0));
            taken.resize(next + 1, Vec::new());
            next
        });
        taken[track].push(span);
        laid.insert(index, track);
    }
    for (index, track) in &laid {
        nets[*index].track = Some(*track as u32 + 1);
        for target in &mut nets[*index].targets {
            let upon = exits.get(&target.row).filter(|other| *other != index);
            target.detour = upon.is_some_and(|other| laid[other] > *track);
        }
    }
    taken.len() as u32
}

/// Returns the nets so that each comes after those it needs; in a circle, the net with the fewest open needs comes
/// first.
fn in_turn(needs: &BTreeMap<usize, Vec<usize>>) -> Vec<usize> {
    let mut open: BTreeMap<usize, usize> = needs.iter().map(|(index, needs)| (*index, needs.len())).collect();
    let mut wanted_by: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, needs) in needs {
        needs.iter().for_each(|need| wanted_by.entry(*need).or_default().push(*index));
    }
    let mut turn = Vec::with_capacity(needs.len());
    while let Some(next) = open.iter().min_by_key(|(index, count)| (**count, **index)).map(|(index, _)| *index) {
        open.remove(&next);
        for waiting in wanted_by.get(&next).into_iter().flatten() {
            if let Some(count) = open.get_mut(waiting) {
                *count = count.saturating_sub(1);
            }
        }
        turn.push(next);
    }
    turn
}

/// Returns the rows of a range that are within another range.
pub(super) fn clip(rows: (u32, u32), within: (u32, u32)) -> impl Iterator<Item = u32> {
    max(rows.0, within.0)..=min(rows.1, within.1)
}
