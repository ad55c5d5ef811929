//! The state of the dialog in which an agent's work is committed.

use crate::api::work::WorkDetail;
use crate::tui::link::RequestId;

/// An agent's work that will be committed, and the message that is being written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommitForm {
    /// Name of the agent whose work it is.
    pub agent: String,
    /// Work that can be committed; none until the answer is here.
    pub detail: Option<WorkDetail>,
    /// Message of the commit, as far as it is written.
    pub message: String,
    /// Number of the request that is under way, if one is.
    pub sending: Option<RequestId>,
    /// Description of what is wrong with the commit, if something is.
    pub error: Option<String>,
}

impl CommitForm {
    /// Returns the form for an agent, before anything is known of its work.
    pub fn of(agent: &str) -> CommitForm {
        CommitForm { agent: agent.to_owned(), ..CommitForm::default() }
    }

    /// Stores the work that can be committed. A message that is being written stays.
    pub fn take(&mut self, detail: WorkDetail) {
        if self.message.is_empty() {
            self.message.clone_from(&detail.message);
        }
        self.detail = Some(detail);
    }

    /// Returns the number of files that can be committed, as far as is known.
    pub fn files(&self) -> u32 {
        self.detail.as_ref().and_then(|detail| detail.work.as_ref()).map_or(0, |work| work.files_uncommitted)
    }
}
