//! One connection from a supervisor: the bytes that came in, the bytes that are to go out, and how much of the output
//! it has got.
//!
//! Nothing here waits. Bytes that the socket does not accept now are held: at most one frame of output, and the
//! messages behind it. The output itself is held by the transcript, from which a connection that lags reads it.

use crate::transcript::Reader;
use crate::wire::codec::{CodecError, Decoder, output_header};
use crate::wire::{FromKeeper, ToKeeper};
use std::io::{self, IoSlice, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::time::Instant;
use thiserror::Error;

/// The most bytes of one read. Commands are small, and a paste comes in pieces.
const READ_BYTES: usize = 8 * 1024;

/// The most bytes that are held for a peer that reads nothing. Beyond it, the connection is closed, because a
/// supervisor would have read them; the transcript has all output.
const OUT_BYTES_MAX: usize = 1024 * 1024;

/// The most memory of an empty buffer, bytes. Beyond it, the memory is freed.
const KEPT_BYTES_MAX: usize = 4 * 1024;

/// The reason why a connection can no longer be used.
#[derive(Debug, Error)]
pub(super) enum Gone {
    #[error("the peer closed")]
    Closed,
    #[error("the peer takes nothing")]
    Deaf,
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Codec(#[from] CodecError),
}

/// A connection from a process that speaks to this keeper.
pub(super) struct Connection {
    stream: UnixStream,
    decoder: Decoder,
    out: Vec<u8>,
    sent: usize,
    /// The position of the connection in the output: all bytes before it are in `out`, or sent.
    pub(super) reader: Reader,
    /// The last time at which the peer accepted a byte.
    pub(super) progress: Instant,
    /// The facts about the run that the supervisor at this connection has been told already.
    pub(super) told: Told,
}

/// The facts about a run that a supervisor has been told already over its connection.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) taken: u64,
    pub(super) dropped: u64,
    pub(super) heard: u64,
    pub(super) exited: bool,
    pub(super) emptied: bool,
}

impl Connection {
    pub(super) fn new(stream: UnixStream, reader: Reader, now: Instant) -> Connection {
        let decoder = Decoder::new(READ_BYTES);
        Connection { stream, decoder, out: Vec::new(), sent: 0, reader, progress: now, told: Told::default() }
    }

    /// Reads the bytes that have arrived, once. Then [`next`](Connection::next) returns the messages.
    pub(super) fn receive(&mut self) -> Result<(), Gone> {
        match self.stream.read(self.decoder.space()) {
            Ok(0) => Err(Gone::Closed),
            Ok(count) => {
                self.decoder.filled(count);
                Ok(())
            }
            Err(error) if is_not_now(&error) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the next message that has arrived; none if there is no complete one.
    pub(super) fn next(&mut self) -> Result<Option<ToKeeper<'_>>, Gone> {
        Ok(self.decoder.next_to_keeper()?)
    }

    /// Returns the bytes of the messages that were taken out since the last call.
    pub(super) fn took(&mut self) -> u64 {
        self.decoder.took()
    }

    /// Queues a message behind the bytes that wait to be sent.
    pub(super) fn say(&mut self, message: FromKeeper<'_>) {
        message.encode(&mut self.out);
    }

    /// Whether the socket has accepted everything that was queued.
    pub(super) fn is_flushed(&self) -> bool {
        self.sent == self.out.len()
    }

    /// Sends the bytes that the socket accepts now; true if none remain.
    pub(super) fn flush(&mut self) -> Result<bool, Gone> {
        while self.sent < self.out.len() {
            match self.stream.write(&self.out[self.sent..]) {
                Ok(count) => {
                    self.sent += count;
                    self.progress = Instant::now();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if is_not_now(&error) && self.out.len() - self.sent > OUT_BYTES_MAX => {
                    return Err(Gone::Deaf);
                }
                Err(error) if is_not_now(&error) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
        self.sent = 0;
        self.out.clear();
        self.out.shrink_to(KEPT_BYTES_MAX);
        Ok(true)
    }

    /// Sends output without copying it first; only bytes that the socket does not accept are copied. Everything queued
    /// before must have been flushed.
    pub(super) fn send_output(&mut self, offset: u64, bytes: &[u8]) -> Result<(), Gone> {
        let header = output_header(offset, bytes.len());
        let taken = match self.stream.write_vectored(&[IoSlice::new(&header), IoSlice::new(bytes)]) {
            Ok(count) => {
                self.progress = Instant::now();
                count
            }
            Err(error) if is_not_now(&error) => 0,
            Err(error) => return Err(error.into()),
        };
        self.out.extend_from_slice(&header[taken.min(header.len())..]);
        self.out.extend_from_slice(&bytes[taken.saturating_sub(header.len())..]);
        Ok(())
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

fn is_not_now(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}
