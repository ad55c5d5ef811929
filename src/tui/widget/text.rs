//! Writes text into areas, cut with an ellipsis.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

pub use crate::fit::{Side, fit, pad, width, wrap};

/// Writes a text at a cell of an area, cut to the rest of its row. Returns the column after it.
pub fn put(buf: &mut Buffer, area: Rect, x: u16, y: u16, text: &str, style: Style) -> u16 {
    let area = area.intersection(buf.area);
    if x < area.x || x >= area.right() || y < area.y || y >= area.bottom() {
        return x;
    }
    let room = area.right() - x;
    buf.set_stringn(x, y, fit(text, room), usize::from(room), style).0
}

/// Writes a text so that it ends at the area's right edge. Returns the column at which it begins.
pub fn put_right(buf: &mut Buffer, area: Rect, y: u16, text: &str, style: Style) -> u16 {
    let x = area.right().saturating_sub(width(text)).max(area.x);
    put(buf, area, x, y, text, style);
    x
}
