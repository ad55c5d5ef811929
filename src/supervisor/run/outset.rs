//! The state with which a run's task begins: its parameters, and the screen as it was.

use super::checkpoint::Checkpoint;
use super::screen::HISTORY_LINES_MAX;
use crate::config::ProgramKind;
use crate::supervisor::kernel::KernelHandle;
use crate::supervisor::tools::ToolLog;
use crate::term::Terminal;
use crate::term::frame::Size;
use quarterdeck_core::ids::{AgentId, RunId};
use quarterdeck_core::status::Verdict;
use quarterdeck_core::time::Span;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::watch;

/// The parameters with which a run's task is started.
pub(in crate::supervisor) struct Outset {
    pub(in crate::supervisor) run: RunId,
    pub(in crate::supervisor) agent: AgentId,
    /// The log of tool calls, for the commands that the terminal names.
    pub(in crate::supervisor) tools: Arc<ToolLog>,
    pub(in crate::supervisor) directory: PathBuf,
    pub(in crate::supervisor) socket: PathBuf,
    pub(in crate::supervisor) size: Size,
    /// The pattern in the output that makes the run ready, if a pattern does.
    pub(in crate::supervisor) pattern: Option<String>,
    pub(in crate::supervisor) kernel: KernelHandle,
    pub(in crate::supervisor) pulse: watch::Sender<()>,
    /// The last recorded verdict about the program that a person should know.
    pub(in crate::supervisor) known: Option<Verdict>,
    /// The kind of the program: whether it has a provider that may bar it.
    pub(in crate::supervisor) kind: ProgramKind,
    /// The time without a sign of life after which the program is unresponsive; none means never.
    pub(in crate::supervisor) unresponsive_after: Option<Span>,
    /// Whether this supervisor launched the run, or adopted it.
    pub(in crate::supervisor) adopted: Adopted,
}

/// Whether a run was adopted or launched by this supervisor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::supervisor) enum Adopted {
    /// The supervisor launched the run.
    No,
    /// The supervisor found the run alive.
    Yes,
}

/// A screen restored from its checkpoint, and the offset of the first byte that it does not include.
pub(super) struct Restored {
    pub(super) terminal: Terminal,
    pub(super) offset: u64,
}

impl Restored {
    /// Restores the screen from disk if the run is adopted; otherwise returns an empty one.
    pub(super) fn from(outset: &Outset) -> Restored {
        let checkpoint = Checkpoint::read(&outset.directory).filter(|_| outset.adopted == Adopted::Yes);
        let size = checkpoint.as_ref().map_or(outset.size, |checkpoint| checkpoint.size);
        let restored = checkpoint.and_then(|checkpoint| {
            let terminal = Terminal::restore(checkpoint.size, HISTORY_LINES_MAX, &checkpoint.bytes).ok()?;
            Some(Restored { terminal, offset: checkpoint.offset })
        });
        restored.unwrap_or_else(|| Restored { terminal: Terminal::new(size, HISTORY_LINES_MAX), offset: 0 })
    }
}
