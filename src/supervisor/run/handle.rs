//! The handle of a run: what the rest of the supervisor can ask of it.

use super::letter::{Delivered, Letter};
use super::screen::{Scrollback, Summary};
use crate::term::frame::{Frame, Size};
use quarterdeck_core::delivery::Refusal;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};

/// The most requests of clients that wait for the task. Beyond it, a key is refused, and any other request waits for
/// room.
pub(super) const REQUESTS_MAX: usize = 256;

/// An order of the kernel to a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::supervisor) enum Order {
    /// Type the configured stop keys.
    StopKeys(Vec<Vec<u8>>),
    /// Send this signal, and SIGCONT, to every process group.
    Signal(i32),
    /// Send SIGKILL to the whole tree.
    KillTree,
    /// Stop every process of the tree.
    Freeze,
    /// Continue every process of the tree.
    Thaw,
    /// Tell the keeper that it may exit.
    Dismiss,
}

/// A request of a client to a run.
pub(in crate::supervisor) enum Request {
    /// Types a person's key at once.
    Press { bytes: Vec<u8>, reply: Answer<u64> },
    /// Delivers a letter, and replies with the result.
    Deliver { letter: Letter, reply: Answer<Delivered> },
    /// Replies when the program is idle and no person is typing.
    Turn(Answer<()>),
    /// Publishes the newest picture now, because a viewer has come.
    Publish,
    /// Replies with the newest picture.
    Frame(oneshot::Sender<Arc<Frame>>),
    /// Replies with the screen and lines from above it.
    Scrollback { lines: u32, reply: oneshot::Sender<Scrollback> },
}

/// The sender for the answer to a request for input.
pub(super) type Answer<T> = oneshot::Sender<Result<T, InputRefused>>;

/// Why input is not accepted.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(in crate::supervisor) enum InputRefused {
    /// The program does not read its input.
    #[error("the program does not read its input: {waiting} bytes wait already")]
    Full {
        /// The number of bytes that wait.
        waiting: u64,
    },
    /// The run's task has too many unanswered requests of clients.
    #[error("the supervisor does not keep up with it: {REQUESTS_MAX} requests wait already")]
    Behind,
    /// The input would answer a question, be lost, or be cut.
    #[error("{0}")]
    Delivery(Refusal),
    /// The processes of the run are frozen.
    #[error("it is paused")]
    Paused,
    /// The run has ended.
    #[error("the run has ended")]
    Ended,
    /// The run's keeper is of another version.
    #[error("{why}")]
    Stranger {
        /// Text that says which side is older, and what to do about it.
        why: String,
    },
}

impl InputRefused {
    /// Whether the obstacle goes away by itself or by a person's action, so that another try can succeed.
    pub(super) fn passes(&self) -> bool {
        matches!(
            self,
            InputRefused::Delivery(Refusal::Asks(_) | Refusal::Leftover | Refusal::Amid) | InputRefused::Paused
        )
    }
}

impl From<InputRefused> for String {
    fn from(refused: InputRefused) -> String {
        refused.to_string()
    }
}

/// The handle of a run for the rest of the supervisor.
#[derive(Clone)]
pub(in crate::supervisor) struct RunHandle {
    /// The channel for orders. It has no limit: the kernel must never wait, and an order must neither be lost nor
    /// overtake another.
    orders: mpsc::UnboundedSender<Order>,
    requests: mpsc::Sender<Request>,
    sizes: watch::Sender<Option<Size>>,
    frames: watch::Sender<Arc<Frame>>,
    summary: watch::Receiver<Summary>,
    caught_up: watch::Receiver<bool>,
}

/// The channels on which a run's task receives orders, requests and sizes.
pub(super) struct Inbox {
    pub(super) orders: mpsc::UnboundedReceiver<Order>,
    pub(super) requests: mpsc::Receiver<Request>,
    pub(super) sizes: watch::Receiver<Option<Size>>,
}

