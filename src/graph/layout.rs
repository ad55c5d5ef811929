//! A graph laid out: its layers, and where its nodes are.

use super::order::{Edge, Layered, Link, Node, layered};
use super::route::{Channel, channel};
use std::ops::Range;

/// Rows from one slot to the next: two, so that there is a row between them for detours.
const PITCH: u32 = 2;

/// Place of a node, in cells of the canvas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    pub column: u32,
    pub row: u32,
    pub width: u16,
}

/// A line along a row within a layer: it leaves a node for the layer's edge, or passes the layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) row: u32,
    pub(super) columns: Range<u32>,
    pub(super) links: Range<usize>,
}

/// A layer: its columns and the lines along its rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Layer {
    pub(super) columns: Range<u32>,
    pub(super) runs: Vec<Run>,
    /// Nodes of the layer, top first.
    nodes: Vec<usize>,
}

/// A graph with the place of every node and line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    places: Vec<Place>,
    rank: Vec<usize>,
    pub(super) layers: Vec<Layer>,
    pub(super) channels: Vec<Channel>,
    pub(super) links: Vec<Link>,
    /// Size of the canvas: columns and rows.
    pub size: (u32, u32),
    /// Number of edges that are not drawn: they lead back or nowhere, or there are too many long ones.
    pub undrawn: usize,
}

/// The direction from a node to its neighbour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Towards {
    Up,
    Down,
    Left,
    Right,
}

impl Graph {
    /// Lays out a graph. Every input is accepted: edges that cannot be drawn are counted.
    pub fn new(nodes: &[Node], edges: &[Edge]) -> Graph {
        let layered = layered(nodes, edges);
        let row = |id: usize| u32::try_from(layered.slots[id].place).unwrap_or(0) * PITCH;
        let mut graph = Graph {
            places: vec![Place::default(); nodes.len()],
            rank: layered.slots.iter().take(nodes.len()).map(|slot| slot.layer).collect(),
            links: layered.links.clone(),
            undrawn: layered.undrawn,
            ..Graph::default()
        };
        let mut column = 0;
        for layer in 0..layered.layers.len() {
            let laid = graph.lay(&layered, layer, column, nodes, row);
            column = laid.columns.end;
            graph.layers.push(laid);
            if layer + 1 < layered.layers.len() {
                let channel = Channel { column, ..channel(&layered, layer, row) };
                column += channel.width;
                graph.channels.push(channel);
            }
        }
        let ends = graph.channels.iter().flat_map(|channel| &channel.nets).map(|net| net.span().1 + 1);
        let rows = layered.layers.iter().flatten().map(|id| row(*id) + 1).chain(ends).max().unwrap_or(0);
        graph.size = (column, rows);
        graph
    }

    fn lay(
        &mut self,
        layered: &Layered,
        layer: usize,
        column: u32,
        nodes: &[Node],
        row: impl Fn(usize) -> u32,
    ) -> Layer {
        let ids = &layered.layers[layer];
        let width = |id: &usize| layered.slots[*id].node.map_or(0, |node| u32::from(nodes[node].width) + 1);
        let end = column + ids.iter().map(width).max().unwrap_or(0).max(1);
        let mut laid = Layer { columns: column..end, ..Layer::default() };
        for id in ids {
            let slot = &layered.slots[*id];
            if let Some(node) = slot.node {
                self.places[node] = Place { column, row: row(*id), width: nodes[node].width };
                laid.nodes.push(node);
            }
            if !slot.after.is_empty() {
                laid.runs.push(Run { row: row(*id), columns: column + width(id)..end, links: slot.links.clone() });
            }
        }
        laid
    }

    /// Returns the place of a node on the canvas.
    pub fn place(&self, node: usize) -> Place {
        self.places.get(node).copied().unwrap_or_default()
    }

    /// Returns the nodes of which some part is within these columns and rows.
    pub fn nodes_within(&self, columns: Range<u32>, rows: Range<u32>) -> impl Iterator<Item = usize> {
        let layers = self
            .layers
            .iter()
            .filter(move |layer| layer.columns.start < columns.end && columns.start < layer.columns.end);
        layers.flat_map(move |layer| {
            let from = layer.nodes.partition_point(|node| self.places[*node].row < rows.start);
            let rows = rows.clone();
            layer.nodes[from..].iter().copied().take_while(move |node| self.places[*node].row < rows.end)
        })
    }

    /// Returns the node at a cell of the canvas.
    pub fn node_at(&self, column: u32, row: u32) -> Option<usize> {
        self.nodes_within(column..column + 1, row..row + 1).find(|node| {
            let place = self.places[*node];
            (place.column..place.column + u32::from(place.width)).contains(&column)
        })
    }

    /// Returns the neighbour of a node: the one above or below in its layer, or the nearest in the layer beside it.
    pub fn next(&self, node: usize, towards: Towards) -> Option<usize> {
        let rank = *self.rank.get(node)?;
        let own = &self.layers[rank].nodes;
        let place = own.iter().position(|other| *other == node)?;
        match towards {
            Towards::Up => place.checked_sub(1).map(|above| own[above]),
            Towards::Down => own.get(place + 1).copied(),
            Towards::Left => self.nearest(rank.checked_sub(1)?, node),
            Towards::Right => self.nearest(rank + 1, node),
        }
    }

    fn nearest(&self, rank: usize, node: usize) -> Option<usize> {
        let row = self.places[node].row;
        let nodes = &self.layers.get(rank)?.nodes;
        nodes.iter().copied().min_by_key(|other| self.places[*other].row.abs_diff(row))
    }
}
