//! The keeper's socket: which processes may connect, and which of the connections is the supervisor's.
//!
//! The supervisor's connection is the newest that said hello. One more connection may exist that has said nothing yet;
//! a newer one takes its place. So there are never more than two, and a connection that only checks whether the keeper
//! listens disturbs nothing.

use super::connection::{Connection, Gone};
use crate::transcript::Reader;
use crate::wire::{FromKeeper, ToKeeper, VERSIONS, Versions};
use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};
use nix::unistd::{Uid, geteuid};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The keeper's socket and its connections.
pub(super) struct Link {
    listener: UnixListener,
    directory: PathBuf,
    /// A connection that has not sent a hello yet.
    pub(super) candidate: Option<Connection>,
    /// The connection of the supervisor that commands the run.
    pub(super) current: Option<Connection>,
}

/// The result of reading a candidate's hello.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Greeting {
    /// The candidate has said nothing yet.
    Silent,
    /// The candidate is the supervisor now; it speaks this version and wants output from that offset on.
    Accepted { version: u16, resume_from: u64 },
    /// The candidate's connection has ended, or was refused.
    Over,
}

impl Link {
    pub(super) fn new(listener: UnixListener, directory: &Path) -> Link {
        Link { listener, directory: directory.to_owned(), candidate: None, current: None }
    }

    /// Returns the descriptor of the socket that listens.
    pub(super) fn listener(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }

    /// Accepts a connection, if one waits and its peer is the same user.
    pub(super) fn accept(&mut self, now: Instant) {
        // The peer is gone again, or no descriptor is free: only this one connection is lost.
        let Ok((stream, _)) = self.listener.accept() else { return };
        if is_admitted(&stream) && stream.set_nonblocking(true).is_ok() {
            self.candidate = Some(Connection::new(stream, Reader::new(&self.directory, 0), now));
        }
    }

    /// Reads the candidate's hello. An accepted one takes the supervisor's place.
    pub(super) fn greet(&mut self) -> Greeting {
        let Some(mut candidate) = self.candidate.take() else { return Greeting::Over };
        match hear(&mut candidate) {
            Ok(Some((versions, resume_from))) => match common_version(versions) {
                Some(version) => {
                    let _hello = candidate.took();
                    self.current = Some(candidate);
                    Greeting::Accepted { version, resume_from }
                }
                None => {
                    candidate.say(FromKeeper::Refused { versions: VERSIONS });
                    // A fresh socket accepts such a small message at once; one that does not is closed nevertheless.
                    let _ = candidate.flush();
                    Greeting::Over
                }
            },
            Ok(None) => {
                self.candidate = Some(candidate);
                Greeting::Silent
            }
            Err(_) => Greeting::Over,
        }
    }
}

/// Reads the first message; a process that sends anything but a hello is not a supervisor.
fn hear(candidate: &mut Connection) -> Result<Option<(Versions, u64)>, Gone> {
    candidate.receive()?;
    match candidate.next()? {
        Some(ToKeeper::Hello { versions, resume_from }) => Ok(Some((versions, resume_from))),
        Some(_) => Err(Gone::Closed),
        None => Ok(None),
    }
}

/// The highest version of the protocol that both sides speak.
fn common_version(theirs: Versions) -> Option<u16> {
    let highest = theirs.max.min(VERSIONS.max);
    (highest >= theirs.min.max(VERSIONS.min)).then_some(highest)
}

/// Whether the peer is the same user, as the system reports it (unix(7), SO_PEERCRED).
fn is_admitted(stream: &UnixStream) -> bool {
    getsockopt(stream, PeerCredentials).is_ok_and(|peer| is_own(Uid::from_raw(peer.uid()), geteuid()))
}

fn is_own(peer: Uid, own: Uid) -> bool {
    peer == own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_user_is_admitted() {
        assert!(is_own(Uid::from_raw(1000), Uid::from_raw(1000)));
        assert!(!is_own(Uid::from_raw(1001), Uid::from_raw(1000)));
        assert!(!is_own(Uid::from_raw(1000), Uid::from_raw(0)));
        let (ours, _theirs) = UnixStream::pair().unwrap();
        assert!(is_admitted(&ours));
    }

    #[test]
    fn the_highest_common_version_is_spoken_and_none_is_refused() {
        let ours = VERSIONS.max;
        assert_eq!(common_version(VERSIONS), Some(ours));
        assert_eq!(common_version(Versions { min: ours, max: ours + 9 }), Some(ours));
        assert_eq!(common_version(Versions { min: ours + 1, max: ours + 9 }), None);
        assert_eq!(common_version(Versions { min: 0, max: 0 }), None);
        assert_eq!(common_version(Versions { min: 9, max: 0 }), None);
    }
}
