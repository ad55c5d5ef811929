//! Decides the place of every node: slots in layers, ordered so that few lines cross, and set in rows so that few lines
//! bend.

use std::collections::BTreeMap;
use std::ops::Range;

/// How often all layers are sorted to order the slots, alternately forwards and backwards.
const ORDER_SWEEPS: usize = 4;
/// How often all layers are passed to set the slots in rows.
const ROW_SWEEPS: usize = 3;
/// Weight with which a line that passes a layer stays straight; the weight of a node is 1.
const THROUGH_WEIGHT: f64 = 3.0;

/// An edge that leads to a later layer. Links are sorted by source, then by how far they go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) edge: usize,
    pub(super) from: usize,
    pub(super) to: usize,
}

/// A place with a row of its own in a layer: for a node, or for lines that pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    /// Node of the slot; none if lines of a source only pass here.
    pub(super) node: Option<usize>,
    /// Layer of the slot.
    pub(super) layer: usize,
    /// Links that leave the slot or pass it.
    pub(super) links: Range<usize>,
    /// Slots of the next layer to which the slot's lines lead, with the links of each.
    pub(super) after: Vec<(usize, Range<usize>)>,
    /// Slots of the layer before from which the slot's lines come.
    pub(super) before: Vec<usize>,
    /// Row of the slot, counted in slots from the top.
    pub(super) place: i64,
}

/// The slots of all layers, top first in each layer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Layered {
    pub(super) slots: Vec<Slot>,
    pub(super) layers: Vec<Vec<usize>>,
    pub(super) links: Vec<Link>,
    /// Number of edges that cannot be drawn: they lead back or nowhere, or would take too many slots.
    pub(super) undrawn: usize,
}

/// The most slots that lines take when they pass layers. Beyond it, the long edges of further nodes are omitted and
/// counted.
pub const THROUGH_MAX: usize = 20_000;

/// A node that will be laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// Layer of the node. Edges go to higher layers; layers without nodes are omitted.
    pub layer: u32,
    /// Width of the node in cells.
    pub width: u16,
}

/// An edge: the node `to` needs the node `from`. Both are indices into the list of nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    pub from: usize,
    pub to: usize,
}

/// Gives a slot to every node, and to the lines of a source in every layer that they pass; orders the slots and
/// places them in rows.
pub(super) fn layered(nodes: &[Node], edges: &[Edge]) -> Layered {
    let ranks = ranks(nodes);
    let mut links: Vec<Link> = edges
        .iter()
        .enumerate()
        .filter(|(_, edge)| edge.from < nodes.len() && edge.to < nodes.len() && ranks[edge.from] < ranks[edge.to])
        .map(|(index, edge)| Link { edge: index, from: edge.from, to: edge.to })
        .collect();
    links.sort_by_key(|link| (link.from, ranks[link.to], link.to, link.edge));
    let undrawn = edges.len() - links.len();
    let slot = |(index, layer): (usize, &usize)| Slot {
        node: Some(index),
        layer: *layer,
        links: 0..0,
        after: Vec::new(),
        before: Vec::new(),
        place: 0,
    };
    let slots: Vec<Slot> = ranks.iter().enumerate().map(slot).collect();
    let mut layered = Layered { slots, layers: Vec::new(), links, undrawn };
    layered.connect(&ranks, nodes.len());
    layered.fill_layers();
    layered.order();
    layered.set_rows();
    layered
}

/// Returns the layer of each node, numbered without gaps.
fn ranks(nodes: &[Node]) -> Vec<usize> {
    let mut known: BTreeMap<u32, usize> = nodes.iter().map(|node| (node.layer, 0)).collect();
    known.values_mut().enumerate().for_each(|(rank, slot)| *slot = rank);
    nodes.iter().map(|node| known[&node.layer]).collect()
}

impl Layered {
    /// Leads the lines of every source through the layers. All lines of one source share one slot in each layer they
    /// pass.
    fn connect(&mut self, ranks: &[usize], nodes: usize) {
        let mut begin = 0;
        for source in 0..nodes {
            let count = self.links[begin..].iter().take_while(|link| link.from == source).count();
            let mut all = begin..begin + count;
            begin += count;
            let farthest = all.clone().last().map_or(0, |last| ranks[self.links[last].to]);
            let through = farthest.saturating_sub(ranks[source] + 1);
            if self.slots.len() - nodes + through > THROUGH_MAX {
                let near = all.clone().take_while(|at| ranks[self.links[*at].to] == ranks[source] + 1).count();
                self.undrawn += all.len() - near;
                all.end = all.start + near;
            }
            self.slots[source].links = all.clone();
            self.lead(source, all, ranks);
        }
    }

