//! Turns messages of the keeper protocol into bytes and back, without I/O.
//!
//! Encoding appends to a buffer of the caller. A [`Decoder`] does the decoding: its owner reads straight into
//! [`Decoder::space`], tells how many bytes came, and takes out messages that borrow from that same memory. So a
//! terminal's output is not copied between the socket and its user.
//!
//! **Invariant:** an encoded message is decoded equal, however the bytes are cut (`round_trip_in_any_chunks`), and no
//! bytes make the decoder panic (`arbitrary_bytes_never_panic`).

use super::{FromKeeper, PAYLOAD_BYTES_MAX, ToKeeper, Versions};
use quarterdeck_core::ending::{Exit, TreeReport};
use thiserror::Error;

/// The size of a frame's header, bytes.
pub const HEADER_BYTES: usize = 16;

/// The longest reason in words, bytes. Beyond it, the reason is cut and ends with `…`.
const TEXT_BYTES_MAX: usize = 4 * 1024;

/// The end of a text that was cut.
const CUT: &str = "…";

/// The reason why a stream can't be decoded any further. The connection can't be used any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CodecError {
    /// A frame claims a payload of more than [`PAYLOAD_BYTES_MAX`].
    #[error("a frame of kind {kind} claims {length} bytes, more than {PAYLOAD_BYTES_MAX}")]
    PayloadTooLarge {
        /// The number of the kind of the frame.
        kind: u8,
        /// The length that the frame claims, bytes.
        length: u32,
    },
    /// A frame is shorter than its kind needs, or holds a value that its kind does not allow.
    #[error("a frame of kind {kind} is malformed")]
    Malformed {
        /// The number of the kind of the frame.
        kind: u8,
    },
}

/// The numbers of the kinds of frames. They never change and are never given to another kind.
mod kind {
    pub(super) const HELLO: u8 = 1;
    pub(super) const INPUT: u8 = 2;
    pub(super) const RESIZE: u8 = 3;
    pub(super) const SIGNAL: u8 = 4;
    pub(super) const KILL_TREE: u8 = 5;
    pub(super) const FREEZE: u8 = 6;
    pub(super) const THAW: u8 = 7;
    pub(super) const DISMISS: u8 = 8;
    pub(super) const TO_KEEPER: std::ops::RangeInclusive<u8> = HELLO..=DISMISS;

    pub(super) const WELCOME: u8 = 65;
    pub(super) const REFUSED: u8 = 66;
    pub(super) const STARTED: u8 = 67;
    pub(super) const START_FAILED: u8 = 68;
    pub(super) const OUTPUT: u8 = 69;
    pub(super) const INPUT_TAKEN: u8 = 70;
    pub(super) const INPUT_DROPPED: u8 = 71;
    pub(super) const FROZEN: u8 = 72;
    pub(super) const FREEZE_FAILED: u8 = 73;
    pub(super) const THAWED: u8 = 74;
    pub(super) const EXITED: u8 = 75;
    pub(super) const EMPTIED: u8 = 76;
    pub(super) const TRANSCRIPT_FAILING: u8 = 77;
    pub(super) const TRANSCRIPT_RECOVERED: u8 = 78;
    pub(super) const HEARD: u8 = 79;
    pub(super) const FROM_KEEPER: std::ops::RangeInclusive<u8> = WELCOME..=HEARD;
}

/// The number in a frame that means that a process exited with a code; 1 means that a signal ended it.
const EXIT_BY_CODE: u32 = 0;
const EXIT_BY_SIGNAL: u32 = 1;

impl ToKeeper<'_> {
    /// Appends this message to a buffer. Input beyond [`PAYLOAD_BYTES_MAX`] becomes several frames.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match *self {
            ToKeeper::Hello { versions, resume_from } => {
                frame(out, kind::HELLO, resume_from, &[&versions_to_bytes(versions)])
            }
            ToKeeper::Input(bytes) => {
                for piece in bytes.chunks(PAYLOAD_BYTES_MAX) {
                    frame(out, kind::INPUT, 0, &[piece]);
                }
            }
            ToKeeper::Resize { columns, rows } => {
                frame(out, kind::RESIZE, 0, &[&columns.to_le_bytes(), &rows.to_le_bytes()])
            }
            ToKeeper::Signal { signal } => frame(out, kind::SIGNAL, 0, &[&signal.to_le_bytes()]),
            ToKeeper::KillTree => frame(out, kind::KILL_TREE, 0, &[]),
            ToKeeper::Freeze => frame(out, kind::FREEZE, 0, &[]),
            ToKeeper::Thaw => frame(out, kind::THAW, 0, &[]),
            ToKeeper::Dismiss => frame(out, kind::DISMISS, 0, &[]),
        }
    }
}

