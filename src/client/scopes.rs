//! Scopes as their writer's directory means them. The supervisor reads every path from the top of the repository; here
//! `lexer.rs` that is written in `src/` becomes `src/lexer.rs`, and an absolute path within the repository or the worktree
//! one of theirs. Names of resources stay what they are.

use super::{Client, ClientError};
use crate::place::{Place, is_marked};
use std::io;
use std::path::{Component, Path, PathBuf};

/// A word that is as like the name of a resource as this is likely meant for it (1 is the same).
const LIKE: f64 = 0.7;

/// Where a scope is written.
pub struct Writer {
    directory: PathBuf,
    /// What paths count from; none for who stands outside, whose paths are left as they are.
    top: Option<PathBuf>,
}

/// Why a scope is not sent.
#[derive(Debug, thiserror::Error)]
pub enum ScopeError {
    /// It leads out.
    #[error("`{text}` lies outside of {}", top.display())]
    Outside {
        /// As written.
        text: String,
        /// What it should lie in.
        top: PathBuf,
    },
    /// It is neither a path that is there nor a resource, and like one.
    #[error("`{text}` is no resource, and no path that is there")]
    Like {
        /// As written.
        text: String,
        /// The resource.
        resource: String,
    },
    /// The supervisor did not say which resources there are.
    #[error(transparent)]
    Client(#[from] ClientError),
}

impl ScopeError {
    /// What to do about it, for people.
    pub fn hint(&self) -> Option<String> {
        match self {
            ScopeError::Like { text, resource } => {
                Some(format!("did you mean `{resource}`? `./{text}` is always the path"))
            }
            ScopeError::Outside { .. } => Some("locks are on paths of the repository and on resources".to_owned()),
            ScopeError::Client(_) => None,
        }
    }
}

impl Writer {
    /// Who writes in this process's working directory.
    ///
    /// # Errors
    /// The directory is gone.
    pub fn here(place: &Place) -> io::Result<Writer> {
        let directory = std::env::current_dir()?.canonicalize()?;
        Ok(Writer { top: top(&directory, place), directory })
    }

    /// The scopes as the supervisor reads them.
    ///
    /// # Errors
    /// [`ScopeError`].
    pub async fn mean(&self, client: &Client, texts: Vec<String>) -> Result<Vec<String>, ScopeError> {
        let mut resources: Option<Vec<String>> = None;
        let mut meant = Vec::with_capacity(texts.len());
        for text in texts {
            if self.may_be_resource(&text) {
                if resources.is_none() {
                    resources = Some(client.locks().await?.resources.into_iter().map(|known| known.name).collect());
                }
                let known = resources.as_deref().unwrap_or_default();
                if known.contains(&text) {
                    meant.push(text);
                    continue;
                }
                self.ensure_not_mistyped(&text, known)?;
            }
            meant.push(self.path(&text)?);
        }
        Ok(meant)
    }

    /// Whether only the list of resources tells what is meant. At the top, a word that is no path there is sent as it is
    /// unless it is like a resource.
    fn may_be_resource(&self, text: &str) -> bool {
        let word = !text.contains(['/', '*']) && !text.starts_with('.') && !text.is_empty();
        let at_top = self.top.as_deref().is_none_or(|top| top == self.directory);
        word && !(at_top && self.directory.join(text).exists())
    }

    fn ensure_not_mistyped(&self, text: &str, resources: &[String]) -> Result<(), ScopeError> {
        if self.directory.join(text).exists() {
            return Ok(());
        }
        let like = |name: &&String| strsim::normalized_damerau_levenshtein(text, name) >= LIKE;
        match resources.iter().find(like) {
            Some(resource) => Err(ScopeError::Like { text: text.to_owned(), resource: resource.clone() }),
            None => Ok(()),
        }
    }