    fn lead(&mut self, source: usize, mut rest: Range<usize>, ranks: &[usize]) {
        let mut last = source;
        let mut layer = ranks[source];
        while !rest.is_empty() {
            layer += 1;
            while !rest.is_empty() && ranks[self.links[rest.start].to] == layer {
                let to = self.links[rest.start].to;
                let same = rest.clone().take_while(|at| self.links[*at].to == to).count();
                self.join(last, to, rest.start..rest.start + same);
                rest.start += same;
            }
            if !rest.is_empty() {
                let next = self.slots.len();
                let slot =
                    Slot { node: None, layer, links: rest.clone(), after: Vec::new(), before: Vec::new(), place: 0 };
                self.slots.push(slot);
                self.join(last, next, rest.clone());
                last = next;
            }
        }
    }

    fn join(&mut self, from: usize, to: usize, links: Range<usize>) {
        self.slots[from].after.push((to, links));
        self.slots[to].before.push(from);
    }

    fn fill_layers(&mut self) {
        let count = self.slots.iter().map(|slot| slot.layer + 1).max().unwrap_or(0);
        self.layers = vec![Vec::new(); count];
        for (id, slot) in self.slots.iter().enumerate() {
            self.layers[slot.layer].push(id);
        }
    }

    /// Moves each slot to the mean of its neighbours' places, forwards and backwards, a few times.
    fn order(&mut self) {
        let mut places: Vec<f64> = vec![0.0; self.slots.len()];
        let settle = |layer: &[usize], places: &mut Vec<f64>| {
            layer.iter().enumerate().for_each(|(place, id)| places[*id] = place as f64);
        };
        self.layers.iter().for_each(|layer| settle(layer, &mut places));
        for sweep in 0..ORDER_SWEEPS {
            let back = sweep % 2 == 1;
            for step in 0..self.layers.len() {
                let layer = if back { self.layers.len() - 1 - step } else { step };
                let mut ids = std::mem::take(&mut self.layers[layer]);
                let key = |id: &usize| self.wish(*id, back, &places).unwrap_or(places[*id]);
                ids.sort_by(|one, other| key(one).total_cmp(&key(other)));
                settle(&ids, &mut places);
                self.layers[layer] = ids;
            }
        }
    }

    /// Returns the mean of the places of a slot's neighbours in the layer after it, or before it.
    fn wish(&self, id: usize, after: bool, places: &[f64]) -> Option<f64> {
        let slot = &self.slots[id];
        let (sum, count) = match after {
            true => (slot.after.iter().map(|(next, _)| places[*next]).sum::<f64>(), slot.after.len()),
            false => (slot.before.iter().map(|last| places[*last]).sum::<f64>(), slot.before.len()),
        };
        (count > 0).then(|| sum / count as f64)
    }

    /// Moves slots towards their neighbours' rows without changing the order.
    fn set_rows(&mut self) {
        let mut rows: Vec<f64> = vec![0.0; self.slots.len()];
        for layer in &self.layers {
            layer.iter().enumerate().for_each(|(place, id)| rows[*id] = place as f64);
        }
        for sweep in 0..ROW_SWEEPS {
            let back = sweep % 2 == 1;
            for step in 0..self.layers.len() {
                let layer = if back { self.layers.len() - 1 - step } else { step };
                let ids = &self.layers[layer];
                let wishes: Vec<(f64, f64)> = ids
                    .iter()
                    .map(|id| {
                        let weight = if self.slots[*id].node.is_some() { 1.0 } else { THROUGH_WEIGHT };
                        (self.wish(*id, back, &rows).unwrap_or(rows[*id]), weight)
                    })
                    .collect();
                for (id, row) in ids.iter().zip(apart(&wishes)) {
                    rows[*id] = row as f64;
                }
            }
        }
        let least = rows.iter().copied().fold(f64::INFINITY, f64::min);
        for (slot, row) in self.slots.iter_mut().zip(rows) {
            slot.place = (row - least) as i64;
        }
    }
}

/// Returns rows as near as possible to the wished ones (row, weight), each at least one below the one before.
/// Neighbours that would come too close move together, as one block at their mean.
fn apart(wishes: &[(f64, f64)]) -> Vec<i64> {
    // A block: the sum of its members' wishes minus their places in the layer, its weight, and the number of members.
    let mut blocks: Vec<(f64, f64, usize)> = Vec::new();
    for (place, (wish, weight)) in wishes.iter().enumerate() {
        let mut block = ((wish - place as f64) * weight, *weight, 1);
        while let Some(last) = blocks.last().filter(|last| last.0 / last.1 >= block.0 / block.1) {
            block = (last.0 + block.0, last.1 + block.1, last.2 + block.2);
            blocks.pop();
        }
        blocks.push(block);
    }
    let starts = blocks.iter().flat_map(|(sum, weight, count)| std::iter::repeat_n((sum / weight).round(), *count));
    starts.enumerate().map(|(place, start)| start as i64 + place as i64).collect()
}
