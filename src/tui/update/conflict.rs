//! Handles keys while a conflict is shown: its files, and taking a version of one file or of all.

use super::super::input::{Code, Key};
use super::super::model::conflict::{ConflictView, Extent};
use super::super::model::dialog::Overlay;
use super::super::model::locks::Row;
use super::super::model::{Model, Tone};
use super::super::msg::Cmd;
use super::ask;
use super::paging::moved;
use crate::api::conflicts::{TAKE_CONFLICT, Version};

/// Opens the selected conflict.
pub(super) fn open(model: &mut Model) {
    match model.tabs.locks.selected() {
        Some(Row::Conflict(conflict)) => model.overlay = Some(Overlay::Conflict(ConflictView::of(&conflict.id))),
        _ => model.toast(Tone::Remark, "select a conflict to see its versions"),
    }
}

/// Handles a key of the conflict. Returns the overlay that is shown afterwards.
pub(super) fn press(model: &mut Model, mut view: ConflictView, key: Key, cmds: &mut Vec<Cmd>) -> Option<Overlay> {
    let asked = view.asks.take();
    view.error = None;
    if let Some(scrolled) = moved(view.scrolled, key) {
        return Some(Overlay::Conflict(ConflictView { scrolled, ..view }));
    }
    let (version, extent) = match key.code {
        Code::Enter | Code::Char('q') => return None,
        Code::Tab | Code::Right => return step(model, view, 1),
        Code::BackTab | Code::Left => return step(model, view, -1),
        Code::Char('b') => (Version::Before, Extent::File),
        Code::Char('a') => (Version::After, Extent::File),
        Code::Char('B') => (Version::Before, Extent::All),
        Code::Char('A') => (Version::After, Extent::All),
        _ => return Some(Overlay::Conflict(view)),
    };
    let Some(detail) = model.tabs.conflict_of(&view.id).filter(|_| view.sending.is_none()) else {
        return Some(Overlay::Conflict(view));
    };
    match view.take(detail, version, extent) {
        Err(why) => view.error = Some(why),
        Ok(take) if asked == Some((version, extent)) && model.reading.may_answer() => {
            let call = TAKE_CONFLICT.call(&[&view.id], &take);
            view.sending = ask::ask(model, format!("take a version of conflict {}", view.id), call, cmds);
        }
        Ok(_) => view.asks = Some((version, extent)),
    }
    Some(Overlay::Conflict(view))
}

fn step(model: &Model, mut view: ConflictView, files: isize) -> Option<Overlay> {
    if let Some(detail) = model.tabs.conflict_of(&view.id) {
        view.step(detail, files);
    }
    Some(Overlay::Conflict(view))
}
