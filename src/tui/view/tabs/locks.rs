//! Draws the locks tab: leases with their holder, age and token; waiting requests in their order; conflicts; resources;
//! and requests that were refused because they would have closed a cycle.

use super::super::time::time_of_day;
use super::frame::{detail_frame, lines_in, nothing, stale};
use crate::api::conflicts::{Conflict, Version};
use crate::api::locks::{Blocker, Lease, LockMode, LockScope, Request, Resource};
use crate::api::states::Look;
use crate::tui::age::{self, Age};
use crate::tui::keymap::Does;
use crate::tui::layout::Parts;
use crate::tui::model::Model;
use crate::tui::model::locks::Row;
use crate::tui::seen::{Click, Seen};
use crate::tui::widget::lines::Pieces;
use crate::tui::widget::list;
use crate::tui::widget::text::{Side, pad, put, put_right, width, wrap};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::ops::Range;

/// Width of the columns before the names: the selection's mark, a sign, a place in the queue.
const SIGN_COLUMNS: u16 = 4;
/// The widest column of the names of parties, in columns of the terminal. Beyond it, a name ends with `…`.
const NAME_COLUMNS_MAX: u16 = 18;
/// The least width of the column of names.
const NAME_COLUMNS_MIN: u16 = 6;
/// The widest bar of a resource, in columns. Beyond it, one cell shows more than one unit.
const BAR_COLUMNS_MAX: u32 = 20;

/// Returns the range of the visible rows.
fn sight(model: &Model, area: Rect) -> Range<usize> {
    let tab = &model.tabs.locks;
    list::sight(tab.rows().len(), tab.place(), usize::from(area.height))
}

pub(super) fn draw(model: &Model, parts: &Parts, seen: &mut Seen, buf: &mut Buffer) {
    let (area, tab) = (parts.body, &model.tabs.locks);
    if area.is_empty() {
        return;
    }
    if !tab.heard {
        return nothing(model, area, false, "", buf);
    }
    let rows = tab.rows();
    let sight = sight(model, area);
    let named = rows.iter().filter_map(|row| match row {
        Row::Held(lease) => Some(width(&lease.holder)),
        Row::Waits(_, request) => Some(width(&request.holder)),
        Row::Resource(resource) => Some(width(&resource.name)),
        _ => None,
    });
    let names = named.max().unwrap_or(0).clamp(NAME_COLUMNS_MIN, NAME_COLUMNS_MAX).min(area.width / 3);
    for (place, y) in sight.clone().zip(area.y..area.bottom()) {
        let line = Rect { y, height: 1, ..area };
        row(model, &rows[place], names, line, place == tab.place(), buf);
        if let Some(key) = rows[place].key() {
            seen.place(line, Click::Lock(key));
        }
        seen.age(match &rows[place] {
            Row::Held(lease) => Some(Age::Since(lease.since_ms)),
            Row::Waits(_, request) => Some(Age::Since(request.since_ms)),
            _ => None,
        });
    }
    let more = list::more(&sight, rows.len());
    put_right(buf, Rect { width: area.width.saturating_sub(1), ..area }, area.y, more, model.theme.accent);
    detail(model, parts.detail, seen, buf);
}

