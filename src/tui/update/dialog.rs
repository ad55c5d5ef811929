//! Handles keys and the mouse while an overlay is shown.

use super::super::input::{Button, Code, Key, MouseAction};
use super::super::model::dialog::{FIELD_CHARS_MAX, Field, Form, Overlay};
use super::super::model::question::{Question, Verdict};
use super::super::model::{Line, Model, Tone};
use super::super::msg::{Cmd, Outcome};
use super::super::seen::Click;
use super::paging::{by, moved};
use super::{ask, commit, compose, conflict, line};
use crate::api::agents::{SPAWN_AGENT, SpawnRequest};
use crate::api::system::{SHUTDOWN, ShutdownRequest};
use std::collections::BTreeMap;

/// Lines by which an overlay scrolls on a notch of the wheel.
const WHEEL: i32 = 3;
/// The longest search of the help, in characters. Beyond it, further characters are refused.
const SEARCH_CHARS_MAX: usize = 60;

pub(super) fn press(model: &mut Model, key: Key, cmds: &mut Vec<Cmd>) {
    let Some(overlay) = model.overlay.take() else { return };
    model.overlay = match overlay {
        Overlay::Compose(compose) => compose::press(model, compose, key, cmds),
        _ if key.code == Code::Esc => None,
        Overlay::Force(force) => compose::force(model, force, key, cmds),
        Overlay::Commit(form) => commit::press(model, form, key, cmds),
        Overlay::Conflict(view) => conflict::press(model, view, key, cmds),
        Overlay::Task { id, page, scrolled } => match (moved(scrolled, key), key.code) {
            (Some(scrolled), _) => Some(Overlay::Task { id, page, scrolled }),
            (None, Code::Enter | Code::Char('q' | 'e')) => None,
            (None, _) => Some(Overlay::Task { id, page, scrolled }),
        },
        Overlay::Help { search, scrolled } => help(model, search, scrolled, key),
        Overlay::Explain { agent, explanation, scrolled } => match (moved(scrolled, key), key.code) {
            (Some(scrolled), _) => Some(Overlay::Explain { agent, explanation, scrolled }),
            (None, Code::Enter | Code::Char('q' | 'e')) => None,
            (None, _) => Some(Overlay::Explain { agent, explanation, scrolled }),
        },
        Overlay::Ask(question) => ask(model, question, key, cmds),
        Overlay::New(form) => fill(model, form, key, cmds),
    };
}

/// Handles the mouse: a click takes a choice or goes to a field, the wheel scrolls a text that is longer than its
/// frame.
pub(super) fn mouse(model: &mut Model, did: MouseAction, there: Option<Click>, cmds: &mut Vec<Cmd>) {
    let Some(mut overlay) = model.overlay.take() else { return };
    let lines = match did {
        MouseAction::WheelUp => -WHEEL,
        MouseAction::WheelDown => WHEEL,
        _ => 0,
    };
    match &mut overlay {
        Overlay::Ask(question) if did == MouseAction::Press(Button::Left) => {
            let taken = match there {
                Some(Click::Choice(index)) => question.choices.get(index),
                _ => None,
            };
            if let Some(choice) = taken {
                model.overlay = decide(model, choice.verdict.clone(), cmds);
                return;
            }
        }
        Overlay::New(form) if did == MouseAction::Press(Button::Left) => {
            if let Some(Click::Field(field)) = there {
                form.field = field;
            }
        }
        Overlay::Help { scrolled, .. } | Overlay::Explain { scrolled, .. } | Overlay::Task { scrolled, .. } => {
            *scrolled = by(*scrolled, lines);
        }
        Overlay::Conflict(view) => view.scrolled = by(view.scrolled, lines),
        Overlay::Compose(compose) if did == MouseAction::Press(Button::Left) => {
            if let Some(Click::Write(place)) = there {
                compose.place = place;
            }
        }
        Overlay::Ask(_) | Overlay::New(_) | Overlay::Compose(_) | Overlay::Force(_) | Overlay::Commit(_) => {}
    }
    model.overlay = Some(overlay);
}

