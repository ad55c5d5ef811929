//! The handle through which the rest of the supervisor asks the kernel and sees its view.

use super::mailbox::{Acknowledged, Examination, Message, Question};
use super::pace::Pace;
use crate::api::metrics::Requests;
use quarterdeck_core::ask::Ask;
use quarterdeck_core::command::{Command, Denied, Settled};
use quarterdeck_core::event::Event;
use quarterdeck_core::fleet::explain::Explanation;
use quarterdeck_core::fleet::tasks::explain::TaskExplanation;
use quarterdeck_core::ids::{AgentId, RunId, TaskId};
use quarterdeck_core::view::View;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{mpsc, oneshot, watch};

/// The number of list items that are made at a time, during which the kernel may have to wait.
pub(in crate::supervisor) const SLICE_ITEMS: usize = 32;

/// The handle of the kernel for the rest of the supervisor.
#[derive(Clone)]
pub(in crate::supervisor) struct KernelHandle {
    mailbox: mpsc::Sender<Message>,
    view: watch::Receiver<View>,
    pace: Arc<Pace>,
}

/// The error of a request to a kernel that has ended.
#[derive(Debug, thiserror::Error)]
#[error("the supervisor is ending")]
pub(in crate::supervisor) struct KernelGone;

/// The answer to an ask, and the number of the newest fact when it was given.
#[derive(Debug)]
pub(in crate::supervisor) struct Answered<T> {
    pub(in crate::supervisor) answer: T,
    pub(in crate::supervisor) seq: u64,
}

/// Why an ask was not answered.
#[derive(Debug)]
pub(in crate::supervisor) enum Unanswered {
    /// The kernel has ended.
    Gone(KernelGone),
    /// The core refused the command, for this reason.
    Denied(Denied),
    /// The core gave an answer that does not belong to the command.
    Impossible,
}

impl From<KernelGone> for Unanswered {
    fn from(gone: KernelGone) -> Unanswered {
        Unanswered::Gone(gone)
    }
}

impl KernelHandle {
    pub(in crate::supervisor) fn new(mailbox: mpsc::Sender<Message>, view: watch::Receiver<View>) -> KernelHandle {
        KernelHandle { mailbox, view, pace: Arc::default() }
    }

    /// Tells the kernel an event. Does nothing if the kernel has ended.
    pub(in crate::supervisor) async fn tell(&self, event: Event) {
        let _gone = self.mailbox.send(Message::Event(event)).await;
    }

    /// Tells the kernel an event, from a thread that may block.
    pub(in crate::supervisor) fn tell_blocking(&self, event: Event) {
        let _gone = self.mailbox.blocking_send(Message::Event(event));
    }

    /// Asks the kernel for a change. Returns the answer that belongs to the command, or why there is none.
    pub(in crate::supervisor) async fn ask<A: Ask>(&self, ask: A) -> Result<Answered<A::Answer>, Unanswered> {
        let (command, read) = ask.parts();
        let Acknowledged { answer, seq } = self.change(command, None).await?;
        let answer = answer.read(read).map_err(Unanswered::Denied)?.ok_or(Unanswered::Impossible)?;
        Ok(Answered { answer, seq })
    }

    /// Asks for a change that may have to wait: if the answer says so, the result comes through the receiver. A caller
    /// that no longer waits must tell the core.
    pub(in crate::supervisor) async fn ask_and_wait<A: Ask>(
        &self,
        ask: A,
    ) -> Result<(A::Answer, oneshot::Receiver<Settled>), Unanswered> {
        let (settled, end) = oneshot::channel();
        let (command, read) = ask.parts();
        let Acknowledged { answer, .. } = self.change(command, Some(settled)).await?;
        let answer = answer.read(read).map_err(Unanswered::Denied)?.ok_or(Unanswered::Impossible)?;
        Ok((answer, end))
    }

    /// Asks the kernel why an agent is in its current state.
    pub(in crate::supervisor) async fn explain(&self, agent: AgentId) -> Result<Explanation, KernelGone> {
        let (reply, answer) = oneshot::channel();
        self.send(Message::Question(Question::Explain { agent, reply }), answer).await
    }

    /// Asks the kernel why a task is in its current stage.
    pub(in crate::supervisor) async fn explain_task(&self, task: TaskId) -> Result<TaskExplanation, KernelGone> {
        let (reply, answer) = oneshot::channel();
        self.send(Message::Question(Question::ExplainTask { task, reply }), answer).await
    }

    /// Asks for the health of the kernel. All events that were told before are processed and shown when it answers.
    pub(in crate::supervisor) async fn examine(&self) -> Result<Examination, KernelGone> {
        let (reply, answer) = oneshot::channel();
        self.send(Message::Question(Question::Examine { reply }), answer).await
    }

    /// Returns how long the requested changes took, as a histogram.
    pub(in crate::supervisor) fn requests(&self) -> Requests {
        self.pace.requests()
    }

    async fn change(
        &self,
        command: Command,
        settled: Option<oneshot::Sender<Settled>>,
    ) -> Result<Acknowledged, KernelGone> {
        let began = Instant::now();
        let (reply, answer) = oneshot::channel();
        let answered = self.send(Message::Command { command, reply, settled }, answer).await?;
        self.pace.observe(began.elapsed());
        Ok(answered)
    }

    async fn send<T>(&self, message: Message, answer: oneshot::Receiver<T>) -> Result<T, KernelGone> {
        self.mailbox.send(message).await.map_err(|_| KernelGone)?;
        answer.await.map_err(|_| KernelGone)
    }

    /// Returns the view of the fleet according to the facts so far. The kernel waits while it is borrowed: do not hold
    /// the guard across an await, and make long lists with [`KernelHandle::list`].
    pub(in crate::supervisor) fn view(&self) -> watch::Ref<'_, View> {
        self.view.borrow()
    }

    /// Makes a long list, [`SLICE_ITEMS`] at a time, so that neither the kernel nor another task waits for all of it.
    /// `next` makes the next few items after the item that it is given, each with its key. Each item is consistent by
    /// itself; the list as a whole is not of one moment.
    pub(in crate::supervisor) async fn list<K: Copy, T>(
        &self,
        mut next: impl FnMut(&View, Option<K>) -> Vec<(K, T)>,
    ) -> Vec<T> {
        let (mut items, mut last) = (Vec::new(), None);
        loop {
            let slice = next(&self.view(), last);
            let Some((newest, _)) = slice.last() else { return items };
            last = Some(*newest);
            items.extend(slice.into_iter().map(|(_, item)| item));
            tokio::task::yield_now().await;
        }
    }

    /// Returns a receiver that wakes when the view changes.
    pub(in crate::supervisor) fn changes(&self) -> watch::Receiver<View> {
        self.view.clone()
    }

    /// Returns the agent with this name.
    pub(in crate::supervisor) fn agent_named(&self, name: &str) -> Option<AgentId> {
        self.view().agents.iter().find(|(_, agent)| agent.name == name).map(|(id, _)| *id)
    }

    /// Returns the newest run of this agent.
    pub(in crate::supervisor) fn run_of(&self, agent: AgentId) -> Option<RunId> {
        self.view().agents.get(&agent).and_then(|agent| agent.run)
    }
}
