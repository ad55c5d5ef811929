//! Calls that read, commit and clean the work in agents' worktrees.

use super::control::{Client, agent_path};
use super::error::ClientError;
use super::http::Call;
use crate::api::agents::Agent;
use crate::api::work::{CleanRequest, Cleaned, CommitDone, CommitRequest, WorkDetail};
use hyper::Method;
use std::time::Duration;

/// The deadline for reading or committing work. Git reads a whole worktree for these answers, or writes a commit.
const WORK_DEADLINE: Duration = Duration::from_secs(30);

/// The deadline for cleaning. For this answer every workspace is proved to lose nothing, and deleted.
const CLEAN_DEADLINE: Duration = Duration::from_secs(60 * 60);

impl Client {
    /// Returns every agent, after the work of all agents was examined.
    ///
    /// # Errors
    /// The call fails with a [`ClientError`].
    pub async fn agents_and_their_work(&self) -> Result<Vec<Agent>, ClientError> {
        Call::new(Method::GET, "/api/v1/agents?work=now").deadline(WORK_DEADLINE).answer(self.place()).await
    }

    /// Returns the uncommitted work of an agent, file by file.
    ///
    /// # Errors
    /// The call fails with a [`ClientError`].
    pub async fn work(&self, name: &str) -> Result<WorkDetail, ClientError> {
        Call::new(Method::GET, agent_path(name, "/work")).deadline(WORK_DEADLINE).answer(self.place()).await
    }

    /// Commits the uncommitted work of an agent to its branch.
    ///
    /// # Errors
    /// The call fails with a [`ClientError`].
    pub async fn commit(&self, name: &str, request: &CommitRequest) -> Result<CommitDone, ClientError> {
        let call = Call::new(Method::POST, agent_path(name, "/commit")).json(request);
        call.deadline(WORK_DEADLINE).answer(self.place()).await
    }

    /// Removes the workspaces that nobody needs and whose removal loses nothing. A refusal is part of the answer.
    ///
    /// # Errors
    /// The call fails with a [`ClientError`].
    pub async fn clean(&self, request: &CleanRequest) -> Result<Vec<Cleaned>, ClientError> {
        let call = Call::new(Method::POST, "/api/v1/workspaces/clean").json(request);
        call.deadline(CLEAN_DEADLINE).answer(self.place()).await
    }
}
