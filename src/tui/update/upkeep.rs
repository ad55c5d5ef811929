//! Updates what depends on other state after every change: watched agents, terminal sizes, and expired items.

use super::super::layout::{self, Parts};
use super::super::link::ToFleet;
use super::super::model::dialog::Overlay;
use super::super::model::tab::Tab;
use super::super::model::{Arrangement, Keys, Line, Model};
use super::super::msg::Cmd;
use super::typing::seen;
use super::{confirm, graph};
use crate::term::frame::Size;
use std::collections::BTreeSet;

/// How often sizes are sent while they change, in milliseconds.
const RESIZE_QUIET_MS: u64 = 150;
/// How long a user must look at an agent before it counts as seen, in milliseconds.
const GLANCE_MS: u64 = 2_000;

pub(super) fn keep_up(model: &mut Model, cmds: &mut Vec<Cmd>) {
    let now_ms = model.now_ms;
    model.roster.settle(now_ms);
    model.toasts.retain(|toast| toast.until_ms > now_ms);
    drop_orphans(model);
    confirm::keep_up(model);
    glance(model, cmds);
    let parts = layout::parts(model);
    watch(model, &parts, cmds);
    tell_size(model, &parts, cmds);
    fetch(model, cmds);
    graph::pan(model, (0, 0));
}

/// Requests the data of the shown tab, if they are unknown or have changed.
fn fetch(model: &mut Model, cmds: &mut Vec<Cmd>) {
    if model.line == Line::Up {
        let wanted = model.wanted();
        let topics = model.tabs.wants.ask(&wanted, model.now_ms);
        cmds.extend(topics.into_iter().map(|topic| Cmd::Send(ToFleet::Fetch { topic })));
    }
}

/// Closes overlays and copies of an agent that is gone or no longer selected.
fn drop_orphans(model: &mut Model) {
    let about = model.overlay.as_ref().and_then(Overlay::agent);
    if about.is_some_and(|agent| model.roster.get(agent).is_none()) {
        model.overlay = None;
    }
    if model.keys == Keys::Agent && model.roster.selected_name().is_none() {
        model.keys = Keys::Quarterdeck;
    }
    let selected = model.roster.selected_name();
    if model.scroll.as_ref().is_some_and(|scroll| Some(scroll.agent.as_str()) != selected) {
        model.scroll = None;
        model.drag = None;
    }
    let height = layout::parts(model).screen.height;
    match &mut model.scroll {
        Some(_) if height == 0 => model.scroll = None,
        Some(scroll) => scroll.move_back(0, height),
        None => {}
    }
}

/// Marks the selected agent as seen when the user has looked at it long enough.
fn glance(model: &mut Model, cmds: &mut Vec<Cmd>) {
    if model.tabs.shown != Tab::Fleet {
        // The selected agent is not visible in another tab; returning to it counts as selecting it.
        model.glance = model.glance.as_ref().map(|_| (String::new(), u64::MAX));
        return;
    }
    let selected = model.roster.selected_name().map(str::to_owned);
    match (&model.glance, selected) {
        (Some((agent, until_ms)), Some(selected)) if *agent == selected => {
            if *until_ms <= model.now_ms && *until_ms != u64::MAX {
                seen(model, cmds);
                model.glance = Some((selected, u64::MAX));
            }
        }
        (before, Some(selected)) => {
            let first = before.is_none() || model.roster.is_opening();
            let until_ms = if first { u64::MAX } else { model.now_ms.saturating_add(GLANCE_MS) };
            model.glance = Some((selected, until_ms));
        }
        (_, None) => model.glance = None,
    }
}

/// Watches exactly the agents whose terminals are shown.
fn watch(model: &mut Model, parts: &Parts, cmds: &mut Vec<Cmd>) {
    if model.line != Line::Up || !model.listed {
        return;
    }
    let mut wanted = BTreeSet::new();
    if !parts.terminal.is_empty() {
        wanted.extend(model.roster.selected_name().map(str::to_owned));
    }
    let shown: Vec<&str> = model.roster.shown().map(|agent| agent.name.as_str()).collect();
    wanted.extend(parts.tiles.iter().filter_map(|(index, _)| shown.get(*index)).map(|name| (*name).to_owned()));
    for agent in model.watching.difference(&wanted) {
        cmds.push(Cmd::Send(ToFleet::Unwatch { agent: agent.clone() }));
    }
    for agent in wanted.difference(&model.watching) {
        cmds.push(Cmd::Send(ToFleet::Watch { agent: agent.clone() }));
    }
    model.watching = wanted;
}

/// Sends the size of the terminal that the user looks at: the first change at once, further ones after a pause.
fn tell_size(model: &mut Model, parts: &Parts, cmds: &mut Vec<Cmd>) {
    model.sizes.waiting = false;
    let looked_at = model.arrangement != Arrangement::Grid && !parts.screen.is_empty();
    let Some(agent) = model.roster.selected_name().filter(|_| looked_at && model.line == Line::Up && model.listed)
    else {
        return;
    };
    let size = Size::clamped(parts.screen.width, parts.screen.height + parts.foot.height);
    if model.sizes.told.get(agent) == Some(&size) {
        return;
    }
    if model.now_ms < model.sizes.quiet_until_ms {
        model.sizes.waiting = true;
        return;
    }
    let agent = agent.to_owned();
    model.sizes.quiet_until_ms = model.now_ms.saturating_add(RESIZE_QUIET_MS);
    model.sizes.told.insert(agent.clone(), size);
    cmds.push(Cmd::Send(ToFleet::Resize { agent, size }));
}
