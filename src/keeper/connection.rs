//! One connection of a supervisor's: what came in, what is to go out, and how far it is with the output.
//!
//! Nothing here waits. What the socket does not take now is held, at most one frame of output and the facts behind
//! it; the output itself is held by the transcript, and read from there by whoever lags.

use crate::transcript::Reader;
use crate::wire::codec::{CodecError, Decoder, output_header};
use crate::wire::{FromKeeper, ToKeeper};
use std::io::{self, IoSlice, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::time::Instant;
use thiserror::Error;

/// Read at a time. Commands are small, and a paste comes in pieces.
const READ_BYTES: usize = 8 * 1024;

/// Held for a peer that takes nothing, bytes. Beyond it, the peer is no supervisor, and its connection ends; the
/// transcript has all.
const OUT_BYTES_MAX: usize = 1024 * 1024;

/// What a buffer may hold while it is empty, bytes. Beyond it, the memory is given back.
const KEPT_BYTES_MAX: usize = 4 * 1024;

/// Why a connection is of no more use.
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

/// One connection.
pub(super) struct Connection {
    stream: UnixStream,
    decoder: Decoder,
    out: Vec<u8>,
    sent: usize,
    /// Where in the output it is: everything before has been put into `out`, or sent.
    pub(super) reader: Reader,
    /// When it last took a byte.
    pub(super) progress: Instant,
    /// What it has been told already.
    pub(super) told: Told,
}

/// What a connection has been told already.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) taken: u64,
    pub(super) dropped: u64,
    pub(super) exited: bool,
    pub(super) emptied: bool,
}

impl Connection {
    pub(super) fn new(stream: UnixStream, reader: Reader, now: Instant) -> Connection {
        let decoder = Decoder::new(READ_BYTES);
        Connection { stream, decoder, out: Vec::new(), sent: 0, reader, progress: now, told: Told::default() }
    }

    /// Reads what there is, once. Then take the messages out with [`next`](Connection::next).
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

    /// The next message that came.
    pub(super) fn next(&mut self) -> Result<Option<ToKeeper<'_>>, Gone> {
        Ok(self.decoder.next_to_keeper()?)
    }

    /// Puts a message behind what is to go out.
    pub(super) fn say(&mut self, message: FromKeeper<'_>) {
        message.encode(&mut self.out);
    }

    /// Whether everything said has been taken.
    pub(super) fn is_flushed(&self) -> bool {
        self.sent == self.out.len()
    }

    /// Sends what the socket takes now; true if that is all.
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

    /// Sends output from where it lies; only what the socket does not take is copied. Everything said before must
    /// have been flushed.
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
