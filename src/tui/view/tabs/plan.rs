//! Draws the plan tab: a plan as a graph, and the details of the selected node.

use super::super::super::clicks::{Click, Clicks};
use super::super::super::graph::Flow;
use super::super::super::keymap::Does;
use super::super::super::layout::{Parts, canvas};
use super::super::super::model::Model;
use super::super::super::model::plan::{NAME_COLUMNS_MAX, SIGN_COLUMNS};
use super::super::super::widget::lines::Pieces;
use super::super::super::widget::text::{fit, put, put_right, width};
use super::super::agents::{letter, style};
use super::frame::{detail_frame, lines_in, nothing, stale};
use super::task;
use crate::api::plans::{Plan, PlanNode};
use crate::api::states::Look;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

/// The sign of a node that is to be made from an output that does not exist yet.
const TO_COME: &str = "·";

pub(super) fn draw(model: &Model, parts: &Parts, clicks: &mut Clicks, buf: &mut Buffer) {
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
        graph(model, canvas(area), clicks, buf);
    } else {
        nothing(model, canvas(area), false, "", buf);
    }
    detail(model, parts.detail, buf);
}

/// Returns a plan's sign and style, which also show whether the plan is paused and whether it runs.
fn sign(model: &Model, plan: &Plan) -> (&'static str, Style) {
    let is_paused = plan.paused && !plan.state.has_ended();
    let look = if is_paused { Look::Paused } else { plan.state.look() };
    (letter(look), style(look, &model.theme))
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

fn graph(model: &Model, area: Rect, clicks: &mut Clicks, buf: &mut Buffer) {
    let (theme, tab) = (&model.theme, &model.tabs.plan);
    let (column, row) = tab.corner;
    let (columns, rows) = (column..column + u32::from(area.width), row..row + u32::from(area.height));
    let painted = tab.graph().paint(columns.clone(), rows.clone(), |edge| tab.flow(edge));
    for y in 0..area.height {
        for x in 0..area.width {
            if let Some((character, flow)) = painted.character(column + u32::from(x), row + u32::from(y)) {
                let style = match flow {
                    Flow::Running => theme.working,
                    Flow::Passed => theme.text,
                    Flow::Waiting | Flow::None => theme.border,
                };
                buf[(area.x + x, area.y + y)].set_char(character).set_style(stale(model, style));
            }
        }
    }
    for index in tab.graph().nodes_within(columns, rows) {
        if let Some(shown) = tab.node(index) {
            let place = tab.graph().place(index);
            let at = (i64::from(place.column) - i64::from(column), (place.row - row) as u16);
            node(model, shown, at, index == tab.selected(), area, buf);
            let edge = |beyond: i64| beyond.clamp(0, i64::from(area.width)) as u16;
            let (from, to) = (edge(at.0), edge(at.0 + i64::from(place.width)));
            let cells = Rect { x: area.x + from, y: area.y + at.1, width: to - from, height: 1 };
            clicks.add(cells, Click::Node(shown.name.clone()));
        }
    }
}

/// Draws a node at a cell of the panel. The cell may be left of the panel: then the beginning of the node is cut off.
fn node(model: &Model, node: &PlanNode, at: (i64, u16), selected: bool, area: Rect, buf: &mut Buffer) {
    let theme = &model.theme;
    let (sign, sign_style) = match &node.task {
        Some(task) => task::glyph(task.state, theme),
        None => (TO_COME, theme.off),
    };
    let style = if node.task.is_some() { theme.text } else { theme.off };
    let style = if selected { style.add_modifier(Modifier::REVERSED | Modifier::BOLD) } else { style };
    let name = fit(&node.name, NAME_COLUMNS_MAX);
    let cells = SIGN_COLUMNS + width(&name);
    let mut cell = Buffer::empty(Rect::new(0, 0, cells, 1));
    put(&mut cell, Rect::new(0, 0, cells, 1), 0, 0, sign, stale(model, sign_style));
    put(&mut cell, Rect::new(0, 0, cells, 1), SIGN_COLUMNS, 0, &name, stale(model, style));
    let y = area.y + at.1;
    for from in 0..cells {
        let x = at.0 + i64::from(from);
        let next_is_cut = x + 1 >= i64::from(area.width) && cell[(from, 0)].symbol().len() > 1 && wide(&cell, from);
        if (0..i64::from(area.width)).contains(&x) && !next_is_cut {
            buf[(area.x + x as u16, y)] = cell[(from, 0)].clone();
        }
    }
    // Half of a wide character can't be drawn.
    if at.0 < 0 && !area.is_empty() && buf[(area.x, y)].symbol().is_empty() {
        buf[(area.x, y)].set_symbol(" ");
    }
}

fn wide(cells: &Buffer, at: u16) -> bool {
    width(cells[(at, 0)].symbol()) > 1
}

fn detail(model: &Model, area: Rect, buf: &mut Buffer) {
    let tab = &model.tabs.plan;
    let Some(node) = tab.node(tab.selected()).filter(|_| !area.is_empty()) else { return };
    let within = detail_frame(model, area, &format!(" {} ", node.name), buf);
    let mut lines: Vec<Pieces> = match &node.task {
        Some(task) => task::lines(model, task, within.width),
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
