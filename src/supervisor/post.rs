//! Delivers messages into agents' terminals: each agent with a message to be typed has one postman, the task that
//! delivers its messages.
//!
//! The messages to be typed are in the view; nothing is stored here. A postman takes the oldest message, waits until
//! the agent has a run that is ready and not paused, and has the message typed once the program is idle and waits for
//! nobody (`run/patience.rs`). A message counts as delivered only when the receipt says that the program accepted it;
//! one that was typed and not accepted stays in the inbox, and a fact says so. A message that expires, is read from the
//! inbox or loses its agent meanwhile is withdrawn. When nothing remains, the postman ends; the next one starts with
//! the next message, or with the next supervisor. A supervisor that is killed after the last key and before the receipt
//! is recorded types the message again: it is delivered at least once.

use super::context::Context;
use super::run::{Delivered, InputRefused};
use quarterdeck_core::delivery::Receipt;
use quarterdeck_core::event::{Event, Signal};
use quarterdeck_core::ids::{AgentId, MessageId, RunId};
use quarterdeck_core::mail::MailEvent;
use quarterdeck_core::view::{Pause, State, View};
use std::sync::Arc;
use tokio::sync::watch;

/// The error that the supervisor ends, so that the view no longer changes.
struct Ended;

/// Starts a postman for this agent, unless one is active.
pub(super) fn deliver(context: Arc<Context>, agent: AgentId) {
    if context.jobs.postmen.lock().out_for.insert(agent) {
        tokio::spawn(async move {
            let _ended = Postman { view: context.kernel.changes(), context, agent }.deliver_all().await;
        });
    }
}

struct Postman {
    context: Arc<Context>,
    agent: AgentId,
    view: watch::Receiver<View>,
}

impl Postman {
    async fn deliver_all(mut self) -> Result<(), Ended> {
        let agent = self.agent;
        loop {
            let oldest = self.context.jobs.postmen.lock().oldest(&self.view.borrow_and_update(), agent);
            match oldest {
                Some((message, text)) => self.deliver(message, text).await?,
                None if self.context.jobs.postmen.may_go(agent, &self.view) => return Ok(()),
                None => {}
            }
        }
    }

    /// Delivers a message. Returns when it was delivered, or is not to be typed any more.
    async fn deliver(&mut self, message: MessageId, text: String) -> Result<(), Ended> {
        let agent = self.agent;
        while self.is_wanted(message) {
            let run =
                self.until(|view| ready_run(view, agent).or((!wants(view, agent, message)).then_some(None))).await?;
            let Some(handle) = run.and_then(|run| self.context.screens.runs.get(run)) else {
                if run.is_some() {
                    self.changed().await?;
                }
                continue;
            };
            let lost =
                |view: &View| (!wants(view, agent, message) || ready_run(view, agent) != Some(run)).then_some(());
            let typed = tokio::select! {
                biased;
                typed = handle.type_in_turn::<InputRefused>(&text, || Ok(()), || Ok(())) => Some(typed),
                ended = self.until(lost) => { ended?; None }
            };
            match typed {
                Some(Ok(Delivered { receipt: Receipt::Typed | Receipt::Submitted, .. })) => {
                    self.context.kernel.tell(Event::Mail(MailEvent::Typed { message })).await;
                    self.until(|view| (!wants(view, agent, message)).then_some(())).await?;
                }
                Some(Ok(Delivered { receipt: Receipt::Unconfirmed(why), .. })) => {
                    self.context.jobs.postmen.lock().unsure.insert(message);
                    if let Some(run) = run {
                        let signal = Signal::NotSubmitted(format!("message {message}: {why}"));
                        self.context.kernel.tell(Event::Signalled { run, signal }).await;
                    }
                    return Ok(());
                }
                Some(Err(why)) => {
                    tracing::debug!(%message, %why, "not typed");
                    self.changed().await?;
                }
                None => {}
            }
        }
        Ok(())
    }

    fn is_wanted(&self, message: MessageId) -> bool {
        wants(&self.view.borrow(), self.agent, message)
    }

    /// Waits until `look` finds its result in the view.
    async fn until<T>(&mut self, look: impl Fn(&View) -> Option<T>) -> Result<T, Ended> {
        let view = self.view.wait_for(|view| look(view).is_some()).await.map_err(|_| Ended)?;
        look(&view).ok_or(Ended)
    }

    async fn changed(&mut self) -> Result<(), Ended> {
        self.view.changed().await.map_err(|_| Ended)
    }
}

/// Whether a message is still to be typed.
fn wants(view: &View, agent: AgentId, message: MessageId) -> bool {
    view.mail.to_type(agent).any(|other| other.id == message)
}

/// Returns the agent's run if it can be typed into.
fn ready_run(view: &View, agent: AgentId) -> Option<Option<RunId>> {
    let known = view.agents.get(&agent)?;
    (known.state == State::Ready && known.pause == Pause::Running).then_some(known.run)
}
