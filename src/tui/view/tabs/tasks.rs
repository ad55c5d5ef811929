//! Draws the tasks tab: the tasks in columns by their state. Where not all columns have room, only the column of the
//! selection is shown.

use super::frame::{detail_frame, heading, lines_in, nothing, stale};
use super::task::{self, figure, label};
use crate::api::tasks::{Task, TaskState};
use crate::tui::age::Age;
use crate::tui::keymap::Does;
use crate::tui::layout::Parts;
use crate::tui::model::tasks::Column;
use crate::tui::model::{Keys, Model};
use crate::tui::seen::{Click, Seen};
use crate::tui::widget::list;
use crate::tui::widget::text::{fit, put, put_right, width};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use std::ops::Range;

/// The least width of a column; if columns would be narrower, one is shown instead of all.
const COLUMN_COLUMNS_MIN: u16 = 14;
/// The least width at which a row shows a text at its right.
const FIGURE_COLUMNS_MIN: u16 = 20;
/// The least width at which a task's title is shown after its name.
const TITLE_COLUMNS_MIN: u16 = 34;

/// Returns the visible columns, each with its area.
fn columns(model: &Model, area: Rect) -> Vec<(Column, Rect)> {
    let count = Column::ALL.len() as u16;
    if area.width / count < COLUMN_COLUMNS_MIN {
        return vec![(model.tabs.tasks.column(), area)];
    }
    let edge = |index: u16| area.x + (u32::from(area.width) * u32::from(index) / u32::from(count)) as u16;
    let column = |(index, column): (u16, &Column)| {
        (*column, Rect { x: edge(index), width: edge(index + 1) - edge(index), ..area })
    };
    (0..count).zip(&Column::ALL).map(column).collect()
}

/// Returns the range of a column's visible tasks. The first row is the heading's.
fn sight(model: &Model, column: Column, area: Rect) -> Range<usize> {
    let tasks = &model.tabs.tasks;
    let room = usize::from(area.height.saturating_sub(1));
    let at = if column == tasks.column() { tasks.place() } else { 0 };
    list::sight(tasks.in_column(column).len(), at, room)
}

pub(super) fn draw(model: &Model, parts: &Parts, seen: &mut Seen, buf: &mut Buffer) {
    let (area, tasks) = (parts.body, &model.tabs.tasks);
    if area.is_empty() {
        return;
    }
    let shown = columns(model, area);
    for (place, (column, area)) in shown.iter().enumerate() {
        let sight = sight(model, *column, *area);
        let more = list::more(&sight, tasks.in_column(*column).len());
        if shown.len() > 1 {
            column_heading(model, *column, more, *area, buf);
        } else {
            overview(model, more, *area, buf);
        }
        if place > 0 && tasks.count() > 0 {
            for y in area.y..area.bottom() {
                put(buf, parts.body, area.x - 1, y, "│", model.theme.border);
            }
        }
        rows(model, *column, sight, *area, seen, buf);
    }
    if tasks.count() == 0 {
        let text = format!("No tasks yet: {} writes one", model.keymap.shown(Does::TaskNew));
        let below = Rect { y: area.y + 1, height: area.height - 1, ..area };
        nothing(model, below, tasks.heard, &text, buf);
    } else if tasks.selected().is_none() {
        let text = format!("None matches: {} shows all", model.keymap.shown(Does::Back));
        let below = Rect { y: area.y + 1, height: area.height - 1, ..area };
        nothing(model, below, true, &text, buf);
    }
    detail(model, parts.detail, seen, buf);
}

fn detail(model: &Model, area: Rect, seen: &mut Seen, buf: &mut Buffer) {
    let Some(task) = model.tabs.tasks.selected().filter(|_| !area.is_empty()) else { return };
    let within = detail_frame(model, area, &format!(" {} ", task.name), buf);
    let lines = task::lines(model, task, within.width, seen);
    lines_in(model, &lines, within, Some(Does::TaskShow), buf);
}