fn row(model: &Model, row: &Row<'_>, names: u16, line: Rect, selected: bool, buf: &mut Buffer) {
    let theme = &model.theme;
    let line = Rect { width: line.width.saturating_sub(1), ..line };
    if selected && row.key().is_some() {
        put(buf, line, line.x, line.y, "▌", stale(model, theme.accent));
    }
    let strong = |style: Style| if selected { style.patch(theme.selected) } else { style };
    let named = |sign: &str, style: Style, name: &str, buf: &mut Buffer| {
        put(buf, line, line.x + 1, line.y, sign, stale(model, style));
        let name = pad(name, names, Side::Right);
        put(buf, line, line.x + SIGN_COLUMNS, line.y, &name, stale(model, strong(theme.text))) + 2
    };
    match row {
        Row::Heading(what, count) => {
            let x = put(buf, line, line.x + 1, line.y, what, theme.title);
            put(buf, line, x + 1, line.y, &count.to_string(), theme.dim);
        }
        Row::Nothing(what) => drop(put(buf, line, line.x + SIGN_COLUMNS, line.y, what, theme.dim)),
        Row::Held(lease) => {
            let (look, style) =
                if lease.paused { (Look::Paused, theme.paused) } else { (Look::Working, theme.working) };
            let x = named(look.sign(), style, &lease.holder, buf);
            held(model, lease, x, line, buf);
        }
        Row::Waits(place, request) => {
            let x = named(&format!("{}{place}", Look::UnderWay.sign()), theme.pending, &request.holder, buf);
            waits(model, request, x, line, buf);
        }
        Row::Conflict(conflict) => {
            let (look, style) = match conflict.taken {
                None => (Look::NeedsYou, theme.needs_you),
                Some(_) => (Look::Done, theme.finished),
            };
            put(buf, line, line.x + 1, line.y, look.sign(), stale(model, style));
            let x = put(buf, line, line.x + SIGN_COLUMNS, line.y, &time_of_day(model, conflict.at_ms), theme.dim);
            let x = put(buf, line, x + 2, line.y, &conflict.files.join(", "), stale(model, strong(theme.text)));
            put(buf, line, x + 2, line.y, chosen(conflict), stale(model, theme.dim));
        }
        Row::Resource(resource) => {
            let full = resource.held >= resource.capacity;
            let (look, style) = if full { (Look::Working, theme.warning) } else { (Look::Idle, theme.idle) };
            let x = named(look.sign(), style, &resource.name, buf);
            units(model, resource, x, line, buf);
        }
        Row::Refused(cycle) => {
            put(buf, line, line.x + 1, line.y, Look::Cancelled.sign(), stale(model, theme.warning));
            let x = put(buf, line, line.x + SIGN_COLUMNS, line.y, &time_of_day(model, cycle.at_ms), theme.dim);
            put(buf, line, x + 2, line.y, &cycle.cycle, stale(model, strong(theme.text)));
        }
    }
}

/// Returns the word for the version of a conflict that was taken.
fn chosen(conflict: &Conflict) -> &'static str {
    match conflict.taken {
        None => "no version is taken yet",
        Some(Version::Before) => "before is taken",
        Some(Version::After) => "after is taken",
    }
}

/// Returns scopes as one text: `src/parser · shared docs · gpu 1`.
fn scopes(scopes: &[LockScope]) -> String {
    let one = |scope: &LockScope| match (scope.mode, scope.unit) {
        (_, Some(unit)) => format!("{} {unit}", scope.scope),
        (LockMode::Shared, None) => format!("shared {}", scope.scope),
        (LockMode::Exclusive, None) => scope.scope.clone(),
    };
    scopes.iter().map(one).collect::<Vec<_>>().join(" · ")
}

fn held(model: &Model, lease: &Lease, x: u16, line: Rect, buf: &mut Buffer) {
    let theme = &model.theme;
    let since = age::text(lease.since_ms, model.known_ms());
    let until = lease.expires_ms.map(|at_ms| format!("until {}  ", time_of_day(model, at_ms))).unwrap_or_default();
    let paused = if lease.paused { "suspended  " } else { "" };
    let figures =
        [format!("{paused}{until}token {:>4}  {since:>4}", lease.token), format!("{since:>4}"), String::new()];
    let right = figures.into_iter().find(|text| width(text) + 8 < line.right().saturating_sub(x)).unwrap_or_default();
    let end = put_right(buf, line, line.y, &right, stale(model, theme.dim));
    let room = Rect { width: end.saturating_sub(line.x + 2), ..line };
    let x = put(buf, room, x, line.y, &scopes(&lease.scopes), stale(model, theme.text));
    put(buf, room, x + 2, line.y, lease.purpose.as_deref().unwrap_or(""), stale(model, theme.dim));
}

fn waits(model: &Model, request: &Request, x: u16, line: Rect, buf: &mut Buffer) {
    let theme = &model.theme;
    let since = format!("{:>4}", age::text(request.since_ms, model.known_ms()));
    let end = put_right(buf, line, line.y, &since, stale(model, theme.dim));
    let room = Rect { width: end.saturating_sub(line.x + 2), ..line };
    let x = put(buf, room, x, line.y, &scopes(&request.scopes), stale(model, theme.text));
    if !request.behind.is_empty() {
        let text = format!("behind: {}", request.behind.iter().map(Blocker::words).collect::<Vec<_>>().join(", "));
        put(buf, room, x + 2, line.y, &text, stale(model, theme.warning));
    }
}

