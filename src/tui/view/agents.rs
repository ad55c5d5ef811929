//! The list of agents. Each has one line, or two where there is room: what stands in the second is what a person
//! would want to know next.

use super::super::age;
use super::super::layout;
use super::super::model::{Focus, Keys, Model};
use super::super::theme::Theme;
use super::super::widget::text::{Side, pad, put, put_right};
use crate::api::agents::{Agent, AgentState, Attention, ConfigState, Status};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

/// Narrower, memory gives way; narrower still, the processor.
const MEMORY_COLUMNS_MIN: u16 = 28;
/// See [`MEMORY_COLUMNS_MIN`].
const PROCESSOR_COLUMNS_MIN: u16 = 22;
/// From here on, a single-line row has room for the agent's last line.
const NOTE_COLUMNS_MIN: u16 = 60;
/// The widest name shown whole where a note follows it.
const NAME_COLUMNS: u16 = 18;

/// The signs of an agent's condition, each one cell wide.
pub(super) const NEEDS_YOU: &str = "◆";
pub(super) const SNOOZED: &str = "◇";
pub(super) const FAILED: &str = "✗";
pub(super) const FINISHED: &str = "✓";
pub(super) const WORKING: &str = "●";
pub(super) const QUIET: &str = "○";
pub(super) const PAUSED: &str = "‖";
pub(super) const UNDER_WAY: &str = "◌";
pub(super) const OFF: &str = "·";

/// How an agent's condition looks: its sign, and a style.
pub(super) fn glyph(agent: &Agent, theme: &Theme) -> (&'static str, Style) {
    match (agent.attention, agent.status) {
        (Attention::NeedsYou, _) => (NEEDS_YOU, theme.needs_you),
        (Attention::Failed, _) => (FAILED, theme.failed),
        (Attention::FinishedUnseen, _) => (FINISHED, theme.finished),
        (Attention::Snoozed, _) => (SNOOZED, theme.dim),
        (_, Status::Paused) => (PAUSED, theme.paused),
        (_, Status::Working) => (WORKING, theme.working),
        (_, Status::Stopping | Status::Pending) => (UNDER_WAY, theme.pending),
        (_, Status::Idle | Status::Waiting | Status::Error) => (QUIET, theme.idle),
        (_, Status::Stopped) => (OFF, theme.off),
    }
}

/// What to say about an agent in one line.
pub(super) fn note<'a>(agent: &'a Agent, theme: &Theme) -> (std::borrow::Cow<'a, str>, Style) {
    let live = matches!(agent.state, AgentState::Ready | AgentState::Starting);
    match (agent.config, agent.attention) {
        (ConfigState::Changed, _) => ("changed: restart to apply".into(), theme.warning),
        (ConfigState::Removed, _) => ("no longer in agents.toml: stop to forget".into(), theme.warning),
        (_, Attention::Failed) if !agent.last_line.is_empty() => {
            (format!("{} · {}", agent.summary, agent.last_line).into(), theme.dim)
        }
        _ if says_more(agent) => (agent.summary.as_str().into(), theme.text),
        _ if live && !agent.last_line.is_empty() && agent.status != Status::Paused => {
            (agent.last_line.as_str().into(), theme.dim)
        }
        _ => (agent.summary.as_str().into(), theme.dim),
    }
}

/// Whether its summary says what it works on or waits for, and not only what its sign says.
fn says_more(agent: &Agent) -> bool {
    ["works on ", "blocked: "].iter().any(|begin| agent.summary.starts_with(begin))
}

/// Lines an agent takes: two where all of them fit so.
fn lines_each(model: &Model, area: Rect) -> u16 {
    let rows = usize::from(area.height.saturating_sub(1));
    if area.width < NOTE_COLUMNS_MIN && model.roster.shown().len() * 2 <= rows { 2 } else { 1 }
}

/// The agents in sight: the first one's place, how many, and how many lines each takes.
fn sight(model: &Model, area: Rect) -> (usize, usize, u16) {
    let each = lines_each(model, area);
    let room = usize::from(area.height.saturating_sub(1) / each);
    let count = model.roster.shown().len();
    let selected = model.roster.selected_index().unwrap_or(0);
    let first = selected.saturating_sub(room / 2).min(count.saturating_sub(room));
    (first, room.min(count - first), each)
}

/// The place in the list of the agent drawn at a row of the screen.
pub fn row_at(model: &Model, area: Rect, y: u16) -> Option<usize> {
    let (first, count, each) = sight(model, area);
    let place = usize::from(y.checked_sub(area.y + 1)? / each);
    (place < count).then_some(first + place)
}

/// Since when those states last whose age is on the screen.
pub fn ages_shown(model: &Model) -> impl Iterator<Item = u64> {
    let parts = layout::parts(model);
    let tiles: Vec<usize> = parts.tiles.iter().map(|(index, _)| *index).collect();
    let (first, count, _) = if parts.agents.is_empty() { (0, 0, 1) } else { sight(model, parts.agents) };
    let shown = model.roster.shown().enumerate();
    shown
        .filter(move |(index, _)| tiles.contains(index) || (first..first + count).contains(index))
        .map(|(_, agent)| agent.since_ms)
}

