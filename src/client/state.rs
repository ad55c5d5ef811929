//! Calls for the shared state and the synchronisation of scopes.

use super::Client;
use super::error::ClientError;
use super::http::Outgoing;
use crate::api::state::{self as api, Cleared, StateEntry, SyncRequest, SyncScope};

/// The changes to a scope's synchronisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncAct {
    /// The synchronisation starts, or is queued.
    Start,
    /// The synchronisation is completed.
    Complete,
    /// The synchronisation has failed.
    Fail,
    /// The content of the scope changed.
    Change,
}

impl Client {
    /// Returns every value of the shared state, or only those of an owner.
    ///
    /// # Errors
    /// The call fails with a [`ClientError`].
    pub async fn state(&self, owner: Option<&str>) -> Result<Vec<StateEntry>, ClientError> {
        match owner {
            Some(owner) => self.call(&api::LIST_STATE_OF, &[owner], &()).await,
            None => self.call(&api::LIST_STATE, &[], &()).await,
        }
    }

    /// Removes one value, or all values of an owner.
    pub async fn clear_state(&self, owner: &str, key: Option<&str>) -> Result<Cleared, ClientError> {
        match key {
            Some(key) => self.call(&api::CLEAR_STATE, &[owner, key], &()).await,
            None => self.call(&api::CLEAR_STATE_OF, &[owner], &()).await,
        }
    }

    /// Starts, completes, fails or changes a scope's synchronisation. A start waits as long as the request says.
    pub async fn sync(&self, act: SyncAct, request: &SyncRequest) -> Result<SyncScope, ClientError> {
        let route = match act {
            SyncAct::Start => api::START_SYNC,
            SyncAct::Complete => api::COMPLETE_SYNC,
            SyncAct::Fail => api::FAIL_SYNC,
            SyncAct::Change => api::CHANGE_SYNC,
        };
        Outgoing::to(&route, &[], request).waiting(request.wait_ms).answer(self.place()).await
    }
}
