//! The keys of `stop_keys`, which are typed into a terminal to ask a program to end: names of keys, or text.

use super::text::{BadValue, quoted, text_value};
use std::fmt;
use std::str::FromStr;

/// An entry of `stop_keys`: a key by name (`ctrl-c`, `enter`, `esc`, `tab` …) or any other text, typed as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StopKey {
    /// Control and a letter, or one of `[ \ ] ^ _`, sent as one byte.
    Control(char),
    /// Carriage return, as the Enter key sends it.
    Enter,
    /// The escape character, as the Esc key sends it.
    Escape,
    /// The tab character, as the Tab key sends it.
    Tab,
    /// The delete character, as the Backspace key sends it.
    Backspace,
    /// Any other text, typed as it is.
    Text(String),
}

text_value!(
    StopKey,
    name: "StopKey",
    expecting: "a key such as \"ctrl-c\", \"enter\" or \"esc\", or text to type such as \"/exit\"",
    examples: ["ctrl-c", "ctrl-d", "enter", "esc", "/exit"]
);

/// The longest text that a key can be, bytes. Beyond it, the configuration is refused.
const TEXT_BYTES_MAX: usize = 1_024;

impl StopKey {
    /// The bytes that a terminal sends for the key.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            StopKey::Control(c) => vec![(c.to_ascii_uppercase() as u8) & 0x1f],
            StopKey::Enter => vec![b'\r'],
            StopKey::Escape => vec![0x1b],
            StopKey::Tab => vec![b'\t'],
            StopKey::Backspace => vec![0x7f],
            StopKey::Text(text) => text.clone().into_bytes(),
        }
    }
}

impl FromStr for StopKey {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<StopKey, BadValue> {
        let lower = text.to_ascii_lowercase();
        match lower.as_str() {
            "" => {
                return Err(BadValue(
                    "an empty key types nothing; expected a key such as \"ctrl-c\" or text".to_owned(),
                ));
            }
            "enter" | "return" => return Ok(StopKey::Enter),
            "esc" | "escape" => return Ok(StopKey::Escape),
            "tab" => return Ok(StopKey::Tab),
            "backspace" => return Ok(StopKey::Backspace),
            _ if text.len() > TEXT_BYTES_MAX => {
                return Err(BadValue(format!("the text is longer than {TEXT_BYTES_MAX} bytes")));
            }
            _ => {}
        }
        let Some(key) = lower.strip_prefix("ctrl-") else { return Ok(StopKey::Text(text.to_owned())) };
        let mut letters = key.chars();
        match (letters.next(), letters.next()) {
            (Some(c @ ('a'..='z' | '[' | '\\' | ']' | '^' | '_')), None) => Ok(StopKey::Control(c)),
            _ => Err(BadValue(format!("{} is not a key: expected `ctrl-` and one letter", quoted(text)))),
        }
    }
}

impl fmt::Display for StopKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StopKey::Control(c) => write!(f, "ctrl-{c}"),
            StopKey::Enter => f.write_str("enter"),
            StopKey::Escape => f.write_str("esc"),
            StopKey::Tab => f.write_str("tab"),
            StopKey::Backspace => f.write_str("backspace"),
            StopKey::Text(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_what_a_terminal_would_send() {
        let bytes = |text: &str| text.parse::<StopKey>().map(|key| key.bytes()).ok();
        assert_eq!(bytes("ctrl-c"), Some(vec![3]));
        assert_eq!(bytes("Ctrl-D"), Some(vec![4]));
        assert_eq!(bytes("ctrl-\\"), Some(vec![28]));
        assert_eq!(bytes("enter"), Some(vec![13]));
        assert_eq!(bytes("/exit"), Some(b"/exit".to_vec()));
        assert_eq!(bytes("ctrl-cc"), None);
        assert_eq!(bytes(""), None);
    }
}
