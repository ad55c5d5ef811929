//! Which postmen are out, and what they have left in doubt.

use quarterdeck_core::ids::{AgentId, MessageId};
use quarterdeck_core::mail::{DIRECT_TOPIC, Received};
use quarterdeck_core::view::View;
use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// The postmen that are out.
#[derive(Default)]
pub(super) struct Postmen {
    known: Mutex<Known>,
}

impl Postmen {
    pub(super) fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The postman for this agent goes, unless something came meanwhile. Whoever sends a message shows it in the view
    /// first and sends the postman then, so that nothing is left lying.
    pub(super) fn may_go(&self, agent: AgentId, view: &watch::Receiver<View>) -> bool {
        let mut known = self.lock();
        let done = known.oldest(&view.borrow(), agent).is_none();
        done && known.out_for.remove(&agent)
    }
}

/// What postmen know of.
#[derive(Default)]
pub(super) struct Known {
    /// The agents for whom one is out.
    pub(super) out_for: BTreeSet<AgentId>,
    /// Messages that were typed and not submitted. They stay in the inbox, and are typed no second time: that could
    /// deliver them twice.
    pub(super) unsure: BTreeSet<MessageId>,
}

impl Known {
    /// The oldest message that is still to be typed for this agent, with its words.
    pub(super) fn oldest(&self, view: &View, agent: AgentId) -> Option<(MessageId, String)> {
        let message = view.mail.to_type(agent).find(|message| !self.unsure.contains(&message.id))?;
        Some(letter(&message))
    }
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
