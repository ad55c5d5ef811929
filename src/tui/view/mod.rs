//! Draws the dashboard from the model alone. Every part gets an area and stays within it.

pub mod agents;
mod bar;
mod brief;
mod commit;
pub mod compose;
mod conflict;
pub mod facts;
mod grid;
pub mod header;
pub mod note;
pub mod overlay;
pub mod tabs;
pub mod terminal;
mod time;
mod toasts;

use super::layout;
use super::model::dialog::Overlay;
use super::model::{Keys, Model};
use super::widget::cursor::CursorAt;
use ratatui::buffer::Buffer;
use ratatui::style::Style;

pub use header::title;

/// Draws the whole dashboard. Returns the cursor's position and shape; none hides it.
pub fn draw(model: &Model, buf: &mut Buffer) -> Option<CursorAt> {
    if buf.area.width != model.size.0 || buf.area.height != model.size.1 || buf.area.is_empty() {
        return None;
    }
    let parts = layout::parts(model);
    header::draw(model, parts.header, buf);
    tabs::row(model, parts.tabs, buf);
    header::banners(model, parts.banners, buf);
    tabs::draw(model, &parts, buf);
    agents::draw(model, parts.agents, buf);
    let mut cursor = None;
    if parts.tiles.is_empty() {
        cursor = terminal::draw(model, &parts, buf);
    } else {
        grid::draw(model, &parts, buf);
    }
    facts::draw(model, parts.facts, buf);
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
            overlay::draw(model, shown, buf)
        }
        None => cursor.filter(|_| model.keys == Keys::Agent),
    };
    if !is_covered {
        toasts::draw(model, &parts, buf);
    }
    cursor
}
