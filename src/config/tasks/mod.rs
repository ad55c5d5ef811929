//! The settings about tasks: `[tasks]`, which holds for all tasks, and the keys of `[agents.NAME]` about them.

mod check;
mod settings;
#[cfg(test)]
mod tests;

pub(super) use check::{check, check_agent, check_routing};
pub use settings::{AgentTasks, Delivery, DoneWhen, OutputLimits, PROMPT_PLACE, TaskSettings, TasksTable};
pub(super) use settings::{settings, with_prompt};
