//! The call that examines the work in all worktrees.

use super::control::Client;
use super::error::ClientError;
use crate::api::agents::{Agent, LIST_AGENTS};
use crate::api::listing::{Listing, WorkAge};

/// The time for an inspection of every worktree, in seconds: git reads each of them for the answer.
const WORK_SECONDS: u64 = 30;

impl Client {
    /// Returns every agent, after the work of all agents was examined.
    ///
    /// # Errors
    /// The call fails with a [`ClientError`].
    pub async fn agents_and_their_work(&self) -> Result<Vec<Agent>, ClientError> {
        let asked = Listing { work: Some(WorkAge::Now), ..Listing::default() };
        self.call(&LIST_AGENTS.within(WORK_SECONDS), &[], &asked).await
    }
}
