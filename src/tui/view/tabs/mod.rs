//! Draws the tabs beside the fleet, and the row with the names of all tabs.

pub mod locks;
pub mod messages;
pub mod plan;
mod task;
pub mod tasks;

use super::super::keymap::Does;
use super::super::layout::{self, Parts, inside};
use super::super::model::Model;
use super::super::model::tab::Tab;
use super::super::widget::text::{put, put_right, width};
use super::overlay::Pieces;
use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::widgets::{Block, BorderType, Widget};
pub(super) use task::{glyph as task_glyph, told};

/// The mark beside the name of a tab that has changes which it does not show yet.
const BEHIND: &str = "•";

/// A tab's name as it is drawn in the row.
struct Label {
    tab: Tab,
    key: String,
    text: String,
}

impl Label {
    fn columns(&self) -> u16 {
        width(&self.key) + width(&self.text) + 3
    }
}

/// Returns the names of the tabs, as long as they fit: with their numbers, else without, else only the shown tab's
/// name.
fn labels(model: &Model, columns: u16) -> Vec<Label> {
    let label = |tab: Tab, named: bool, figures: bool| {
        let does =
            [Does::ShowFleet, Does::ShowTasks, Does::ShowPlan, Does::ShowLocks, Does::ShowMessages][tab as usize];
        let mut text = if named { tab.title().to_owned() } else { String::new() };
        if figures && let Some(figure) = model.tabs.figure(tab) {
            text = format!("{text} {figure}");
        }
        if figures && model.tabs.is_behind(tab) && tab != model.tabs.shown {
            text += BEHIND;
        }
        Label { tab, key: model.keymap.shown(does), text }
    };
    let row = |named: fn(Tab, Tab) -> bool, figures: bool| -> Vec<Label> {
        Tab::ALL.iter().map(|tab| label(*tab, named(*tab, model.tabs.shown), figures)).collect()
    };
    let fits = |labels: &Vec<Label>| labels.iter().map(Label::columns).sum::<u16>() <= columns;
    let whole = Some(row(|_, _| true, true)).filter(fits);
    whole
        .or_else(|| Some(row(|_, _| true, false)).filter(fits))
        .unwrap_or_else(|| row(|tab, shown| tab == shown, false))
}

/// Draws the row with the names of the tabs.
pub(super) fn row(model: &Model, area: Rect, buf: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    let theme = &model.theme;
    let mut x = area.x;
    for label in labels(model, area.width) {
        let shown = label.tab == model.tabs.shown;
        let cells = Rect { x, width: label.columns().min(area.right().saturating_sub(x)), ..area };
        let (key, name) = if shown { (theme.tab, theme.tab) } else { (theme.key, theme.dim) };
        if shown {
            buf.set_style(cells, theme.tab);
            put(buf, cells, cells.x, area.y, "▌", theme.tab);
        }
        let after = put(buf, cells, x + 1, area.y, &label.key, key);
        put(buf, cells, after + u16::from(!label.text.is_empty()), area.y, &label.text, name);
        x = cells.right();
    }
}

/// Returns the tab whose name is drawn at a cell of the user's terminal.
pub fn tab_at(model: &Model, area: Rect, at: Position) -> Option<Tab> {
    if !area.contains(at) {
        return None;
    }
    let mut x = area.x;
    labels(model, area.width).into_iter().find_map(|label| {
        x += label.columns();
        (at.x < x).then_some(label.tab)
    })
}

/// Draws the tab that is shown.
pub(super) fn draw(model: &Model, parts: &Parts, buf: &mut Buffer) {
    match model.tabs.shown {
        Tab::Fleet => {}
        Tab::Tasks => tasks::draw(model, parts, buf),
        Tab::Plan => plan::draw(model, parts, buf),
        Tab::Locks => locks::draw(model, parts, buf),
        Tab::Messages => messages::draw(model, parts, buf),
    }
}

