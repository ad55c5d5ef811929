//! Writes to the user's terminal, one drawing at a time: the terminal gets at once as much as it takes, and a thread
//! that waits for it writes the rest. A terminal that takes nothing stops the pen, never the loop: nothing is drawn
//! while the pen is busy, and the next drawing shows the newest state.

use super::terminal;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::mpsc;
use tokio::sync::mpsc as signals;

/// The writer of drawings to the user's terminal.
#[derive(Debug)]
pub(super) struct Pen {
    /// The terminal, opened a second time so that writing does not wait; none if that is refused.
    at_once: Option<OwnedFd>,
    sheets: mpsc::SyncSender<Vec<u8>>,
    written: signals::Receiver<io::Result<()>>,
    busy: bool,
}

impl Pen {
    /// Creates a pen on standard output. Its thread ends with the pen, once everything is written.
    ///
    /// # Errors
    /// Standard output can't be duplicated, or there can be no more threads.
    pub(super) fn new() -> io::Result<Pen> {
        let at_once = terminal::opened_once_more("/proc/self/fd/1").ok();
        let file = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        let (sheets, drawings) = mpsc::sync_channel::<Vec<u8>>(1);
        let (done, written) = signals::channel(1);
        std::thread::Builder::new().name("pen".to_owned()).spawn(move || write_all(file, &drawings, &done))?;
        Ok(Pen { at_once, sheets, written, busy: false })
    }

    /// Whether a drawing is being written to the terminal.
    pub(super) fn is_busy(&self) -> bool {
        self.busy
    }

    /// Writes a drawing; the pen is busy until all of it is written. Must be called only when the pen is not busy.
    pub(super) fn write(&mut self, mut drawing: Vec<u8>) {
        // The thread meets the same error again, and reports it.
        let taken = self.at_once.as_ref().and_then(|terminal| rustix::io::write(terminal, &drawing).ok());
        drawing.drain(..taken.unwrap_or(0));
        self.busy = !drawing.is_empty() && self.sheets.try_send(drawing).is_ok();
    }

    /// Waits until the drawing is written to the terminal.
    ///
    /// # Errors
    /// The terminal is gone.
    pub(super) async fn written(&mut self) -> io::Result<()> {
        let result = self.written.recv().await.unwrap_or_else(|| Err(io::ErrorKind::BrokenPipe.into()));
        self.busy = false;
        result
    }
}

fn write_all(mut file: File, drawings: &mpsc::Receiver<Vec<u8>>, done: &signals::Sender<io::Result<()>>) {
    while let Ok(drawing) = drawings.recv() {
        let result = file.write_all(&drawing);
        if done.blocking_send(result).is_err() {
            return;
        }
    }
}
