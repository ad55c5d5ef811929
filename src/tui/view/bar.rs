//! Draws the key bar: where keys go, and what they do there. It is made from the keymap; the least important keys are
//! dropped first.

use super::super::keymap::{Context, Does, ENTRIES, Entry};
use super::super::model::compose::Leaving;
use super::super::model::confirm::Confirm;
use super::super::model::dialog::Overlay;
use super::super::model::locks::Row;
use super::super::model::scroll::Search;
use super::super::model::tab::Tab;
use super::super::model::tasks::is_over;
use super::super::model::{Arrangement, Keys, Mode, Model};
use super::super::widget::text::{fit, put, put_right, width};
use super::agents::glyph;
use crate::api::agents::{Agent, Status};
use crate::api::tasks::Task;
use crate::tui::model::roster::is_live;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The least width at which a question shows the key that cancels it; any other key cancels it too.
const CANCEL_COLUMNS_MIN: u16 = 30;
/// With fewer columns, only the key for the help is shown.
const ONE_KEY_COLUMNS: u16 = 14;
/// The least width at which the name Quarterdeck is shown whole, and not as `qd`.
const US_COLUMNS_MIN: u16 = 30;

pub(super) fn draw(model: &Model, area: Rect, buf: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    if let Some(confirm) = &model.confirm {
        return ask(model, confirm, area, buf);
    }
    let theme = &model.theme;
    let agent = model.roster.selected_name().unwrap_or("");
    let leave = model.keymap.shown(Does::TypingLeave);
    let (goes, context) = match (&model.overlay, &model.scroll, model.keys) {
        (Some(_), ..) => ("Keys → this dialog".to_owned(), None),
        (None, Some(scroll), _) => (sought(&scroll.search), Some(Context::Scroll)),
        (None, None, Keys::Agent) => (format!("Keys → {agent} ({leave} {})", what_leave_does(model)), None),
        (None, None, Keys::Filter) => (format!("Keys → filter /{}▏", model.filter()), None),
        (None, None, Keys::Quarterdeck) if model.tabs.shown == Tab::Fleet => {
            let us = if area.width < US_COLUMNS_MIN { "qd" } else { "Quarterdeck" };
            (format!("Keys → {us}"), Some(Context::Fleet))
        }
        (None, None, Keys::Quarterdeck) => {
            (format!("Keys → {}", model.tabs.shown.title()), Some(model.tabs.shown.context()))
        }
    };
    let style = if model.keys == Keys::Agent && model.scroll.is_none() { theme.typing } else { theme.title };
    let shown = if area.width > width(&goes) + 2 { format!(" {goes} ") } else { goes };
    let mut x = put(buf, area, area.x, area.y, &shown, style);
    let alone = model.arrangement == Arrangement::Zoom && context.is_some() && model.tabs.shown == Tab::Fleet;
    if let Some(agent) = model.selected().filter(|_| alone) {
        let (glyph, glyph_style) = glyph(agent, theme);
        x = put(buf, area, x + 1, area.y, glyph, glyph_style);
        x = put(buf, area, x + 1, area.y, &agent.name, theme.text);
    }
    match context {
        Some(context) => {
            keys(model, context, Rect { x: x + 1, width: area.right().saturating_sub(x + 1), ..area }, buf)
        }
        None => hint(model, x, area, buf),
    }
}

/// Returns the text of the search in a frozen copy, with the number of the match. The bar shows it because the terminal
/// may have no frame.
fn sought(search: &Search) -> String {
    match (search.editing, search.text.as_str(), search.place) {
        (true, text, _) => format!("Keys → search /{text}▏"),
        (false, "", _) => "Keys → looking back".to_owned(),
        (false, text, Some((place, all))) => format!("Keys → looking back /{text} {place} of {all}"),
        (false, text, None) => format!("Keys → looking back /{text}"),
    }
}

/// Draws the question and the keys that answer it; the agent's name is shortened first.
fn ask(model: &Model, confirm: &Confirm, area: Rect, buf: &mut Buffer) {
    let theme = &model.theme;
    let key = model.keymap.shown(confirm.does);
    let mut answers = vec![(format!(" {key}"), theme.key), (" again".to_owned(), theme.dim)];
    if area.width >= CANCEL_COLUMNS_MIN {
        answers.extend([(" · ".to_owned(), theme.dim), ("Esc".to_owned(), theme.key)]);
    }
    let used: u16 = answers.iter().map(|(text, _)| width(text)).sum();
    let room = area.width.saturating_sub(used + width(confirm.what) + 3);
    let asked = format!(" {} {}?", confirm.what, fit(&confirm.agent, room));
    let x = put(buf, area, area.x, area.y, &asked, theme.warning);
    answers.iter().fold(x, |x, (text, style)| put(buf, area, x, area.y, text, *style));
}

fn what_leave_does(model: &Model) -> &'static str {
    match model.mode {
        Mode::Dashboard => "leaves",
        Mode::Attach { .. } => "detaches",
    }
}

