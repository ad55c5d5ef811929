//! What a run's task begins with: what it is told, and the screen as it was.

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

/// What a run's task is started with.
pub(in crate::supervisor) struct Outset {
    pub(in crate::supervisor) run: RunId,
    pub(in crate::supervisor) agent: AgentId,
    /// Where commands are noted that its terminal names.
    pub(in crate::supervisor) tools: Arc<ToolLog>,
    pub(in crate::supervisor) directory: PathBuf,
    pub(in crate::supervisor) socket: PathBuf,
    pub(in crate::supervisor) size: Size,
    /// The pattern whose line makes it ready, if that is what does.
    pub(in crate::supervisor) pattern: Option<String>,
    pub(in crate::supervisor) kernel: KernelHandle,
    pub(in crate::supervisor) pulse: watch::Sender<()>,
    /// What a person should know of its program, as it is on record.
    pub(in crate::supervisor) known: Option<Verdict>,
    /// What its program is: whether it has a provider that may bar it.
    pub(in crate::supervisor) kind: ProgramKind,
    /// So long without a sign of life, and its program is unresponsive; none: never.
    pub(in crate::supervisor) unresponsive_after: Option<Span>,
    /// Whether this supervisor launched it, or found it.
    pub(in crate::supervisor) adopted: Adopted,
}

/// How a supervisor came to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::supervisor) enum Adopted {
    /// It launched it.
    No,
    /// It found it alive.
    Yes,
}

/// A screen as its checkpoint had it, and the first byte that is not in it.
pub(super) struct Restored {
    pub(super) terminal: Terminal,
    pub(super) offset: u64,
}

impl Restored {
    /// From what is on disk, if it is an adopted run's; else from nothing.
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
