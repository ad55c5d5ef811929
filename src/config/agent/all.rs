//! Checks of all agents together: how many they are, their names, and the order in which they start; and
//! the members of groups.

use super::check::check;
use super::settings::{AgentConfig, AgentTable, settings};
use crate::config::fleet::AgentDefaults;
use crate::config::problem::Problem;
use crate::config::values::Name;
use crate::config::written::Written;
use crate::nearest::hint_for_unknown;
use quarterdeck_core::graph;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

/// Checks the agents, each by itself and then all together.
pub(in crate::config) fn check_all(written: &[Written<AgentTable>], agents_max: u32, problems: &mut Vec<Problem>) {
    for agent in written {
        check(agent, problems);
    }
    let total: u64 = written.iter().map(|agent| agent.table.count.map_or(1, |count| u64::from(count.get()))).sum();
    if total > u64::from(agents_max) {
        let what = format!("the file makes {total} agents; the fleet holds at most {agents_max}");
        let span = written.last().map_or(0..0, |agent| agent.name_span.clone());
        problems.push(Problem::at(span, what).hint("lower a `count`, or raise `agents_max` in [fleet]"));
        return;
    }
    let members = names(written, problems);
    order(written, &members, problems);
}

/// The capabilities that any of the agents has.
pub(in crate::config) fn capabilities<'w>(written: &'w [Written<AgentTable>]) -> BTreeSet<&'w str> {
    written.iter().flat_map(|agent| &agent.table.capabilities).map(String::as_str).collect()
}

/// Returns the settings of all agents in the file's order, groups expanded. The tables must have been checked.
pub(in crate::config) fn expanded(written: &[Written<AgentTable>], defaults: &AgentDefaults) -> Vec<AgentConfig> {
    let members_of = |agent: &Written<AgentTable>| members(&agent.name, agent.table.count);
    let groups: BTreeMap<&str, Vec<String>> =
        written.iter().map(|agent| (agent.name.as_str(), members_of(agent))).collect();
    let agents = written.iter().flat_map(|agent| {
        let group = agent.table.count.map(|_| agent.name.clone());
        let one = settings(&agent.table, defaults, |target| groups.get(target).cloned());
        members_of(agent).into_iter().map(move |name| AgentConfig { name, group: group.clone(), ..one.clone() })
    });
    agents.collect()
}

/// The names of the agents that a table describes: its own name, or those of its group's members.
fn members(name: &str, count: Option<NonZeroU32>) -> Vec<String> {
    match count {
        None => vec![name.to_owned()],
        Some(count) => (1..=count.get()).map(|number| format!("{name}-{number}")).collect(),
    }
}

/// Maps the name of every agent and group to the index of its table. Reports names that are unfit, and names that are
/// taken once groups are expanded, also when they differ only in case: some file systems do not tell such names apart.
fn names(written: &[Written<AgentTable>], problems: &mut Vec<Problem>) -> BTreeMap<String, usize> {
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    let mut targets = BTreeMap::new();
    for (index, agent) in written.iter().enumerate() {
        targets.insert(agent.name.clone(), index);
        for name in members(&agent.name, agent.table.count) {
            if agent.table.count.is_some()
                && agent.name.parse::<Name>().is_ok()
                && let Err(bad) = name.parse::<Name>()
            {
                problems.push(Problem::at(agent.span("count"), bad.to_string()));
                break;
            }
            if let Some(other) = taken.insert(name.to_lowercase(), index) {
                let what = format!("the name `{name}` is taken by [agents.{}]", written[other].name);
                problems.push(Problem::at(agent.name_span.clone(), what).hint(
                    "two names must differ in more than upper and lower case; a group has the names of its members",
                ));
                break;
            }
            targets.insert(name, index);
        }
    }
    targets
}

/// Checks that `after` names agents that exist, and that the order it gives has no circle.
fn order(written: &[Written<AgentTable>], targets: &BTreeMap<String, usize>, problems: &mut Vec<Problem>) {
    let mut needs: Vec<Vec<(u32, usize)>> = vec![Vec::new(); written.len()];
    for (index, agent) in written.iter().enumerate() {
        for (item, target) in agent.table.after.iter().enumerate() {
            match targets.get(target) {
                Some(other) => needs[index].push((*other as u32, item)),
                None => {
                    let what = format!(
                        "`after` of [agents.{}] names `{}`, which is not an agent",
                        agent.name,
                        target.escape_debug()
                    );
                    let hint = hint_for_unknown(target, targets.keys().map(String::as_str));
                    problems.push(Problem { hint, ..Problem::at(agent.item_span("after", item), what) });
                }
            }
        }
    }
    let targets_of = |at: u32| needs[at as usize].iter().map(|(target, _)| *target);
    let (_, layers) = graph::layers(needs.len() as u32, targets_of);
    for circle in graph::circles(&layers, targets_of) {
        let ring: Vec<&str> =
            circle.iter().chain(circle.first()).map(|at| written[*at as usize].name.as_str()).collect();
        let (Some(first), Some(last)) = (circle.first(), circle.last().map(|last| *last as usize)) else { continue };
        let item = needs[last].iter().find(|(target, _)| target == first).map_or(0, |(_, item)| *item);
        let what = format!("the agents in `after` wait for each other in a circle: {}", ring.join(" → "));
        problems.push(
            Problem::at(written[last].item_span("after", item), what)
                .hint("each agent waits for the next, so none would ever start"),
        );
    }
}
