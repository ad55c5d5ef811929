//! Draws the editor for a task or a message, and the form for the reason why a lock is taken.

use super::super::layout::inside;
use super::super::model::Model;
use super::super::model::compose::{Compose, Leaving, Piece, Place};
use super::super::model::dialog::Force;
use super::super::seen::{Click, Seen};
use super::super::widget::cursor::CursorAt;
use super::super::widget::lines::{Pieces, tail, write};
use super::super::widget::popup::{centred, framed};
use super::super::widget::text::{Side, pad, put, width, wrap};
use crate::term::frame::CursorShape;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::widgets::Widget;

/// Columns and rows of the editor, frame included.
const SIZE: (u16, u16) = (96, 28);
/// Rows below the text: a rule, two fields, a line for errors, the keys.
const FOOT_ROWS: u16 = 5;
/// Width of the column for the names of the fields.
const NAME_COLUMNS: u16 = 12;
/// Columns and rows of the form in which a reason is written.
const FORCE_SIZE: (u16, u16) = (70, 9);

/// Returns the areas of the editor's frame, its text and its foot.
fn places(screen: Rect) -> (Rect, Rect, Rect) {
    let room = (screen.width.saturating_sub(4).max(screen.width / 2), screen.height.saturating_sub(2));
    let area = match screen.width < 40 || screen.height < 12 {
        true => screen,
        false => centred(screen, SIZE.0.min(room.0), SIZE.1.min(room.1)),
    };
    let within = inside(area);
    let within = Rect { x: within.x + u16::from(within.width > 4), width: within.width.saturating_sub(2), ..within };
    let foot_rows = if within.height > FOOT_ROWS + 1 { FOOT_ROWS } else { within.height.min(1) };
    let text = Rect { height: within.height - foot_rows, ..within };
    (area, text, Rect { y: text.bottom(), height: foot_rows, ..within })
}

pub(super) fn draw(model: &Model, compose: &Compose, seen: &mut Seen, buf: &mut Buffer) -> Option<CursorAt> {
    let theme = &model.theme;
    let (area, text, foot) = places(buf.area);
    let title = match compose.piece {
        Piece::Task => "New task",
        Piece::Message => "Message",
    };
    framed(area, title, theme.border_focused, buf);
    seen.place(text, Click::Write(Place::Text));
    if !text.is_empty() {
        compose.text.area().render(text, buf);
    }
    if compose.text.is_blank() && !text.is_empty() {
        let hint = match compose.piece {
            Piece::Task => "The work to be done: the whole prompt, in any number of lines",
            Piece::Message => "What it says",
        };
        put(buf, text, text.x + 1, text.y, hint, theme.dim);
    }
    if foot.height < FOOT_ROWS {
        let (said, style) = state_or_keys(model, compose);
        put(buf, foot, foot.x, foot.y, &said, style);
        return None;
    }
    seen.place(Rect { y: foot.y + 1, height: 1, ..foot }, Click::Write(Place::Agent));
    seen.place(Rect { y: foot.y + 2, height: 1, ..foot }, Click::Write(Place::Last));
    put(buf, foot, foot.x, foot.y, &"─".repeat(usize::from(foot.width)), theme.border);
    write(&lines(model, compose, foot.width), 0, Rect { y: foot.y + 1, height: foot.height - 1, ..foot }, buf);
    let typed = compose.place == Place::Last && compose.piece == Piece::Message;
    let room = foot.width.saturating_sub(NAME_COLUMNS);
    let position = Position::new(foot.x + NAME_COLUMNS + width(&tail(&compose.topic, room)), foot.y + 2);
    (typed && foot.contains(position)).then_some(CursorAt { position, shape: CursorShape::Bar })
}

