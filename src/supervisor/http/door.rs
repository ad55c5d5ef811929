//! The socket, with the check of who knocks.
//!
//! Whose process it is that asks (SO_PEERCRED of unix(7)) is noted when its connection is taken in, with the moment at
//! which the process started, so that an id that is reused later is not taken for it.

use crate::process::ProcessStat;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Connections served at one time; further ones wait to be accepted.
const CONNECTIONS_MAX: usize = 512;

/// Takes connections in.
pub(super) struct Door {
    listener: UnixListener,
    places: Arc<Semaphore>,
}

/// The process at the other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Peer {
    /// As it was when its connection was taken in.
    Seen(ProcessStat),
    /// It had ended by then.
    Gone,
    /// Out of our sight: of a namespace above or beside ours (pid_namespaces(7)), or there is no `/proc`. What agents
    /// start is in our namespace or below it, where it is seen.
    Elsewhere,
}

impl Door {
    pub(super) fn new(listener: UnixListener) -> Door {
        Door { listener, places: Arc::new(Semaphore::new(CONNECTIONS_MAX)) }
    }
}

impl Peer {
    fn of(stream: &UnixStream) -> Peer {
        let pid = stream.peer_cred().ok().and_then(|peer| peer.pid()).and_then(|pid| u32::try_from(pid).ok());
        match pid {
            Some(pid) if pid > 0 && cfg!(target_os = "linux") => ProcessStat::of(pid).map_or(Peer::Gone, Peer::Seen),
            _ => Peer::Elsewhere,
        }
    }
}

impl Listener for Door {
    type Io = Guest;
    type Addr = Peer;

    async fn accept(&mut self) -> (Guest, Peer) {
        loop {
            let place = Arc::clone(&self.places).acquire_owned().await;
            let (Ok(place), Ok((stream, _))) = (place, self.listener.accept().await) else {
                // Out of file descriptors: wait for some to come back instead of spinning.
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                continue;
            };
            match stream.peer_cred() {
                Ok(peer) if peer.uid() == nix::unistd::geteuid().as_raw() => {
                    let peer = Peer::of(&stream);
                    return (Guest { stream, _place: place }, peer);
                }
                peer => tracing::warn!(?peer, "a connection of another user was refused"),
            }
        }
    }

    fn local_addr(&self) -> io::Result<Peer> {
        Ok(Peer::Elsewhere)
    }
}

impl Connected<IncomingStream<'_, Door>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Peer {
        *stream.remote_addr()
    }
}

/// A connection and its place among those served. It reads and writes as its socket does.
pub(super) struct Guest {
    stream: UnixStream,
    _place: OwnedSemaphorePermit,
}

impl AsyncRead for Guest {
    fn poll_read(mut self: Pin<&mut Self>, task: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(task, into)
    }
}

impl AsyncWrite for Guest {
    fn poll_write(mut self: Pin<&mut Self>, task: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(task, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(task)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(task)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(task, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
