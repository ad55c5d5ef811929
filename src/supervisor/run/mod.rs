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

/// Requests of clients that wait for the task. Beyond it, a key is refused, and any other request waits for room.
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
    /// The run's task is behind with what clients ask of it.
    #[error("the supervisor does not keep up with it: {REQUESTS_MAX} requests wait already")]
    Behind,
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

impl InputRefused {
    /// Whether what is in the way goes by itself or by a person, so that another turn comes.
    fn passes(&self) -> bool {
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

/// What the rest of the supervisor holds of a run.
#[derive(Clone)]
pub(super) struct RunHandle {
    /// Without a bound: the kernel waits for nobody, and an order must neither be lost nor overtake another.
    orders: mpsc::UnboundedSender<Order>,
    requests: mpsc::Sender<Request>,
    sizes: watch::Sender<Option<Size>>,
    frames: watch::Sender<Arc<Frame>>,
    summary: watch::Receiver<Summary>,
    caught_up: watch::Receiver<bool>,
}

/// What reaches a run's task.
struct Inbox {
    orders: mpsc::UnboundedReceiver<Order>,
    requests: mpsc::Receiver<Request>,
    sizes: watch::Receiver<Option<Size>>,
}

impl RunHandle {
    /// A handle that shows what these tell, and the task's end of it.
    fn new(
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

    /// The handle of a run that has ended: what it showed last, and nobody who could be asked.
    pub(super) fn of_ended(frame: Arc<Frame>, summary: Summary) -> RunHandle {
        let summary = watch::Sender::new(summary).subscribe();
        RunHandle::new(watch::Sender::new(frame), summary, watch::channel(true).1).0
    }

    /// Gives an order. Orders are never lost and keep their order: a task that is busy gets them when it is free again.
    pub(super) fn order(&self, order: Order) {
        let _ended = self.orders.send(order);
    }

    /// Hands a person's key over: it is typed at once, or behind the text that is being typed. Whoever wants to know waits
    /// for the answer: how many bytes were typed.
    pub(super) fn press(&self, bytes: Vec<u8>) -> impl Future<Output = Result<u64, InputRefused>> + use<> {
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

    /// Delivers a letter after those before it, and comes back when it is known what became of it. Whoever stops waiting
    /// takes it back, unless it is being typed already.
    pub(super) async fn deliver(&self, letter: Letter) -> Result<Delivered, InputRefused> {
        let (reply, answer) = oneshot::channel();
        self.ask(Request::Deliver { letter, reply }, answer).await.unwrap_or(Err(InputRefused::Ended))
    }

    /// Types a prompt that no person types, once it is its turn (`patience.rs`). `begins` is called right before each try,
    /// `withdrawn` after one at which nothing was typed: a question came up, or a person began a line.
    ///
    /// # Errors
    /// Why it was not typed, of which all that passes is waited out; what `begins` and `withdrawn` say.
    pub(super) async fn type_in_turn<E: From<InputRefused>>(
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

    /// Comes back when it is time to type what nobody waits for: the program is idle, asks nobody, and no person writes.
    async fn turn(&self) -> Result<(), InputRefused> {
        let (reply, answer) = oneshot::channel();
        self.ask(Request::Turn(reply), answer).await.unwrap_or(Err(InputRefused::Ended))
    }

    /// Gives the terminal a size. The last of several in a row wins.
    pub(super) fn resize(&self, size: Size) {
        self.sizes.send_replace(Some(size));
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

    /// Asks, and waits for the answer; none when the run has ended.
    async fn ask<T>(&self, request: Request, answer: oneshot::Receiver<T>) -> Option<T> {
        self.requests.send(request).await.ok()?;
        answered(&self.requests, answer).await
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

/// The answer to a request that was sent, or none when the run has ended. A request that is on its way while the task
/// goes stays in the channel with its reply as long as we hold the other end, so the channel's end is watched as well.
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

    /// A run's handle, and its task's end of it, which nobody serves.
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
