//! Draws a plan as text, as Mermaid and as DOT, without any input or output.

use super::drawn::{Drawn, DrawnEdge, DrawnNode, look, word};
use crate::api::states::Look;
use crate::api::tasks::TaskState;
use crate::graph::{Class, Edge, Flow, Graph, NAME_COLUMNS_MAX, Node, Piece};
use crate::report::color::Colors;
use crate::report::output::{Tone, painted};

/// The width of a drawing that goes into a pipe, in columns. Beyond it, the plan is drawn as a list of layers.
pub(super) const COLUMNS_MAX: usize = 160;

/// The most nodes that are drawn with lines; nobody can follow the lines of more nodes. Beyond it, the plan is drawn as
/// a list of layers.
const NODES_MAX: usize = 80;

/// Returns the dashboard's picture, with whole names if they fit, else with long ones cut; if it still does not fit, a
/// list by layers. What the signs and lines mean is below it.
pub(super) fn text(drawn: &Drawn, columns: usize, colors: Colors) -> Vec<String> {
    // The last column of a graph is that behind its last node.
    let fits = |graph: &Graph| graph.size.0 as usize <= columns + 1;
    let graphs = [u16::MAX, NAME_COLUMNS_MAX].into_iter().map(|name_columns_max| graph(drawn, name_columns_max));
    let graph = graphs.take(if drawn.nodes.len() <= NODES_MAX { 2 } else { 0 }).find(fits);
    let mut lines = graph.as_ref().map_or_else(|| layers(drawn, colors), |graph| picture(drawn, graph, colors));
    lines.push(String::new());
    let present = |state: &Option<TaskState>| drawn.nodes.iter().any(|node| node.state == *state);
    let legend = states().filter(present).map(|state| format!("{} {}", sign(state, colors), word(state)));
    lines.push(legend.collect::<Vec<_>>().join("   "));
    let is_running = drawn.edges.iter().any(|edge| edge.flow != Flow::Passed);
    if graph.is_some() && is_running {
        lines.push(Flow::ALL.map(|flow| painted(flow.legend(), tone(flow), colors)).join("   "));
    }
    lines
}

/// Returns the states that a node can have, in the order of the legend.
fn states() -> impl Iterator<Item = Option<TaskState>> {
    std::iter::once(None).chain(TaskState::ALL.iter().copied().map(Some))
}

/// Returns the sign of a node's state in its colour, the same sign as on the dashboard.
fn sign(state: Option<TaskState>, colors: Colors) -> String {
    painted(look(state).sign(), look(state), colors)
}

fn tone(flow: Flow) -> Tone {
    match flow {
        Flow::Running => Tone::Notable,
        Flow::Passed | Flow::None => Tone::Plain,
        Flow::Waiting => Tone::Faint,
    }
}

fn graph(drawn: &Drawn, name_columns_max: u16) -> Graph {
    let nodes = drawn.nodes.iter().map(|node| Node::named(node.layer, &node.name, name_columns_max));
    let edges = drawn.edges.iter().map(|edge| Edge { from: edge.from, to: edge.to });
    Graph::new(&nodes.collect::<Vec<_>>(), &edges.collect::<Vec<_>>())
}

fn picture(drawn: &Drawn, graph: &Graph, colors: Colors) -> Vec<String> {
    let (columns, rows) = graph.size;
    let node = |at: usize| (look(drawn.nodes[at].state), drawn.nodes[at].name.as_str());
    let rows = graph.picture(0..columns, 0..rows, node, |edge| drawn.edges[edge].flow);
    let tone = |class: Class| match class {
        Class::Blank | Class::Name(_) => Tone::Plain,
        Class::Line(flow) => tone(flow),
        Class::Sign(at) => look(drawn.nodes[at].state).into(),
    };
    let line = |row: &Vec<Piece>| {
        let pieces = row.iter().map(|piece| painted(&piece.text, tone(piece.class), colors));
        pieces.collect::<String>().trim_end().to_owned()
    };
    rows.iter().map(line).chain(conditions(drawn)).collect()
}

/// Returns the edges with a condition, which the picture does not show.
fn conditions(drawn: &Drawn) -> Vec<String> {
    let name = |at: usize| drawn.nodes[at].name.as_str();
    let of = |edge: &DrawnEdge| edge.when.map(|when| format!("{} when {when}({})", name(edge.to), name(edge.from)));
    let conditions: Vec<String> = drawn.edges.iter().filter_map(of).collect();
    if conditions.is_empty() { Vec::new() } else { std::iter::once(String::new()).chain(conditions).collect() }
}

/// Returns a line for each node, layer by layer, with the node's dependencies.
fn layers(drawn: &Drawn, colors: Colors) -> Vec<String> {
    let mut needs: Vec<Vec<String>> = vec![Vec::new(); drawn.nodes.len()];
    for edge in &drawn.edges {
        let from = &drawn.nodes[edge.from].name;
        needs[edge.to].push(edge.when.map_or_else(|| from.clone(), |when| format!("{when}({from})")));
    }
    let mut lines = Vec::new();
    let mut layer = None;
    for (node, needs) in drawn.nodes.iter().zip(&needs) {
        if layer != Some(node.layer) {
            lines.push(format!("layer {}", node.layer));
            layer = Some(node.layer);
        }
        lines.push(format!("  {} {}{}", sign(node.state, colors), node.name, behind(needs)));
    }
    lines
}

