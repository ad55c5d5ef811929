//! The socket, with the check of who knocks.
//!
//! Whose process it is that asks (SO_PEERCRED of unix(7)) is noted when its connection is taken in, with the moment at
//! which the process started, so that an id that is reused later is not taken for it. What it descends from is looked at
//! once for each connection, when that matters first: who ends later hands its children on to one above it, so nobody
//! comes into a tree that it was not in.

use crate::process::{ProcessStat, lineage};
use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// Connections served at one time. Beyond it, further ones wait to be accepted.
const CONNECTIONS_MAX: usize = 512;
/// Of them, those that have said nothing yet: whoever comes to ask asks at once. Beyond it, the oldest silent one is
/// closed, so that there is always room for those who speak.
const SILENT_MAX: usize = 128;

/// Takes connections in.
pub(super) struct Door {
    listener: UnixListener,
    places: Arc<Semaphore>,
    /// Those that may be silent still, the oldest first; dropped or told, they are closed.
    silent: VecDeque<oneshot::Sender<()>>,
}

/// The process at the other end of a connection.
#[derive(Clone, Debug)]
pub(super) enum Peer {
    /// As it was when its connection was taken in.
    Seen(Arc<Asking>),
    /// It had ended by then.
    Gone,
    /// Out of our sight: of a namespace above or beside ours (pid_namespaces(7)), or there is no `/proc`. What agents
    /// start is in our namespace or below it, where it is seen.
    Elsewhere,
}

/// A process that asks.
#[derive(Debug)]
pub(super) struct Asking {
    /// As it was when its connection was taken in.
    pub(super) process: ProcessStat,
    lineage: OnceLock<Vec<ProcessStat>>,
}

impl Asking {
    /// The process and all that it descends from, the nearest first; none when it had ended before that was looked at.
    pub(super) fn lineage(&self) -> Option<&[ProcessStat]> {
        if self.lineage.get().is_none() {
            let _another_request_was_first = self.lineage.set(lineage(&self.process)?);
        }
        self.lineage.get().map(Vec::as_slice)
    }
}

impl Door {
    pub(super) fn new(listener: UnixListener) -> Door {
        Door { listener, places: Arc::new(Semaphore::new(CONNECTIONS_MAX)), silent: VecDeque::new() }
    }

    /// The next connection of this user's. Safe to cut off.
    pub(super) async fn accept(&mut self) -> (Guest, Peer) {
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
                    return (Guest { stream, silent: Some(self.sees_in()), _place: place }, peer);
                }
                peer => tracing::warn!(?peer, "a connection of another user was refused"),
            }
        }
    }

    /// One more that is silent as yet.
    fn sees_in(&mut self) -> oneshot::Receiver<()> {
        let (closes, closed) = oneshot::channel();
        self.silent.retain(|silent| !silent.is_closed());
        self.silent.push_back(closes);
        if self.silent.len() > SILENT_MAX {
            self.silent.pop_front();
        }
        closed
    }
}

impl Peer {
    fn of(stream: &UnixStream) -> Peer {
        let pid = stream.peer_cred().ok().and_then(|peer| peer.pid()).and_then(|pid| u32::try_from(pid).ok());
        match pid {
            Some(pid) if pid > 0 && cfg!(target_os = "linux") => match ProcessStat::of(pid) {
                Ok(process) => Peer::Seen(Arc::new(Asking { process, lineage: OnceLock::new() })),
                Err(_) => Peer::Gone,
            },
            _ => Peer::Elsewhere,
        }
    }
}

/// A connection and its place among those served. It reads and writes as its socket does.
pub(super) struct Guest {
    stream: UnixStream,
    /// Ends when it has been silent for too long; none once it has spoken.
    silent: Option<oneshot::Receiver<()>>,
    _place: OwnedSemaphorePermit,
}

impl AsyncRead for Guest {
    fn poll_read(mut self: Pin<&mut Self>, task: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(task, into);
        if read.is_ready() {
            self.silent = self.silent.take().filter(|_| into.filled().len() == before);
            return read;
        }
        match self.silent.as_mut().map(|silent| Pin::new(silent).poll(task)) {
            // As if it had been closed from the other side.
            Some(Poll::Ready(_)) => Poll::Ready(Ok(())),
            _ => Poll::Pending,
        }
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
