//! The keys of a plan as a user writes them: the top of `plan.toml`, or `[plan]` in `agents.toml`.

use super::super::values::{Duration, Name};
use quarterdeck_core::plan::FailMode;
use quarterdeck_core::task::TaskWorkspace;
use schemars::JsonSchema;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU32;

/// A plan: a graph of tasks without circles. The whole of `plan.toml`, or `[plan]` in `agents.toml`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PlanTable {
    /// The plan's name. Default: the name of the file, without its ending; for `[plan]`, the name of the fleet.
    pub name: Option<Name>,
    /// The effect of a failed task on the plan. Default: "stop".
    pub fail_mode: Option<FailModeName>,
    /// The tasks of the plan, by name.
    pub tasks: BTreeMap<String, PlanTaskTable>,
}

/// The effect of a failed task on its plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FailModeName {
    /// No further task starts, except those that wait for this very failure (`when = "failed(x)"`); running tasks
    /// continue to their end.
    Stop,
    /// Every task continues that does not need the failed one; those that need it wait until the end, in case it is
    /// tried again.
    Continue,
    /// The tasks that need the failed one, directly or through others, are skipped at once; the rest continues.
    SkipDependents,
}

/// `[tasks.NAME]`: one task of a plan, or one for each item of a list.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PlanTaskTable {
    /// The text that tells the agent what to do. `{{ build.result }}` is filled in with the result that task `build`
    /// reported at its end, `{{ build.outputs }}` with the paths of the files it produced, `{{ item }}` with the item
    /// that this task is for; `\{{` means `{{`.
    pub prompt: Option<String>,
    /// Tasks that must be done before this one starts.
    pub needs: Vec<String>,
    /// Tasks that come first, with how they must have ended: "failed(build)", "done(build)", "settled(build)", or
    /// several.
    pub when: Option<OneOrMany>,
    /// The items for each of which one task is made; or the lines of an earlier task's result: "{{ list.result }}".
    pub for_each: Option<OneOrMany>,
    /// The only agent that may do this task.
    pub agent: Option<String>,
    /// The agent in whose queue this task is; an idle agent may take it from there.
    pub prefer: Option<String>,
    /// Capabilities that the agent of this task must have.
    pub capabilities: Vec<String>,
    /// Scopes that are locked while this task runs: "src/parser", "shared:docs", "gpu". `{{ … }}` is filled in.
    pub locks: Vec<String>,
    /// A command that verifies this task, run in its workspace by `sh -c`. Nothing is filled in here: what an agent
    /// said must not become a command.
    pub verify: Option<String>,
    /// Files that this task produces for those that need it, relative to its workspace; `*` patterns. `{{ … }}` is
    /// filled in.
    pub outputs: Vec<String>,
    /// The place where this task works: "agent" (its agent's workspace), "fresh" (a worktree of its own) or "merge" (a
    /// worktree that starts from the merge of the tasks that it needs). Default: "agent".
    pub workspace: Option<WorkspaceName>,
    /// The longest time for one attempt. Default: as `[tasks]` of agents.toml says.
    pub timeout: Option<Duration>,
    /// The number of attempts that are allowed. Default: as `[tasks]` of agents.toml says.
    pub attempts: Option<NonZeroU32>,
    /// The task's priority: a higher one goes first. Default: 0.
    pub priority: i32,
}

/// The place where a task of a plan works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WorkspaceName {
    /// The own workspace of the task's agent.
    Agent,
    /// A fresh worktree of the task's own.
    Fresh,
    /// A fresh worktree that starts from the merge of the tasks that this one needs.
    Merge,
}

/// A value that is one text, or a list of texts.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(untagged)]
pub enum OneOrMany {
    /// A single text, given without a list.
    One(String),
    /// A list of several texts.
    Many(Vec<String>),
}

impl From<FailModeName> for FailMode {
    fn from(name: FailModeName) -> FailMode {
        match name {
            FailModeName::Stop => FailMode::Stop,
            FailModeName::Continue => FailMode::Continue,
            FailModeName::SkipDependents => FailMode::SkipDependents,
        }
    }
}

impl From<WorkspaceName> for TaskWorkspace {
    fn from(name: WorkspaceName) -> TaskWorkspace {
        match name {
            WorkspaceName::Agent => TaskWorkspace::Agent,
            WorkspaceName::Fresh => TaskWorkspace::Fresh,
            WorkspaceName::Merge => TaskWorkspace::Merge,
        }
    }
}

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Texts;
        impl<'de> Visitor<'de> for Texts {
            type Value = OneOrMany;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list of texts")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<OneOrMany, E> {
                Ok(OneOrMany::One(text.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<OneOrMany, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(OneOrMany::Many)
            }
        }
        deserializer.deserialize_any(Texts)
    }
}
