//! The inputs of a task, as the task finds them: for each needed task, `QD_INPUTS/NEED/` with its outputs and a
//! manifest.
//!
//! The decisive hashes are those that the core has had since the outputs were collected, not those in a file: every
//! later change, in either place and by anyone, is detected.

use super::drawer::create;
use super::work::{Needed, Work};
use crate::regular::{self, Links, walk};
use crate::workspace::collect::MANIFEST_FILE;
use crate::workspace::{self, hashed};
use quarterdeck_core::ids::TaskId;
use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The mode of directories, which their owner may only read.
const DIRECTORY_MODE: u32 = 0o500;
/// The mode of files, which their owner may only read.
const FILE_MODE: u32 = 0o400;

/// Why inputs can't be prepared, or have changed.
#[derive(Debug, thiserror::Error)]
pub(super) enum InputsError {
    /// A file differs from the one that was collected.
    #[error("{path} of {task} was changed after it was collected")]
    Changed {
        /// The task whose output the file is.
        task: String,
        /// The path of the changed file.
        path: String,
    },
    /// The system refused an operation on a file.
    #[error("{} can't be prepared: {source}", path.display())]
    Io {
        /// The path of the file that could not be prepared.
        path: PathBuf,
        /// Why the operation failed.
        source: io::Error,
    },
    /// The files of an earlier attempt can't be removed.
    #[error(transparent)]
    Workspace(#[from] workspace::WorkspaceError),
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> InputsError + use<> {
    let path = path.to_owned();
    move |source| InputsError::Io { path, source }
}

/// Prepares the inputs of a task. Returns their directory; none if it needs nothing.
///
/// # Errors
/// The file that changed since it was collected, or the error of the system. No incomplete directory remains.
pub(super) fn lay_ready(work: &Work) -> Result<Option<PathBuf>, InputsError> {
    if work.needs.is_empty() {
        return Ok(None);
    }
    let attempt = work.attempt_drawer().map_err(failed(work.drawer().directory()))?;
    let (ready, making) = (attempt.inputs(), attempt.inputs_in_the_making());
    if !ready.exists() {
        lay(&work.needs, |task| work.drawer_of(task).outputs(), &making, &ready)?;
    }
    Ok(Some(ready))
}

/// Collects the inputs in `making`, then moves them into place.
fn lay(
    needs: &[Needed],
    outputs_of: impl Fn(TaskId) -> PathBuf,
    making: &Path,
    ready: &Path,
) -> Result<(), InputsError> {
    workspace::delete_tree(making)?;
    for need in needs {
        lay_one(need, &outputs_of(need.id), &making.join(&need.directory))?;
    }
    protect(making).map_err(failed(making))?;
    fs::rename(making, ready).map_err(failed(ready))
}

fn lay_one(need: &Needed, outputs: &Path, into: &Path) -> Result<(), InputsError> {
    fs::create_dir_all(into).map_err(failed(into))?;
    for artifact in need.artifacts() {
        let (from, to) = (outputs.join(&artifact.path), into.join(&artifact.path));
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent).map_err(failed(parent))?;
        }
        let copied =
            regular::open_file(&from, Links::Follow).and_then(|mut file| hashed::copy(&mut file, &to, artifact.bytes));
        let same = copied.is_ok_and(|copied| (copied.bytes, &copied.sha256) == (artifact.bytes, &artifact.sha256));
        if !same {
            return Err(InputsError::Changed { task: need.name.clone(), path: artifact.path.clone() });
        }
    }
    let manifest = into.join(MANIFEST_FILE);
    create(&manifest)
        .and_then(|mut file| file.write_all(need.manifest().as_bytes()))
        .and_then(|()| fs::set_permissions(&manifest, Permissions::from_mode(FILE_MODE)))
        .map_err(failed(&manifest))
}

/// Removes the write permission from a tree's directories.
fn protect(top: &Path) -> io::Result<()> {
    walk::walk(walk::open_top(top)?, |path, content| {
        content?;
        fs::set_permissions(top.join(path), Permissions::from_mode(DIRECTORY_MODE))
    })
}

/// Verifies that the inputs are unchanged.
///
/// # Errors
/// The first file that was changed, added or removed.
pub(super) fn check(work: &Work) -> Result<(), InputsError> {
    match work.inputs() {
        Some(inputs) if inputs.exists() => compare(&work.needs, &inputs),
        // No inputs were prepared, or none are needed.
        _ => Ok(()),
    }
}

fn compare(needs: &[Needed], inputs: &Path) -> Result<(), InputsError> {
    for need in needs {
        let directory = inputs.join(&need.directory);
        let changed = |path: &str| InputsError::Changed { task: need.name.clone(), path: path.to_owned() };
        for artifact in need.artifacts() {
            let opened = regular::open_file(&directory.join(&artifact.path), Links::Refuse);
            let content = opened.and_then(|mut file| hashed::content(&mut file, artifact.bytes));
            if !content.is_ok_and(|content| content.sha256 == artifact.sha256) {
                return Err(changed(&artifact.path));
            }
        }
        if regular::text(&directory.join(MANIFEST_FILE), regular::LARGE_BYTES_MAX).ok() != Some(need.manifest()) {
            return Err(changed(MANIFEST_FILE));
        }
        let known: BTreeSet<&str> =
            need.artifacts().iter().map(|file| file.path.as_str()).chain([MANIFEST_FILE]).collect();
        if let Some(added) = files(&directory).into_iter().find(|path| !known.contains(path.as_str())) {
            return Err(changed(&added));
        }
    }
    Ok(())
}

