//! Copies the files that a task declares as its outputs from its workspace into a directory of Quarterdeck.
//!
//! A pattern is a path below the workspace. In it, `*` and `?` match characters between two slashes, and `**` matches
//! any directories; the name of a directory matches everything in it. No path and no symlink may lead out, and
//! anything that is neither a file nor a directory is refused. If one declared output can't be collected, the task has
//! failed.

use super::beneath;
use super::error::io_error;
use super::hashed::{self, Content};
use crate::config::OutputLimits;
use crate::regular::walk::{path_only, walk};
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;
use std::collections::BTreeSet;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};

/// The most entries of the workspace that are looked at for the outputs of a task. Beyond it, the task has failed, and
/// its reason says so.
const ENTRIES_MAX: usize = 500_000;

/// The name of the file beside the outputs of a task that lists them, for the tasks that need them.
pub const MANIFEST_FILE: &str = "manifest.json";

/// A file that was collected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collected {
    /// The collected file's path, relative to the workspace.
    pub path: String,
    /// The size and digest of the collected file's content.
    pub content: Content,
}

/// The reason why outputs can't be collected.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// A pattern is not a path inside the workspace.
    #[error("`{pattern}` is not a pattern of files in the workspace: {why}")]
    BadPattern {
        /// The pattern of outputs that is refused.
        pattern: String,
        /// The reason why the pattern is refused.
        why: String,
    },
    /// No file matches this pattern.
    #[error("the task wrote no file that matches `{0}`")]
    Missing(String),
    /// A symlink at this path leads out of the workspace.
    #[error("{} leaves the workspace through a symlink", .0.display())]
    Leaves(PathBuf),
    /// The entry at this path is neither a file nor a directory.
    #[error("{} is not a file", .0.display())]
    NotAFile(PathBuf),
    /// The name of the file is not valid text.
    #[error("{} is not named in UTF-8", .0.display())]
    NotText(PathBuf),
    /// An output has the name of the manifest.
    #[error("an output can't be named {MANIFEST_FILE}: the list of outputs has that name")]
    NamedAsManifest,
    /// The outputs are more files than this limit.
    #[error("its outputs are more than {0} files")]
    TooMany(usize),
    /// The outputs are more bytes than this limit.
    #[error("its outputs are more than {0} bytes")]
    TooLarge(u64),
    /// The system refused an operation on files.
    #[error(transparent)]
    Failed(#[from] super::WorkspaceError),
}

/// Copies the files that match `patterns` below `workspace` into the new directory `into`, at the same paths. Every
/// pattern must match something. Returns the files that were copied, by path.
///
/// # Errors
/// The reason why outputs can't be collected; the content of `into` is then of no use.
pub fn collect(
    workspace: &Path,
    patterns: &[String],
    into: &Path,
    limits: OutputLimits,
) -> Result<Vec<Collected>, CollectError> {
    let patterns: Vec<Pattern> = patterns.iter().map(|pattern| Pattern::parse(pattern)).collect::<Result<_, _>>()?;
    let root = beneath::open_root(workspace).map_err(super::WorkspaceError::from)?;
    let mut found = BTreeSet::new();
    for pattern in &patterns {
        let mut matched = false;
        pattern.find(workspace, &root, &mut |path| {
            matched = true;
            found.insert(path);
            if found.len() > limits.files_max { Err(CollectError::TooMany(limits.files_max)) } else { Ok(()) }
        })?;
        if !matched {
            return Err(CollectError::Missing(pattern.text.clone()));
        }
    }
    if found.contains(Path::new(MANIFEST_FILE)) {
        return Err(CollectError::NamedAsManifest);
    }
    std::fs::create_dir_all(into).map_err(io_error("make", into))?;
    let mut left = limits.bytes_max;
    let mut collected = Vec::new();
    for path in found {
        let content = copy_one(&root, &path, into, left)?;
        left = left.checked_sub(content.bytes).ok_or(CollectError::TooLarge(limits.bytes_max))?;
        let path = path.into_os_string().into_string().map_err(|path| CollectError::NotText(path.into()))?;
        collected.push(Collected { path, content });
    }
    Ok(collected)
}

/// Copies one file through a descriptor, so that the file that is checked is the file that is copied.
fn copy_one(root: &OwnedFd, path: &Path, into: &Path, bytes_max: u64) -> Result<Content, CollectError> {
    let opened = open_file(root, path)?;
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        beneath::create_directory(into, parent).map_err(super::WorkspaceError::from)?;
    }
    Ok(hashed::copy(&mut File::from(opened), &into.join(path), bytes_max).map_err(io_error("copy", path))?)
}

