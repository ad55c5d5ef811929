//! Translates scopes from the directory in which they are written. The supervisor reads every path relative to the top
//! of the repository. So `lexer.rs`, written in `src/`, becomes `src/lexer.rs` here, and an absolute path within the
//! repository or the worktree becomes relative to its top. Names of resources are unchanged.

use super::{Client, ClientError};
use crate::api;
use crate::place::{Place, is_marked};
use std::io;
use std::path::{Component, Path, PathBuf};

/// A word that is at least this similar to a resource's name is likely meant as that resource (1 means equal).
const LIKE: f64 = 0.7;

/// The directory in which scopes are written.
pub struct Writer {
    directory: PathBuf,
    /// The directory to which paths are made relative; none if the writer is outside, so that paths are unchanged.
    top: Option<PathBuf>,
}

/// The reasons why a scope is not sent.
#[derive(Debug, thiserror::Error)]
pub enum ScopeError {
    /// The path is not below the top of the repository.
    #[error("`{text}` is outside {}", top.display())]
    Outside {
        /// The scope as it was written.
        text: String,
        /// The directory that should contain it.
        top: PathBuf,
    },
    /// The scope is neither an existing path nor a resource, but is similar to a resource's name.
    #[error("`{text}` is neither a resource nor an existing path")]
    Like {
        /// The scope as it was written.
        text: String,
        /// Name of the similar resource.
        resource: String,
    },
    /// The supervisor did not return its list of resources.
    #[error(transparent)]
    Client(#[from] ClientError),
}

impl ScopeError {
    /// Returns a hint for people on what to do about the error.
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
    /// Returns the writer for the current directory of this process.
    ///
    /// # Errors
    /// An error is returned if the directory is gone.
    pub fn here(place: &Place) -> io::Result<Writer> {
        let directory = std::env::current_dir()?.canonicalize()?;
        Ok(Writer { top: top(&directory, place), directory })
    }

    /// Returns the scopes in the form that the supervisor reads.
    ///
    /// # Errors
    /// A [`ScopeError`] is returned for a scope that cannot be sent.
    pub async fn mean(&self, client: &Client, texts: Vec<String>) -> Result<Vec<String>, ScopeError> {
        let mut resources: Option<Vec<String>> = None;
        let mut meant = Vec::with_capacity(texts.len());
        for text in texts {
            if self.may_be_resource(&text) {
                if resources.is_none() {
                    resources = Some(
                        client
                            .call(&api::locks::LIST_LOCKS, &[], &())
                            .await?
                            .resources
                            .into_iter()
                            .map(|known| known.name)
                            .collect(),
                    );
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

    /// Whether the list of resources is needed to tell what is meant. At the top of the repository, a word that is not
    /// an existing path is sent unchanged unless it is similar to a resource's name.
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

    /// Returns a path relative to the top of the repository.
    fn path(&self, text: &str) -> Result<String, ScopeError> {
        let Some(top) = &self.top else { return Ok(text.to_owned()) };
        let written = Path::new(text);
        if *top == self.directory && !written.is_absolute() && !text.contains("..") {
            return Ok(text.to_owned());
        }
        let outside = || ScopeError::Outside { text: text.to_owned(), top: top.clone() };
        let whole = flat(&self.directory.join(written)).ok_or_else(outside)?;
        // A path that leads through a symlink is translated to the same place without the symlink.
        let beneath =
            whole.strip_prefix(top).map(Path::to_owned).or_else(|_| followed(&whole, top).ok_or_else(outside))?;
        Ok(match beneath.as_os_str().is_empty() {
            true => ".".to_owned(),
            false => format!("./{}", beneath.display()),
        })
    }
}

/// Returns the directory to which the paths of a directory are relative: the workspace that contains it, or the
/// repository's working tree, or the fleet's root if there is no repository.
fn top(directory: &Path, place: &Place) -> Option<PathBuf> {
    if let Some(workspace) = directory.ancestors().find(|at| at.parent().is_some_and(is_marked)) {
        return Some(workspace.to_owned());
    }
    let repository = place.root.ancestors().find(|at| at.join(".git").exists());
    let top = repository.unwrap_or(&place.root);
    directory.starts_with(top).then(|| top.to_owned())
}

/// Returns a path without `.` and `..`; none if it leads above the root.
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

/// Returns the part of a path below `top`, with symlinks resolved in its longest existing part.
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
