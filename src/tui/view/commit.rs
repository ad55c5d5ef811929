//! Draws the dialog in which an agent's work is committed: its files, and a line for the message.

use super::super::model::Model;
use super::super::model::commit::CommitForm;
use super::super::widget::cursor::CursorAt;
use super::super::widget::lines::{Pieces, tail, write};
use super::super::widget::popup::{centred, framed};
use super::super::widget::text::{Side, pad, width};
use crate::api::work::{FileChange, Work};
use crate::term::frame::CursorShape;
use ratatui::buffer::Buffer;
use ratatui::layout::Position;

/// The widest form of a commit, frame included. Beyond it, the dashboard is still visible at the sides.
const COLUMNS_MAX: u16 = 76;
/// The most files that the dialog names. Beyond it, the rest is counted.
const FILES_MAX: usize = 12;
/// Width of the column for the name of the message's field.
const NAME_COLUMNS: u16 = 12;
/// Rows of everything except the files, frame included.
const OTHER_ROWS: u16 = 8;

pub(super) fn draw(model: &Model, form: &CommitForm, buf: &mut Buffer) -> Option<CursorAt> {
    let theme = &model.theme;
    let room = usize::from(buf.area.height.saturating_sub(OTHER_ROWS)).clamp(1, FILES_MAX);
    let mut lines = files(model, form, room);
    lines.push(Vec::new());
    let columns = COLUMNS_MAX.min(buf.area.width);
    let message = tail(&form.message, columns.saturating_sub(4 + NAME_COLUMNS));
    let row = lines.len() as u16;
    lines.push(vec![
        ("› ".to_owned(), theme.accent),
        (pad("Message", NAME_COLUMNS - 2, Side::Right), theme.dim),
        (message.clone(), theme.text.patch(theme.selected)),
    ]);
    lines.push(match (&form.error, form.sending) {
        (Some(error), _) => vec![(format!("  {error}"), theme.error)],
        (None, Some(_)) => vec![("  on its way …".to_owned(), theme.dim)],
        (None, None) => Vec::new(),
    });
    let enter = if form.detail.is_some() && form.files() == 0 { " closes   " } else { " commits it   " };
    lines.push(vec![
        ("  Enter".to_owned(), theme.key),
        (enter.to_owned(), theme.dim),
        ("Esc".to_owned(), theme.key),
        (" leaves it as it is".to_owned(), theme.dim),
    ]);
    let area = centred(buf.area, columns, lines.len() as u16 + 2);
    let inner = framed(area, &format!("Commit the work of {}?", form.agent), theme.border_focused, buf);
    let first = lines.len().saturating_sub(usize::from(inner.height));
    write(&lines, first, inner, buf);
    let row = row.checked_sub(first as u16)?;
    let position = Position::new(inner.x + NAME_COLUMNS + width(&message), inner.y + row);
    inner.contains(position).then_some(CursorAt { position, shape: CursorShape::Bar })
}

/// Returns the branch of the commit, and as many files as there is room for.
fn files(model: &Model, form: &CommitForm, room: usize) -> Vec<Pieces> {
    let theme = &model.theme;
    let Some(detail) = &form.detail else { return vec![vec![("looking at its files …".to_owned(), theme.dim)]] };
    let words =
        detail.work.as_ref().and_then(Work::uncommitted_words).unwrap_or_else(|| "nothing to commit".to_owned());
    let branch = detail.branch.as_deref().map(|branch| format!("  → {branch}")).unwrap_or_default();
    let mut lines = vec![vec![(words, theme.text), (branch, theme.dim)]];
    let total = form.files() as usize;
    let shown = if total > room { room - 1 } else { total };
    lines.extend(detail.files.iter().take(shown).map(|file| {
        let (sign, style) = match file.change {
            FileChange::New => ("+ ", theme.finished),
            FileChange::Changed => ("~ ", theme.warning),
            FileChange::Deleted => ("- ", theme.failed),
            FileChange::Unmerged => ("! ", theme.error),
        };
        vec![(sign.to_owned(), style), (file.path.clone(), theme.text)]
    }));
    if total > shown {
        lines.push(vec![(format!("  and {} more", total - shown), theme.dim)]);
    }
    lines.extend(
        detail.nested.iter().take(1).map(|path| {
            vec![(format!("{path} is a repository of its own: nothing of it is committed"), theme.warning)]
        }),
    );
    lines
}
