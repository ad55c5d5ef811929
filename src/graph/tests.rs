//! Tests that lines lead where edges do, and touch no node.

use super::order::{Edge, Node};
use super::{Flow, Graph, Painted, Towards};
use crate::api::states::Look;
use crate::fit::part;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::ops::Range;

/// Returns nodes in the layers that the edges require.
fn with_layers(widths: &[u16], edges: &[Edge]) -> Vec<Node> {
    let mut layers = vec![0u32; widths.len()];
    for _ in 0..widths.len() {
        for edge in edges {
            layers[edge.to] = layers[edge.to].max(layers[edge.from] + 1);
        }
    }
    layers.iter().zip(widths).map(|(layer, width)| Node { layer: *layer, width: *width }).collect()
}

fn whole(graph: &Graph, flow: impl Fn(usize) -> Flow) -> Painted {
    graph.paint(0..graph.size.0, 0..graph.size.1, flow)
}

/// The rows of a picture in which every node has the same look.
fn text(graph: &Graph, columns: Range<u32>, names: &[&str], flow: impl Fn(usize) -> Flow) -> Vec<String> {
    let picture = graph.picture(columns, 0..graph.size.1, |node| (Look::Done, names[node]), flow);
    picture.iter().map(|row| row.iter().map(|piece| piece.text.as_str()).collect()).collect()
}

/// Follows a line as the eye does: to the right, or along a track, never back, and not into lines that it crosses.
fn reached(graph: &Graph, painted: &Painted, from: usize) -> BTreeSet<usize> {
    let place = graph.place(from);
    let mut seen = BTreeSet::new();
    let mut found = BTreeSet::new();
    let mut open = vec![(place.column + u32::from(place.width) + 1, place.row, Towards::Right)];
    while let Some((column, row, going)) = open.pop() {
        if !seen.insert((column, row, going as u8)) {
            continue;
        }
        let Some((arms, arrow)) = painted.cell(column, row) else { continue };
        if arrow > Flow::None {
            let node = graph.node_at(column + 1, row).expect("an arrow points at a node");
            found.insert(node);
            continue;
        }
        let [up, right, down, left] = arms.map(|arm| arm > Flow::None);
        let turns = [
            (Towards::Up, up && (going == Towards::Up || going == Towards::Right && left)),
            (Towards::Down, down && (going == Towards::Down || going == Towards::Right && left)),
            // A line that is crossed continues below the crossing one.
            (Towards::Right, right || going == Towards::Right && up && down && !left),
        ];
        for (towards, _) in turns.into_iter().filter(|(_, may)| *may) {
            match towards {
                Towards::Up => open.extend(row.checked_sub(1).map(|row| (column, row, towards))),
                Towards::Down => open.push((column, row + 1, towards)),
                _ => open.push((column + 1, row, towards)),
            }
        }
    }
    found
}

fn sound(nodes: &[Node], edges: &[Edge]) -> Result<(), TestCaseError> {
    let graph = Graph::new(nodes, edges);
    prop_assert_eq!(graph.undrawn, 0);
    let painted = whole(&graph, |_| Flow::Passed);
    for (index, node) in nodes.iter().enumerate() {
        let place = graph.place(index);
        prop_assert!(place.column + u32::from(place.width) <= graph.size.0 && place.row < graph.size.1);
        for column in place.column..place.column + u32::from(node.width) {
            prop_assert_eq!(painted.character(column, place.row), None, "a line runs through node {}", index);
            prop_assert_eq!(graph.node_at(column, place.row), Some(index), "two nodes stand at the same place");
        }
        let wanted: BTreeSet<usize> = edges.iter().filter(|edge| edge.from == index).map(|edge| edge.to).collect();
        prop_assert_eq!(reached(&graph, &painted, index), wanted, "lines from node {}", index);
    }
    Ok(())
}