pub(super) fn draw(model: &Model, area: Rect, buf: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    heading(model, area, buf);
    if model.roster.shown().len() == 0 {
        return empty(model, area, buf);
    }
    let (first, count, each) = sight(model, area);
    for (place, agent) in model.roster.shown().skip(first).take(count).enumerate() {
        let y = area.y + 1 + place as u16 * each;
        let row = Rect { y, height: each.min(area.bottom().saturating_sub(y)), ..area };
        let selected = model.roster.selected_name() == Some(&agent.name);
        draw_agent(model, agent, row, selected, buf);
    }
}

fn heading(model: &Model, area: Rect, buf: &mut Buffer) {
    let theme = &model.theme;
    let filter = model.roster.filter();
    let style = if model.focus == Focus::Agents && model.keys != Keys::Agent { theme.title } else { theme.dim };
    if model.keys == Keys::Filter {
        put(buf, area, area.x + 1, area.y, &format!("/{filter}▏"), theme.accent);
        return;
    }
    let columns = columns(area.width);
    put_right(buf, Rect { width: area.width - 1, ..area }, area.y, &columns.heading(), theme.dim);
    if filter.is_empty() {
        put(buf, area, area.x + 1, area.y, "Agents", style);
    } else {
        let shown = format!("/{filter}  {} of {}", model.roster.shown().len(), model.roster.all().len());
        put(buf, Rect { width: columns.name + 3, ..area }, area.x + 1, area.y, &shown, theme.accent);
    }
}

fn empty(model: &Model, area: Rect, buf: &mut Buffer) {
    use super::super::keymap::Does;
    let key = |does| model.keymap.shown(does);
    let text = match (model.listed, model.roster.all().len()) {
        (false, _) => "Waiting for the supervisor".to_owned(),
        (true, 0) => format!("No agents yet: {} starts one", key(Does::New)),
        (true, _) => format!("None matches: {} shows all", key(Does::Back)),
    };
    put(buf, Rect { width: area.width - 1, ..area }, area.x + 1, area.y + 2, &text, model.theme.dim);
}

/// Which columns there are, and how wide the name's is.
struct Columns {
    name: u16,
    processor: bool,
    memory: bool,
    note: bool,
}

fn columns(width: u16) -> Columns {
    let memory = width >= MEMORY_COLUMNS_MIN;
    let processor = width >= PROCESSOR_COLUMNS_MIN;
    let note = width >= NOTE_COLUMNS_MIN;
    let figures = 5 + 5 * u16::from(processor) + 6 * u16::from(memory);
    let most = width.saturating_sub(3 + figures + 1);
    Columns { name: if note { most.min(NAME_COLUMNS) } else { most }, processor, memory, note }
}

impl Columns {
    fn heading(&self) -> String {
        if self.note {
            return String::new();
        }
        let processor = if self.processor { "  cpu" } else { "" };
        let memory = if self.memory { "   mem" } else { "" };
        format!("  for{processor}{memory}")
    }

    fn figures(&self, agent: &Agent, now_ms: u64) -> String {
        let usage = agent.usage.filter(|_| agent.pid.is_some());
        let mut text = pad(&age::text(agent.since_ms, now_ms), 5, Side::Left);
        if self.processor {
            let percent = usage.map(|usage| format!("{:.0}%", usage.cpu_percent.clamp(0.0, 9_999.0)));
            text += &pad(&percent.unwrap_or_default(), 5, Side::Left);
        }
        if self.memory {
            text += &pad(&usage.map(|usage| memory(usage.memory_bytes)).unwrap_or_default(), 6, Side::Left);
        }
        text
    }
}

fn draw_agent(model: &Model, agent: &Agent, row: Rect, selected: bool, buf: &mut Buffer) {
    let theme = &model.theme;
    let stale = |style: Style| if model.is_stale() { theme.stale } else { style };
    let (glyph, mut glyph_style) = glyph(agent, theme);
    let columns = columns(row.width);
    let mut name_style = if agent.attention == Attention::Off { theme.off } else { theme.text };
    if selected {
        name_style = name_style.patch(theme.selected);
        glyph_style = glyph_style.add_modifier(Modifier::BOLD);
        for y in row.y..row.bottom() {
            put(buf, row, row.x, y, "▌", stale(theme.accent));
        }
    }
    put(buf, row, row.x + 1, row.y, glyph, stale(glyph_style));
    let name = pad(&agent.name, columns.name, Side::Right);
    let x = put(buf, row, row.x + 3, row.y, &name, stale(name_style));
    if agent.config != ConfigState::Current && row.height == 1 && !columns.note {
        put(buf, row, x.saturating_sub(1), row.y, "*", stale(theme.warning));
    }
    let x = put(buf, row, x, row.y, &columns.figures(agent, model.known_ms()), stale(theme.dim));
    let (note, note_style) = note(agent, theme);
    let room = Rect { width: row.width.saturating_sub(1), ..row };
    if columns.note {
        put(buf, room, x + 2, row.y, &note, stale(note_style));
    } else if row.height > 1 {
        put(buf, room, row.x + 3, row.y + 1, &note, stale(note_style));
    }
}

/// `41M`, `1.2G`: at most five characters.
fn memory(bytes: u64) -> String {
    const MEGABYTE: f64 = 1_048_576.0;
    let megabytes = bytes as f64 / MEGABYTE;
    match megabytes {
        0.0..999.5 => format!("{megabytes:.0}M"),
        _ => format!("{:.1}G", (megabytes / 1_024.0).min(999.9)),
    }
}
