//! The fleet's facts, newest at the bottom.

use super::super::model::{Focus, Keys, Model};
use super::super::widget::text::{Side, pad, put, put_right, width};
use crate::api::events::{EventRecord, Severity};
use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::ops::Range;

/// The widest column of names. Beyond it, a name ends with `…`.
const NAME_COLUMNS_MAX: u16 = 16;

pub(super) fn draw(model: &Model, area: Rect, buf: &mut Buffer) {
    if area.height < 2 {
        return;
    }
    let theme = &model.theme;
    let focused = model.focus == Focus::Facts && model.keys == Keys::Quarterdeck;
    put(buf, area, area.x, area.y, &"─".repeat(usize::from(area.width)), theme.border);
    put(buf, area, area.x + 1, area.y, " Facts ", if focused { theme.title } else { theme.dim });
    if model.facts_back > 0 {
        put_right(buf, area, area.y, &format!(" {} newer ", model.facts_back), theme.accent);
    }
    let shown = || model.facts.range(sight(model, area));
    let names = shown().filter_map(|fact| fact.agent.as_deref()).map(width).max().unwrap_or(0).min(NAME_COLUMNS_MAX);
    for (fact, y) in shown().zip(area.y + 1..area.bottom()) {
        line(model, fact, names, Rect { y, height: 1, ..area }, buf);
    }
}

/// The facts in sight.
fn sight(model: &Model, area: Rect) -> Range<usize> {
    let end = model.facts.len() - model.facts_back.min(model.facts.len());
    end.saturating_sub(usize::from(area.height.saturating_sub(1)))..end
}

/// The fact drawn at a row of the screen.
pub fn fact_at(model: &Model, area: Rect, y: u16) -> Option<&EventRecord> {
    let place = y.checked_sub(area.y + 1)?;
    model.facts.range(sight(model, area)).nth(usize::from(place))
}

fn line(model: &Model, fact: &EventRecord, names: u16, row: Rect, buf: &mut Buffer) {
    let theme = &model.theme;
    let x = put(buf, row, row.x + 1, row.y, &time_of_day(model, fact.at_ms), theme.dim);
    let name = pad(fact.agent.as_deref().unwrap_or(""), names, Side::Right);
    let x = put(buf, row, x + 2, row.y, &name, theme.text);
    put(buf, row, x + 2, row.y, &fact.message, look(model, fact.severity));
}

fn look(model: &Model, severity: Severity) -> Style {
    match severity {
        Severity::Debug | Severity::Info => model.theme.dim,
        Severity::Warning => model.theme.warning,
        Severity::Error => model.theme.error,
        Severity::Critical => model.theme.critical,
    }
}

fn time_of_day(model: &Model, at_ms: u64) -> String {
    let instant = i64::try_from(at_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    match instant {
        Some(instant) => instant.to_zoned(model.zone.clone()).strftime("%H:%M:%S").to_string(),
        None => "--:--:--".to_owned(),
    }
}
