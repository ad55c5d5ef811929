//! Fills the placeholders in the texts of a plan with an item or with the results of earlier tasks.

use super::spec::{Piece, Said};
use alloc::string::String;
use alloc::vec::Vec;

/// Returns the text with its placeholders filled in.
pub(crate) fn filled(pieces: &[Piece], item: Option<&str>, told: impl Fn(u32, Said) -> String) -> String {
    pieces.iter().fold(String::new(), |mut text, piece| {
        match piece {
            Piece::Text(part) => text.push_str(part),
            Piece::Item => text.push_str(item.unwrap_or_default()),
            Piece::Of { task, said } => text.push_str(told(*task, *said).trim_end_matches('\n')),
        }
        text
    })
}

/// Returns the items that a text lists: its lines, trimmed, without empty ones.
pub(crate) fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(String::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn what_was_left_open_is_filled_in() {
        let pieces = [
            Piece::Text("do ".into()),
            Piece::Item,
            Piece::Text(" with ".into()),
            Piece::Of { task: 3, said: Said::Result },
        ];
        let told = |task, said| format!("{task} {said:?}\n");
        assert_eq!(filled(&pieces, Some("a"), told), "do a with 3 Result");
    }

    #[test]
    fn blank_lines_are_no_items() {
        assert_eq!(lines(" a \n\n\t\nb\r\n"), ["a", "b"]);
    }
}
