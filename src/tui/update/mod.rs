//! Applies messages to the model and returns commands for the loop. Pure: no clock, no files, no terminal; the same
//! model, message and instant give the same model and commands.

mod call;
mod commit;
mod compose;
mod confirm;
mod conflict;
mod dialog;
mod fetched;
mod fleet;
mod intake;
mod keys;
mod line;
mod mouse;
mod scroll;
mod tabs;
mod upkeep;

use super::cadence::Sort;
use super::input::{InputEvent, Mouse, MouseAction};
use super::link::{RequestId, ToFleet};
use super::model::dialog::Overlay;
use super::model::{Arrangement, Keys, Mode, Model, REQUESTS_MAX, Tone};
use super::msg::{Cmd, Msg, Outcome};
use crate::api::agents::Action;
use crate::term::frame::Mouse as Wants;
use crate::term::keys::Focus;
pub use upkeep::next_deadline_ms;

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
        Msg::Input(event) => input(model, event, &mut cmds),
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

fn input(model: &mut Model, event: InputEvent, cmds: &mut Vec<Cmd>) {
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
            let counts = !asked && key.typed().is_some() && intake::sort(model, key) != Sort::Moves;
            model.reading.pressed(Some(*key), counts, model.now_ms);
        }
        InputEvent::Paste(_) | InputEvent::Mouse(Mouse { did: MouseAction::Press(_), .. }) => {
            model.reading.pressed(None, false, model.now_ms);
            model.confirm = None;
        }
        _ => {}
    }
}

/// Numbers a request and stores its description.
fn request(model: &mut Model, what: String) -> RequestId {
    model.last_request += 1;
    if model.requests.len() == REQUESTS_MAX {
        model.requests.pop_first();
    }
    model.requests.insert(model.last_request, what);
    model.last_request
}

/// Sends a request that applies an action to an agent.
fn patch(model: &mut Model, agent: &str, action: Action, what: &str, cmds: &mut Vec<Cmd>) {
    if model.line != super::model::Line::Up {
        return model.toast(Tone::Warning, format!("no connection to the supervisor: can't {what} {agent}"));
    }
    let request = request(model, format!("{what} {agent}"));
    cmds.push(Cmd::Send(ToFleet::Patch { request, agent: agent.to_owned(), action }));
}

/// Marks a finished agent as seen, because a person has looked at it. A question stays open.
fn seen(model: &mut Model, cmds: &mut Vec<Cmd>) {
    use crate::api::agents::Attention::FinishedUnseen;
    model.glance = None;
    let Some(agent) = model.selected() else { return };
    if agent.attention == FinishedUnseen && model.line == super::model::Line::Up {
        let name = agent.name.clone();
        patch(model, &name, Action::Seen, "mark as seen", cmds);
    }
}

/// Directs the keys to the selected agent.
fn type_into(model: &mut Model, cmds: &mut Vec<Cmd>) {
    let Some(agent) = model.selected() else {
        return model.toast(Tone::Remark, "there is no agent to type into");
    };
    if !super::model::roster::is_live(agent.state) {
        let text = format!("{} does not run: {} starts it", agent.name, start_key(model));
        return model.toast(Tone::Remark, text);
    }
    model.keys = Keys::Agent;
    model.scroll = None;
    model.drag = None;
    if model.arrangement == Arrangement::Grid {
        model.arrangement = Arrangement::Zoom;
    }
    seen(model, cmds);
}

fn start_key(model: &Model) -> String {
    model.keymap.shown(super::keymap::Does::StartStop)
}

/// Directs the keys to the dashboard again; in attach mode, the dashboard ends.
fn stop_typing(model: &mut Model, cmds: &mut Vec<Cmd>) {
    match model.mode {
        Mode::Attach { .. } => cmds.push(Cmd::Quit(Outcome::Left)),
        Mode::Dashboard => {
            model.keys = Keys::Quarterdeck;
            model.scroll = None;
            model.drag = None;
        }
    }
}

/// Returns the context of keys while a tab is shown.
pub fn context(tab: super::model::tab::Tab) -> super::keymap::Context {
    tabs::context(tab)
}

/// Returns the filter of the tab that is shown.
pub fn filter(model: &Model) -> &str {
    tabs::filter(model)
}
