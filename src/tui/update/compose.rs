//! Handles keys while a text is written: a task, a message, or the reason for taking a lock by force.

use super::super::input::{Code, Key};
use super::super::link::{Answer, RequestId};
use super::super::model::compose::{Compose, Leaving, PRIORITY_MAX, Piece, Place, TOPIC_CHARS_MAX};
use super::super::model::dialog::{FIELD_CHARS_MAX, Force, Overlay};
use super::super::model::{Model, Tone};
use super::super::msg::Cmd;
use super::{ask, line};
use crate::api::locks;

/// Handles a key of the editor. Returns the overlay that is shown afterwards.
pub(super) fn press(model: &mut Model, mut compose: Box<Compose>, key: Key, cmds: &mut Vec<Cmd>) -> Option<Overlay> {
    if compose.leaving == Leaving::Asked {
        compose.leaving = Leaving::No;
        let discards = key.typed() == Some('y') && model.reading.may_answer();
        return (!discards).then_some(Overlay::Compose(compose));
    }
    compose.error = None;
    let submits = key == Key::ctrl('s');
    match (key.code, compose.place) {
        _ if submits => submit(model, &mut compose, cmds),
        (Code::Esc, _) if compose.text.is_blank() => return None,
        (Code::Esc, _) => compose.leaving = Leaving::Asked,
        (Code::Tab, place) => compose.place = place.next(),
        (Code::BackTab, place) => compose.place = place.next().next(),
        (_, Place::Text) => compose.error = compose.text.press(key).err(),
        (Code::Down | Code::Enter, place) => compose.place = place.next(),
        (Code::Up, place) => compose.place = place.next().next(),
        (_, Place::Agent) => agent(model, &mut compose, key),
        (_, Place::Last) if compose.piece == Piece::Task => priority(&mut compose, key),
        (_, Place::Last) => compose.error = line::press(&mut compose.topic, key, TOPIC_CHARS_MAX).err(),
    }
    Some(Overlay::Compose(compose))
}

fn submit(model: &mut Model, compose: &mut Compose, cmds: &mut Vec<Cmd>) {
    if compose.sending.is_some() {
        return;
    }
    match compose.call() {
        Ok(call) => {
            let what = match compose.piece {
                Piece::Task => "add the task",
                Piece::Message => "send the message",
            };
            compose.sending = ask::ask(model, what.to_owned(), call, cmds);
        }
        Err(missing) => (compose.place, compose.error) = (Place::Text, Some(missing)),
    }
}

fn agent(model: &Model, compose: &mut Compose, key: Key) {
    let names: Vec<String> = model.roster.all().map(|agent| agent.name.clone()).collect();
    let names = names.iter().map(String::as_str);
    match (key.code, key.typed()) {
        (Code::Right, _) | (_, Some(' ')) => compose.choose_agent(names, 1),
        (Code::Left, _) => compose.choose_agent(names, -1),
        (Code::Backspace | Code::Delete, _) => compose.agent = None,
        (_, Some(begins)) => compose.seek_agent(names, begins.to_ascii_lowercase()),
        _ => {}
    }
}

fn priority(compose: &mut Compose, key: Key) {
    let now = compose.priority;
    let next = match (key.code, key.typed()) {
        (Code::Right, _) | (_, Some('+')) => now + 1,
        (Code::Left, _) => now - 1,
        (_, Some('-')) => -now,
        (Code::Backspace, _) => now / 10,
        (_, Some(digit)) => match digit.to_digit(10) {
            Some(digit) => now * 10 + if now < 0 { -(digit as i32) } else { digit as i32 },
            None => now,
        },
        _ => now,
    };
    compose.priority = next.clamp(-PRIORITY_MAX, PRIORITY_MAX);
}

/// Inserts pasted text into the field that is written in.
pub(super) fn paste(overlay: &mut Overlay, text: &str) {
    match overlay {
        Overlay::Compose(compose) if compose.place == Place::Text && compose.leaving == Leaving::No => {
            compose.error = compose.text.paste(text).err();
        }
        Overlay::Compose(compose) if compose.place == Place::Last && compose.piece == Piece::Message => {
            compose.error = line::paste(&mut compose.topic, text, TOPIC_CHARS_MAX).err();
        }
        Overlay::Force(force) => force.error = line::paste(&mut force.reason, text, FIELD_CHARS_MAX).err(),
        Overlay::Commit(form) => form.error = line::paste(&mut form.message, text, FIELD_CHARS_MAX).err(),
        _ => {}
    }
}

/// Handles a key while the reason for taking a lock is written. Returns the overlay that is shown afterwards.
pub(super) fn force(model: &mut Model, mut force: Force, key: Key, cmds: &mut Vec<Cmd>) -> Option<Overlay> {
    force.error = None;
    match key.code {
        _ if key == Key::ctrl('s') && force.sending.is_some() => {}
        _ if key == Key::ctrl('s') && force.reason.trim().is_empty() => {
            force.error = Some("a reason is needed: the holder is told".to_owned());
        }
        // A typed text may end with Enter, and a letter opens this form: nobody must lose a lock because of a text.
        Code::Enter => force.error = Some("press Ctrl-s to take the lock".to_owned()),
        _ if key == Key::ctrl('s') => {
            let asked = locks::Force { what: force.lease.clone(), reason: force.reason.trim().to_owned() };
            let call = locks::FORCE_LOCK.call(&[], &asked);
            force.sending = ask::ask(model, format!("take {} from {}", force.scopes, force.holder), call, cmds);
        }
        _ => force.error = line::press(&mut force.reason, key, FIELD_CHARS_MAX).err(),
    }
    Some(Overlay::Force(force))
}

/// Handles the answer to a text that was sent: closes the editor, or shows the error there. Returns whether the answer
/// belongs to the editor.
pub(super) fn settle(model: &mut Model, request: RequestId, answer: &Answer) -> bool {
    let (sending, error, done) = match &mut model.overlay {
        Some(Overlay::Compose(compose)) => {
            let done = if compose.piece == Piece::Task { "the task is added" } else { "the message is sent" };
            (&mut compose.sending, &mut compose.error, done)
        }
        Some(Overlay::Force(force)) => (&mut force.sending, &mut force.error, "the lock is taken; its holder is told"),
        Some(Overlay::Commit(form)) => (&mut form.sending, &mut form.error, "it is committed to its branch"),
        Some(Overlay::Conflict(view)) => {
            (&mut view.sending, &mut view.error, "that version is taken; both versions stay kept")
        }
        _ => return false,
    };
    if *sending != Some(request) {
        return false;
    }
    *sending = None;
    match answer {
        Answer::Problem(problem) => {
            *error = Some(problem.why_and_hint());
        }
        Answer::Done => {
            model.overlay = None;
            model.toast(Tone::Remark, done);
        }
    }
    true
}

/// Handles the loss of the connection: the text that was sent may or may not have arrived, so it stays in the editor.
pub(super) fn unsettle(model: &mut Model) {
    let (sending, error) = match &mut model.overlay {
        Some(Overlay::Compose(compose)) => (&mut compose.sending, &mut compose.error),
        Some(Overlay::Force(force)) => (&mut force.sending, &mut force.error),
        Some(Overlay::Commit(form)) => (&mut form.sending, &mut form.error),
        Some(Overlay::Conflict(view)) => (&mut view.sending, &mut view.error),
        _ => return,
    };
    if sending.take().is_some() {
        *error = Some("the connection was lost before the answer came; check whether it arrived".to_owned());
    }
}
