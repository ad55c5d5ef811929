//! Handles keys and pastes, by where they go. The chord that leaves the agent is checked first, so it never reaches the
//! agent.

use super::super::encode;
use super::super::input::{Code, Key};
use super::super::keymap::{Context, Does};
use super::super::link::ToFleet;
use super::super::model::compose::Piece;
use super::super::model::dialog::{self, Form, Overlay};
use super::super::model::scroll::SEARCH_CHARS_MAX;
use super::super::model::tab::Tab;
use super::super::model::{Arrangement, Focus, Keys, Line, Mode, Model, Tone, is_over};
use super::super::msg::Cmd;
use super::{commit, confirm, intake, line, patch, request, scroll, seen, start_key, stop_typing, tabs, type_into};
use crate::api::agents::{Action, Agent, SNOOZE_DEFAULT_MS, Status};
use crate::term::keys::{Focus as Window, encode_focus, encode_paste};
use crate::tui::model::roster::is_live;

/// The longest filter, in characters. Beyond it, further characters are refused.
const FILTER_CHARS_MAX: usize = 100;
/// Lines by which the facts scroll on a page key.
const FACTS_PAGE: usize = 5;

pub(super) fn press(model: &mut Model, key: Key, cmds: &mut Vec<Cmd>) {
    // Any key ends the question in the key bar; only the key that asked it can confirm it.
    let asked = model.confirm.take();
    let leaves = model.keymap.does(Context::Typing, &key) == Some(Does::TypingLeave);
    let attached = matches!(model.mode, Mode::Attach { .. });
    if leaves && (attached || model.keys == Keys::Agent) {
        return stop_typing(model, cmds);
    }
    if model.overlay.is_some() {
        return super::dialog::press(model, key, cmds);
    }
    if model.keys == Keys::Filter {
        return filter(model, key);
    }
    if model.scroll.is_some() {
        return scroll::press(model, key);
    }
    if model.keys == Keys::Agent {
        return type_key(model, &key, cmds);
    }
    if model.tabs.shown != Tab::Fleet {
        return tabs::press(model, key, cmds);
    }
    if let Some(does) = model.keymap.does(Context::Fleet, &key).filter(|_| !attached)
        && !confirm::answer(model, asked, does, cmds)
    {
        act(model, does, cmds);
    }
}

/// Handles pasted text: it is inserted where letters are written. Where letters are commands, it triggers none, and a
/// toast says so.
pub(super) fn paste(model: &mut Model, text: &str, cmds: &mut Vec<Cmd>) {
    if !intake::is_written(model) {
        no_command(model);
    } else if model.overlay.is_some() {
        super::dialog::paste(model, text);
    } else if model.keys == Keys::Agent && model.scroll.is_none() {
        let modes = model.screen().map(|frame| frame.modes).unwrap_or_default();
        send(model, encode_paste(text, &modes), cmds);
    } else if model.keys == Keys::Filter {
        let mut filter = tabs::filter(model).to_owned();
        warn(model, line::paste(&mut filter, text, FILTER_CHARS_MAX));
        tabs::set_filter(model, filter);
    } else if let Some(scroll) = model.scroll.as_mut().filter(|scroll| scroll.search.editing) {
        let taken = line::paste(&mut scroll.search.text, text, SEARCH_CHARS_MAX);
        warn(model, taken);
    }
}

/// Says that the letters were a text and not commands, and where a text could go.
fn no_command(model: &mut Model) {
    let listed = model.tabs.shown == Tab::Fleet && model.scroll.is_none() && model.overlay.is_none();
    let instead = match model.selected().filter(|_| listed) {
        Some(agent) if is_live(agent.state) => {
            format!("{} types into {}", model.keymap.shown(Does::Type), agent.name)
        }
        Some(agent) => format!("{} does not run: {} starts it", agent.name, start_key(model)),
        None => "nothing was done".to_owned(),
    };
    model.toast(Tone::Remark, format!("That was text, not commands: {instead}"));
}

/// Sends a change of focus to the agent that is typed into, if its program asked for it.
pub(super) fn focus(model: &Model, window: Window, cmds: &mut Vec<Cmd>) {
    if let Some(frame) = model.screen().filter(|_| model.keys == Keys::Agent) {
        send(model, encode_focus(window, &frame.modes), cmds);
    }
}

fn type_key(model: &mut Model, key: &Key, cmds: &mut Vec<Cmd>) {
    if model.is_stale() {
        return model.toast(Tone::Warning, "no connection to the supervisor: your keys do not reach the agent");
    }
    // Keys still go to the agent: the next letter of a user who is writing must not become a command.
    if let Some(agent) = model.selected().filter(|agent| is_over(agent.state)) {
        let leave = model.keymap.shown(Does::TypingLeave);
        return model.toast(Tone::Warning, format!("{}: {}; {leave} leaves it", agent.name, agent.summary));
    }
    let modes = model.screen().map(|frame| frame.modes).unwrap_or_default();
    send(model, encode::key(key, &modes), cmds);
    seen(model, cmds);
}