impl FromKeeper<'_> {
    /// Appends this message to a buffer. Output beyond [`PAYLOAD_BYTES_MAX`] becomes several frames.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match *self {
            FromKeeper::Welcome { version, keeper_pid, oldest, newest, heard } => {
                let fields: [&[u8]; 4] = [
                    &u32::from(version).to_le_bytes(),
                    &keeper_pid.to_le_bytes(),
                    &oldest.to_le_bytes(),
                    &newest.to_le_bytes(),
                ];
                frame(out, kind::WELCOME, heard.map_or(0, |total| total.saturating_add(1)), &fields)
            }
            FromKeeper::Refused { versions } => frame(out, kind::REFUSED, 0, &[&versions_to_bytes(versions)]),
            FromKeeper::Started { pid } => frame(out, kind::STARTED, 0, &[&pid.to_le_bytes()]),
            FromKeeper::StartFailed { reason } => text(out, kind::START_FAILED, reason),
            FromKeeper::Output { mut offset, bytes } => {
                for piece in bytes.chunks(PAYLOAD_BYTES_MAX) {
                    frame(out, kind::OUTPUT, offset, &[piece]);
                    offset += piece.len() as u64;
                }
            }
            FromKeeper::InputTaken { total } => frame(out, kind::INPUT_TAKEN, total, &[]),
            FromKeeper::InputDropped { total } => frame(out, kind::INPUT_DROPPED, total, &[]),
            FromKeeper::Frozen { processes } => frame(out, kind::FROZEN, 0, &[&processes.to_le_bytes()]),
            FromKeeper::FreezeFailed { reason } => text(out, kind::FREEZE_FAILED, reason),
            FromKeeper::Thawed => frame(out, kind::THAWED, 0, &[]),
            FromKeeper::Exited { exit, left } => {
                let (how, value) = match exit {
                    Exit::Code(code) => (EXIT_BY_CODE, code),
                    Exit::Signal(signal) => (EXIT_BY_SIGNAL, signal),
                };
                frame(out, kind::EXITED, 0, &[&how.to_le_bytes(), &value.to_le_bytes(), &left.to_le_bytes()])
            }
            FromKeeper::Emptied { report } => {
                let fields: [&[u8]; 2] = [&report.left_on_signal.to_le_bytes(), &report.killed.to_le_bytes()];
                frame(out, kind::EMPTIED, 0, &fields)
            }
            FromKeeper::TranscriptFailing { reason } => text(out, kind::TRANSCRIPT_FAILING, reason),
            FromKeeper::TranscriptRecovered => frame(out, kind::TRANSCRIPT_RECOVERED, 0, &[]),
            FromKeeper::Heard { total } => frame(out, kind::HEARD, total, &[]),
        }
    }
}

/// Returns the header of an [`FromKeeper::Output`] frame, for a writer that sends the bytes without copying them first.
/// `length` is at most [`PAYLOAD_BYTES_MAX`].
pub fn output_header(offset: u64, length: usize) -> [u8; HEADER_BYTES] {
    debug_assert!(length <= PAYLOAD_BYTES_MAX);
    header(kind::OUTPUT, offset, length)
}

fn header(kind: u8, offset: u64, length: usize) -> [u8; HEADER_BYTES] {
    let mut header = [0; HEADER_BYTES];
    header[0] = kind;
    header[4..8].copy_from_slice(&(length as u32).to_le_bytes());
    header[8..].copy_from_slice(&offset.to_le_bytes());
    header
}

