//! Scrolls a text that is longer than its overlay.

use super::super::input::{Code, Key};

/// Lines by which an overlay scrolls on a page key.
const PAGE: i32 = 10;
/// The last line that an overlay can be scrolled to. Beyond it, scrolling stops; no overlay has that many lines.
const SCROLLED_MAX: i32 = 1_000;

/// Returns the line to which a key scrolls an overlay; none for a key that does not scroll.
pub(super) fn moved(scrolled: u16, key: Key) -> Option<u16> {
    let lines = match key.code {
        Code::Up => -1,
        Code::Down => 1,
        Code::PageUp => -PAGE,
        Code::PageDown => PAGE,
        Code::Home => return Some(0),
        _ => return None,
    };
    Some(by(scrolled, lines))
}

/// Returns the line that is `lines` further on, within the limits.
pub(super) fn by(scrolled: u16, lines: i32) -> u16 {
    (i32::from(scrolled) + lines).clamp(0, SCROLLED_MAX) as u16
}
