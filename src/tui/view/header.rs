//! Draws the header: the fleet's name and the counts of its agents; below it the banners.

use super::super::age;
use super::super::layout;
use super::super::model::tab::Tab;
use super::super::model::{Line, Mode, Model};
use super::super::seen::{Click, Seen};
use super::super::widget::text::{put, put_right, width};
use super::agents::look;
use crate::api::condition::Condition;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// The conditions whose agents are counted, most urgent first.
const COUNTED: [Condition; 7] = [
    Condition::NeedsYou,
    Condition::Failed,
    Condition::Done,
    Condition::Blocked,
    Condition::Working,
    Condition::Paused,
    Condition::Snoozed,
];
/// A count as it is drawn in the header.
struct Piece {
    text: String,
    style: Style,
    /// The condition of the agents that it counts; none when it counts all.
    counted: Option<Condition>,
}

/// With fewer columns, counts have a sign instead of words.
const SHORT_COLUMNS: u16 = 40;
/// With fewer columns, the name is not drawn.
const NAME_COLUMNS_MIN: u16 = 8;

pub(super) fn draw(model: &Model, area: Rect, seen: &mut Seen, buf: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    let pieces = placed(model, area);
    let first = pieces.first().map_or(area.right(), |(x, _)| *x);
    name(model, Rect { width: first.saturating_sub(area.x + 2), ..area }, buf);
    for (index, (x, piece)) in pieces.iter().enumerate() {
        let end = put(buf, area, *x, area.y, &piece.text, piece.style);
        seen.place(Rect { x: *x, width: end - x, ..area }, Click::Count(piece.counted));
        if index + 1 < pieces.len() {
            put(buf, area, end, area.y, between(area), model.theme.dim);
        }
    }
}

/// Returns the text between two counts.
fn between(area: Rect) -> &'static str {
    if area.width < SHORT_COLUMNS { " " } else { " · " }
}

/// Returns the counts, each with the column at which it begins; they are at the right of the header.
fn placed(model: &Model, area: Rect) -> Vec<(u16, Piece)> {
    let pieces = counts(model, area.width);
    let margin = u16::from(area.width >= SHORT_COLUMNS);
    let gap = width(between(area));
    let total = pieces.iter().map(|piece| width(&piece.text) + gap).sum::<u16>().saturating_sub(gap);
    let mut x = area.right().saturating_sub(total + margin).max(area.x);
    let place = |piece: Piece| {
        let begin = x;
        x += width(&piece.text) + gap;
        (begin, piece)
    };
    pieces.into_iter().map(place).collect()
}

/// Draws the fleet's name; the name Quarterdeck is added only where both fit.
fn name(model: &Model, area: Rect, buf: &mut Buffer) {
    // Where the tabs have no row, the header names the shown tab.
    let small = layout::parts(model).tabs.is_empty() && model.tabs.shown != Tab::Fleet;
    let theirs = if small { model.tabs.shown.title() } else { model.fleet.as_str() };
    let ours = "Quarterdeck";
    if area.width < width(ours) + width(theirs) + 3 {
        let one = if theirs.is_empty() { ours } else { theirs };
        let fits = area.width > width(one).min(NAME_COLUMNS_MIN);
        put(buf, area, area.x + 1, area.y, if fits { one } else { "" }, model.theme.title);
    } else {
        let x = put(buf, area, area.x + 1, area.y, ours, model.theme.title);
        let x = put(buf, area, x + 2, area.y, theirs, model.theme.text);
        let (state, style) = supervisor(model);
        if area.right().saturating_sub(x) > width(state) + 3 {
            put(buf, area, x, area.y, &format!(" · {state}"), style);
        }
    }
}

/// Returns the state of the supervisor, as far as it is known.
fn supervisor(model: &Model) -> (&'static str, Style) {
    match &model.line {
        Line::Lost { .. } => ("supervisor gone", model.theme.failed),
        Line::Opening => ("connecting", model.theme.dim),
        Line::Up if model.stopping => ("stopping", model.theme.warning),
        Line::Up => ("up", model.theme.dim),
    }
}

