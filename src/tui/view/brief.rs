//! Draws the agents that need attention, most urgent first, when there is room for nothing else. The selected agent
//! takes the last line when it would not be visible.

use super::super::model::Model;
use super::super::widget::text::{fit, put, width};
use super::agents::glyph;
use super::note::note;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

pub(super) fn draw(model: &Model, area: Rect, buf: &mut Buffer) {
    let rows = usize::from(area.height);
    let count = model.roster.shown().len();
    let selected = model.roster.selected_index().filter(|index| *index >= rows && rows > 1);
    let urgent = model.roster.shown().take(rows.saturating_sub(usize::from(selected.is_some())));
    let agents = urgent.chain(model.roster.shown().skip(selected.unwrap_or(count)));
    for (agent, y) in agents.zip(area.y..area.bottom()) {
        let theme = &model.theme;
        let stale = |style| if model.is_stale() { theme.stale } else { style };
        let (glyph, glyph_style) = glyph(agent, theme);
        let chosen = model.roster.selected_name() == Some(&agent.name);
        let name_style = if chosen { theme.text.patch(theme.selected) } else { theme.text };
        if chosen {
            put(buf, area, area.x, y, "▌", stale(theme.accent));
        }
        let x = put(buf, area, area.x + 1, y, glyph, stale(glyph_style));
        let most = area.width.saturating_sub(3).min(width(&agent.name).max(1));
        let x = put(buf, area, x + 1, y, &fit(&agent.name, most), stale(name_style));
        let (note, note_style) = note(agent, theme);
        put(buf, area, x + 1, y, &note, stale(note_style));
    }
}
