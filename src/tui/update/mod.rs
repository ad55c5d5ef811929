//! Applies messages to the model and returns commands for the loop. Pure: no clock, no files, no terminal; the same
//! model, message and instant give the same model and commands.

mod act;
mod ask;
mod call;
mod commit;
mod compose;
mod confirm;
mod conflict;
mod dialog;
mod fetched;
mod fleet;
mod graph;
mod input;
mod intake;
mod keys;
mod line;
mod meaning;
mod mouse;
mod paging;
mod scroll;
mod tabs;
mod typing;
mod upkeep;

use super::input::{InputEvent, MouseAction};
use super::link::ToFleet;
use super::model::{Keys, Model, Tone};
use super::msg::{Cmd, Msg};
use crate::term::frame::Mouse as Wants;

/// Applies a message to the model at an instant. Never panics, for any message.
pub fn update(model: &mut Model, msg: Msg, now_ms: u64) -> Vec<Cmd> {
    if msg == Msg::Drawing {
        model.reading.drawing();
        return Vec::new();
    }
    model.now_ms = now_ms;
    let mut cmds = Vec::new();
    intake::settle(model, &mut cmds);
    match msg {
        Msg::Came(event) => intake::come(model, event, &mut cmds),
        Msg::Input(event) => input::take(model, event, &mut cmds),
        Msg::Fleet(word) => fleet::hear(model, word, &mut cmds),
        Msg::Drawn => drawn(model, &mut cmds),
        Msg::Failed(what) => model.toast(Tone::Failure, what),
        Msg::Tick | Msg::Drawing => {}
    }
    upkeep::keep_up(model, &mut cmds);
    cmds
}

/// Whether an event of a person can matter. A movement of the mouse matters only during a drag, or to a program that
/// wants all motion.
pub fn heeds(model: &Model, event: &InputEvent) -> bool {
    let moved = matches!(event, InputEvent::Mouse(mouse) if mouse.did == MouseAction::Move);
    let wanted = model.keys == Keys::Agent && model.screen().is_some_and(|frame| frame.modes.mouse == Wants::Motion);
    !moved || wanted || model.drag.is_some()
}

/// Acknowledges the frames that were drawn, and records that the drawing can be read.
fn drawn(model: &mut Model, cmds: &mut Vec<Cmd>) {
    model.reading.drawn(model.now_ms);
    let undrawn = std::mem::take(&mut model.undrawn).into_iter();
    let watched = undrawn.filter(|(agent, _)| model.watching.contains(agent));
    cmds.extend(watched.map(|(agent, seq)| Cmd::Send(ToFleet::Drawn { agent, seq })));
}
