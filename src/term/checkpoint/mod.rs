//! Writes a terminal as bytes and reads it again: a header, then everything that [`super::Terminal::checkpoint`] names,
//! in postcard.
//!
//! The emulator gives no access to its hidden screen, so writing a checkpoint shows that screen for a moment.

mod grid;

use super::emulator::Emulator;
use super::frame::Size;
use super::intake::{Intake, Parse};
use super::keyboard::Keyboard;
use super::modes;
use super::program::Programs;
use super::screen::{Extras, Screen, default_tab_stops};
use super::titles::Titles;
use alacritty_terminal::Grid;
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::Column;
use alacritty_terminal::term::TermMode;
use alacritty_terminal::vte::ansi::{
    CharsetIndex, CursorShape, CursorStyle, Handler, PrivateMode, Rgb, TabulationClearMode,
};
use grid::{CHARSETS, SavedCursor, SavedGrid};
use serde::{Deserialize, Serialize};
use std::mem;

/// The bytes that every checkpoint starts with; the last byte is the version.
///
/// | version | body                                                             |
/// |---------|------------------------------------------------------------------|
/// | 1       | [`Saved`]                                                        |
/// | 2       | [`Saved`], then [`Programs`]: the states that programs report     |
const HEADER: [u8; 8] = *b"qdterm\0\x02";
/// The version of checkpoints that have no reports of programs.
const WITHOUT_PROGRAMS: u8 = 1;

/// The reason why bytes are not a valid checkpoint. The transcript is then read from its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// The bytes do not begin with the header of a checkpoint.
    #[error("these bytes are not a terminal checkpoint")]
    NotACheckpoint,
    /// The checkpoint was written by another version of this program.
    #[error("the terminal checkpoint has version {found}, this program reads {}", HEADER[7])]
    Version {
        /// The version of the format that was found.
        found: u8,
    },
    /// The checkpoint was cut off or changed.
    #[error("the terminal checkpoint is damaged")]
    Damaged,
}

/// A terminal in the form in which it is stored.
#[derive(Serialize, Deserialize)]
struct Saved {
    size: Size,
    intake: Intake,
    primary: SavedGrid,
    alternate: SavedAlternate,
    modes: u32,
    cursor_style: (u8, bool),
    margins: Option<(u16, u16)>,
    tab_stops: Option<Vec<bool>>,
    charset: u8,
    keyboard: Keyboard,
    titles: Titles,
    colors: Vec<(u16, u8, u8, u8)>,
    synchronized: bool,
    preceding: Option<char>,
}

/// The alternate screen as stored. It is cleared whenever it is shown, so while it is hidden, only its saved cursor is
/// kept.
#[derive(Serialize, Deserialize)]
enum SavedAlternate {
    Shown(SavedGrid),
    Hidden(SavedCursor),
}

/// Cursor shapes, in the order of their numbers in a checkpoint.
const SHAPES: [CursorShape; 5] =
    [CursorShape::Block, CursorShape::Underline, CursorShape::Beam, CursorShape::HollowBlock, CursorShape::Hidden];

/// Writes the emulator as bytes. The emulator continues as before, and frees memory that it had reserved.
pub(super) fn encode(emulator: &mut Emulator) -> Vec<u8> {
    let intake = emulator.intake.clone();
    emulator.machine.with_history(|machine| saved(intake, &mut machine.screen))
}

fn saved(intake: Intake, screen: &mut Screen) -> Vec<u8> {
    let modes = screen.term.mode().bits();
    let (primary, alternate) = screens(screen);
    let style = screen.term.cursor_style();
    let saved = Saved {
        size: screen.size(),
        intake,
        primary,
        alternate,
        modes,
        cursor_style: (place(&SHAPES, style.shape), style.blinking),
        margins: screen.margins.map(|(top, bottom)| (top as u16, bottom as u16)),
        tab_stops: (screen.tab_stops != default_tab_stops(0..screen.term.columns())).then(|| screen.tab_stops.clone()),
        charset: place(&CHARSETS, screen.charset),
        keyboard: screen.keyboard.clone(),
        titles: screen.titles.clone(),
        colors: screen.colors.iter().map(|(index, color)| (*index as u16, color.r, color.g, color.b)).collect(),
        synchronized: screen.synchronized,
        preceding: screen.preceding,
    };
    // Writing to memory cannot fail; if it did, an empty result is safe, because it is not a checkpoint.
    postcard::to_extend(&(saved, &screen.programs), HEADER.to_vec()).unwrap_or_default()
}

/// Restores the emulator from `bytes`, or returns `None` for a terminal to which nothing was written.
pub(super) fn decode(bytes: &[u8], history_lines_max: u32) -> Result<Option<Emulator>, RestoreError> {
    let Some((header, body)) = bytes.split_first_chunk::<8>() else {
        return if bytes.is_empty() { Ok(None) } else { Err(RestoreError::NotACheckpoint) };
    };
    let version = header[7];
    match header {
        &HEADER => {}
        [prefix @ .., WITHOUT_PROGRAMS] if prefix[..] == HEADER[..7] => {}
        [prefix @ .., found] if prefix[..] == HEADER[..7] => return Err(RestoreError::Version { found: *found }),
        _ => return Err(RestoreError::NotACheckpoint),
    }
    let (saved, programs): (Saved, Programs) = match version {
        WITHOUT_PROGRAMS => postcard::from_bytes(body).map(|saved| (saved, Programs::default())),
        _ => postcard::from_bytes(body),
    }
    .map_err(|_| RestoreError::Damaged)?;
    if saved.size != Size::clamped(saved.size.columns, saved.size.rows) {
        return Err(RestoreError::Damaged);
    }
    let mut emulator = rebuild(saved, history_lines_max);
    emulator.machine.screen.programs = programs;
    Ok(Some(emulator))
}

