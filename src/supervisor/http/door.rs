//! Accepts connections on the socket, and records which process is at the other end.
//!
//! The process that asks (SO_PEERCRED of unix(7)) is recorded when its connection is accepted, together with the moment
//! at which the process started. So a process that reuses the id later is not taken for it. The processes from which it
//! descends are looked up once for each connection, when they are first needed. Once is enough: a process that ends
//! later leaves its children to one of its own ancestors, so no process can get into a tree to which it did not belong.

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

/// The most connections served at one time. Beyond it, further ones wait to be accepted.
const CONNECTIONS_MAX: usize = 512;
/// The most connections on which no request has arrived yet: a client that connects sends its request at once. Beyond
/// it, the oldest of them is closed, so that there is always room for clients that send requests.
const SILENT_MAX: usize = 128;

/// Accepts connections of this user on the fleet's socket.
pub(super) struct Door {
    listener: UnixListener,
    places: Arc<Semaphore>,
    /// The connections on which nothing may have arrived yet, the oldest first. A connection is closed when its sender
    /// is dropped or used.
    silent: VecDeque<oneshot::Sender<()>>,
}

/// The process at the other end of a connection.
#[derive(Clone, Debug)]
pub(super) enum Peer {
    /// The process as it was when its connection was accepted.
    Seen(Arc<Asking>),
    /// A process that had ended before its connection was accepted.
    Gone,
    /// A process that this supervisor cannot see: it is in a namespace above or beside ours (pid_namespaces(7)), or
    /// there is no `/proc`. Processes that agents start are in our namespace or below it, where they can be seen.
    Elsewhere,
}

/// A process that sends requests, and the processes from which it descends.
#[derive(Debug)]
pub(super) struct Asking {
    /// The process as it was when its connection was accepted.
    pub(super) process: ProcessStat,
    lineage: OnceLock<Vec<ProcessStat>>,
}

impl Asking {
    /// Returns the process and all from which it descends, the nearest first; none if it had ended before they were
    /// looked up.
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

    /// Accepts the next connection of this user. The call can be cancelled at any time.
    pub(super) async fn accept(&mut self) -> (Guest, Peer) {
        loop {
            let place = Arc::clone(&self.places).acquire_owned().await;
            let (Ok(place), Ok((stream, _))) = (place, self.listener.accept().await) else {
                // The process is out of file descriptors: it waits for some to be closed, to avoid a busy loop.
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

    /// Registers a connection on which nothing has arrived yet. The receiver ends when the connection must be closed.
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

/// A connection and its place among those that are served. It reads and writes like its socket.
pub(super) struct Guest {
    stream: UnixStream,
    /// Ends when the connection must be closed because nothing arrived on it; none after the first bytes arrived.
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
            // The connection ends as if the other side had closed it.
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
