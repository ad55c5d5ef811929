//! Scopes: the things that a lock covers. A scope is a path of the repository, or a named resource.
//!
//! A path covers itself and everything below it: `src` and `src/parser/lexer.rs` overlap, `src` and `srcs` do not. A
//! resource has units (`gpu = 1`, `port = "4000-4099"`); a lock on it takes one of them.
//!
//! | written            | means                                                          |
//! |--------------------|----------------------------------------------------------------|
//! | `gpu`              | the resource, if `[resources]` has one of that name; else the path |
//! | `./gpu`            | always the path                                                |
//! | `src/`, `src/**`   | the path `src`                                                 |
//! | `.`, `**`          | the whole repository                                           |
//! | `shared:docs`      | `docs`, shared, where a mode can't be given otherwise          |
//!
//! `..`, absolute paths, control characters and other patterns are refused. `[` and `{` are ordinary letters, because
//! there are directories with names like `[id]`.

use alloc::collections::BTreeMap;
use alloc::string::String;
use core::fmt;
use serde::{Deserialize, Serialize};

/// The longest scope, in bytes as written. Beyond it, the scope is refused.
pub const SCOPE_BYTES_MAX: usize = 1_024;

/// The prefix that makes a wanted scope shared where only a text is given.
const SHARED: &str = "shared:";

/// The name of the whole repository.
const WHOLE: &str = ".";

/// A scope: the thing that a lock covers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// A path of the repository, and everything below it.
    Path(RepositoryPath),
    /// One unit of a named resource.
    Resource(String),
}

/// A path of the repository: without `.` or `..`, and without a slash at either end; `.` alone is the whole repository.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RepositoryPath(String);

/// Whether other parties may hold the same scope at the same time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// No other party holds the scope, or anything above or below it.
    #[default]
    Exclusive,
    /// Other parties may hold it shared at the same time; for paths only.
    Shared,
}

/// A scope that is wanted, with its mode.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Want {
    /// The scope that is wanted.
    pub scope: Scope,
    /// The mode in which the scope is wanted.
    pub mode: Mode,
}

/// A scope that is held, with its mode and unit.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "StoredHeld", into = "StoredHeld")]
pub struct Held {
    /// The scope that is held, with its mode.
    pub want: Want,
    /// Number of the held unit; none for a path.
    pub unit: Option<u32>,
}

/// The stored form of [`Held`], without the nested [`Want`].
#[derive(Serialize, Deserialize)]
struct StoredHeld {
    scope: Scope,
    mode: Mode,
    unit: Option<u32>,
}

impl From<StoredHeld> for Held {
    fn from(StoredHeld { scope, mode, unit }: StoredHeld) -> Held {
        Held { want: Want { scope, mode }, unit }
    }
}

impl From<Held> for StoredHeld {
    fn from(Held { want: Want { scope, mode }, unit }: Held) -> StoredHeld {
        StoredHeld { scope, mode, unit }
    }
}

/// A wanted scope as a client wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WrittenWant {
    /// The text of the scope, not yet parsed.
    pub scope: String,
    /// The mode in which the scope is wanted.
    #[serde(default)]
    pub mode: Mode,
}

/// The named resources, by name.
pub type Resources = BTreeMap<String, Resource>;

/// A named resource, with the units that locks take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Resource {
    /// How many parties may hold the resource at a time.
    pub capacity: u32,
    /// Number of the resource's first unit; none means that units are counted from 0.
    pub first: Option<u32>,
}

/// Why a text is not a valid scope.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BadScope {
    /// The text is empty, or only blanks.
    Empty,
    /// The text is longer than a scope may be.
    TooLong {
        /// The longest scope, in bytes.
        bytes_max: u32,
    },
    /// The path is absolute: it begins at the root of the file system.
    Absolute,
    /// The path contains a `..` component.
    Upwards,
    /// The text contains a `*` or `?` other than `/**` at the end.
    Pattern,
    /// The text contains a control character.
    ControlCharacter,
    /// A resource cannot be locked in shared mode, because it has units.
    SharedResource,
}

impl Scope {
    /// Parses a scope as a user writes it.
    pub fn parse(text: &str, resources: &Resources) -> Result<Scope, BadScope> {
        if resources.contains_key(text) {
            return Ok(Scope::Resource(text.into()));
        }
        RepositoryPath::parse(text).map(Scope::Path)
    }

    /// Whether a change in one scope may be noticed in the other.
    pub fn overlaps(&self, other: &Scope) -> bool {
        match (self, other) {
            (Scope::Path(one), Scope::Path(other)) => one.contains(other) || other.contains(one),
            (Scope::Resource(one), Scope::Resource(other)) => one == other,
            (Scope::Path(_), Scope::Resource(_)) | (Scope::Resource(_), Scope::Path(_)) => false,
        }
    }

