//! One run as the supervisor sees it: a task that holds the conversation with its keeper and its screen.
//!
//! Output goes from the socket straight into the emulator, in this task and nowhere else; the kernel hears only what
//! it must decide upon. Viewers look at pictures through a watch channel and can neither slow the task nor queue up
//! behind it.

mod behind;
mod calls;
pub(super) mod checkpoint;
mod courier;
mod ending;
mod gone;
mod input_count;
mod letter;
mod link;
mod outset;
mod patience;
mod ready;
mod rest;
mod screen;
mod stranger;
mod task;
mod told;
mod typing;
mod typist;
mod vitals;

pub(super) use letter::{Delivered, Letter, Text, Went};
pub(super) use link::dismiss;
pub(super) use outset::{Adopted, Outset};
pub(super) use screen::{HISTORY_LINES_MAX, SILENCE, Scrollback, Summary};
pub(super) use task::start;

use crate::term::frame::{Frame, Size};
use quarterdeck_core::delivery::Refusal;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};

/// Orders of the kernel that wait for the task. Beyond it, the next one waits for room.
const ORDERS_MAX: usize = 64;
/// Requests of clients that wait for the task. Beyond it, the next one waits for room.
const REQUESTS_MAX: usize = 256;

/// What the kernel tells a run to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Type the configured stop keys.
    StopKeys(Vec<Vec<u8>>),
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
    /// Type this at once: a person's key.
    Press { bytes: Vec<u8>, reply: Answer<u64> },
    /// Deliver this, and say what became of it.
    Deliver { letter: Letter, reply: Answer<Delivered> },
    /// Say when the program is idle and no person is in the way.
    Turn(Answer<()>),
    /// Take this size.
    Resize(Size),
    /// Publish the newest picture now: a viewer has come.
    Publish,
    /// The newest picture.
    Frame(oneshot::Sender<Arc<Frame>>),
    /// The screen and lines from above it.
    Scrollback { lines: u32, reply: oneshot::Sender<Scrollback> },
}

/// Who waits for an answer about input.
type Answer<T> = oneshot::Sender<Result<T, InputRefused>>;

/// Why input is not taken.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum InputRefused {
    /// The program does not read.
    #[error("the program does not read its input: {waiting} bytes wait already")]
    Full {
        /// How many.
        waiting: u64,
    },
    /// It would answer a question, be lost, or be cut.
    #[error("{0}")]
    Delivery(Refusal),
    /// Its processes are frozen.
    #[error("it is paused")]
    Paused,
    /// The run has ended.
    #[error("the run has ended")]
    Ended,
    /// Its keeper is of another version.
    #[error("{why}")]
    Stranger {
        /// Which side is older, and what to do.
        why: String,
    },
}

/// What the rest of the supervisor holds of a run.
#[derive(Clone)]
pub(super) struct RunHandle {
    orders: mpsc::Sender<Order>,
    requests: mpsc::Sender<Request>,
    frames: watch::Sender<Arc<Frame>>,
    summary: watch::Receiver<Summary>,
    caught_up: watch::Receiver<bool>,
}

impl RunHandle {
    /// The handle of a run that has ended: what it showed last, and nobody who could be asked.
    pub(super) fn of_ended(frame: Arc<Frame>, summary: Summary) -> RunHandle {
        let (orders, _) = mpsc::channel(1);
        let (requests, _) = mpsc::channel(1);
        RunHandle {
            orders,
            requests,
            frames: watch::Sender::new(frame),
            summary: watch::Sender::new(summary).subscribe(),
            caught_up: watch::channel(true).1,
        }
    }

    /// Gives an order. Orders are never lost: a task that is busy gets it when it is free again.
    pub(super) fn order(&self, order: Order) {
        if let Err(mpsc::error::TrySendError::Full(order)) = self.orders.try_send(order) {
            let orders = self.orders.clone();
            tokio::spawn(async move { orders.send(order).await });
        }
    }

    /// Types a person's key at once. Returns how many bytes that were.
    pub(super) async fn press(&self, bytes: Vec<u8>) -> Result<u64, InputRefused> {
        let (reply, answer) = oneshot::channel();
        self.ask(Request::Press { bytes, reply }, answer).await.unwrap_or(Err(InputRefused::Ended))
    }

    /// Delivers a letter after those before it, and comes back when it is known what became of it. Whoever stops waiting
    /// takes it back, unless it is being typed already.
    pub(super) async fn deliver(&self, letter: Letter) -> Result<Delivered, InputRefused> {
        let (reply, answer) = oneshot::channel();
        self.ask(Request::Deliver { letter, reply }, answer).await.unwrap_or(Err(InputRefused::Ended))
    }

    /// Comes back when it is time to type what nobody waits for: the program is idle, asks nobody, and no person writes.
    pub(super) async fn turn(&self) -> Result<(), InputRefused> {
        let (reply, answer) = oneshot::channel();
        self.ask(Request::Turn(reply), answer).await.unwrap_or(Err(InputRefused::Ended))
    }

    /// Gives the terminal a size. The last of several in a row wins.
    pub(super) async fn resize(&self, size: Size) {
        let _ended = self.requests.send(Request::Resize(size)).await;
    }

    /// Follows its pictures; the newest one comes at once.
    pub(super) async fn watch(&self) -> watch::Receiver<Arc<Frame>> {
        let mut receiver = self.frames.subscribe();
        // The newest one may have come, and the run ended, before anybody subscribed.
        receiver.mark_changed();
        let _ended = self.requests.send(Request::Publish).await;
        receiver
    }

    /// The newest picture; the last one when the run has ended.
    pub(super) async fn frame(&self) -> Arc<Frame> {
        let (reply, answer) = oneshot::channel();
        let frame = self.ask(Request::Frame(reply), answer).await;
        frame.unwrap_or_else(|| self.frames.borrow().clone())
    }

    /// The screen and lines from above it that are held in memory; `None` when the run has ended.
    pub(super) async fn scrollback(&self, lines: u32) -> Option<Scrollback> {
        let (reply, answer) = oneshot::channel();
        self.ask(Request::Scrollback { lines, reply }, answer).await
    }

    /// The answer, or none when the run has ended. A request that is on its way while the task goes stays in the
    /// channel with its reply as long as we hold the other end, so the channel's end is watched as well.
    async fn ask<T>(&self, request: Request, answer: oneshot::Receiver<T>) -> Option<T> {
        self.requests.send(request).await.ok()?;
        tokio::select! {
            biased;
            answer = answer => answer.ok(),
            () = self.requests.closed() => None,
        }
    }

    /// Comes back when the run's task has said its last word to the keeper.
    pub(super) async fn ended(&self) {
        self.orders.closed().await;
    }

    /// Comes back when everything that was written before there was a connection is to be seen, or the task has ended.
    pub(super) async fn caught_up(&self) {
        let mut caught_up = self.caught_up.clone();
        let _ended = caught_up.wait_for(|caught_up| *caught_up).await;
    }

    /// What a list shows of it.
    pub(super) fn summary(&self) -> Summary {
        self.summary.borrow().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn a_run_that_has_ended_still_shows_its_last_picture() {
        let size = Size::clamped(7, 3);
        let handle = RunHandle::of_ended(Arc::new(Frame::blank(size)), Summary::default());
        let frame = tokio::time::timeout(Duration::from_secs(10), handle.frame()).await.expect("no waiting");
        assert_eq!(frame.size, size);
        assert!(handle.scrollback(5).await.is_none());
        assert_eq!(handle.press(vec![3]).await, Err(InputRefused::Ended));
    }
}
