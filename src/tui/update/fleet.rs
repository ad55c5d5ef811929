//! Handles messages from the supervisor.

use super::super::layout;
use super::super::link::{Answer, FromFleet};
use super::super::model::{Keys, Line, Mode, Model, SCREENS_MAX, Tone, is_over};
use super::super::msg::{Cmd, Outcome};
use crate::api::agents::Agent;
use crate::api::events::{EventRecord, Severity};
use crate::term::frame::Frame;

pub(super) fn hear(model: &mut Model, word: FromFleet, cmds: &mut Vec<Cmd>) {
    match word {
        FromFleet::Connected { fleet } => {
            model.fleet = fleet;
            model.line = Line::Up;
            model.listed = false;
            model.stopping = false;
            model.watching.clear();
            model.tabs.wants.start_anew();
        }
        FromFleet::Disconnected { reason } => lose(model, reason, 0, cmds),
        FromFleet::Reconnecting { attempt } => lose(model, String::new(), attempt, cmds),
        FromFleet::Fleet { changed, removed, banners } => list(model, changed, &removed, banners, cmds),
        FromFleet::Whole { agent, frame } => picture(model, agent, frame),
        FromFleet::Update { agent, update } => {
            if let Some(frame) = model.screens.get_mut(&agent) {
                frame.apply(update);
                model.undrawn.insert(agent, frame.seq);
            }
        }
        FromFleet::History { agent, rows, complete } => {
            let height = layout::parts(model).screen.height;
            if let Some(scroll) = model.scroll.as_mut().filter(|scroll| scroll.agent == agent) {
                scroll.take_history(rows, complete, height);
            }
        }
        FromFleet::Fact(fact) => remember(model, fact),
        FromFleet::Refused { agent, why } => refused(model, agent, why),
        FromFleet::Answer { request, answer } => {
            let what = model.requests.remove(&request);
            if !super::compose::settle(model, request, &answer) {
                answered(model, what, answer);
            }
        }
        FromFleet::Fetched { topic, data } => super::fetched::take(model, &topic, *data),
    }
}

fn lose(model: &mut Model, reason: String, attempts: u32, cmds: &mut Vec<Cmd>) {
    if model.stopping {
        return cmds.push(Cmd::Quit(Outcome::FleetStopped));
    }
    let (since_ms, reason) = match &model.line {
        Line::Lost { since_ms, reason: known, .. } if reason.is_empty() => (*since_ms, known.clone()),
        Line::Lost { since_ms, .. } => (*since_ms, reason),
        Line::Up | Line::Opening => (model.now_ms, reason),
    };
    model.line = Line::Lost { since_ms, reason, attempts };
    model.watching.clear();
    model.undrawn.clear();
    model.tabs.wants.start_anew();
    super::compose::unsettle(model);
    for what in std::mem::take(&mut model.requests).into_values() {
        model.toast(Tone::Warning, format!("{what}: the connection was lost before the answer came"));
    }
}

fn list(model: &mut Model, changed: Vec<Agent>, removed: &[String], banners: Vec<String>, cmds: &mut Vec<Cmd>) {
    let only = match &model.mode {
        Mode::Dashboard => None,
        Mode::Attach { agent } => Some(agent.clone()),
    };
    let changed: Vec<Agent> =
        changed.into_iter().filter(|agent| only.as_ref().is_none_or(|only| agent.name == *only)).collect();
    let whole: Vec<String> = changed.iter().map(|agent| agent.name.clone()).collect();
    let typed_into = model.roster.selected_name().filter(|_| model.keys == Keys::Agent).map(str::to_owned);
    model.roster.apply(changed, removed, model.now_ms);
    if !std::mem::replace(&mut model.listed, true) {
        model.roster.retain(|name| whole.iter().any(|heard| heard == name));
    }
    model.banners = banners;
    if let Some(name) = typed_into.filter(|name| model.roster.selected_name() != Some(name)) {
        model.keys = Keys::Quarterdeck;
        model.toast(Tone::Warning, format!("{name} is gone: keys go to Quarterdeck"));
    }
    let roster = &model.roster;
    model.screens.retain(|name, _| roster.get(name).is_some());
    model.refusals.retain(|name, _| roster.get(name).is_some());
    model.sizes.told.retain(|name, _| roster.get(name).is_some());
    super::call::heard(model, cmds);
    if let Some(agent) = only {
        follow(model, agent, cmds);
    }
}

/// Follows the agent in attach mode: keys go to the agent as soon as it is known, and the end of its run ends the
/// dashboard.
fn follow(model: &mut Model, name: String, cmds: &mut Vec<Cmd>) {
    match model.roster.get(&name) {
        None => cmds.push(Cmd::Quit(Outcome::NoSuchAgent { agent: name })),
        Some(agent) if is_over(agent.state) => {
            let (exit_code, exit_signal) = (agent.exit_code, agent.exit_signal);
            cmds.push(Cmd::Quit(Outcome::AgentEnded { agent: name, exit_code, exit_signal }));
        }
        Some(_) => model.keys = Keys::Agent,
    }
}

fn picture(model: &mut Model, agent: String, frame: Frame) {
    if model.screens.len() >= SCREENS_MAX && !model.screens.contains_key(&agent) {
        let idle = model.screens.keys().find(|name| !model.watching.contains(*name)).cloned();
        match idle {
            Some(name) => drop(model.screens.remove(&name)),
            None if !model.watching.contains(&agent) => return,
            None => {}
        }
    }
    model.refusals.remove(&agent);
    model.undrawn.insert(agent.clone(), frame.seq);
    model.screens.insert(agent, frame);
}

/// Adds a fact to the panel. Facts come in order, but some may come again after a reconnect.
fn remember(model: &mut Model, fact: EventRecord) {
    model.tabs.wants.happened(&fact);
    if !model.facts.push(fact.clone()) {
        return;
    }
    // Anyone may have stopped the fleet: when the connection ends now, that is the end, and nobody wants to reconnect.
    model.stopping |= fact.kind == "system.shutdown_begun" && fact.at_ms >= model.opened_ms;
    let is_new = model.now_ms.saturating_sub(fact.at_ms) < super::super::model::TOAST_MS;
    if fact.severity >= Severity::Error && is_new && !shows_newest(model) {
        let about = fact.agent.as_ref().map(|agent| format!("{agent}: ")).unwrap_or_default();
        model.toast(Tone::Failure, format!("{about}{}", fact.message));
    }
}

/// Whether the panel shows the newest facts, so that no toast need announce a failure.
fn shows_newest(model: &Model) -> bool {
    layout::parts(model).facts.height > 1 && model.facts.back() == 0 && model.overlay.is_none()
}

/// Records why an agent's frames cannot be shown, and says so if the user was typing into it.
fn refused(model: &mut Model, agent: String, why: String) {
    let typing = model.keys == Keys::Agent && model.roster.selected_name() == Some(&agent);
    if typing {
        model.toast(Tone::Failure, format!("{agent}: {why}"));
    }
    if model.roster.get(&agent).is_some() {
        model.refusals.insert(agent, why);
    }
}

fn answered(model: &mut Model, what: Option<String>, answer: Answer) {
    match answer {
        Answer::Done => {}
        Answer::Problem(problem) => {
            if what.as_deref() == Some("stop the fleet") {
                model.stopping = false;
            }
            model.toast(
                Tone::Failure,
                format!("{}: {}", what.as_ref().unwrap_or(&problem.what), problem.why_and_hint()),
            );
        }
    }
}
