//! The dialog in which an agent's work is committed.

use crate::api::work::WorkDetail;
use crate::tui::link::RequestId;

/// An agent's work to be committed, and the message being written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommitForm {
    /// Whose work it is.
    pub agent: String,
    /// What there is to commit; none until the answer is here.
    pub detail: Option<WorkDetail>,
    /// The message, as far as it is written.
    pub message: String,
    /// The request under way.
    pub sending: Option<RequestId>,
    /// What is wrong.
    pub error: Option<String>,
}

impl CommitForm {
    /// An agent's, before anything is known of it.
    pub fn of(agent: &str) -> CommitForm {
        CommitForm { agent: agent.to_owned(), ..CommitForm::default() }
    }

    /// Takes in what there is to commit. A message that is being written stays.
    pub fn take(&mut self, detail: WorkDetail) {
        if self.message.is_empty() {
            self.message.clone_from(&detail.message);
        }
        self.detail = Some(detail);
    }

    /// Files that can be committed, as far as is known.
    pub fn files(&self) -> u32 {
        self.detail.as_ref().and_then(|detail| detail.work.as_ref()).map_or(0, |work| work.files_uncommitted)
    }
}
