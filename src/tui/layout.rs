//! Divides the user's terminal into the parts of the dashboard, by its size. A part without area is not shown. Only
//! this file decides which parts are dropped when room is short:
//!
//! ```text
//!  columns ≥ 70             40–69                     < 40, or fewer than 8 rows
//!  ┌ counts ──────────┐     the list or the terminal  counts and agents that need attention,
//!  │ tabs             │     at full width             or the terminal alone while keys go to it
//!  │ agents │ terminal│     (facts from 16 rows on)
//!  │ facts            │
//!  └ keys ────────────┘
//! ```
//!
//! Any other tab than the fleet takes the room between tabs and keys: its list or graph, and, where there is room, the
//! details of the selected item, beside it or below.

use super::ending;
use super::model::tab::Tab;
use super::model::{Arrangement, Focus, Keys, Model};
use ratatui::layout::Rect;

/// On a terminal with fewer columns, one panel is shown at a time.
const BESIDE_COLUMNS_MIN: u16 = 70;
/// On a terminal with fewer columns, or fewer rows than [`PANELS_ROWS_MIN`], only the most important parts are shown.
const PANELS_COLUMNS_MIN: u16 = 40;
/// On a terminal with fewer rows, only the most important parts are shown.
const PANELS_ROWS_MIN: u16 = 8;
/// On a terminal with fewer rows, the facts are not shown.
const FACTS_ROWS_MIN: u16 = 16;
/// Columns and rows of the smallest tile of the grid, border included.
const TILE_MIN: (u16, u16) = (38, 8);
/// From this width on, a tab shows the details of the selected item beside its list; on a narrower terminal, below it.
const DETAIL_COLUMNS_MIN: u16 = 150;
/// From this width on, details are shown beside a graph, which needs more columns than a list.
const DETAIL_BESIDE_GRAPH_COLUMNS_MIN: u16 = 180;
/// On a terminal with fewer rows, a tab shows only its list.
const DETAIL_ROWS_MIN: u16 = 18;
/// The most banners that are shown at a time. Beyond it, the last line counts the rest.
const BANNERS_MAX: u16 = 2;

/// The parts of the dashboard, each with its area.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// Area of the fleet's name and the counts.
    pub header: Rect,
    /// Area of the names of the tabs.
    pub tabs: Rect,
    /// Area of the banners, which say what is wrong with the whole fleet.
    pub banners: Rect,
    /// Area of the list of agents, with its heading.
    pub agents: Rect,
    /// Area of the terminal panel, with its border.
    pub terminal: Rect,
    /// Area of the terminal's cells, within the border.
    pub screen: Rect,
    /// Area below the terminal's cells, within the same border: it says how the run ended and what to do about it.
    pub foot: Rect,
    /// Area of the facts, with their heading.
    pub facts: Rect,
    /// Area of the shown tab's list or graph, if it is not the fleet's tab.
    pub body: Rect,
    /// Area of the details of the item that is selected in the tab.
    pub detail: Rect,
    /// Area of the key bar, which shows the keys that can be pressed.
    pub bar: Rect,
    /// Area of the agents that need attention, used when there is room for nothing else.
    pub brief: Rect,
    /// The grid's tiles: for each, the agent's place in the list, and the tile's area with its border.
    pub tiles: Vec<(usize, Rect)>,
}

/// Computes the areas of the dashboard's parts.
pub fn parts(model: &Model) -> Parts {
    let whole = Rect::new(0, 0, model.size.0, model.size.1);
    if whole.is_empty() {
        return Parts::default();
    }
    let alone = model.arrangement == Arrangement::Zoom;
    let small = whole.width < PANELS_COLUMNS_MIN || whole.height < PANELS_ROWS_MIN;
    if model.tabs.shown != Tab::Fleet {
        return if small { tab_alone(model, whole) } else { tab(model, whole) };
    }
    let mut parts = match () {
        () if alone || small && model.keys == Keys::Agent => zoomed(model, whole),
        () if small => brief(model, whole),
        () if model.arrangement == Arrangement::Grid => grid(model, whole),
        () => panels(model, whole),
    };
    if parts.tiles.is_empty() {
        let rows = ending::rows(model, parts.screen);
        (parts.screen, parts.foot) = bottom(parts.screen, rows);
    }
    parts
}

fn zoomed(model: &Model, whole: Rect) -> Parts {
    let (whole, bar) = bottom(whole, u16::from(whole.height > 1));
    let wanted = banner_rows(model).min(whole.height.saturating_sub(2));
    let (banners, terminal) = top(whole, wanted);
    Parts { banners, terminal, screen: terminal, bar, ..Parts::default() }
}

fn brief(model: &Model, whole: Rect) -> Parts {
    let (header, rest) = top(whole, 1);
    let (banners, rest) = top(rest, banner_rows(model).min(u16::from(rest.height > 2)));
    let (brief, bar) = bottom(rest, u16::from(rest.height > 2));
    Parts { header, banners, brief, bar, ..Parts::default() }
}

fn frame(model: &Model, whole: Rect) -> (Parts, Rect) {
    let (header, rest) = top(whole, 1);
    let (tabs, rest) = top(rest, 1);
    let (banners, rest) = top(rest, banner_rows(model));
    let (rest, bar) = bottom(rest, 1);
    (Parts { header, tabs, banners, bar, ..Parts::default() }, rest)
}

