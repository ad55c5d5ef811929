//! Draws a task: its sign, its one line in lists, and all its details.

use super::super::agents::style;
use super::super::time::time_of_day;
use crate::api::tasks::{Happened, Task, TaskDetail, TaskState, Verified};
use crate::tui::age::{self, Age};
use crate::tui::model::Model;
use crate::tui::model::dialog::Page;
use crate::tui::model::tab::Tab;
use crate::tui::seen::Seen;
use crate::tui::theme::Theme;
use crate::tui::widget::lines::Pieces;
use crate::tui::widget::text::{Side, pad, wrap};
use ratatui::style::Style;

/// Width of the column of names in the details.
const NAME_COLUMNS: u16 = 10;
/// The widest bar of progress, in columns. Beyond it, the bar does not get wider.
const BAR_COLUMNS_MAX: u16 = 40;
/// The most lines of one text in the details of a task. Beyond it, the last line counts the rest.
const LINES_MAX: usize = 200;

/// Returns the sign and the style of a task's state.
pub(in super::super) fn glyph(state: TaskState, theme: &Theme) -> (&'static str, Style) {
    (state.look().sign(), style(state.look(), theme))
}

/// Returns a task by its number, as far as the shown tab knows it.
fn known<'a>(model: &'a Model, id: &str) -> Option<&'a Task> {
    let of_plan = || model.tabs.plan.nodes().iter().filter_map(|node| node.task.as_ref()).find(|task| task.id == id);
    let of_board = || model.tabs.tasks.named(id);
    let listed = if model.tabs.shown == Tab::Plan { of_plan().or_else(of_board) } else { of_board().or_else(of_plan) };
    listed.or_else(|| model.tabs.detail_of(id).map(|detail| &detail.task))
}

/// Returns the text of a task in a list: its name, or its title if it has no name of its own. Where room is short, the
/// name of its plan before its own name is omitted.
pub(super) fn label(task: &Task, short: bool) -> String {
    if task.name == task.id {
        return format!("{} {}", task.id, task.title);
    }
    let plan = task.plan.as_ref().filter(|_| short);
    let own = plan.and_then(|plan| task.name.strip_prefix(plan.as_str())?.strip_prefix('.'));
    own.unwrap_or(&task.name).to_owned()
}

/// Returns the short text at the right of a task's row: progress, parts, age or priority.
pub(super) fn figure(task: &Task, now_ms: u64) -> String {
    match (task.state, task.progress_percent, task.parts) {
        (TaskState::Done, ..) if task.verified == Some(Verified::Unverified) => Verified::Unverified.word().to_owned(),
        (state, ..) if state.has_ended() => String::new(),
        (_, Some(percent), _) => format!("{percent}%"),
        (_, None, Some((done, all))) => format!("{done}/{all}"),
        (state, None, None) if state.is_at_work() => {
            task.started_ms.map(|since_ms| age::text(since_ms, now_ms)).unwrap_or_default()
        }
        _ if task.priority != 0 => format!("{:+}", task.priority),
        _ => String::new(),
    }
}

/// The details of a task, gathered line by line.
struct Sheet<'a> {
    theme: &'a Theme,
    columns: u16,
    lines: Vec<Pieces>,
}