    /// A path, counted from the top.
    fn path(&self, text: &str) -> Result<String, ScopeError> {
        let Some(top) = &self.top else { return Ok(text.to_owned()) };
        let written = Path::new(text);
        if *top == self.directory && !written.is_absolute() && !text.contains("..") {
            return Ok(text.to_owned());
        }
        let outside = || ScopeError::Outside { text: text.to_owned(), top: top.clone() };
        let whole = flat(&self.directory.join(written)).ok_or_else(outside)?;
        // What a symlink in its way leads to is the same place under another name.
        let beneath =
            whole.strip_prefix(top).map(Path::to_owned).or_else(|_| followed(&whole, top).ok_or_else(outside))?;
        Ok(match beneath.as_os_str().is_empty() {
            true => ".".to_owned(),
            false => format!("./{}", beneath.display()),
        })
    }
}

/// What the paths of a directory count from: the workspace that it lies in, or the repository's working tree, or the
/// fleet's root where there is no repository.
fn top(directory: &Path, place: &Place) -> Option<PathBuf> {
    if let Some(workspace) = directory.ancestors().find(|at| at.parent().is_some_and(is_marked)) {
        return Some(workspace.to_owned());
    }
    let repository = place.root.ancestors().find(|at| at.join(".git").exists());
    let top = repository.unwrap_or(&place.root);
    directory.starts_with(top).then(|| top.to_owned())
}

/// A path without `.` and `..`; none when it goes above the root.
fn flat(path: &Path) -> Option<PathBuf> {
    let mut flat = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => drop(flat.pop().then_some(())?),
            other => flat.push(other),
        }
    }
    Some(flat)
}

/// The part of a path beneath `top`, its longest existing part with symlinks followed.
fn followed(path: &Path, top: &Path) -> Option<PathBuf> {
    let there = path.ancestors().find(|at| at.exists())?;
    let rest = path.strip_prefix(there).ok()?;
    let real = there.canonicalize().ok()?.join(rest);
    real.strip_prefix(top).map(Path::to_owned).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writer(directory: &str) -> Writer {
        Writer { directory: directory.into(), top: Some("/repo".into()) }
    }

    fn path(directory: &str, text: &str) -> Option<String> {
        writer(directory).path(text).ok()
    }

    #[test]
    fn a_path_counts_from_the_top_wherever_it_is_written() {
        assert_eq!(path("/repo", "src/x.rs").as_deref(), Some("src/x.rs"), "as it is");
        assert_eq!(path("/repo/src", "x.rs").as_deref(), Some("./src/x.rs"));
        assert_eq!(path("/repo/src", "../docs/").as_deref(), Some("./docs"));
        assert_eq!(path("/repo/src", ".").as_deref(), Some("./src"));
        assert_eq!(path("/repo/src", "..").as_deref(), Some("."));
        assert_eq!(path("/repo/src", "**").as_deref(), Some("./src/**"));
        assert_eq!(path("/repo", "/repo/src/x.rs").as_deref(), Some("./src/x.rs"));
        for outside in ["/etc/passwd", "../../x", "/repository/x"] {
            assert!(path("/repo/src", outside).is_none(), "{outside}");
        }
        let outside = Writer { directory: "/elsewhere".into(), top: None };
        assert_eq!(outside.path("src").ok().as_deref(), Some("src"));
    }

    #[test]
    fn a_word_like_a_resource_is_asked_about_unless_it_is_a_path() {
        let known = ["gpu".to_owned(), "port".to_owned()];
        let like = |text: &str| writer("/repo").ensure_not_mistyped(text, &known).is_err();
        assert_eq!(["gpuu", "prot", "src", "readme"].map(like), [true, true, false, false]);
        let here = std::env::current_dir().expect("a directory");
        let writer = Writer { top: Some(here.clone()), directory: here };
        assert!(!writer.may_be_resource("src") && writer.may_be_resource("no-such-path"));
        assert!(writer.ensure_not_mistyped("src", &["srcs".to_owned()]).is_ok(), "it is there");
    }
}
