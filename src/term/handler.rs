//! Handles each sequence that the parser finds. Most go straight to the emulator's grid; queries, titles, keyboard
//! flags and colours are answered and kept here, and state that the emulator does not show is recorded on the way.

use super::modes;
use super::replies::ModeState;
use super::screen::{LINK_BYTES_MAX, Screen};
use alacritty_terminal::term::TermMode;
use alacritty_terminal::vte::ansi::{
    Attr, CharsetIndex, ClearMode, CursorShape, CursorStyle, Handler, Hyperlink, KeyboardModes,
    KeyboardModesApplyBehavior, LineClearMode, Mode, NamedPrivateMode, PrivateMode, Rgb, StandardCharset,
    TabulationClearMode,
};

/// Modes of the alternate screen that xterm had before 1049; some old programs still use them.
const OLD_ALTERNATE_SCREENS: [u16; 2] = [47, 1047];
/// The mode that saves and restores the cursor, like DECSC and DECRC.
const SAVE_CURSOR: u16 = 1048;
/// The mode in which code points that a reader sees as one share their cells (`super::cluster`). Programs query it
/// before they rely on it.
const GRAPHEME_CLUSTERS: u16 = 2027;

/// Generates methods that only pass their arguments on to the emulator.
macro_rules! pass_on {
    ($($name:ident($($argument:ident: $type:ty),*);)*) => {
        $(
            #[inline]
            fn $name(&mut self, $($argument: $type),*) {
                Handler::$name(&mut self.term, $($argument),*);
            }
        )*
    };
}

impl Handler for Screen {
    pass_on! {
        set_cursor_style(style: Option<CursorStyle>);
        set_cursor_shape(shape: CursorShape);
        goto(line: i32, column: usize);
        goto_line(line: i32);
        goto_col(column: usize);
        insert_blank(count: usize);
        move_up(lines: usize);
        move_down(lines: usize);
        move_forward(columns: usize);
        move_backward(columns: usize);
        move_down_and_cr(lines: usize);
        move_up_and_cr(lines: usize);
        put_tab(count: u16);
        backspace();
        carriage_return();
        linefeed();
        newline();
        scroll_up(lines: usize);
        scroll_down(lines: usize);
        insert_blank_lines(lines: usize);
        delete_lines(lines: usize);
        erase_chars(count: usize);
        delete_chars(count: usize);
        move_backward_tabs(count: u16);
        move_forward_tabs(count: u16);
        save_cursor_position();
        restore_cursor_position();
        clear_line(mode: LineClearMode);
        clear_screen(mode: ClearMode);
        reverse_index();
        terminal_attribute(attribute: Attr);
        set_mode(mode: Mode);
        unset_mode(mode: Mode);
        set_keypad_application_mode();
        unset_keypad_application_mode();
        configure_charset(index: CharsetIndex, charset: StandardCharset);
        decaln();
    }

    #[inline]
    fn input(&mut self, character: char) {
        self.preceding = Some(character);
        if !self.joins(character) {
            self.term.input(character);
        }
    }

    fn bell(&mut self) {
        self.signals.bell();
    }

    fn reset_state(&mut self) {
        self.reset();
    }

    fn set_scrolling_region(&mut self, top: usize, bottom: Option<usize>) {
        self.term.set_scrolling_region(top, bottom);
        self.note_margins(top, bottom);
    }

    fn set_active_charset(&mut self, index: CharsetIndex) {
        self.charset = index;
        self.term.set_active_charset(index);
    }

    fn set_horizontal_tabstop(&mut self) {
        self.term.set_horizontal_tabstop();
        let column = self.term.grid().cursor.point.column.0;
        self.tab_stops[column] = true;
    }

    fn clear_tabs(&mut self, mode: TabulationClearMode) {
        let column = self.term.grid().cursor.point.column.0;
        match mode {
            TabulationClearMode::Current => self.tab_stops[column] = false,
            TabulationClearMode::All => self.tab_stops.fill(false),
        }
        self.term.clear_tabs(mode);
    }

    fn set_private_mode(&mut self, mode: PrivateMode) {
        match mode {
            PrivateMode::Named(NamedPrivateMode::SwapScreenAndSetRestoreCursor) => self.show_alternate(true),
            PrivateMode::Unknown(number) if OLD_ALTERNATE_SCREENS.contains(&number) => self.show_alternate(true),
            PrivateMode::Unknown(SAVE_CURSOR) => self.term.save_cursor_position(),
            PrivateMode::Named(NamedPrivateMode::SyncUpdate) => self.synchronized = true,
            mode => {
                self.note_column_mode(mode);
                self.term.set_private_mode(mode);
            }
        }
    }

    fn unset_private_mode(&mut self, mode: PrivateMode) {
        match mode {
            PrivateMode::Named(NamedPrivateMode::SwapScreenAndSetRestoreCursor) => self.show_alternate(false),
            PrivateMode::Unknown(number) if OLD_ALTERNATE_SCREENS.contains(&number) => self.show_alternate(false),
            PrivateMode::Unknown(SAVE_CURSOR) => self.term.restore_cursor_position(),
            PrivateMode::Named(NamedPrivateMode::SyncUpdate) => self.synchronized = false,
            mode => {
                self.note_column_mode(mode);
                self.term.unset_private_mode(mode);
            }
        }
    }