impl RunHandle {
    /// Creates a handle that shows the values of these channels, and the task's ends of its own channels.
    pub(super) fn new(
        frames: watch::Sender<Arc<Frame>>,
        summary: watch::Receiver<Summary>,
        caught_up: watch::Receiver<bool>,
    ) -> (RunHandle, Inbox) {
        let (orders, orders_in) = mpsc::unbounded_channel();
        let (requests, requests_in) = mpsc::channel(REQUESTS_MAX);
        let (sizes, sizes_in) = watch::channel(None);
        let handle = RunHandle { orders, requests, sizes, frames, summary, caught_up };
        (handle, Inbox { orders: orders_in, requests: requests_in, sizes: sizes_in })
    }

    /// Creates the handle of a run that has ended: with its last picture, and without a task.
    pub(in crate::supervisor) fn of_ended(frame: Arc<Frame>, summary: Summary) -> RunHandle {
        let summary = watch::Sender::new(summary).subscribe();
        RunHandle::new(watch::Sender::new(frame), summary, watch::channel(true).1).0
    }

    /// Gives an order. Orders are never lost and keep their sequence: a busy task gets them when it is free again.
    pub(in crate::supervisor) fn order(&self, order: Order) {
        let _ended = self.orders.send(order);
    }

    /// Passes on a person's key: it is typed at once, or after the text that is being typed. The returned future gives
    /// the number of bytes that were typed.
    pub(in crate::supervisor) fn press(
        &self,
        bytes: Vec<u8>,
    ) -> impl Future<Output = Result<u64, InputRefused>> + use<> {
        let (reply, answer) = oneshot::channel();
        let handed_over = self.requests.try_send(Request::Press { bytes, reply });
        let requests = self.requests.clone();
        async move {
            match handed_over {
                Ok(()) => answered(&requests, answer).await.unwrap_or(Err(InputRefused::Ended)),
                Err(mpsc::error::TrySendError::Full(_)) => Err(InputRefused::Behind),
                Err(mpsc::error::TrySendError::Closed(_)) => Err(InputRefused::Ended),
            }
        }
    }

    /// Delivers a letter after those before it, and waits for the result. Dropping the future withdraws the letter,
    /// unless it is already being typed.
    pub(in crate::supervisor) async fn deliver(&self, letter: Letter) -> Result<Delivered, InputRefused> {
        let (reply, answer) = oneshot::channel();
        self.ask(Request::Deliver { letter, reply }, answer).await.unwrap_or(Err(InputRefused::Ended))
    }

    /// Types a prompt that no person types, once it has its turn (`patience.rs`). `begins` is called directly before
    /// each try, and `withdrawn` after a try in which nothing was typed: a question came up, or a person began a line.
    ///
    /// # Errors
    /// Why the prompt was not typed, except for obstacles that pass, which are waited for; and the errors of
    /// `begins` and `withdrawn`.
    pub(in crate::supervisor) async fn type_in_turn<E: From<InputRefused>>(
        &self,
        prompt: &str,
        mut begins: impl FnMut() -> Result<(), E>,
        mut withdrawn: impl FnMut() -> Result<(), E>,
    ) -> Result<Delivered, E> {
        loop {
            self.turn().await?;
            begins()?;
            match self.deliver(Letter::prompt(prompt.to_owned())).await {
                Err(refused) if refused.passes() => withdrawn()?,
                typed => return Ok(typed?),
            }
        }
    }

    /// Waits for a turn to type a text that no person waits for: the program is idle, asks nobody, and no person types.
    async fn turn(&self) -> Result<(), InputRefused> {
        let (reply, answer) = oneshot::channel();
        self.ask(Request::Turn(reply), answer).await.unwrap_or(Err(InputRefused::Ended))
    }

