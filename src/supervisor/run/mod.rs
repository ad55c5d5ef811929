//! One run as the supervisor sees it: a task that holds the conversation with its keeper and its screen.
//!
//! Output goes from the socket straight into the emulator, in this task and nowhere else; the kernel hears only what
//! it must decide upon. Viewers look at pictures through a watch channel and can neither slow the task nor queue up
//! behind it.

mod attention;
pub(super) mod checkpoint;
mod link;
mod ready;
mod screen;
mod task;
mod typist;

pub(super) use attention::asks_for_person;
pub(super) use link::dismiss;
pub(super) use screen::Summary;
pub(super) use task::{Adopted, Outset, start};
pub(super) use typist::Stroke;

use crate::term::frame::{Frame, Row, Size};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};

/// Orders of the kernel that wait for the task.
const ORDERS_MAX: usize = 64;
/// Requests of clients that wait for the task; one more waits itself.
const REQUESTS_MAX: usize = 256;

/// What the kernel tells a run to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Type the configured stop keys.
    StopKeys(Vec<Stroke>),
    /// This signal, and SIGCONT, to every process group.
    Signal(i32),
    /// SIGKILL for the whole tree.
    KillTree,
    /// Stop every process.
    Freeze,
    /// Continue every process.
    Thaw,
    /// The keeper may go.
    Dismiss,
}

/// What clients ask of a run.
pub(super) enum Request {
    /// Type this, one stroke after another.
    Type { strokes: Vec<Stroke>, reply: typist::Reply },
    /// Take this size.
    Resize(Size),
    /// Publish the newest picture now: a viewer has come.
    Publish,
    /// The newest picture.
    Frame(oneshot::Sender<Arc<Frame>>),
    /// Lines from above the screen, oldest first.
    History { lines: u32, reply: oneshot::Sender<Vec<Arc<Row>>> },
}

/// Why input is not taken.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum InputRefused {
    /// The program does not read.
    #[error("the program does not read its input: {waiting} bytes wait already")]
    Full {
        /// How many.
        waiting: u64,
    },
    /// The run has ended.
    #[error("the run has ended")]
    Ended,
}

/// What the rest of the supervisor holds of a run.
#[derive(Clone)]
pub(super) struct RunHandle {
    orders: mpsc::Sender<Order>,
    requests: mpsc::Sender<Request>,
    frames: watch::Sender<Arc<Frame>>,
    summary: watch::Receiver<Summary>,
}

impl RunHandle {
    /// Gives an order. Orders are never lost: a task that is busy gets it when it is free again.
    pub(super) fn order(&self, order: Order) {
        if let Err(mpsc::error::TrySendError::Full(order)) = self.orders.try_send(order) {
            let orders = self.orders.clone();
            tokio::spawn(async move { orders.send(order).await });
        }
    }

    /// Types into the terminal, and comes back when the last stroke is typed. Returns how many bytes that were.
    pub(super) async fn type_in(&self, strokes: Vec<Stroke>) -> Result<u64, InputRefused> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(Request::Type { strokes, reply }).await.map_err(|_| InputRefused::Ended)?;
        answer.await.map_err(|_| InputRefused::Ended)?
    }

    /// Gives the terminal a size. The last of several in a row wins.
    pub(super) async fn resize(&self, size: Size) {
        let _ended = self.requests.send(Request::Resize(size)).await;
    }

    /// Follows its pictures; the newest one comes at once.
    pub(super) async fn watch(&self) -> watch::Receiver<Arc<Frame>> {
        let receiver = self.frames.subscribe();
        let _ended = self.requests.send(Request::Publish).await;
        receiver
    }

    /// The newest picture; the last one when the run has ended.
    pub(super) async fn frame(&self) -> Arc<Frame> {
        let (reply, answer) = oneshot::channel();
        match self.requests.send(Request::Frame(reply)).await {
            Ok(()) => answer.await.unwrap_or_else(|_| self.frames.borrow().clone()),
            Err(_ended) => self.frames.borrow().clone(),
        }
    }

    /// Lines from above the screen that are held in memory; `None` when the run has ended.
    pub(super) async fn history(&self, lines: u32) -> Option<Vec<Arc<Row>>> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(Request::History { lines, reply }).await.ok()?;
        answer.await.ok()
    }

    /// Comes back when the run's task has said its last word to the keeper.
    pub(super) async fn ended(&self) {
        self.orders.closed().await;
    }

    /// What a list shows of it.
    pub(super) fn summary(&self) -> Summary {
        self.summary.borrow().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_run_that_has_ended_still_has_its_last_picture() {
        let last = Arc::new(Frame::blank(Size::clamped(20, 5)));
        let handle = RunHandle {
            orders: mpsc::channel(1).0,
            requests: mpsc::channel(1).0,
            frames: watch::Sender::new(Arc::clone(&last)),
            summary: watch::channel(Summary::default()).1,
        };
        assert!(Arc::ptr_eq(&handle.frame().await, &last));
        assert_eq!(handle.history(5).await, None);
        assert_eq!(handle.type_in(vec![Stroke::Bytes(vec![3])]).await, Err(InputRefused::Ended));
    }
}
