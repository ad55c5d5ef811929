//! Searches in graphs, for all that must not wait for itself: parties with locks, tasks, scopes, plans, agents.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec;
use alloc::vec::Vec;

/// Returns the shortest way from one node to another, or from a node back to itself: the node that each step leads to,
/// and what `steps` says about that step. None if no way leads there. `steps` returns the steps that lead on from a
/// node.
pub fn shortest_way<Node, Label, Steps>(
    from: Node,
    to: Node,
    mut steps: impl FnMut(Node) -> Steps,
) -> Option<Vec<(Node, Label)>>
where
    Node: Copy + Ord,
    Steps: IntoIterator<Item = (Node, Label)>,
{
    let mut reached_by: BTreeMap<Node, (Node, Label)> = BTreeMap::new();
    let mut open = VecDeque::from([from]);
    while let Some(at) = open.pop_front() {
        for (next, label) in steps(at) {
            if reached_by.contains_key(&next) {
                continue;
            }
            reached_by.insert(next, (at, label));
            if next == to {
                return Some(walked(from, to, reached_by));
            }
            open.push_back(next);
        }
    }
    None
}

fn walked<Node: Copy + Ord, Label>(
    from: Node,
    to: Node,
    mut reached_by: BTreeMap<Node, (Node, Label)>,
) -> Vec<(Node, Label)> {
    let mut way = Vec::new();
    let mut at = to;
    while let Some((before, label)) = reached_by.remove(&at) {
        way.push((at, label));
        at = before;
        if at == from {
            break;
        }
    }
    way.reverse();
    way
}

/// Returns the nodes in an order in which each comes after those that it needs, and the layer of each: 0 if it needs
/// nothing, else one more than the largest layer of what it needs. Nodes on or behind a circle are missing in the order
/// and have no layer. Linear in nodes and edges (Kahn's algorithm, layer by layer). `needs` returns what a node needs,
/// by numbers below `nodes`.
pub fn layers<Needs: IntoIterator<Item = u32>>(
    nodes: u32,
    needs: impl Fn(u32) -> Needs,
) -> (Vec<u32>, Vec<Option<u32>>) {
    let mut behind: Vec<Vec<u32>> = vec![Vec::new(); nodes as usize];
    let mut unmet: Vec<usize> = vec![0; nodes as usize];
    for at in 0..nodes {
        for need in needs(at) {
            unmet[at as usize] += 1;
            if let Some(dependents) = behind.get_mut(need as usize) {
                dependents.push(at);
            }
        }
    }
    let mut layers = vec![None; nodes as usize];
    let mut order = Vec::new();
    let mut layer: Vec<u32> = (0..nodes).filter(|at| unmet[*at as usize] == 0).collect();
    let mut number = 0;
    while !layer.is_empty() {
        let mut next = Vec::new();
        for at in &layer {
            layers[*at as usize] = Some(number);
            for dependent in &behind[*at as usize] {
                unmet[*dependent as usize] -= 1;
                if unmet[*dependent as usize] == 0 {
                    next.push(*dependent);
                }
            }
        }
        next.sort_unstable();
        order.append(&mut layer);
        layer = next;
        number += 1;
    }
    (order, layers)
}

/// Returns circles among the nodes that have no layer, each once, beginning with its smallest node. From each such node
/// one can follow the first need that has no layer either, which leads into a circle; of circles that share a node, one
/// is returned. A node that needs itself is a circle of one.
pub fn circles<Needs: IntoIterator<Item = u32>>(layers: &[Option<u32>], needs: impl Fn(u32) -> Needs) -> Vec<Vec<u32>> {
    let unplaced = |at: u32| layers.get(at as usize).is_some_and(Option::is_none);
    let next = |at: u32| needs(at).into_iter().find(|needed| unplaced(*needed));
    let mut walk: Vec<u32> = vec![0; layers.len()];
    let mut circles = Vec::new();
    for start in (0..layers.len() as u32).filter(|at| unplaced(*at)) {
        let (mut path, mut at) = (Vec::new(), Some(start));
        while let Some(here) = at.filter(|here| walk[*here as usize] == 0) {
            walk[here as usize] = start + 1;
            path.push(here);
            at = next(here);
        }
        if let Some(begin) = path.iter().position(|on_path| at == Some(*on_path)) {
            let mut circle = path.split_off(begin);
            let first = circle.iter().enumerate().min_by_key(|(_, place)| **place).map_or(0, |(index, _)| index);
            circle.rotate_left(first);
            circles.push(circle);
        }
    }
    circles
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_is_the_shortest_and_may_lead_back() {
        let edges = [(1, 2), (2, 3), (3, 4), (4, 1), (1, 3), (5, 1)];
        let steps = |at| edges.into_iter().filter(move |(from, _)| *from == at).map(|(from, to)| (to, from));
        assert_eq!(shortest_way(1, 4, steps), Some(vec![(3, 1), (4, 3)]));
        assert_eq!(shortest_way(1, 1, steps), Some(vec![(3, 1), (4, 3), (1, 4)]));
        assert_eq!(shortest_way(2, 2, steps), Some(vec![(3, 2), (4, 3), (1, 4), (2, 1)]));
        assert_eq!(shortest_way(5, 5, steps), None);
        assert_eq!(shortest_way(1, 5, steps), None);
    }

    #[test]
    fn a_layer_is_one_more_than_that_of_what_it_needs_and_the_rest_goes_in_circles() {
        let graph: [&[u32]; 9] = [&[], &[0], &[0, 1], &[4], &[5, 0], &[3], &[6], &[3], &[1, 7]];
        let needs = |at: u32| graph[at as usize].iter().copied();
        let (order, layers) = layers(9, needs);
        assert_eq!(order, [0, 1, 2]);
        assert_eq!(layers, [Some(0), Some(1), Some(2), None, None, None, None, None, None]);
        assert_eq!(circles(&layers, needs), [vec![3, 4, 5], vec![6]]);
    }
}