impl Sheet<'_> {
    /// Adds a name and its text, wrapped; line breaks of the text are kept.
    fn say(&mut self, name: &str, text: &str, style: Style) {
        let room = self.columns.saturating_sub(NAME_COLUMNS).max(1);
        let mut lines: Vec<String> = text.lines().flat_map(|line| wrap(line, room, LINES_MAX)).collect();
        if lines.len() > LINES_MAX {
            let more = lines.len() - LINES_MAX;
            lines.truncate(LINES_MAX);
            lines.push(format!("… {more} more lines: `qd task show` has all"));
        }
        for (index, line) in lines.into_iter().enumerate() {
            let name = if index == 0 { name } else { "" };
            self.lines.push(vec![(pad(name, NAME_COLUMNS, Side::Right), self.theme.dim), (line, style)]);
        }
    }

    fn maybe(&mut self, name: &str, text: Option<&str>, style: Style) {
        if let Some(text) = text.filter(|text| !text.trim().is_empty()) {
            self.say(name, text, style);
        }
    }

    fn bar(&mut self, percent: u8, said: &str) {
        let room = self.columns.saturating_sub(NAME_COLUMNS + 6).min(BAR_COLUMNS_MAX);
        let full = u32::from(room) * u32::from(percent.min(100)) / 100;
        let strokes = |stroke: &str, count: u32| stroke.repeat(count as usize);
        self.lines.push(vec![
            (pad("Progress", NAME_COLUMNS, Side::Right), self.theme.dim),
            (strokes("━", full), self.theme.working),
            (strokes("─", u32::from(room) - full), self.theme.border),
            (format!(" {percent}%"), self.theme.text),
        ]);
        self.maybe("", Some(said), self.theme.text);
    }
}

/// Returns all details of a task, the most important ones at the top.
pub(super) fn lines(model: &Model, task: &Task, columns: u16, seen: &mut Seen) -> Vec<Pieces> {
    let theme = &model.theme;
    let detail = model.tabs.detail_of(&task.id);
    let (sign, style) = glyph(task.state, theme);
    let mut page = Sheet { theme, columns, lines: Vec::new() };
    page.lines.push(vec![(format!("{sign} "), style), (task.summary.clone(), theme.text.patch(theme.selected))]);
    page.lines.extend([vec![(whereabouts(model, task, seen), theme.dim)]]);
    match (task.progress_percent, &task.progress) {
        (Some(percent), said) => page.bar(percent, said.as_deref().unwrap_or("")),
        (None, said) => page.maybe("Progress", said.as_deref(), theme.text),
    }
    page.maybe("Held", task.held.as_deref().filter(|why| !task.summary.contains(why)), theme.warning);
    let why = task.reason.as_deref().filter(|reason| !task.summary.contains(*reason));
    page.maybe("Reason", why, theme.error);
    page.maybe("Said", detail.and_then(|detail| detail.result.as_deref()), theme.text);
    page.maybe("Verify", detail.and_then(|detail| detail.verify.as_deref()), theme.text);
    let refuted = task.verified == Some(Verified::Refuted);
    let output = detail.and_then(|detail| detail.verify_output.as_deref());
    page.maybe("Output", output, if refuted { theme.error } else { theme.dim });
    if let Some((done, all)) = task.parts {
        page.say("Parts", &format!("{done} of {all} done"), theme.text);
    }
    page.maybe("Part of", task.parent.as_deref(), theme.text);
    page.maybe("Needs", Some(&with_signs(model, &task.needs)), theme.text);
    page.maybe("Locks", Some(&task.locks.join(", ")), theme.text);
    page.maybe("Able to", Some(&task.required_capabilities.join(", ")), theme.text);
    match detail {
        Some(detail) => rest(model, &mut page, detail),
        None => page.say("Prompt", &task.title, theme.text),
    }
    page.lines
}

/// Returns the task's number, agent, run, attempt, priority and age in one line.
fn whereabouts(model: &Model, task: &Task, seen: &mut Seen) -> String {
    let mut words = vec![task.id.clone()];
    words.extend(task.agent.as_ref().map(|agent| format!("by {agent}")));
    words.extend(task.run.clone());
    words.extend((task.attempt > 0).then(|| format!("attempt {} of {}", task.attempt, task.attempts_max)));
    words.extend((task.priority != 0).then(|| format!("priority {:+}", task.priority)));
    words.push(match (task.started_ms, task.ended_ms) {
        (Some(start_ms), Some(end_ms)) => format!("took {}", age::text(start_ms, end_ms)),
        (None, Some(_)) => "never ran".to_owned(),
        (Some(start_ms), None) => format!("since {}", age::text(start_ms, model.known_ms())),
        (None, None) => format!("waits since {}", age::text(task.queued_ms, model.known_ms())),
    });
    seen.age(task.ended_ms.is_none().then(|| Age::Since(task.started_ms.unwrap_or(task.queued_ms))));
    words.join(" · ")
}

