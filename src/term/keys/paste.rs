//! Encodes pasted text. The user may not know what a web page put into the clipboard, so nothing in the text may act as
//! a key or end the paste early.

use crate::frame::Modes;

const PASTE_BEGIN: &[u8] = b"\x1b[200~";
const PASTE_END: &str = "\x1b[201~";

/// Returns the bytes for a paste: line ends as Enter sends them, without control characters except Tab, and wrapped if
/// the program wants that (mode 2004). End marks in the text are removed, also those that appear when one is removed.
///
/// **Invariant:** a wrapped paste has one end mark, at its end (test `no_text_ends_its_own_paste`).
pub fn encode_paste(text: &str, modes: &Modes) -> Vec<u8> {
    let text = without_end_marks(text).replace("\r\n", "\r").replace('\n', "\r");
    let text: String = text.chars().filter(|c| !c.is_control() || matches!(c, '\t' | '\r')).collect();
    if !modes.bracketed_paste {
        return text.into_bytes();
    }
    [PASTE_BEGIN, text.as_bytes(), PASTE_END.as_bytes()].concat()
}

fn without_end_marks(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    for character in text.chars() {
        kept.push(character);
        if kept.ends_with(PASTE_END) {
            kept.truncate(kept.len() - PASTE_END.len());
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pasted(text: &str) -> String {
        String::from_utf8(encode_paste(text, &Modes::default())).unwrap()
    }

    #[test]
    fn lines_end_as_enter_sends_them_and_controls_are_left_out() {
        assert_eq!(pasted("a\r\nb\nc\rd\te"), "a\rb\rc\rd\te");
        assert_eq!(pasted("rm\x03\x1b[A\u{9b}x\x7f"), "rm[Ax");
        assert_eq!(pasted("a\x1b[20\x1b[201~1~b"), "ab");
    }

    proptest! {
        #[test]
        fn no_text_ends_its_own_paste(text in "(\x1b|\\[|2|0|1|~|a|\u{9b}|\x1b\\[201~){0,40}") {
            let modes = Modes { bracketed_paste: true, ..Modes::default() };
            let bytes = encode_paste(&text, &modes);
            let inner = bytes.strip_prefix(PASTE_BEGIN).unwrap().strip_suffix(PASTE_END.as_bytes()).unwrap();
            prop_assert!(!inner.contains(&0x1b));
            let has_c1 = String::from_utf8_lossy(inner).chars().any(char::is_control);
            prop_assert!(!has_c1);
        }
    }
}
