//! The terminal room against recorded programs and against hostile bytes.

mod answers;
mod behaviour;
mod bytes;
mod checkpoints;
mod clusters;
mod properties;
mod recordings;
mod unseen;

use quarterdeck::term::Terminal;
use quarterdeck::term::frame::{Frame, Glyphs, Row, Size};
use std::sync::Arc;

/// History lines most tests keep.
const HISTORY: u32 = 100;

fn size(columns: u16, rows: u16) -> Size {
    Size { columns, rows }
}

/// A terminal that has taken `bytes` in.
fn terminal(size: Size, bytes: &[u8]) -> Terminal {
    let mut terminal = Terminal::new(size, HISTORY);
    terminal.advance(bytes);
    terminal
}

/// The picture, its number left out.
fn picture(terminal: &mut Terminal) -> Frame {
    Frame { seq: 0, ..terminal.frame() }
}

/// Everything that can be seen: the picture and the lines above it.
fn seen(terminal: &mut Terminal) -> (Frame, Vec<Arc<Row>>) {
    (picture(terminal), terminal.history(u32::MAX))
}

/// How many cells a row fills.
fn cells(row: &Row) -> usize {
    let fills = |span: &quarterdeck::term::frame::Span| match span.glyphs {
        Glyphs::Narrow => span.text.chars().count(),
        Glyphs::Wide => 2 * span.text.chars().count(),
        Glyphs::Cluster { cells } => usize::from(cells),
    };
    row.spans.iter().map(fills).sum()
}
