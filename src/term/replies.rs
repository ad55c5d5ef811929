//! Answers to the queries that a program sends to its terminal. Only the supervisor's emulator answers them.
//!
//! **Invariant:** no answer contains anything the program wrote, so printing a hostile file cannot type a command
//! (test `no_reply_echoes_what_the_program_wrote`).

use super::frame::Size;
use alacritty_terminal::vte::ansi::{CursorShape, CursorStyle, Rgb};

/// The most bytes of answers that wait to be taken. Beyond it, a program that asks and never reads gets no more
/// answers.
const REPLIES_BYTES_MAX: usize = 64 * 1024;

/// Width of a cell in pixels, as answers report it; the real width at the viewer is not known.
const CELL_WIDTH_PIXELS: u32 = 8;
const CELL_HEIGHT_PIXELS: u32 = 16;

/// The state of a mode in the answer to a mode query (DECRPM).
#[derive(Clone, Copy)]
pub(super) enum ModeState {
    Unknown = 0,
    Set = 1,
    Reset = 2,
    AlwaysSet = 3,
}

impl From<bool> for ModeState {
    fn from(set: bool) -> ModeState {
        if set { ModeState::Set } else { ModeState::Reset }
    }
}

/// The answers that have not been taken yet.
#[derive(Debug, Default)]
pub(super) struct Replies {
    bytes: Vec<u8>,
}

impl Replies {
    /// Returns the answers since the last call.
    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    /// Answers DA1: a VT220 with colours, which matches terminfo's xterm family.
    pub(super) fn primary_attributes(&mut self) {
        self.push("\x1b[?62;22c");
    }

    /// Answers DA2 with the number of alacritty 0.26, from which programs that guess by it (vim) conclude that SGR
    /// mouse works.
    pub(super) fn secondary_attributes(&mut self) {
        self.push("\x1b[>0;2600;1c");
    }

    /// Answers DA3: there is no unit number.
    pub(super) fn tertiary_attributes(&mut self) {
        self.push("\x1bP!|00000000\x1b\\");
    }

    /// Answers DSR 5: the terminal is all right.
    pub(super) fn status(&mut self) {
        self.push("\x1b[0n");
    }

    /// Answers DSR 6 with the cursor's position; the arguments count from 0.
    pub(super) fn cursor(&mut self, row: i32, column: usize) {
        self.push(&format!("\x1b[{};{}R", row + 1, column + 1));
    }

    /// Answers the query of an ANSI mode (DECRPM).
    pub(super) fn mode(&mut self, mode: u16, state: ModeState) {
        self.push(&format!("\x1b[{mode};{}$y", state as u8));
    }

    /// Answers the query of a DEC mode (DECRPM).
    pub(super) fn private_mode(&mut self, mode: u16, state: ModeState) {
        self.push(&format!("\x1b[?{mode};{}$y", state as u8));
    }

    /// Answers with the kitty keyboard flags.
    pub(super) fn keyboard(&mut self, flags: u8) {
        self.push(&format!("\x1b[?{flags}u"));
    }

    /// Answers a colour query: with the query's own number (`4;7`, `11`) and with the terminator of the query.
    pub(super) fn color(&mut self, query: &str, color: Rgb, terminator: &str) {
        let Rgb { r, g, b } = color;
        self.push(&format!("\x1b]{query};rgb:{r:02x}{r:02x}/{g:02x}{g:02x}/{b:02x}{b:02x}{terminator}"));
    }

    /// Answers XTWINOPS 14: the size of the text area in pixels.
    pub(super) fn area_pixels(&mut self, size: Size) {
        let (height, width) = (u32::from(size.rows) * CELL_HEIGHT_PIXELS, u32::from(size.columns) * CELL_WIDTH_PIXELS);
        self.push(&format!("\x1b[4;{height};{width}t"));
    }

    /// Answers XTWINOPS 16: the size of a cell in pixels.
    pub(super) fn cell_pixels(&mut self) {
        self.push(&format!("\x1b[6;{CELL_HEIGHT_PIXELS};{CELL_WIDTH_PIXELS}t"));
    }

    /// Answers XTWINOPS 18: the size of the text area in cells.
    pub(super) fn area_cells(&mut self, size: Size) {
        self.push(&format!("\x1b[8;{};{}t", size.rows, size.columns));
    }

    /// Answers XTVERSION with the name of this terminal.
    pub(super) fn version(&mut self) {
        self.push("\x1bP>|quarterdeck\x1b\\");
    }

    /// Answers OSC 7501 with a question mark: the protocol is known.
    pub(super) fn program_status(&mut self) {
        self.push("\x1b]7501;?\x1b\\");
    }

    /// Answers a device control string by its content. The style of the cursor (DECRQSS of DECSCUSR) is answered,
    /// because vim takes a refusal for typed keys. Terminfo values (XTGETTCAP) and other settings are refused as the
    /// protocol defines, so that the program does not wait.
    pub(super) fn device_string(&mut self, content: &[u8], cursor: CursorStyle) {
        match content {
            b"$q q" => self.push(&format!("\x1bP1$r{} q\x1b\\", style_number(cursor))),
            [b'+', b'q', ..] => self.push("\x1bP0+r\x1b\\"),
            [b'$', b'q', ..] => self.push("\x1bP0$r\x1b\\"),
            _ => {}
        }
    }

    fn push(&mut self, reply: &str) {
        if self.bytes.len() + reply.len() <= REPLIES_BYTES_MAX {
            self.bytes.extend_from_slice(reply.as_bytes());
        }
    }
}

/// Returns the number by which DECSCUSR sets a style; odd numbers blink.
fn style_number(cursor: CursorStyle) -> u8 {
    let steady = match cursor.shape {
        CursorShape::Underline => 4,
        CursorShape::Beam => 6,
        CursorShape::Block | CursorShape::HollowBlock | CursorShape::Hidden => 2,
    };
    steady - u8::from(cursor.blinking)
}
