//! Whether a letter is written or is a command, in the place where keys go now.

use super::super::cadence::Sort;
use super::super::input::Key;
use super::super::keymap::{Context, Does};
use super::super::model::compose::Leaving;
use super::super::model::dialog::Overlay;
use super::super::model::tab::Tab;
use super::super::model::{Keys, Mode, Model};

/// Returns the meaning of a key in the place where keys go now.
pub(super) fn sort(model: &Model, key: &Key) -> Sort {
    if !key.could_be_text() || is_written(model) {
        return Sort::Plain;
    }
    let does = match (&model.overlay, &model.scroll, model.tabs.shown) {
        (Some(_), ..) => None,
        (None, Some(_), _) => model.keymap.does(Context::Scroll, key),
        (None, None, Tab::Fleet) => model.keymap.does(Context::Fleet, key),
        (None, None, tab) => model.keymap.does_in_tab(tab.context(), key),
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