/// Inserts pasted text into the field that is written in.
pub(super) fn paste(model: &mut Model, text: &str) {
    match &mut model.overlay {
        Some(Overlay::New(form)) => {
            form.error = form.text().and_then(|field| line::paste(field, text, FIELD_CHARS_MAX).err())
        }
        Some(Overlay::Help { search, .. }) => {
            let taken = line::paste(search, text, SEARCH_CHARS_MAX);
            model.warn(taken);
        }
        Some(overlay) => compose::paste(overlay, text),
        None => {}
    }
}

fn help(model: &mut Model, mut search: String, scrolled: u16, key: Key) -> Option<Overlay> {
    if let Some(scrolled) = moved(scrolled, key) {
        return Some(Overlay::Help { search, scrolled });
    }
    match key.code {
        Code::Enter | Code::F(_) => return None,
        _ => model.warn(line::press(&mut search, key, SEARCH_CHARS_MAX)),
    }
    Some(Overlay::Help { search, scrolled: 0 })
}

fn ask(model: &mut Model, mut question: Question, key: Key, cmds: &mut Vec<Cmd>) -> Option<Overlay> {
    let count = question.choices.len();
    match key.code {
        Code::Up | Code::BackTab => question.selected = (question.selected + count - 1) % count,
        Code::Down | Code::Tab => question.selected = (question.selected + 1) % count,
        Code::Enter => return decide(model, question.choices[question.selected].verdict.clone(), cmds),
        _ => {
            let Some(letter) = key.typed() else { return Some(Overlay::Ask(question)) };
            // A letter that answers nothing is part of a text, and so may be the next letter.
            let choice = question.choices.iter().find(|choice| choice.key == letter)?;
            if choice.verdict.is_harmless() || model.reading.may_answer() {
                return decide(model, choice.verdict.clone(), cmds);
            }
        }
    }
    Some(Overlay::Ask(question))
}

fn decide(model: &mut Model, verdict: Verdict, cmds: &mut Vec<Cmd>) -> Option<Overlay> {
    match verdict {
        Verdict::Nothing => {}
        Verdict::Call { what, call, .. } => drop(ask::ask(model, what, call, cmds)),
        Verdict::Leave => cmds.push(Cmd::Quit(Outcome::Left)),
        Verdict::StopFleet | Verdict::KillFleet if model.line != Line::Up => {
            model.toast(Tone::Warning, "no connection to the supervisor: the fleet can't be stopped from here");
        }
        Verdict::StopFleet | Verdict::KillFleet => {
            model.stopping = true;
            let call = SHUTDOWN.call(&[], &ShutdownRequest { kill: verdict == Verdict::KillFleet });
            ask::ask(model, "stop the fleet".to_owned(), call, cmds);
        }
    }
    None
}

fn fill(model: &mut Model, mut form: Form, key: Key, cmds: &mut Vec<Cmd>) -> Option<Overlay> {
    form.error = None;
    match (key.code, form.field) {
        (Code::Tab | Code::Down, field) => form.field = field.next(),
        (Code::BackTab | Code::Up, field) => form.field = field.next().next(),
        (Code::Enter, _) => return submit(model, form, cmds),
        (Code::Left | Code::Right | Code::Char(' '), Field::Workspace) => form.workspace = form.workspace.next(),
        _ => form.error = form.text().and_then(|field| line::press(field, key, FIELD_CHARS_MAX).err()),
    }
    Some(Overlay::New(form))
}

fn submit(model: &mut Model, mut form: Form, cmds: &mut Vec<Cmd>) -> Option<Overlay> {
    if let Some((field, what)) = form.problem(|name| model.roster.get(name).is_some()) {
        form.field = field;
        form.error = Some(what);
        return Some(Overlay::New(form));
    }
    let config = BTreeMap::from([
        ("shell".to_owned(), form.command.trim().into()),
        ("workspace".to_owned(), form.workspace.word().into()),
    ]);
    let what = format!("start {}", form.name);
    ask::ask(model, what, SPAWN_AGENT.call(&[], &SpawnRequest { name: form.name, config }), cmds);
    None
}