/// Returns the counts, most urgent first; they are shorter where room is short.
fn counts(model: &Model, columns: u16) -> Vec<Piece> {
    let theme = &model.theme;
    let counts = model.roster.counts();
    let counted = COUNTED.iter().filter_map(|condition| counts.get(condition).map(|count| (*condition, *count)));
    let piece = |(condition, count): (Condition, usize)| {
        let text = match (columns, condition) {
            (0..SHORT_COLUMNS, _) => format!("{}{count}", condition.look().sign()),
            (_, Condition::NeedsYou) if count > 1 => format!("{count} need you"),
            _ => format!("{count} {}", condition.title()),
        };
        let style = if model.is_stale() { theme.stale } else { look(condition, theme) };
        Piece { text, style, counted: Some(condition) }
    };
    let all = match (model.roster.all().len(), columns) {
        (0, _) if !model.listed => "…".to_owned(),
        (all, 0..SHORT_COLUMNS) => format!("of {all}"),
        (1, _) => "1 agent".to_owned(),
        (all, _) => format!("{all} agents"),
    };
    let all = Piece { text: all, style: theme.dim, counted: None };
    counted.map(piece).chain(std::iter::once(all)).collect()
}

/// Returns the window's title: it counts the agents that need a person or failed, so that they are noticed in other
/// windows.
pub fn title(model: &Model) -> String {
    let counts = model.roster.counts();
    let urgent = [Condition::NeedsYou, Condition::Failed].into_iter();
    let signs: String =
        urgent.filter_map(|word| counts.get(&word).map(|count| format!("{}{count} ", word.look().sign()))).collect();
    let title = match &model.mode {
        Mode::Attach { agent } if counts.contains_key(&Condition::NeedsYou) => {
            format!("{} {agent} · Quarterdeck", Condition::NeedsYou.look().sign())
        }
        Mode::Attach { agent } => format!("{agent} · Quarterdeck"),
        Mode::Dashboard if model.fleet.is_empty() => "Quarterdeck".to_owned(),
        Mode::Dashboard if signs.is_empty() => format!("{} · Quarterdeck", model.fleet),
        Mode::Dashboard => format!("{signs}{}", model.fleet),
    };
    title.chars().filter(|character| !character.is_control()).collect()
}

/// Draws the banners, the lost connection first. When there is not room for all, the last line counts the rest.
pub(super) fn banners(model: &Model, area: Rect, buf: &mut Buffer) {
    let lost = match &model.line {
        Line::Lost { since_ms, reason, attempts } => Some(lost(model, *since_ms, reason, *attempts)),
        Line::Opening | Line::Up => None,
    };
    let all: Vec<&String> = lost.iter().chain(model.troubles()).collect();
    for (index, y) in (area.y..area.bottom()).enumerate() {
        let Some(text) = all.get(index) else { break };
        let row = Rect { y, height: 1, ..area };
        buf.set_style(row, model.theme.banner);
        let unseen = all.len().saturating_sub(index + 1);
        let last = y + 1 == area.bottom();
        let more = if last && unseen > 0 { format!("+{unseen} more ") } else { String::new() };
        let end = put_right(buf, row, y, &more, model.theme.banner);
        let room = Rect { width: end.saturating_sub(row.x), ..row };
        put(buf, room, row.x + 1, y, text, model.theme.banner);
    }
}

fn lost(model: &Model, since_ms: u64, reason: &str, attempts: u32) -> String {
    let age = age::text(since_ms, model.now_ms);
    let why = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    let again = match attempts {
        0 => String::new(),
        attempts => format!(" · attempt {attempts} to reconnect"),
    };
    format!("Supervisor gone, last known {age} ago{again}{why}")
}
