//! Returns screens and the lines above them. They come from a live emulator. For a run that has ended, and for lines
//! older than an emulator holds, they come from the checkpoint and the transcript on disk.

use super::context::Context;
use super::run::checkpoint::Checkpoint;
use super::run::{HISTORY_LINES_MAX, RunHandle, Scrollback, Summary};
use crate::term::frame::{Frame, Row, Size};
use crate::term::{self, Terminal};
use crate::transcript;
use quarterdeck_core::ids::{AgentId, RunId};
use std::path::Path;
use std::sync::Arc;

/// The most bytes of a transcript that are searched for older lines: 180 bytes a line are about 90,000 lines. Beyond
/// it, only `qd logs` shows older lines.
const LOOK_BACK_BYTES_MAX: u64 = 16 << 20;
/// The number of equal consecutive lines that identify where the held lines continue the transcript.
const SEAM_LINES: usize = 24;

/// A screen and the lines above it.
pub(super) struct Above {
    /// The lines above the screen, the oldest first.
    pub(super) above: Vec<Arc<Row>>,
    /// The lines of the screen, of the same instant.
    pub(super) screen: Vec<Arc<Row>>,
    /// Whether nothing is older than the first line.
    pub(super) complete: bool,
}

/// Returns the newest picture of an agent's newest run; an empty one if it never ran.
pub(super) async fn frame(context: &Context, agent: AgentId) -> Arc<Frame> {
    let run = context.screens.runs.newest_of(agent).or_else(|| context.kernel.run_of(agent));
    let Some(run) = run else { return blank() };
    if let Some(handle) = context.screens.runs.get(run) {
        return handle.frame().await;
    }
    let directory = context.run_directory(run);
    let read = tokio::task::spawn_blocking(move || frame_on_disk(&directory)).await;
    read.ok().flatten().unwrap_or_else(blank)
}

/// Returns an agent's screen and up to `lines` lines from above it.
pub(super) async fn lines(context: &Context, agent: AgentId, lines: u32) -> Above {
    let nothing = || Scrollback { above: Vec::new(), screen: Vec::new() };
    let Some(run) = context.screens.runs.newest_of(agent).or_else(|| context.kernel.run_of(agent)) else {
        return joined(Vec::new(), nothing(), true);
    };
    let live = match context.screens.runs.get(run) {
        Some(handle) => handle.scrollback(lines).await,
        None => None,
    };
    let directory = context.run_directory(run);
    let read = tokio::task::spawn_blocking(move || {
        let held = live.or_else(|| scrollback_on_disk(&directory, lines)).unwrap_or_else(nothing);
        let count = held.above.len() as u32;
        if count >= lines || count < HISTORY_LINES_MAX {
            return joined(Vec::new(), held, count < lines);
        }
        match older(&directory, &held, lines) {
            Ok((older, complete)) => joined(older, held, complete),
            Err(error) => {
                tracing::debug!(%run, %error, "no older lines could be read");
                joined(Vec::new(), held, false)
            }
        }
    });
    read.await.unwrap_or_else(|_| joined(Vec::new(), nothing(), false))
}

fn joined(mut older: Vec<Arc<Row>>, held: Scrollback, complete: bool) -> Above {
    older.extend(held.above);
    Above { above: older, screen: held.screen, complete }
}

/// Returns the lines of the transcript before the first held line, and whether those are all. Returns no lines if the
/// place where the two meet is not found, because the transcript was wrapped differently.
fn older(directory: &Path, held: &Scrollback, lines: u32) -> std::io::Result<(Vec<Arc<Row>>, bool)> {
    let size = Checkpoint::read(directory).map_or(Size::clamped(80, 24), |checkpoint| checkpoint.size);
    let newest = transcript::bounds(directory)?.end;
    let (first, bytes) = read_from(directory, newest.saturating_sub(LOOK_BACK_BYTES_MAX))?;
    let mut rows = term::rewrap(&bytes, size, lines);
    let reached_the_first = first == 0 && (rows.len() as u32) < lines;
    let start = &held.above[..SEAM_LINES.min(held.above.len())];
    let same = |window: &[Arc<Row>]| window.iter().zip(start).all(|(one, other)| one.text() == other.text());
    match rows.windows(start.len().max(1)).rposition(same) {
        Some(seam) => {
            rows.truncate(seam);
            Ok((rows, reached_the_first))
        }
        None => Ok((Vec::new(), false)),
    }
}

/// Restores the terminal that was stored on disk when its run or its supervisor ended.
pub(super) fn terminal_on_disk(directory: &Path) -> Option<Terminal> {
    let checkpoint = Checkpoint::read(directory)?;
    let mut terminal = Terminal::restore(checkpoint.size, HISTORY_LINES_MAX, &checkpoint.bytes).ok()?;
    if let Ok((_, bytes)) = read_from(directory, checkpoint.offset) {
        terminal.advance(&bytes);
    }
    Some(terminal)
}

fn frame_on_disk(directory: &Path) -> Option<Arc<Frame>> {
    Some(Arc::new(terminal_on_disk(directory)?.frame()))
}

fn scrollback_on_disk(directory: &Path, lines: u32) -> Option<Scrollback> {
    Some(Scrollback::of(&mut terminal_on_disk(directory)?, lines))
}

/// Loads the last screens of the agents that do not run, if an earlier supervisor stored them.
pub(super) async fn remember_ended(context: Arc<Context>) {
    let ended: Vec<(AgentId, RunId)> = {
        let view = context.kernel.view();
        let ended = view.agents.iter().filter(|(_, agent)| !agent.state.is_live());
        ended.filter_map(|(id, agent)| Some((*id, agent.run?))).collect()
    };
    for (agent, run) in ended {
        let directory = context.run_directory(run);
        let read = tokio::task::spawn_blocking(move || {
            let mut terminal = terminal_on_disk(&directory)?;
            Some(RunHandle::of_ended(Arc::new(terminal.frame()), Summary::of(&mut terminal)))
        });
        if let Ok(Some(ended)) = read.await {
            context.screens.runs.remember(agent, run, ended);
            context.dashboard.pulse.send_replace(());
        }
    }
}

/// Reads a transcript from an offset on, up to the limit. Returns the offset of the first byte read, and the bytes.
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