fn lines(model: &Model, compose: &Compose, columns: u16) -> Vec<Pieces> {
    let theme = &model.theme;
    let field = |name: &str, value: String, help: &str, place: Place| -> Pieces {
        let at = compose.place == place;
        let style = if at { theme.text.patch(theme.selected) } else { theme.text };
        vec![
            (if at { "› " } else { "  " }.to_owned(), theme.accent),
            (pad(name, NAME_COLUMNS - 2, Side::Right), theme.dim),
            (tail(&value, columns.saturating_sub(NAME_COLUMNS)), style),
            (format!("  {help}"), theme.dim),
        ]
    };
    let (said, style) = state(model, compose);
    let who = |any: &str| format!("‹ {} ›", compose.agent.as_deref().unwrap_or(any));
    let (agent, last) = match compose.piece {
        Piece::Task => (
            field("Agent", who("any that can"), "", Place::Agent),
            field("Priority", format!("‹ {} ›", compose.priority), "higher goes first", Place::Last),
        ),
        Piece::Message => {
            let topic = if compose.topic.is_empty() && compose.place != Place::Last {
                if compose.agent.is_some() { "direct" } else { "broadcast.message" }.to_owned()
            } else {
                compose.topic.clone()
            };
            (field("To", who("all agents"), "", Place::Agent), field("Topic", topic, "", Place::Last))
        }
    };
    let key = |key: &str, does: &str| [(format!("  {key}"), theme.key), (format!(" {does} "), theme.dim)];
    let submit = if compose.piece == Piece::Task { "adds it" } else { "sends it" };
    let mut keys: Pieces = [key("Ctrl-s", submit), key("Tab", "next field"), key("Esc", "closes")].concat();
    if compose.place == Place::Agent {
        keys.extend(key("← →", "choose"));
    }
    vec![agent, last, vec![(format!("  {said}"), style)], keys]
}

/// Returns the state of the editor: a question, an error, or that the text is being sent.
fn state(model: &Model, compose: &Compose) -> (String, ratatui::style::Style) {
    let theme = &model.theme;
    match (compose.leaving, &compose.error, compose.sending) {
        (Leaving::Asked, ..) => ("Discard it?  y discards, any other key continues writing".to_owned(), theme.warning),
        (_, Some(error), _) => (error.clone(), theme.error),
        (_, None, Some(_)) => ("on its way …".to_owned(), theme.dim),
        (_, None, None) => (String::new(), theme.dim),
    }
}

/// Returns the state of the editor or its keys in one line, for a terminal with few rows.
fn state_or_keys(model: &Model, compose: &Compose) -> (String, ratatui::style::Style) {
    let (said, style) = state(model, compose);
    if said.is_empty() { ("Ctrl-s · Esc · Tab".to_owned(), model.theme.dim) } else { (said, style) }
}

pub(super) fn force(model: &Model, force: &Force, buf: &mut Buffer) -> Option<CursorAt> {
    let theme = &model.theme;
    let area = centred(buf.area, FORCE_SIZE.0, FORCE_SIZE.1);
    let inner = framed(area, &format!("Take {} from {}?", force.lease, force.holder), theme.error, buf);
    let room = inner.width.saturating_sub(NAME_COLUMNS);
    let what =
        format!("{} is held by {}. The holder is told, and its token becomes invalid.", force.scopes, force.holder);
    let mut lines: Vec<Pieces> =
        wrap(&what, inner.width.max(1), 3).into_iter().map(|line| vec![(line, theme.text)]).collect();
    lines.push(Vec::new());
    let row = lines.len() as u16;
    lines.push(vec![
        ("› ".to_owned(), theme.accent),
        (pad("Reason", NAME_COLUMNS - 2, Side::Right), theme.dim),
        (tail(&force.reason, room), theme.text.patch(theme.selected)),
    ]);
    lines.push(match (&force.error, force.sending) {
        (Some(error), _) => vec![(format!("  {error}"), theme.error)],
        (None, Some(_)) => vec![("  on its way …".to_owned(), theme.dim)],
        (None, None) => Vec::new(),
    });
    lines.push(vec![
        ("  Ctrl-s".to_owned(), theme.key),
        (" takes it   ".to_owned(), theme.dim),
        ("Esc".to_owned(), theme.key),
        (" leaves it".to_owned(), theme.dim),
    ]);
    let first = lines.len().saturating_sub(usize::from(inner.height));
    write(&lines, first, inner, buf);
    let row = row.checked_sub(first as u16)?;
    let position = Position::new(inner.x + NAME_COLUMNS + width(&tail(&force.reason, room)), inner.y + row);
    inner.contains(position).then_some(CursorAt { position, shape: CursorShape::Bar })
}
