//! Remarks that go by themselves, stacked above the key bar, the newest at the bottom.

use super::super::model::{Model, Tone};
use super::super::widget::popup::clear;
use super::super::widget::text::{put, width, wrap};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

/// The widest toast. Beyond it, its text is wrapped.
const COLUMNS_MAX: u16 = 60;
/// Lines of one toast. Beyond it, it ends with `…`; the panel of facts has all.
const LINES_MAX: usize = 3;
/// Rows of the screen for each line a toast may take.
const LINE_EACH_ROWS: u16 = 6;

pub(super) fn draw(model: &Model, bar: Rect, buf: &mut Buffer) {
    let whole = buf.area;
    let mut bottom = if bar.is_empty() { whole.bottom() } else { bar.y };
    let columns = COLUMNS_MAX.min(whole.width.saturating_sub(4));
    if columns < 8 {
        return;
    }
    for toast in model.toasts.iter().rev() {
        let lines = wrap(&toast.text, columns, usize::from(whole.height / LINE_EACH_ROWS).clamp(1, LINES_MAX));
        let height = lines.len() as u16;
        if bottom < whole.y + height + 1 {
            return;
        }
        let wide = lines.iter().map(|line| width(line)).max().unwrap_or(0) + 3;
        bottom -= height;
        let area = Rect { x: whole.right().saturating_sub(wide + 1), y: bottom, width: wide, height };
        let style = match toast.tone {
            Tone::Remark => model.theme.accent,
            Tone::Warning => model.theme.warning,
            Tone::Failure => model.theme.error,
        };
        clear(area, buf);
        buf.set_style(area, style.add_modifier(Modifier::REVERSED));
        for (line, y) in lines.iter().zip(area.y..) {
            put(buf, area, area.x + 1, y, line, style.add_modifier(Modifier::REVERSED));
        }
    }
}
