//! Draws the tabs beside the fleet, and the row with the names of all tabs.

mod frame;
pub mod locks;
pub mod messages;
pub mod plan;
mod task;
pub mod tasks;

use super::super::keymap::Does;
use super::super::layout::Parts;
use super::super::model::Model;
use super::super::model::tab::Tab;
use super::super::seen::{Click, Seen};
use super::super::widget::text::{put, width};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
pub(super) use task::{glyph as task_glyph, told};

/// The mark beside the name of a tab that has changes which it does not show yet.
const BEHIND: &str = "•";

/// A tab's name as it is drawn in the row.
struct Label {
    tab: Tab,
    key: String,
    text: String,
}

impl Label {
    fn columns(&self) -> u16 {
        width(&self.key) + width(&self.text) + 3
    }
}

/// Returns the names of the tabs, as long as they fit: with their numbers, else without, else only the shown tab's
/// name.
fn labels(model: &Model, columns: u16) -> Vec<Label> {
    let label = |tab: Tab, named: bool, figures: bool| {
        let does =
            [Does::ShowFleet, Does::ShowTasks, Does::ShowPlan, Does::ShowLocks, Does::ShowMessages][tab as usize];
        let mut text = if named { tab.title().to_owned() } else { String::new() };
        if figures && let Some(figure) = model.tabs.figure(tab) {
            text = format!("{text} {figure}");
        }
        if figures && model.tabs.is_behind(tab) && tab != model.tabs.shown {
            text += BEHIND;
        }
        Label { tab, key: model.keymap.shown(does), text }
    };
    let row = |named: fn(Tab, Tab) -> bool, figures: bool| -> Vec<Label> {
        Tab::ALL.iter().map(|tab| label(*tab, named(*tab, model.tabs.shown), figures)).collect()
    };
    let fits = |labels: &Vec<Label>| labels.iter().map(Label::columns).sum::<u16>() <= columns;
    let whole = Some(row(|_, _| true, true)).filter(fits);
    whole
        .or_else(|| Some(row(|_, _| true, false)).filter(fits))
        .unwrap_or_else(|| row(|tab, shown| tab == shown, false))
}

/// Draws the row with the names of the tabs.
pub(super) fn row(model: &Model, area: Rect, seen: &mut Seen, buf: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    let theme = &model.theme;
    let mut x = area.x;
    for label in labels(model, area.width) {
        let shown = label.tab == model.tabs.shown;
        let cells = Rect { x, width: label.columns().min(area.right().saturating_sub(x)), ..area };
        let (key, name) = if shown { (theme.tab, theme.tab) } else { (theme.key, theme.dim) };
        if shown {
            buf.set_style(cells, theme.tab);
            put(buf, cells, cells.x, area.y, "▌", theme.tab);
        }
        let after = put(buf, cells, x + 1, area.y, &label.key, key);
        put(buf, cells, after + u16::from(!label.text.is_empty()), area.y, &label.text, name);
        seen.place(cells, Click::Tab(label.tab));
        x = cells.right();
    }
}

/// Draws the tab that is shown.
pub(super) fn draw(model: &Model, parts: &Parts, seen: &mut Seen, buf: &mut Buffer) {
    match model.tabs.shown {
        Tab::Fleet => {}
        Tab::Tasks => tasks::draw(model, parts, seen, buf),
        Tab::Plan => plan::draw(model, parts, seen, buf),
        Tab::Locks => locks::draw(model, parts, seen, buf),
        Tab::Messages => messages::draw(model, parts, seen, buf),
    }
}
