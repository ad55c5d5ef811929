//! The master end of the run's PTY: neither reading from it nor writing to it ever waits.

use rustix::fs::{Mode, OFlags, fcntl_setfl, open};
use rustix::pty::{OpenptFlags, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// A pseudo-terminal, held by its master end.
pub(super) struct Terminal {
    master: OwnedFd,
    /// The slave end, held open while the agent's process is alive. So a program may close its terminal and open it
    /// again, and the master reports no hang-up meanwhile.
    slave: Option<OwnedFd>,
}

/// The state of the terminal after a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// The buffer is full; there may be more output.
    More,
    /// There is no more output for now. Linux has passed on everything that was written before (n_tty_read()).
    Quiet,
    /// No process has the slave end open, and no output remains: a PTY reports this by EIO (pty(7)).
    Closed,
}

impl Terminal {
    /// Opens a pseudo-terminal of this size (columns, rows).
    pub(super) fn open(size: (u16, u16)) -> io::Result<Terminal> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        unlockpt(&master)?;
        tcsetwinsize(&master, winsize(size))?;
        fcntl_setfl(&master, OFlags::RDWR | OFlags::NONBLOCK)?;
        let name = ptsname(&master, Vec::new())?;
        let slave = open(name, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())?;
        Ok(Terminal { master, slave: Some(slave) })
    }

    /// Returns the descriptor of the PTY's master end.
    pub(super) fn master(&self) -> BorrowedFd<'_> {
        self.master.as_fd()
    }

    /// Returns the PTY's slave end, for the agent's standard streams. None after [`release`](Terminal::release).
    pub(super) fn slave(&self) -> Option<&OwnedFd> {
        self.slave.as_ref()
    }

    /// Closes the slave end: from now on reads report when no other process has it open.
    pub(super) fn release(&mut self) {
        self.slave = None;
    }

    /// Changes the terminal's size; the foreground process group gets SIGWINCH.
    pub(super) fn resize(&self, size: (u16, u16)) {
        // It fails only for a terminal that is gone, and then no process sees its size.
        let _ = tcsetwinsize(&self.master, winsize(size));
    }

    /// Reads until the buffer is full or nothing remains for now: a PTY gives about 4 KiB at a time, whatever the
    /// buffer, and one large write later is cheaper than many small ones.
    pub(super) fn read(&self, buffer: &mut [u8]) -> (usize, After) {
        let mut length = 0;
        while length < buffer.len() {
            match rustix::io::read(&self.master, &mut buffer[length..]) {
                Ok(0) => return (length, After::Closed),
                Ok(count) => length += count,
                Err(rustix::io::Errno::INTR) => {}
                Err(rustix::io::Errno::AGAIN) => return (length, After::Quiet),
                Err(_) => return (length, After::Closed),
            }
        }
        (length, After::More)
    }

    /// Types an answer to a query, if the terminal accepts it at once.
    pub(super) fn answer(&self, answer: &[u8]) -> io::Result<()> {
        rustix::io::write(&self.master, answer).map(|_| ()).map_err(io::Error::from)
    }
}

fn winsize((columns, rows): (u16, u16)) -> Winsize {
    Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }
}