    /// Sets the size of the terminal. Of several sizes in a row, the last one applies.
    pub(in crate::supervisor) fn resize(&self, size: Size) {
        self.sizes.send_replace(Some(size));
    }

    /// Subscribes to the run's pictures; the newest one is available at once.
    pub(in crate::supervisor) async fn watch(&self) -> watch::Receiver<Arc<Frame>> {
        let mut receiver = self.frames.subscribe();
        // The newest picture may have come, and the run ended, before anyone subscribed.
        receiver.mark_changed();
        let _ended = self.requests.send(Request::Publish).await;
        receiver
    }

    /// Returns the newest picture, or the last one if the run has ended.
    pub(in crate::supervisor) async fn frame(&self) -> Arc<Frame> {
        let (reply, answer) = oneshot::channel();
        let frame = self.ask(Request::Frame(reply), answer).await;
        frame.unwrap_or_else(|| self.frames.borrow().clone())
    }

    /// Returns the screen and the lines from above it that are in memory; `None` if the run has ended.
    pub(in crate::supervisor) async fn scrollback(&self, lines: u32) -> Option<Scrollback> {
        let (reply, answer) = oneshot::channel();
        self.ask(Request::Scrollback { lines, reply }, answer).await
    }

    /// Sends a request and waits for the answer; none if the run has ended.
    async fn ask<T>(&self, request: Request, answer: oneshot::Receiver<T>) -> Option<T> {
        self.requests.send(request).await.ok()?;
        answered(&self.requests, answer).await
    }

    /// Waits until the run's task has ended.
    pub(in crate::supervisor) async fn ended(&self) {
        self.orders.closed().await;
    }

    /// Waits until all output from before the first connection is visible, or the task has ended.
    pub(in crate::supervisor) async fn caught_up(&self) {
        let mut caught_up = self.caught_up.clone();
        let _ended = caught_up.wait_for(|caught_up| *caught_up).await;
    }

    /// Returns the summary of the run that lists show.
    pub(in crate::supervisor) fn summary(&self) -> Summary {
        self.summary.borrow().clone()
    }
}

/// Waits for the answer to a request that was sent; none if the run has ended. A request that is in the channel when
/// the task ends stays there with its reply as long as the sender exists, so the end of the channel is watched as well.
async fn answered<T>(requests: &mpsc::Sender<Request>, answer: oneshot::Receiver<T>) -> Option<T> {
    tokio::select! {
        biased;
        answer = answer => answer.ok(),
        () = requests.closed() => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// Returns a run's handle, and the receiving ends of a task that does not exist.
    fn unserved() -> (RunHandle, Inbox) {
        let frame = Arc::new(Frame::blank(Size::clamped(7, 3)));
        let summary = watch::Sender::new(Summary::default()).subscribe();
        RunHandle::new(watch::Sender::new(frame), summary, watch::channel(true).1)
    }

    #[tokio::test]
    async fn orders_reach_a_busy_task_all_and_in_their_order() {
        let (handle, mut inbox) = unserved();
        let orders: Vec<Order> = (0..1_000).map(Order::Signal).collect();
        orders.iter().cloned().for_each(|order| handle.order(order));
        let mut taken = Vec::new();
        assert_eq!(inbox.orders.recv_many(&mut taken, 1_000).await, 1_000);
        assert_eq!(taken, orders);
    }

    #[tokio::test]
    async fn whoever_presses_a_key_or_changes_the_size_waits_for_no_busy_task() {
        let (handle, mut inbox) = unserved();
        let pressed: Vec<_> = (0..=REQUESTS_MAX).map(|_| handle.press(vec![3])).collect();
        assert_eq!(pressed.into_iter().next_back().expect("one").await, Err(InputRefused::Behind));
        handle.resize(Size::clamped(70, 20));
        handle.resize(Size::clamped(80, 24));
        assert_eq!(*inbox.sizes.borrow_and_update(), Some(Size::clamped(80, 24)), "the last one wins");
    }

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
