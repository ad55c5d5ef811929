//! Sorts events from the terminal before they count as actions of a person: answers of the terminal are removed, and
//! letters that belong to a text become one paste.

use super::super::cadence::Sort;
use super::super::ground::Heard;
use super::super::input::InputEvent;
use super::super::model::Model;
use super::super::msg::Cmd;
use super::{input, meaning};

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
        input::take(model, event, cmds);
    }
}

fn sift(model: &mut Model, event: InputEvent, cmds: &mut Vec<Cmd>) {
    let sort = match &event {
        InputEvent::Key(key) => meaning::sort(model, key),
        _ => Sort::Plain,
    };
    for event in model.cadence.take(event, sort, model.now_ms) {
        input::take(model, event, cmds);
    }
}
