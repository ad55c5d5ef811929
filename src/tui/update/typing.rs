//! Typing into an agent: keys are directed to it and back, and its bytes are sent.

use super::super::keymap::Does;
use super::super::link::ToFleet;
use super::super::model::roster::is_live;
use super::super::model::{Arrangement, Keys, Line, Mode, Model, Tone};
use super::super::msg::{Cmd, Outcome};
use super::ask::patch;
use crate::api::agents::{Action, Attention};

/// Marks a finished agent as seen, because a person has looked at it. A question stays open.
pub(super) fn seen(model: &mut Model, cmds: &mut Vec<Cmd>) {
    model.glance = None;
    let Some(agent) = model.selected() else { return };
    if agent.attention == Attention::FinishedUnseen && model.line == Line::Up {
        let name = agent.name.clone();
        patch(model, &name, Action::Seen, "mark as seen", cmds);
    }
}

/// Directs the keys to the selected agent.
pub(super) fn type_into(model: &mut Model, cmds: &mut Vec<Cmd>) {
    let Some(agent) = model.selected() else {
        return model.toast(Tone::Remark, "there is no agent to type into");
    };
    if !is_live(agent.state) {
        let text = format!("{} does not run: {} starts it", agent.name, model.keymap.shown(Does::StartStop));
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

/// Directs the keys to the dashboard again; in attach mode, the dashboard ends.
pub(super) fn stop_typing(model: &mut Model, cmds: &mut Vec<Cmd>) {
    match model.mode {
        Mode::Attach { .. } => cmds.push(Cmd::Quit(Outcome::Left)),
        Mode::Dashboard => {
            model.keys = Keys::Quarterdeck;
            model.scroll = None;
            model.drag = None;
        }
    }
}

/// Sends bytes to the selected agent's terminal.
pub(super) fn send(model: &Model, bytes: Vec<u8>, cmds: &mut Vec<Cmd>) {
    if let Some(agent) = model.roster.selected_name().filter(|_| !bytes.is_empty()) {
        cmds.push(Cmd::Send(ToFleet::Input { agent: agent.to_owned(), bytes }));
    }
}
