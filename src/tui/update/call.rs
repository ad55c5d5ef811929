//! Notifies the person when an agent asks while the dashboard's window has no focus: once for each question, and again
//! when a snooze ends.

use super::super::model::Model;
use super::super::msg::Cmd;
use crate::api::agents::{Agent, Attention};
use std::collections::BTreeMap;

/// The most agents that a window title or notification names. Beyond it, the rest is counted.
const NAMES_MAX: usize = 3;

/// Notifies of new questions, after the list of agents was received or changed.
pub(super) fn heard(model: &mut Model, cmds: &mut Vec<Cmd>) {
    let asks = |agent: &&Agent| agent.attention == Attention::NeedsYou;
    let since = |agent: &Agent| agent.question.as_ref().map_or(agent.status_since_ms, |question| question.since_ms);
    let now: BTreeMap<String, u64> =
        model.roster.all().filter(asks).map(|agent| (agent.name.clone(), since(agent))).collect();
    let is_new = |known: &BTreeMap<String, u64>, agent: &Agent| known.get(&agent.name) != now.get(&agent.name);
    // Questions from before the dashboard was opened are visible on it.
    let Some(known) = &model.called else {
        model.called = Some(now);
        return;
    };
    let new: Vec<&Agent> = model.roster.all().filter(asks).filter(|agent| is_new(known, agent)).collect();
    if !new.is_empty() && !model.focused {
        cmds.push(Cmd::Call(words(&new)));
    }
    model.called = Some(now);
}

fn words(agents: &[&Agent]) -> String {
    if let [agent] = agents {
        let asked = agent.question.as_ref().map(|question| question.text.as_str()).filter(|text| !text.is_empty());
        return format!("{}: {}", agent.name, asked.unwrap_or(&agent.summary));
    }
    let names: Vec<&str> = agents.iter().take(NAMES_MAX).map(|agent| agent.name.as_str()).collect();
    let more = if agents.len() > NAMES_MAX { " …" } else { "" };
    format!("{} agents need you: {}{more}", agents.len(), names.join(", "))
}
