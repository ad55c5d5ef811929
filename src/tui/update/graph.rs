//! Moves the graph of a plan within its panel.

use super::super::layout;
use super::super::model::Model;

/// Moves the graph so that the selected node is visible.
pub(super) fn show_selected(model: &mut Model) {
    let panel = layout::canvas(layout::parts(model).body);
    model.tabs.plan.show_selected(panel.width, panel.height);
}

/// Moves the view of the graph by columns and rows, within its edges.
pub(super) fn pan(model: &mut Model, by: (i32, i32)) {
    let panel = layout::canvas(layout::parts(model).body);
    model.tabs.plan.pan(by, panel.width, panel.height);
}