fn frame(out: &mut Vec<u8>, kind: u8, offset: u64, parts: &[&[u8]]) {
    let length = parts.iter().map(|part| part.len()).sum();
    out.extend_from_slice(&header(kind, offset, length));
    parts.iter().for_each(|part| out.extend_from_slice(part));
}

fn text(out: &mut Vec<u8>, kind: u8, text: &str) {
    if text.len() <= TEXT_BYTES_MAX {
        return frame(out, kind, 0, &[text.as_bytes()]);
    }
    let end = text.floor_char_boundary(TEXT_BYTES_MAX - CUT.len());
    frame(out, kind, 0, &[&text.as_bytes()[..end], CUT.as_bytes()]);
}

fn versions_to_bytes(versions: Versions) -> [u8; 4] {
    let ([a, b], [c, d]) = (versions.min.to_le_bytes(), versions.max.to_le_bytes());
    [a, b, c, d]
}

/// A decoder that takes bytes and returns messages.
#[derive(Debug)]
pub struct Decoder {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    read_bytes: usize,
    /// The bytes of the frames that were taken out since [`took`](Decoder::took) was last asked.
    took: u64,
}

impl Decoder {
    /// Makes a decoder that offers at least `read_bytes` of [`space`](Decoder::space) each time. It holds no memory
    /// until it is first asked for space, and at most `read_bytes` and one largest frame.
    pub fn new(read_bytes: usize) -> Self {
        Decoder { buffer: Vec::new(), start: 0, end: 0, read_bytes: read_bytes.max(HEADER_BYTES), took: 0 }
    }

    /// Returns the memory to read the next bytes into; [`filled`](Decoder::filled) then tells how many came.
    pub fn space(&mut self) -> &mut [u8] {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
            if self.buffer.len() > 2 * self.read_bytes {
                self.buffer = Vec::new();
            }
        }
        if self.buffer.len() - self.end < self.read_bytes {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
            let wanted = self.end + self.read_bytes;
            if self.buffer.len() < wanted {
                self.buffer.resize(wanted, 0);
            }
        }
        &mut self.buffer[self.end..]
    }

    /// Records that this many bytes of [`space`](Decoder::space) were filled by a read.
    pub fn filled(&mut self, count: usize) {
        self.end = (self.end + count).min(self.buffer.len());
    }

    /// Copies bytes into the decoder, for a reader that has them elsewhere.
    pub fn push(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let space = self.space();
            let count = space.len().min(bytes.len());
            space[..count].copy_from_slice(&bytes[..count]);
            self.filled(count);
            bytes = &bytes[count..];
        }
    }

    /// Returns the next message from a supervisor; none while its bytes have not all come. Unknown kinds are skipped.
    pub fn next_to_keeper(&mut self) -> Result<Option<ToKeeper<'_>>, CodecError> {
        self.next_frame(kind::TO_KEEPER)?.map(read_to_keeper).transpose()
    }

    /// Returns the next message from a keeper; none while its bytes have not all come. Unknown kinds are skipped.
    pub fn next_from_keeper(&mut self) -> Result<Option<FromKeeper<'_>>, CodecError> {
        self.next_frame(kind::FROM_KEEPER)?.map(read_from_keeper).transpose()
    }

    /// Returns the bytes of the frames that were taken out, or skipped, since the last call.
    pub fn took(&mut self) -> u64 {
        std::mem::take(&mut self.took)
    }

    fn next_frame(&mut self, known: std::ops::RangeInclusive<u8>) -> Result<Option<Frame<'_>>, CodecError> {
        loop {
            let Some((header, rest)) = self.buffer[self.start..self.end].split_first_chunk::<HEADER_BYTES>() else {
                return Ok(None);
            };
            let [kind, _, _, _, l0, l1, l2, l3, offset @ ..] = *header;
            let length = u32::from_le_bytes([l0, l1, l2, l3]);
            if length as usize > PAYLOAD_BYTES_MAX {
                return Err(CodecError::PayloadTooLarge { kind, length });
            }
            if rest.len() < length as usize {
                return Ok(None);
            }
            let payload = self.start + HEADER_BYTES..self.start + HEADER_BYTES + length as usize;
            self.took += (payload.end - self.start) as u64;
            self.start = payload.end;
            if known.contains(&kind) {
                return Ok(Some(Frame { kind, offset: u64::from_le_bytes(offset), payload: &self.buffer[payload] }));
            }
        }
    }
}

