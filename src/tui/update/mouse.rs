//! Handles the mouse: clicks select and focus, the wheel scrolls, a drag selects text. Events over the terminal of an
//! agent that keys go to are sent to its program, if the program wants the mouse.

use super::super::encode;
use super::super::input::{Button, Mouse, MouseAction};
use super::super::model::tab::Tab;
use super::super::model::{Arrangement, Drag, Focus, Keys, Model, Tone, first_row};
use super::super::msg::Cmd;
use super::super::seen::Click;
use super::super::widget::screen::selected_text;
use super::{dialog, scroll, tabs, typing};
use crate::api::condition::Condition;
use crate::term::frame::Mouse as Wants;
use ratatui::layout::{Position, Rect};

/// Lines by which an overlay scrolls on a notch of the wheel.
const WHEEL_LINES: usize = 3;

pub(super) fn act(model: &mut Model, mouse: Mouse, cmds: &mut Vec<Cmd>) {
    let at = Position::new(mouse.column, mouse.row);
    let there = model.seen.at(at).cloned();
    if model.overlay.is_some() {
        return dialog::mouse(model, mouse.did, there, cmds);
    }
    match &there {
        Some(Click::Tab(tab)) if mouse.did == MouseAction::Press(Button::Left) => return model.show(*tab),
        Some(Click::Count(counted)) if mouse.did == MouseAction::Press(Button::Left) => {
            return show_counted(model, *counted);
        }
        _ => {}
    }
    if model.tabs.shown != Tab::Fleet {
        return in_tab(model, mouse, there);
    }
    let screen = model.seen.screen;
    if model.drag.is_some() {
        return drag(model, mouse, screen, cmds);
    }
    if screen.contains(at) && program_takes(model, mouse, screen, cmds) {
        return;
    }
    match mouse.did {
        MouseAction::Press(Button::Left) => click(model, there, at, screen),
        MouseAction::WheelUp => wheel(model, there, screen.contains(at), WHEEL_LINES as isize, cmds),
        MouseAction::WheelDown => wheel(model, there, screen.contains(at), -(WHEEL_LINES as isize), cmds),
        _ => {}
    }
}

/// Shows only the agents that a count of the header counts; all agents again, if those are shown already.
fn show_counted(model: &mut Model, counted: Option<Condition>) {
    let wanted = counted.map(Condition::word).unwrap_or_default();
    model.show(Tab::Fleet);
    let filter = if model.roster.filter() == wanted { String::new() } else { wanted };
    model.roster.set_filter(filter);
}

fn in_tab(model: &mut Model, mouse: Mouse, there: Option<Click>) {
    let aside = mouse.held.shift || mouse.held.alt;
    match mouse.did {
        MouseAction::Press(Button::Left) => {
            match there {
                Some(Click::Body) => {}
                Some(Click::Task(id)) => model.tabs.tasks.select_id(&id),
                Some(Click::Node(name)) => model.tabs.plan.select(&name),
                Some(Click::Lock(key)) => model.tabs.locks.select(&key),
                Some(Click::Message(id)) => model.tabs.messages.select_id(&id),
                _ => return,
            }
            model.keys = Keys::Quarterdeck;
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

fn click(model: &mut Model, there: Option<Click>, at: Position, screen: Rect) {
    let now_ms = model.now_ms;
    match there {
        Some(Click::Tile(name)) => return model.roster.select(&name, now_ms),
        Some(Click::Screen) if !screen.is_empty() => {
            let (rows, place) = (model.shown_rows(screen.height), place(at, screen));
            model.drag = Some(Drag { rows, from: place, to: place });
            focus(model, Focus::Terminal);
        }
        Some(Click::Panel(panel)) => focus(model, panel),
        Some(Click::Fact(name)) => {
            focus(model, Focus::Facts);
            model.roster.select(&name, now_ms);
        }
        Some(Click::Agent(name)) => {
            focus(model, Focus::Agents);
            model.roster.select(&name, now_ms);
        }
        _ => {}
    }
    if model.keys != Keys::Agent {
        model.keys = Keys::Quarterdeck;
    }
}

/// Directs the keys to a panel. In the terminal's, an agent that is typed into keeps them.
fn focus(model: &mut Model, panel: Focus) {
    if panel != Focus::Terminal {
        model.keys = Keys::Quarterdeck;
    }
    if panel != Focus::Terminal || model.arrangement == Arrangement::Panels {
        model.focus = panel;
    }
}

fn wheel(model: &mut Model, there: Option<Click>, on_screen: bool, back: isize, cmds: &mut Vec<Cmd>) {
    match there {
        _ if on_screen && model.scroll.is_some() => scroll::wheel(model, back),
        _ if on_screen && back > 0 => scroll::enter(model, scroll::Amount::Lines(WHEEL_LINES), cmds),
        Some(Click::Panel(Focus::Facts) | Click::Fact(_)) => model.facts.scroll(back),
        Some(Click::Panel(Focus::Agents) | Click::Agent(_)) if model.keys == Keys::Quarterdeck => {
            let now_ms = model.now_ms;
            model.roster.step(-back.signum(), now_ms);
        }
        _ => {}
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
