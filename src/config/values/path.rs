//! Paths below a root: relative, without `..`.

use super::text::{BadValue, quoted, text_value};
use crate::place::STATE_DIRECTORY;
use std::fmt;
use std::path::{Component, Path};
use std::str::FromStr;

/// The directories below the root that belong to git and to Quarterdeck.
pub(in crate::config) const RESERVED: [&str; 2] = [".git", STATE_DIRECTORY];

/// A path that stays below its root as far as its text can tell. Symlinks are checked where the path is opened
/// ([`crate::workspace::beneath()`]).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct RelativePath(String);

text_value!(
    RelativePath,
    name: "RelativePath",
    expecting: "a path relative to its root, without `..`",
    examples: ["services/api", "workspaces"],
    pattern: "^[^/].*$"
);

impl RelativePath {
    /// Returns the relative path; empty for the root itself.
    pub fn as_path(&self) -> &Path {
        Path::new(&self.0)
    }

    /// The first name of the path; none for the root itself.
    pub(in crate::config) fn first(&self) -> Option<&str> {
        self.0.split('/').next().filter(|name| !name.is_empty())
    }

    /// Returns what is wrong if this is the directory that `key` names for files of the fleet; none if nothing is. It
    /// can't be the root, and can't be where git or Quarterdeck keep their own files.
    pub(in crate::config) fn problem_as_directory(&self, key: &str) -> Option<String> {
        match self.first() {
            None => Some(format!("`{key}` can't be the fleet's own directory")),
            Some(taken) if RESERVED.contains(&taken) => Some(format!("`{key}` can't be inside `{taken}`")),
            Some(_) => None,
        }
    }
}

impl FromStr for RelativePath {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<RelativePath, BadValue> {
        let bad = |why: &str| Err(BadValue(format!("{} {why}; expected a path inside the root", quoted(text))));
        if text.contains('\0') {
            return bad("contains a NUL byte");
        }
        if text.starts_with('~') {
            return bad("begins with `~`, which is not expanded here");
        }
        let mut plain = Vec::new();
        for component in Path::new(text).components() {
            match component {
                Component::Normal(part) => plain.push(part.to_string_lossy().into_owned()),
                Component::CurDir => {}
                Component::ParentDir => return bad("contains `..`"),
                Component::RootDir | Component::Prefix(_) => return bad("is absolute"),
            }
        }
        Ok(RelativePath(plain.join("/")))
    }
}

impl fmt::Display for RelativePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "." } else { &self.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keeps_to_its_root() {
        let read = |text: &str| text.parse::<RelativePath>().map(|path| path.to_string()).ok();
        assert_eq!(read("./a//b/"), Some("a/b".to_owned()));
        assert_eq!(read("."), Some(".".to_owned()));
        for bad in ["/etc", "..", "a/../../b", "a/..", "~/x", "a\0b"] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn joined_to_a_root_it_stays_there(text in "[a./~]{0,12}|\\PC{0,10}") {
            if let Ok(path) = text.parse::<RelativePath>() {
                prop_assert!(Path::new("/root").join(path.as_path()).starts_with("/root"));
                prop_assert!(!path.as_path().components().any(|part| part == Component::ParentDir));
            }
        }
    }
}
