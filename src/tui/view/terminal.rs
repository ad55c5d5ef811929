//! Draws the selected agent's terminal. The colour, the strokes and the title of its frame show where keys go.

use super::super::ending;
use super::super::keymap::Does;
use super::super::layout::Parts;
use super::super::model::scroll::{History, Scroll};
use super::super::model::{Focus, Keys, Model, first_row};
use super::super::widget::cursor::CursorAt;
use super::super::widget::screen;
use super::super::widget::text::{fit, put, width, wrap};
use super::agents::glyph;
use crate::api::agents::Agent;
use crate::term::frame::{CursorShape, Frame};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Widget};

pub(super) fn draw(model: &Model, parts: &Parts, buf: &mut Buffer) -> Option<CursorAt> {
    if parts.terminal.is_empty() {
        return None;
    }
    if parts.screen.x != parts.terminal.x {
        frame(model, parts.terminal, buf);
    }
    let area = parts.screen;
    let agent = model.selected()?;
    let rows = model.shown_rows(area.height);
    if !model.has_picture(agent) {
        nothing(model, agent, area, buf);
        return None;
    }
    foot(model, agent, parts.foot, buf);
    screen::draw(&rows, area, buf, model.is_stale().then_some(model.theme.stale));
    if let Some(scroll) = &model.scroll {
        screen::mark_found(&rows, &scroll.search.text, area, buf, model.theme.found);
    }
    if let Some(drag) = &model.drag {
        screen::mark_selected(drag, area, buf);
    }
    match (&model.scroll, model.screen()) {
        (None, Some(frame)) => cursor(frame, area),
        _ => None,
    }
}

/// Returns the place of the program's cursor on the user's terminal, if the cursor is visible.
fn cursor(frame: &Frame, area: Rect) -> Option<CursorAt> {
    let row = frame.cursor.row.checked_sub(first_row(frame, area.height))?;
    let seen = frame.cursor.shape != CursorShape::Hidden && row < area.height && frame.cursor.column < area.width;
    let position = Position::new(area.x + frame.cursor.column, area.y + row);
    seen.then_some(CursorAt { position, shape: frame.cursor.shape })
}

fn frame(model: &Model, area: Rect, buf: &mut Buffer) {
    let theme = &model.theme;
    let (strokes, style) = match (&model.scroll, model.keys, model.focus) {
        (Some(_), ..) => (BorderType::Rounded, theme.border_scroll),
        (None, Keys::Agent, _) => (BorderType::Thick, theme.border_typing),
        (None, _, Focus::Terminal) => (BorderType::Rounded, theme.border_focused),
        _ => (BorderType::Rounded, theme.border),
    };
    let mut block = Block::bordered().border_type(strokes).border_style(style);
    if let Some(agent) = model.selected() {
        let right = where_it_stands(model, style);
        let room = area.width.saturating_sub(6 + width(&right.content));
        block = block.title_top(title(model, agent, room)).title_top(Line::from(right).right_aligned());
    }
    block.render(area, buf);
}

/// Returns the title of the frame: the agent's sign and name, and its terminal's title.
fn title(model: &Model, agent: &Agent, room: u16) -> Line<'static> {
    let theme = &model.theme;
    let (glyph, glyph_style) = glyph(agent, theme);
    let stale = |style: Style| if model.is_stale() { theme.stale } else { style };
    let name = fit(&agent.name, room.saturating_sub(4));
    let left = room.saturating_sub(width(&name) + 6);
    let said = if left < 4 || agent.title.is_empty() {
        String::new()
    } else {
        format!("· {} ", fit(&agent.title, left.saturating_sub(2)))
    };
    Line::from(vec![
        Span::styled(format!(" {glyph} "), stale(glyph_style)),
        Span::styled(format!("{name} "), stale(theme.title)),
        Span::styled(said, theme.dim),
    ])
}

/// Returns the text at the right of the frame: where keys go, or how far the view is scrolled back.
fn where_it_stands(model: &Model, style: Style) -> Span<'static> {
    match (&model.scroll, model.keys) {
        (Some(scroll), _) => Span::styled(scrolled(scroll), style),
        (None, Keys::Agent) => {
            let key = model.keymap.shown(Does::TypingLeave);
            Span::styled(format!(" typing · {key} leaves "), style)
        }
        (None, _) if model.is_stale() => Span::styled(" last known ", model.theme.stale),
        (None, _) => Span::styled(String::new(), style),
    }
}

fn scrolled(scroll: &Scroll) -> String {
    let search = &scroll.search;
    match (search.editing, scroll.history) {
        (true, _) => format!(" /{}▏ ", fit(&search.text, 30)),
        (false, History::Asked { .. }) => " fetching what was before … ".to_owned(),
        (false, History::Here { complete }) => {
            let end = if complete { "" } else { "+" };
            format!(" {} of {}{end} lines back ", scroll.back, scroll.rows.len())
        }
    }
}

fn foot(model: &Model, agent: &Agent, area: Rect, buf: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    let framed = area.x > buf.area.x;
    let rule = Rect { x: area.x - u16::from(framed), width: area.width + 2 * u16::from(framed), height: 1, ..area };
    let (left, right) = if framed { ("├", "┤") } else { ("", "") };
    put(
        buf,
        rule,
        rule.x,
        rule.y,
        &format!("{left}{}{right}", "─".repeat(usize::from(area.width))),
        model.theme.border,
    );
    let lines = ending::lines(model, agent, ending::columns(area.width));
    for ((text, style), y) in lines.iter().zip(area.y.saturating_add(1)..area.bottom()) {
        put(buf, area, area.x + 1, y, text, *style);
    }
}

/// Draws the text that replaces a missing frame: the agent's state, the reason, and the keys that help.
fn nothing(model: &Model, agent: &Agent, area: Rect, buf: &mut Buffer) {
    let columns = area.width.saturating_sub(4).max(1);
    let mut wrapped = vec![(fit(&agent.name, columns), model.theme.title)];
    wrapped.extend(ending::lines(model, agent, columns));
    let refused = model.refusals.get(&agent.name).into_iter().flat_map(|why| wrap(why, columns, 3));
    wrapped.extend(refused.map(|line| (line, model.theme.dim)));
    for ((text, style), y) in wrapped.into_iter().zip(area.y + area.height / 3..area.bottom()) {
        let x = area.x + area.width.saturating_sub(width(&text)) / 2;
        put(buf, area, x, y, &text, style);
    }
}
