//! Answers to what a program asks its terminal. The supervisor's emulator is the only one who answers.
//!
//! **Invariant:** no answer contains anything the program wrote, so printing a hostile file cannot type a command
//! (test `no_reply_echoes_what_the_program_wrote`).

use super::frame::Size;
use alacritty_terminal::vte::ansi::{CursorShape, CursorStyle, Rgb};

/// Answers that nobody took, bytes. Beyond it, a program that asks and never reads gets no more.
const REPLIES_BYTES_MAX: usize = 64 * 1024;

/// The cell's size that is told to who asks for pixels: nobody knows what the viewer's is.
const CELL_WIDTH_PIXELS: u32 = 8;
const CELL_HEIGHT_PIXELS: u32 = 16;

/// What a mode query is answered with (DECRPM).
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

/// The answers that were not taken yet.
#[derive(Debug, Default)]
pub(super) struct Replies {
    bytes: Vec<u8>,
}

impl Replies {
    /// The answers since the last call.
    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    /// DA1: a VT220 with colours, what terminfo's xterm family can be told.
    pub(super) fn primary_attributes(&mut self) {
        self.push("\x1b[?62;22c");
    }

    /// DA2: the number alacritty 0.26 gives, which programs that guess by it (vim) know to have SGR mouse.
    pub(super) fn secondary_attributes(&mut self) {
        self.push("\x1b[>0;2600;1c");
    }

    /// DA3: no unit number.
    pub(super) fn tertiary_attributes(&mut self) {
        self.push("\x1bP!|00000000\x1b\\");
    }

    /// DSR 5: all is well.
    pub(super) fn status(&mut self) {
        self.push("\x1b[0n");
    }

    /// DSR 6: the cursor's position, counted from 0.
    pub(super) fn cursor(&mut self, row: i32, column: usize) {
        self.push(&format!("\x1b[{};{}R", row + 1, column + 1));
    }

    /// DECRPM for an ANSI mode.
    pub(super) fn mode(&mut self, mode: u16, state: ModeState) {
        self.push(&format!("\x1b[{mode};{}$y", state as u8));
    }

    /// DECRPM for a DEC mode.
    pub(super) fn private_mode(&mut self, mode: u16, state: ModeState) {
        self.push(&format!("\x1b[?{mode};{}$y", state as u8));
    }

    /// The kitty keyboard flags.
    pub(super) fn keyboard(&mut self, flags: u8) {
        self.push(&format!("\x1b[?{flags}u"));
    }

    /// A colour, by the query's own number (`4;7`, `11`), ended as the query was.
    pub(super) fn color(&mut self, query: &str, color: Rgb, terminator: &str) {
        let Rgb { r, g, b } = color;
        self.push(&format!("\x1b]{query};rgb:{r:02x}{r:02x}/{g:02x}{g:02x}/{b:02x}{b:02x}{terminator}"));
    }

    /// 14t: the text area in pixels.
    pub(super) fn area_pixels(&mut self, size: Size) {
        let (height, width) = (u32::from(size.rows) * CELL_HEIGHT_PIXELS, u32::from(size.columns) * CELL_WIDTH_PIXELS);
        self.push(&format!("\x1b[4;{height};{width}t"));
    }

    /// 16t: a cell in pixels.
    pub(super) fn cell_pixels(&mut self) {
        self.push(&format!("\x1b[6;{CELL_HEIGHT_PIXELS};{CELL_WIDTH_PIXELS}t"));
    }

    /// 18t: the text area in cells.
    pub(super) fn area_cells(&mut self, size: Size) {
        self.push(&format!("\x1b[8;{};{}t", size.rows, size.columns));
    }

    /// XTVERSION.
    pub(super) fn version(&mut self) {
        self.push("\x1bP>|quarterdeck\x1b\\");
    }

    /// OSC 7501 with a question mark: the protocol is known.
    pub(super) fn program_status(&mut self) {
        self.push("\x1b]7501;?\x1b\\");
    }

    /// A device control string, by its content. The cursor's style (DECRQSS of DECSCUSR) is told, because vim takes a
    /// refusal of it for typed keys; terminfo values (XTGETTCAP) and other settings are refused in due form, so that
    /// who asks need not wait.
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

/// The number by which DECSCUSR sets a style: odd ones blink.
fn style_number(cursor: CursorStyle) -> u8 {
    let steady = match cursor.shape {
        CursorShape::Underline => 4,
        CursorShape::Beam => 6,
        CursorShape::Block | CursorShape::HollowBlock | CursorShape::Hidden => 2,
    };
    steady - u8::from(cursor.blinking)
}