/// Draws the hint at the right: the terminal's title if no frame shows it, or the keys that close an overlay or end a
/// filter.
fn hint(model: &Model, after: u16, area: Rect, buf: &mut Buffer) {
    let room = Rect { x: after + 1, width: area.right().saturating_sub(after + 1), ..area };
    let text = match (&model.overlay, model.keys) {
        (Some(Overlay::Help { .. } | Overlay::Explain { .. } | Overlay::Task { .. } | Overlay::Conflict(_)), _) => {
            "↑ ↓ scroll · Esc closes ".to_owned()
        }
        // The editor itself shows the keys that answer its question.
        (Some(Overlay::Compose(compose)), _) if compose.leaving == Leaving::Asked => String::new(),
        (Some(_), _) => "Esc closes ".to_owned(),
        (None, Keys::Filter) => "Enter keeps · Esc shows all ".to_owned(),
        (None, _) => model.selected().map(|agent| format!("{} ", agent.title)).unwrap_or_default(),
    };
    put_right(buf, room, area.y, &text, model.theme.dim);
}

fn keys(model: &Model, context: Context, area: Rect, buf: &mut Buffer) {
    let everywhere = !matches!(context, Context::Scroll | Context::Typing);
    let mut entries: Vec<&Entry> = ENTRIES
        .iter()
        .filter(|entry| entry.context == context || everywhere && matches!(entry.does, Does::Help | Does::Quit))
        .filter(|entry| place(model, entry).is_some())
        .filter(|entry| !model.keymap.keys(entry.does).is_empty())
        .collect();
    let has_room_for_one = area.width < ONE_KEY_COLUMNS;
    entries.sort_by_key(|entry| (has_room_for_one && entry.does != Does::Help, place(model, entry)));
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

/// Returns the present place of an action in the bar. Actions that are impossible for an agent without a run give way
/// to possible ones.
fn place(model: &Model, entry: &Entry) -> Option<u8> {
    let runs = model.selected().is_none_or(|agent| is_live(agent.state));
    match entry.does {
        Does::Type | Does::Pause | Does::Kill if !runs => None,
        Does::Snooze => entry.bar.filter(|_| model.selected().is_some_and(|agent| agent.question.is_some())),
        Does::Explain if !runs => Some(2),
        Does::Commit => entry.bar.filter(|_| model.selected().is_some_and(|agent| agent.files_uncommitted() > 0)),
        Does::Forget if !runs => Some(4),
        Does::TaskCancel | Does::TaskRetry | Does::TaskShow | Does::TaskExplain => {
            entry.bar.filter(|_| fits_task(entry.does, model.tabs.tasks.selected()))
        }
        Does::PlanRetry | Does::PlanShow | Does::PlanExplain => {
            entry.bar.filter(|_| fits_task(entry.does, model.tabs.plan.selected_task()))
        }
        Does::PlanPause | Does::PlanCancel => entry.bar.filter(|_| plan_is_open(model)),
        Does::PlanOlder | Does::PlanNewer => entry.bar.filter(|_| model.tabs.plan.plans().len() > 1),
        Does::ConflictShow => entry.bar.filter(|_| matches!(model.tabs.locks.selected(), Some(Row::Conflict(_)))),
        Does::LockForce => entry.bar.filter(|_| model.tabs.locks.lease().is_some()),
        _ => entry.bar,
    }
}

/// Whether an action can be done with this task.
fn fits_task(does: Does, task: Option<&Task>) -> bool {
    let Some(task) = task else { return false };
    match does {
        Does::TaskCancel => !is_over(task.state),
        Does::TaskRetry | Does::PlanRetry => task.state.can_be_retried(),
        _ => true,
    }
}

fn plan_is_open(model: &Model) -> bool {
    model.tabs.plan.chosen().is_some_and(|plan| !plan.state.has_ended())
}

fn is_snoozed(agent: &Agent) -> bool {
    agent.question.as_ref().is_some_and(|question| question.snoozed_until_ms.is_some())
}

/// Returns the label of what the key would do now.
fn label(model: &Model, entry: &Entry) -> &'static str {
    let agent = model.selected();
    match entry.does {
        Does::PlanPause if model.tabs.plan.chosen().is_some_and(|plan| plan.paused) => "resume",
        Does::Pause if agent.is_some_and(|agent| agent.status == Status::Paused) => "resume",
        Does::StartStop if agent.is_some_and(|agent| agent.status == Status::Stopping) => "stop now",
        Does::StartStop if agent.is_some_and(|agent| !is_live(agent.state)) => "start",
        Does::Snooze if agent.is_some_and(is_snoozed) => "call again",
        Does::Grid if model.arrangement == Arrangement::Grid => "one",
        Does::Zoom if model.arrangement == Arrangement::Zoom => "panels",
        _ => entry.label,
    }
}
