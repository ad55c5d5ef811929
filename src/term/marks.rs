//! Reads the marks of shell integration that name a command: OSC 133 as FinalTerm defines it, with the command line as
//! kitty adds it (<https://sw.kovidgoyal.net/kitty/shell-integration/>), and OSC 633 as VS Code defines it
//! (<https://code.visualstudio.com/docs/terminal/shell-integration>).
//!
//! | mark | means |
//! |---|---|
//! | `133;C;cmdline_url=…`, `133;C;cmdline=…` | this command begins |
//! | `633;E;…` | this command begins |
//! | `133;D`, `133;D;CODE`, `633;D`, `633;D;CODE` | the command has ended |
//!
//! A mark that names no command is ignored here: agent programs send such marks around their turns.

use super::cut::plain;

/// The longest command line that is kept, in characters. Beyond it, it ends with `…`.
const COMMAND_CHARS_MAX: usize = 256;

/// A mark of shell integration: a command began or ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandMark {
    /// A command began; this is its command line.
    Began(String),
    /// A command ended, with this exit code if the mark has one.
    Ended(Option<i32>),
}

/// Reads the arguments of an OSC 133 or 633, without its number; none for any other mark.
pub(super) fn read(arguments: &[u8]) -> Option<CommandMark> {
    let text = String::from_utf8_lossy(arguments);
    let (mark, rest) = text.split_once(';').unwrap_or((&text, ""));
    match mark {
        "D" => Some(CommandMark::Ended(rest.split(';').next().and_then(|code| code.parse().ok()))),
        "C" => rest.split(';').find_map(|field| match field.split_once('=')? {
            ("cmdline_url", line) => began(&unescaped(line, '%')),
            ("cmdline", line) => began(line),
            _ => None,
        }),
        // Semicolons within the command line are escaped; a nonce may follow the command line.
        "E" => began(&unescaped(rest.split(';').next().unwrap_or_default(), '\\')),
        _ => None,
    }
}

fn began(line: &str) -> Option<CommandMark> {
    let line = plain(line, COMMAND_CHARS_MAX);
    (!line.is_empty()).then_some(CommandMark::Began(line))
}

/// Replaces each escape (`%AB`, or `\xAB` and `\\`) by the character that it means.
fn unescaped(text: &str, escape: char) -> String {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(escape) {
        bytes.extend_from_slice(before.as_bytes());
        let digits = if escape == '%' { Some(after) } else { after.strip_prefix('x') };
        let byte = digits.and_then(|digits| digits.get(..2)).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        rest = match byte {
            Some(byte) => {
                bytes.push(byte);
                digits.and_then(|digits| digits.get(2..)).unwrap_or_default()
            }
            None => {
                bytes.extend_from_slice(escape.encode_utf8(&mut [0; 4]).as_bytes());
                after.strip_prefix(escape).unwrap_or(after)
            }
        };
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_command_is_named_by_each_dialect() {
        let began = |line: &str| Some(CommandMark::Began(line.to_owned()));
        assert_eq!(read(b"C;cmdline_url=cargo%20test%3B%20ls"), began("cargo test; ls"));
        assert_eq!(read(b"C;k=1;cmdline=make"), began("make"));
        assert_eq!(read(br"E;echo a\x3bb\\n;1234"), began(r"echo a;b\n"));
        assert_eq!(read(b"D;1"), Some(CommandMark::Ended(Some(1))));
        assert_eq!(read(b"D"), Some(CommandMark::Ended(None)));
        for other in ["C", "A", "B", "", "C;cmdline=", "P;Cwd=/x", "E;"] {
            assert_eq!(read(other.as_bytes()), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn any_mark_is_read(arguments in prop::collection::vec(any::<u8>(), 0..300), mark in "[CDE];[a-z%\\\\x;=]{0,20}") {
            let _whatever_it_says = (read(&arguments), read(mark.as_bytes()));
        }
    }
}