    /// Whether a lock on this scope allows its holder to touch `other`.
    pub fn covers(&self, other: &Scope) -> bool {
        match (self, other) {
            (Scope::Path(one), Scope::Path(other)) => one.contains(other),
            (one, other) => one == other,
        }
    }

    /// Returns the scope as text that [`Scope::parse`] reads back: a path with the name of a resource gets a `./`.
    pub fn written(&self, resources: &Resources) -> String {
        match self {
            Scope::Path(path) if resources.contains_key(path.as_str()) => alloc::format!("./{path}"),
            Scope::Path(path) => path.0.clone(),
            Scope::Resource(name) => name.clone(),
        }
    }
}

impl Want {
    /// Parses a wanted scope, with this mode.
    pub fn parse(text: &str, mode: Mode, resources: &Resources) -> Result<Want, BadScope> {
        let scope = Scope::parse(text, resources)?;
        match (&scope, mode) {
            (Scope::Resource(_), Mode::Shared) => Err(BadScope::SharedResource),
            _ => Ok(Want { scope, mode }),
        }
    }

    /// Parses a wanted scope whose text also gives the mode: `src` or `shared:docs`.
    pub fn parse_with_mode(text: &str, resources: &Resources) -> Result<Want, BadScope> {
        match text.strip_prefix(SHARED) {
            Some(text) => Want::parse(text, Mode::Shared, resources),
            None => Want::parse(text, Mode::Exclusive, resources),
        }
    }

    /// Whether the two cannot be held by different parties at the same time. Units of resources do not conflict; they
    /// are counted instead.
    pub fn conflicts(&self, other: &Want) -> bool {
        match (&self.scope, &other.scope) {
            (Scope::Path(_), Scope::Path(_)) => {
                (self.mode == Mode::Exclusive || other.mode == Mode::Exclusive) && self.scope.overlaps(&other.scope)
            }
            _ => false,
        }
    }
}

impl RepositoryPath {
    /// Parses a path relative to the root of the repository.
    pub fn parse(text: &str) -> Result<RepositoryPath, BadScope> {
        if text.trim().is_empty() {
            return Err(BadScope::Empty);
        }
        if text.len() > SCOPE_BYTES_MAX {
            return Err(BadScope::TooLong { bytes_max: SCOPE_BYTES_MAX as u32 });
        }
        if text.starts_with('/') {
            return Err(BadScope::Absolute);
        }
        if text.chars().any(char::is_control) {
            return Err(BadScope::ControlCharacter);
        }
        let directory = if text == "**" { "" } else { text.strip_suffix("/**").unwrap_or(text) };
        if directory.contains(['*', '?']) {
            return Err(BadScope::Pattern);
        }
        let mut path = String::with_capacity(directory.len());
        for component in directory.split('/').filter(|component| !component.is_empty() && *component != WHOLE) {
            if component == ".." {
                return Err(BadScope::Upwards);
            }
            if !path.is_empty() {
                path.push('/');
            }
            path.push_str(component);
        }
        Ok(RepositoryPath(if path.is_empty() { WHOLE.into() } else { path }))
    }

    /// Returns the path as text; `.` is the whole repository.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `other` is this path, or is below it.
    pub fn contains(&self, other: &RepositoryPath) -> bool {
        let beneath = || other.0.strip_prefix(self.0.as_str()).is_some_and(|rest| rest.starts_with('/'));
        self.0 == WHOLE || self == other || beneath()
    }
}

impl Resource {
    /// Returns the numbers of the resource's units.
    pub fn units(self) -> core::ops::Range<u32> {
        let first = self.first.unwrap_or(0);
        first..first.saturating_add(self.capacity)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scope::Path(path) => path.fmt(f),
            Scope::Resource(name) => f.write_str(name),
        }
    }
}

impl fmt::Display for RepositoryPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for BadScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadScope::Empty => f.write_str("a scope must be a path or a resource, not empty"),
            BadScope::TooLong { bytes_max } => write!(f, "a scope has at most {bytes_max} bytes"),
            BadScope::Absolute => f.write_str("a path is relative to the root of the repository"),
            BadScope::Upwards => f.write_str("`..` is not allowed in a scope"),
            BadScope::Pattern => {
                f.write_str("only the pattern `/**` at the end is supported: lock the directory instead")
            }
            BadScope::ControlCharacter => f.write_str("a scope has no control characters"),
            BadScope::SharedResource => f.write_str("a resource can't be shared: it has units"),
        }
    }
}
