//! Sends requests to the loop of the drop folder, which writes the files.

use std::path::PathBuf;
use tokio::sync::{mpsc, oneshot};

/// The most requests that wait for the loop. Beyond it, the sender of a further request waits.
const REQUESTS_MAX: usize = 16;

/// The sender of requests to the drop folder.
pub(in crate::supervisor) struct Door(mpsc::Sender<Request>);

impl Door {
    /// Writes a divided task's file, if it has one, and its parts into `active/`, which is created if needed. When this
    /// returns, they are tasks. Returns the paths of the parts.
    ///
    /// # Errors
    /// Why they can't be written, in words: a part that exists already is not overwritten.
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

/// The name of a file, and its text.
pub(in crate::supervisor) type Written = (String, String);

/// A request to write files into the folder.
pub(in crate::supervisor) struct Request {
    pub(super) whole: Option<Written>,
    pub(super) parts: Vec<Written>,
    pub(super) reply: oneshot::Sender<Result<Vec<PathBuf>, String>>,
}

/// The receiver of requests to the drop folder.
pub(in crate::supervisor) struct Requests(pub(super) mpsc::Receiver<Request>);

/// Creates a sender of requests to the folder, and its receiver.
pub(in crate::supervisor) fn open() -> (Door, Requests) {
    let (sender, receiver) = mpsc::channel(REQUESTS_MAX);
    (Door(sender), Requests(receiver))
}
