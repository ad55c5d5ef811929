//! Finds where an escape sequence ends.
//!
//! In the parser's state machine (<https://vt100.net/emu/dec_ansi_parser>) ESC starts a new sequence from every state,
//! so the bytes since the last ESC determine where in a sequence a stream is.

/// The byte that every sequence starts with.
pub(super) const ESCAPE: u8 = 0x1b;

/// The string terminator: it brings the parser from any state to its ground state, and does nothing else.
pub(super) const STRING_TERMINATOR: &[u8] = b"\x1b\\";

/// The families of sequences, distinguished by what ends them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) enum Kind {
    /// An escape sequence: `ESC`, intermediates, a final byte.
    Escape,
    /// A control sequence: `ESC [`, parameters, a final byte.
    Control,
    /// An operating system command (OSC): `ESC ]` up to BEL or the next sequence.
    Command,
    /// A device control string (DCS): `ESC P` up to the next sequence.
    Device,
    /// Another string (SOS, PM, APC): `ESC X`, `ESC ^` or `ESC _` up to the next sequence.
    Other,
}

/// The position and the kind of a sequence at the start of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sequence {
    /// Family of the sequence, as far as its bytes tell.
    pub(super) kind: Kind,
    /// Index of the first byte of the content, after the introducer.
    pub(super) content: usize,
    /// Index after the last byte, or `None` when more bytes are needed.
    pub(super) end: Option<usize>,
}

/// Finds the sequence that `bytes` start with; `bytes[0]` is ESC.
pub(super) fn sequence(bytes: &[u8]) -> Sequence {
    let mut intermediates = false;
    for (at, &byte) in bytes.iter().enumerate().skip(1) {
        let done = |end| Sequence { kind: Kind::Escape, content: at, end: Some(end) };
        let kind = match byte {
            0x18 | 0x1a => return done(at + 1),
            ESCAPE => return done(at),
            0x20..=0x2f => {
                intermediates = true;
                continue;
            }
            b'[' if !intermediates => Kind::Control,
            b']' if !intermediates => Kind::Command,
            b'P' if !intermediates => Kind::Device,
            b'X' | b'^' | b'_' if !intermediates => Kind::Other,
            0x30..=0x7e => return done(at + 1),
            _ => continue,
        };
        let content = at + 1;
        let end = end(kind, &bytes[content..]).map(|length| content + length);
        return Sequence { kind, content, end };
    }
    Sequence { kind: Kind::Escape, content: bytes.len(), end: None }
}

/// Returns how many of `bytes`, which follow an introducer, belong to the sequence; `None` when all of them do and the
/// sequence continues. An ESC that ends the sequence belongs to the sequence that it starts.
pub(super) fn end(kind: Kind, bytes: &[u8]) -> Option<usize> {
    let last = |byte: &u8| match byte {
        0x18 | 0x1a | &ESCAPE => true,
        0x40..=0x7e => kind == Kind::Control,
        0x07 => kind == Kind::Command,
        _ => false,
    };
    let at = bytes.iter().position(last)?;
    Some(if bytes[at] == ESCAPE { at } else { at + 1 })
}

/// Returns how many of the last bytes are the beginning of a UTF-8 character: 0 to 3.
pub(super) fn partial_character(bytes: &[u8]) -> usize {
    for length in 1..=bytes.len().min(3) {
        let tail = &bytes[bytes.len() - length..];
        match tail[0] {
            0x80..=0xbf => {}
            0xc2..=0xf4 => {
                let unfinished = std::str::from_utf8(tail).is_err_and(|error| error.error_len().is_none());
                return if unfinished { length } else { 0 };
            }
            _ => return 0,
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end_of(bytes: &[u8]) -> (Kind, Option<usize>) {
        let found = sequence(bytes);
        (found.kind, found.end)
    }

    #[test]
    fn each_family_ends_where_the_parser_ends_it() {
        assert_eq!(end_of(b"\x1b"), (Kind::Escape, None));
        assert_eq!(end_of(b"\x1b7x"), (Kind::Escape, Some(2)));
        assert_eq!(end_of(b"\x1b(Bx"), (Kind::Escape, Some(3)));
        assert_eq!(end_of(b"\x1b("), (Kind::Escape, None));
        assert_eq!(end_of(b"\x1b[1;2Hx"), (Kind::Control, Some(6)));
        assert_eq!(end_of(b"\x1b[1;2"), (Kind::Control, None));
        assert_eq!(end_of(b"\x1b[1\x1b[m"), (Kind::Control, Some(3)));
        assert_eq!(end_of(b"\x1b]0;t\x07x"), (Kind::Command, Some(6)));
        assert_eq!(end_of(b"\x1b]0;t\x1b\\"), (Kind::Command, Some(5)));
        assert_eq!(end_of(b"\x1bPq\x07x"), (Kind::Device, None));
        assert_eq!(end_of(b"\x1b_G\x18x"), (Kind::Other, Some(4)));
        assert_eq!(end_of(b"\x1b\n[1"), (Kind::Control, None));
    }

    #[test]
    fn only_a_character_that_can_still_be_completed_is_partial() {
        assert_eq!(partial_character("é".as_bytes()), 0);
        assert_eq!(partial_character(b"a\xc3"), 1);
        assert_eq!(partial_character(b"a\xf0\x9f\x98"), 3);
        assert_eq!(partial_character(b"a\xe0\x80"), 0);
        assert_eq!(partial_character(b"\x80\x80\x80\x80"), 0);
    }
}
