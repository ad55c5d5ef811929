//! Turns a terminal's bytes into plain lines: escape sequences are omitted, and a line that was overwritten (a progress
//! bar) keeps its last version. This is not an emulator: the output of a full-screen program becomes the text that it
//! wrote, in the order in which it wrote it.

/// The longest line that is kept whole, in characters. It is not shorter than the longest result of a task in bytes, so
/// a result that is handed on is never broken. Beyond it, the text continues in the next line, and `…` marks the break.
const LINE_CHARS_MAX: usize = 64 * 1024;

/// A reader that turns the bytes of a terminal into lines of plain text.
#[derive(Debug, Default)]
pub struct Plain {
    /// The bytes of a character that is not complete yet; at most three.
    carry: Vec<u8>,
    within: Within,
    line: String,
    line_chars: usize,
    returned: bool,
    /// The parameters of a control sequence that is not complete yet.
    parameters: String,
    /// The screen that the program draws on now; none if the text of both screens is read.
    screen: Option<Screen>,
}

/// One of the two screens of a terminal: the main screen, or the one that full-screen programs draw on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// The main screen, whose lines scroll into the history.
    Main,
    /// The alternate screen, which has no history.
    Alternate,
}

/// The most bytes of parameters of a control sequence that are read. Beyond it, the sequence is dropped whole.
pub const PARAMETERS_BYTES_MAX: usize = 32;

/// The part of the stream to which the next character belongs (ECMA-48, sections 5.4 and 5.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Within {
    #[default]
    Text,
    /// The stream is directly after an ESC character.
    Escape,
    /// The stream is after an ESC and intermediate characters of a sequence.
    Intermediates,
    /// The stream is in a control sequence, which ends at a final character.
    Sequence,
    /// The stream is in a control string (OSC, DCS …), which ends at BEL or ST.
    Text7,
    /// The stream is after an ESC within a control string.
    Terminator,
}

impl Plain {
    /// Returns a reader that keeps only text of the main screen. `now`: the screen that the program draws on at first.
    pub fn of_main_screen(now: Screen) -> Plain {
        Plain { screen: Some(now), ..Plain::default() }
    }

    /// Returns the screen that the program draws on; always the main one unless [`Plain::of_main_screen`] made this
    /// reader.
    pub fn screen(&self) -> Screen {
        self.screen.unwrap_or(Screen::Main)
    }

    /// Reads bytes and returns the lines that they complete.
    pub fn push(&mut self, bytes: &[u8]) -> String {
        let mut done = String::new();
        self.carry.extend_from_slice(bytes);
        let held = std::mem::take(&mut self.carry);
        let mut chunks = held.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            chunk.valid().chars().for_each(|character| self.take(character, &mut done));
            let broken = chunk.invalid();
            if chunks.peek().is_none() && is_incomplete(broken) {
                self.carry = broken.to_vec();
            } else if !broken.is_empty() {
                self.take(char::REPLACEMENT_CHARACTER, &mut done);
            }
        }
        done
    }

    /// Returns the text that remains at the end of the stream; a line without an end gets one.
    pub fn finish(&mut self) -> String {
        let mut done = String::new();
        if !self.line.is_empty() {
            self.end_line(&mut done);
        }
        done
    }

    fn take(&mut self, character: char, done: &mut String) {
        use Within::{Escape, Intermediates, Sequence, Terminator, Text, Text7};
        self.within = match (self.within, character) {
            (Text7, '\x07' | '\u{9c}' | '\x18' | '\x1a') => Text,
            (Text7, '\x1b') => Terminator,
            (Text7, _) => Text7,
            (Terminator, '\\') => Text,
            (_, '\x1b') => Escape,
            (_, '\x18' | '\x1a') => Text,
            (Escape | Terminator, '[') | (Text, '\u{9b}') => {
                self.parameters.clear();
                Sequence
            }
            (Escape | Terminator, ']' | 'P' | 'X' | '^' | '_') => Text7,
            (Text, '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}') => Text7,
            (Escape | Terminator | Intermediates, ' '..='/') => Intermediates,
            (Sequence, last @ '@'..='~') => {
                self.end_sequence(last, done);
                Text
            }
            (Escape | Terminator | Intermediates, '0'..='~') => Text,
            // Control characters inside a sequence take effect as if they were before it.
            (_, control) if control.is_control() => {
                self.control(control, done);
                self.within
            }
            (Sequence, parameter) => {
                if self.parameters.len() < PARAMETERS_BYTES_MAX {
                    self.parameters.push(parameter);
                }
                Sequence
            }
            (_, text) => {
                self.write(text, done);
                Text
            }
        };
    }

    /// Handles DECSET and DECRST of the alternate screen (xterm's 47, 1047 and 1049).
    fn end_sequence(&mut self, last: char, done: &mut String) {
        let to = match last {
            'h' => Screen::Alternate,
            'l' => Screen::Main,
            _ => return,
        };
        let modes = self.parameters.strip_prefix('?').unwrap_or_default();
        if self.screen.is_some() && modes.split(';').any(|mode| ["47", "1047", "1049"].contains(&mode)) {
            done.push_str(&self.finish());
            self.screen = Some(to);
        }
    }

    fn control(&mut self, control: char, done: &mut String) {
        if self.screen == Some(Screen::Alternate) {
            return;
        }
        match control {
            '\n' => self.end_line(done),
            '\r' => self.returned = true,
            '\t' => self.write('\t', done),
            '\x08' => self.line_chars -= usize::from(self.line.pop().is_some()),
            _ => {}
        }
    }

    fn write(&mut self, character: char, done: &mut String) {
        if self.screen == Some(Screen::Alternate) {
            return;
        }
        if std::mem::take(&mut self.returned) {
            self.line.clear();
            self.line_chars = 0;
        }
        if self.line_chars == LINE_CHARS_MAX {
            self.line.push('…');
            self.end_line(done);
        }
        self.line.push(character);
        self.line_chars += 1;
    }

    fn end_line(&mut self, done: &mut String) {
        done.push_str(self.line.trim_end());
        done.push('\n');
        self.line.clear();
        self.line_chars = 0;
        self.returned = false;
    }
}

