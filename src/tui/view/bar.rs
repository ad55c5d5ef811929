//! The key bar: where keys go, and what they do there. Made from the keymap; the least needed give way first.

use super::super::keymap::{Context, Does, ENTRIES, Entry};
use super::super::model::dialog::Overlay;
use super::super::model::{Arrangement, Keys, Mode, Model, is_live};
use super::super::widget::text::{put, put_right, width};
use super::agents::glyph;
use crate::api::agents::Status;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

pub(super) fn draw(model: &Model, area: Rect, buf: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    let theme = &model.theme;
    let agent = model.roster.selected_name().unwrap_or("");
    let leave = model.keymap.shown(Does::TypingLeave);
    let (goes, context) = match (&model.overlay, &model.scroll, model.keys) {
        (Some(_), ..) => ("Keys → this dialog".to_owned(), None),
        (None, Some(_), _) => ("Keys → looking back".to_owned(), Some(Context::Scroll)),
        (None, None, Keys::Agent) => (format!("Keys → {agent} ({leave} {})", what_leave_does(model)), None),
        (None, None, Keys::Filter) => (format!("Keys → filter /{}▏", model.roster.filter()), None),
        (None, None, Keys::Quarterdeck) => ("Keys → Quarterdeck".to_owned(), Some(Context::Fleet)),
    };
    let style = if model.keys == Keys::Agent && model.scroll.is_none() { theme.typing } else { theme.title };
    let shown = if area.width > width(&goes) + 2 { format!(" {goes} ") } else { goes };
    let mut x = put(buf, area, area.x, area.y, &shown, style);
    if let Some(alone) = model.selected().filter(|_| model.arrangement == Arrangement::Zoom && context.is_some()) {
        let (glyph, glyph_style) = glyph(alone, theme);
        x = put(buf, area, x + 1, area.y, glyph, glyph_style);
        x = put(buf, area, x + 1, area.y, &alone.name, theme.text);
    }
    match context {
        Some(context) => {
            keys(model, context, Rect { x: x + 1, width: area.right().saturating_sub(x + 1), ..area }, buf)
        }
        None => hint(model, x, area, buf),
    }
}

fn what_leave_does(model: &Model) -> &'static str {
    match model.mode {
        Mode::Dashboard => "leaves",
        Mode::Attach { .. } => "detaches",
    }
}

/// At the right: the terminal's title where its frame is not there to say it, or how a line of text is ended.
fn hint(model: &Model, after: u16, area: Rect, buf: &mut Buffer) {
    let room = Rect { x: after + 1, width: area.right().saturating_sub(after + 1), ..area };
    let text = match (&model.overlay, model.keys) {
        (Some(Overlay::Help { .. } | Overlay::Explain { .. }), _) => "↑ ↓ scroll · Esc closes ".to_owned(),
        (Some(_), _) => "Esc closes ".to_owned(),
        (None, Keys::Filter) => "Enter keeps · Esc shows all ".to_owned(),
        (None, _) => model.selected().map(|agent| format!("{} ", agent.title)).unwrap_or_default(),
    };
    put_right(buf, room, area.y, &text, model.theme.dim);
}

fn keys(model: &Model, context: Context, area: Rect, buf: &mut Buffer) {
    let mut entries: Vec<&Entry> = ENTRIES
        .iter()
        .filter(|entry| entry.context == context && place(model, entry).is_some())
        .filter(|entry| !model.keymap.keys(entry.does).is_empty())
        .collect();
    entries.sort_by_key(|entry| place(model, entry));
    let mut room = area.width;
    let chosen: Vec<(&Entry, String, &str)> = entries
        .into_iter()
        .map(|entry| (entry, model.keymap.shown(entry.does), label(model, entry)))
        .filter(|(_, key, label)| {
            let wanted = width(key) + width(label) + 3;
            let fits = wanted <= room;
            room -= if fits { wanted } else { 0 };
            fits
        })
        .collect();
    let at_right = |entry: &Entry| matches!(entry.does, Does::Help | Does::Quit);
    let mut x = area.x + 1;
    for (_, key, label) in chosen.iter().filter(|(entry, ..)| !at_right(entry)) {
        x = one(model, area, x, key, label, buf);
    }
    let right: u16 =
        chosen.iter().filter(|(entry, ..)| at_right(entry)).map(|(_, key, label)| width(key) + width(label) + 3).sum();
    let mut x = area.right().saturating_sub(right).max(x);
    for (_, key, label) in chosen.iter().filter(|(entry, ..)| at_right(entry)) {
        x = one(model, area, x, key, label, buf);
    }
}

fn one(model: &Model, area: Rect, x: u16, key: &str, label: &str, buf: &mut Buffer) -> u16 {
    let x = put(buf, area, x, area.y, key, model.theme.key);
    put(buf, area, x + 1, area.y, label, model.theme.dim) + 2
}

/// An action's place in the bar now. What can't be done with an agent that does not run gives way to what can.
fn place(model: &Model, entry: &Entry) -> Option<u8> {
    let runs = model.selected().is_none_or(|agent| is_live(agent.state));
    match entry.does {
        Does::Type | Does::Pause | Does::Kill if !runs => None,
        Does::Explain if !runs => Some(2),
        Does::Forget if !runs => Some(4),
        _ => entry.bar,
    }
}

/// What the key would do now.
fn label(model: &Model, entry: &Entry) -> &'static str {
    let agent = model.selected();
    match entry.does {
        Does::Pause if agent.is_some_and(|agent| agent.status == Status::Paused) => "resume",
        Does::StartStop if agent.is_some_and(|agent| agent.status == Status::Stopping) => "stop now",
        Does::StartStop if agent.is_some_and(|agent| !is_live(agent.state)) => "start",
        Does::Grid if model.arrangement == Arrangement::Grid => "one",
        Does::Zoom if model.arrangement == Arrangement::Zoom => "panels",
        _ => entry.label,
    }
}
