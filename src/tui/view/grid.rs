//! Draws a grid of many live terminals at once.

use super::super::layout::{Parts, inside};
use super::super::model::{Model, first_row};
use super::super::seen::{Click, Seen};
use super::super::widget::screen;
use super::super::widget::text::{fit, put, wrap};
use super::agents::glyph;
use super::note::{Clock, note};
use crate::api::agents::{Agent, Attention};
use crate::tui::model::roster::is_live;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Widget};

pub(super) fn draw(model: &Model, parts: &Parts, seen: &mut Seen, buf: &mut Buffer) {
    for (index, area) in &parts.tiles {
        if let Some(agent) = model.roster.shown().nth(*index) {
            tile(model, agent, *area, buf);
            seen.place(*area, Click::Tile(agent.name.clone()));
            seen.age(Clock::of(agent).age());
        }
    }
}

fn tile(model: &Model, agent: &Agent, area: Rect, buf: &mut Buffer) {
    let theme = &model.theme;
    let selected = model.roster.selected_name() == Some(&agent.name);
    let (glyph, glyph_style) = glyph(agent, theme);
    let title = Line::from(vec![
        Span::styled(format!(" {glyph} "), glyph_style),
        Span::styled(format!("{} ", fit(&agent.name, area.width.saturating_sub(20))), theme.title),
    ]);
    let clock = Clock::of(agent);
    let told = clock.long(model.known_ms()).unwrap_or_else(|| clock.age().text(model.known_ms()));
    let age = Line::styled(format!(" {told} "), theme.dim).right_aligned();
    let border = match (selected, agent.attention) {
        (true, _) => theme.border_focused,
        (false, Attention::NeedsYou) => theme.needs_you,
        (false, _) => theme.border,
    };
    Block::bordered()
        .border_type(if selected { BorderType::Thick } else { BorderType::Rounded })
        .border_style(border)
        .title_top(title)
        .title_top(age)
        .render(area, buf);
    let inner = inside(area);
    match model.screens.get(&agent.name) {
        Some(frame) if model.has_picture(agent) => {
            let rows = inner.height - u16::from(!is_live(agent.state)).min(inner.height);
            let first = usize::from(first_row(frame, rows)).min(frame.rows.len());
            let inner = Rect { height: rows, ..inner };
            screen::draw(&frame.rows[first..], inner, buf, model.is_stale().then_some(theme.stale));
        }
        _ => {
            let (note, style) = note(agent, theme);
            for (line, y) in wrap(&note, inner.width, 3).iter().zip(inner.y + inner.height / 3..inner.bottom()) {
                put(buf, inner, inner.x, y, line, style);
            }
            return;
        }
    }
    if !is_live(agent.state) {
        let style = if agent.attention == Attention::Failed { theme.error } else { theme.dim };
        put(buf, inner, inner.x, inner.bottom().saturating_sub(1), &agent.summary, style);
    }
}
