//! The colours that a program is told when it asks for them: the background is dark, so that programs choose colours
//! for a dark background.

use alacritty_terminal::vte::ansi::{NamedColor, Rgb};

/// The sixteen colours of the ANSI palette, as xterm has them.
const ANSI: [u32; 16] = [
    0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5, 0x7f7f7f, 0xff0000, 0x00ff00,
    0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
];
const FOREGROUND: u32 = 0xd8d8d8;
const BACKGROUND: u32 = 0x181818;

/// Returns the colour of `index`: one of the 256 of the palette, or one of the emulator's named colours after them.
pub(super) fn color(index: usize) -> Rgb {
    const NAMED_BACKGROUND: usize = NamedColor::Background as usize;
    match index {
        0..=15 => rgb(ANSI[index]),
        16..=231 => {
            let level = |step: usize| if step == 0 { 0 } else { (55 + 40 * step) as u8 };
            let index = index - 16;
            Rgb { r: level(index / 36), g: level(index / 6 % 6), b: level(index % 6) }
        }
        232..=255 => {
            let grey = (8 + 10 * (index - 232)) as u8;
            Rgb { r: grey, g: grey, b: grey }
        }
        NAMED_BACKGROUND => rgb(BACKGROUND),
        _ => rgb(FOREGROUND),
    }
}

fn rgb(value: u32) -> Rgb {
    let [_, r, g, b] = value.to_be_bytes();
    Rgb { r, g, b }
}
