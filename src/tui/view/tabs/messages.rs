//! Draws the messages tab: the newest messages, of all agents or of one, each with the state of its delivery.

use super::super::agents::style;
use super::super::time::time_of_day;
use super::frame::{detail_frame, heading, lines_in, nothing, stale};
use crate::api::messages::{Delivery, Message, Via};
use crate::tui::keymap::Does;
use crate::tui::layout::Parts;
use crate::tui::model::messages::MESSAGES_MAX;
use crate::tui::model::{Keys, Model};
use crate::tui::seen::{Click, Seen};
use crate::tui::theme::Theme;
use crate::tui::widget::lines::Pieces;
use crate::tui::widget::list;
use crate::tui::widget::text::{Side, pad, put, width, wrap};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::ops::Range;

/// The widest column of the names of sender and receiver, in columns of the terminal. Beyond it, a name ends with `…`.
const NAMES_COLUMNS_MAX: u16 = 30;
/// The least width at which the topic is shown.
const TOPIC_COLUMNS_MIN: u16 = 90;
/// The least width at which the time is shown.
const TIME_COLUMNS_MIN: u16 = 40;

/// Returns the sign, the word and the style of a delivery's state.
fn glyph(delivery: Delivery, theme: &Theme) -> (&'static str, &'static str, Style) {
    (delivery.look().sign(), delivery.word(), style(delivery.look(), theme))
}

/// Returns the range of the visible messages. The first row is the heading's.
fn sight(model: &Model, area: Rect) -> Range<usize> {
    let tab = &model.tabs.messages;
    list::sight(tab.shown().len(), tab.place(), usize::from(area.height.saturating_sub(1)))
}

pub(super) fn draw(model: &Model, parts: &Parts, seen: &mut Seen, buf: &mut Buffer) {
    let (area, tab) = (parts.body, &model.tabs.messages);
    if area.is_empty() {
        return;
    }
    let sight = sight(model, area);
    let inner = Rect { x: area.x + 1, width: area.width.saturating_sub(1), ..area };
    let (text, style) = title(model);
    heading(model, inner, &text, style, list::more(&sight, tab.shown().len()), buf);
    if tab.shown().len() == 0 {
        let key = |does| model.keymap.shown(does);
        let text = match (tab.filter().is_empty(), &tab.agent) {
            (false, _) => format!("None matches: {} shows all", key(Does::Back)),
            (true, Some(agent)) => {
                format!("Nothing to or from {agent}: {} {} looks at others", key(Does::Left), key(Does::Right))
            }
            (true, None) => format!("No messages yet: {} writes one", key(Does::MessageNew)),
        };
        nothing(model, Rect { y: area.y + 1, height: area.height - 1, ..area }, tab.heard, &text, buf);
    }
    let shown: Vec<&Message> = tab.shown().skip(sight.start).take(sight.len()).collect();
    let names = |message: &&Message| width(&message.from) + width(&message.to) + 3;
    let columns = shown.iter().map(names).max().unwrap_or(0).min(NAMES_COLUMNS_MAX).min(area.width / 2);
    for ((place, message), y) in sight.zip(&shown).zip(area.y + 1..area.bottom()) {
        let line = Rect { y, height: 1, ..area };
        row(model, message, columns, line, place == tab.place(), buf);
        seen.place(line, Click::Message(message.id.clone()));
    }
    detail(model, parts.detail, buf);
}

fn title(model: &Model) -> (String, Style) {
    let (theme, tab) = (&model.theme, &model.tabs.messages);
    let filter = tab.filter();
    match (model.keys, filter.is_empty()) {
        (Keys::Filter, _) => return (format!("/{filter}▏"), theme.accent),
        (_, false) => return (format!("/{filter}  {} match", tab.shown().len()), theme.accent),
        _ => {}
    }
    let whose = tab.agent.as_deref().map_or("all agents".to_owned(), |agent| format!("to and from {agent}"));
    let keys = format!("{} {}", model.keymap.shown(Does::Left), model.keymap.shown(Does::Right));
    let older = if tab.is_full() {
        format!(" · the newest {MESSAGES_MAX}; older ones: qd msg history")
    } else {
        String::new()
    };
    (format!("Newest first · {keys} {whose}{older}"), theme.dim)
}

fn row(model: &Model, message: &Message, names: u16, row: Rect, selected: bool, buf: &mut Buffer) {
    let theme = &model.theme;
    let row = Rect { width: row.width.saturating_sub(1), ..row };
    let (sign, _, sign_style) = glyph(message.delivery, theme);
    let mut style = theme.text;
    if selected {
        style = style.patch(theme.selected);
        put(buf, row, row.x, row.y, "▌", stale(model, theme.accent));
    }
    put(buf, row, row.x + 1, row.y, sign, stale(model, sign_style));
    let mut x = row.x + 3;
    if row.width >= TIME_COLUMNS_MIN {
        x = put(buf, row, x, row.y, &time_of_day(model, message.sent_ms), stale(model, theme.dim)) + 2;
    }
    let whom = pad(&format!("{} → {}", message.from, message.to), names, Side::Right);
    x = put(buf, row, x, row.y, &whom, stale(model, style)) + 2;
    if row.width >= TOPIC_COLUMNS_MIN {
        let topic = pad(&message.topic, 24, Side::Right);
        x = put(buf, row, x, row.y, &topic, stale(model, theme.dim)) + 2;
    }
    let first = message.body.lines().next().unwrap_or("");
    let more = if message.body.lines().nth(1).is_some() { " …" } else { "" };
    put(buf, row, x, row.y, &format!("{first}{more}"), stale(model, style));
}

fn detail(model: &Model, area: Rect, buf: &mut Buffer) {
    let Some(message) = model.tabs.messages.selected().filter(|_| !area.is_empty()) else { return };
    let theme = &model.theme;
    let within = detail_frame(model, area, &format!(" {} · {} ", message.id, message.topic), buf);
    let (sign, word, style) = glyph(message.delivery, theme);
    let mut lines: Vec<Pieces> = vec![vec![
        (format!("{sign} {word}"), style),
        (format!("  {} → {}", message.from, message.to), theme.text),
        (format!("  sent {}", time_of_day(model, message.sent_ms)), theme.dim),
    ]];
    let mut notes: Vec<String> = message.correlation.iter().map(|what| format!("belongs to {what}")).collect();
    notes.extend((message.via == Via::Terminal).then(|| "typed into the terminal once it is idle".to_owned()));
    notes.extend(
        (message.delivery == Delivery::Pending)
            .then(|| format!("given up at {}", time_of_day(model, message.expires_ms))),
    );
    if !notes.is_empty() {
        lines.push(vec![(notes.join(" · "), theme.dim)]);
    }
    lines.push(Vec::new());
    let body = message.body.lines().flat_map(|line| wrap(line, within.width.max(1), usize::MAX));
    lines.extend(body.map(|line| vec![(line, theme.text)]));
    lines_in(model, &lines, within, None, buf);
}
