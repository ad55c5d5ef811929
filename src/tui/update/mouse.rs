//! Handles the mouse: clicks select and focus, the wheel scrolls, a drag selects text. Events over the terminal of an
//! agent that keys go to are sent to its program, if the program wants the mouse.

use super::super::encode;
use super::super::input::{Button, Mouse, MouseAction};
use super::super::layout::{self, Parts};
use super::super::model::tab::Tab;
use super::super::model::{Arrangement, Drag, Focus, Keys, Model, Tone, first_row};
use super::super::msg::Cmd;
use super::super::view;
use super::super::view::header::Counted;
use super::super::widget::screen::selected_text;
use super::{dialog, scroll, tabs, typing};
use crate::term::frame::Mouse as Wants;
use ratatui::layout::{Position, Rect};

/// Lines by which an overlay scrolls on a notch of the wheel.
const WHEEL_LINES: usize = 3;

pub(super) fn act(model: &mut Model, mouse: Mouse, cmds: &mut Vec<Cmd>) {
    let at = Position::new(mouse.column, mouse.row);
    if model.overlay.is_some() {
        return dialog::mouse(model, mouse.did, at, cmds);
    }
    let parts = layout::parts(model);
    if let Some(tab) =
        view::tabs::tab_at(model, parts.tabs, at).filter(|_| mouse.did == MouseAction::Press(Button::Left))
    {
        return model.show(tab);
    }
    if let Some(counted) =
        view::header::count_at(model, parts.header, at).filter(|_| mouse.did == MouseAction::Press(Button::Left))
    {
        return show_counted(model, counted);
    }
    if model.tabs.shown != Tab::Fleet {
        return in_tab(model, mouse, at, &parts);
    }
    if model.drag.is_some() {
        return drag(model, mouse, parts.screen, cmds);
    }
    if parts.screen.contains(at) && program_takes(model, mouse, parts.screen, cmds) {
        return;
    }
    match mouse.did {
        MouseAction::Press(Button::Left) => click(model, at, &parts),
        MouseAction::WheelUp => wheel(model, at, &parts, WHEEL_LINES as isize, cmds),
        MouseAction::WheelDown => wheel(model, at, &parts, -(WHEEL_LINES as isize), cmds),
        _ => {}
    }
}

/// Shows only the agents that a count of the header counts; all agents again, if those are shown already.
fn show_counted(model: &mut Model, counted: Counted) {
    let wanted = match counted {
        Counted::In(condition) => condition.word(),
        Counted::All => String::new(),
    };
    model.show(Tab::Fleet);
    let filter = if model.roster.filter() == wanted { String::new() } else { wanted };
    model.roster.set_filter(filter);
}

fn in_tab(model: &mut Model, mouse: Mouse, at: Position, parts: &Parts) {
    let aside = mouse.held.shift || mouse.held.alt;
    match mouse.did {
        MouseAction::Press(Button::Left) if parts.body.contains(at) => {
            model.keys = Keys::Quarterdeck;
            match model.tabs.shown {
                Tab::Fleet => {}
                Tab::Tasks => {
                    if let Some((column, place)) = view::tabs::tasks::place_at(model, parts.body, at) {
                        model.tabs.tasks.select(column, place);
                    }
                }
                Tab::Plan => {
                    if let Some(node) = view::tabs::plan::node_at(model, parts.body, at) {
                        model.tabs.plan.select(node);
                    }
                }
                Tab::Locks => {
                    if let Some(place) = view::tabs::locks::place_at(model, parts.body, at) {
                        model.tabs.locks.select(place);
                    }
                }
                Tab::Messages => {
                    if let Some(place) = view::tabs::messages::place_at(model, parts.body, at) {
                        model.tabs.messages.select(place);
                    }
                }
            }
        }
        MouseAction::WheelUp if model.keys == Keys::Quarterdeck => tabs::wheel(model, -(WHEEL_LINES as i32), aside),
        MouseAction::WheelDown if model.keys == Keys::Quarterdeck => tabs::wheel(model, WHEEL_LINES as i32, aside),
        _ => {}
    }
}

