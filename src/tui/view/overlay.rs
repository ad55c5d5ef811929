//! Draws the overlays: questions, the form for a new agent, the help, the explanation.

use super::super::keymap::{Context, ENTRIES, Keymap};
use super::super::layout::inside;
use super::super::model::Model;
use super::super::model::dialog::{Field, Form, Overlay, Page};
use super::super::model::question::Question;
use super::super::model::tab::Tab;
use super::super::seen::{Click, Seen};
use super::super::theme::Theme;
use super::super::widget::cursor::CursorAt;
use super::super::widget::lines::{Pieces, scroll, tail, write};
use super::super::widget::popup::{centred, framed};
use super::super::widget::text::{Side, fit, pad, put, width, wrap};
use super::agents::look;
use super::{commit, compose, conflict, tabs};
use crate::api::agents::Explanation;
use crate::api::condition::Condition;
use crate::api::tasks::TaskState;
use crate::graph::Flow;
use crate::term::frame::CursorShape;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

/// The conditions of each sign that is before agents' names, for the legend of the help.
const SIGNS: [&[Condition]; 10] = [
    &[Condition::NeedsYou],
    &[Condition::Failed],
    &[Condition::Done],
    &[Condition::Blocked],
    &[Condition::Working],
    &[Condition::Idle],
    &[Condition::Snoozed],
    &[Condition::Paused],
    &[Condition::Starting, Condition::Queued],
    &[Condition::Off, Condition::Completed],
];

/// Draws an overlay. Returns the cursor's position and shape, if the overlay contains a field that is written in.
pub(super) fn draw(model: &Model, overlay: &Overlay, seen: &mut Seen, buf: &mut Buffer) -> Option<CursorAt> {
    match overlay {
        Overlay::Help { search, scrolled } => help(model, search, *scrolled, buf),
        Overlay::Ask(question) => {
            ask(model, question, seen, buf);
            None
        }
        Overlay::New(form) => new(model, form, seen, buf),
        Overlay::Compose(compose) => compose::draw(model, compose, seen, buf),
        Overlay::Force(force) => compose::force(model, force, buf),
        Overlay::Commit(form) => commit::draw(model, form, buf),
        Overlay::Conflict(view) => {
            conflict::draw(model, view, buf);
            None
        }
        Overlay::Task { id, page, scrolled } => {
            task(model, id, *page, *scrolled, seen, buf);
            None
        }
        Overlay::Explain { agent, explanation, scrolled } => {
            explain(model, agent, explanation.as_ref(), *scrolled, buf);
            None
        }
    }
}

/// The width of the widest question, frame included.
const QUESTION_COLUMNS: u16 = 64;
/// The widest overlay of a task, in columns. Beyond it, its text is wrapped.
const TASK_COLUMNS_MAX: u16 = 100;
/// Columns and rows of the form for a new agent, frame included.
const FORM_SIZE: (u16, u16) = (64, 10);

fn ask(model: &Model, question: &Question, seen: &mut Seen, buf: &mut Buffer) {
    let lines = question_lines(model, question, buf.area.width);
    let area = centred(buf.area, QUESTION_COLUMNS, lines.len() as u16 + 2);
    let edge = if question.takes_away() { model.theme.error } else { model.theme.border_focused };
    let inner = framed(area, &question.title, edge, buf);
    // If not all lines have room, the last ones, the choices, matter most.
    let first = lines.len().saturating_sub(usize::from(inner.height));
    write(&lines, first, inner, buf);
    let above = lines.len() - question.choices.len();
    for index in 0..question.choices.len() {
        if let Some(row) = (above + index).checked_sub(first) {
            seen.place(row_of(area, row), Click::Choice(index));
        }
    }
}

/// Returns the area of a row within a frame; without area if the frame is too low for it.
fn row_of(frame: Rect, row: usize) -> Rect {
    let inner = inside(frame);
    match u16::try_from(row) {
        Ok(row) if row < inner.height => Rect { y: inner.y + row, height: 1, ..inner },
        _ => Rect::default(),
    }
}

