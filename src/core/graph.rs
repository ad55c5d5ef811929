//! Searches in graphs, for all that must not wait for itself: parties with locks, tasks, scopes, plans, agents.

use alloc::collections::{BTreeMap, VecDeque};
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

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

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
}
