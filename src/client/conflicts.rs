//! Calls that read conflicts and restore one version of their files.

use super::control::Client;
use super::error::ClientError;
use crate::api::conflicts::{self as api, Conflict, ConflictDetail, Take};

impl Client {
    /// Returns every conflict that is kept, newest first.
    ///
    /// # Errors
    /// The call fails with a [`ClientError`].
    pub async fn conflicts(&self) -> Result<Vec<Conflict>, ClientError> {
        self.call(&api::LIST_CONFLICTS, &[], &()).await
    }

    /// Returns one conflict with the versions of its files.
    pub async fn conflict(&self, id: &str) -> Result<ConflictDetail, ClientError> {
        self.call(&api::GET_CONFLICT, &[id], &()).await
    }

    /// Gives files of a conflict the content of one version.
    pub async fn take_conflict(&self, id: &str, take: &Take) -> Result<Conflict, ClientError> {
        self.call(&api::TAKE_CONFLICT, &[id], take).await
    }
}