fn dags() -> impl Strategy<Value = (Vec<Node>, Vec<Edge>)> {
    (1usize..14).prop_flat_map(|count| {
        let widths = prop::collection::vec(1u16..9, count);
        let edges = prop::collection::vec((0..count, 0..count), 0..28);
        (widths, edges).prop_map(|(widths, pairs)| {
            let forward = pairs.into_iter().filter(|(from, to)| from != to);
            let edges: Vec<Edge> =
                forward.map(|(one, other)| Edge { from: one.min(other), to: one.max(other) }).collect();
            (with_layers(&widths, &edges), edges)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn lines_lead_where_edges_do_and_touch_no_node((nodes, edges) in dags()) {
        sound(&nodes, &edges)?;
    }

    /// Input may come from a supervisor of another version, or from a bug in it: nothing panics, and what is not drawn
    /// is counted.
    #[test]
    fn whatever_comes_is_laid_out(
        layers in prop::collection::vec((any::<u32>(), 0u16..30), 0..9),
        edges in prop::collection::vec((0usize..12, 0usize..12), 0..20),
    ) {
        let nodes: Vec<Node> = layers.iter().map(|(layer, width)| Node { layer: *layer, width: *width }).collect();
        let edges: Vec<Edge> = edges.iter().map(|(from, to)| Edge { from: *from, to: *to }).collect();
        let graph = Graph::new(&nodes, &edges);
        let drawn = |edge: &&Edge| {
            let layer = |node: usize| nodes.get(node).map(|node| node.layer);
            layer(edge.from).zip(layer(edge.to)).is_some_and(|(from, to)| from < to)
        };
        prop_assert_eq!(graph.undrawn, edges.len() - edges.iter().filter(drawn).count());
    }
}

/// A part of the canvas looks the same, whether all of it is drawn or only that part.
#[test]
fn a_part_shows_what_the_whole_shows_there() {
    let edges: Vec<Edge> =
        [(0, 1), (0, 2), (0, 3), (1, 4), (2, 4), (3, 5), (0, 5), (4, 5)].map(|(from, to)| Edge { from, to }).into();
    let nodes = with_layers(&[5; 6], &edges);
    let graph = Graph::new(&nodes, &edges);
    let flow = |edge| if edge == 1 { Flow::Running } else { Flow::Waiting };
    let all = whole(&graph, flow);
    for column in 0..graph.size.0 {
        for row in 0..graph.size.1 {
            let part = graph.paint(column..column + 1, row..row + 1, flow);
            assert_eq!(part.character(column, row), all.character(column, row), "{column},{row}");
        }
    }
}

#[test]
fn a_plan_is_drawn_as_people_would() {
    let names = ["fetch", "lint", "build", "test", "pack", "report"];
    let edges: Vec<Edge> =
        [(0, 1), (0, 2), (0, 3), (1, 4), (2, 4), (3, 4), (4, 5), (0, 5)].map(|(from, to)| Edge { from, to }).into();
    let nodes = with_layers(&names.map(|name| Node::named(0, name, 24).width), &edges);
    let flow = |edge| match edge {
        0 => Flow::Passed,
        1 => Flow::Running,
        _ => Flow::Waiting,
    };
    let graph = Graph::new(&nodes, &edges);
    let rows = text(&graph, 0..graph.size.0, &names, flow);
    insta::assert_snapshot!(rows.iter().map(|row| row.trim_end()).collect::<Vec<_>>().join("\n"));
}

/// Wherever the picture is cut, its rows are as wide as the columns, and show what the whole shows there.
#[test]
fn a_picture_can_be_cut_anywhere() {
    let names = ["日本語", "short", "a-name-that-is-cut", ""];
    let edges = [(0, 1), (0, 2), (1, 3), (2, 3)].map(|(from, to)| Edge { from, to });
    let nodes = with_layers(&names.map(|name| Node::named(0, name, 9).width), &edges);
    let graph = Graph::new(&nodes, &edges);
    let whole = text(&graph, 0..graph.size.0, &names, |_| Flow::Passed);
    assert!(whole.iter().any(|row| row.contains("✓ a-name-t…")), "{whole:?}");
    for from in 0..graph.size.0 {
        for to in from..=graph.size.0 {
            let cut = text(&graph, from..to, &names, |_| Flow::Passed);
            let expected: Vec<String> = whole.iter().map(|row| part(row, from as u16..to as u16)).collect();
            assert_eq!(cut, expected, "{from}..{to}");
        }
    }
}

#[test]
fn a_thousand_nodes_are_laid_out_at_once() {
    let edges: Vec<Edge> = (0..1_000usize)
        .flat_map(|to| (1..=5).filter_map(move |back| to.checked_sub(back * 17).map(|from| Edge { from, to })))
        .collect();
    let nodes = with_layers(&[12; 1_000], &edges);
    let begin = std::time::Instant::now();
    let graph = Graph::new(&nodes, &edges);
    let laid = begin.elapsed();
    let begin = std::time::Instant::now();
    for _ in 0..100 {
        graph.picture(300..500, 20..70, |_| (Look::Done, "node"), |_| Flow::Passed);
    }
    let painted = begin.elapsed() / 100;
    println!("1,000 nodes, {} edges: laid out in {laid:?}, a screen painted in {painted:?}", edges.len());
    assert!(laid.as_millis() < 1_000 && painted.as_millis() < 50, "{laid:?} {painted:?}");
}