fn behind(needs: &[String]) -> String {
    /// The number of dependencies that are named for one node. Beyond it, the rest is counted.
    const NAMED_MAX: usize = 5;
    let more = needs.len().saturating_sub(NAMED_MAX);
    let named = needs.iter().take(NAMED_MAX).cloned().collect::<Vec<_>>().join(", ");
    match (needs.is_empty(), more) {
        (true, _) => String::new(),
        (false, 0) => format!("  ← {named}"),
        (false, more) => format!("  ← {named} and {more} more"),
    }
}

/// Returns the plan as a Mermaid flowchart (<https://mermaid.js.org/syntax/flowchart.html>).
pub(super) fn mermaid(drawn: &Drawn) -> Vec<String> {
    let label = |node: &DrawnNode| node.name.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
    let nodes = drawn.nodes.iter().enumerate();
    let nodes = nodes.map(|(at, node)| format!("  n{at}[\"{}\"]:::{}", label(node), word(node.state)));
    let edges = drawn.edges.iter().map(|DrawnEdge { from, to, when, .. }| match when {
        None => format!("  n{from} --> n{to}"),
        Some(when) => format!("  n{from} -. {when} .-> n{to}"),
    });
    let colors = states().filter_map(|state| color(state).map(|color| (word(state), color)));
    let classes = colors.map(|(word, color)| format!("  classDef {word} fill:{color},color:#000"));
    std::iter::once("flowchart TD".to_owned()).chain(nodes).chain(edges).chain(classes).collect()
}

/// Returns the plan in Graphviz's language DOT (<https://graphviz.org/doc/info/lang.html>).
pub(super) fn dot(drawn: &Drawn) -> Vec<String> {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let nodes = drawn.nodes.iter().enumerate().map(|(at, node)| {
        let fill = color(node.state).map(|color| format!(", style=filled, fillcolor={}", quoted(color)));
        format!("  n{at} [label={}{}];", quoted(&node.name), fill.unwrap_or_default())
    });
    let edges = drawn.edges.iter().map(|DrawnEdge { from, to, when, .. }| match when {
        None => format!("  n{from} -> n{to};"),
        Some(when) => format!("  n{from} -> n{to} [style=dashed, label={}];", quoted(when)),
    });
    let head = [format!("digraph {} {{", quoted(&drawn.name)), "  node [shape=box];".to_owned()];
    head.into_iter().chain(nodes).chain(edges).chain(["}".to_owned()]).collect()
}

fn color(state: Option<TaskState>) -> Option<&'static str> {
    match look(state) {
        Look::Working | Look::Verifying => Some("#8ecae6"),
        Look::Done => Some("#a7d99a"),
        Look::Failed => Some("#f4978e"),
        Look::Cancelled => Some("#d0d0d0"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str, layer: u32, state: Option<TaskState>) -> DrawnNode {
        DrawnNode { name: name.into(), layer, state }
    }

    fn edge(from: usize, to: usize, when: Option<&'static str>, flow: Flow) -> DrawnEdge {
        DrawnEdge { from, to, when, flow }
    }

    fn drawn() -> Drawn {
        Drawn {
            name: "ci \"x\"".into(),
            nodes: vec![
                node("build", 0, Some(TaskState::Done)),
                node("test[1]", 1, Some(TaskState::Failed)),
                node("test[2]", 1, Some(TaskState::Running)),
                node("fix", 2, Some(TaskState::Queued)),
                node("report \"all\"", 2, None),
            ],
            edges: vec![
                edge(0, 1, None, Flow::Passed),
                edge(0, 2, None, Flow::Running),
                edge(1, 3, Some("failed"), Flow::Passed),
                edge(1, 4, Some("settled"), Flow::Waiting),
                edge(2, 4, Some("settled"), Flow::Waiting),
            ],
        }
    }

    #[test]
    fn a_plan_is_drawn_with_lines_and_by_layers_where_those_are_too_wide() {
        insta::assert_snapshot!(text(&drawn(), 100, Colors::Plain).join("\n"));
        insta::assert_snapshot!(text(&drawn(), 20, Colors::Plain).join("\n"));
    }

    #[test]
    fn a_long_name_is_cut_before_the_lines_are_given_up() {
        let long = "a-name-that-is-longer-than-most-of-all-names";
        let mut drawn = drawn();
        drawn.nodes[1].name = long.into();
        assert!(text(&drawn, 100, Colors::Plain)[0].contains(long), "it has room");
        let lines = text(&drawn, 60, Colors::Plain);
        assert!(lines[0].contains("✗ a-name-that-is-longer-t…"), "{lines:?}");
        assert!(lines.iter().skip(3).any(|line| line.contains(long)), "the conditions name it whole: {lines:?}");
    }

    #[test]
    fn colours_change_no_column() {
        let plain = text(&drawn(), 100, Colors::Plain);
        let strip = |line: &String| anstream::adapter::strip_str(line).to_string();
        let coloured: Vec<String> = text(&drawn(), 100, Colors::Shown).iter().map(strip).collect();
        assert_eq!(plain, coloured);
    }

    #[test]
    fn mermaid_and_dot_are_escaped() {
        insta::assert_snapshot!(mermaid(&drawn()).join("\n"));
        insta::assert_snapshot!(dot(&drawn()).join("\n"));
    }
}
