//! Handles keys and pastes, by where they go. The chord that leaves the agent is checked first, so it never reaches the
//! agent.

use super::super::encode;
use super::super::input::{Code, Key};
use super::super::keymap::{Context, Does};
use super::super::model::roster::is_live;
use super::super::model::scroll::SEARCH_CHARS_MAX;
use super::super::model::tab::Tab;
use super::super::model::{Keys, Mode, Model, Tone, is_over};
use super::super::msg::Cmd;
use super::typing::{seen, send, stop_typing};
use super::{act, confirm, dialog, line, meaning, scroll, tabs};
use crate::term::keys::{Focus as Window, encode_focus, encode_paste};

/// The longest filter, in characters. Beyond it, further characters are refused.
const FILTER_CHARS_MAX: usize = 100;

pub(super) fn press(model: &mut Model, key: Key, cmds: &mut Vec<Cmd>) {
    // Any key ends the question in the key bar; only the key that asked it can confirm it.
    let asked = model.confirm.take();
    let leaves = model.keymap.does(Context::Typing, &key) == Some(Does::TypingLeave);
    let attached = matches!(model.mode, Mode::Attach { .. });
    if leaves && (attached || model.keys == Keys::Agent) {
        return stop_typing(model, cmds);
    }
    if model.overlay.is_some() {
        return dialog::press(model, key, cmds);
    }
    if model.keys == Keys::Filter {
        return filter(model, key);
    }
    if model.scroll.is_some() {
        return scroll::press(model, key);
    }
    if model.keys == Keys::Agent {
        return type_key(model, &key, cmds);
    }
    if model.tabs.shown != Tab::Fleet {
        return tabs::press(model, key, cmds);
    }
    if let Some(does) = model.keymap.does(Context::Fleet, &key).filter(|_| !attached)
        && !confirm::answer(model, asked, does, cmds)
    {
        act::act(model, does, cmds);
    }
}

/// Handles pasted text: it is inserted where letters are written. Where letters are commands, it triggers none, and a
/// toast says so.
pub(super) fn paste(model: &mut Model, text: &str, cmds: &mut Vec<Cmd>) {
    if !meaning::is_written(model) {
        no_command(model);
    } else if model.overlay.is_some() {
        dialog::paste(model, text);
    } else if model.keys == Keys::Agent && model.scroll.is_none() {
        let modes = model.screen().map(|frame| frame.modes).unwrap_or_default();
        send(model, encode_paste(text, &modes), cmds);
    } else if model.keys == Keys::Filter {
        let mut filter = model.filter().to_owned();
        model.warn(line::paste(&mut filter, text, FILTER_CHARS_MAX));
        model.set_filter(filter);
    } else if let Some(scroll) = model.scroll.as_mut().filter(|scroll| scroll.search.editing) {
        let taken = line::paste(&mut scroll.search.text, text, SEARCH_CHARS_MAX);
        model.warn(taken);
    }
}

/// Says that the letters were a text and not commands, and where a text could go.
fn no_command(model: &mut Model) {
    let listed = model.tabs.shown == Tab::Fleet && model.scroll.is_none() && model.overlay.is_none();
    let instead = match model.selected().filter(|_| listed) {
        Some(agent) if is_live(agent.state) => {
            format!("{} types into {}", model.keymap.shown(Does::Type), agent.name)
        }
        Some(agent) => format!("{} does not run: {} starts it", agent.name, model.keymap.shown(Does::StartStop)),
        None => "nothing was done".to_owned(),
    };
    model.toast(Tone::Remark, format!("That was text, not commands: {instead}"));
}

/// Sends a change of focus to the agent that is typed into, if its program asked for it.
pub(super) fn focus(model: &Model, window: Window, cmds: &mut Vec<Cmd>) {
    if let Some(frame) = model.screen().filter(|_| model.keys == Keys::Agent) {
        send(model, encode_focus(window, &frame.modes), cmds);
    }
}

fn type_key(model: &mut Model, key: &Key, cmds: &mut Vec<Cmd>) {
    if model.is_stale() {
        return model.toast(Tone::Warning, "no connection to the supervisor: your keys do not reach the agent");
    }
    // Keys still go to the agent: the next letter of a user who is writing must not become a command.
    if let Some(agent) = model.selected().filter(|agent| is_over(agent.state)) {
        let leave = model.keymap.shown(Does::TypingLeave);
        return model.toast(Tone::Warning, format!("{}: {}; {leave} leaves it", agent.name, agent.summary));
    }
    let modes = model.screen().map(|frame| frame.modes).unwrap_or_default();
    send(model, encode::key(key, &modes), cmds);
    seen(model, cmds);
}

fn filter(model: &mut Model, key: Key) {
    let mut text = model.filter().to_owned();
    match key.code {
        Code::Enter | Code::Tab | Code::Down | Code::Up => return model.keys = Keys::Quarterdeck,
        Code::Esc => {
            text.clear();
            model.keys = Keys::Quarterdeck;
        }
        _ => model.warn(line::press(&mut text, key, FILTER_CHARS_MAX)),
    }
    model.set_filter(text);
}
