//! Hands an event of a person to what it is for: keys, mouse, pastes, and changes of their terminal.

use super::super::cadence::Sort;
use super::super::input::{InputEvent, Mouse, MouseAction};
use super::super::model::Model;
use super::super::model::dialog::Overlay;
use super::super::msg::Cmd;
use super::{keys, meaning, mouse};
use crate::term::keys::Focus;

/// Handles an event of a person, or a change of their terminal.
pub(super) fn take(model: &mut Model, event: InputEvent, cmds: &mut Vec<Cmd>) {
    if matches!(event, InputEvent::Key(_) | InputEvent::Mouse(_) | InputEvent::Paste(_)) {
        model.roster.take_over();
    }
    note(model, &event);
    match event {
        InputEvent::Key(key) => keys::press(model, key, cmds),
        InputEvent::Mouse(mouse) => mouse::act(model, mouse, cmds),
        InputEvent::Paste(text) => keys::paste(model, &text, cmds),
        InputEvent::Resize(columns, rows) => model.size = (columns, rows),
        InputEvent::FocusGained => {
            model.focused = true;
            keys::focus(model, Focus::Gained, cmds);
        }
        InputEvent::FocusLost => {
            model.focused = false;
            keys::focus(model, Focus::Lost, cmds);
        }
    }
}

/// Records that a person did something: the result has not been read yet, and the question in the key bar ends unless
/// the next key confirms it.
fn note(model: &mut Model, event: &InputEvent) {
    match event {
        InputEvent::Key(key) => {
            // A user who answers too early, and again, is not typing a text.
            let asked = matches!(model.overlay, Some(Overlay::Ask(_)));
            let counts = !asked && key.typed().is_some() && meaning::sort(model, key) != Sort::Moves;
            model.reading.pressed(Some(*key), counts, model.now_ms);
        }
        InputEvent::Paste(_) | InputEvent::Mouse(Mouse { did: MouseAction::Press(_), .. }) => {
            model.reading.pressed(None, false, model.now_ms);
            model.confirm = None;
        }
        _ => {}
    }
}
