//! Calls that read, commit and clean the work in agents' worktrees.

use super::control::Client;
use super::error::ClientError;
use super::http::Call;
use crate::api::agents::{Agent, LIST_AGENTS};
use crate::api::work::{self as api, CleanRequest, Cleaned, CommitDone, CommitRequest, WorkDetail};
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

    /// Returns the uncommitted work of an agent, file by file.
    ///
    /// # Errors
    /// The call fails with a [`ClientError`].
    pub async fn work(&self, name: &str) -> Result<WorkDetail, ClientError> {
        self.call(&api::AGENT_WORK, &[name], &()).await
    }

    /// Commits the uncommitted work of an agent to its branch.
    ///
    /// # Errors
    /// The call fails with a [`ClientError`].
    pub async fn commit(&self, name: &str, request: &CommitRequest) -> Result<CommitDone, ClientError> {
        self.call(&api::COMMIT_AGENT_WORK, &[name], request).await
    }

    /// Removes the workspaces that nobody needs and whose removal loses nothing. A refusal is part of the answer.
    ///
    /// # Errors
    /// The call fails with a [`ClientError`].
    pub async fn clean(&self, request: &CleanRequest) -> Result<Vec<Cleaned>, ClientError> {
        self.call(&api::CLEAN_WORKSPACES, &[], request).await
    }
}
