//! Places and draws a framed area over the rest of the dashboard.

use ratatui::buffer::{Buffer, CellDiffOption, CellWidth};
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::{Block, BorderType, Widget};

/// Returns an area of at most this size in the middle of another area.
pub fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height }
}

/// Clears an area. A wide character that the area's edge cuts in two is removed whole, because half of it can't be
/// drawn.
pub fn clear(area: Rect, buf: &mut Buffer) {
    let area = area.intersection(buf.area);
    for y in area.y..area.bottom() {
        if let Some(x) = area.x.checked_sub(1).filter(|x| *x >= buf.area.x) {
            let cell = &mut buf[(x, y)];
            if cell.cell_width() > 1 {
                cell.set_symbol(" ").set_diff_option(CellDiffOption::None);
            }
        }
        for x in area.x..area.right() {
            buf[(x, y)].reset();
        }
        if area.right() < buf.area.right() && buf[(area.right(), y)].symbol().is_empty() {
            buf[(area.right(), y)].set_symbol(" ");
        }
    }
}

/// Clears an area and draws a frame around it. Returns the area within, with a blank column at each side.
pub fn framed(area: Rect, title: &str, style: Style, buf: &mut Buffer) -> Rect {
    clear(area, buf);
    let block = Block::bordered().border_type(BorderType::Rounded).border_style(style).title(format!(" {title} "));
    let inner = block.inner(area);
    block.render(area, buf);
    if inner.width < 3 {
        return inner;
    }
    Rect { x: inner.x + 1, width: inner.width - 2, ..inner }
}
