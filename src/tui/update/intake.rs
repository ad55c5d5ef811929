//! Sorts events from the terminal before they count as actions of a person: answers of the terminal are removed, and
//! letters that belong to a text become one paste.

use super::super::cadence::Sort;
use super::super::ground::Heard;
use super::super::input::{InputEvent, Key};
use super::super::keymap::{Context, Does};
use super::super::model::compose::Leaving;
use super::super::model::dialog::Overlay;
use super::super::model::tab::Tab;
use super::super::model::{Keys, Mode, Model};
use super::super::msg::Cmd;
use super::{context, input};

/// Takes an event that came from the terminal.
pub(super) fn come(model: &mut Model, event: InputEvent, cmds: &mut Vec<Cmd>) {
    match model.listener.take(event, model.now_ms) {
        Heard::Ground(ground) => model.stand_on(ground),
        Heard::Input(events) => events.into_iter().for_each(|event| sift(model, event, cmds)),
    }
}

/// Handles keys that were held back long enough.
pub(super) fn settle(model: &mut Model, cmds: &mut Vec<Cmd>) {
    let events = model.listener.settle(model.now_ms);
    events.into_iter().for_each(|event| sift(model, event, cmds));
    if let Some(event) = model.cadence.settle(model.now_ms) {
        input(model, event, cmds);
    }
}

fn sift(model: &mut Model, event: InputEvent, cmds: &mut Vec<Cmd>) {
    let sort = match &event {
        InputEvent::Key(key) => sort(model, key),
        _ => Sort::Plain,
    };
    for event in model.cadence.take(event, sort, model.now_ms) {
        input(model, event, cmds);
    }
}

/// Returns the meaning of a key in the place where keys go now.
pub(super) fn sort(model: &Model, key: &Key) -> Sort {
    if !key.could_be_text() || is_written(model) {
        return Sort::Plain;
    }
    let does = match (&model.overlay, &model.scroll, model.tabs.shown) {
        (Some(_), ..) => None,
        (None, Some(_), _) => model.keymap.does(Context::Scroll, key),
        (None, None, Tab::Fleet) => model.keymap.does(Context::Fleet, key),
        (None, None, tab) => model.keymap.does_in_tab(context(tab), key),
    };
    if does.is_some_and(Does::only_moves) { Sort::Moves } else { Sort::Commands }
}

/// Whether letters are written into an agent, a field or an editor. In attach mode they always are, because there are
/// no commands.
pub(super) fn is_written(model: &Model) -> bool {
    match &model.overlay {
        None if model.mode != Mode::Dashboard && model.scroll.is_none() => true,
        Some(Overlay::Help { .. } | Overlay::New(_) | Overlay::Force(_) | Overlay::Commit(_)) => true,
        Some(Overlay::Compose(compose)) => compose.leaving == Leaving::No,
        Some(Overlay::Ask(_) | Overlay::Explain { .. } | Overlay::Task { .. } | Overlay::Conflict(_)) => false,
        None => match (model.keys, &model.scroll) {
            (Keys::Filter, _) => true,
            (_, Some(scroll)) => scroll.search.editing,
            (Keys::Agent, None) => true,
            (Keys::Quarterdeck, None) => false,
        },
    }
}
