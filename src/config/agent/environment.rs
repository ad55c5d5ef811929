//! The keys `env` and `env_inherit` of `[agents.NAME]`: the environment variables of an agent.

use super::inherited;
use serde::Serialize;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::Path;

/// The PATH of an agent whose environment has none.
const PATH_DEFAULT: &str = "/usr/local/bin:/usr/bin:/bin";

/// The environment variables of an agent: those that are inherited, and those that are set. Values never show in
/// `Debug`: they may be secrets.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Environment {
    /// Names and `*` patterns of inherited variables, sets already expanded.
    pub inherit: Vec<String>,
    /// Variables that are set; they replace inherited ones of the same name.
    pub set: BTreeMap<String, String>,
}

impl Environment {
    /// Returns the environment that results from the keys `env_inherit` and `env`.
    pub(super) fn of(inherit: Option<&[String]>, set: &BTreeMap<String, String>) -> Environment {
        let both = || inherited::SETS.map(|(name, _)| name.to_owned()).to_vec();
        let entries = inherit.map_or_else(both, <[String]>::to_vec);
        let inherit = entries.iter().filter_map(|entry| inherited::expand(entry)).flatten().collect();
        Environment { inherit, set: set.clone() }
    }

    /// The variables that an agent gets out of `present`: the inherited ones, then those that are set.
    pub fn resolve(&self, present: impl IntoIterator<Item = (OsString, OsString)>) -> BTreeMap<OsString, OsString> {
        let inherited = |name: &OsString| {
            let name = name.to_string_lossy();
            self.inherit.iter().any(|pattern| inherited::matches(pattern, &name))
        };
        let set = self.set.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        present.into_iter().filter(|(name, _)| inherited(name)).chain(set).collect()
    }

    /// The PATH on which the agent's program is looked for, out of the variables that are `present`. The directory of
    /// this very program comes first, so that agents find the `qd` that supervises them.
    pub fn search_path(&self, present: impl IntoIterator<Item = (OsString, OsString)>) -> OsString {
        let environment = self.resolve(present);
        let path = environment.get(OsStr::new("PATH")).map_or(OsStr::new(PATH_DEFAULT), OsString::as_os_str);
        let own = std::env::current_exe().ok().and_then(|exe| exe.parent().map(Path::to_path_buf));
        let others = std::env::split_paths(path).filter(|entry| Some(entry) != own.as_ref());
        std::env::join_paths(own.clone().into_iter().chain(others)).unwrap_or_else(|_| path.to_owned())
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.set.keys().collect();
        f.debug_struct("Environment").field("inherit", &self.inherit).field("set", &names).finish()
    }
}
