//! Checks out the submodules of a new worktree: those that the repository has are checked out, from its own objects,
//! without the network. Those that the user never initialised stay as they are, as with `git worktree add`.

use super::Abandon;
use super::error::WorkspaceError;
use super::git::{self, Git, records};
use super::lock::lock;
use super::repository::Repository;
use std::path::{Path, PathBuf};

/// The deepest level of submodules within submodules that is checked out. Beyond it, submodules stay empty, as with
/// `git worktree add`.
const DEPTH_MAX: usize = 8;

/// Checks out the submodules of the worktree at `path`.
pub(super) fn check_out(repository: &Repository, path: &Path, abandon: &Abandon) -> Result<(), WorkspaceError> {
    if !path.join(".gitmodules").exists() {
        return Ok(());
    }
    // git writes its records of submodules into the configuration that all worktrees share.
    let _lock = lock(&repository.common)?;
    check_out_level(path, &repository.common.join("modules"), DEPTH_MAX, abandon)
}

fn check_out_level(tree: &Path, modules: &Path, depth: usize, abandon: &Abandon) -> Result<(), WorkspaceError> {
    if depth == 0 || !tree.join(".gitmodules").exists() {
        return Ok(());
    }
    for Submodule { name, path } in listed(tree)? {
        let objects = modules.join(&name);
        if objects.join("HEAD").exists() {
            update(tree, &name, &path, &objects, abandon)?;
            check_out_level(&tree.join(&path), &objects.join("modules"), depth - 1, abandon)?;
        }
    }
    Ok(())
}

/// Checks out one submodule from the objects at hand; it uses the submodule's own URL only when the commit is not among
/// them.
fn update(tree: &Path, name: &str, path: &Path, objects: &Path, abandon: &Abandon) -> Result<(), WorkspaceError> {
    let url_key = format!("submodule.{name}.url");
    let arguments = ["submodule", "--quiet", "update", "--init", "--"].map(std::ffi::OsStr::new);
    let arguments = || arguments.into_iter().chain([path.as_os_str()]);
    let url = Git::at(objects).ask(["config", "--get", "remote.origin.url"])?.map(|url| git::line(&url));
    let local = Git::at(tree).unless(abandon).setting(&url_key, objects).setting("protocol.file.allow", "always");
    if local.ask(arguments())?.is_none() {
        Git::at(tree).unless(abandon).run(&format!("check out the submodule {name}"), arguments())?;
    }
    match url {
        Some(url) => {
            Git::at(&tree.join(path)).run("set the submodule's URL", ["remote", "set-url", "origin", &url]).map(drop)
        }
        None => Ok(()),
    }
}

struct Submodule {
    name: String,
    path: PathBuf,
}

/// Lists the submodules of a tree by its `.gitmodules`. Names and paths that lead out of their place are omitted; git
/// refuses them as well (CVE-2018-11235).
fn listed(tree: &Path) -> Result<Vec<Submodule>, WorkspaceError> {
    let query = ["config", "-z", "--file", ".gitmodules", "--get-regexp", r"^submodule\..*\.path$"];
    let output = Git::at(tree).ask(query)?.unwrap_or_default();
    let submodule = |record: &[u8]| {
        let at = record.iter().position(|byte| *byte == b'\n')?;
        let key = String::from_utf8(record[..at].to_vec()).ok()?;
        let name = key.strip_prefix("submodule.")?.strip_suffix(".path")?.to_owned();
        let path = git::as_path(&record[at + 1..]).to_owned();
        let plain = |path: &Path| path.components().all(|part| matches!(part, std::path::Component::Normal(_)));
        (plain(Path::new(&name)) && plain(&path)).then_some(Submodule { name, path })
    };
    Ok(records(&output).filter_map(submodule).collect())
}
