//! Makes the JSON Schema of `agents.toml`, for editors: `#:schema ./agents.schema.json` at the file's top (taplo).

use super::agent::AgentTable;
use super::coordination::CoordinationTable;
use super::fleet::FleetTable;
use super::plan::tables::PlanTable;
use super::plans::PlansTable;
use super::resources::ResourcesTable;
use super::safety::SafetyTable;
use super::tasks::TasksTable;
use schemars::JsonSchema;
use std::collections::BTreeMap;

/// The whole file `agents.toml`. This type only describes it; [`super::parse`] reads it table by table so as to report
/// every problem.
#[derive(JsonSchema)]
#[schemars(title = "agents.toml", deny_unknown_fields)]
#[expect(dead_code, reason = "exists for its JSON Schema; its fields are read one by one from the tree")]
struct FileTable {
    /// The fleet as a whole, and defaults for its agents.
    #[schemars(default)]
    fleet: FleetTable,
    /// Locks, tasks, messages and shared state between agents.
    #[schemars(default)]
    coordination: CoordinationTable,
    /// The resources beside paths that can be locked, by name: how many may hold each at a time, or the numbers that
    /// are handed out.
    #[schemars(default)]
    resources: ResourcesTable,
    /// The settings that hold for all tasks.
    #[schemars(default)]
    tasks: TasksTable,
    /// The limits that hold for every plan.
    #[schemars(default)]
    plans: PlansTable,
    /// The fleet's own plan, for `qd plan start` without a file.
    #[schemars(default)]
    plan: PlanTable,
    /// The checks by which the supervisor notices that something is wrong with the fleet itself.
    #[schemars(default)]
    safety: SafetyTable,
    /// The agents of the fleet, by name.
    #[schemars(default)]
    agents: BTreeMap<String, AgentTable>,
}

/// Returns the schema, made from the types with which the file is read.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(FileTable).to_value()
}
