//! Handles keys in the tabs beside the fleet: moving the selection, and the actions of each tab.

use super::super::input::Key;
use super::super::keymap::Does;
use super::super::model::compose::{Compose, Piece};
use super::super::model::dialog::{Force, Overlay, Page};
use super::super::model::question;
use super::super::model::tab::Tab;
use super::super::model::tasks::is_over;
use super::super::model::{Keys, Model, Tone};
use super::super::msg::Cmd;
use super::ask::ask;
use super::{act, conflict, graph};
use crate::api::plans::RESUME_PLAN;
use crate::api::tasks::RETRY_TASK;
use crate::api::tasks::Reason;
use crate::graph::Towards;

/// Cells by which a notch of the wheel moves a graph sideways.
const PAN_COLUMNS: i32 = 8;

pub(super) fn press(model: &mut Model, key: Key, cmds: &mut Vec<Cmd>) {
    let Some(does) = model.keymap.does_in_tab(model.tabs.shown.context(), &key) else { return };
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
        Does::TaskNew => model.overlay = Some(Overlay::compose(Piece::Task, None)),
        Does::MessageNew => {
            let agent = model.tabs.messages.agent.clone();
            model.overlay = Some(Overlay::compose(Piece::Message, agent));
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
        common => act::act(model, common, cmds),
    }
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
            graph::show_selected(model);
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
            graph::show_selected(model);
        }
    }
}

fn page(model: &mut Model, pages: isize) {
    let rows = isize::from(model.seen.body_rows().saturating_sub(2).max(1) as i16);
    if model.tabs.shown == Tab::Plan {
        graph::pan(model, (0, (pages * rows) as i32));
    } else {
        step(model, pages * rows);
    }
}

/// Handles the wheel: in a list it moves the selection, in a graph the view; with Shift or Alt it moves to the side.
pub(super) fn wheel(model: &mut Model, down: i32, aside: bool) {
    if model.tabs.shown != Tab::Plan {
        return step(model, down.signum() as isize);
    }
    let by = if aside { (down.signum() * PAN_COLUMNS, 0) } else { (0, down) };
    graph::pan(model, by);
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
        () if filtered => model.set_filter(String::new()),
        () => model.show(Tab::Fleet),
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
        let text = format!("{} has ended: {}", task.name, task.summary);
        return model.toast(Tone::Remark, text);
    }
    model.overlay = Some(Overlay::Ask(question::cancel_task(task)));
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
    ask(model, format!("retry {name}"), RETRY_TASK.call(&[&id], &reason), cmds);
}

fn about_plan(model: &mut Model, does: Does, cmds: &mut Vec<Cmd>) {
    let Some(plan) = model.tabs.plan.chosen().cloned() else {
        return model.toast(Tone::Remark, "there is no plan");
    };
    if plan.state.has_ended() {
        return model.toast(Tone::Remark, format!("{} has ended: {}", plan.name, plan.summary));
    }
    match does {
        Does::PlanCancel => model.overlay = Some(Overlay::Ask(question::cancel_plan(&plan))),
        _ if plan.paused => {
            ask(model, format!("resume {}", plan.name), RESUME_PLAN.call(&[&plan.id], &()), cmds);
        }
        _ => model.overlay = Some(Overlay::Ask(question::pause_plan(&plan))),
    }
}

fn force(model: &mut Model) {
    match model.tabs.locks.lease() {
        Some(lease) => model.overlay = Some(Overlay::Force(Force::of(lease))),
        None => model.toast(Tone::Remark, "select a lock that is held, or a request that waits for one"),
    }
}