/// Sends bytes to the selected agent's terminal.
pub(super) fn send(model: &Model, bytes: Vec<u8>, cmds: &mut Vec<Cmd>) {
    if let Some(agent) = model.roster.selected_name().filter(|_| !bytes.is_empty()) {
        cmds.push(Cmd::Send(ToFleet::Input { agent: agent.to_owned(), bytes }));
    }
}

/// Shows an error as a toast, where the dashboard has no other place for it.
pub(super) fn warn(model: &mut Model, taken: Result<(), String>) {
    if let Err(why) = taken {
        model.toast(Tone::Warning, why);
    }
}

fn filter(model: &mut Model, key: Key) {
    let mut text = tabs::filter(model).to_owned();
    match key.code {
        Code::Enter | Code::Tab | Code::Down | Code::Up => return model.keys = Keys::Quarterdeck,
        Code::Esc => {
            text.clear();
            model.keys = Keys::Quarterdeck;
        }
        _ => warn(model, line::press(&mut text, key, FILTER_CHARS_MAX)),
    }
    tabs::set_filter(model, text);
}

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
            tabs::write(model, Piece::Task, agent);
        }
        Does::ShowFleet => tabs::show(model, Tab::Fleet),
        Does::ShowTasks => tabs::show(model, Tab::Tasks),
        Does::ShowPlan => tabs::show(model, Tab::Plan),
        Does::ShowLocks => tabs::show(model, Tab::Locks),
        Does::ShowMessages => tabs::show(model, Tab::Messages),
        Does::NextTab => tabs::show(model, model.tabs.shown.step(1)),
        Does::PreviousTab => tabs::show(model, model.tabs.shown.step(-1)),
        Does::New => model.overlay = Some(Overlay::New(Form::default())),
        Does::Filter => model.keys = Keys::Filter,
        Does::Grid => arrange(model, Arrangement::Grid),
        Does::Zoom => {
            arrange(model, Arrangement::Zoom);
            seen(model, cmds);
        }
        Does::Scroll if model.focus == Focus::Facts => scroll_facts(model, FACTS_PAGE as isize),
        Does::Scroll => scroll::enter(model, scroll::Amount::Page, cmds),
        Does::Severity => model.facts.next_severity(),
        Does::PageDown => scroll_facts(model, -(FACTS_PAGE as isize)),
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
        Does::Quit => model.overlay = Some(Overlay::Ask(dialog::quit(model.roster.all(), model.stopping))),
        _ => {}
    }
}

/// Moves the selection or the view of the panel that has the focus.
fn step(model: &mut Model, rows: isize, cmds: &mut Vec<Cmd>) {
    match (model.focus, model.arrangement) {
        (_, Arrangement::Grid) => model.roster.step(rows * grid_columns(model) as isize, model.now_ms),
        (Focus::Agents, _) => model.roster.step(rows, model.now_ms),
        (Focus::Terminal, _) if rows < 0 => scroll::enter(model, scroll::Amount::Lines(1), cmds),
        (Focus::Terminal, _) => {}
        (Focus::Facts, _) => scroll_facts(model, -rows),
    }
}

fn sideways(model: &mut Model, columns: isize) {
    if model.arrangement == Arrangement::Grid {
        model.roster.step(columns, model.now_ms);
    }
}

fn grid_columns(model: &Model) -> usize {
    let parts = super::super::layout::parts(model);
    let first_row = parts.tiles.first().map_or(0, |(_, tile)| tile.y);
    parts.tiles.iter().filter(|(_, tile)| tile.y == first_row).count().max(1)
}

pub(super) fn scroll_facts(model: &mut Model, back: isize) {
    model.facts.scroll(back);
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
            model.overlay = Some(Overlay::Ask(dialog::kill(&agent, model.now_ms)));
        }
        Does::Kill => model.toast(Tone::Remark, format!("{name} does not run: there is nothing to kill")),
        Does::Snooze => snooze(model, &agent, cmds),
        Does::Forget if is_live(agent.state) => {
            model.toast(Tone::Remark, format!("{name} runs: stop it before it is forgotten"));
        }
        Does::Forget => model.overlay = Some(Overlay::Ask(dialog::forget(&agent))),
        Does::Commit => commit::open(model, &agent, cmds),
        Does::Explain => {
            let request = request(model, format!("explain {name}"));
            cmds.push(Cmd::Send(ToFleet::Explain { request, agent: name.to_owned() }));
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
    if model.line != Line::Up {
        return model.toast(Tone::Warning, format!("no connection to the supervisor: can't {what} {name}"));
    }
    let request = request(model, format!("{what} {name}"));
    cmds.push(Cmd::Send(ToFleet::Snooze { request, agent: name, snooze_ms }));
}
