//! Checks the agents that a plan asks for: that they exist, and that they have the capabilities.

use super::super::problem::Problem;
use super::surroundings::Surroundings;
use super::tables::PlanTaskTable;
use crate::config::written::Written;
use crate::nearest::hint_for_unknown;
use std::collections::BTreeSet;

/// The agents of a fleet, with their groups and capabilities.
pub(super) struct Crew<'a> {
    agents: BTreeSet<&'a str>,
    groups: BTreeSet<&'a str>,
    capabilities: BTreeSet<&'a str>,
    sets: Vec<BTreeSet<&'a str>>,
}

impl<'a> Crew<'a> {
    pub(super) fn of(around: &Surroundings<'a>) -> Crew<'a> {
        let sets: Vec<BTreeSet<&str>> =
            around.agents.iter().map(|agent| agent.capabilities.iter().map(String::as_str).collect()).collect();
        Crew {
            agents: around.agents.iter().map(|agent| agent.name.as_str()).collect(),
            groups: around.agents.iter().filter_map(|agent| agent.group.as_deref()).collect(),
            capabilities: sets.iter().flatten().copied().collect(),
            sets,
        }
    }

    /// Checks that the agents and capabilities that a task names exist, and reports those that do not.
    pub(super) fn check(&self, task: &Written<PlanTaskTable>, problems: &mut Vec<Problem>) {
        let table = &task.table;
        if table.agent.is_some() && table.prefer.is_some() {
            let problem = Problem::at(task.span("prefer"), "both `agent` and `prefer` are given; expected one of them");
            problems.push(problem);
        }
        for (key, name) in [("agent", &table.agent), ("prefer", &table.prefer)] {
            let Some(name) = name.as_deref().filter(|name| !self.agents.contains(name)) else { continue };
            let problem = Problem::at(
                task.span(key),
                format!("`{key}` of [tasks.{}] names `{}`, which is not an agent", task.name, name.escape_debug()),
            );
            problems.push(match (self.groups.contains(name), hint_for_unknown(name, self.agents.iter().copied())) {
                (true, _) => {
                    problem.hint(format!("`{name}` is a group: name a member (`{name}-1`), or ask for a capability"))
                }
                (false, Some(near)) => problem.hint(near),
                (false, None) => problem.hint("[agents.NAME] of agents.toml names the agents"),
            });
        }
        self.check_capabilities(task, problems);
    }

    fn check_capabilities(&self, task: &Written<PlanTaskTable>, problems: &mut Vec<Problem>) {
        let table = &task.table;
        let mut known = true;
        for (at, capability) in table.capabilities.iter().enumerate() {
            if self.capabilities.contains(capability.as_str()) {
                continue;
            }
            known = false;
            let what = format!("no agent can do `{}`, which [tasks.{}] asks for", capability.escape_debug(), task.name);
            let hint = hint_for_unknown(capability, self.capabilities.iter().copied())
                .unwrap_or_else(|| "add it to the `capabilities` of an agent in agents.toml".to_owned());
            problems.push(Problem::at(task.item_span("capabilities", at), what).hint(hint));
        }
        let wanted: BTreeSet<&str> = table.capabilities.iter().map(String::as_str).collect();
        if known && !wanted.is_empty() && !self.sets.iter().any(|set| wanted.is_subset(set)) {
            let what = format!("no agent can do all that [tasks.{}] asks for", task.name);
            problems.push(
                Problem::at(task.span("capabilities"), what)
                    .hint("each capability exists, but no single agent has all of them"),
            );
        }
    }
}