fn question_lines(model: &Model, question: &Question, width_max: u16) -> Vec<Pieces> {
    let theme = &model.theme;
    let columns = QUESTION_COLUMNS.min(width_max);
    let names = question.lines.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
    let indent = if names > 0 { names + 2 } else { 0 };
    let room = columns.saturating_sub(4 + indent).max(1);
    let mut lines: Vec<Pieces> = Vec::new();
    for (name, value) in &question.lines {
        for (index, text) in wrap(value, room, 3).into_iter().enumerate() {
            let name = if index == 0 { name } else { "" };
            lines.push(vec![(pad(name, indent, Side::Right), theme.dim), (text, theme.text)]);
        }
    }
    lines.push(Vec::new());
    for (index, choice) in question.choices.iter().enumerate() {
        let chosen = index == question.selected;
        let style = if chosen { theme.text.patch(theme.selected) } else { theme.text };
        lines.push(vec![
            (if chosen { "› " } else { "  " }.to_owned(), theme.accent),
            (choice.key.to_string(), theme.key),
            (format!("  {}", choice.label), style),
        ]);
    }
    lines
}

fn new(model: &Model, form: &Form, seen: &mut Seen, buf: &mut Buffer) -> Option<CursorAt> {
    let theme = &model.theme;
    let area = centred(buf.area, FORM_SIZE.0, FORM_SIZE.1);
    let inner = framed(area, "New agent", theme.border_focused, buf);
    let room = inner.width.saturating_sub(13);
    let field = |name: &str, value: &str, which: Field| -> Pieces {
        let at = form.field == which;
        vec![
            (if at { "› " } else { "  " }.to_owned(), theme.accent),
            (pad(name, 11, Side::Right), theme.dim),
            (tail(value, room), if at { theme.text.patch(theme.selected) } else { theme.text }),
        ]
    };
    let mut lines = vec![
        field("Name", &form.name, Field::Name),
        field("Command", &form.command, Field::Command),
        field("Workspace", &format!("‹ {} ›", form.workspace.word()), Field::Workspace),
        vec![(" ".repeat(13) + form.workspace.help(), theme.dim)],
        Vec::new(),
    ];
    match &form.error {
        Some(error) => lines.push(vec![(format!("  {error}"), theme.error)]),
        None => lines.push(vec![("  It is not written to agents.toml.".to_owned(), theme.dim)]),
    }
    lines.push(vec![
        ("  Enter".to_owned(), theme.key),
        (" starts it   ".to_owned(), theme.dim),
        ("Tab".to_owned(), theme.key),
        (" next field   ".to_owned(), theme.dim),
        ("Esc".to_owned(), theme.key),
        (" closes".to_owned(), theme.dim),
    ]);
    write(&lines, 0, inner, buf);
    for (row, which) in [Field::Name, Field::Command, Field::Workspace].into_iter().enumerate() {
        seen.place(row_of(area, row), Click::Field(which));
    }
    let (row, value) = match form.field {
        Field::Name => (0, &form.name),
        Field::Command => (1, &form.command),
        Field::Workspace => return None,
    };
    let position = Position::new(inner.x + 13 + width(&tail(value, room)), inner.y + row);
    inner.contains(position).then_some(CursorAt { position, shape: CursorShape::Bar })
}

fn help(model: &Model, search: &str, scrolled: u16, buf: &mut Buffer) -> Option<CursorAt> {
    let theme = &model.theme;
    let lines = help_lines(model, search);
    let area = centred(buf.area, 76, (ENTRIES.len() + 18) as u16);
    let inner = framed(area, "Keys", theme.border_focused, buf);
    if inner.is_empty() {
        return None;
    }
    let end = put(buf, inner, inner.x, inner.y, "Search: ", theme.dim);
    let end = put(buf, inner, end, inner.y, search, theme.text);
    let body = Rect { y: inner.y + 1, height: inner.height - 1, ..inner };
    scroll(&lines, scrolled, area, body, theme.accent, buf);
    let position = Position::new(end, inner.y);
    inner.contains(position).then_some(CursorAt { position, shape: CursorShape::Bar })
}

/// Returns the lines of the help, made from the keymap: actions that match the search, below the headings of their
/// contexts.
fn help_lines(model: &Model, search: &str) -> Vec<Pieces> {
    let theme = &model.theme;
    let sought = search.to_lowercase();
    let mut lines = match (sought.is_empty(), model.tabs.shown) {
        (false, _) => Vec::new(),
        (true, Tab::Tasks | Tab::Plan) => task_legend(theme),
        (true, Tab::Fleet | Tab::Locks | Tab::Messages) => legend(theme),
    };
    for context in contexts(model) {
        let entries = ENTRIES.iter().filter(|entry| entry.context == context).map(|entry| {
            let keys = model.keymap.keys(entry.does);
            (shown_keys(&model.keymap, entry.does, keys.len()), entry.help)
        });
        let matching: Vec<(String, &str)> = entries
            .filter(|(keys, help)| format!("{keys} {help}").to_lowercase().contains(&sought) && !keys.is_empty())
            .collect();
        if !matching.is_empty() {
            lines.push(Vec::new());
            lines.push(vec![(context.title().to_owned(), theme.title)]);
            lines.extend(matching.into_iter().map(|(keys, help)| {
                vec![(pad(&fit(&keys, 17), 18, Side::Right), theme.key), (help.to_owned(), theme.text)]
            }));
        }
    }
    lines
}

