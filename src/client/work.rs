//! The call that examines the work in all worktrees.

use super::control::Client;
use super::error::ClientError;
use super::http::Call;
use crate::api::agents::{Agent, LIST_AGENTS};
use serde::Serialize;

/// The time for an inspection of every worktree, in seconds: git reads each of them for the answer.
const WORK_SECONDS: u64 = 30;

/// The query of `GET /agents`.
#[derive(Serialize)]
struct WorkQuery {
    work: &'static str,
}

impl Client {
    /// Returns every agent, after the work of all agents was examined.
    ///
    /// # Errors
    /// The call fails with a [`ClientError`].
    pub async fn agents_and_their_work(&self) -> Result<Vec<Agent>, ClientError> {
        let call = Call::to(&LIST_AGENTS.within(WORK_SECONDS), &[], &()).query(&WorkQuery { work: "now" });
        call.answer(self.place()).await
    }
}
