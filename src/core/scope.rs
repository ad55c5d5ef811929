//! Scopes: what a lock is taken on. A path of the repository, or a named resource.
//!
//! A path stands for itself and all beneath it: `src` and `src/parser/lexer.rs` overlap, `src` and `srcs` do not. A
//! resource has units (`gpu = 1`, `port = "4000-4099"`); a lock on it takes one of them.
//!
//! | written            | means                                                          |
//! |--------------------|----------------------------------------------------------------|
//! | `gpu`              | the resource, if `[resources]` names one so; else the path     |
//! | `./gpu`            | always the path                                                |
//! | `src/`, `src/**`   | the path `src`                                                 |
//! | `.`, `**`          | the whole repository                                           |
//! | `shared:docs`      | `docs`, shared, where a mode can't be given otherwise          |
//!
//! `..`, absolute paths, control characters and other patterns are refused. `[` and `{` are letters like others:
//! there are directories called `[id]`.

use alloc::collections::BTreeMap;
use alloc::string::String;
use core::fmt;
use serde::{Deserialize, Serialize};

/// The longest scope, as written, bytes. Beyond it, it is refused.
pub const SCOPE_BYTES_MAX: usize = 1_024;

/// What makes a want shared where only a text is given.
const SHARED: &str = "shared:";

/// What the whole repository is called.
const WHOLE: &str = ".";

/// What a lock is taken on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// A path of the repository, and all beneath it.
    Path(RepositoryPath),
    /// One unit of a named resource.
    Resource(String),
}

/// A path of the repository: no `.` or `..` in it, no slash at either end; `.` alone is the whole repository.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RepositoryPath(String);

/// Whether others may hold the same scope at the same time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Nobody else holds it, nor anything above or below it.
    #[default]
    Exclusive,
    /// Others may share it. For paths only.
    Shared,
}

/// One scope that is wanted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Want {
    /// The scope that is meant.
    pub scope: Scope,
    /// How.
    pub mode: Mode,
}

/// One scope that is held.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "StoredHeld", into = "StoredHeld")]
pub struct Held {
    /// Which, and how.
    pub want: Want,
    /// The number of the unit; none for a path.
    pub unit: Option<u32>,
}

/// It is stored flat.
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

/// One scope that is wanted, as a client wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WrittenWant {
    /// The scope that is meant.
    pub scope: String,
    /// How.
    #[serde(default)]
    pub mode: Mode,
}

/// The named resources, by name.
pub type Resources = BTreeMap<String, Resource>;

/// A named resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Resource {
    /// How many may hold it at a time.
    pub capacity: u32,
    /// The number of its first unit; none: they are counted from 0.
    pub first: Option<u32>,
}

/// Why a text is no scope.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BadScope {
    /// There is nothing in it.
    Empty,
    /// It is longer than a scope may be.
    TooLong {
        /// The longest, in bytes.
        bytes_max: u32,
    },
    /// It begins at the root of the file system.
    Absolute,
    /// It has a `..`.
    Upwards,
    /// It has a `*` or `?` other than `/**` at the end.
    Pattern,
    /// It has a control character.
    ControlCharacter,
    /// A resource can't be shared: it has units.
    SharedResource,
}

impl Scope {
    /// Reads a scope as a user writes it.
    pub fn parse(text: &str, resources: &Resources) -> Result<Scope, BadScope> {
        if resources.contains_key(text) {
            return Ok(Scope::Resource(text.into()));
        }
        RepositoryPath::parse(text).map(Scope::Path)
    }

    /// Whether what is done in one may be noticed in the other.
    pub fn overlaps(&self, other: &Scope) -> bool {
        match (self, other) {
            (Scope::Path(one), Scope::Path(other)) => one.contains(other) || other.contains(one),
            (Scope::Resource(one), Scope::Resource(other)) => one == other,
            (Scope::Path(_), Scope::Resource(_)) | (Scope::Resource(_), Scope::Path(_)) => false,
        }
    }

    /// Whether a lock on this allows touching `other`.
    pub fn covers(&self, other: &Scope) -> bool {
        match (self, other) {
            (Scope::Path(one), Scope::Path(other)) => one.contains(other),
            (one, other) => one == other,
        }
    }

    /// As it is written so that [`Scope::parse`] gives it again: a path that is called like a resource gets a `./`.
    pub fn written(&self, resources: &Resources) -> String {
        match self {
            Scope::Path(path) if resources.contains_key(path.as_str()) => alloc::format!("./{path}"),
            Scope::Path(path) => path.0.clone(),
            Scope::Resource(name) => name.clone(),
        }
    }
}

impl Want {
    /// Reads a want of this mode.
    pub fn parse(text: &str, mode: Mode, resources: &Resources) -> Result<Want, BadScope> {
        let scope = Scope::parse(text, resources)?;
        match (&scope, mode) {
            (Scope::Resource(_), Mode::Shared) => Err(BadScope::SharedResource),
            _ => Ok(Want { scope, mode }),
        }
    }

    /// Reads a want where the text alone says the mode: `src`, `shared:docs`.
    pub fn parse_with_mode(text: &str, resources: &Resources) -> Result<Want, BadScope> {
        match text.strip_prefix(SHARED) {
            Some(text) => Want::parse(text, Mode::Shared, resources),
            None => Want::parse(text, Mode::Exclusive, resources),
        }
    }

    /// Whether the two can't be held by different parties at the same time. Units of resources are counted instead.
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
    /// Reads a path relative to the root of the repository.
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

    /// The path; `.` for the whole repository.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `other` is this path, or lies beneath it.
    pub fn contains(&self, other: &RepositoryPath) -> bool {
        let beneath = || other.0.strip_prefix(self.0.as_str()).is_some_and(|rest| rest.starts_with('/'));
        self.0 == WHOLE || self == other || beneath()
    }
}

impl Resource {
    /// The numbers of its units.
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
            BadScope::Empty => f.write_str("a scope is a path or a resource, and this is empty"),
            BadScope::TooLong { bytes_max } => write!(f, "a scope has at most {bytes_max} bytes"),
            BadScope::Absolute => f.write_str("a path is relative to the root of the repository"),
            BadScope::Upwards => f.write_str("`..` is not allowed in a scope"),
            BadScope::Pattern => f.write_str("of patterns only `/**` at the end is known: lock the directory"),
            BadScope::ControlCharacter => f.write_str("a scope has no control characters"),
            BadScope::SharedResource => f.write_str("a resource can't be shared: it has units"),
        }
    }
}
