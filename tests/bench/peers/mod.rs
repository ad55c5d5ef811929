//! The programs that Quarterdeck is compared with: the smallest possible ones (a bare read loop, a bare durable
//! answer), tmux, s6, and a YAML file under flock(2).

pub(crate) mod bare;
pub(crate) mod durable;
pub(crate) mod s6;
pub(crate) mod tmux;
pub(crate) mod yaml;

use std::path::PathBuf;

/// Finds the path of a program on PATH.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|directory| directory.join(program)).find(|file| file.is_file())
}
