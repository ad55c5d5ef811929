//! Lines of text in several styles: written into an area, scrolled, or the end of one that is being typed.

use super::list;
use super::text::{put, put_right, width};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// One line: pieces of text with their styles.
pub type Pieces = Vec<(String, Style)>;

/// Writes lines from the top of an area, without those before `first`.
pub fn write(lines: &[Pieces], first: usize, area: Rect, buf: &mut Buffer) {
    for (line, y) in lines.iter().skip(first).zip(area.y..area.bottom()) {
        line.iter().fold(area.x, |x, (text, style)| put(buf, area, x, y, text, *style));
    }
}

/// Writes lines as far as they are scrolled; arrows of this style in the frame show whether there are more.
pub fn scroll(lines: &[Pieces], scrolled: u16, frame: Rect, body: Rect, arrows: Style, buf: &mut Buffer) {
    let most = lines.len().saturating_sub(usize::from(body.height));
    let first = usize::from(scrolled).min(most);
    write(lines, first, body, buf);
    let more = list::more(&(first..first + usize::from(body.height)), lines.len());
    put_right(buf, Rect { width: frame.width.saturating_sub(2), ..frame }, frame.y, more, arrows);
}

/// Returns the end of a text, so that the part that is being written stays visible.
pub fn tail(text: &str, columns: u16) -> String {
    let mut rest = text;
    while width(rest) >= columns.max(1) {
        let mut characters = rest.chars();
        if characters.next().is_none() {
            break;
        }
        rest = characters.as_str();
    }
    rest.to_owned()
}