/// A frame whose kind is known.
struct Frame<'a> {
    kind: u8,
    offset: u64,
    payload: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Returns the `N` bytes at this place of the payload. Bytes behind the last known field are ignored.
    fn field<const N: usize>(&self, at: usize) -> Result<[u8; N], CodecError> {
        let bytes = self.payload.get(at..).and_then(|rest| rest.first_chunk::<N>());
        bytes.copied().ok_or(self.malformed())
    }

    fn number(&self, at: usize) -> Result<u32, CodecError> {
        self.field(at).map(u32::from_le_bytes)
    }

    fn versions(&self) -> Result<Versions, CodecError> {
        Ok(Versions { min: u16::from_le_bytes(self.field(0)?), max: u16::from_le_bytes(self.field(2)?) })
    }

    fn text(&self) -> Result<&'a str, CodecError> {
        std::str::from_utf8(self.payload).map_err(|_| self.malformed())
    }

    fn malformed(&self) -> CodecError {
        CodecError::Malformed { kind: self.kind }
    }
}

fn read_to_keeper(frame: Frame<'_>) -> Result<ToKeeper<'_>, CodecError> {
    Ok(match frame.kind {
        kind::HELLO => ToKeeper::Hello { versions: frame.versions()?, resume_from: frame.offset },
        kind::INPUT => ToKeeper::Input(frame.payload),
        kind::RESIZE => {
            ToKeeper::Resize { columns: u16::from_le_bytes(frame.field(0)?), rows: u16::from_le_bytes(frame.field(2)?) }
        }
        kind::SIGNAL => ToKeeper::Signal { signal: i32::from_le_bytes(frame.field(0)?) },
        kind::KILL_TREE => ToKeeper::KillTree,
        kind::FREEZE => ToKeeper::Freeze,
        kind::THAW => ToKeeper::Thaw,
        kind::DISMISS => ToKeeper::Dismiss,
        _ => return Err(frame.malformed()),
    })
}

fn read_from_keeper(frame: Frame<'_>) -> Result<FromKeeper<'_>, CodecError> {
    Ok(match frame.kind {
        kind::WELCOME => FromKeeper::Welcome {
            version: u16::try_from(frame.number(0)?).map_err(|_| frame.malformed())?,
            keeper_pid: frame.number(4)?,
            oldest: u64::from_le_bytes(frame.field(8)?),
            newest: u64::from_le_bytes(frame.field(16)?),
            heard: frame.offset.checked_sub(1),
        },
        kind::REFUSED => FromKeeper::Refused { versions: frame.versions()? },
        kind::STARTED => FromKeeper::Started { pid: frame.number(0)? },
        kind::START_FAILED => FromKeeper::StartFailed { reason: frame.text()? },
        kind::OUTPUT => FromKeeper::Output { offset: frame.offset, bytes: frame.payload },
        kind::INPUT_TAKEN => FromKeeper::InputTaken { total: frame.offset },
        kind::INPUT_DROPPED => FromKeeper::InputDropped { total: frame.offset },
        kind::FROZEN => FromKeeper::Frozen { processes: frame.number(0)? },
        kind::FREEZE_FAILED => FromKeeper::FreezeFailed { reason: frame.text()? },
        kind::THAWED => FromKeeper::Thawed,
        kind::EXITED => FromKeeper::Exited { exit: read_exit(&frame)?, left: frame.number(8)? },
        kind::EMPTIED => {
            FromKeeper::Emptied { report: TreeReport { left_on_signal: frame.number(0)?, killed: frame.number(4)? } }
        }
        kind::TRANSCRIPT_FAILING => FromKeeper::TranscriptFailing { reason: frame.text()? },
        kind::TRANSCRIPT_RECOVERED => FromKeeper::TranscriptRecovered,
        kind::HEARD => FromKeeper::Heard { total: frame.offset },
        _ => return Err(frame.malformed()),
    })
}

fn read_exit(frame: &Frame<'_>) -> Result<Exit, CodecError> {
    let value = i32::from_le_bytes(frame.field(4)?);
    match frame.number(0)? {
        EXIT_BY_CODE => Ok(Exit::Code(value)),
        EXIT_BY_SIGNAL => Ok(Exit::Signal(value)),
        _ => Err(frame.malformed()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn versions() -> impl Strategy<Value = Versions> {
        any::<(u16, u16)>().prop_map(|(min, max)| Versions { min, max })
    }

    fn to_keeper(bytes: &'static [u8]) -> impl Strategy<Value = ToKeeper<'static>> {
        prop_oneof![
            (versions(), any::<u64>()).prop_map(|(versions, resume_from)| ToKeeper::Hello { versions, resume_from }),
            (1..bytes.len()).prop_map(|end| ToKeeper::Input(&bytes[..end])),
            any::<(u16, u16)>().prop_map(|(columns, rows)| ToKeeper::Resize { columns, rows }),
            any::<i32>().prop_map(|signal| ToKeeper::Signal { signal }),
            Just(ToKeeper::KillTree),
            Just(ToKeeper::Freeze),
            Just(ToKeeper::Thaw),
            Just(ToKeeper::Dismiss),
        ]
    }

    fn from_keeper(bytes: &'static [u8]) -> impl Strategy<Value = FromKeeper<'static>> {
        let reason = prop_oneof![Just("disk full"), Just(""), Just("Platte voll: größer")];
        let exit = any::<(bool, i32)>().prop_map(|(code, v)| if code { Exit::Code(v) } else { Exit::Signal(v) });
        prop_oneof![
            any::<(u16, u32, u64, u64, Option<u32>)>().prop_map(|(version, keeper_pid, oldest, newest, heard)| {
                FromKeeper::Welcome { version, keeper_pid, oldest, newest, heard: heard.map(u64::from) }
            }),
            versions().prop_map(|versions| FromKeeper::Refused { versions }),
            any::<u32>().prop_map(|pid| FromKeeper::Started { pid }),
            reason.clone().prop_map(|reason| FromKeeper::StartFailed { reason }),
            (any::<u64>(), 1..bytes.len())
                .prop_map(|(offset, end)| FromKeeper::Output { offset, bytes: &bytes[..end] }),
            any::<u64>().prop_map(|total| FromKeeper::InputTaken { total }),
            any::<u64>().prop_map(|total| FromKeeper::InputDropped { total }),
            any::<u32>().prop_map(|processes| FromKeeper::Frozen { processes }),
            reason.clone().prop_map(|reason| FromKeeper::FreezeFailed { reason }),
            Just(FromKeeper::Thawed),
            (exit, any::<u32>()).prop_map(|(exit, left)| FromKeeper::Exited { exit, left }),
            any::<(u32, u32)>().prop_map(|(left_on_signal, killed)| FromKeeper::Emptied {
                report: TreeReport { left_on_signal, killed }
            }),
            reason.prop_map(|reason| FromKeeper::TranscriptFailing { reason }),
            Just(FromKeeper::TranscriptRecovered),
            any::<u64>().prop_map(|total| FromKeeper::Heard { total }),
        ]
    }

    static BYTES: [u8; 9000] = {
        let mut bytes = [0; 9000];
        let mut i = 0;
        while i < bytes.len() {
            bytes[i] = (i % 251) as u8;
            i += 1;
        }
        bytes
    };

    /// Feeds `wire` in pieces of the given sizes, again and again, and calls `each` with the decoder after each piece.
    fn feed(wire: &[u8], cuts: &[usize], mut each: impl FnMut(&mut Decoder)) {
        let mut decoder = Decoder::new(64);
        let mut rest = wire;
        for cut in cuts.iter().cycle() {
            let (piece, tail) = rest.split_at((*cut).min(rest.len()));
            decoder.push(piece);
            each(&mut decoder);
            rest = tail;
            if rest.is_empty() {
                break;
            }
        }
    }

    proptest! {
        #[test]
        fn round_trip_in_any_chunks(
            to in prop::collection::vec(to_keeper(&BYTES), 1..12),
            from in prop::collection::vec(from_keeper(&BYTES), 1..12),
            cuts in prop::collection::vec(1..5000usize, 1..8),
        ) {
            let mut wire = Vec::new();
            to.iter().for_each(|message| message.encode(&mut wire));
            let mut expected = to.iter();
            feed(&wire, &cuts, |decoder| while let Some(message) = decoder.next_to_keeper().unwrap() {
                assert_eq!(Some(&message), expected.next());
            });
            prop_assert!(expected.next().is_none());

            wire.clear();
            from.iter().for_each(|message| message.encode(&mut wire));
            let mut expected = from.iter();
            feed(&wire, &cuts, |decoder| while let Some(message) = decoder.next_from_keeper().unwrap() {
                assert_eq!(Some(&message), expected.next());
            });
            prop_assert!(expected.next().is_none());
        }

        #[test]
        fn arbitrary_bytes_never_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..600),
            kind in any::<u8>(),
            cut in 1..50usize,
        ) {
            feed(&bytes, &[cut], |decoder| while let Ok(Some(_)) = decoder.next_to_keeper() {});
            feed(&bytes, &[cut], |decoder| while let Ok(Some(_)) = decoder.next_from_keeper() {});
            let mut framed = Vec::new();
            frame(&mut framed, kind, 7, &[&bytes]);
            feed(&framed, &[cut], |decoder| while let Ok(Some(_)) = decoder.next_to_keeper() {});
            feed(&framed, &[cut], |decoder| while let Ok(Some(_)) = decoder.next_from_keeper() {});
        }
    }

    #[test]
    fn unknown_kinds_are_skipped() {
        let mut wire = Vec::new();
        frame(&mut wire, 200, 9, &[b"of a later version"]);
        ToKeeper::Freeze.encode(&mut wire);
        let mut decoder = Decoder::new(64);
        decoder.push(&wire);
        assert_eq!(decoder.next_to_keeper(), Ok(Some(ToKeeper::Freeze)));
        assert_eq!(decoder.next_to_keeper(), Ok(None));
    }

    #[test]
    fn an_oversized_claim_is_an_error_before_its_bytes_come() {
        let mut decoder = Decoder::new(64);
        decoder.push(&header(kind::INPUT, 0, PAYLOAD_BYTES_MAX + 1));
        let claimed = CodecError::PayloadTooLarge { kind: kind::INPUT, length: PAYLOAD_BYTES_MAX as u32 + 1 };
        assert_eq!(decoder.next_to_keeper(), Err(claimed));
    }

    #[test]
    fn long_output_is_cut_into_frames_with_growing_offsets() {
        let bytes = vec![b'x'; PAYLOAD_BYTES_MAX + 10];
        let mut wire = Vec::new();
        FromKeeper::Output { offset: 5, bytes: &bytes }.encode(&mut wire);
        let mut decoder = Decoder::new(64 * 1024);
        decoder.push(&wire);
        let first = decoder.next_from_keeper();
        assert_eq!(first, Ok(Some(FromKeeper::Output { offset: 5, bytes: &bytes[10..] })));
        let offset = 5 + PAYLOAD_BYTES_MAX as u64;
        assert_eq!(decoder.next_from_keeper(), Ok(Some(FromKeeper::Output { offset, bytes: &bytes[..10] })));
    }

    #[test]
    fn words_that_are_cut_say_so() {
        for (length, ends) in [(TEXT_BYTES_MAX, "x"), (TEXT_BYTES_MAX + 1, CUT)] {
            let mut wire = Vec::new();
            text(&mut wire, 1, &"x".repeat(length));
            assert!(wire.ends_with(ends.as_bytes()) && wire.len() <= HEADER_BYTES + TEXT_BYTES_MAX, "{length}");
        }
    }

    #[test]
    fn an_emptied_decoder_gives_a_large_frames_memory_back() {
        let mut wire = Vec::new();
        ToKeeper::Input(&vec![b'x'; PAYLOAD_BYTES_MAX]).encode(&mut wire);
        let mut decoder = Decoder::new(4096);
        decoder.push(&wire);
        assert!(decoder.next_to_keeper().unwrap().is_some());
        assert_eq!(decoder.space().len(), 4096);
    }
}
