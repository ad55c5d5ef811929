//! Searches a run's output for its readiness pattern.

use regex::bytes::Regex;
use std::sync::LazyLock;

/// The number of bytes of output that are searched again together with the next ones, so that a line that is split
/// across reads is matched whole. Beyond it, a pattern is not found in a longer line.
const TAIL_BYTES_MAX: usize = 8 * 1024;

/// Escape sequences, which may occur in the middle of a word: CSI, OSC, and two-byte ones (ECMA-48).
static ESCAPES: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?-u)\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])").ok());

/// A search for one pattern, until it was found.
pub(super) struct PatternWatch {
    pattern: Regex,
    tail: Vec<u8>,
}

impl PatternWatch {
    /// Creates a search for a pattern that the configuration has checked.
    pub(super) fn new(pattern: &str) -> Option<PatternWatch> {
        Regex::new(pattern).ok().map(|pattern| PatternWatch { pattern, tail: Vec::new() })
    }

    /// Whether the pattern is found in the output with these bytes.
    pub(super) fn sees(&mut self, bytes: &[u8]) -> bool {
        self.tail.extend_from_slice(bytes);
        let plain = match &*ESCAPES {
            Some(escapes) => escapes.replace_all(&self.tail, &b""[..]),
            None => self.tail.as_slice().into(),
        };
        let seen = plain.split(|byte| matches!(byte, b'\n' | b'\r')).any(|line| self.pattern.is_match(line));
        drop(plain);
        let line_start = self.tail.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let start = line_start.max(self.tail.len().saturating_sub(TAIL_BYTES_MAX));
        self.tail.drain(..start);
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(pattern: &str, chunks: &[&str]) -> bool {
        let mut watch = PatternWatch::new(pattern).expect("a good pattern");
        chunks.iter().any(|chunk| watch.sees(chunk.as_bytes()))
    }

    #[test]
    fn a_line_split_across_reads_is_seen() {
        assert!(seen("^server ready$", &["booting\r\nserver re", "ady\r\n"]));
    }

    #[test]
    fn colours_inside_a_word_do_not_hide_it() {
        assert!(seen("ready", &["re\x1b[1;32mad\x1b[0my\r\n"]));
    }

    #[test]
    fn what_is_not_written_is_not_seen() {
        assert!(!seen("ready", &["rea", "\r\ndy\r\n", "\x1b]0;title\x07"]));
    }

    #[test]
    fn a_line_without_end_stays_bounded() {
        let mut watch = PatternWatch::new("never").expect("a good pattern");
        for _ in 0..100 {
            assert!(!watch.sees(&[b'x'; 4096]));
        }
        assert!(watch.tail.len() <= TAIL_BYTES_MAX);
    }
}
