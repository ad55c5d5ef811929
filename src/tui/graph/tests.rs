//! Tests that lines lead where edges do, and touch no node.

use super::order::{Edge, Node};
use super::{Flow, Graph, Painted, Towards};
use proptest::prelude::*;
use std::collections::BTreeSet;

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

fn text(graph: &Graph, names: &[&str], flow: impl Fn(usize) -> Flow) -> String {
    let painted = whole(graph, flow);
    let mut lines = Vec::new();
    for row in 0..graph.size.1 {
        let mut line = String::new();
        let mut column = 0;
        while column < graph.size.0 {
            match graph.node_at(column, row) {
                Some(node) => {
                    line.push_str(names[node]);
                    column += u32::from(graph.place(node).width);
                }
                None => {
                    line.push(painted.character(column, row).map_or(' ', |(character, _)| character));
                    column += 1;
                }
            }
        }
        lines.push(line.trim_end().to_owned());
    }
    lines.join("\n")
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
            // A line that is crossed continues beneath the crossing one.
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
    let nodes = with_layers(&names.map(|name| name.len() as u16), &edges);
    let flow = |edge| match edge {
        0 => Flow::Passed,
        1 => Flow::Running,
        _ => Flow::Waiting,
    };
    insta::assert_snapshot!(text(&Graph::new(&nodes, &edges), &names, flow));
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
        graph.paint(300..500, 20..70, |_| Flow::Passed);
    }
    let painted = begin.elapsed() / 100;
    println!("1,000 nodes, {} edges: laid out in {laid:?}, a screen painted in {painted:?}", edges.len());
    assert!(laid.as_millis() < 1_000 && painted.as_millis() < 50, "{laid:?} {painted:?}");
}