/// Sends the event to the program, if keys go to it and it wants the mouse, or the wheel as keys. Returns whether it
/// does.
fn program_takes(model: &mut Model, mouse: Mouse, screen: Rect, cmds: &mut Vec<Cmd>) -> bool {
    let Some(frame) = model.screen().filter(|_| model.keys == Keys::Agent && model.scroll.is_none()) else {
        return false;
    };
    let row = mouse.row - screen.y + first_row(frame, screen.height);
    let there = Mouse { column: mouse.column - screen.x, row, ..mouse };
    let bytes = encode::mouse(&there, &frame.modes);
    let taken = frame.modes.mouse != Wants::Off || !bytes.is_empty();
    typing::send(model, bytes, cmds);
    taken
}

fn click(model: &mut Model, at: Position, parts: &Parts) {
    if let Some((index, _)) = parts.tiles.iter().find(|(_, tile)| tile.contains(at)) {
        return select(model, *index);
    }
    if parts.screen.contains(at) {
        let rows = model.shown_rows(parts.screen.height);
        let place = place(at, parts.screen);
        model.drag = Some(Drag { rows, from: place, to: place });
    }
    let leaves = model.keys != Keys::Agent || parts.agents.contains(at) || parts.facts.contains(at);
    if leaves {
        model.keys = Keys::Quarterdeck;
    }
    if parts.terminal.contains(at) && model.arrangement == Arrangement::Panels {
        model.focus = Focus::Terminal;
    } else if parts.facts.contains(at) {
        model.focus = Focus::Facts;
        let about = view::facts::fact_at(model, parts.facts, at.y).and_then(|fact| fact.agent.clone());
        if let Some(name) = about {
            model.roster.select(&name, model.now_ms);
        }
    } else if parts.agents.contains(at) {
        model.focus = Focus::Agents;
        if let Some(index) = view::agents::row_at(model, parts.agents, at.y) {
            select(model, index);
        }
    }
}

fn select(model: &mut Model, index: usize) {
    let name = model.roster.shown().nth(index).map(|agent| agent.name.clone());
    if let Some(name) = name {
        let now_ms = model.now_ms;
        model.roster.select(&name, now_ms);
    }
}

fn wheel(model: &mut Model, at: Position, parts: &Parts, back: isize, cmds: &mut Vec<Cmd>) {
    if parts.screen.contains(at) {
        if model.scroll.is_some() {
            scroll::wheel(model, back);
        } else if back > 0 {
            scroll::enter(model, scroll::Amount::Lines(WHEEL_LINES), cmds);
        }
    } else if parts.facts.contains(at) {
        model.facts.scroll(back);
    } else if parts.agents.contains(at) && model.keys == Keys::Quarterdeck {
        let now_ms = model.now_ms;
        model.roster.step(-back.signum(), now_ms);
    }
}

fn drag(model: &mut Model, mouse: Mouse, screen: Rect, cmds: &mut Vec<Cmd>) {
    let Some(drag) = &mut model.drag else { return };
    match mouse.did {
        MouseAction::Drag(Button::Left) => drag.to = place(Position::new(mouse.column, mouse.row), screen),
        MouseAction::Release(_) | MouseAction::Press(_) | MouseAction::Move => {
            let text = selected_text(drag);
            model.drag = None;
            if !text.is_empty() {
                let lines = text.lines().count();
                let what = if lines == 1 { "1 line".to_owned() } else { format!("{lines} lines") };
                // The terminal sends no answer, and some terminals accept nothing.
                model.toast(Tone::Remark, format!("{what} sent to the clipboard, if the terminal lets them through"));
                cmds.push(Cmd::Copy(text));
            }
        }
        MouseAction::Drag(_) | MouseAction::WheelUp | MouseAction::WheelDown => {}
    }
}

/// Returns the row and column of the terminal's panel that are nearest to a cell of the user's terminal.
fn place(at: Position, screen: Rect) -> (usize, u16) {
    let row = at.y.clamp(screen.y, screen.bottom().saturating_sub(1).max(screen.y)) - screen.y;
    let column = at.x.clamp(screen.x, screen.right().saturating_sub(1).max(screen.x)) - screen.x;
    (usize::from(row), column)
}
