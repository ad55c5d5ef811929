//! Answers a few terminal queries while the supervisor is gone: a program that waits for an answer would otherwise hang
//! until a supervisor returns. All other queries stay unanswered. Queries that come before the first supervisor has
//! connected are answered by that supervisor: it gets all output, and has a terminal emulator.
//!
//! ```text
//!  Ground ──ESC──▶ Escape ──[──▶ Parameter ──digit──▶ Parameter      any other byte: Ground
//!                                    └──── c or n: the answer, Ground
//! ```

/// Finds queries in the output, also those that are split between two reads.
#[derive(Debug, Default)]
pub(super) struct Queries {
    state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Ground,
    Escape,
    /// Inside a control sequence, with the only parameter read so far (0 if none, as ECMA-48 says).
    Parameter(u8),
}

const ESCAPE: u8 = 0x1b;

impl Queries {
    /// Returns the answers to the queries in these bytes, in order.
    pub(super) fn answers(&mut self, output: &[u8]) -> Vec<&'static [u8]> {
        let mut answers = Vec::new();
        let mut rest = output;
        loop {
            if self.state == State::Ground {
                let Some(escape) = rest.iter().position(|byte| *byte == ESCAPE) else { return answers };
                rest = &rest[escape..];
            }
            let Some((byte, tail)) = rest.split_first() else { return answers };
            answers.extend(self.step(*byte));
            rest = tail;
        }
    }

    fn step(&mut self, byte: u8) -> Option<&'static [u8]> {
        let (state, answer) = match (self.state, byte) {
            (_, ESCAPE) => (State::Escape, None),
            (State::Escape, b'[') => (State::Parameter(0), None),
            (State::Parameter(value), b'0'..=b'9') => {
                (State::Parameter(value.saturating_mul(10).saturating_add(byte - b'0')), None)
            }
            (State::Parameter(value), _) => (State::Ground, answer(value, byte)),
            _ => (State::Ground, None),
        };
        self.state = state;
        answer
    }
}

/// Returns the answer to a control sequence (XTerm Control Sequences: primary device attributes, device status report).
fn answer(parameter: u8, last: u8) -> Option<&'static [u8]> {
    match (parameter, last) {
        (0, b'c') => Some(b"\x1b[?6c"),
        (5, b'n') => Some(b"\x1b[0n"),
        (6, b'n') => Some(b"\x1b[1;1R"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn answers_of(pieces: &[&[u8]]) -> Vec<&'static [u8]> {
        let mut queries = Queries::default();
        pieces.iter().flat_map(|piece| queries.answers(piece)).collect()
    }

    #[test]
    fn answers_these_and_no_others() {
        assert_eq!(answers_of(&[b"a\x1b[c\x1b[0c"]), [b"\x1b[?6c", b"\x1b[?6c"]);
        assert_eq!(answers_of(&[b"\x1b[5n \x1b[6n"]), [&b"\x1b[0n"[..], b"\x1b[1;1R"]);
        assert!(answers_of(&[b"\x1b[>c\x1b[?6n\x1b[31mc\x1b]c\x1b[1;5n\x1b[c"[..24].into()]).is_empty());
    }

    proptest! {
        #[test]
        fn survives_any_border(cut in prop::collection::vec(0..21usize, 0..6)) {
            let output = b"x\x1b[c\x1b\x1b[6nyy\x1b[5n\x1b[0mz";
            let mut cuts: Vec<usize> = cut.into_iter().chain([0, output.len()]).collect();
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &output[pair[0]..pair[1]]).collect();
            prop_assert_eq!(answers_of(&pieces), answers_of(&[output]));
            prop_assert_eq!(answers_of(&pieces).len(), 3);
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            Queries::default().answers(&bytes);
        }
    }
}
