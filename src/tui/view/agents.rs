//! Draws the list of agents. Each agent has one line, or two where there is room: the second shows what a person would
//! want to know next.

use super::super::model::{Focus, Keys, Model};
use super::super::seen::{Click, Seen};
use super::super::theme::Theme;
use super::super::widget::list;
use super::super::widget::text::{Side, pad, put, put_right, width};
use super::note::{Clock, note};
use crate::amounts::narrow_bytes;
use crate::api::agents::{Agent, Attention, ConfigState};
use crate::api::condition::Condition;
use crate::api::states::Look;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

/// The least width of a list that shows memory.
const MEMORY_COLUMNS_MIN: u16 = 28;
/// The least width of a list that shows the use of the processor.
const PROCESSOR_COLUMNS_MIN: u16 = 22;
/// The least width of a list that shows a note about each agent in its single line.
const NOTE_COLUMNS_MIN: u16 = 60;
/// The widest name that is shown whole before a note.
const NAME_COLUMNS: u16 = 18;

/// Returns the sign of an agent's condition, and its style.
pub(super) fn glyph(agent: &Agent, theme: &Theme) -> (&'static str, Style) {
    let condition = Condition::of(agent);
    (condition.look().sign(), look(condition, theme))
}

/// Returns the style of a condition's sign and words.
pub(super) fn look(condition: Condition, theme: &Theme) -> Style {
    style(condition.look(), theme)
}

/// Returns the style of a look.
pub(super) fn style(look: Look, theme: &Theme) -> Style {
    match look {
        Look::NeedsYou => theme.needs_you,
        Look::Snoozed => theme.dim,
        Look::Failed => theme.failed,
        Look::Done => theme.finished,
        Look::Working | Look::Verifying => theme.working,
        Look::Idle => theme.idle,
        Look::Paused => theme.paused,
        Look::Held => theme.warning,
        Look::Blocked | Look::UnderWay => theme.pending,
        Look::Cancelled | Look::Off => theme.off,
    }
}

/// Returns the visible agents, each with its index in the list and its area.
///
/// Agents that need a person or failed get a second line first, because it must not be missed; then the others from the
/// top, as far as there is room. So an additional agent takes a line from one row, not from all.
fn sight(model: &Model, area: Rect) -> Vec<(usize, Rect)> {
    let room = area.height.saturating_sub(1);
    let noted = columns(area.width).note;
    let urgent = |agent: &Agent| matches!(agent.attention, Attention::NeedsYou | Attention::Failed);
    let asked = model.roster.shown().filter(|agent| urgent(agent)).count();
    let mut spare = usize::from(room).saturating_sub(model.roster.shown().len() + asked);
    let lines = |agent: &Agent| match (noted, urgent(agent), spare) {
        (true, ..) | (_, false, 0) => 1,
        (_, true, _) => 2,
        (_, false, _) => {
            spare -= 1;
            2
        }
    };
    let heights: Vec<u16> = model.roster.shown().map(lines).collect();
    let range = list::sight_of(&heights, model.roster.selected_index().unwrap_or(0), room);
    let mut y = area.y + 1;
    range
        .map(|place| {
            let row = Rect { y, height: heights[place].min(area.bottom().saturating_sub(y)), ..area };
            y += row.height;
            (place, row)
        })
        .collect()
}

pub(super) fn draw(model: &Model, area: Rect, seen: &mut Seen, buf: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    let sight = sight(model, area);
    heading(model, &sight, area, buf);
    if model.roster.shown().len() == 0 {
        return empty(model, area, buf);
    }
    let agents: Vec<&Agent> = model.roster.shown().collect();
    for (place, row) in sight {
        let agent = agents[place];
        let selected = model.roster.selected_name() == Some(&agent.name);
        draw_agent(model, agent, row, selected, buf);
        seen.place(row, Click::Agent(agent.name.clone()));
        seen.age(Clock::of(agent).age());
    }
}

fn heading(model: &Model, sight: &[(usize, Rect)], area: Rect, buf: &mut Buffer) {
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
        let room = Rect { width: columns.name + 2, ..area };
        put(buf, room, area.x + 1, area.y, &place(model, sight), style);
    } else {
        let shown = format!("/{filter}  {} of {}", model.roster.shown().len(), model.roster.all().len());
        put(buf, Rect { width: columns.name + 3, ..area }, area.x + 1, area.y, &shown, theme.accent);
    }
}

/// Returns the selection's place in the list, if not the whole list is visible.
fn place(model: &Model, sight: &[(usize, Rect)]) -> String {
    let all = model.roster.shown().len();
    let range = sight.first().map_or(0, |(place, _)| *place)..sight.last().map_or(0, |(place, _)| place + 1);
    match list::more(&range, all) {
        "" => "Agents".to_owned(),
        more => format!("{} of {all} {more}", model.roster.selected_index().map_or(0, |place| place + 1)),
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

/// The columns of the list, and the width of the name's column.
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
    let columns = Columns { name: 0, processor, memory, note };
    let most = width.saturating_sub(3 + columns.figures_columns() + 1);
    Columns { name: if note { most.min(NAME_COLUMNS) } else { most }, ..columns }
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

    /// Returns the width of the columns after the name.
    fn figures_columns(&self) -> u16 {
        5 + 5 * u16::from(self.processor) + 6 * u16::from(self.memory)
    }

    /// Returns the age, and the use of processor and memory. For an agent that asks a person, it is the waiting
    /// time, where there is room.
    fn figures(&self, agent: &Agent, now_ms: u64) -> String {
        let clock = Clock::of(agent);
        let told = clock.long(now_ms).filter(|told| width(told) < self.figures_columns());
        if let Some(told) = told {
            return pad(&told, self.figures_columns(), Side::Left);
        }
        let usage = agent.usage.filter(|_| agent.pid.is_some());
        let mut text = pad(&clock.age().text(now_ms), 5, Side::Left);
        if self.processor {
            let percent = usage.map(|usage| format!("{:.0}%", usage.cpu_percent.clamp(0.0, 9_999.0)));
            text += &pad(&percent.unwrap_or_default(), 5, Side::Left);
        }
        if self.memory {
            text += &pad(&usage.map(|usage| narrow_bytes(usage.memory_bytes)).unwrap_or_default(), 6, Side::Left);
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
    let figures = columns.figures(agent, model.known_ms());
    let waits = matches!(Clock::of(agent), Clock::Waits { .. });
    let x = put(buf, row, x, row.y, &figures, stale(if waits { theme.needs_you } else { theme.dim }));
    let (note, note_style) = note(agent, theme);
    let room = Rect { width: row.width.saturating_sub(1), ..row };
    if columns.note {
        put(buf, room, x + 2, row.y, &note, stale(note_style));
    } else if row.height > 1 {
        put(buf, room, row.x + 3, row.y + 1, &note, stale(note_style));
    }
}
