//! How files get into the folder: requests to its loop.

use std::path::PathBuf;
use tokio::sync::{mpsc, oneshot};

/// Requests that wait for the loop. Beyond it, whoever has one more waits.
const REQUESTS_MAX: usize = 16;

/// Where requests to the folder go.
pub(in crate::supervisor) struct Door(mpsc::Sender<Request>);

impl Door {
    /// Writes a whole, if it has a file, and its parts into `active/`, which is made where it is not there, and lets
    /// them become tasks. When this returns they are. The parts' paths.
    ///
    /// # Errors
    /// What is in the way, in words: nothing is written over a part that is there already.
    pub(in crate::supervisor) async fn put(
        &self,
        whole: Option<Written>,
        parts: Vec<Written>,
    ) -> Result<Vec<PathBuf>, String> {
        let (reply, answer) = oneshot::channel();
        let gone = || "the supervisor is ending".to_owned();
        self.0.send(Request { whole, parts, reply }).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

/// A file's name and its text.
pub(in crate::supervisor) type Written = (String, String);

/// Files to be written into the folder.
pub(in crate::supervisor) struct Request {
    pub(super) whole: Option<Written>,
    pub(super) parts: Vec<Written>,
    pub(super) reply: oneshot::Sender<Result<Vec<PathBuf>, String>>,
}

/// What comes through the door.
pub(in crate::supervisor) struct Requests(pub(super) mpsc::Receiver<Request>);

/// A door, and its other side.
pub(in crate::supervisor) fn open() -> (Door, Requests) {
    let (sender, receiver) = mpsc::channel(REQUESTS_MAX);
    (Door(sender), Requests(receiver))
}
