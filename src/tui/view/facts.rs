//! Draws the panel of facts, with the newest at the bottom.

use super::super::model::facts::Told;
use super::super::model::{Focus, Keys, Model};
use super::super::seen::{Click, Seen};
use super::super::widget::text::{Side, pad, put, put_right, width};
use super::time::{day, time_of_day};
use crate::api::events::Severity;
use jiff::civil::Date;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

/// The widest column of agents' names, in columns of the terminal. Beyond it, a name ends with `…`.
const NAME_COLUMNS_MAX: u16 = 16;

pub(super) fn draw(model: &Model, area: Rect, seen: &mut Seen, buf: &mut Buffer) {
    if area.height < 2 {
        return;
    }
    let theme = &model.theme;
    let focused = model.focus == Focus::Facts && model.keys == Keys::Quarterdeck;
    put(buf, area, area.x, area.y, &"─".repeat(usize::from(area.width)), theme.border);
    let x = put(buf, area, area.x + 1, area.y, " Facts ", if focused { theme.title } else { theme.dim });
    let only = match model.facts.least() {
        Severity::Debug | Severity::Info => "",
        Severity::Warning => "(warnings and errors) ",
        Severity::Error | Severity::Critical => "failures only ",
    };
    put(buf, area, x, area.y, only, look(model, model.facts.least()));
    if model.facts.back() > 0 {
        put_right(buf, area, area.y, &format!(" {} newer ", model.facts.back()), theme.accent);
    }
    let lines = sight(model, area);
    let agents = lines.iter().filter_map(|line| line.told()?.fact.agent.as_deref());
    let names = agents.map(width).max().unwrap_or(0).min(NAME_COLUMNS_MAX);
    for (line, y) in lines.iter().zip(area.y + 1..area.bottom()) {
        let row = Rect { y, height: 1, ..area };
        match line {
            Line::Told(told) => {
                fact_line(model, told, names, row, buf);
                if let Some(agent) = &told.fact.agent {
                    seen.place(row, Click::Fact(agent.clone()));
                }
            }
            Line::Day(day) => {
                let x = put(buf, row, row.x + 1, row.y, &day.strftime("%a %-d %b ").to_string(), theme.dim);
                put(buf, row, x, row.y, &"╌".repeat(usize::from(row.width)), theme.border);
            }
        }
    }
}

/// A line of the panel: a rule with a day, or a fact.
enum Line<'a> {
    /// A rule above the facts of this day.
    Day(Date),
    Told(&'a Told),
}

impl<'a> Line<'a> {
    fn told(&self) -> Option<&'a Told> {
        match self {
            Line::Day(_) => None,
            Line::Told(told) => Some(told),
        }
    }
}

/// Returns the visible lines, oldest first. Every day begins with a rule, but today does so only if an earlier day is
/// above it.
fn sight(model: &Model, area: Rect) -> Vec<Line<'_>> {
    let room = usize::from(area.height.saturating_sub(1));
    let told: Vec<&Told> = model.facts.in_sight(room).collect();
    let today = day(model, model.now_ms);
    let mut lines = Vec::new();
    for (place, one) in told.iter().enumerate().rev() {
        lines.push(Line::Told(one));
        let of = day(model, one.fact.at_ms);
        let before = place.checked_sub(1).map_or(today, |place| day(model, told[place].fact.at_ms));
        lines.extend(of.filter(|_| of != before).map(Line::Day));
    }
    lines.truncate(room);
    lines.reverse();
    lines
}

fn fact_line(model: &Model, told: &Told, names: u16, row: Rect, buf: &mut Buffer) {
    let (theme, fact) = (&model.theme, &told.fact);
    let x = put(buf, row, row.x + 1, row.y, &time_of_day(model, fact.at_ms), theme.dim);
    let name = pad(fact.agent.as_deref().unwrap_or(""), names, Side::Right);
    let x = put(buf, row, x + 2, row.y, &name, theme.text);
    let style = look(model, fact.severity);
    // The number of repetitions comes first, because the end of a line may be cut off.
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
