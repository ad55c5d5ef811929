//! Draws a conflict as an overlay: how the versions of a file differ, and the keys that take one of them.

use super::super::model::Model;
use super::super::model::conflict::{ConflictView, Extent};
use super::super::widget::lines::{Pieces, scroll, write};
use super::super::widget::popup::{centred, framed};
use super::super::widget::text::fit;
use crate::api::conflicts::{ConflictDetail, Line, Version};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The widest conflict, frame included. Beyond it, the dashboard is still visible at the sides.
const COLUMNS_MAX: u16 = 100;
/// Rows for the question and for the keys.
const FOOT_ROWS: u16 = 3;

pub(super) fn draw(model: &Model, view: &ConflictView, buf: &mut Buffer) {
    let detail = model.tabs.conflict_of(&view.id);
    let columns = COLUMNS_MAX.min(buf.area.width);
    let lines = detail.map_or_else(
        || vec![vec![("asking …".to_owned(), model.theme.dim)]],
        |detail| difference(model, view, detail, columns.saturating_sub(4).max(1)),
    );
    let area = centred(buf.area, columns, lines.len() as u16 + FOOT_ROWS + 2);
    let inner = framed(area, &format!("Conflict {}", view.id), model.theme.border_focused, buf);
    let foot_rows = FOOT_ROWS.min(inner.height.saturating_sub(1));
    let body = Rect { height: inner.height.saturating_sub(foot_rows), ..inner };
    scroll(&lines, view.scrolled, area, body, model.theme.accent, buf);
    let foot = foot(model, view, detail, foot_rows < FOOT_ROWS);
    write(&foot, 0, Rect { y: body.bottom(), height: foot_rows, ..inner }, buf);
}

/// Returns the name of the file, its number among all files, and how its versions differ.
fn difference(model: &Model, view: &ConflictView, detail: &ConflictDetail, columns: u16) -> Vec<Pieces> {
    let theme = &model.theme;
    let Some(file) = view.shown(detail) else {
        return vec![vec![("none of its files was kept".to_owned(), theme.warning)]];
    };
    let place = match detail.versions.len() {
        1 => String::new(),
        many => format!("  {} of {many}", view.file + 1),
    };
    let mut lines = vec![vec![(file.file.clone(), theme.text.patch(theme.selected)), (place, theme.dim)]];
    for line in file.difference() {
        let (text, style) = match line {
            Line::At(line) => (format!("from line {line} on"), theme.accent),
            Line::Before(text) => (format!("- {text}"), theme.failed),
            Line::After(text) => (format!("+ {text}"), theme.finished),
            Line::Remark(remark) => (remark.to_owned(), theme.dim),
        };
        // Leading blanks matter in code, so lines are cut and not wrapped.
        lines.push(vec![(fit(&text.replace('\t', "    "), columns), style)]);
    }
    lines
}

/// Returns the question or the error, and the keys. Where room is short, only the more urgent of both.
fn foot(model: &Model, view: &ConflictView, detail: Option<&ConflictDetail>, short: bool) -> Vec<Pieces> {
    let theme = &model.theme;
    let said: Option<Pieces> = match (&view.error, view.sending, view.asks) {
        (Some(error), ..) => Some(vec![(error.clone(), theme.error)]),
        (None, Some(_), _) => Some(vec![("on its way …".to_owned(), theme.dim)]),
        (None, None, Some((version, extent))) => Some(asked(model, version, extent)),
        (None, None, None) => None,
    };
    let several = detail.is_some_and(|detail| detail.versions.len() > 1);
    let mut keys: Pieces = vec![("b".to_owned(), theme.key), (" takes - before   ".to_owned(), theme.dim)];
    keys.extend([("a".to_owned(), theme.key), (" takes + after   ".to_owned(), theme.dim)]);
    if several {
        keys.extend([("B A".to_owned(), theme.key), (" all files   ".to_owned(), theme.dim)]);
        keys.extend([("Tab".to_owned(), theme.key), (" next   ".to_owned(), theme.dim)]);
    }
    keys.extend([("Esc".to_owned(), theme.key), (" closes".to_owned(), theme.dim)]);
    match (short, said) {
        (true, Some(said)) => vec![said],
        (true, None) => vec![keys],
        (false, said) => vec![Vec::new(), said.unwrap_or_default(), keys],
    }
}

fn asked(model: &Model, version: Version, extent: Extent) -> Pieces {
    let theme = &model.theme;
    let (key, how) = match (version, extent) {
        (Version::Before, Extent::File) => ("b", "the file becomes what its holder wrote"),
        (Version::Before, Extent::All) => ("B", "all files become what their holder wrote"),
        (Version::After, Extent::File) => ("a", "the file becomes what the other party wrote"),
        (Version::After, Extent::All) => ("A", "all files become what the other party wrote"),
    };
    let again = vec![(key.to_owned(), theme.key), (" again: ".to_owned(), theme.dim)];
    let rest = [(how.to_owned(), theme.warning), ("; both versions stay kept".to_owned(), theme.dim)];
    again.into_iter().chain(rest).collect()
}
