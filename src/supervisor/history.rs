//! Screens and what lies above them, wherever they are to be had: from a living emulator, or, for a run that ended
//! and for lines older than an emulator holds, from the checkpoint and the transcript on disk.

use super::context::Context;
use super::run::checkpoint::Checkpoint;
use crate::term::frame::{Frame, Row, Size};
use crate::term::{self, Terminal};
use crate::transcript;
use quarterdeck_core::ids::{AgentId, RunId};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Of a transcript, so much is looked through for older lines. 180 bytes a line are about 90,000 lines.
const LOOK_BACK_BYTES_MAX: u64 = 16 << 20;

/// Lines from above a screen.
pub(super) struct Above {
    /// Oldest first.
    pub(super) rows: Vec<Arc<Row>>,
    /// Whether there is nothing older than the first.
    pub(super) complete: bool,
}

/// The newest picture of an agent's newest run; an empty one when it never ran.
pub(super) async fn frame(context: &Context, agent: AgentId) -> Arc<Frame> {
    let run = context.runs.newest_of(agent).or_else(|| context.kernel.run_of(agent));
    let Some(run) = run else { return blank() };
    if let Some(handle) = context.runs.get(run) {
        return handle.frame().await;
    }
    let directory = context.run_directory(run);
    let read = tokio::task::spawn_blocking(move || frame_on_disk(&directory)).await;
    read.ok().flatten().unwrap_or_else(blank)
}

/// Up to `lines` lines from above an agent's screen.
pub(super) async fn lines(context: &Context, agent: AgentId, lines: u32) -> Above {
    let Some(run) = context.kernel.run_of(agent).filter(|_| lines > 0) else {
        return Above { rows: Vec::new(), complete: true };
    };
    let in_memory = match context.runs.get(run) {
        Some(handle) => handle.history(lines).await.unwrap_or_default(),
        None => Vec::new(),
    };
    if in_memory.len() as u32 >= lines {
        return Above { rows: in_memory, complete: false };
    }
    let size = frame(context, agent).await.size;
    let on_disk = read_on_disk(context.run_directory(run), run, size, lines).await;
    if on_disk.rows.len() > in_memory.len() { on_disk } else { Above { rows: in_memory, complete: on_disk.complete } }
}

async fn read_on_disk(directory: PathBuf, run: RunId, size: Size, lines: u32) -> Above {
    let read = tokio::task::spawn_blocking(move || {
        let newest = transcript::bounds(&directory)?.end;
        let from = newest.saturating_sub(LOOK_BACK_BYTES_MAX);
        let (first, bytes) = read_from(&directory, from)?;
        let rows = term::rewrap(&bytes, size, lines);
        let complete = first == 0 && (rows.len() as u32) < lines;
        std::io::Result::Ok(Above { rows, complete })
    });
    match read.await {
        Ok(Ok(above)) => above,
        failed => {
            tracing::debug!(%run, failed = failed.is_err(), "no older lines could be read");
            Above { rows: Vec::new(), complete: true }
        }
    }
}

/// The picture that a run left on disk when it ended, or when its supervisor did.
fn frame_on_disk(directory: &Path) -> Option<Arc<Frame>> {
    let checkpoint = Checkpoint::read(directory)?;
    let mut terminal = Terminal::restore(checkpoint.size, 0, &checkpoint.bytes).ok()?;
    if let Ok((_, bytes)) = read_from(directory, checkpoint.offset) {
        terminal.advance(&bytes);
    }
    Some(Arc::new(terminal.frame()))
}

/// What a transcript holds from an offset on, up to the bound, and the offset of its first byte.
fn read_from(directory: &Path, from: u64) -> std::io::Result<(u64, Vec<u8>)> {
    let mut reader = transcript::Reader::new(directory, from);
    let mut buffer = vec![0; 256 * 1024];
    let (mut first, mut bytes) = (None, Vec::new());
    while (bytes.len() as u64) < LOOK_BACK_BYTES_MAX {
        let piece = reader.read(&mut buffer)?;
        if piece.length == 0 {
            break;
        }
        first.get_or_insert(piece.offset);
        bytes.extend_from_slice(&buffer[..piece.length]);
    }
    Ok((first.unwrap_or(from), bytes))
}

fn blank() -> Arc<Frame> {
    Arc::new(Frame::blank(Size::clamped(80, 24)))
}
