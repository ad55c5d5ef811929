//! Handles keys in the tabs beside the fleet: moving the selection, and the actions of each tab.

use super::super::graph::Towards;
use super::super::input::Key;
use super::super::keymap::{Context, Does};
use super::super::layout;
use super::super::link::{Deed, ToFleet};
use super::super::model::compose::{Compose, Piece};
use super::super::model::dialog::{self, Force, Overlay, Page};
use super::super::model::tab::Tab;
use super::super::model::tasks::is_over;
use super::super::model::{Keys, Line, Model, Tone};
use super::super::msg::Cmd;
use super::super::view;
use super::{conflict, keys, request};
use crate::api::tasks::Reason;

/// Cells by which a notch of the wheel moves a graph sideways.
const PAN_COLUMNS: i32 = 8;

/// Returns the context of keys while a tab is shown.
pub(super) fn context(tab: Tab) -> Context {
    match tab {
        Tab::Fleet => Context::Fleet,
        Tab::Tasks => Context::Tasks,
        Tab::Plan => Context::Plan,
        Tab::Locks => Context::Locks,
        Tab::Messages => Context::Messages,
    }
}

pub(super) fn press(model: &mut Model, key: Key, cmds: &mut Vec<Cmd>) {
    let Some(does) = model.keymap.does_in_tab(context(model.tabs.shown), &key) else { return };
    match does {
        Does::Up => step(model, -1),
        Does::Down => step(model, 1),
        Does::Left => sideways(model, -1),
        Does::Right => sideways(model, 1),
        Does::First => step(model, isize::MIN),
        Does::Last => step(model, isize::MAX),
        Does::Scroll => page(model, -1),
        Does::PageDown => page(model, 1),
        Does::Back => back(model),
        Does::TaskFilter | Does::MessageFilter => model.keys = Keys::Filter,
        Does::TaskNew => write(model, Piece::Task, None),
        Does::MessageNew => {
            let agent = model.tabs.messages.agent.clone();
            write(model, Piece::Message, agent);
        }
        Does::TaskShow | Does::PlanShow => tell(model, Page::Whole),
        Does::TaskExplain | Does::PlanExplain => tell(model, Page::Why),
        Does::TaskCancel => cancel_task(model),
        Does::TaskRetry | Does::PlanRetry => retry_task(model, cmds),
        Does::PlanPause | Does::PlanCancel => about_plan(model, does, cmds),
        Does::PlanOlder => model.tabs.plan.choose(1),
        Does::PlanNewer => model.tabs.plan.choose(-1),
        Does::LockForce => force(model),
        Does::ConflictShow => conflict::open(model),
        common => keys::act(model, common, cmds),
    }
}

/// Shows a tab. Letters that are typed there are commands.
pub(super) fn show(model: &mut Model, tab: Tab) {
    model.tabs.shown = tab;
    model.tabs.wants.try_again();
    model.keys = Keys::Quarterdeck;
    model.scroll = None;
    model.drag = None;
}

/// Opens the editor for a task or a message.
pub(super) fn write(model: &mut Model, piece: Piece, agent: Option<String>) {
    model.overlay = Some(Overlay::Compose(Box::new(Compose::new(piece, agent))));
}

/// Requests an action; shows a toast when there is no connection. Returns the number of the request.
pub(super) fn ask(model: &mut Model, what: String, deed: Deed, cmds: &mut Vec<Cmd>) -> Option<u64> {
    if model.line != Line::Up {
        model.toast(Tone::Warning, format!("no connection to the supervisor: can't {what}"));
        return None;
    }
    let request = request(model, what);
    cmds.push(Cmd::Send(ToFleet::Do { request, deed: Box::new(deed) }));
    Some(request)
}

fn step(model: &mut Model, rows: isize) {
    let tabs = &mut model.tabs;
    match tabs.shown {
        Tab::Fleet => {}
        Tab::Tasks => tabs.tasks.step(rows),
        Tab::Locks => tabs.locks.step(rows),
        Tab::Messages => tabs.messages.step(rows),
        Tab::Plan => {
            let towards = if rows < 0 { Towards::Up } else { Towards::Down };
            let steps = rows.unsigned_abs().min(tabs.plan.nodes().len());
            (0..steps).for_each(|_| tabs.plan.go(towards));
            show_node(model);
        }
    }
}

fn sideways(model: &mut Model, columns: isize) {
    let tabs = &mut model.tabs;
    match tabs.shown {
        Tab::Fleet | Tab::Locks => {}
        Tab::Tasks => tabs.tasks.sideways(columns),
        Tab::Messages => {
            let names: Vec<String> = model.roster.all().map(|agent| agent.name.clone()).collect();
            let mut choice = Compose::new(Piece::Message, tabs.messages.agent.clone());
            choice.choose_agent(names.iter().map(String::as_str), columns);
            tabs.messages.choose(choice.agent);
        }
        Tab::Plan => {
            tabs.plan.go(if columns < 0 { Towards::Left } else { Towards::Right });
            show_node(model);
        }
    }
}

