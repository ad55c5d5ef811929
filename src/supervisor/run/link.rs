//! The connection to one keeper: its socket, and the messages received.

use super::outbox::Outbox;
use crate::wire::codec::{CodecError, Decoder};
use crate::wire::{ToKeeper, VERSIONS, Versions};
use std::io;
use std::path::Path;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;

/// The number of bytes that are read from the socket at a time.
const READ_BYTES: usize = 128 * 1024;

/// How long a keeper may take to accept a connection. Beyond it, the attempt has failed.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);

/// A connection to a keeper.
pub(super) struct Link {
    stream: UnixStream,
    pub(super) decoder: Decoder,
}

/// Why the connection to a keeper has ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum LinkError {
    /// The keeper closed the connection, or is gone.
    #[error("the keeper closed the connection")]
    Closed,
    /// The keeper speaks none of our protocol versions; it speaks these.
    #[error("the keeper speaks another protocol ({} to {})", .0.min, .0.max)]
    Refused(Versions),
    /// The run is being ended, and its backlog is too large to wait for: the connection is made again from this offset
    /// on.
    #[error("an ending does not wait for the output up to byte {newest}")]
    LeftBehind {
        /// The offset of the next byte that is needed.
        newest: u64,
    },
    /// The socket failed with this error.
    #[error("the keeper's socket: {0}")]
    Io(#[from] io::Error),
    /// The keeper violated the protocol.
    #[error("the keeper's message can't be understood: {0}")]
    Codec(#[from] CodecError),
}

impl Link {
    /// Connects to the keeper and sends hello; output is requested from `resume_from` on.
    pub(super) async fn open(socket: &Path, resume_from: u64) -> Result<Link, LinkError> {
        let greeting = [ToKeeper::Hello { versions: VERSIONS, resume_from }];
        let stream = connect(socket, &greeting).await?;
        Ok(Link { stream, decoder: Decoder::new(READ_BYTES) })
    }

    /// Sends as much of the outbox as the socket accepts without waiting.
    pub(super) fn flush(&self, outbox: &mut Outbox) -> Result<(), LinkError> {
        while !outbox.unsent().is_empty() {
            match self.stream.try_write(outbox.unsent()) {
                Ok(count) => outbox.sent(count),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Waits until the socket can be read, or can accept more of the outbox. The call can be cancelled at any time.
    pub(super) async fn ready(&self, outbox: &Outbox) -> Result<(), LinkError> {
        let interest = match outbox.unsent().is_empty() {
            true => tokio::io::Interest::READABLE,
            false => tokio::io::Interest::READABLE | tokio::io::Interest::WRITABLE,
        };
        self.stream.ready(interest).await?;
        Ok(())
    }

    /// Reads once from the socket. Returns whether anything came.
    pub(super) fn fill(&mut self) -> Result<bool, LinkError> {
        match self.stream.try_read(self.decoder.space()) {
            Ok(0) => Err(LinkError::Closed),
            Ok(count) => {
                self.decoder.filled(count);
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// Tells a keeper whose run has ended that it may exit. Does nothing if the keeper is gone already.
pub(in crate::supervisor) async fn dismiss(socket: &Path) {
    let greeting = [ToKeeper::Hello { versions: VERSIONS, resume_from: u64::MAX }, ToKeeper::Dismiss];
    let _gone_already = connect(socket, &greeting).await;
}

/// Connects to a keeper and sends the first messages.
async fn connect(socket: &Path, messages: &[ToKeeper<'_>]) -> io::Result<UnixStream> {
    let mut bytes = Vec::new();
    messages.iter().for_each(|message| message.encode(&mut bytes));
    let connected = async {
        let mut stream = UnixStream::connect(socket).await?;
        stream.write_all(&bytes).await?;
        Ok(stream)
    };
    tokio::time::timeout(CONNECT_LIMIT, connected).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}
