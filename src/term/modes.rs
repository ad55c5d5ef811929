//! The DEC and ANSI modes that the emulator knows, as one table for queries, checkpoints and viewers.

use super::frame::{Modes, Mouse};
use alacritty_terminal::term::TermMode;
use alacritty_terminal::vte::ansi::{NamedMode, NamedPrivateMode};

/// DEC modes that are a flag of the emulator. The alternate screen and modes that are not a flag (2026, 12, 3) are not
/// here.
pub(super) const PRIVATE: [(NamedPrivateMode, TermMode); 13] = [
    (NamedPrivateMode::CursorKeys, TermMode::APP_CURSOR),
    (NamedPrivateMode::Origin, TermMode::ORIGIN),
    (NamedPrivateMode::LineWrap, TermMode::LINE_WRAP),
    (NamedPrivateMode::ShowCursor, TermMode::SHOW_CURSOR),
    (NamedPrivateMode::ReportMouseClicks, TermMode::MOUSE_REPORT_CLICK),
    (NamedPrivateMode::ReportCellMouseMotion, TermMode::MOUSE_DRAG),
    (NamedPrivateMode::ReportAllMouseMotion, TermMode::MOUSE_MOTION),
    (NamedPrivateMode::ReportFocusInOut, TermMode::FOCUS_IN_OUT),
    (NamedPrivateMode::Utf8Mouse, TermMode::UTF8_MOUSE),
    (NamedPrivateMode::SgrMouse, TermMode::SGR_MOUSE),
    (NamedPrivateMode::AlternateScroll, TermMode::ALTERNATE_SCROLL),
    (NamedPrivateMode::UrgencyHints, TermMode::URGENCY_HINTS),
    (NamedPrivateMode::BracketedPaste, TermMode::BRACKETED_PASTE),
];

/// ANSI modes that are a flag of the emulator.
pub(super) const ANSI: [(NamedMode, TermMode); 2] =
    [(NamedMode::Insert, TermMode::INSERT), (NamedMode::LineFeedNewLine, TermMode::LINE_FEED_NEW_LINE)];

/// Returns the modes that viewers are told.
pub(super) fn for_viewers(mode: TermMode, keyboard_flags: u8) -> Modes {
    let mouse = [
        (TermMode::MOUSE_MOTION, Mouse::Motion),
        (TermMode::MOUSE_DRAG, Mouse::Drag),
        (TermMode::MOUSE_REPORT_CLICK, Mouse::Click),
    ];
    Modes {
        alternate_screen: mode.contains(TermMode::ALT_SCREEN),
        application_cursor: mode.contains(TermMode::APP_CURSOR),
        application_keypad: mode.contains(TermMode::APP_KEYPAD),
        bracketed_paste: mode.contains(TermMode::BRACKETED_PASTE),
        focus_events: mode.contains(TermMode::FOCUS_IN_OUT),
        mouse: mouse.into_iter().find(|(flag, _)| mode.contains(*flag)).map_or(Mouse::Off, |(_, wanted)| wanted),
        mouse_sgr: mode.contains(TermMode::SGR_MOUSE),
        keyboard_flags,
    }
}