fn with_signs(model: &Model, names: &[String]) -> String {
    let one = |name: &String| match sought(model, name) {
        Some(task) => format!("{} {name}", glyph(task.state, &model.theme).0),
        None => name.clone(),
    };
    names.iter().map(one).collect::<Vec<_>>().join("  ")
}

/// Returns a task by its name, or by its name within the plan that is shown.
fn sought<'a>(model: &'a Model, name: &str) -> Option<&'a Task> {
    let nodes = model.tabs.plan.nodes().iter().filter_map(|node| node.task.as_ref());
    let mut of_plan = nodes.filter(|task| task.name == name);
    model.tabs.tasks.named(name).or_else(|| of_plan.next())
}

fn rest(model: &Model, page: &mut Sheet<'_>, detail: &TaskDetail) {
    let theme = page.theme;
    page.say("Prompt", &detail.prompt, theme.text);
    page.maybe("Commit", detail.commit.as_deref(), theme.text);
    page.maybe("Branch", detail.branch.as_deref(), theme.text);
    page.maybe("Outputs", Some(&detail.outputs.join(", ")), theme.text);
    let left: Vec<String> =
        detail.artifacts.iter().map(|artifact| format!("{} ({} bytes)", artifact.path, artifact.bytes)).collect();
    page.maybe("Produced", Some(&left.join("\n")), theme.text);
    page.maybe("Inputs", detail.inputs.as_deref(), theme.dim);
    page.maybe("Works in", detail.workspace.as_deref(), theme.dim);
    page.maybe("History", Some(&past(model, detail)), theme.dim);
}

/// Returns the history of a task, one line for each event.
fn past(model: &Model, detail: &TaskDetail) -> String {
    let told = |happened: &Happened| format!("{} {}", time_of_day(model, happened.at_ms), happened.what);
    detail.history.iter().map(told).collect::<Vec<_>>().join("\n")
}

/// Returns the reasons for a task's state, in the supervisor's words: what blocks it, and what would change that.
fn why(model: &Model, task: &Task, columns: u16) -> Vec<Pieces> {
    let theme = &model.theme;
    let mut page = Sheet { theme, columns, lines: Vec::new() };
    let (sign, style) = glyph(task.state, theme);
    page.lines.push(vec![(format!("{sign} "), style), (task.summary.clone(), theme.text.patch(theme.selected))]);
    match model.tabs.why_of(&task.id) {
        None => page.say("", "asking …", theme.dim),
        Some(why) => {
            page.say("Answer", &why.answer, theme.text);
            page.maybe("Because", Some(&why.because.join("\n")), theme.warning);
            page.maybe("Hint", Some(&why.hints.join("\n")), theme.key);
        }
    }
    page.maybe("Needs", Some(&with_signs(model, &task.needs)), theme.text);
    if let Some(detail) = model.tabs.detail_of(&task.id) {
        page.maybe("History", Some(&past(model, detail)), theme.dim);
    }
    page.lines
}

/// Returns the title and the lines of a task's overlay.
pub(in super::super) fn told(
    model: &Model,
    id: &str,
    page: Page,
    columns: u16,
    seen: &mut Seen,
) -> (String, Vec<Pieces>) {
    let Some(task) = known(model, id) else {
        return (id.to_owned(), vec![vec![("asking …".to_owned(), model.theme.dim)]]);
    };
    match page {
        Page::Whole => (task.name.clone(), lines(model, task, columns, seen)),
        Page::Why => (format!("Why is {} in this state?", task.name), why(model, task, columns)),
    }
}
