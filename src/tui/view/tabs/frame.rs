//! The frames and fillings that the tabs beside the fleet have in common.

use crate::tui::keymap::Does;
use crate::tui::layout::inside;
use crate::tui::model::Model;
use crate::tui::widget::lines::{self, Pieces};
use crate::tui::widget::popup::clear;
use crate::tui::widget::text::{fit, put, put_right, wrap};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Widget};

/// Draws the frame and the title of the details: a border if they are beside the list, a rule if they are below it.
/// Returns the area within.
pub(super) fn detail_frame(model: &Model, area: Rect, title: &str, buf: &mut Buffer) -> Rect {
    if area.x > buf.area.x {
        let title = fit(title, area.width.saturating_sub(4));
        let block = Block::bordered().border_type(BorderType::Rounded).border_style(model.theme.border);
        block.title_top(Line::styled(title, model.theme.title)).render(area, buf);
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
pub(super) fn lines_in(model: &Model, lines: &[Pieces], area: Rect, key: Option<Does>, buf: &mut Buffer) {
    lines::write(lines, 0, area, buf);
    if lines.len() > usize::from(area.height) && area.height > 0 {
        let more = lines.len() - usize::from(area.height) + 1;
        let y = area.bottom() - 1;
        let row = Rect { y, height: 1, ..area };
        clear(row, buf);
        let keys = key.map(|does| format!(" · {} shows all", model.keymap.shown(does))).unwrap_or_default();
        put(buf, row, row.x, y, &format!("… {more} more lines{keys}"), model.theme.dim);
    }
}

/// Draws the text that replaces an empty list.
pub(super) fn nothing(model: &Model, area: Rect, heard: bool, text: &str, buf: &mut Buffer) {
    let text = if heard { text } else { "Asking the supervisor …" };
    let area = Rect { width: area.width.saturating_sub(1), ..area };
    let lines = wrap(text, area.width.saturating_sub(2).max(1), 4);
    for (line, y) in lines.iter().zip(area.y + u16::from(area.height > 3)..area.bottom()) {
        put(buf, area, area.x + 1, y, line, model.theme.dim);
    }
}

/// Draws the heading of a list: its name, and at the right how much is not visible.
pub(super) fn heading(model: &Model, area: Rect, text: &str, style: Style, more: &str, buf: &mut Buffer) {
    let end = put_right(buf, Rect { width: area.width.saturating_sub(1), ..area }, area.y, more, model.theme.accent);
    let room = Rect { width: end.saturating_sub(area.x + 1), ..area };
    put(buf, room, area.x, area.y, text, style);
}

/// Returns a style, or the one for data that may be out of date.
pub(super) fn stale(model: &Model, style: Style) -> Style {
    if model.is_stale() { model.theme.stale } else { style }
}
