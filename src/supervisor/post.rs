//! Brings messages into terminals: one postman per agent for whom there is something to be typed.
//!
//! What is to be typed is in the view; nothing is stored here. A postman takes the oldest message, waits until the
//! agent has a run that is ready and not paused, and has it typed once the program is idle and waits for nobody
//! (`run/patience.rs`). Only the typist's receipt makes a message delivered. One that expires, is read from the inbox
//! or loses its agent meanwhile is taken back. With nothing left the postman goes; the next one comes with the next
//! message, or with the next supervisor. A supervisor that is killed after the last key and before the receipt is
//! written down types the message again: at least once.

use super::context::Context;
use super::run::{Stroke, When};
use crate::term::keys::Key;
use quarterdeck_core::event::Event;
use quarterdeck_core::ids::{AgentId, MessageId, RunId};
use quarterdeck_core::mail::{DIRECT_TOPIC, MailEvent, Received};
use quarterdeck_core::view::{Pause, State, View};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// The agents for whom a postman is out.
#[derive(Default)]
pub(super) struct Postmen {
    out_for: Mutex<BTreeSet<AgentId>>,
}

/// The view has no more to tell: the supervisor ends.
struct Ended;

/// Sends a postman for this agent, unless one is out.
pub(super) fn deliver(context: Arc<Context>, agent: AgentId) {
    if context.postmen.lock().insert(agent) {
        tokio::spawn(async move {
            let _ended = Postman { view: context.kernel.changes(), context, agent }.deliver_all().await;
        });
    }
}

impl Postmen {
    fn lock(&self) -> MutexGuard<'_, BTreeSet<AgentId>> {
        self.out_for.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The postman for this agent goes, unless something came meanwhile. Whoever sends a message shows it in the view
    /// first and sends the postman then, so that nothing is left lying.
    fn may_go(&self, agent: AgentId, view: &watch::Receiver<View>) -> bool {
        let mut out_for = self.lock();
        let done = view.borrow().mail.to_type(agent).next().is_none();
        done && out_for.remove(&agent)
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
            let oldest = self.view.borrow_and_update().mail.to_type(agent).next().map(|message| letter(&message));
            match oldest {
                Some((message, text)) => self.deliver(message, text).await?,
                None if self.context.postmen.may_go(agent, &self.view) => return Ok(()),
                None => {}
            }
        }
    }

    /// Comes back when the message was delivered, or is not to be typed any more.
    async fn deliver(&mut self, message: MessageId, text: String) -> Result<(), Ended> {
        let agent = self.agent;
        while self.is_wanted(message) {
            let run =
                self.until(|view| ready_run(view, agent).or((!wants(view, agent, message)).then_some(None))).await?;
            let Some(handle) = run.and_then(|run| self.context.runs.get(run)) else {
                if run.is_some() {
                    self.changed().await?;
                }
                continue;
            };
            let lost =
                |view: &View| (!wants(view, agent, message) || ready_run(view, agent) != Some(run)).then_some(());
            let typed = tokio::select! {
                biased;
                typed = handle.type_when(When::Idle, strokes(&text)) => Some(typed),
                ended = self.until(lost) => { ended?; None }
            };
            match typed {
                Some(Ok(_)) => {
                    self.context.kernel.tell(Event::Mail(MailEvent::Typed { message })).await;
                    self.until(|view| (!wants(view, agent, message)).then_some(())).await?;
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

    /// Waits until the view has what is looked for.
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

/// The agent's run, when it can be typed into.
fn ready_run(view: &View, agent: AgentId) -> Option<Option<RunId>> {
    let known = view.agents.get(&agent)?;
    (known.state == State::Ready && known.pause == Pause::Running).then_some(known.run)
}

/// A message's number, and what is typed of it: who says so comes first, so that no program takes it for its user.
fn letter(message: &Received<'_>) -> (MessageId, String) {
    let Received { id, letter, .. } = message;
    let about = match letter.topic.as_str() {
        DIRECT_TOPIC => String::new(),
        topic => format!(", {topic}"),
    };
    (*id, format!("[message {id} from {}{about}] {}", letter.from, letter.body))
}

fn strokes(text: &str) -> Vec<Stroke> {
    let enter = Key::parse("enter").ok().map(Stroke::Key);
    std::iter::once(Stroke::Paste(text.to_owned())).chain(enter).collect()
}