fn units(model: &Model, resource: &Resource, x: u16, line: Rect, buf: &mut Buffer) {
    let theme = &model.theme;
    let cells = resource.capacity.min(BAR_COLUMNS_MAX);
    let full = match resource.capacity {
        0 => 0,
        capacity => (u64::from(resource.held) * u64::from(cells)).div_ceil(u64::from(capacity)) as u32,
    };
    let full = full.min(cells);
    let x = put(buf, line, x, line.y, &"━".repeat(full as usize), stale(model, theme.accent));
    let x = put(buf, line, x, line.y, &"─".repeat((cells - full) as usize), stale(model, theme.border));
    let numbers = resource.first.map(|first| {
        let last = first.saturating_add(resource.capacity.saturating_sub(1));
        format!(", numbers {first} to {last}")
    });
    let text = format!("{} of {} held{}", resource.held, resource.capacity, numbers.unwrap_or_default());
    put(buf, line, x + 1, line.y, &text, stale(model, theme.dim));
}

fn detail(model: &Model, area: Rect, seen: &mut Seen, buf: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    let theme = &model.theme;
    let selected = model.tabs.locks.selected();
    let title = match &selected {
        Some(Row::Held(lease)) => format!(" {} of {} ", lease.lease, lease.holder),
        Some(Row::Waits(_, request)) => format!(" {} of {} ", request.request, request.holder),
        Some(Row::Conflict(conflict)) => format!(" {} ", conflict.id),
        Some(Row::Resource(resource)) => format!(" {} ", resource.name),
        Some(Row::Refused(_)) => " refused ".to_owned(),
        _ => " Locks ".to_owned(),
    };
    let within = detail_frame(model, area, &title, buf);
    let mut lines: Vec<Pieces> = Vec::new();
    let mut say = |text: String, style: Style| {
        let wrapped = wrap(&text, within.width.max(1), 6);
        lines.extend(wrapped.into_iter().map(|line| vec![(line, style)]));
    };
    match &selected {
        Some(Row::Held(lease)) => {
            say(format!("holds {}", scopes(&lease.scopes)), theme.text);
            say(lease_facts(model, lease), theme.dim);
            if let Some(purpose) = &lease.purpose {
                say(format!("for: {purpose}"), theme.text);
            }
            say(format!("{} takes it, with a reason", model.keymap.shown(Does::LockForce)), theme.dim);
        }
        Some(Row::Waits(place, request)) => {
            say(format!("waits for {}, number {place} in the queue", scopes(&request.scopes)), theme.text);
            for blocker in &request.behind {
                let since = age::text(blocker.since_ms, model.known_ms());
                seen.age(Age::Since(blocker.since_ms));
                say(format!("behind {} since {since}", blocker.words()), theme.warning);
            }
            if let Some(until_ms) = request.until_ms {
                say(format!("gives up at {}", time_of_day(model, until_ms)), theme.dim);
            }
        }
        Some(Row::Conflict(conflict)) => {
            let written = conflict.files.join(", ");
            say(format!("{written}: written by someone else while lease {} held it", conflict.lease), theme.text);
            let key = model.keymap.shown(Does::ConflictShow);
            say(format!("{} · {key} shows both versions, and takes one", chosen(conflict)), theme.dim);
        }
        Some(Row::Refused(cycle)) => {
            say(format!("{} asked for {}", cycle.who, cycle.scopes.join(", ")), theme.text);
            say(cycle.cycle.clone(), theme.warning);
        }
        _ => {}
    }
    say(statistics(model), theme.dim);
    lines_in(model, &lines, within, None, buf);
}

fn lease_facts(model: &Model, lease: &Lease) -> String {
    let mut words = vec![format!("token {}", lease.token), format!("since {}", time_of_day(model, lease.since_ms))];
    words.extend(lease.run.as_ref().map(|run| format!("bound to run {run}")));
    words.extend(lease.expires_ms.map(|at_ms| format!("ends at {} unless renewed", time_of_day(model, at_ms))));
    words.extend(lease.paused.then(|| "its time to live is suspended: its holder is paused".to_owned()));
    words.join(" · ")
}

fn statistics(model: &Model) -> String {
    let counts = &model.tabs.locks.locks.statistics;
    let mean_ms = counts.total_wait_ms.checked_div(counts.waited).unwrap_or(0);
    format!(
        "so far: granted {} · waited {} ({mean_ms} ms on average, {} ms at most) · timed out {} · cycles refused {} · expired {} · forced {} · writes by others {}",
        counts.granted,
        counts.waited,
        counts.longest_wait_ms,
        counts.timed_out,
        counts.cycles_refused,
        counts.expired,
        counts.forced,
        counts.violations
    )
}
