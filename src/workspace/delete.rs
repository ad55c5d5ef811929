//! Deletes directory trees, and names the place to which a removal moves a workspace before it is deleted.

use super::error::{WorkspaceError, io_error};
use crate::regular::walk::walk_readable;
use std::path::{Path, PathBuf};

/// Deletes a directory tree that Quarterdeck made, with directories that have no write permission (module caches make
/// such); symlinks are deleted, never followed. A tree that does not exist counts as deleted.
///
/// # Errors
/// When the system refuses to delete a part.
pub fn delete_tree(path: &Path) -> Result<(), WorkspaceError> {
    match std::fs::remove_dir_all(path).or_else(not_found_is_fine) {
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            make_writable(path);
            std::fs::remove_dir_all(path).or_else(not_found_is_fine)
        }
        result => result,
    }
    .map_err(io_error("remove", path))
}

/// Gives the owner all rights on every directory of a tree, as far as possible.
fn make_writable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let open_up = |directory: &Path| {
        let _as_far_as_possible = std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o700));
    };
    if !std::fs::symlink_metadata(path).is_ok_and(|file| file.is_dir()) {
        return;
    }
    open_up(path);
    // A directory can be entered once it has been opened up.
    walk_readable(path, |above, content| {
        content.directories.iter().for_each(|name| open_up(&path.join(above).join(name)));
    });
}

pub(super) fn not_found_is_fine(error: std::io::Error) -> std::io::Result<()> {
    if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

/// The prefix of the name of a workspace that is being deleted.
pub(super) const ASIDE_PREFIX: &str = ".removing-";

/// The path of a workspace while it is being deleted.
pub(super) fn aside(all: &Path, agent: &str) -> PathBuf {
    all.join(format!("{ASIDE_PREFIX}{agent}"))
}

/// Deletes what remains of an agent's workspace after a removal was interrupted.
pub(super) fn finish_earlier(all: &Path, agent: &str) -> Result<(), WorkspaceError> {
    delete_tree(&aside(all, agent))
}
