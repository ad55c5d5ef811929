//! Draws toasts: framed, at the right below the header, the newest on top. A low terminal shows only the newest one,
//! without a frame and above the key bar, because the agents that need a person are at the top.

use super::super::layout::Parts;
use super::super::model::{Model, TOASTS_MAX, Tone};
use super::super::widget::popup::clear;
use super::super::widget::text::{put, width, wrap};
use crate::api::states::Look;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::widgets::{Block, BorderType, Widget};

/// The widest toast, in columns. Beyond it, its text is wrapped.
const COLUMNS_MAX: u16 = 60;
/// The most lines of one toast. Beyond it, the toast ends with `…`; the panel of facts shows the whole text.
const LINES_MAX: usize = 3;
/// Rows of the terminal for each line that a toast may take.
const LINE_EACH_ROWS: u16 = 6;
/// The least number of rows at which toasts have a frame.
const FRAME_ROWS_MIN: u16 = 16;
/// The least number of columns at which toasts are shown.
const COLUMNS_MIN: u16 = 12;

pub(super) fn draw(model: &Model, parts: &Parts, buf: &mut Buffer) {
    let whole = buf.area;
    if whole.width < COLUMNS_MIN {
        return;
    }
    let edge = u16::from(whole.height >= FRAME_ROWS_MIN);
    let columns = COLUMNS_MAX.min(whole.width.saturating_sub(4)) - 2 * edge;
    let end = if parts.bar.is_empty() { whole.bottom() } else { parts.bar.y };
    let mut y = [parts.header, parts.tabs, parts.banners].iter().map(|part| part.bottom()).max().unwrap_or(0);
    let most = if edge == 1 { TOASTS_MAX } else { 1 };
    for toast in model.toasts.iter().rev().take(most) {
        let (sign, style) = look(toast.tone, model);
        let text = format!("{sign} {}", toast.text);
        let lines =
            wrap(&text, columns.saturating_sub(2), usize::from(whole.height / LINE_EACH_ROWS).clamp(1, LINES_MAX));
        let height = lines.len() as u16 + 2 * edge;
        if y + height > end {
            return;
        }
        if edge == 0 {
            y = end - height;
        }
        let wide = lines.iter().map(|line| width(line)).max().unwrap_or(0) + 2 + 2 * edge;
        let area = Rect { x: whole.right().saturating_sub(wide + 1), y, width: wide, height };
        clear(area, buf);
        if edge == 1 {
            Block::bordered().border_type(BorderType::Rounded).border_style(style).render(area, buf);
        } else {
            buf.set_style(area, style.add_modifier(Modifier::REVERSED));
        }
        for (line, row) in lines.iter().zip(y + edge..) {
            let style = if edge == 1 { style } else { style.add_modifier(Modifier::REVERSED) };
            put(buf, area, area.x + 1 + edge, row, line, style);
        }
        y += height;
    }
}

/// Returns the sign and the style that show how urgent a toast is.
fn look(tone: Tone, model: &Model) -> (&'static str, Style) {
    match tone {
        Tone::Remark => ("›", model.theme.accent),
        Tone::Warning => ("!", model.theme.warning),
        Tone::Failure => (Look::Failed.sign(), model.theme.error),
    }
}