fn place<T: PartialEq>(table: &[T], value: T) -> u8 {
    table.iter().position(|known| *known == value).unwrap_or_default() as u8
}

/// Returns both screens. The emulator clears the alternate screen each time it shows it, so its grid is put aside
/// meanwhile.
fn screens(screen: &mut Screen) -> (SavedGrid, SavedAlternate) {
    let term = &mut screen.term;
    if term.mode().contains(TermMode::ALT_SCREEN) {
        let stand_in = Grid::new(term.screen_lines(), term.columns(), 0);
        let shown = mem::replace(term.grid_mut(), stand_in);
        term.swap_alt();
        term.grid_mut().truncate();
        let primary = SavedGrid::of(term.grid());
        term.swap_alt();
        let alternate = SavedGrid::of(&shown);
        *term.grid_mut() = shown;
        return (primary, SavedAlternate::Shown(alternate));
    }
    term.grid_mut().truncate();
    let primary = SavedGrid::of(term.grid());
    let saved_cursor = term.grid().saved_cursor.clone();
    term.swap_alt();
    let hidden = SavedCursor::of(&term.grid().saved_cursor);
    term.swap_alt();
    term.grid_mut().saved_cursor = saved_cursor;
    (primary, SavedAlternate::Hidden(hidden))
}

fn rebuild(saved: Saved, history_lines_max: u32) -> Emulator {
    let mut emulator = Emulator::new(saved.size, history_lines_max);
    if let Some(character) = saved.preceding {
        emulator.machine.parse(character.encode_utf8(&mut [0; 4]).as_bytes());
        emulator.machine.settle();
    }
    let screen = &mut emulator.machine.screen;
    if let Some((top, bottom)) = saved.margins {
        screen.set_scrolling_region(usize::from(top.max(1)), Some(usize::from(bottom)));
    }
    if let Some(stops) = &saved.tab_stops {
        set_tab_stops(screen, stops);
    }
    set_modes(screen, TermMode::from_bits_truncate(saved.modes));
    screen.set_active_charset(CHARSETS.get(usize::from(saved.charset)).copied().unwrap_or(CharsetIndex::G0));
    let (shape, blinking) = saved.cursor_style;
    let shape = SHAPES.get(usize::from(shape)).copied().unwrap_or_default();
    screen.term.set_cursor_style(Some(CursorStyle { shape, blinking }));
    screen.keyboard = saved.keyboard;
    screen.titles = saved.titles;
    screen.colors = saved.colors.into_iter().map(|(index, r, g, b)| (usize::from(index), Rgb { r, g, b })).collect();
    screen.synchronized = saved.synchronized;
    screen.extras = Extras::UNKNOWN;
    set_screens(screen, &saved.primary, &saved.alternate, history_lines_max as usize);
    emulator.intake = saved.intake;
    emulator.intake.restart_clock();
    emulator
}

fn set_tab_stops(screen: &mut Screen, stops: &[bool]) {
    screen.clear_tabs(TabulationClearMode::All);
    let columns = screen.term.columns();
    for (column, _) in stops.iter().take(columns).enumerate().filter(|(_, stop)| **stop) {
        screen.term.grid_mut().cursor.point.column = Column(column);
        screen.set_horizontal_tabstop();
    }
}

fn set_modes(screen: &mut Screen, flags: TermMode) {
    // All modes are reset first: setting one of the modes that exclude each other resets the others.
    for (mode, _) in modes::PRIVATE {
        screen.term.unset_private_mode(PrivateMode::Named(mode));
    }
    for (mode, flag) in modes::PRIVATE {
        if flags.contains(flag) {
            screen.term.set_private_mode(PrivateMode::Named(mode));
        }
    }
    for (mode, flag) in modes::ANSI {
        if flags.contains(flag) {
            screen.term.set_mode(mode.into());
        }
    }
    if flags.contains(TermMode::APP_KEYPAD) {
        screen.term.set_keypad_application_mode();
    }
}

fn set_screens(screen: &mut Screen, primary: &SavedGrid, alternate: &SavedAlternate, history_lines_max: usize) {
    let term = &mut screen.term;
    let (columns, lines) = (term.columns(), term.screen_lines());
    match alternate {
        SavedAlternate::Shown(alternate) => {
            *term.grid_mut() = primary.grid(columns, lines, history_lines_max);
            term.swap_alt();
            *term.grid_mut() = alternate.grid(columns, lines, 0);
        }
        SavedAlternate::Hidden(cursor) => {
            term.swap_alt();
            term.grid_mut().saved_cursor = cursor.cursor(columns, lines);
            term.swap_alt();
            *term.grid_mut() = primary.grid(columns, lines, history_lines_max);
        }
    }
}
