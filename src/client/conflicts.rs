//! Calls that read conflicts and restore one version of their files.

use super::control::Client;
use super::error::ClientError;
use super::http::{Call, escaped};
use crate::api::conflicts::{Conflict, ConflictDetail, Take};
use hyper::Method;

impl Client {
    /// Returns every conflict that is kept, newest first.
    ///
    /// # Errors
    /// The call fails with a [`ClientError`].
    pub async fn conflicts(&self) -> Result<Vec<Conflict>, ClientError> {
        Call::new(Method::GET, "/api/v1/conflicts").answer(self.place()).await
    }

    /// Returns one conflict with the versions of its files.
    pub async fn conflict(&self, id: &str) -> Result<ConflictDetail, ClientError> {
        Call::new(Method::GET, format!("/api/v1/conflicts/{}", escaped(id))).answer(self.place()).await
    }

    /// Gives files of a conflict the content of one version.
    pub async fn take_conflict(&self, id: &str, take: &Take) -> Result<Conflict, ClientError> {
        let path = format!("/api/v1/conflicts/{}/take", escaped(id));
        Call::new(Method::POST, path).json(take).answer(self.place()).await
    }
}