/// Whether bytes are the beginning of a character, and not invalid.
fn is_incomplete(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain(text: &str) -> String {
        let mut plain = Plain::default();
        plain.push(text.as_bytes()) + &plain.finish()
    }

    #[test]
    fn colours_titles_and_links_are_left_out() {
        assert_eq!(
            plain("\x1b[1;31mred\x1b[0m \x1b]0;title\x07and \x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\\r\n"),
            "red and link\n"
        );
        assert_eq!(plain("\x1b(Ba\x1bPq#0\x1b\\b\x1b7c\u{9b}1md\n"), "abcd\n");
    }

    #[test]
    fn a_line_written_over_shows_its_last_version() {
        assert_eq!(plain("10%\r50%\r100%\r\ndone\n"), "100%\ndone\n");
        assert_eq!(plain("ab\x08c\n"), "ac\n");
    }

    #[test]
    fn what_is_drawn_on_the_other_screen_is_left_out_where_only_lines_are_wanted() {
        let text = "one\r\ntwo\x1b[?1049h\x1b[2J\x1b[Hdrawn\r\n\x1b[?25;1049lthree\r\n\x1b[?2004h";
        let mut read = Plain::of_main_screen(Screen::Main);
        assert_eq!(read.push(text.as_bytes()) + &read.finish(), "one\ntwo\nthree\n");
        assert_eq!(read.push(b"\x1b[?1047hx\r\n"), "");
        assert_eq!(read.screen(), Screen::Alternate);
        assert_eq!(plain(text), "one\ntwodrawn\nthree\n");
    }

    #[test]
    fn a_character_cut_in_two_is_whole_and_a_broken_one_is_marked() {
        let mut read = Plain::default();
        assert_eq!(read.push(b"\xe2\x82") + &read.push(b"\xac\n"), "€\n");
        assert_eq!(read.push(b"\xe2\x82a\xff\n"), "\u{fffd}a\u{fffd}\n");
    }

    #[test]
    fn a_line_that_is_broken_says_so() {
        let whole = "x".repeat(LINE_CHARS_MAX);
        assert_eq!(plain(&format!("{whole}\n")), format!("{whole}\n"));
        assert_eq!(plain(&format!("{whole}yz\n")), format!("{whole}…\nyz\n"));
    }

    proptest! {
        #[test]
        fn chunks_do_not_matter_and_no_control_comes_out(
            bytes in proptest::collection::vec(
                prop_oneof![
                    Just(0x1b), Just(b'['), Just(b']'), Just(b'm'), Just(b'\n'), Just(b'\r'), Just(0xe2), any::<u8>()
                ],
                0..200,
            ),
            cut in 1usize..9,
        ) {
            let mut whole = Plain::default();
            let expected = whole.push(&bytes) + &whole.finish();
            let mut pieces = Plain::default();
            let mut read: String = bytes.chunks(cut).map(|chunk| pieces.push(chunk)).collect();
            read += &pieces.finish();
            prop_assert_eq!(&read, &expected);
            prop_assert!(read.chars().all(|c| !c.is_control() || c == '\n' || c == '\t'), "{:?}", read);
        }
    }
}