/// Returns the paths of everything in a directory that is not itself a directory, at any depth.
fn files(top: &Path) -> Vec<String> {
    let mut files = Vec::new();
    walk::walk_readable(top, |path, content| {
        files.extend(content.leaves().map(|name| path.join(name).display().to_string()));
    });
    files
}

#[cfg(test)]
mod tests {
    use super::*;
    use quarterdeck_core::task::{Artifact, Left, Stage, Verdict};
    use serde_json::json;
    use std::os::unix::fs::symlink;

    /// A task `build` with two outputs, and where they are.
    struct Case {
        directory: tempfile::TempDir,
        needs: Vec<Needed>,
    }

    impl Case {
        fn new() -> Case {
            let directory = tempfile::tempdir().expect("a directory");
            let files = [("report.md", "good"), ("dist/a.js", "code")];
            let artifacts = files.map(|(path, text)| {
                let place = directory.path().join("out").join(path);
                fs::create_dir_all(place.parent().expect("a parent")).expect("directories");
                fs::write(&place, text).expect("a file");
                let content = hashed::content(&mut fs::File::open(&place).expect("there"), 100).expect("read");
                Artifact { path: path.to_owned(), bytes: content.bytes, sha256: content.sha256 }
            });
            let left = Left { commit: Some("c".repeat(40)), artifacts: artifacts.to_vec(), ..Left::default() };
            let build = Needed {
                id: TaskId(3),
                name: "ship.build".to_owned(),
                directory: "build".to_owned(),
                stage: Stage::Done,
                verdict: Some(Verdict::Verified),
                left,
            };
            let lost = Needed {
                id: TaskId(4),
                name: "lost".to_owned(),
                directory: "lost".to_owned(),
                stage: Stage::Failed,
                ..build.clone()
            };
            Case { directory, needs: vec![build, lost] }
        }

        fn inputs(&self) -> PathBuf {
            self.directory.path().join("in")
        }

        fn lay(&self) -> Result<(), InputsError> {
            let (out, making) = (self.directory.path().join("out"), self.directory.path().join("in.part"));
            lay(&self.needs, |_| out.clone(), &making, &self.inputs())
        }

        fn compare(&self) -> Result<(), InputsError> {
            compare(&self.needs, &self.inputs())
        }
    }

    fn writable(path: &Path) {
        fs::set_permissions(path, Permissions::from_mode(0o700)).expect("the mode");
    }

    #[test]
    fn what_a_need_left_lies_ready_read_only_with_a_manifest() {
        let case = Case::new();
        case.lay().expect("laid ready");
        let inputs = case.inputs();
        assert_eq!(fs::read_to_string(inputs.join("build/dist/a.js")).expect("there"), "code");
        let manifest = fs::read_to_string(inputs.join("build/manifest.json")).expect("there");
        let manifest: serde_json::Value = serde_json::from_str(&manifest).expect("JSON");
        assert_eq!((&manifest["state"], &manifest["verified"]), (&json!("done"), &json!("verified")));
        assert_eq!(manifest["files"][0]["sha256"], case.needs[0].left.artifacts[0].sha256.as_str());
        for (path, mode) in [("", 0o500), ("build/dist", 0o500), ("build/report.md", 0o400)] {
            let found = fs::metadata(inputs.join(path)).expect("there").permissions().mode();
            assert_eq!(found & 0o777, mode, "{path}");
        }
        let lost = files(&inputs.join("lost"));
        assert_eq!(lost, [MANIFEST_FILE], "what failed has left nothing");
        case.compare().expect("as it was");
        workspace::delete_tree(&inputs).expect("it can be removed all the same");
    }

    #[test]
    fn outputs_that_were_changed_since_are_not_handed_on() {
        let case = Case::new();
        fs::write(case.directory.path().join("out/report.md"), "evil").expect("a file");
        let error = case.lay().expect_err("it was changed").to_string();
        assert_eq!(error, "report.md of ship.build was changed after it was collected");
        assert!(!case.inputs().exists());
    }

    #[test]
    fn every_change_of_inputs_is_seen() {
        type Change = fn(&Path);
        let changes: [(&str, Change); 5] = [
            ("report.md", |build| {
                fs::remove_file(build.join("report.md")).expect("removed");
                fs::write(build.join("report.md"), "evil").expect("a file");
            }),
            ("report.md", |build| {
                fs::rename(build.join("report.md"), build.join("moved")).expect("moved");
                symlink("moved", build.join("report.md")).expect("a link");
            }),
            ("dist/a.js", |build| {
                writable(&build.join("dist"));
                fs::remove_file(build.join("dist/a.js")).expect("removed");
            }),
            ("extra", |build| fs::write(build.join("extra"), "x").expect("a file")),
            ("manifest.json", |build| {
                fs::remove_file(build.join("manifest.json")).expect("removed");
                fs::write(build.join("manifest.json"), "{}").expect("a file");
            }),
        ];
        for (path, change) in changes {
            let case = Case::new();
            case.lay().expect("laid ready");
            let build = case.inputs().join("build");
            writable(&build);
            change(&build);
            match case.compare() {
                Err(InputsError::Changed { task, path: changed }) => {
                    assert_eq!((task.as_str(), changed.as_str()), ("ship.build", path));
                }
                other => panic!("{path}: {other:?}"),
            }
        }
    }
}