    fn report_mode(&mut self, mode: Mode) {
        let flags = self.term.mode();
        let state = match mode {
            Mode::Named(named) => modes::ANSI
                .iter()
                .find(|(known, _)| *known == named)
                .map_or(ModeState::Unknown, |(_, flag)| flags.contains(*flag).into()),
            Mode::Unknown(_) => ModeState::Unknown,
        };
        self.replies.mode(mode.raw(), state);
    }

    fn report_private_mode(&mut self, mode: PrivateMode) {
        let flags = self.term.mode();
        let alternate = || flags.contains(TermMode::ALT_SCREEN).into();
        let state = match mode {
            PrivateMode::Named(NamedPrivateMode::SyncUpdate) => self.synchronized.into(),
            PrivateMode::Named(NamedPrivateMode::BlinkingCursor) => self.term.cursor_style().blinking.into(),
            PrivateMode::Named(NamedPrivateMode::SwapScreenAndSetRestoreCursor) => alternate(),
            PrivateMode::Unknown(number) if OLD_ALTERNATE_SCREENS.contains(&number) => alternate(),
            PrivateMode::Unknown(GRAPHEME_CLUSTERS) => ModeState::AlwaysSet,
            PrivateMode::Named(named) => modes::PRIVATE
                .iter()
                .find(|(known, _)| *known == named)
                .map_or(ModeState::Unknown, |(_, flag)| flags.contains(*flag).into()),
            PrivateMode::Unknown(_) => ModeState::Unknown,
        };
        self.replies.private_mode(mode.raw(), state);
    }

    fn identify_terminal(&mut self, intermediate: Option<char>) {
        match intermediate {
            None => self.replies.primary_attributes(),
            Some('>') => self.replies.secondary_attributes(),
            Some('=') => self.replies.tertiary_attributes(),
            Some(_) => {}
        }
    }

    fn device_status(&mut self, query: usize) {
        match query {
            5 => self.replies.status(),
            6 => {
                let point = self.term.grid().cursor.point;
                self.replies.cursor(point.line.0, point.column.0);
            }
            _ => {}
        }
    }

    fn text_area_size_pixels(&mut self) {
        let size = self.size();
        self.replies.area_pixels(size);
    }

    fn text_area_size_chars(&mut self) {
        let size = self.size();
        self.replies.area_cells(size);
    }

    fn set_color(&mut self, index: usize, color: Rgb) {
        self.colors.insert(index, color);
    }

    fn reset_color(&mut self, index: usize) {
        self.colors.remove(&index);
    }

    fn dynamic_color_sequence(&mut self, query: String, index: usize, terminator: &str) {
        let color = self.color(index);
        self.replies.color(&query, color, terminator);
    }

    fn set_title(&mut self, title: Option<String>) {
        if self.titles.set(title.as_deref().unwrap_or_default()) {
            self.signals.title_changed();
        }
    }

    fn push_title(&mut self) {
        self.titles.push();
    }

    fn pop_title(&mut self) {
        if self.titles.pop() {
            self.signals.title_changed();
        }
    }

    fn set_hyperlink(&mut self, link: Option<Hyperlink>) {
        let fits = |link: &Hyperlink| link.uri.len() <= LINK_BYTES_MAX && !link.uri.chars().any(char::is_control);
        let link = link.filter(fits);
        if let Some(link) = &link {
            self.adds_link(link.id.as_deref().unwrap_or_default(), &link.uri);
        }
        self.term.set_hyperlink(link);
    }

    fn report_keyboard_mode(&mut self) {
        self.replies.keyboard(self.keyboard.flags());
    }

    fn push_keyboard_mode(&mut self, modes: KeyboardModes) {
        self.keyboard.push(modes);
    }

    fn pop_keyboard_modes(&mut self, count: u16) {
        self.keyboard.pop(count);
    }

    fn set_keyboard_mode(&mut self, modes: KeyboardModes, behavior: KeyboardModesApplyBehavior) {
        self.keyboard.apply(modes, behavior);
    }
}

impl Screen {
    /// Records the margins as the emulator takes them: it ignores margins that contain no line.
    fn note_margins(&mut self, top: usize, bottom: Option<usize>) {
        let rows = usize::from(self.size().rows);
        let bottom = bottom.unwrap_or(rows);
        if top < bottom {
            self.margins = Some((top, bottom)).filter(|margins| *margins != (1, rows));
        }
    }

    /// Records that DECCOLM sets the margins to the whole screen, both when it is set and when it is reset.
    fn note_column_mode(&mut self, mode: PrivateMode) {
        if mode == PrivateMode::Named(NamedPrivateMode::ColumnMode) {
            self.note_margins(1, None);
        }
    }
}
