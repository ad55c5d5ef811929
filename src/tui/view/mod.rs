//! Draws the dashboard from the model alone. Every part gets an area and stays within it.

pub mod agents;
mod bar;
mod brief;
mod commit;
mod compose;
mod conflict;
mod facts;
mod grid;
mod header;
pub mod note;
mod overlay;
pub mod tabs;
mod terminal;
mod time;
mod toasts;

use super::layout::{self, Parts};
use super::model::dialog::Overlay;
use super::model::{Focus, Keys, Model};
use super::seen::{Click, Seen};
use super::widget::cursor::CursorAt;
use ratatui::buffer::Buffer;
use ratatui::style::Style;

pub use header::title;

/// What a drawing returns beside its cells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawing {
    /// Position and shape of the user's cursor; none hides it.
    pub cursor: Option<CursorAt>,
    /// What was drawn: the places that can be clicked, the ages that change.
    pub seen: Seen,
}

/// Draws the whole dashboard. Returns the cursor and what was drawn.
pub fn draw(model: &Model, buf: &mut Buffer) -> Drawing {
    if buf.area.width != model.size.0 || buf.area.height != model.size.1 || buf.area.is_empty() {
        return Drawing::default();
    }
    let parts = layout::parts(model);
    let mut seen = Seen::with(parts.screen);
    panels(&parts, &mut seen);
    header::draw(model, parts.header, &mut seen, buf);
    tabs::row(model, parts.tabs, &mut seen, buf);
    header::banners(model, parts.banners, buf);
    tabs::draw(model, &parts, &mut seen, buf);
    agents::draw(model, parts.agents, &mut seen, buf);
    let mut cursor = None;
    if parts.tiles.is_empty() {
        cursor = terminal::draw(model, &parts, buf);
    } else {
        grid::draw(model, &parts, &mut seen, buf);
    }
    facts::draw(model, parts.facts, &mut seen, buf);
    brief::draw(model, parts.brief, buf);
    bar::draw(model, parts.bar, buf);
    // A toast never covers a question; over the help, which asks nothing, toasts are shown.
    let is_covered = !matches!(model.overlay, None | Some(Overlay::Help { .. }));
    if is_covered {
        toasts::draw(model, &parts, buf);
    }
    let cursor = match &model.overlay {
        Some(shown) => {
            // Everything behind the overlay is dimmed.
            buf.set_style(buf.area, Style::reset().patch(model.theme.dim));
            seen.place(buf.area, Click::Nothing);
            overlay::draw(model, shown, &mut seen, buf)
        }
        None => cursor.filter(|_| model.keys == Keys::Agent),
    };
    if !is_covered {
        toasts::draw(model, &parts, buf);
    }
    Drawing { cursor, seen }
}

/// Adds the panels, over which their rows are added.
fn panels(parts: &Parts, seen: &mut Seen) {
    seen.place(parts.body, Click::Body);
    seen.place(parts.agents, Click::Panel(Focus::Agents));
    seen.place(parts.facts, Click::Panel(Focus::Facts));
    if parts.tiles.is_empty() {
        seen.place(parts.terminal, Click::Panel(Focus::Terminal));
        seen.place(parts.screen, Click::Screen);
    }
}
