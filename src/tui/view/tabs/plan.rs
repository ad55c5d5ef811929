//! Draws the plan tab: a plan as a graph, and the details of the selected node.

use super::super::agents::style;
use super::frame::{detail_frame, lines_in, nothing, stale};
use super::task;
use crate::api::plans::{Plan, PlanNode};
use crate::api::states::Look;
use crate::graph::{Class, Flow, Piece};
use crate::tui::keymap::Does;
use crate::tui::layout::{Parts, canvas};
use crate::tui::model::Model;
use crate::tui::seen::{Click, Seen};
use crate::tui::widget::lines::{self, Pieces};
use crate::tui::widget::text::{fit, put, put_right};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

pub(super) fn draw(model: &Model, parts: &Parts, seen: &mut Seen, buf: &mut Buffer) {
    let (area, plan) = (parts.body, &model.tabs.plan);
    if area.is_empty() {
        return;
    }
    let Some(chosen) = plan.chosen() else {
        let text = "No plans yet: `qd plan start FILE` starts one";
        return nothing(model, area, plan.heard, text, buf);
    };
    title(model, chosen, area, buf);
    if plan.is_drawn() {
        graph(model, canvas(area), seen, buf);
    } else {
        nothing(model, canvas(area), false, "", buf);
    }
    detail(model, parts.detail, seen, buf);
}

/// Returns a plan's sign and style, which also show whether the plan is paused and whether it runs.
fn sign(model: &Model, plan: &Plan) -> (&'static str, Style) {
    let is_paused = plan.paused && !plan.state.has_ended();
    let look = if is_paused { Look::Paused } else { plan.state.look() };
    (look.sign(), style(look, &model.theme))
}

/// Draws the line above the graph: the plan's place among all plans, its state, and which parts are not visible.
fn title(model: &Model, plan: &Plan, area: Rect, buf: &mut Buffer) {
    let (theme, tab) = (&model.theme, &model.tabs.plan);
    let (sign, sign_style) = sign(model, plan);
    let mut right = out_of_sight(model, canvas(area));
    if tab.plans().len() > 1 {
        let (older, newer) = (model.keymap.shown(Does::PlanOlder), model.keymap.shown(Does::PlanNewer));
        let place = format!("plan {} of {}  {older} {newer}", tab.chosen_place() + 1, tab.plans().len());
        right = if right.is_empty() { place } else { format!("{right}  {place}") };
    }
    let most = fit(&right, area.width / 2);
    let end = put_right(buf, Rect { width: area.width.saturating_sub(1), ..area }, area.y, &most, theme.accent);
    let room = Rect { width: end.saturating_sub(area.x + 1), ..area };
    let x = put(buf, room, area.x + 1, area.y, sign, stale(model, sign_style));
    let x = put(buf, room, x + 1, area.y, &plan.name, stale(model, theme.title));
    let paused = if plan.paused { "paused · " } else { "" };
    put(buf, room, x + 2, area.y, &format!("{paused}{}", plan.summary), stale(model, theme.dim));
}

/// Returns arrows for the parts beyond the panel's edges, and the number of edges that are not drawn.
fn out_of_sight(model: &Model, area: Rect) -> String {
    let tab = &model.tabs.plan;
    let (graph, (column, row)) = (tab.graph(), tab.corner);
    let beyond = [
        (column > 0, "←"),
        (row > 0, "↑"),
        (row + u32::from(area.height) < graph.size.1, "↓"),
        (column + u32::from(area.width) < graph.size.0, "→"),
    ];
    let arrows: String = beyond.iter().filter(|(is, _)| *is).map(|(_, arrow)| *arrow).collect();
    match (graph.undrawn, arrows.as_str()) {
        (0, _) => arrows,
        (undrawn, "") => format!("{undrawn} edges not drawn"),
        (undrawn, _) => format!("{undrawn} edges not drawn {arrows}"),
    }
}

fn graph(model: &Model, area: Rect, seen: &mut Seen, buf: &mut Buffer) {
    let tab = &model.tabs.plan;
    let (left, top) = tab.corner;
    let (columns, rows) = (left..left + u32::from(area.width), top..top + u32::from(area.height));
    let node = |at: usize| tab.node(at).map_or((Look::Off, ""), |node| (look(node), node.name.as_str()));
    let picture = tab.graph().picture(columns.clone(), rows.clone(), node, |edge| tab.flow(edge));
    let styled = |piece: Piece| (piece.text, stale(model, of_class(model, piece.class)));
    let lines: Vec<Pieces> = picture.into_iter().map(|row| row.into_iter().map(styled).collect()).collect();
    lines::write(&lines, 0, area, buf);
    for node in tab.graph().nodes_within(columns, rows) {
        let place = tab.graph().place(node);
        let x = |column: u32| column.saturating_sub(left).min(u32::from(area.width)) as u16;
        let (from, to) = (x(place.column), x(place.column + u32::from(place.width)));
        let cells = Rect { x: area.x + from, y: area.y + (place.row - top) as u16, width: to - from, height: 1 };
        if let Some(node) = tab.node(node) {
            seen.place(cells, Click::Node(node.name.clone()));
        }
    }
}

/// Returns how a node looks; one that will be made from an output that does not exist yet has no task.
fn look(node: &PlanNode) -> Look {
    node.task.as_ref().map_or(Look::Off, |task| task.state.look())
}

/// Returns the style of a part of the picture.
fn of_class(model: &Model, class: Class) -> Style {
    let (theme, tab) = (&model.theme, &model.tabs.plan);
    match class {
        Class::Blank => Style::new(),
        Class::Line(Flow::Running) => theme.working,
        Class::Line(Flow::Passed) => theme.text,
        Class::Line(Flow::Waiting | Flow::None) => theme.border,
        Class::Sign(node) => tab.node(node).map_or(theme.off, |node| style(look(node), theme)),
        Class::Name(node) => {
            let made = tab.node(node).is_some_and(|node| node.task.is_some());
            let style = if made { theme.text } else { theme.off };
            if node == tab.selected() { style.add_modifier(Modifier::REVERSED | Modifier::BOLD) } else { style }
        }
    }
}

fn detail(model: &Model, area: Rect, seen: &mut Seen, buf: &mut Buffer) {
    let tab = &model.tabs.plan;
    let Some(node) = tab.node(tab.selected()).filter(|_| !area.is_empty()) else { return };
    let within = detail_frame(model, area, &format!(" {} ", node.name), buf);
    let mut lines: Vec<Pieces> = match &node.task {
        Some(task) => task::lines(model, task, within.width, seen),
        None => vec![vec![("created when the output that it is made from exists".to_owned(), model.theme.dim)]],
    };
    let conditions: Vec<String> = tab
        .edges_into(&node.name)
        .filter(|edge| edge.when != "done")
        .map(|edge| format!("{} {}", edge.from, edge.when))
        .collect();
    if !conditions.is_empty() {
        let at = lines.len().min(2);
        lines.insert(at, vec![(format!("Only when {}", conditions.join(" and ")), model.theme.warning)]);
    }
    lines_in(model, &lines, within, Some(Does::PlanShow), buf);
}