/// Moves the graph so that the selected node is visible.
pub(super) fn show_node(model: &mut Model) {
    let panel = view::tabs::plan::canvas(layout::parts(model).body);
    model.tabs.plan.show_selected(panel.width, panel.height);
}

fn page(model: &mut Model, pages: isize) {
    let body = layout::parts(model).body;
    let rows = isize::from((body.height.saturating_sub(2)).max(1) as i16);
    if model.tabs.shown == Tab::Plan {
        let panel = view::tabs::plan::canvas(body);
        model.tabs.plan.pan((0, (pages * rows) as i32), panel.width, panel.height);
    } else {
        step(model, pages * rows);
    }
}

/// Handles the wheel: in a list it moves the selection, in a graph the view; with Shift or Alt it moves to the side.
pub(super) fn wheel(model: &mut Model, down: i32, aside: bool) {
    if model.tabs.shown != Tab::Plan {
        return step(model, down.signum() as isize);
    }
    let panel = view::tabs::plan::canvas(layout::parts(model).body);
    let by = if aside { (down.signum() * PAN_COLUMNS, 0) } else { (0, down) };
    model.tabs.plan.pan(by, panel.width, panel.height);
}

/// Goes one step back: removes the remarks, then the filter, then shows the fleet.
fn back(model: &mut Model) {
    let tabs = &mut model.tabs;
    let filtered = match tabs.shown {
        Tab::Tasks => !tabs.tasks.filter().is_empty(),
        Tab::Messages => !tabs.messages.filter().is_empty(),
        Tab::Fleet | Tab::Plan | Tab::Locks => false,
    };
    match () {
        () if !model.remarks.is_empty() => model.remarks.clear(),
        () if filtered => set_filter(model, String::new()),
        () => show(model, Tab::Fleet),
    }
}

/// Returns the filter of the shown tab.
pub(super) fn filter(model: &Model) -> &str {
    match model.tabs.shown {
        Tab::Tasks => model.tabs.tasks.filter(),
        Tab::Messages => model.tabs.messages.filter(),
        Tab::Fleet | Tab::Plan | Tab::Locks => model.roster.filter(),
    }
}

/// Changes the filter of the shown tab.
pub(super) fn set_filter(model: &mut Model, filter: String) {
    match model.tabs.shown {
        Tab::Tasks => model.tabs.tasks.set_filter(filter),
        Tab::Messages => model.tabs.messages.set_filter(filter),
        Tab::Fleet | Tab::Plan | Tab::Locks => model.roster.set_filter(filter),
    }
}

fn tell(model: &mut Model, page: Page) {
    match model.tabs.selected_task().map(str::to_owned) {
        Some(id) => model.overlay = Some(Overlay::Task { id, page, scrolled: 0 }),
        None if model.tabs.shown == Tab::Plan && model.tabs.plan.is_drawn() => {
            model.toast(Tone::Remark, "this task is created when the output that it is made from exists");
        }
        None => model.toast(Tone::Remark, "no task is selected"),
    }
}

fn cancel_task(model: &mut Model) {
    let Some(task) = model.tabs.tasks.selected() else {
        return model.toast(Tone::Remark, "no task is selected");
    };
    if is_over(task.state) {
        let text = format!("{} is over: {}", task.name, task.summary);
        return model.toast(Tone::Remark, text);
    }
    model.overlay = Some(Overlay::Ask(dialog::cancel_task(task)));
}

fn retry_task(model: &mut Model, cmds: &mut Vec<Cmd>) {
    let selected = match model.tabs.shown {
        Tab::Plan => model.tabs.plan.selected_task(),
        _ => model.tabs.tasks.selected(),
    };
    let Some(task) = selected else { return model.toast(Tone::Remark, "no task is selected") };
    let (name, id) = (task.name.clone(), task.id.clone());
    if !task.state.can_be_retried() {
        let text = format!("{name} is {}: there is nothing to retry", task.summary);
        return model.toast(Tone::Remark, text);
    }
    let reason = Reason { reason: Some("asked for in the dashboard".to_owned()) };
    ask(model, format!("retry {name}"), Deed::RetryTask { task: id, reason }, cmds);
}

fn about_plan(model: &mut Model, does: Does, cmds: &mut Vec<Cmd>) {
    let Some(plan) = model.tabs.plan.chosen().cloned() else {
        return model.toast(Tone::Remark, "there is no plan");
    };
    if plan.state.has_ended() {
        return model.toast(Tone::Remark, format!("{} is over: {}", plan.name, plan.summary));
    }
    match does {
        Does::PlanCancel => model.overlay = Some(Overlay::Ask(dialog::cancel_plan(&plan))),
        _ if plan.paused => {
            ask(model, format!("resume {}", plan.name), Deed::ResumePlan { plan: plan.id }, cmds);
        }
        _ => model.overlay = Some(Overlay::Ask(dialog::pause_plan(&plan))),
    }
}

fn force(model: &mut Model) {
    match model.tabs.locks.lease() {
        Some(lease) => model.overlay = Some(Overlay::Force(Force::of(lease))),
        None => model.toast(Tone::Remark, "select a lock that is held, or who waits for one"),
    }
}
