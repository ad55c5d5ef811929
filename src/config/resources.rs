//! `[resources]`: the resources beside paths that can be locked.

use super::problem::Problem;
use super::values::{Name, Units};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::de::{DeTable, ValueDeserializer};

/// The most resources of one fleet. Beyond it, the configuration is refused.
const RESOURCES_MAX: usize = 256;

/// `[resources]`: the resources beside paths that can be locked, by name.
pub type ResourcesTable = BTreeMap<String, Units>;

/// Reads `[resources]`, each entry by itself, so that one mistake does not hide the next.
pub(super) fn read(tree: DeTable, problems: &mut Vec<Problem>) -> ResourcesTable {
    let mut resources = ResourcesTable::new();
    for (key, value) in tree {
        let (place, name) = (key.span(), key.into_inner().into_owned());
        if let Err(bad) = name.parse::<Name>() {
            problems.push(Problem::at(place.clone(), bad.to_string()));
        }
        if resources.len() == RESOURCES_MAX {
            problems.push(Problem::at(place, format!("there are more than {RESOURCES_MAX} resources")));
            break;
        }
        let span = value.span();
        match Units::deserialize(ValueDeserializer::from(value)) {
            Ok(units) => _ = resources.insert(name, units),
            Err(error) => {
                let problem = Problem::at(span, format!("`{name}` in [resources]: {}", error.message().trim()));
                problems.push(problem.hint(format!("write for example {name} = 2, or {name} = \"4000-4099\"")));
            }
        }
    }
    resources
}
