//! Keeps which postmen are active, and which messages they have typed without a receipt.

use quarterdeck_core::ids::{AgentId, MessageId};
use quarterdeck_core::mail::{DIRECT_TOPIC, Received};
use quarterdeck_core::view::View;
use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// The postmen that are active, at most one for each agent.
#[derive(Default)]
pub(super) struct Postmen {
    known: Mutex<Known>,
}

impl Postmen {
    pub(super) fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends this agent's postman, unless a message came meanwhile. A sender shows its message in the view before it
    /// starts a postman, so that no message remains undelivered.
    pub(super) fn may_go(&self, agent: AgentId, view: &watch::Receiver<View>) -> bool {
        let mut known = self.lock();
        let done = known.oldest(&view.borrow(), agent).is_none();
        done && known.out_for.remove(&agent)
    }
}

/// The state that the postmen share.
#[derive(Default)]
pub(super) struct Known {
    /// The agents for which a postman is active.
    pub(super) out_for: BTreeSet<AgentId>,
    /// Messages that were typed and not submitted. They stay in the inbox, and are not typed again: that could deliver
    /// them twice.
    pub(super) unsure: BTreeSet<MessageId>,
}

impl Known {
    /// Returns the oldest message that is still to be typed for this agent, with its text.
    pub(super) fn oldest(&self, view: &View, agent: AgentId) -> Option<(MessageId, String)> {
        let message = view.mail.to_type(agent).find(|message| !self.unsure.contains(&message.id))?;
        Some(letter(&message))
    }
}

/// Returns a message's number, and the text that is typed: the sender comes first, so that no program takes it for its
/// user.
fn letter(message: &Received<'_>) -> (MessageId, String) {
    let Received { id, letter, .. } = message;
    let about = match letter.topic.as_str() {
        DIRECT_TOPIC => String::new(),
        topic => format!(", {topic}"),
    };
    (*id, format!("[message {id} from {}{about}] {}", letter.from, letter.body))
}