/// Returns the starting instants of the ages that are visible.
pub fn ages_shown(model: &Model) -> impl Iterator<Item = u64> {
    let parts = layout::parts(model);
    let ages = match model.tabs.shown {
        Tab::Fleet | Tab::Messages => Vec::new(),
        Tab::Tasks => tasks::ages_shown(model, parts.body),
        Tab::Plan => Vec::new(),
        Tab::Locks => locks::ages_shown(model, parts.body),
    };
    let task = model.tabs.selected_task().and_then(|id| task::known(model, id)).filter(|_| !parts.detail.is_empty());
    ages.into_iter().chain(task.and_then(task::age_from))
}

/// Draws the frame and the title of the details: a border if they are beside the list, a rule if they are below it.
/// Returns the area within.
fn detail_frame(model: &Model, area: Rect, title: &str, buf: &mut Buffer) -> Rect {
    if area.x > buf.area.x {
        let title = super::super::widget::text::fit(title, area.width.saturating_sub(4));
        let block = Block::bordered().border_type(BorderType::Rounded).border_style(model.theme.border);
        block.title_top(ratatui::text::Line::styled(title, model.theme.title)).render(area, buf);
        let within = inside(area);
        return Rect { x: within.x + 1, width: within.width.saturating_sub(2), ..within };
    }
    put(buf, area, area.x, area.y, &"─".repeat(usize::from(area.width)), model.theme.border);
    let room = Rect { width: area.width.saturating_sub(1), ..area };
    put(buf, room, area.x + 1, area.y, title, model.theme.title);
    let body = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    Rect { x: body.x + 1, width: body.width.saturating_sub(2), ..body }
}

/// Writes lines in an area; if there are more lines than rows, the last row says so.
fn lines_in(model: &Model, lines: &[Pieces], area: Rect, key: Option<Does>, buf: &mut Buffer) {
    super::overlay::write(lines, 0, area, buf);
    if lines.len() > usize::from(area.height) && area.height > 0 {
        let more = lines.len() - usize::from(area.height) + 1;
        let y = area.bottom() - 1;
        let row = Rect { y, height: 1, ..area };
        super::super::widget::popup::clear(row, buf);
        let keys = key.map(|does| format!(" · {} shows all", model.keymap.shown(does))).unwrap_or_default();
        put(buf, row, row.x, y, &format!("… {more} more lines{keys}"), model.theme.dim);
    }
}

/// Draws the text that replaces an empty list.
fn nothing(model: &Model, area: Rect, heard: bool, text: &str, buf: &mut Buffer) {
    let text = if heard { text } else { "Asking the supervisor …" };
    let area = Rect { width: area.width.saturating_sub(1), ..area };
    let lines = super::super::widget::text::wrap(text, area.width.saturating_sub(2).max(1), 4);
    for (line, y) in lines.iter().zip(area.y + u16::from(area.height > 3)..area.bottom()) {
        put(buf, area, area.x + 1, y, line, model.theme.dim);
    }
}

/// Draws the heading of a list: its name, and at the right how much is not visible.
fn heading(model: &Model, area: Rect, text: &str, style: Style, more: &str, buf: &mut Buffer) {
    let end = put_right(buf, Rect { width: area.width.saturating_sub(1), ..area }, area.y, more, model.theme.accent);
    let room = Rect { width: end.saturating_sub(area.x + 1), ..area };
    put(buf, room, area.x, area.y, text, style);
}

/// Returns a time of day such as `15:09:26`.
fn time_of_day(model: &Model, at_ms: u64) -> String {
    let instant = i64::try_from(at_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    match instant {
        Some(instant) => instant.to_zoned(model.zone.clone()).strftime("%H:%M:%S").to_string(),
        None => "--:--:--".to_owned(),
    }
}

/// Returns a style, or the one for data that may be out of date.
fn stale(model: &Model, style: Style) -> Style {
    if model.is_stale() { model.theme.stale } else { style }
}
