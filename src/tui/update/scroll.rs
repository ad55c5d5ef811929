//! Handles looking back in a terminal: entering, moving, searching, leaving.

use super::super::input::{Code, Key};
use super::super::keymap::{Context, Does};
use super::super::layout;
use super::super::link::ToFleet;
use super::super::model::scroll::{Direction, HISTORY_LINES_MAX, History, SEARCH_CHARS_MAX, Scroll};
use super::super::model::{Arrangement, Model, Tone};
use super::super::msg::Cmd;
use super::line;

/// How far back the view moves at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Amount {
    Lines(usize),
    Page,
}

/// Freezes a copy of the selected agent's terminal and asks for its history.
pub(super) fn enter(model: &mut Model, amount: Amount, cmds: &mut Vec<Cmd>) {
    let height = height(model);
    if height == 0 {
        // Where only one panel has room, the terminal is shown first, and the next key looks back in it.
        model.arrangement = Arrangement::Zoom;
        return;
    }
    let Some(frame) = model.screen() else {
        return model.toast(Tone::Remark, "there is no terminal to look back in");
    };
    let lines = match amount {
        Amount::Lines(lines) => lines,
        Amount::Page => usize::from(height.saturating_sub(1)),
    };
    let agent = model.roster.selected_name().unwrap_or_default().to_owned();
    let mut scroll = Scroll::freeze(&agent, frame, lines);
    match scroll.history {
        History::Asked { .. } => {
            cmds.push(Cmd::Send(ToFleet::History { agent, lines: HISTORY_LINES_MAX }));
        }
        History::Here { .. } => scroll.move_back(lines as isize, height),
    }
    model.drag = None;
    model.scroll = Some(scroll);
}

/// Handles the wheel: when it reaches the newest line, the terminal is live again.
pub(super) fn wheel(model: &mut Model, lines: isize) {
    go(model, lines);
    if lines < 0 && model.scroll.as_ref().is_some_and(Scroll::is_at_newest) {
        leave(model);
    }
}

/// Moves the view by lines; moving past the newest line returns to the live terminal.
pub(super) fn go(model: &mut Model, lines: isize) {
    let height = height(model);
    let Some(scroll) = &mut model.scroll else { return };
    if lines < 0 && scroll.is_at_newest() {
        return leave(model);
    }
    scroll.move_back(lines, height);
}

fn leave(model: &mut Model) {
    model.scroll = None;
    model.drag = None;
}

fn height(model: &Model) -> u16 {
    layout::parts(model).screen.height
}

pub(super) fn press(model: &mut Model, key: Key) {
    let height = height(model);
    let page = usize::from(height.saturating_sub(1).max(1)) as isize;
    let Some(scroll) = &mut model.scroll else { return };
    if scroll.search.editing {
        return write(model, key, height);
    }
    let Some(does) = model.keymap.does(Context::Scroll, &key) else { return };
    match does {
        Does::ScrollLineUp => go(model, 1),
        Does::ScrollLineDown => go(model, -1),
        Does::ScrollPageUp => go(model, page),
        Does::ScrollPageDown => go(model, -page),
        Does::ScrollTop => scroll.move_back(isize::MAX, height),
        Does::ScrollBottom => scroll.move_back(isize::MIN, height),
        Does::Search => {
            scroll.search.editing = true;
            (scroll.search.at, scroll.search.place) = (None, None);
            scroll.search.text.clear();
            scroll.search.at = None;
        }
        Does::SearchNext => seek(model, Direction::Back, height),
        Does::SearchPrevious => seek(model, Direction::On, height),
        Does::ScrollLeave => leave(model),
        _ => {}
    }
}

fn write(model: &mut Model, key: Key, height: u16) {
    let Some(scroll) = &mut model.scroll else { return };
    let search = &mut scroll.search;
    match key.code {
        Code::Esc => {
            search.editing = false;
            search.text.clear();
        }
        Code::Enter => {
            search.editing = false;
            seek(model, Direction::Back, height);
        }
        _ => {
            let taken = line::press(&mut search.text, key, SEARCH_CHARS_MAX);
            model.warn(taken);
        }
    }
}

fn seek(model: &mut Model, direction: Direction, height: u16) {
    let Some(scroll) = &mut model.scroll else { return };
    if scroll.search.text.is_empty() {
        return;
    }
    if !scroll.seek(direction, height) {
        let text = format!("`{}` was not found", scroll.search.text);
        model.toast(Tone::Remark, text);
    }
}
