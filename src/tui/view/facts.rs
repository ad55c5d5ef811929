//! The fleet's facts, newest at the bottom.

use super::super::layout;
use super::super::model::facts::Told;
use super::super::model::{Focus, Keys, Model};
use super::super::widget::text::{Side, pad, put, put_right, width};
use crate::api::events::{EventRecord, Severity};
use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

/// The widest column of names. Beyond it, a name ends with `…`.
const NAME_COLUMNS_MAX: u16 = 16;

pub(super) fn draw(model: &Model, area: Rect, buf: &mut Buffer) {
    if area.height < 2 {
        return;
    }
    let theme = &model.theme;
    let focused = model.focus == Focus::Facts && model.keys == Keys::Quarterdeck;
    put(buf, area, area.x, area.y, &"─".repeat(usize::from(area.width)), theme.border);
    let x = put(buf, area, area.x + 1, area.y, " Facts ", if focused { theme.title } else { theme.dim });
    let only = match model.facts.least() {
        Severity::Debug | Severity::Info => "",
        Severity::Warning => "that warn, and failures ",
        Severity::Error | Severity::Critical => "failures only ",
    };
    put(buf, area, x, area.y, only, look(model, model.facts.least()));
    if model.facts.back() > 0 {
        put_right(buf, area, area.y, &format!(" {} newer ", model.facts.back()), theme.accent);
    }
    let shown = || sight(model, area);
    let agents = shown().filter_map(|told| told.fact.agent.as_deref());
    let names = agents.map(width).max().unwrap_or(0).min(NAME_COLUMNS_MAX);
    for (told, y) in shown().zip(area.y + 1..area.bottom()) {
        line(model, told, names, Rect { y, height: 1, ..area }, buf);
    }
}

/// The facts in sight.
fn sight(model: &Model, area: Rect) -> impl Iterator<Item = &Told> {
    model.facts.in_sight(usize::from(area.height.saturating_sub(1)))
}

/// The fact drawn at a row of the screen.
pub fn fact_at(model: &Model, area: Rect, y: u16) -> Option<&EventRecord> {
    let place = y.checked_sub(area.y + 1)?;
    sight(model, area).nth(usize::from(place)).map(|told| &told.fact)
}

/// Whether the newest fact that fails is on the screen, so that nothing else need announce it.
pub fn shows_newest(model: &Model) -> bool {
    let area = layout::parts(model).facts;
    area.height > 1 && model.facts.back() == 0 && model.overlay.is_none()
}

fn line(model: &Model, told: &Told, names: u16, row: Rect, buf: &mut Buffer) {
    let (theme, fact) = (&model.theme, &told.fact);
    let x = put(buf, row, row.x + 1, row.y, &time_of_day(model, fact.at_ms), theme.dim);
    let name = pad(fact.agent.as_deref().unwrap_or(""), names, Side::Right);
    let x = put(buf, row, x + 2, row.y, &name, theme.text);
    let style = look(model, fact.severity);
    // How often stands first, for the end of a line may be cut off.
    let x = match told.times {
        1 => x + 2,
        times => put(buf, row, x + 2, row.y, &format!("×{times} "), style.add_modifier(Modifier::BOLD)),
    };
    put(buf, row, x, row.y, &fact.message, style);
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
