//! Carries out the actions that keys have in the fleet's tab, and that most of them have in every tab.

use super::super::keymap::Does;
use super::super::model::compose::Piece;
use super::super::model::dialog::{Form, Overlay};
use super::super::model::question;
use super::super::model::roster::is_live;
use super::super::model::tab::Tab;
use super::super::model::{Arrangement, Focus, Keys, Model, Tone};
use super::super::msg::Cmd;
use super::ask::{ask, patch};
use super::typing::{seen, type_into};
use super::{commit, confirm, scroll};
use crate::api::agents::{Action, Agent, AgentPatch, CHANGE_AGENT, SNOOZE_DEFAULT_MS, Status};

/// Lines by which the facts scroll on a page key.
const FACTS_PAGE: isize = 5;

/// Carries out an action.
pub(super) fn act(model: &mut Model, does: Does, cmds: &mut Vec<Cmd>) {
    match does {
        Does::Up => step(model, -1, cmds),
        Does::Down => step(model, 1, cmds),
        Does::Left => sideways(model, -1),
        Does::Right => sideways(model, 1),
        Does::First => model.roster.step(isize::MIN, model.now_ms),
        Does::Last => model.roster.step(isize::MAX, model.now_ms),
        Does::NextUrgent => model.roster.step_to_urgent(model.now_ms),
        Does::Type => type_into(model, cmds),
        Does::Pause
        | Does::StartStop
        | Does::Restart
        | Does::Kill
        | Does::Snooze
        | Does::Forget
        | Does::Commit
        | Does::Explain => {
            about_selected(model, does, cmds);
        }
        Does::NewTask => {
            let agent = model.roster.selected_name().map(str::to_owned);
            model.overlay = Some(Overlay::compose(Piece::Task, agent));
        }
        Does::ShowFleet => model.show(Tab::Fleet),
        Does::ShowTasks => model.show(Tab::Tasks),
        Does::ShowPlan => model.show(Tab::Plan),
        Does::ShowLocks => model.show(Tab::Locks),
        Does::ShowMessages => model.show(Tab::Messages),
        Does::NextTab => model.show(model.tabs.shown.step(1)),
        Does::PreviousTab => model.show(model.tabs.shown.step(-1)),
        Does::New => model.overlay = Some(Overlay::New(Form::default())),
        Does::Filter => model.keys = Keys::Filter,
        Does::Grid => arrange(model, Arrangement::Grid),
        Does::Zoom => {
            arrange(model, Arrangement::Zoom);
            seen(model, cmds);
        }
        Does::Scroll if model.focus == Focus::Facts => model.facts.scroll(FACTS_PAGE),
        Does::Scroll => scroll::enter(model, scroll::Amount::Page, cmds),
        Does::Severity => model.facts.next_severity(),
        Does::PageDown => model.facts.scroll(-(FACTS_PAGE)),
        Does::Focus => {
            model.focus = match model.focus {
                Focus::Agents => Focus::Terminal,
                Focus::Terminal => Focus::Facts,
                Focus::Facts => Focus::Agents,
            }
        }
        Does::Back => back(model),
        Does::Redraw => cmds.push(Cmd::Redraw),
        Does::Suspend => cmds.push(Cmd::Suspend),
        Does::Help => model.overlay = Some(Overlay::Help { search: String::new(), scrolled: 0 }),
        Does::Quit => model.overlay = Some(Overlay::Ask(question::quit(model.roster.all(), model.stopping))),
        _ => {}
    }
}

/// Moves the selection or the view of the panel that has the focus.
fn step(model: &mut Model, rows: isize, cmds: &mut Vec<Cmd>) {
    match (model.focus, model.arrangement) {
        (_, Arrangement::Grid) => model.roster.step(rows * model.seen.tiles_beside().max(1) as isize, model.now_ms),
        (Focus::Agents, _) => model.roster.step(rows, model.now_ms),
        (Focus::Terminal, _) if rows < 0 => scroll::enter(model, scroll::Amount::Lines(1), cmds),
        (Focus::Terminal, _) => {}
        (Focus::Facts, _) => model.facts.scroll(-rows),
    }
}

fn sideways(model: &mut Model, columns: isize) {
    if model.arrangement == Arrangement::Grid {
        model.roster.step(columns, model.now_ms);
    }
}

fn arrange(model: &mut Model, wanted: Arrangement) {
    model.arrangement = if model.arrangement == wanted { Arrangement::Panels } else { wanted };
}

/// Goes one step back towards the plain dashboard.
fn back(model: &mut Model) {
    if !model.remarks.is_empty() {
        model.remarks.clear();
    } else if model.arrangement != Arrangement::Panels {
        model.arrangement = Arrangement::Panels;
    } else if !model.roster.filter().is_empty() {
        model.roster.set_filter(String::new());
    } else {
        model.focus = Focus::Agents;
        model.facts.follow();
    }
}

fn about_selected(model: &mut Model, does: Does, cmds: &mut Vec<Cmd>) {
    let Some(agent) = model.selected().cloned() else {
        return model.toast(Tone::Remark, "no agent is selected");
    };
    let name = agent.name.as_str();
    match does {
        Does::Pause if agent.status == Status::Paused => patch(model, name, Action::Resume, "resume", cmds),
        Does::Pause => patch(model, name, Action::Pause, "pause", cmds),
        // The agent may run again when a start arrives, and no agent is ended without a question.
        Does::Restart if !confirm::ask(model, &agent, does, Action::Restart) => {
            patch(model, name, Action::Start, "start", cmds);
        }
        Does::StartStop if !confirm::ask(model, &agent, does, Action::Stop) => {
            patch(model, name, Action::Start, "start", cmds);
        }
        Does::Restart | Does::StartStop => {}
        Does::Kill if is_live(agent.state) => {
            model.overlay = Some(Overlay::Ask(question::kill(&agent, model.now_ms)));
        }
        Does::Kill => model.toast(Tone::Remark, format!("{name} does not run: there is nothing to kill")),
        Does::Snooze => snooze(model, &agent, cmds),
        Does::Forget if is_live(agent.state) => {
            model.toast(Tone::Remark, format!("{name} runs: stop it before you remove it"));
        }
        Does::Forget => model.overlay = Some(Overlay::Ask(question::forget(&agent))),
        Does::Commit => commit::open(model, &agent),
        Does::Explain => {
            model.overlay = Some(Overlay::Explain { agent: name.to_owned(), explanation: None, scrolled: 0 });
        }
        _ => {}
    }
}

/// Snoozes an agent's question, or ends its snooze.
fn snooze(model: &mut Model, agent: &Agent, cmds: &mut Vec<Cmd>) {
    let name = agent.name.clone();
    let Some(question) = &agent.question else {
        return model.toast(Tone::Remark, format!("{name} asks nothing: there is nothing to snooze"));
    };
    let (snooze_ms, what) = match question.snoozed_until_ms {
        None => (SNOOZE_DEFAULT_MS, "snooze"),
        Some(_) => (0, "end the snooze of"),
    };
    let patch = AgentPatch { action: Action::Snooze, snooze_ms: Some(snooze_ms) };
    ask(model, format!("{what} {name}"), CHANGE_AGENT.call(&[&name], &patch), cmds);
}
