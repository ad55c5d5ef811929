//! Calls for the shared state and the synchronisation of scopes.

use super::Client;
use super::error::ClientError;
use super::http::{ANSWER_DEADLINE, Call, escaped};
use crate::api::state::{Cleared, SetState, StateEntry, SyncRequest, SyncScope};
use hyper::Method;
use std::time::Duration;

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
        let path = owner.map_or_else(|| "/api/v1/state".to_owned(), |owner| state_path(owner, None));
        Call::new(Method::GET, path).answer(self.place()).await
    }

    /// Returns one value of the shared state.
    pub async fn get_state(&self, owner: &str, key: &str) -> Result<StateEntry, ClientError> {
        Call::new(Method::GET, state_path(owner, Some(key))).answer(self.place()).await
    }

    /// Sets a value. When the call returns, the value is durable. If the given version is not the current one, the call
    /// is refused with the code `conflict`.
    pub async fn set_state(&self, owner: &str, key: &str, wanted: &SetState) -> Result<StateEntry, ClientError> {
        Call::new(Method::PUT, state_path(owner, Some(key))).json(wanted).answer(self.place()).await
    }

    /// Removes one value, or all values of an owner.
    pub async fn clear_state(&self, owner: &str, key: Option<&str>) -> Result<Cleared, ClientError> {
        Call::new(Method::DELETE, state_path(owner, key)).answer(self.place()).await
    }

    /// Returns every scope, sorted by name.
    pub async fn sync_scopes(&self) -> Result<Vec<SyncScope>, ClientError> {
        Call::new(Method::GET, "/api/v1/sync").answer(self.place()).await
    }

    /// Starts, completes, fails or changes a scope's synchronisation. A start waits as long as the request says.
    pub async fn sync(&self, act: SyncAct, request: &SyncRequest) -> Result<SyncScope, ClientError> {
        let word = match act {
            SyncAct::Start => "start",
            SyncAct::Complete => "complete",
            SyncAct::Fail => "fail",
            SyncAct::Change => "change",
        };
        let deadline = ANSWER_DEADLINE + Duration::from_millis(request.wait_ms.unwrap_or(0));
        let call = Call::new(Method::POST, format!("/api/v1/sync/{word}")).json(request);
        call.deadline(deadline).answer(self.place()).await
    }
}

fn state_path(owner: &str, key: Option<&str>) -> String {
    let below = key.map(|key| format!("/{}", escaped(key))).unwrap_or_default();
    format!("/api/v1/state/{}{below}", escaped(owner))
}
