//! Reads an agent that is not in the file: the same keys as `[agents.NAME]`, as JSON.

use super::agent::{self, AgentConfig};
use super::fleet_config::FleetConfig;
use super::problem::{ConfigErrors, Problem};
use super::read;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// Reads, checks and completes an agent from the keys of `[agents.NAME]` as JSON, exactly as if it were in the file:
/// with the same checks and the same defaults. `after` may name agents of `fleet`.
///
/// # Errors
/// All problems found. Their places are in a TOML text made from `keys`, under the path `spawn request`.
pub fn agent_from_json(
    name: &str,
    keys: BTreeMap<String, Value>,
    fleet: &FleetConfig,
) -> Result<AgentConfig, ConfigErrors> {
    let path = Path::new("spawn request");
    let keys: BTreeMap<String, Value> = keys.into_iter().filter(|(_, value)| !value.is_null()).collect();
    let document = BTreeMap::from([("agents", BTreeMap::from([(name, &keys)]))]);
    let refuse = |text: &str, problem: Problem| Err(ConfigErrors::new(path, text, vec![problem]));
    let text = match toml::to_string(&document) {
        Ok(text) => text,
        Err(error) => return refuse("", Problem { what: error.to_string(), hint: None, span: None }),
    };
    let members = |target: &str| -> Vec<String> {
        let meant = fleet.agents.iter().filter(|agent| agent.name == target || agent.group.as_deref() == Some(target));
        meant.map(|agent| agent.name.clone()).collect()
    };
    let written = read::single(&text, path)?;
    let mut problems = Vec::new();
    if written.table.count.is_some() {
        problems.push(Problem::at(written.span("count"), "a spawned agent is one agent; expected no `count`"));
    }
    for (item, target) in written.table.after.iter().enumerate() {
        if members(target).is_empty() {
            problems.push(Problem::at(
                written.item_span("after", item),
                format!("`after` names `{target}`, which is not an agent"),
            ));
        }
    }
    agent::check(&written, &mut problems);
    if !problems.is_empty() {
        return Err(ConfigErrors::new(path, &text, problems));
    }
    let one = agent::settings(&written.table, &fleet.fleet.defaults, |target| Some(members(target)));
    Ok(AgentConfig { name: name.to_owned(), ..one })
}
