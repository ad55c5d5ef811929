//! What the supervisor's parts share, in a few narrow things: a function takes the one that it may touch. All of it are
//! handles, never state on which decisions are based.

mod dashboard;
mod guard;
mod life;
mod screens;
mod trees;

pub(super) use dashboard::{Dashboard, JOURNAL_BANNER, keeper_subject};
pub(super) use life::{Attended, Life};
pub(super) use screens::{Runs, Screens, Sizes};
pub(super) use trees::{PreparedRuns, Trees};

use super::configs::Configs;
use super::feed::FeedHandle;
use super::folder;
use super::journal::JournalReader;
use super::kernel::KernelHandle;
use super::metrics::Metrics;
use super::postmen::Postmen;
use super::tasks::jobs::Tasks;
use super::token::Tokens;
use super::tools::ToolLog;
use crate::place::Place;
use axum::extract::FromRef;
use quarterdeck_core::ids::{AgentId, RunId};
use std::path::PathBuf;
use std::sync::Arc;

/// Everything that the supervisor's parts share.
pub(super) struct Context {
    pub(super) place: Place,
    pub(super) configs: Configs,
    pub(super) kernel: KernelHandle,
    pub(super) record: Record,
    pub(super) screens: Screens,
    pub(super) trees: Trees,
    pub(super) dashboard: Dashboard,
    pub(super) life: Life,
    pub(super) jobs: Jobs,
    pub(super) metrics: Metrics,
    /// The tool calls of agents.
    pub(super) tools: Arc<ToolLog>,
    /// The tokens with which runs prove who they are.
    pub(super) tokens: Tokens,
}

/// What has happened: the journal, and the facts as they come.
pub(super) struct Record {
    pub(super) journal: JournalReader,
    pub(super) feed: FeedHandle,
}

/// The work that is in progress in the background.
pub(super) struct Jobs {
    /// The jobs in progress for tasks.
    pub(super) tasks: Tasks,
    /// The deliveries of messages.
    pub(super) postmen: Postmen,
    /// The door to the loop of the drop folder.
    pub(super) folder: folder::door::Door,
}

/// A handler that only asks the kernel takes its handle, and so cannot touch anything else.
impl FromRef<Arc<Context>> for KernelHandle {
    fn from_ref(context: &Arc<Context>) -> KernelHandle {
        context.kernel.clone()
    }
}

impl Context {
    /// Returns a run's own directory: transcript, checkpoint, exit record.
    pub(super) fn run_directory(&self, run: RunId) -> PathBuf {
        self.place.run_directory(run)
    }

    /// Returns an agent's name, while the fleet knows the agent.
    pub(super) fn agent_name(&self, agent: AgentId) -> Option<String> {
        self.kernel.view().agents.get(&agent).map(|agent| agent.name.clone())
    }
}
