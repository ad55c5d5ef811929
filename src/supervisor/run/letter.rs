//! The letter: a text and keys that are delivered into a terminal, and the bytes of its strokes.

use crate::term::frame::Modes;
use crate::term::keys::{self, Key, KeyCode, Modifiers};
use quarterdeck_core::delivery::{Amid, Asked, Parcel, Press, Receipt, Stroke, Tail};

/// The content of a delivery: a text, keys after it, or both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::supervisor) struct Letter {
    pub(in crate::supervisor) text: Option<Text>,
    pub(in crate::supervisor) keys: Vec<Key>,
    /// Whether the letter is an answer if the program asks a question.
    pub(in crate::supervisor) asked: Asked,
    /// Whether the letter may join a line that a person has begun.
    pub(in crate::supervisor) amid: Amid,
}

/// A text, with the way in which it is entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::supervisor) enum Text {
    /// A pasted text: wrapped in bracketed paste if the program has asked for that by then.
    Pasted(String),
    /// A text that is typed without changes.
    Typed(String),
}

/// The result of a letter that was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::supervisor) struct Delivered {
    /// The number of bytes that were typed.
    pub(in crate::supervisor) bytes: u64,
    pub(in crate::supervisor) receipt: Receipt,
    /// Whether the letter went into a question, as the answer.
    pub(in crate::supervisor) went: Went,
}

/// The place where a letter was entered: the prompt or a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::supervisor) enum Went {
    /// The letter went to the place for prompts.
    ToPrompt,
    /// The letter went into a question.
    ToQuestion,
}

impl Letter {
    /// Creates a letter for a prompt that no person types: pasted, then Enter. It may neither answer a question nor
    /// join a line that a person has begun.
    pub(in crate::supervisor) fn prompt(text: String) -> Letter {
        let enter = Key { code: KeyCode::Enter, modifiers: Modifiers::NONE };
        Letter { text: Some(Text::Pasted(text)), keys: vec![enter], asked: Asked::Refused, amid: Amid::Refused }
    }

    /// Returns the properties of the letter that the core needs.
    pub(super) fn parcel(&self) -> Parcel {
        let press = |key: &Key| match (key.code, key.modifiers) {
            (KeyCode::Enter, Modifiers::NONE) => Press::Enter,
            _ => Press::Other,
        };
        let text = self.text.as_ref().map(|text| text.words().to_owned());
        Parcel { text, keys: self.keys.iter().map(press).collect(), asked: self.asked, amid: self.amid }
    }

    /// Returns the bytes of a stroke, in the form that the program's terminal modes require now.
    pub(super) fn encode(&self, stroke: Stroke, modes: &Modes) -> Vec<u8> {
        match (stroke, &self.text) {
            (Stroke::Key(number), _) => {
                self.keys.get(number).map(|key| keys::encode_key(*key, modes)).unwrap_or_default()
            }
            (Stroke::Text(tail), Some(text)) => text.encode(tail, modes),
            (Stroke::Text(_), None) => Vec::new(),
        }
    }

    /// Returns the length in bytes of the longest line that the text makes in a cooked terminal, where the current line
    /// already has `unfinished` bytes.
    pub(super) fn line_bytes(&self, unfinished: usize, modes: &Modes) -> usize {
        let bytes = self.encode(Stroke::Text(Tail::AsGiven), modes);
        let lines = bytes.split(|byte| matches!(byte, b'\r' | b'\n')).map(<[u8]>::len);
        lines.enumerate().map(|(at, length)| if at == 0 { unfinished + length } else { length }).max().unwrap_or(0)
    }

    /// Returns how much the letter counts against the limit on waiting input, in bytes. Keys do not count: a request
    /// has few.
    pub(super) fn size(&self) -> u64 {
        self.text.as_ref().map_or(0, |text| text.words().len() as u64)
    }
}

impl Text {
    fn words(&self) -> &str {
        let (Text::Pasted(words) | Text::Typed(words)) = self;
        words
    }

    fn encode(&self, tail: Tail, modes: &Modes) -> Vec<u8> {
        let blank = match tail {
            Tail::AsGiven => "",
            Tail::Blank => " ",
        };
        match self {
            Text::Pasted(text) => keys::encode_paste(&format!("{text}{blank}"), modes),
            Text::Typed(text) => [text.as_bytes(), blank.as_bytes()].concat(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_line_is_told_with_what_stands_unfinished_and_how_it_is_wrapped() {
        let letter = Letter::prompt("ab\nabcde\r\nabc".to_owned());
        assert_eq!(letter.line_bytes(0, &Modes::default()), 5);
        assert_eq!(letter.line_bytes(9, &Modes::default()), 11);
        let bracketed = Modes { bracketed_paste: true, ..Modes::default() };
        assert_eq!(letter.line_bytes(0, &bracketed), 9, "the end of the paste is a part of its last line");
    }

    #[test]
    fn a_blank_goes_into_the_paste() {
        let letter = Letter::prompt("a\\".to_owned());
        let bracketed = Modes { bracketed_paste: true, ..Modes::default() };
        assert_eq!(letter.encode(Stroke::Text(Tail::Blank), &bracketed), b"\x1b[200~a\\ \x1b[201~");
        assert_eq!(letter.encode(Stroke::Key(0), &bracketed), b"\r");
        assert_eq!(letter.parcel().keys, [Press::Enter]);
    }
}