/// Returns the contexts in the order of the help: that of the shown tab first.
fn contexts(model: &Model) -> Vec<Context> {
    let here = model.tabs.shown.context();
    let others = Context::ALL.into_iter().filter(|context| *context != here);
    std::iter::once(here).chain(others).collect()
}

/// Draws all details of a task, or the reasons for its state.
fn task(model: &Model, id: &str, page: Page, scrolled: u16, seen: &mut Seen, buf: &mut Buffer) {
    let columns = TASK_COLUMNS_MAX.min(buf.area.width);
    let (title, lines) = tabs::told(model, id, page, columns.saturating_sub(4), seen);
    let area = centred(buf.area, columns, lines.len() as u16 + 2);
    let inner = framed(area, &title, model.theme.border_focused, buf);
    scroll(&lines, scrolled, area, inner, model.theme.accent, buf);
}

/// Returns the meaning of the signs before agents' names, and of the columns after them.
fn legend(theme: &Theme) -> Vec<Pieces> {
    let mut lines = vec![Vec::new(), vec![("Signs".to_owned(), theme.title)]];
    for row in SIGNS.chunks(3) {
        let sign = |conditions: &&[Condition]| {
            let words = conditions.iter().map(|condition| condition.title()).collect::<Vec<_>>().join(", ");
            let (glyph, style) = (conditions[0].look().sign(), look(conditions[0], theme));
            [(format!("{glyph} "), style), (pad(&words, 22, Side::Right), theme.text)]
        };
        lines.push(row.iter().flat_map(sign).collect());
    }
    let columns = "for: age of its condition · cpu, mem: of all its processes";
    lines.push(vec![(columns.to_owned(), theme.dim)]);
    lines
}

/// Returns the meaning of the signs of tasks, and of the lines of a plan.
fn task_legend(theme: &Theme) -> Vec<Pieces> {
    let mut lines = vec![Vec::new(), vec![("Signs".to_owned(), theme.title)]];
    for row in TaskState::ALL.chunks(3) {
        let sign = |state: &TaskState| {
            let (sign, style) = tabs::task_glyph(*state, theme);
            [(format!("{sign} "), style), (pad(state.word(), 22, Side::Right), theme.text)]
        };
        lines.push(row.iter().flat_map(sign).collect());
    }
    let edges = Flow::ALL.map(Flow::legend).join(" · ");
    lines.push(vec![(format!("In a plan: {edges} · ▸ needs it"), theme.dim)]);
    lines
}

fn shown_keys(keymap: &Keymap, does: super::super::keymap::Does, count: usize) -> String {
    keymap.keys(does).iter().take(count).map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn explain(model: &Model, agent: &str, explanation: Option<&Explanation>, scrolled: u16, buf: &mut Buffer) {
    let theme = &model.theme;
    let columns = 72.min(buf.area.width);
    let room = columns.saturating_sub(6).max(1);
    let mut lines: Vec<Pieces> = Vec::new();
    match explanation {
        None => lines.push(vec![("asking …".to_owned(), theme.dim)]),
        Some(explanation) => {
            let part = |lines: &mut Vec<Pieces>, mark: &str, text: &str, style: Style| {
                for (index, piece) in wrap(text, room, 6).into_iter().enumerate() {
                    let mark = if index == 0 { mark } else { "" };
                    lines.push(vec![(pad(mark, 2, Side::Right), theme.accent), (piece, style)]);
                }
            };
            part(&mut lines, "", &explanation.answer, theme.text.patch(theme.selected));
            explanation.because.iter().for_each(|why| part(&mut lines, "·", why, theme.text));
            if !explanation.hints.is_empty() {
                lines.push(Vec::new());
            }
            explanation.hints.iter().for_each(|hint| part(&mut lines, "›", hint, theme.key));
            if !explanation.facts.is_empty() {
                lines.push(Vec::new());
            }
            explanation.facts.iter().for_each(|fact| part(&mut lines, "", &fact.message, theme.dim));
        }
    }
    let area = centred(buf.area, columns, lines.len() as u16 + 2);
    let inner = framed(area, &format!("Why is {agent} as it is?"), theme.border_focused, buf);
    scroll(&lines, scrolled, area, inner, theme.accent, buf);
}