/// Opens a regular file below a directory, through no symlink that leads out of it.
fn open_file(root: &OwnedFd, path: &Path) -> Result<OwnedFd, CollectError> {
    // O_NONBLOCK: to open a FIFO here must not block.
    let opened = match beneath::open_at(root, path, OFlags::RDONLY | OFlags::NONBLOCK, Mode::empty()) {
        Ok(opened) => opened,
        Err(Errno::XDEV | Errno::LOOP) => return Err(CollectError::Leaves(path.to_owned())),
        // The errors that a socket, and a symlink that leads nowhere, give.
        Err(Errno::NXIO | Errno::NOENT) => return Err(CollectError::NotAFile(path.to_owned())),
        Err(errno) => return Err(io_error("open", path)(errno.into()).into()),
    };
    let status = rustix::fs::fstat(&opened).map_err(|errno| io_error("look at", path)(errno.into()))?;
    match FileType::from_raw_mode(status.st_mode).is_file() {
        true => Ok(opened),
        false => Err(CollectError::NotAFile(path.to_owned())),
    }
}

/// A declared output, as a pattern of paths.
struct Pattern {
    text: String,
    /// The directory or file below which all matches are: the part before the first wildcard.
    top: PathBuf,
    /// The pattern itself, and everything in a directory that it names.
    matcher: GlobSet,
}

impl Pattern {
    fn parse(text: &str) -> Result<Pattern, CollectError> {
        let bad = |why: &str| CollectError::BadPattern { pattern: text.to_owned(), why: why.to_owned() };
        let path = text.trim_end_matches('/');
        let path = path.strip_prefix("./").unwrap_or(path);
        let parts: Vec<Component> = Path::new(path).components().collect();
        if parts.is_empty() || path.contains('\0') {
            return Err(bad("it is empty, or contains a NUL byte"));
        }
        if !parts.iter().all(|part| matches!(part, Component::Normal(_))) {
            return Err(bad("it is absolute, or contains `..`"));
        }
        if parts.contains(&Component::Normal(".git".as_ref())) {
            return Err(bad("git's own files can't be outputs"));
        }
        let literal = |part: &Component| !part.as_os_str().to_string_lossy().contains(['*', '?', '[', '{', '\\']);
        let top = parts.iter().take_while(|part| literal(part)).collect();
        let glob = |text: &str| GlobBuilder::new(text).literal_separator(true).build();
        let matcher = [glob(path), glob(&format!("{path}/**"))]
            .into_iter()
            .try_fold(GlobSetBuilder::new(), |mut set, glob| {
                set.add(glob?);
                Ok(set)
            })
            .and_then(|set: GlobSetBuilder| set.build())
            .map_err(|error| bad(&error.kind().to_string()))?;
        Ok(Pattern { text: text.to_owned(), top, matcher })
    }

