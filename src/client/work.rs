//! What agents have left in their worktrees, and committing that.

use super::control::{Client, agent_path};
use super::error::ClientError;
use super::http::Call;
use crate::api::agents::Agent;
use crate::api::work::{CleanRequest, Cleaned, CommitDone, CommitRequest, WorkDetail};
use hyper::Method;
use std::time::Duration;

/// A git reads a whole worktree for these answers, or writes a commit.
const WORK_DEADLINE: Duration = Duration::from_secs(30);

/// Every workspace is proved to lose nothing, and deleted, for this answer.
const CLEAN_DEADLINE: Duration = Duration::from_secs(60 * 60);

impl Client {
    /// Every agent, once the work of all has been looked at.
    ///
    /// # Errors
    /// As every call: [`ClientError`].
    pub async fn agents_and_their_work(&self) -> Result<Vec<Agent>, ClientError> {
        Call::new(Method::GET, "/api/v1/agents?work=now").deadline(WORK_DEADLINE).answer(self.place()).await
    }

    /// What an agent has left uncommitted, file by file.
    ///
    /// # Errors
    /// As every call: [`ClientError`].
    pub async fn work(&self, name: &str) -> Result<WorkDetail, ClientError> {
        Call::new(Method::GET, agent_path(name, "/work")).deadline(WORK_DEADLINE).answer(self.place()).await
    }

    /// Commits what an agent has left uncommitted to its branch.
    ///
    /// # Errors
    /// As every call: [`ClientError`].
    pub async fn commit(&self, name: &str, request: &CommitRequest) -> Result<CommitDone, ClientError> {
        let call = Call::new(Method::POST, agent_path(name, "/commit")).json(request);
        call.deadline(WORK_DEADLINE).answer(self.place()).await
    }

    /// Removes the workspaces that nobody needs and by which nothing is lost. A refusal is in the answer.
    ///
    /// # Errors
    /// As every call: [`ClientError`].
    pub async fn clean(&self, request: &CleanRequest) -> Result<Vec<Cleaned>, ClientError> {
        let call = Call::new(Method::POST, "/api/v1/workspaces/clean").json(request);
        call.deadline(CLEAN_DEADLINE).answer(self.place()).await
    }
}
