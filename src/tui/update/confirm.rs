//! Asks in the key bar before a single letter ends a run.

use super::super::keymap::Does;
use super::super::layout;
use super::super::model::confirm::Confirm;
use super::super::model::tab::Tab;
use super::super::model::{Keys, Line, Model};
use super::super::msg::Cmd;
use super::ask::patch;
use crate::api::agents::{Action, Agent};

/// Asks the question, if there is something to end. Without a key bar to ask in, nothing is done.
///
/// Returns whether there is something to end.
pub(super) fn ask(model: &mut Model, agent: &Agent, does: Does, action: Action) -> bool {
    let asked = Confirm::of(agent, does, action, model.now_ms);
    let ends = asked.is_some();
    model.confirm = asked.filter(|_| !layout::parts(model).bar.is_empty());
    ends
}

/// Checks whether a key confirms the question: the same key, pressed next, after the question could be read. Returns
/// whether it does.
pub(super) fn answer(model: &mut Model, asked: Option<Confirm>, does: Does, cmds: &mut Vec<Cmd>) -> bool {
    let answered = |confirm: &Confirm| {
        confirm.does == does
            && model.reading.may_answer()
            && model.selected().is_some_and(|agent| confirm.holds(agent, model.now_ms))
    };
    let Some(confirm) = asked.filter(answered) else { return false };
    patch(model, &confirm.agent, confirm.action, confirm.what, cmds);
    true
}

/// Cancels the question once it no longer applies, or after its time.
pub(super) fn keep_up(model: &mut Model) {
    let here = model.tabs.shown == Tab::Fleet
        && model.keys == Keys::Quarterdeck
        && model.overlay.is_none()
        && model.scroll.is_none()
        && model.line == Line::Up;
    let holds = |confirm: &Confirm| model.selected().is_some_and(|agent| confirm.holds(agent, model.now_ms));
    if !here || model.confirm.as_ref().is_some_and(|confirm| !holds(confirm)) {
        model.confirm = None;
    }
}