    /// Calls a function with every file that matches.
    fn find(
        &self,
        workspace: &Path,
        root: &OwnedFd,
        tell: &mut impl FnMut(PathBuf) -> Result<(), CollectError>,
    ) -> Result<(), CollectError> {
        // The path to the part before the first wildcard must not lead out either.
        beneath::beneath(workspace, &self.top).map_err(|_| CollectError::Leaves(self.top.clone()))?;
        let Ok(status) = std::fs::symlink_metadata(workspace.join(&self.top)) else { return Ok(()) };
        let mut tell_match = |path: PathBuf| match self.matcher.is_match(&path) {
            true => open_file(root, &path).and_then(|_| tell(path)),
            false => Ok(()),
        };
        if !status.is_dir() {
            return tell_match(self.top.clone());
        }
        let top = beneath::open_at(root, &self.top, OFlags::DIRECTORY | OFlags::NOFOLLOW | path_only(), Mode::empty())
            .map_err(|errno| io_error("read", &self.top)(errno.into()))?;
        let mut entries = 1;
        walk(top, |path, content| {
            let path = self.top.join(path);
            let content = match content {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
                content => content.map_err(io_error("read", &path))?,
            };
            // git's own files are never outputs.
            content.directories.retain(|name| name != ".git");
            entries += content.directories.len() + content.leaves().count();
            if entries > ENTRIES_MAX {
                return Err(CollectError::BadPattern {
                    pattern: self.text.clone(),
                    why: format!("more than {ENTRIES_MAX} files would have to be looked at"),
                });
            }
            content.leaves().filter(|name| *name != ".git").try_for_each(|name| tell_match(path.join(name)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    const LIMITS: OutputLimits = OutputLimits { bytes_max: 1_000, files_max: 10 };

    /// A workspace with files in it, and a secret outside, for tests.
    struct Case {
        directory: tempfile::TempDir,
    }

    impl Case {
        fn new() -> Case {
            let directory = tempfile::tempdir().expect("a directory");
            let workspace = directory.path().join("workspace");
            fs::create_dir_all(workspace.join("dist/deep")).expect("directories");
            fs::create_dir_all(workspace.join(".git")).expect("a directory");
            for name in ["report.md", "notes.md", "dist/a.js", "dist/deep/b.js", ".git/config"] {
                fs::write(workspace.join(name), name).expect("a file");
            }
            fs::write(directory.path().join("secret"), "s").expect("a file");
            Case { directory }
        }

        fn workspace(&self) -> PathBuf {
            self.directory.path().join("workspace")
        }

        fn collect(&self, patterns: &[&str], limits: OutputLimits) -> Result<Vec<String>, CollectError> {
            let patterns: Vec<String> = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
            let into = tempfile::tempdir_in(self.directory.path()).expect("a directory").path().join("out");
            let collected = collect(&self.workspace(), &patterns, &into, limits)?;
            for file in &collected {
                let (here, there) = (fs::read(into.join(&file.path)), fs::read(self.workspace().join(&file.path)));
                assert_eq!(here.expect("copied"), there.expect("there"));
            }
            Ok(collected.into_iter().map(|file| file.path).collect())
        }
    }

    #[test]
    fn files_are_found_by_name_by_pattern_and_by_directory() {
        let case = Case::new();
        for (patterns, expected) in [
            (&["report.md"][..], &["report.md"][..]),
            (&["./report.md", "*.md"], &["notes.md", "report.md"]),
            (&["dist"], &["dist/a.js", "dist/deep/b.js"]),
            (&["dist/"], &["dist/a.js", "dist/deep/b.js"]),
            (&["dist/*.js"], &["dist/a.js"]),
            (&["**/*.js"], &["dist/a.js", "dist/deep/b.js"]),
        ] {
            assert_eq!(case.collect(patterns, LIMITS).expect("collected"), expected, "{patterns:?}");
        }
        assert_eq!(case.collect(&["**"], LIMITS).expect("collected").len(), 4, "git's files are not among them");
    }

    #[test]
    fn what_is_not_there_is_missed() {
        let case = Case::new();
        for pattern in ["nothing", "*.rs", "dist/nothing", "dist/deep/*.md"] {
            assert!(matches!(case.collect(&["*.md", pattern], LIMITS), Err(CollectError::Missing(_))), "{pattern}");
        }
    }

    #[test]
    fn nothing_leads_out_of_the_workspace() {
        let case = Case::new();
        let workspace = case.workspace();
        for (target, link) in [
            ("../secret", "out.md"),
            ("/etc/passwd", "absolute.md"),
            ("..", "up"),
            ("dist", "inside"),
            ("nowhere", "dangling"),
        ] {
            symlink(target, workspace.join(link)).expect("a link");
        }
        for pattern in ["out.md", "absolute.md", "*.md", "up/secret", "up", "dangling", "inside"] {
            assert!(case.collect(&[pattern], LIMITS).is_err(), "{pattern}");
        }
        for pattern in ["../secret", "/etc/passwd", "", ".", "a\0b", ".git/config", "dist/../../secret", "[a"] {
            assert!(matches!(case.collect(&[pattern], LIMITS), Err(CollectError::BadPattern { .. })), "{pattern}");
        }
        symlink("report.md", workspace.join("same.txt")).expect("a link");
        assert_eq!(case.collect(&["same.txt"], LIMITS).expect("it stays inside"), ["same.txt"]);
    }

    #[test]
    fn limits_hold_and_the_manifests_name_is_taken() {
        let case = Case::new();
        let limits = |bytes_max, files_max| OutputLimits { bytes_max, files_max };
        assert!(matches!(case.collect(&["dist"], limits(1_000, 1)), Err(CollectError::TooMany(1))));
        assert!(matches!(case.collect(&["*.md"], limits(10, 9)), Err(CollectError::TooLarge(10))));
        assert!(case.collect(&["*.md"], limits(17, 2)).is_ok());
        fs::write(case.workspace().join(MANIFEST_FILE), "{}").expect("a file");
        assert!(matches!(case.collect(&["*.json"], LIMITS), Err(CollectError::NamedAsManifest)));
        let fifo = nix::unistd::mkfifo(&case.workspace().join("fifo"), nix::sys::stat::Mode::S_IRWXU);
        fifo.expect("a fifo");
        assert!(matches!(case.collect(&["fifo"], LIMITS), Err(CollectError::NotAFile(_))));
    }

    proptest! {
        #[test]
        fn no_pattern_panics_or_leads_out(pattern in "\\PC{0,20}|[./*a-z]{0,12}") {
            let case = Case::new();
            if let Ok(paths) = case.collect(&[&pattern], LIMITS) {
                prop_assert!(paths.iter().all(|path| !path.contains("..") && !path.contains("secret")), "{:?}", paths);
            }
        }
    }
}
