//! The keys of a plan as a user writes them: the top of `plan.toml`, or `[plan]` in `agents.toml`.

use super::super::values::{Duration, Name};
use quarterdeck_core::plan::{FailMode, PlanPolicy};
use quarterdeck_core::task::TaskWorkspace;
use schemars::JsonSchema;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU32;

/// A plan: a DAG of tasks. The whole of `plan.toml`, or `[plan]` in `agents.toml`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PlanTable {
    /// The plan's name. Default: the file's, without its ending; of `[plan]`, the fleet's.
    pub name: Option<Name>,
    /// What a failed task does to the plan. Default: "stop".
    pub fail_mode: Option<FailModeName>,
    /// The tasks, by name.
    pub tasks: BTreeMap<String, PlanTaskTable>,
}

/// What a failed task does to its plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FailModeName {
    /// Nothing further starts but what waits for this very failure (`when = "failed(x)"`); what runs goes on to its end.
    Stop,
    /// Everything goes on that does not need it; those that need it stand back to the end, in case it is tried again.
    Continue,
    /// Those that need it, however far behind it, are skipped at once; the rest goes on.
    SkipDependents,
}

/// `[tasks.NAME]`: one task of a plan, or one for each item of a list.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PlanTaskTable {
    /// What is to be done. `{{ build.result }}` is filled in with what task `build` said at its end, `{{ build.outputs }}`
    /// with the paths of the files it left, `{{ item }}` with the item this task is for; `\{{` stands for `{{`.
    pub prompt: Option<String>,
    /// Tasks that must be done first.
    pub needs: Vec<String>,
    /// Tasks that come first, with how they must have ended: "failed(build)", "done(build)", "settled(build)", or several.
    pub when: Option<OneOrMany>,
    /// One task for each of these; or for each line that an earlier task told: "{{ list.result }}".
    pub for_each: Option<OneOrMany>,
    /// Only this agent may do it.
    pub agent: Option<String>,
    /// It stands in this agent's queue, from which an idle one may take it.
    pub prefer: Option<String>,
    /// What its agent must be able to do.
    pub capabilities: Vec<String>,
    /// Scopes that are locked while it runs: "src/parser", "shared:docs", "gpu". `{{ … }}` is filled in.
    pub locks: Vec<String>,
    /// A command that verifies it, run in its workspace by `sh -c`. Nothing is filled in here: what an agent said must
    /// not become a command.
    pub verify: Option<String>,
    /// Files it leaves for those that need it, relative to its workspace; `*` patterns. `{{ … }}` is filled in.
    pub outputs: Vec<String>,
    /// Where it works: "agent" (its agent's workspace), "fresh" (a worktree of its own) or "merge" (one that starts from
    /// the merge of what it needs). Default: "agent".
    pub workspace: Option<WorkspaceName>,
    /// An attempt may take this long. Default: as `[tasks]` of agents.toml says.
    pub timeout: Option<Duration>,
    /// Attempts allowed. Default: as `[tasks]` of agents.toml says.
    pub attempts: Option<NonZeroU32>,
    /// Higher goes first. Default: 0.
    pub priority: i32,
}

/// Where a task works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WorkspaceName {
    /// Its agent's own workspace.
    Agent,
    /// A fresh worktree of its own.
    Fresh,
    /// A fresh worktree that starts from the merge of what it needs.
    Merge,
}

/// One text, or a list of them.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(untagged)]
pub enum OneOrMany {
    /// One.
    One(String),
    /// A list.
    Many(Vec<String>),
}

/// `[plans]`: limits of every plan.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PlansTable {
    /// Tasks of one plan. Default: 10000.
    pub tasks_max: Option<NonZeroU32>,
    /// Needs of one plan, all together. Default: 100000.
    pub edges_max: Option<NonZeroU32>,
    /// Tasks one behind the other. Default: 1000.
    pub depth_max: Option<NonZeroU32>,
    /// Items of one list, written down or told by a task. Default: 1000.
    pub items_max: Option<NonZeroU32>,
    /// Plans that run at one time. Default: 20.
    pub running_max: Option<NonZeroU32>,
    /// Plans that are kept after their end. Default: 50.
    pub kept_max: Option<NonZeroU32>,
}

impl PlansTable {
    /// What the core decides from.
    pub(in crate::config) fn policy(&self) -> PlanPolicy {
        let default = PlanPolicy::default();
        let or = |given: Option<NonZeroU32>, default: u32| given.map_or(default, NonZeroU32::get);
        PlanPolicy {
            tasks_max: or(self.tasks_max, default.tasks_max),
            edges_max: or(self.edges_max, default.edges_max),
            depth_max: or(self.depth_max, default.depth_max),
            items_max: or(self.items_max, default.items_max),
            running_max: or(self.running_max, default.running_max),
            kept_max: or(self.kept_max, default.kept_max),
        }
    }
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