/// Gives a tab all the room, on a small terminal.
fn tab_alone(model: &Model, whole: Rect) -> Parts {
    let parts = brief(model, whole);
    Parts { body: parts.brief, brief: Rect::default(), ..parts }
}

fn tab(model: &Model, whole: Rect) -> Parts {
    let (mut parts, rest) = frame(model, whole);
    let beside_min = match model.tabs.shown {
        Tab::Plan => DETAIL_BESIDE_GRAPH_COLUMNS_MIN,
        // The row of a lock shows most of its details already.
        Tab::Locks => u16::MAX,
        Tab::Fleet | Tab::Tasks | Tab::Messages => DETAIL_COLUMNS_MIN,
    };
    if whole.height < DETAIL_ROWS_MIN {
        parts.body = rest;
    } else if whole.width >= beside_min {
        let columns = (rest.width * 2 / 5).min(80);
        parts.body = Rect { width: rest.width - columns, ..rest };
        parts.detail = Rect { x: rest.x + parts.body.width, width: columns, ..rest };
    } else {
        let share = if model.tabs.shown == Tab::Locks { 4 } else { 3 };
        (parts.body, parts.detail) = bottom(rest, (rest.height / share).max(7));
    }
    parts
}

fn panels(model: &Model, whole: Rect) -> Parts {
    let (mut parts, rest) = frame(model, whole);
    let facts_rows = match whole.height {
        0..FACTS_ROWS_MIN => 0,
        FACTS_ROWS_MIN..26 => 4,
        26..30 => 5,
        30..45 => 8,
        _ => 11,
    };
    let (main, facts) = bottom(rest, facts_rows);
    parts.facts = facts;
    if whole.width >= BESIDE_COLUMNS_MIN {
        let list = match whole.width {
            0..100 => 31,
            100..150 => 40,
            _ => 56,
        };
        parts.agents = Rect { width: list, ..main };
        parts.terminal = Rect { x: main.x + list, width: main.width - list, ..main };
    } else if model.keys == Keys::Agent || model.focus == Focus::Terminal || model.scroll.is_some() {
        parts.terminal = main;
    } else {
        parts.agents = main;
    }
    parts.screen = inside(parts.terminal);
    parts
}

fn grid(model: &Model, whole: Rect) -> Parts {
    let (mut parts, rest) = frame(model, whole);
    let count = model.roster.shown().len();
    let (columns, rows) = grid_shape(count, rest);
    let per_page = columns * rows;
    if count == 0 || per_page == 0 {
        return parts;
    }
    let selected = model.roster.selected_index().unwrap_or(0);
    let first = selected - selected % per_page;
    let span = |extent: u16, pieces: usize, at: usize| {
        let edge = |index: usize| (usize::from(extent) * index / pieces) as u16;
        (edge(at), edge(at + 1) - edge(at))
    };
    for (place, index) in (first..count.min(first + per_page)).enumerate() {
        let (x, width) = span(rest.width, columns, place % columns);
        let (y, height) = span(rest.height, rows, place / columns);
        let tile = Rect { x: rest.x + x, y: rest.y + y, width, height };
        if index == selected {
            parts.terminal = tile;
            parts.screen = inside(tile);
        }
        parts.tiles.push((index, tile));
    }
    parts
}

/// Returns columns and rows of the grid: as square as tiles of at least [`TILE_MIN`] allow.
pub fn grid_shape(count: usize, area: Rect) -> (usize, usize) {
    let columns_most = usize::from((area.width / TILE_MIN.0).max(1));
    let rows_most = usize::from((area.height / TILE_MIN.1).max(1));
    let mut columns = 1;
    while columns < columns_most && columns * columns < count {
        columns += 1;
    }
    (columns, count.div_ceil(columns).clamp(1, rows_most))
}

fn banner_rows(model: &Model) -> u16 {
    let lost = usize::from(model.is_stale());
    (model.troubles().len() + lost).min(usize::from(BANNERS_MAX)) as u16
}

/// Returns the area within a border that is one cell wide.
pub fn inside(area: Rect) -> Rect {
    if area.width < 3 || area.height < 3 {
        return Rect::default();
    }
    Rect { x: area.x + 1, y: area.y + 1, width: area.width - 2, height: area.height - 2 }
}

/// Returns the area of the graph within the tab: below the line that names the plan.
pub fn canvas(body: Rect) -> Rect {
    if body.height < 2 || body.width < 3 {
        return Rect::default();
    }
    Rect { x: body.x + 1, y: body.y + 1, width: body.width - 2, height: body.height - 1 }
}

/// Splits an area into its first `rows` rows and the rest.
fn top(area: Rect, rows: u16) -> (Rect, Rect) {
    let rows = rows.min(area.height);
    (Rect { height: rows, ..area }, Rect { y: area.y + rows, height: area.height - rows, ..area })
}

/// Splits an area into the rest and its last `rows` rows.
fn bottom(area: Rect, rows: u16) -> (Rect, Rect) {
    let rows = rows.min(area.height);
    (Rect { height: area.height - rows, ..area }, Rect { y: area.bottom() - rows, height: rows, ..area })
}