/// Draws the heading of the only visible column: the names and counts of all columns, with the shown one marked.
fn overview(model: &Model, more: &str, area: Rect, buf: &mut Buffer) {
    let (theme, tasks) = (&model.theme, &model.tabs.tasks);
    if model.keys == Keys::Filter {
        put(buf, area, area.x + 1, area.y, &format!("/{}▏", tasks.filter()), theme.accent);
        return;
    }
    let room = Rect { width: area.width.saturating_sub(width(more) + 1), ..area };
    put_right(buf, Rect { width: area.width.saturating_sub(1), ..area }, area.y, more, theme.accent);
    let mut x = area.x + 1;
    for column in Column::ALL {
        let shown = column == tasks.column();
        let count = tasks.in_column(column).len();
        let sign = task::glyph(first_state(column), theme).0;
        let text = if shown { format!("{} {count}", column.title()) } else { format!("{sign}{count}") };
        let style = if shown { theme.title.add_modifier(Modifier::UNDERLINED) } else { theme.dim };
        x = put(buf, room, x, area.y, &text, stale(model, style)) + 1;
    }
}

fn first_state(column: Column) -> TaskState {
    match column {
        Column::Queued => TaskState::Queued,
        Column::Held => TaskState::Held,
        Column::Running => TaskState::Running,
        Column::Done => TaskState::Done,
        Column::Failed => TaskState::Failed,
    }
}

fn column_heading(model: &Model, column: Column, more: &str, area: Rect, buf: &mut Buffer) {
    let (theme, tasks) = (&model.theme, &model.tabs.tasks);
    let inner = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    if column == Column::Queued && (model.keys == Keys::Filter || !tasks.filter().is_empty()) {
        let cursor = if model.keys == Keys::Filter { "▏" } else { "" };
        put(buf, inner, inner.x, inner.y, &format!("/{}{cursor}", tasks.filter()), theme.accent);
        return;
    }
    let count = tasks.in_column(column).len();
    let style = if column == tasks.column() { theme.title } else { theme.dim };
    heading(model, inner, &format!("{} {count}", column.title()), style, more, buf);
}

fn rows(model: &Model, column: Column, sight: Range<usize>, area: Rect, seen: &mut Seen, buf: &mut Buffer) {
    let tasks = &model.tabs.tasks;
    let shown = tasks.in_column(column)[sight].iter().filter_map(|index| tasks.task(*index));
    for (task, y) in shown.zip(area.y + 1..area.bottom()) {
        let selected = tasks.selected().is_some_and(|selected| selected.id == task.id);
        let place = Rect { y, height: 1, ..area };
        row(model, task, Rect { width: area.width - 1, ..place }, selected, buf);
        seen.place(place, Click::Task(task.id.clone()));
        seen.age(task.started_ms.filter(|_| column == Column::Running).map(Age::Since));
    }
}

fn row(model: &Model, task: &Task, row: Rect, selected: bool, buf: &mut Buffer) {
    let theme = &model.theme;
    let (sign, sign_style) = task::glyph(task.state, theme);
    let mut style = if task.state == TaskState::Cancelled { theme.off } else { theme.text };
    if selected {
        style = style.patch(theme.selected);
        put(buf, row, row.x, row.y, "▌", stale(model, theme.accent));
    }
    let figure = if row.width >= FIGURE_COLUMNS_MIN { figure(task, model.known_ms()) } else { String::new() };
    let right = Rect { width: row.width.saturating_sub(1), ..row };
    let figure = fit(&figure, row.width / 2);
    let end = put_right(buf, right, row.y, &figure, stale(model, theme.dim));
    put(buf, row, row.x + 1, row.y, sign, stale(model, sign_style));
    let room = Rect { width: end.saturating_sub(row.x + 1), ..row };
    let x = put(buf, room, row.x + 3, row.y, &label(task, row.width < TITLE_COLUMNS_MIN), stale(model, style));
    if row.width >= TITLE_COLUMNS_MIN && task.name != task.id {
        put(buf, room, x + 2, row.y, &task.title, stale(model, theme.dim));
    }
}
