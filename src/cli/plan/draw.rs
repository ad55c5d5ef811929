//! Draws a plan as text, as Mermaid and as DOT, without any input or output.

use super::drawn::{Drawn, DrawnNode, look, word};
use crate::api::states::Look;
use crate::api::tasks::TaskState;
use crate::tui::graph::{Edge, Flow, Graph, Node};
use crate::tui::view::agents::letter;
use unicode_width::UnicodeWidthStr;

/// The width of a drawing that goes into a pipe, in columns. Beyond it, the plan is drawn as a list of layers.
pub(super) const COLUMNS_MAX: usize = 160;

/// The most nodes that are drawn with lines; nobody can follow the lines of more nodes. Beyond it, the plan is drawn as
/// a list of layers.
const NODES_MAX: usize = 80;

/// Nodes and lines where that fits, else a list by layers; below it what the signs mean.
pub(super) fn text(drawn: &Drawn, columns: usize) -> Vec<String> {
    let picture = (drawn.nodes.len() <= NODES_MAX).then(|| picture(drawn));
    let fits = |lines: &Vec<String>| lines.iter().all(|line| UnicodeWidthStr::width(line.as_str()) <= columns);
    let mut lines = picture.filter(fits).unwrap_or_else(|| layers(drawn));
    let present = |state: &Option<TaskState>| drawn.nodes.iter().any(|node| node.state == *state);
    let legend: Vec<String> =
        states().filter(present).map(|state| format!("{} {}", letter(look(state)), word(state))).collect();
    lines.push(String::new());
    lines.push(legend.join("   "));
    lines
}

/// Returns the states that a node can have, in the order of the legend.
fn states() -> impl Iterator<Item = Option<TaskState>> {
    std::iter::once(None).chain(TaskState::ALL.iter().copied().map(Some))
}

fn picture(drawn: &Drawn) -> Vec<String> {
    let labels: Vec<String> = drawn.nodes.iter().map(|node| format!("{} {}", node.sign(), node.name)).collect();
    let width = |label: &String| u16::try_from(UnicodeWidthStr::width(label.as_str())).unwrap_or(u16::MAX);
    let nodes: Vec<Node> =
        drawn.nodes.iter().zip(&labels).map(|(node, label)| Node { layer: node.layer, width: width(label) }).collect();
    let edges: Vec<Edge> = drawn.edges.iter().map(|&(from, to, _)| Edge { from, to }).collect();
    let graph = Graph::new(&nodes, &edges);
    let (columns, rows) = graph.size;
    let lines = graph.paint(0..columns, 0..rows, |_| Flow::Passed);
    let cell = |column, row| match graph.node_at(column, row) {
        Some(node) if graph.place(node).column == column => labels[node].clone(),
        Some(_) => String::new(),
        None => lines.character(column, row).map_or(' ', |(character, _)| character).to_string(),
    };
    let line = |row| (0..columns).map(|column| cell(column, row)).collect::<String>().trim_end().to_owned();
    (0..rows).map(line).chain(conditions(drawn)).collect()
}

/// Returns the edges with a condition, which the picture does not show.
fn conditions(drawn: &Drawn) -> Vec<String> {
    let name = |at: usize| drawn.nodes[at].name.as_str();
    let of = |(from, to, when): &(usize, usize, Option<&str>)| {
        when.map(|when| format!("{} when {when}({})", name(*to), name(*from)))
    };
    let conditions: Vec<String> = drawn.edges.iter().filter_map(of).collect();
    if conditions.is_empty() { Vec::new() } else { std::iter::once(String::new()).chain(conditions).collect() }
}

/// Returns a line for each node, layer by layer, with the node's dependencies.
fn layers(drawn: &Drawn) -> Vec<String> {
    let mut needs: Vec<Vec<String>> = vec![Vec::new(); drawn.nodes.len()];
    for (from, to, when) in &drawn.edges {
        let from = &drawn.nodes[*from].name;
        needs[*to].push(when.map_or_else(|| from.clone(), |when| format!("{when}({from})")));
    }
    let mut lines = Vec::new();
    let mut layer = None;
    for (node, needs) in drawn.nodes.iter().zip(&needs) {
        if layer != Some(node.layer) {
            lines.push(format!("layer {}", node.layer));
            layer = Some(node.layer);
        }
        lines.push(format!("  {} {}{}", node.sign(), node.name, behind(needs)));
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
    let edges = drawn.edges.iter().map(|(from, to, when)| match when {
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
    let edges = drawn.edges.iter().map(|(from, to, when)| match when {
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
                (0, 1, None),
                (0, 2, None),
                (1, 3, Some("failed")),
                (1, 4, Some("settled")),
                (2, 4, Some("settled")),
            ],
        }
    }

    #[test]
    fn a_plan_is_drawn_with_lines_and_by_layers_where_those_are_too_wide() {
        insta::assert_snapshot!(text(&drawn(), 100).join("\n"));
        insta::assert_snapshot!(text(&drawn(), 20).join("\n"));
    }

    #[test]
    fn mermaid_and_dot_are_escaped() {
        insta::assert_snapshot!(mermaid(&drawn()).join("\n"));
        insta::assert_snapshot!(dot(&drawn()).join("\n"));
    }
}
